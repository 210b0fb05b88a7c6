import { BedrockClient } from '@aws-sdk/client-bedrock';
import { BedrockApi, type BedrockSender } from './bedrock-api';
import { type Log, ModelImportHandler } from './model-import-handler';
import { quickAtFirst } from './quick-at-first';
import { type Serves, servedStacks } from './served-stacks';
import { TIME_BUDGET } from './time-budget';

/** What an invocation has around it; the simulation brings time of its own. */
export interface Surroundings {
  readonly client: BedrockSender;
  readonly serves?: Serves;
  readonly calls?: number;
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<unknown>;
  readonly abortAfter?: (ms: number) => AbortSignal;
  readonly log?: Log;
}

/** The handler with the client that Lambda runs it with. */
export function entryPoint(times: Pick<typeof TIME_BUDGET, 'connection' | 'answer' | 'attempts' | 'calls'> = TIME_BUDGET): ReturnType<typeof quickAtFirst> {
  const client = new BedrockClient({
    maxAttempts: times.attempts,
    requestHandler: {
      connectionTimeout: times.connection,
      // Without the flag, the SDK only warns of a request that takes longer.
      requestTimeout: times.answer,
      throwOnRequestTimeout: true,
      // The other one ends with the headers of the answer: this is for a body that stops in the middle.
      socketTimeout: times.answer,
    },
  });
  return invocation({ client, serves: servedStacks(process.env.SERVED_STACKS), calls: times.calls });
}

/** One invocation, in which all calls of all looks share one budget of time. */
export function invocation({
  client, serves, calls = TIME_BUDGET.calls, now, sleep, abortAfter = ms => AbortSignal.timeout(ms), log,
}: Surroundings): ReturnType<typeof quickAtFirst> {
  return async event => {
    // Also ends what no time-out of the SDK does: many slow calls, or an answer that trickles.
    const abortSignal = abortAfter(calls);
    const sender = { send: async (command: Parameters<BedrockClient['send']>[0]) => client.send(command, { abortSignal }) } as BedrockSender;
    const modelImport = new ModelImportHandler(new BedrockApi(sender), now, log, serves);
    return quickAtFirst(async request => modelImport.handle(request), now, sleep)(event);
  };
}
