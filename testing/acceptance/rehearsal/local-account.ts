import { randomBytes } from 'node:crypto';
import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import type { CreateRoleCommandOutput, DeleteRoleCommandInput, IAM } from '@aws-sdk/client-iam';
import type { Bedrock } from '../../bedrock-server/bedrock';
import { ASSUMED, type Behaviour } from '../../bedrock-server/behaviour';
import { VirtualClock } from '../../bedrock-server/clock';
import { BedrockError } from '../../bedrock-server/errors';
import { S3Objects } from '../../bedrock-server/objects';
import { startBedrockServer, type BedrockServer } from '../../bedrock-server/server';
import { EmulatedAccount } from '../../iam/emulated-account';
import { Enforcement, type EnforcementOptions } from '../../iam/enforcement';
import { hasEngine } from '../../iam/engine';
import { EmulatorApi } from '../../local-aws/emulator-api';
import { ACCOUNT, REGION } from '../../local-aws/environment';
import { type LocalAws, startLocalAws } from '../../local-aws/local-aws';
import { validModel } from '../../model-files';
import { bytesOf } from '../../model-files/model-files';
import { Ledger } from '../ledger';
import { REFUSED_TEXT } from '../probes/batch-inference/batch-jobs';
import { clientsOf, type Clients, type World } from '../world';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
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
    return new LocalAccount(aws, api, unused);
  }

  private constructor(private readonly aws: LocalAws, private readonly api: EmulatorApi, private readonly unused: BedrockServer) {}

  /**
   * Calls a function with an empty Bedrock of this behaviour. Its time is virtual: sleeping advances it. With options for IAM, the policies of service
   * roles are enforced, and those of callers that are roles; the user may do everything.
   */
  public async with<T>(difference: Partial<Behaviour>, use: (world: World) => Promise<T>, iam?: EnforcementOptions): Promise<T> {
    const behaviour = { ...ASSUMED, ...difference };
    const clock = new VirtualClock(Date.now());
    if (iam && !hasEngine()) throw new Error('The probes of permissions need the IAM engine, which "npm run iam" installs');
    const enforcement = iam && new Enforcement(
      new RolesAccount(this.api), { partition: 'aws', region: REGION, account: ACCOUNT }, { listedPrefix: 'with slash', ...iam },
    );
    let missing: 'weights' | 'key' | undefined;
    const server = await startBedrockServer({
      account: ACCOUNT,
      region: REGION,
      clock,
      behaviour,
      rolePropagationMs: 2 * MINUTE,
      planImport: request => ({ durationMs: 5 * MINUTE, customModelUnitsPerModelCopy: 1, ...enforcement?.planImport(request) }),
      invokeLatencyMs: SECOND,
      authorize: async (call) => {
        if (enforcement && call.functionName !== '') return enforcement.authorize(call);
        if (call.operation !== 'CreateModelImportJob') return undefined;
        const request = call.input as unknown as CreateModelImportJobRequest;
        missing = await this.missingAccess(request); // asked for before, and used when Bedrock would look
        await enforcement?.prepareImport(request);
        return undefined;
      },
      missingAccess: () => missing,
      authorizeInvocation: async ({ operation, functionName: role }) => operation === 'InvokeModel' ? this.mayInvoke(role, behaviour) : undefined,
      objects: new S3Objects(this.aws.endpoint),
    });
    server.bedrock.inference.poison(REFUSED_TEXT, 'ValidationException');
    const clients = (more: object = {}): Clients => clientsOf({
      region: REGION, credentials: CREDENTIALS, endpoint: this.aws.endpoint, bedrockEndpoint: server.url, ...more,
    });
    const aws = clients();
    followRoles(aws.iam, server.bedrock, behaviour);
    try {
      const run = randomBytes(4).toString('hex');
      return await use({
        run,
        account: ACCOUNT,
        partition: 'aws',
        region: REGION,
        aws,
        time: { now: () => clock.now(), sleep: async (ms) => clock.advance(ms) },
        made: new Ledger({ account: ACCOUNT, region: REGION, run }),
        bucket: WEIGHTS.bucket,
        weights: WEIGHTS,
        batchModel: 'amazon.nova-micro-v1:0',
        as: async (roleArn) => clients({ userAgentAppId: nameOf(roleArn) }),
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

  /** A role without a policy cannot read the weights, and a policy with a Deny does not let a key be used: as far as the probes need it. */
  private async missingAccess({ roleArn = '', importedModelKmsKeyId: key }: Partial<CreateModelImportJobRequest>): Promise<'weights' | 'key' | undefined> {
    const policies = await this.api.rolePolicies(nameOf(roleArn)).catch(() => undefined);
    if (policies?.length === 0) return 'weights';
    return key?.includes(':key/') && (await this.api.keyPolicy(key)).includes('"Deny"') ? 'key' : undefined;
  }

  private async mayInvoke(role: string, { invocationNeeds }: Behaviour): Promise<BedrockError | undefined> {
    if (role === '') return undefined; // not called with a role
    const policies = (await this.api.rolePolicies(role)).join();
    const missing = invocationNeeds.split(' ').find(action => !policies.includes(`"${action}"`));
    return missing && new BedrockError('AccessDeniedException', `${role} is not authorized to perform ${missing}`) || undefined;
  }
}

/** The server learns from the local IAM which roles are deleted and, if that is when they start to propagate, which are created. */
function followRoles(iam: IAM, bedrock: Bedrock, { rolesPropagateFrom }: Behaviour): void {
  iam.middlewareStack.add((next, { commandName }) => async args => {
    const result = await next(args);
    if (commandName === 'CreateRoleCommand' && rolesPropagateFrom === 'creation') bedrock.addRole((result.output as CreateRoleCommandOutput).Role!.Arn!);
    if (commandName === 'DeleteRoleCommand') bedrock.removeRole(`arn:aws:iam::${ACCOUNT}:role/${(args.input as DeleteRoleCommandInput).RoleName}`);
    return result;
  }, { step: 'initialize' });
}

function nameOf(roleArn: string): string {
  return roleArn.replace(/^.*\//, '');
}
