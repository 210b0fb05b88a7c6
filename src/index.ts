// Custom Model Import
export * from './imported-model';
