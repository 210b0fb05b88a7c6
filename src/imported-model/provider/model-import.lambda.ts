import { entryPoint } from './handler/entry-point';

/** The entry point of the Lambda function, for `onEvent` and for `isComplete`. */
export const handler = entryPoint();
