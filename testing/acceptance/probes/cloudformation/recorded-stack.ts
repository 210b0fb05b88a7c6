import { setTimeout as pause } from 'node:timers/promises';
import { paginateListObjectsV2, type S3 } from '@aws-sdk/client-s3';
import type { World } from '../../world';
import { outcomeOf } from '../bedrock/imports';

const SECOND = 1000;
const LOOK_MS = 2 * SECOND;
/** A new stack is looked at sooner at first, because that of a key is made in no time on the local AWS. Its status is never that of an earlier operation. */
const FIRST_LOOK_MS = SECOND / 8;
/** The longest operation of a stack. */
const PATIENCE_MINUTES = 20;

/** A custom resource of a scenario. */
export interface Recorded {
  /** The physical ID with which the function answers, unless the plan says otherwise. */
  readonly id: string;
  /** A property, which is also an attribute of the resource. */
  readonly value: string | object;
  readonly after?: readonly string[];
  /** DeletionPolicy and UpdateReplacePolicy. @default - none */
  readonly policy?: 'Delete' | 'Retain' | 'RetainExceptOnCreate';
  /** ServiceTimeout. @default - that of CloudFormation, one hour */
  readonly timeoutSeconds?: number;
}

export interface Answer {
  /** The pause before it. @default 0 */
  readonly seconds?: number;
  /** @default 'SUCCESS' */
  readonly status?: 'FAILED';
  readonly id?: string;
  /** The attribute `Value`. @default - the property */
  readonly value?: string;
}

/** How the function answers, by `<logical ID> <request type> <value>` or without the value. @default - one successful answer to each request */
export type Plan = { readonly [request: string]: readonly Answer[] };

/** A request of CloudFormation, as the function has received it. */
export interface Seen {
  readonly requestId: string;
  readonly type: 'Create' | 'Update' | 'Delete';
  readonly logicalId: string;
  readonly physicalId?: string;
  /** The property of the request. */
  readonly value?: string;
  /** X-Amz-Date of the presigned URL. */
  readonly urlDate?: string;
  /** When it was received. */
  readonly at: number;
  readonly answers: readonly Answer[];
}

/** An operation of a stack, up to the end of its rollback and cleanup. */
export interface Operation {
  readonly does: 'create' | 'update' | 'cancelled update' | 'continued rollback' | 'delete';
  /** The status of the stack at its end. */
  readonly status: string;
  readonly seen: readonly Seen[];
}

/** Records each request, then answers as planned. It has no permission to write logs, so that it leaves no log group. */
const FUNCTION = `
const { GetObjectCommand, PutObjectCommand, S3Client } = require('@aws-sdk/client-s3');
const s3 = new S3Client({ forcePathStyle: true });
const Bucket = process.env.BUCKET;
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

// The role is seconds old at first.
async function patiently(command) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await s3.send(command);
    } catch (error) {
      if (error.name === 'NoSuchKey') return undefined;
      if (attempt === 30) throw error;
      await sleep(2000);
    }
  }
}

exports.handler = async (event) => {
  const at = Date.now();
  const { LogicalResourceId, PhysicalResourceId, RequestId, RequestType, ResourceProperties, ResponseURL, StackId } = event;
  const { Id, Value } = ResourceProperties;
  const stack = StackId.split('/')[1];
  const found = await patiently(new GetObjectCommand({ Bucket, Key: 'plans/' + stack }));
  const plan = found ? JSON.parse(await found.Body.transformToString()) : {};
  const request = LogicalResourceId + ' ' + RequestType;
  const answers = plan[request + ' ' + Value] || plan[request] || [{}];
  const seen = {
    requestId: RequestId, type: RequestType, logicalId: LogicalResourceId, physicalId: PhysicalResourceId, value: Value,
    urlDate: new URL(ResponseURL).searchParams.get('X-Amz-Date') || undefined, at, answers,
  };
  await patiently(new PutObjectCommand({ Bucket, Key: 'seen/' + stack + '/' + RequestId, Body: JSON.stringify(seen) }));
  for (const { seconds = 0, status = 'SUCCESS', id, value = Value } of answers) {
    await sleep(seconds * 1000);
    const current = RequestType === 'Create' ? Id : PhysicalResourceId;
    await fetch(ResponseURL, {
      method: 'PUT',
      headers: { 'content-type': '' },
      body: JSON.stringify({
        Status: status, Reason: 'as planned', StackId, RequestId, LogicalResourceId,
        PhysicalResourceId: id || (RequestType === 'Update' && status === 'SUCCESS' ? Id : current),
        Data: { Value: value },
      }),
    });
  }
};
`;

/** A function that serves custom resources, and records their requests in the bucket of the run. */
export class Recorder {
  public static async deploy(world: World): Promise<Recorder> {
    const { bucket } = world;
    const recorder = new Recorder(world, '');
    const stack = recorder.stack('recorder');
    const { Outputs = [] } = await stack.deploy({
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }] },
          Policies: [{
            PolicyName: 'Bucket',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: `arn:${world.partition}:s3:::${bucket}/*` },
                { Effect: 'Allow', Action: 's3:ListBucket', Resource: `arn:${world.partition}:s3:::${bucket}` }, // a missing plan is NoSuchKey
              ],
            },
          }],
        },
      },
      Function: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
          Timeout: 180,
          MemorySize: 256,
          Code: { ZipFile: FUNCTION },
          Environment: { Variables: { BUCKET: bucket } },
        },
      },
      // Waits until the function can use the bucket.
      Ready: { Type: 'Custom::Acceptance', Properties: { ServiceToken: { 'Fn::GetAtt': ['Function', 'Arn'] }, Id: 'ready', Value: '1' } },
    }, { FunctionArn: { Value: { 'Fn::GetAtt': ['Function', 'Arn'] } } });
    return new Recorder(world, Outputs[0].OutputValue!);
  }

  private constructor(private readonly world: World, private readonly functionArn: string) {}

  public stack(name: string): RecordedStack {
    return new RecordedStack(this.world, this.functionArn, `acceptance-${this.world.run}-${name}`);
  }
}

/** A stack of custom resources, and what CloudFormation has requested for them. */
export class RecordedStack {
  public readonly operations: Operation[] = [];
  private stackId = '';
  private readonly known = new Set<string>();

  constructor(private readonly world: World, private readonly functionArn: string, public readonly name: string) {}

  public async create(resources: { readonly [id: string]: Recorded }, plan: Plan = {}): Promise<Operation> {
    await this.answer(plan);
    await this.start(this.templateOf(resources));
    return this.end('create');
  }

  public async update(resources: { readonly [id: string]: Recorded }, plan: Plan = {}): Promise<Operation> {
    await this.answer(plan);
    await this.startUpdate(resources);
    return this.end('update');
  }

  /** Cancels the update when a resource has received its request. */
  public async cancelUpdate(resources: { readonly [id: string]: Recorded }, plan: Plan, when: string): Promise<Operation> {
    await this.answer(plan);
    await this.startUpdate(resources);
    await until(this.world, `a request for ${when}`, async () => (await this.unknown()).find(({ logicalId }) => logicalId === when));
    await this.world.aws.cloudFormation.cancelUpdateStack({ StackName: this.name });
    return this.end('cancelled update');
  }

  public async continueRollback(ResourcesToSkip?: string[], plan: Plan = {}): Promise<Operation> {
    await this.answer(plan);
    await this.world.aws.cloudFormation.continueUpdateRollback({ StackName: this.name, ...ResourcesToSkip && { ResourcesToSkip } });
    return this.end('continued rollback');
  }

  public async delete(plan: Plan = {}): Promise<Operation> {
    await this.answer(plan);
    await this.world.aws.cloudFormation.deleteStack({ StackName: this.stackId });
    return this.end('delete');
  }

  /** Creates the stack with other resources, which must succeed. */
  public async deploy(Resources: object, Outputs: object = {}) {
    await this.start({ Resources, Outputs });
    const stack = await this.settled(FIRST_LOOK_MS);
    if (stack.StackStatus !== 'CREATE_COMPLETE') throw new Error(`${this.name} is ${stack.StackStatus}: ${await this.failure()}`);
    return stack;
  }

  public async physicalId(LogicalResourceId: string): Promise<string> {
    const { StackResourceDetail: detail } = await this.world.aws.cloudFormation.describeStackResource({ StackName: this.name, LogicalResourceId });
    return detail!.PhysicalResourceId!;
  }

  /** Lets the stack be deleted. */
  public async release(): Promise<void> {
    await this.answer({});
    if (this.stackId !== '') await this.settled();
  }

  /** The first failure of the stack. */
  public async failure(): Promise<string> {
    const { StackEvents = [] } = await this.world.aws.cloudFormation.describeStackEvents({ StackName: this.stackId });
    const failed = StackEvents.filter(({ ResourceStatus }) => ResourceStatus?.endsWith('_FAILED')).at(-1);
    return failed ? `${failed.LogicalResourceId}: ${failed.ResourceStatusReason}` : '';
  }

  private async start(template: object): Promise<void> {
    this.world.made.add({ kind: 'stack', name: this.name });
    const { StackId } = await this.world.aws.cloudFormation.createStack({
      StackName: this.name, TemplateBody: JSON.stringify(template), Capabilities: ['CAPABILITY_IAM'],
    });
    this.stackId = StackId!;
  }

  private async startUpdate(resources: { readonly [id: string]: Recorded }): Promise<void> {
    await this.world.aws.cloudFormation.updateStack({ StackName: this.name, TemplateBody: JSON.stringify(this.templateOf(resources)) });
  }

  private templateOf(resources: { readonly [id: string]: Recorded }) {
    return {
      Resources: Object.fromEntries(Object.entries(resources).map(([logicalId, { id, value, after, policy, timeoutSeconds }]) => [logicalId, {
        Type: 'Custom::Acceptance',
        Properties: { ServiceToken: this.functionArn, Id: id, Value: value, ...timeoutSeconds && { ServiceTimeout: timeoutSeconds } },
        ...after && { DependsOn: after },
        ...policy && { DeletionPolicy: policy, UpdateReplacePolicy: policy === 'Delete' ? policy : 'Retain' },
      }])),
    };
  }

  private async answer(plan: Plan): Promise<void> {
    await this.world.aws.s3.putObject({ Bucket: this.world.bucket, Key: `plans/${this.name}`, Body: JSON.stringify(plan) });
  }

  private async end(does: Operation['does']): Promise<Operation> {
    const { StackStatus } = await this.settled();
    const seen = await this.unknown();
    seen.forEach(({ requestId }) => this.known.add(requestId));
    const operation = { does, status: StackStatus!, seen };
    this.operations.push(operation);
    return operation;
  }

  private async settled(firstLookMs = LOOK_MS) {
    return until(this.world, `the end of the operation of ${this.name}`, async () => {
      const { result, error } = await outcomeOf(this.world.aws.cloudFormation.describeStacks({ StackName: this.stackId }));
      if (error) {
        if (/does not exist/.test(error.message)) return { StackStatus: 'DELETE_COMPLETE', Outputs: [] };
        throw error;
      }
      const [stack] = result!.Stacks!;
      return stack.StackStatus!.endsWith('IN_PROGRESS') ? undefined : stack;
    }, PATIENCE_MINUTES, firstLookMs);
  }

  /** The requests since the last operation, the earliest first. */
  private async unknown(): Promise<Seen[]> {
    const prefix = `seen/${this.name}/`;
    const keys = (await keysOf(this.world.aws.s3, this.world.bucket, prefix)).filter(key => !this.known.has(key.slice(prefix.length)));
    const seen = await Promise.all(keys.map(async Key => {
      const { Body } = await this.world.aws.s3.getObject({ Bucket: this.world.bucket, Key });
      return JSON.parse(await Body!.transformToString()) as Seen;
    }));
    return seen.sort((one, other) => one.at - other.at);
  }
}

async function keysOf(client: S3, Bucket: string, Prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix })) keys.push(...Contents.map(({ Key }) => Key!));
  return keys;
}

/** Looks until there is a result. In real time as well, because only Bedrock has a virtual time in the local AWS. */
export async function until<T>(
  { time }: World, what: string, look: () => Promise<T | undefined>, minutes = PATIENCE_MINUTES, firstLookMs = LOOK_MS,
): Promise<T> {
  for (let waited = 0, ms = firstLookMs; waited < minutes * 60 * SECOND; waited += ms, ms = Math.min(2 * ms, LOOK_MS)) {
    await Promise.all([time.sleep(ms), pause(ms)]);
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`${what} did not happen within ${minutes} minutes`);
}
