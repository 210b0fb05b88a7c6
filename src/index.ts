export { IImportedModel, ImportedModel, ImportedModelProps } from './imported-model';
export { ModelEncryption } from './model-encryption';
export { ModelImportProvider, ModelImportProviderProps } from './model-import-provider';
export { ModelSource, ModelSourceOptions } from './model-source';
