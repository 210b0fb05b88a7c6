export {
  ImportedModel, type ImportedModelAttributes, type ImportedModelLookUpOptions, type ImportedModelParameterOptions, type ImportedModelProps,
} from './imported-model';
export { ImportedModelAlarms, type ImportedModelAlarmsProps } from './imported-model-alarms';
export type { IImportedModel } from './imported-model-base';
export { ImportedModelDashboard, type ImportedModelDashboardProps } from './imported-model-dashboard';
export { type CustomerManagedKeyOptions, ModelEncryption } from './model-encryption';
export { ModelSource, type ModelSourceOptions } from './model-source';
export { ModelImportProvider, type ModelImportProviderProps } from './provider/model-import-provider';
export { ReplacementStrategy } from './replacement-strategy';
