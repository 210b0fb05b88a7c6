// Custom Model Import
export * from './imported-model';
// Batch inference
export * from './batch-inference';
