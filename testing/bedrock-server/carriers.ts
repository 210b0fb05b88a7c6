import { Bedrock as SdkClient } from '@aws-sdk/client-bedrock';
import { Bedrock, type BedrockOptions } from './bedrock';
import { VirtualClock } from './clock';
import { OPERATIONS, violations, type Operation } from './constraints';
import { startBedrockServer } from './server';

type Method = Uncapitalize<Operation>;

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

type Options = Omit<BedrockOptions, 'clock'>;

/** The ways to call the in-memory Bedrock. Both must behave the same. */
export const CARRIERS: { readonly [name: string]: (options: Options) => Promise<Session> } = {
  'called directly': async (options) => {
    const clock = new VirtualClock();
    const bedrock = new Bedrock({ ...options, clock });
    return { client: clientOver(bedrock), bedrock, clock, close: async () => {} };
  },
  'through the SDK': async (options) => {
    const clock = new VirtualClock();
    const server = await startBedrockServer({ ...options, clock });
    const sdk = sdkClient(server.url);
    return { client: clientOver(sdk), bedrock: server.bedrock, clock, close: async () => server.close().finally(() => sdk.destroy()) };
  },
};

export function sdkClient(url: string): SdkClient {
  return new SdkClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
}

/** Validates every response against the service model. */
function clientOver(service: Bedrock | SdkClient): Client {
  const methods = Object.entries(OPERATIONS).map(([operation, rule]) => {
    const name = operation.charAt(0).toLowerCase() + operation.slice(1) as Method;
    const method = (service[name] as (input: object) => object).bind(service);
    return [name, async (input: object) => {
      const { $metadata, ...output } = await method(input) as { $metadata?: unknown };
      const wrong = violations(rule.output, output);
      if (wrong.length > 0) throw new Error(`The response of ${operation} is not valid: ${wrong.join('; ')}`);
      return output;
    }];
  });
  return Object.fromEntries(methods) as Client;
}
