/** The names that the app and the program that deploys it share. */
export const WEIGHTS_STACK = 'DemoWeights';
export const MODEL_STACK = 'DemoModel';
export const BATCH_STACK = 'DemoBatch';
export const WEIGHTS_PREFIX = 'tiny-llama/';
/** What a new model is asked before it replaces the old one. */
export const PROMPT = 'Hello';
