import { s3AndBedrock } from './handler/s3-and-bedrock';

const clients = s3AndBedrock();

/** Loaded by the entry point of the Lambda function when a model is new. The clients are those of all invocations. */
export const newModel = () => clients;
