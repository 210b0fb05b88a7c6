export { BatchEngine, ModelInvocationType } from './batch-engine';
export { BatchInference } from './batch-inference';
export { BatchInferenceFragment } from './batch-inference-fragment';
export type { BatchInferenceFragmentProps, BatchInferenceOptions, BatchInferenceProps, FailureAlarmOptions } from './batch-inference-props';
export { BatchLocation, type BatchLocationOptions } from './batch-location';
export { InferenceProfileModel } from './inference-profile-model';
