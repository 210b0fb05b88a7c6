import { s3AndBedrock } from './handler/s3-and-bedrock';

/** Loaded by the entry point of the Lambda function when a model is new. */
export const newModel = s3AndBedrock;
