import { writeFileSync } from 'node:fs';
import type { Stack } from '@aws-sdk/client-cloudformation';
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

/** Who removes things: the principal, its time, and its user. */
export type Cleaner = Pick<World, 'aws' | 'time' | 'region' | 'log'>;

/** What is left, and the command that removes it. */
export interface Remaining {
  readonly thing: Thing;
  readonly reason: string;
  readonly command: string;
}

/** The longest time to wait for an import job, and for the deletion of a stack, whose resources wait for import jobs. */
const IMPORT_PATIENCE_MS = 90 * 60_000;
const STACK_PATIENCE_MS = 3 * 60 * 60_000;
const LOOK_MS = 15_000;

/** AWS KMS deletes a key after this time at the earliest. Until then it costs nothing. */
const KEY_DAYS = 7;

/**
 * The things that a run has made, the newest last. Each is written to a file before it is made, so that even a run that was killed can be cleaned up.
 */
export class Ledger {
  private things: Thing[];

  /** @param file - none: what is made lives no longer than this process */
  constructor(private readonly file?: string, things: readonly Thing[] = []) {
    this.things = [...things];
  }

  public get all(): readonly Thing[] {
    return this.things;
  }

  /** Call this before the thing is made. */
  public add(thing: Thing): void {
    this.things.push(thing);
    this.write();
  }

  /** Removes everything, the newest first. Returns what could not be removed, or was not when `stop` was aborted. */
  public async clear({ aws, time, region, log }: Cleaner, stop?: AbortSignal): Promise<Remaining[]> {
    const remaining: Remaining[] = [];
    for (const thing of [...this.things].reverse()) {
      try {
        stop?.throwIfAborted();
        log(`remove ${describe(thing)}`);
        await remove(thing, aws, time);
        this.things = this.things.filter(one => one !== thing);
        this.write();
      } catch (error) {
        remaining.push({ thing, reason: stop?.aborted ? 'stopped by the user' : (error as Error).message, command: commandFor(thing, region) });
      }
    }
    return remaining;
  }

  private write(): void {
    if (this.file !== undefined) writeFileSync(this.file, `${JSON.stringify(this.things, undefined, 2)}\n`);
  }
}

async function remove(thing: Thing, aws: Clients, time: Time): Promise<void> {
  switch (thing.kind) {
    case 'stack': return removeStack(thing.name, aws, time);
    case 'import': return removeImport(thing, aws, time);
    case 'batch job': return stopBatchJob(thing.jobName, aws);
    case 'bucket': return unlessGone(async () => removeBucket(thing.name, aws));
    case 'role': return unlessGone(async () => removeRole(thing.name, aws));
    case 'alias': return unlessGone(async () => { await aws.kms.deleteAlias({ AliasName: thing.name }); });
    case 'key': return unlessGone(async () => { await aws.kms.scheduleKeyDeletion({ KeyId: thing.arn, PendingWindowInDays: KEY_DAYS }); });
  }
}

/** CloudFormation does not delete a stack during an update, which is therefore cancelled first. */
async function removeStack(StackName: string, { cloudFormation }: Clients, time: Time): Promise<void> {
  const deadline = time.now() + STACK_PATIENCE_MS;
  for (let asked = false; ; await time.sleep(LOOK_MS)) {
    const [stack] = await stacksNamed(StackName, cloudFormation);
    const status = stack?.StackStatus;
    if (status === undefined) return;
    if (time.now() > deadline || asked && status === 'DELETE_FAILED') throw new Error(`the stack ${StackName} is ${status}`);
    if (status === 'UPDATE_IN_PROGRESS') {
      await cloudFormation.cancelUpdateStack({ StackName }).catch(() => {}); // it may just have ended
    } else if (!asked && (status === 'CREATE_IN_PROGRESS' || !status.endsWith('_IN_PROGRESS'))) {
      await cloudFormation.deleteStack({ StackName });
      asked = true;
    }
  }
}

/** A stack with this name, unless it is deleted. */
async function stacksNamed(StackName: string, cloudFormation: Clients['cloudFormation']): Promise<Stack[]> {
  try {
    return (await cloudFormation.describeStacks({ StackName })).Stacks ?? [];
  } catch (error) {
    if (/does not exist/.test((error as Error).message)) return [];
    throw error;
  }
}

async function removeImport({ jobName, modelName }: { jobName: string; modelName: string }, { bedrock }: Clients, time: Time): Promise<void> {
  const deadline = time.now() + IMPORT_PATIENCE_MS;
  const isRunning = async () => {
    const { modelImportJobSummaries: jobs = [] } = await bedrock.listModelImportJobs({ nameContains: jobName, statusEquals: 'InProgress' });
    return jobs.length > 0;
  };
  const isDeleted = async () => bedrock.deleteImportedModel({ modelIdentifier: modelName }).then(() => true, (error: Error) => {
    if (error.name !== 'ConflictException') throw error;
    return false;
  });
  while (await isRunning()) {
    if (time.now() > deadline) throw new Error(`the import job ${jobName} is still running, and cannot be stopped`);
    await time.sleep(LOOK_MS);
  }
  await unlessGone(async () => {
    while (!await isDeleted()) {
      if (time.now() > deadline) throw new Error(`the model ${modelName} cannot be deleted yet`);
      await time.sleep(LOOK_MS);
    }
  });
}

async function stopBatchJob(jobName: string, { bedrock }: Clients): Promise<void> {
  const { invocationJobSummaries: jobs = [] } = await bedrock.listModelInvocationJobs({ nameContains: jobName });
  for (const { jobArn } of jobs) {
    // A job that has ended needs no stop, and cannot be deleted.
    await bedrock.stopModelInvocationJob({ jobIdentifier: jobArn }).catch((error: Error) => {
      if (error.name !== 'ConflictException' && error.name !== 'ValidationException') throw error;
    });
  }
}

async function removeBucket(Bucket: string, { s3 }: Clients): Promise<void> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket })) {
    for (const { Key } of Contents) await s3.deleteObject({ Bucket, Key });
  }
  await s3.deleteBucket({ Bucket });
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

export function describe(thing: Thing): string {
  switch (thing.kind) {
    case 'import': return `import job ${thing.jobName} and model ${thing.modelName}`;
    case 'batch job': return `batch inference job ${thing.jobName}`;
    case 'key': return `key ${thing.arn}`;
    default: return `${thing.kind} ${thing.name}`;
  }
}

/** The command of the AWS CLI that removes a thing. */
function commandFor(thing: Thing, region: string): string {
  const aws = (command: string) => `aws ${command} --region ${region}`;
  switch (thing.kind) {
    case 'stack': return aws(`cloudformation delete-stack --stack-name ${thing.name}`);
    case 'import': return aws(`bedrock delete-imported-model --model-identifier ${thing.modelName}`);
    case 'batch job': return aws(`bedrock stop-model-invocation-job --job-identifier <ARN of ${thing.jobName}>`);
    case 'bucket': return aws(`s3 rb s3://${thing.name} --force`);
    case 'role': return `aws iam list-role-policies --role-name ${thing.name}; aws iam delete-role --role-name ${thing.name}`;
    case 'alias': return aws(`kms delete-alias --alias-name ${thing.name}`);
    case 'key': return aws(`kms schedule-key-deletion --key-id ${thing.arn} --pending-window-in-days ${KEY_DAYS}`);
  }
}
