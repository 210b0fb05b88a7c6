export {
  ImportedModel, type ImportedModelAttributes, type ImportedModelLookUpOptions, type ImportedModelParameterOptions, type ImportedModelProps,
} from './imported-model';
export { ImportedModelAlarms, type ImportedModelAlarmsProps } from './imported-model-alarms';
export type { IImportedModel } from './imported-model-base';
export { ImportedModelDashboard, type ImportedModelDashboardProps } from './imported-model-dashboard';
export { type CustomerManagedKeyOptions, ModelEncryption } from './model-encryption';
export { ModelImportProvider, type ModelImportProviderProps } from './model-import-provider';
export { ModelSource, type ModelSourceOptions } from './model-source';
export { ReplacementStrategy } from './replacement-strategy';
