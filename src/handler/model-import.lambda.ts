import { BedrockClient } from '@aws-sdk/client-bedrock';
import { BedrockApi } from './bedrock-api';
import { ModelImportHandler } from './model-import-handler';
import { quickAtFirst } from './quick-at-first';
import { servedStacks } from './served-stacks';

// A call that hangs must not take the whole invocation with it: the next poll asks again.
const client = new BedrockClient({ requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000 } });
const modelImport = new ModelImportHandler(new BedrockApi(client), undefined, undefined, servedStacks(process.env.SERVED_STACKS));

/** The entry point of the Lambda function, for `onEvent` and for `isComplete`. */
export const handler = quickAtFirst(event => modelImport.handle(event));
