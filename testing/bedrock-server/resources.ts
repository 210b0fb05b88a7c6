import type {
  CreateModelImportJobRequest,
  GetImportedModelResponse,
  GetModelImportJobResponse,
  ImportedModelSummary,
  ModelImportJobStatus,
  ModelImportJobSummary,
} from '@aws-sdk/client-bedrock';
import type { Behaviour } from './behaviour';
import { kmsKeyArn, type Place } from './identifiers';
import type { Resource } from './registry';
import type { Tags } from './tags';

/** The outcome of an import. */
export interface ImportPlan {
  /** The duration of the job. `Infinity`: until the test ends it. @default 16 minutes */
  readonly durationMs: number;
  /** The reason of a failed import. @default - the import succeeds */
  readonly failureMessage?: string;
  /** @default 'llama' */
  readonly modelArchitecture: string;
  /** @default true */
  readonly instructSupported: boolean;
  /** @default 2 */
  readonly customModelUnitsPerModelCopy: number;
}

export const DEFAULT_PLAN: ImportPlan = {
  durationMs: 16 * 60_000, // the sample of the API reference: 19:20:14 to 19:36:33
  modelArchitecture: 'llama',
  instructSupported: true,
  customModelUnitsPerModelCopy: 2,
};

/** A valid request: required members are defined. (The pair is the unknown member of a union in the SDK.) */
export type Valid<T> =
  T extends Date | [string, unknown] ? T :
    T extends (infer Item)[] ? Valid<Item>[] :
      T extends object ? { [Key in keyof T]: object extends Pick<T, Key> ? Valid<T[Key]> : Valid<NonNullable<T[Key]>> } :
        T;

export type ImportRequest = Valid<CreateModelImportJobRequest>;

export interface Job extends Resource {
  readonly request: ImportRequest;
  readonly plan: ImportPlan;
  /** What the responses say about the request. */
  readonly shown: Shown;
  tags: Tags;
  /** Defined when the job has ended. */
  end?: { readonly time: number; readonly failureMessage?: string; readonly modelArn?: string };
}

/** The members of a request that the responses repeat. */
export interface Shown {
  readonly source?: ImportRequest['modelDataSource'];
  readonly kmsKey?: string;
  readonly roleArn?: string;
}

export interface Model extends Resource {
  readonly job: Job;
  deleteAttempts: number;
  /** When its deletion ends, if it takes a time. */
  deletedTime?: number;
  tags: Tags;
}

/** What the responses say about a request. */
export function shown(request: ImportRequest, place: Place, behaviour: Behaviour): Shown {
  const { importedModelKmsKeyId: key, modelDataSource: source, roleArn } = request;
  return {
    source: { 'as given': source, 'as a URL': asUrl(source), 'never': undefined }[behaviour.sourceIsReturned],
    kmsKey: key && { 'as its ARN': kmsKeyArn(key, place), 'as given': key, 'never': undefined }[behaviour.keyIsReturned],
    roleArn: behaviour.roleIsReturned ? roleArn : undefined,
  };
}

function asUrl({ s3DataSource }: ImportRequest['modelDataSource']): ImportRequest['modelDataSource'] {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(s3DataSource?.s3Uri ?? '') ?? [];
  return { s3DataSource: { s3Uri: `https://${bucket}.s3.amazonaws.com/${prefix}` } };
}

/** When the job ends, unless the operator ends it before. */
export function dueTime({ creationTime, plan }: Job): number {
  return creationTime + plan.durationMs;
}

export function statusOf({ end }: Job): ModelImportJobStatus {
  if (!end) return 'InProgress';
  return end.failureMessage === undefined ? 'Completed' : 'Failed';
}

export function summarizeJob(job: Job): ModelImportJobSummary {
  const { arn, name, request, creationTime, end } = job;
  return {
    jobArn: arn,
    jobName: name,
    status: statusOf(job),
    creationTime: new Date(creationTime),
    lastModifiedTime: new Date(end?.time ?? creationTime),
    endTime: end && new Date(end.time),
    importedModelArn: end?.modelArn,
    importedModelName: request.importedModelName,
  };
}

/** Not spread from the summary, which takes ten times as long. Most calls of the simulation use this. */
export function describeJob(job: Job): GetModelImportJobResponse {
  const { arn, name, request, creationTime, end } = job;
  return {
    jobArn: arn,
    jobName: name,
    status: statusOf(job),
    failureMessage: end?.failureMessage,
    creationTime: new Date(creationTime),
    lastModifiedTime: new Date(end?.time ?? creationTime),
    endTime: end && new Date(end.time),
    importedModelArn: end?.modelArn,
    importedModelName: request.importedModelName,
    importedModelKmsKeyArn: job.shown.kmsKey,
    roleArn: job.shown.roleArn,
    modelDataSource: job.shown.source,
    vpcConfig: request.vpcConfig,
  };
}

export function summarizeModel({ arn, name, creationTime, job }: Model): ImportedModelSummary {
  return {
    modelArn: arn,
    modelName: name,
    creationTime: new Date(creationTime),
    instructSupported: job.plan.instructSupported,
    modelArchitecture: job.plan.modelArchitecture,
  };
}

export function describeModel({ arn, name, creationTime, job }: Model): GetImportedModelResponse {
  const { modelArchitecture, instructSupported, customModelUnitsPerModelCopy } = job.plan;
  return {
    modelArn: arn,
    modelName: name,
    creationTime: new Date(creationTime),
    instructSupported,
    modelArchitecture,
    modelDataSource: job.shown.source,
    modelKmsKeyArn: job.shown.kmsKey,
    customModelUnits: { customModelUnitsPerModelCopy, customModelUnitsVersion: 'v1.0' },
    jobName: job.name,
    jobArn: job.arn,
  };
}
