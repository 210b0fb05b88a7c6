export * from './check-model';
export * from './model-folder';
export const RULE_IDS: readonly string[] = [];
