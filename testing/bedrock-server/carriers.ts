import { Bedrock as SdkClient } from '@aws-sdk/client-bedrock';
import { BedrockRuntime } from '@aws-sdk/client-bedrock-runtime';
import { BatchTransfer } from './batch-transfer';
import { Bedrock, type BedrockOptions } from './bedrock';
import { VirtualClock } from './clock';
import { OPERATIONS, violations, type AnyOperation } from './constraints';
import type { ObjectStore } from './objects';
import { startBedrockServer } from './server';

type Method = Uncapitalize<AnyOperation>;

/** The operations, independent of how they are called. */
export type Client = {
  readonly [method in Method]: (input: Parameters<Bedrock[method]>[0]) => Promise<ReturnType<Bedrock[method]>>;
};

export interface Session {
  readonly client: Client;
  readonly bedrock: Bedrock;
  readonly clock: VirtualClock;
  close(): Promise<void>;
}

type Options = Omit<BedrockOptions, 'clock'> & { readonly objects?: ObjectStore };

/** The ways to call the in-memory Bedrock. Both must behave the same. */
export const CARRIERS: { readonly [name: string]: (options: Options) => Promise<Session> } = {
  'called directly': async ({ objects, ...options }) => {
    const clock = new VirtualClock();
    const bedrock = new Bedrock({ ...options, clock });
    const transfer = objects && new BatchTransfer(bedrock.invocationJobs, objects);
    return { client: clientOver(() => bedrock, async () => transfer?.settle()), bedrock, clock, close: async () => {} };
  },
  'through the SDK': async (options) => {
    const clock = new VirtualClock();
    const server = await startBedrockServer({ ...options, clock });
    const [sdk, runtime] = [sdkClient(server.url), runtimeClient(server.url)];
    return {
      client: clientOver((method) => method === 'invokeModel' ? runtime : sdk),
      bedrock: server.bedrock,
      clock,
      close: async () => server.close().finally(() => [sdk, runtime].forEach((each) => each.destroy())),
    };
  },
};

export function sdkClient(url: string): SdkClient {
  return new SdkClient(configuration(url));
}

export function runtimeClient(url: string): BedrockRuntime {
  return new BedrockRuntime(configuration(url));
}

function configuration(endpoint: string) {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, maxAttempts: 1 };
}

/** Validates every response against the service model. */
function clientOver(serviceOf: (method: Method) => object, prepare = async (): Promise<void> => {}): Client {
  const methods = Object.entries(OPERATIONS).map(([operation, rule]) => {
    const name = operation.charAt(0).toLowerCase() + operation.slice(1) as Method;
    const service = serviceOf(name) as { readonly [method in Method]: (input: object) => object };
    return [name, async (input: object) => {
      await prepare();
      const { $metadata, ...output } = await service[name](input) as { $metadata?: unknown };
      const wrong = violations(rule.output, output);
      if (wrong.length > 0) throw new Error(`The response of ${operation} is not valid: ${wrong.join('; ')}`);
      return output;
    }];
  });
  return Object.fromEntries(methods) as Client;
}

/** What a test expects of a call that is refused. */
export function refusal(name: string, message: string | RegExp, httpStatusCode = 400): object {
  return expect.objectContaining({
    name,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
    $metadata: expect.objectContaining({ httpStatusCode }),
  });
}
