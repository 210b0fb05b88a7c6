export * from './check-model';
export * from './model-folder';
