import { entryPoint } from './handler/entry-point';

/** The entry point of the Lambda function, for all three actions. */
export const handler = entryPoint();
