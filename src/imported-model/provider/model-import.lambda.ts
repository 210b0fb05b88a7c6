import { entryPoint } from './handler/entry-point';

/** The entry point of the Lambda function, for `onEvent` and for `isComplete`. */
// Another bundle in the folder of this one.
export const handler = entryPoint(async () => (await import('./new-model.lambda.js')).newModel());
