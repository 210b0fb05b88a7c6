import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { paginateListImportedModels, paginateListModelImportJobs, paginateListModelInvocationJobs } from '@aws-sdk/client-bedrock';
import type { Stack } from '@aws-sdk/client-cloudformation';
import { paginateDescribeLogGroups } from '@aws-sdk/client-cloudwatch-logs';
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { Clients, Time, World } from './world';

/** Something that a run makes in the account. */
export type Thing =
  | { readonly kind: 'stack'; readonly name: string }
  /** An import job cannot be stopped: it is removed when it has ended, with its model. */
  | { readonly kind: 'import'; readonly jobName: string; readonly modelName: string }
  | { readonly kind: 'batch job'; readonly jobName: string }
  | { readonly kind: 'bucket'; readonly name: string }
  | { readonly kind: 'role'; readonly name: string }
  | { readonly kind: 'key'; readonly arn: string }
  | { readonly kind: 'alias'; readonly name: string };

/** All but imports, which are removed together. */
type Single = Exclude<Thing, { kind: 'import' }>;

/** The run that makes things, and where. */
export interface Owner {
  readonly account: string;
  readonly region: string;
  /** A part of the names of all things. */
  readonly run: string;
}

/** Who removes things: the principal, its time, and its user. */
export type Cleaner = Pick<World, 'aws' | 'time' | 'log'>;

/** What is left, and the command that removes it. */
export interface Remaining {
  readonly what: string;
  readonly reason: string;
  readonly command: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const LOOK_MS = 15 * SECOND;
/** The longest time to wait for import jobs, batch jobs, and the deletion of a stack, whose resources wait for import jobs. */
const IMPORT_PATIENCE_MS = 90 * MINUTE;
const BATCH_PATIENCE_MS = 30 * MINUTE;
const STACK_PATIENCE_MS = 180 * MINUTE;
/** Until then, a job or model that has just been made may be missing in lists (CMI-1). */
const LIST_LAG_MS = 45 * SECOND;
/** How often the deletion of a stack is asked for. What prevents it, like a network interface in use, can pass. */
const STACK_ATTEMPTS = 3;

/** AWS KMS deletes a key after this time at the earliest. Until then it costs nothing. */
const KEY_DAYS = 7;

/** What must exist longer than others: a stack cannot be deleted without its roles, and its function. */
const ORDER: readonly Thing['kind'][] = ['stack', 'batch job', 'import', 'alias', 'key', 'role', 'bucket'];

/** The things that a run has made. Each is written to a file before it is made, so that even a run that was killed can be cleaned up. */
export class Ledger {
  /** The ledger of an earlier run. */
  public static read(file: string): Ledger {
    const { things, ...owner } = JSON.parse(readFileSync(file, 'utf8')) as Owner & { readonly things: Thing[] };
    return new Ledger(owner, file, things);
  }

  /** @param file - none: what is made lives no longer than this process */
  constructor(public readonly owner: Owner, private readonly file?: string, private things: readonly Thing[] = []) {}

  /** Call this before the thing is made. */
  public add(thing: Thing): void {
    this.things = [...this.things, thing];
    this.write();
  }

  /** Removes all things, or those of one kind. Returns what could not be removed, or was not when `stop` was aborted. */
  public async clear(cleaner: Cleaner, stop?: AbortSignal, only?: Thing['kind']): Promise<Remaining[]> {
    const remaining: Remaining[] = [];
    for (const kind of ORDER.filter(one => only === undefined || one === only)) {
      if (kind === 'import' && this.things.length > 0) remaining.push(...await this.clearImports(cleaner, stop));
      for (const thing of this.things.filter((one): one is Single => one.kind === kind && one.kind !== 'import').reverse()) {
        const prevented = remaining.some(({ what }) => what.startsWith('stack ')) && (kind === 'bucket' || kind === 'role' || isRecorder(thing));
        const error = await attempt(async () => {
          stop?.throwIfAborted();
          if (prevented) throw new Error('a stack that may need it is left');
          cleaner.log(`remove ${describe(thing)}`);
          await remove(thing, cleaner, this.things.find(one => one.kind === 'bucket'));
          this.forget(one => one === thing);
        });
        if (error) remaining.push({ what: describe(thing), reason: reasonOf(error, stop), command: commandFor(thing, this.owner.region) });
      }
    }
    if (remaining.length === 0 && only === undefined && this.file !== undefined) rmSync(this.file, { force: true });
    return remaining;
  }

  /**
   * Removes all models of the run, also those of stacks: their names contain its ID. By ARN, because two models could have one name, and after the end of
   * all jobs, because a job cannot be stopped.
   */
  private async clearImports({ aws: { bedrock }, time, log }: Cleaner, stop?: AbortSignal): Promise<Remaining[]> {
    const { run, region } = this.owner;
    let what = `import jobs and models with "${run}" in their names`;
    let command = `aws bedrock list-imported-models --name-contains ${run} --region ${region}`;
    const error = await attempt(async () => {
      stop?.throwIfAborted();
      log(`remove ${what}`);
      const deadline = time.now() + IMPORT_PATIENCE_MS;
      await time.sleep(LIST_LAG_MS);
      while ((await jobsOf(run, bedrock)).length > 0) {
        if (time.now() > deadline) throw new Error('an import job is still running, and cannot be stopped');
        await time.sleep(LOOK_MS);
      }
      for (let arns = await modelsOf(run, bedrock); arns.length > 0; arns = await modelsOf(run, bedrock)) {
        if (time.now() > deadline) throw new Error('a model is not deleted');
        what = arns.join(', ');
        command = arns.map(arn => `aws bedrock delete-imported-model --model-identifier ${arn} --region ${region}`).join('; ');
        for (const modelIdentifier of arns) {
          await bedrock.deleteImportedModel({ modelIdentifier }).catch((refused: Error) => {
            if (refused.name !== 'ConflictException' && refused.name !== 'ResourceNotFoundException') throw refused;
          });
        }
        await time.sleep(LOOK_MS);
      }
      this.forget(({ kind }) => kind === 'import');
    });
    return error ? [{ what, reason: reasonOf(error, stop), command }] : [];
  }

  private forget(isRemoved: (thing: Thing) => boolean): void {
    this.things = this.things.filter(thing => !isRemoved(thing));
    this.write();
  }

  /** Never leaves half a file. */
  private write(): void {
    if (this.file === undefined) return;
    writeFileSync(`${this.file}.new`, `${JSON.stringify({ ...this.owner, things: this.things }, undefined, 2)}\n`);
    renameSync(`${this.file}.new`, this.file);
  }
}

/** The ledger of an earlier run in this account and Region. Throws if it is another one's. */
export function ledgerOf({ account, region }: Omit<Owner, 'run'>, file: string): Ledger {
  if (!existsSync(file)) throw new Error(`--clean-up ${file}: there is no such file`);
  const ledger = Ledger.read(file);
  const { owner } = ledger;
  if (owner.account === account && owner.region === region) return ledger;
  throw new Error(`--clean-up ${file}: its run was in account ${owner.account}, Region ${owner.region}`);
}

async function attempt(action: () => Promise<void>): Promise<Error | undefined> {
  return action().then(() => undefined, (error: Error) => error);
}

function reasonOf(error: Error, stop?: AbortSignal): string {
  return stop?.aborted ? 'stopped by the user' : error.message;
}

/** The stack of the function that answers for the custom resources of other stacks. */
function isRecorder(thing: Single): boolean {
  return thing.kind === 'stack' && thing.name.endsWith('-recorder');
}

async function remove(thing: Single, { aws, time }: Cleaner, bucket?: Thing): Promise<void> {
  switch (thing.kind) {
    case 'stack': return removeStack(thing.name, aws, time, bucket?.kind === 'bucket' ? bucket.name : undefined);
    case 'batch job': return removeBatchJob(thing.jobName, aws, time);
    case 'bucket': return unlessGone(async () => removeBucket(thing.name, aws, time));
    case 'role': return unlessGone(async () => removeRole(thing.name, aws));
    case 'alias': return unlessGone(async () => { await aws.kms.deleteAlias({ AliasName: thing.name }); });
    case 'key': return unlessGone(async () => { await aws.kms.scheduleKeyDeletion({ KeyId: thing.arn, PendingWindowInDays: KEY_DAYS }); });
  }
}

/** CloudFormation does not delete a stack during an update, which is therefore cancelled first. */
async function removeStack(StackName: string, aws: Clients, time: Time, bucket?: string): Promise<void> {
  const { cloudFormation } = aws;
  const deadline = time.now() + STACK_PATIENCE_MS;
  let asked = 0;
  for (let [stack] = await stacksNamed(StackName, cloudFormation); stack !== undefined; [stack] = await stacksNamed(StackName, cloudFormation)) {
    const status = stack.StackStatus!;
    if (time.now() > deadline || asked === STACK_ATTEMPTS && status === 'DELETE_FAILED') throw new Error(`the stack ${StackName} is ${status}`);
    if (status === 'UPDATE_IN_PROGRESS') {
      await cloudFormation.cancelUpdateStack({ StackName }).catch(() => {}); // it may just have ended
    } else if (status === 'DELETE_FAILED' || asked === 0 && (['CREATE_IN_PROGRESS', 'REVIEW_IN_PROGRESS'].includes(status) || !status.endsWith('_IN_PROGRESS'))) {
      if (asked > 0) await time.sleep(2 * MINUTE);
      asked += 1;
      // A scenario of the CloudFormation probe may have planned that a Delete fails.
      if (bucket !== undefined) await aws.s3.putObject({ Bucket: bucket, Key: `plans/${StackName}`, Body: '{}' }).catch(() => {});
      await cloudFormation.deleteStack({ StackName });
    }
    await time.sleep(LOOK_MS);
  }
  await removeLogGroups(`/aws/lambda/${StackName}-`, aws);
}

/** A stack with this name, unless it is deleted. */
async function stacksNamed(StackName: string, cloudFormation: Clients['cloudFormation']): Promise<Stack[]> {
  try {
    return ((await cloudFormation.describeStacks({ StackName })).Stacks ?? []).filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  } catch (error) {
    if (/does not exist/.test((error as Error).message)) return [];
    throw error;
  }
}

/** AWS Lambda creates the log group of a function that CDK brings, and no stack deletes it. */
async function removeLogGroups(logGroupNamePrefix: string, { logs }: Clients): Promise<void> {
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix })) {
    for (const { logGroupName } of logGroups) await unlessGone(async () => { await logs.deleteLogGroup({ logGroupName }); });
  }
}

async function jobsOf(nameContains: string, client: Clients['bedrock']): Promise<string[]> {
  const arns: string[] = [];
  for await (const { modelImportJobSummaries: jobs = [] } of paginateListModelImportJobs({ client }, { nameContains, statusEquals: 'InProgress' })) {
    arns.push(...jobs.map(({ jobArn }) => jobArn!));
  }
  return arns;
}

/** Only names as a run gives them: of probes, of stacks of stories, and of the integration test. */
async function modelsOf(run: string, client: Clients['bedrock']): Promise<string[]> {
  const isOwn = new RegExp(`^(acceptance-|A|integ-)${run}`);
  const arns: string[] = [];
  for await (const { modelSummaries: models = [] } of paginateListImportedModels({ client }, { nameContains: run })) {
    arns.push(...models.filter(({ modelName = '' }) => isOwn.test(modelName)).map(({ modelArn }) => modelArn!));
  }
  return arns;
}

/** Stops a job and waits for its end, because it writes what it has processed. */
async function removeBatchJob(nameContains: string, { bedrock: client }: Clients, time: Time): Promise<void> {
  const deadline = time.now() + BATCH_PATIENCE_MS;
  const running = async () => {
    const arns: string[] = [];
    for await (const { invocationJobSummaries: jobs = [] } of paginateListModelInvocationJobs({ client }, { nameContains })) {
      arns.push(...jobs.filter(({ status = '' }) => ['Submitted', 'Validating', 'Scheduled', 'InProgress', 'Stopping'].includes(status)).map(({ jobArn }) => jobArn!));
    }
    return arns;
  };
  for (let arns = await running(); arns.length > 0; arns = await running()) {
    if (time.now() > deadline) throw new Error(`the batch inference job ${nameContains} has not ended`);
    for (const jobIdentifier of arns) await client.stopModelInvocationJob({ jobIdentifier }).catch(() => {}); // it may be stopping, or just have ended
    await time.sleep(LOOK_MS);
  }
}

/** Objects may arrive while the bucket is being emptied. */
async function removeBucket(Bucket: string, { s3 }: Clients, time: Time): Promise<void> {
  for (let attempts = 1; ; attempts += 1) {
    for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket })) {
      for (const { Key } of Contents) await s3.deleteObject({ Bucket, Key });
    }
    const error = await attempt(async () => { await s3.deleteBucket({ Bucket }); });
    if (error === undefined) return;
    if (error.name !== 'BucketNotEmpty' || attempts === 5) throw error;
    await time.sleep(LOOK_MS);
  }
}

async function removeRole(RoleName: string, { iam }: Clients): Promise<void> {
  const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName });
  for (const PolicyName of PolicyNames) await iam.deleteRolePolicy({ RoleName, PolicyName });
  await iam.deleteRole({ RoleName });
}

/** Something that does not exist was removed before, or never made. */
async function unlessGone(removal: () => Promise<void>): Promise<void> {
  await removal().catch((error: Error) => {
    if (!/NotFound|NoSuch|KMSInvalidState/i.test(error.name)) throw error;
  });
}

function describe(thing: Single): string {
  switch (thing.kind) {
    case 'batch job': return `batch inference job ${thing.jobName}`;
    case 'key': return `key ${thing.arn}`;
    default: return `${thing.kind} ${thing.name}`;
  }
}

/** The command of the AWS CLI that removes a thing. */
function commandFor(thing: Single, region: string): string {
  const aws = (command: string) => `aws ${command} --region ${region}`;
  switch (thing.kind) {
    case 'stack': return aws(`cloudformation delete-stack --stack-name ${thing.name}`);
    case 'batch job': return aws(`bedrock stop-model-invocation-job --job-identifier <ARN of ${thing.jobName}>`);
    case 'bucket': return aws(`s3 rb s3://${thing.name} --force`);
    case 'role': return `aws iam list-role-policies --role-name ${thing.name}; aws iam delete-role --role-name ${thing.name}`;
    case 'alias': return aws(`kms delete-alias --alias-name ${thing.name}`);
    case 'key': return aws(`kms schedule-key-deletion --key-id ${thing.arn} --pending-window-in-days ${KEY_DAYS}`);
  }
}
