export { FAMILIES, type Family } from './families';
export { MemoryFolder } from './memory-folder';
export { below, json, type FileContent, type ModelFiles, type SparseFile, withFields, without } from './model-files';
export { INDEX, shardedModel, shardName, validModel } from './models';
export { safetensorsFile, type Shapes, sparseSafetensors, withHeader, withLength } from './safetensors-file';
export { storedModel } from './stored-model';
export { writeModel } from './write-model';
