import { BedrockClient } from '@aws-sdk/client-bedrock';
import { BedrockApi, type BedrockSender } from './bedrock-api';
import { ModelImportHandler } from './model-import-handler';
import { quickAtFirst } from './quick-at-first';
import { servedStacks } from './served-stacks';
import { TIME_BUDGET } from './time-budget';

/** The handler with the client that Lambda runs it with. */
export function entryPoint(times: Pick<typeof TIME_BUDGET, 'connection' | 'answer' | 'attempts' | 'calls'> = TIME_BUDGET): ReturnType<typeof quickAtFirst> {
  const client = new BedrockClient({
    maxAttempts: times.attempts,
    // Without the flag, the SDK only warns of a request that takes longer.
    requestHandler: { connectionTimeout: times.connection, requestTimeout: times.answer, throwOnRequestTimeout: true },
  });
  return async event => {
    // Also ends an answer that stops in the middle, which no time-out of the SDK does.
    const abortSignal = AbortSignal.timeout(times.calls);
    const sender = { send: async (command: Parameters<BedrockClient['send']>[0]) => client.send(command, { abortSignal }) } as BedrockSender;
    const modelImport = new ModelImportHandler(new BedrockApi(sender), undefined, undefined, servedStacks(process.env.SERVED_STACKS));
    return quickAtFirst(async request => modelImport.handle(request))(event);
  };
}
