export * from './check-model';
export * from './check-options';
export * from './finding';
export * from './model-folder';
export * from './rule';
export { RULE_IDS, RULES } from './rules';
export { type Header, headerLength, LENGTH_BYTES, MAX_HEADER_BYTES, parseHeader, type Tensor } from './safetensors-header';
export { REGIONS } from './supported';
