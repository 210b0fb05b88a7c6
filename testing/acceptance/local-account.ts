import { randomBytes } from 'node:crypto';
import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import { REFUSED_TEXT } from './batch-jobs';
import { Ledger } from './ledger';
import { clientsOf, type Clients, type World } from './world';
import type { Behaviour } from '../bedrock-server/behaviour';
import { VirtualClock } from '../bedrock-server/clock';
import { S3Objects } from '../bedrock-server/objects';
import { startBedrockServer, type BedrockServer } from '../bedrock-server/server';
import { EmulatedAccount } from '../iam/emulated-account';
import { Enforcement, type EnforcementOptions } from '../iam/enforcement';
import { hasEngine } from '../iam/engine';
import { EmulatorApi } from '../local-aws/emulator-api';
import { ACCOUNT, REGION } from '../local-aws/environment';
import { type LocalAws, startLocalAws } from '../local-aws/local-aws';
import { validModel } from '../model-files';
import { bytesOf } from '../model-files/model-files';

const MINUTE = 60_000;
const WEIGHTS = { bucket: 'acceptance-weights', prefix: 'llama/' };
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

/** The callers are roles, not functions. */
class RolesAccount extends EmulatedAccount {
  public async roleOfFunction(name: string) {
    return this.role(`arn:aws:iam::${ACCOUNT}:role/${name}`);
  }
}

/** A local AWS in which Bedrock behaves as assumed, or otherwise. */
export class LocalAccount {
  public static async open(signal?: AbortSignal): Promise<LocalAccount> {
    const unused = await startBedrockServer(); // functions of this account call no other
    const aws = await startLocalAws({ bedrockEndpoint: unused.url, signal });
    const api = new EmulatorApi(aws.endpoint);
    await api.createBucket(WEIGHTS.bucket);
    for (const [path, content] of Object.entries(validModel())) await api.putObject(WEIGHTS.bucket, `${WEIGHTS.prefix}${path}`, Buffer.from(bytesOf(content)));
    return new LocalAccount(aws, unused);
  }

  private constructor(private readonly aws: LocalAws, private readonly unused: BedrockServer) {}

  /**
   * Calls a function with an empty Bedrock of this behaviour. Its time is virtual: sleeping advances it. If the IAM engine is installed (by
   * `npm run iam`), the policies of service roles are enforced, and those of callers that are roles; the user may do everything.
   */
  public async with<T>(behaviour: Partial<Behaviour>, use: (world: World) => Promise<T>, iam: EnforcementOptions = {}): Promise<T> {
    const clock = new VirtualClock(Date.now());
    const enforcement = hasEngine() ? new Enforcement(
      new RolesAccount(new EmulatorApi(this.aws.endpoint)), { partition: 'aws', region: REGION, account: ACCOUNT }, { listedPrefix: 'with slash', ...iam },
    ) : undefined;
    const server = await startBedrockServer({
      account: ACCOUNT,
      region: REGION,
      clock,
      behaviour,
      rolePropagationMs: 2 * MINUTE,
      planImport: request => ({ durationMs: 5 * MINUTE, ...enforcement?.planImport(request) }),
      authorize: enforcement && (async (call) => {
        if (call.functionName !== '') return enforcement.authorize(call);
        if (call.operation === 'CreateModelImportJob') await enforcement.prepareImport(call.input as unknown as CreateModelImportJobRequest);
        return undefined;
      }),
      authorizeInvocation: async () => undefined,
      objects: new S3Objects(this.aws.endpoint),
    });
    server.bedrock.inference.poison(REFUSED_TEXT, 'ValidationException');
    const clients = (more: object = {}): Clients => clientsOf({
      region: REGION, credentials: CREDENTIALS, endpoint: this.aws.endpoint, bedrockEndpoint: server.url, ...more,
    });
    try {
      return await use({
        run: randomBytes(4).toString('hex'),
        account: ACCOUNT,
        partition: 'aws',
        region: REGION,
        aws: clients(),
        time: { now: () => clock.now(), sleep: async (ms) => clock.advance(ms) },
        made: new Ledger(),
        bucket: WEIGHTS.bucket,
        weights: WEIGHTS,
        batchModel: 'amazon.nova-micro-v1:0',
        as: async (roleArn) => clients({ userAgentAppId: roleArn.replace(/^.*\//, '') }),
        cdk: async (args, app, kill) => this.aws.cdk([...args], { app, signal: kill }),
        log: () => {},
      });
    } finally {
      await server.close();
    }
  }

  public async close(): Promise<void> {
    await this.aws.stop();
    await this.unused.close();
  }
}
