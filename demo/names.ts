/** The names that the app and the program that deploys it share. */
export const WEIGHTS_STACK = 'DemoWeights';
export const MODEL_STACK = 'DemoModel';
export const WEIGHTS_PREFIX = 'tiny-llama/';
