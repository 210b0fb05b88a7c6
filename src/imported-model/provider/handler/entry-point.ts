import { BedrockClient } from '@aws-sdk/client-bedrock';
import { BedrockApi, type BedrockSender } from './bedrock-api';
import { type Log, ModelImportHandler } from './model-import-handler';
import type { LoadNewModel } from './new-model';
import { type Handle, withQuickPolls } from './quick-polls';
import { type Serves, servedStacks } from './served-stacks';
import { CALL_BUDGET, CONNECTION_TIMEOUT, REQUEST_TIMEOUT } from '../patience';

/** How often the SDK tries a call: the next poll is the retry. */
export const SDK_ATTEMPTS = 2;

/** The environment of an invocation. Simulations and tests bring their own time. */
export interface InvocationEnvironment {
  readonly client: BedrockSender;
  readonly newModel: LoadNewModel;
  readonly serves?: Serves;
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<unknown>;
  readonly abortAfter?: (ms: number) => AbortSignal;
  readonly log?: Log;
  readonly callBudget?: number;
}

/** The handler with the client that Lambda runs it with. */
export function entryPoint(newModel: LoadNewModel, { requestTimeout = REQUEST_TIMEOUT, callBudget = CALL_BUDGET } = {}): Handle {
  const client = new BedrockClient({
    maxAttempts: SDK_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT,
      // Without the flag, the SDK only warns of a request that takes longer.
      requestTimeout,
      throwOnRequestTimeout: true,
      // The request timeout ends with the headers of the response; this one is for a body that stops in the middle.
      socketTimeout: requestTimeout,
    },
  });
  return invocation({ client, newModel, serves: servedStacks(process.env.SERVED_STACKS), callBudget });
}

/** One invocation, in which the calls of all polls share one budget of time. */
export function invocation({
  client, newModel, serves, now, sleep, abortAfter = ms => AbortSignal.timeout(ms), log, callBudget = CALL_BUDGET,
}: InvocationEnvironment): Handle {
  return async event => {
    // Also ends what no timeout of the SDK ends: many slow calls, or a response that trickles.
    const abortSignal = abortAfter(callBudget);
    const sender = { send: async (command: Parameters<BedrockClient['send']>[0]) => client.send(command, { abortSignal }) } as BedrockSender;
    const modelImport = new ModelImportHandler({ bedrock: new BedrockApi(sender), newModel, abortSignal }, now, log, serves);
    return withQuickPolls(async request => modelImport.handle(request), now, sleep)(event);
  };
}
