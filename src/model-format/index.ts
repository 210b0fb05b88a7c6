export * from './check-model';
export * from './model-folder';
export { type Header, headerLength, LENGTH_BYTES, MAX_HEADER_BYTES, parseHeader, type Tensor } from './safetensors-header';
