import { randomUUID } from 'node:crypto';
import type {
  CreateModelInvocationJobCommandInput, GetFoundationModelCommandOutput, GetModelInvocationJobCommandOutput,
} from '@aws-sdk/client-bedrock';
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { JOB_STATUSES } from '../../../../src/batch-inference/job-statuses';
import type { World } from '../../world';
import { type Outcome, outcomeOf } from '../bedrock/imports';
import { createRole, type Statement } from '../bedrock/roles';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** How long a new role may be refused, until the probe gives up. Longer than the library waits. */
const ROLE_PATIENCE_MS = 30 * MINUTE;
const ROLE_LOOK_MS = 10 * SECOND;

/** The folder of the bucket that the service role can read and write. */
const FOLDER = 'batch/';

/** In a record that no model accepts: the local AWS recognizes it. */
export const REFUSED_TEXT = 'acceptance: no list of messages';

export type BatchRequest = CreateModelInvocationJobCommandInput;

/** A bucket of this run, and a service role for jobs on it. */
export interface Workplace {
  readonly bucket: string;
  readonly roleArn: string;
}

/** Why there can be no batch inference jobs of the model in this Region: everything would be lost after hours. Undefined if it is not known. */
export async function whyNoBatch({ aws: { bedrock }, batchModel, region }: World): Promise<string | undefined> {
  return judgeBatchModel(batchModel, region, await outcomeOf(bedrock.getFoundationModel({ modelIdentifier: batchModel })));
}

/** Bedrock has no list of the models for batch inference. Those that are only served through inference profiles are not for jobs without one. */
export function judgeBatchModel(
  model: string, region: string, { error, result, text }: Outcome<Pick<GetFoundationModelCommandOutput, 'modelDetails'>>,
): string | undefined {
  const advice = 'choose one with --batch-model that supports batch inference there without an inference profile';
  if (error) return ANSWERS_OF_MODEL.includes(error.name) ? `${region} has no foundation model ${model} (${text}): ${advice}` : undefined;
  const types = result?.modelDetails?.inferenceTypesSupported;
  if (types === undefined || types.includes('ON_DEMAND')) return undefined;
  return `the foundation model ${model} is not served on demand in ${region} (inferenceTypesSupported: ${types.join(', ') || 'none'}): ${advice}`;
}

const ANSWERS_OF_MODEL = ['ResourceNotFoundException', 'ValidationException'];

/** Creates a bucket, and a new service role with the permissions that the library grants. */
export async function createWorkplace(world: World, purpose: string, more: readonly Statement[] = []): Promise<Workplace> {
  const bucket = await createBucket(world, purpose);
  const roleArn = await createRole(world, purpose, trustOfBatchJobs(world), [...readsAndWrites(world, bucket), ...more]);
  return { bucket, roleArn };
}

export function bucketNameOf({ run }: World, purpose: string): string {
  return `acceptance-${run}-${purpose}`;
}

export async function createBucket(world: World, purpose: string): Promise<string> {
  const Bucket = bucketNameOf(world, purpose);
  world.made.add({ kind: 'bucket', name: Bucket });
  // The API has no name for the location us-east-1.
  const place = world.region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: world.region as 'us-west-2' } };
  await world.aws.s3.createBucket({ Bucket, ...place });
  return Bucket;
}

/** The trust policy of a service role, as the library makes it. */
function trustOfBatchJobs({ account, partition, region }: World): Statement {
  return {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service: 'bedrock.amazonaws.com' },
    Condition: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnEquals: { 'aws:SourceArn': `arn:${partition}:bedrock:${region}:${account}:model-invocation-job/*` },
    },
  };
}

/** The permissions of a service role of the library: it reads and writes one folder. No InvokeModel, because the model is no inference profile. */
function readsAndWrites({ account, partition }: World, bucket: string): Statement[] {
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
  const StringEquals = { 'aws:ResourceAccount': account };
  const StringLike = { 's3:prefix': [FOLDER.slice(0, -1), `${FOLDER}*`] };
  return [
    { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: `${bucketArn}/${FOLDER}*`, Condition: { StringEquals } },
    { Effect: 'Allow', Action: 's3:ListBucket', Resource: bucketArn, Condition: { StringEquals, StringLike } },
  ];
}

/** A body of InvokeModel that costs a few tokens. */
export function smallInput({ batchModel }: Pick<World, 'batchModel'>): object {
  const text = 'Say yes.';
  const says = (content: unknown) => ({ messages: [{ role: 'user', content }] });
  if (batchModel.includes('amazon.nova')) return { ...says([{ text }]), inferenceConfig: { maxTokens: 1 } };
  if (batchModel.includes('anthropic.')) return { ...says(text), anthropic_version: 'bedrock-2023-05-31', max_tokens: 1 };
  if (batchModel.includes('meta.')) return { prompt: text, max_gen_len: 1 };
  throw new Error(`The body of InvokeModel for ${batchModel} is not known here: choose a model of amazon.nova, anthropic or meta`);
}

/** The lines of records. */
export function lines(world: Pick<World, 'batchModel'>, count: number, member: (index: number) => object): string {
  return Array.from({ length: count }, (_, index) => `${JSON.stringify({ ...member(index), modelInput: smallInput(world) })}\n`).join('');
}

/** Uploads the input of a job. Returns the URIs of its folders. */
export async function upload(
  world: World, bucket: string, job: string, files: { readonly [name: string]: string },
): Promise<{ readonly input: string; readonly output: string }> {
  for (const [name, Body] of Object.entries(files)) await world.aws.s3.putObject({ Bucket: bucket, Key: `${FOLDER}${job}/in/${name}`, Body });
  return { input: `s3://${bucket}/${FOLDER}${job}/in/`, output: `s3://${bucket}/${FOLDER}${job}/out/` };
}

/** A request with only the members that are required, and a name and a token of its own. The job is stopped at the end of the run. */
export function batchRequest(
  world: World, roleArn: string, { input, output }: { readonly input: string; readonly output: string }, more: Partial<BatchRequest> = {},
): BatchRequest & { jobName: string } {
  const request = {
    jobName: `acceptance-${world.run}-${randomUUID().slice(0, 8)}`,
    roleArn,
    modelId: world.batchModel,
    inputDataConfig: { s3InputDataConfig: { s3Uri: input } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: output } },
    clientRequestToken: randomUUID(),
    ...more,
  };
  world.made.add({ kind: 'batch job', jobName: request.jobName });
  return request;
}

/** What became of the first requests with a new role. */
export interface Patience {
  readonly jobArn: string;
  /** How long the role was refused. Not for a quota, or throttled. */
  readonly waitedMs: number;
  /** The errors until then. */
  readonly refusals: readonly Error[];
}

/** Creates a job with a new role: repeats the request until Bedrock knows the role. Other errors are thrown. */
export async function createWithNewRole(world: World, request: BatchRequest): Promise<Patience> {
  const began = world.time.now();
  const refusals: Error[] = [];
  let waitedMs = 0;
  for (;;) {
    const asked = world.time.now();
    try {
      const { jobArn } = await world.aws.bedrock.createModelInvocationJob(request);
      return { jobArn: jobArn!, waitedMs, refusals };
    } catch (error) {
      if (!mayPass(error as Error) || world.time.now() - began > ROLE_PATIENCE_MS) throw error;
      await world.time.sleep(ROLE_LOOK_MS);
      if (!isAboutRole(error as Error)) continue;
      refusals.push(error as Error);
      waitedMs += world.time.now() - asked;
    }
  }
}

function mayPass(error: Error): boolean {
  return isAboutRole(error) || BUSY.includes(error.name);
}

const BUSY = ['ThrottlingException', 'ServiceQuotaExceededException', 'InternalServerException'];

/** Whether Bedrock refuses the service role. */
function isAboutRole(error: Error): boolean {
  return /role|assume|S3|access/i.test(error.message) && !isOfCaller(error) && !BUSY.includes(error.name);
}

/** IAM refuses the caller. */
function isOfCaller({ message }: Error): boolean {
  return /is not authorized to perform/.test(message);
}

/** The errors that are about the request. */
const ANSWERS = ['ValidationException', 'ConflictException', 'ResourceNotFoundException', 'AccessDeniedException'];

/** Throttling, a quota, a lost connection, expired credentials, or a permission that the caller lacks: nothing is learned about the request. */
export function saysNothing(error: Error | undefined): boolean {
  return error !== undefined && (!ANSWERS.includes(error.name) || isOfCaller(error));
}

/** Reads a job. A new one may be missing for a minute. */
export async function readJob({ aws: { bedrock }, time }: World, jobIdentifier: string): Promise<GetModelInvocationJobCommandOutput> {
  const deadline = time.now() + MINUTE;
  for (;;) {
    try {
      return await bedrock.getModelInvocationJob({ jobIdentifier });
    } catch (error) {
      if ((error as Error).name !== 'ResourceNotFoundException' || time.now() > deadline) throw error;
      await time.sleep(5 * SECOND);
    }
  }
}

/** A known status of a job that has ended. */
export function hasEnded(status: string | undefined): boolean {
  return status !== undefined && JOB_STATUSES[status] !== undefined && JOB_STATUSES[status] !== 'wait';
}

/** The objects below a URI. */
export async function outputOf(world: World, uri: string): Promise<Map<string, string>> {
  const [, , Bucket, ...path] = uri.split('/');
  const Prefix = path.join('/');
  const objects = new Map<string, string>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client: world.aws.s3 }, { Bucket, Prefix })) {
    for (const { Key = '' } of Contents) {
      const { Body } = await world.aws.s3.getObject({ Bucket, Key });
      objects.set(Key.slice(Prefix.length), await Body!.transformToString());
    }
  }
  return objects;
}
