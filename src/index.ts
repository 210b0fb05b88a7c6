export { type IImportedModel, ImportedModel, type ImportedModelProps } from './imported-model';
export { ModelEncryption } from './model-encryption';
export { ModelImportProvider, type ModelImportProviderProps } from './model-import-provider';
export { ModelSource, type ModelSourceOptions } from './model-source';
export { ReplacementStrategy } from './replacement-strategy';
