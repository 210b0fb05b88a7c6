import type {
  CreateModelImportJobRequest,
  GetImportedModelResponse,
  GetModelImportJobResponse,
  ImportedModelSummary,
  ModelImportJobStatus,
  ModelImportJobSummary,
} from '@aws-sdk/client-bedrock';
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
  readonly kmsKeyArn?: string;
  tags: Tags;
  /** Defined when the job has ended. */
  end?: { readonly time: number; readonly failureMessage?: string; readonly modelArn?: string };
}

export interface Model extends Resource {
  readonly job: Job;
  deleteAttempts: number;
  tags: Tags;
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
    importedModelKmsKeyArn: job.kmsKeyArn,
    roleArn: request.roleArn,
    modelDataSource: request.modelDataSource,
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
    modelDataSource: job.request.modelDataSource,
    modelKmsKeyArn: job.kmsKeyArn,
    customModelUnits: { customModelUnitsPerModelCopy, customModelUnitsVersion: 'v1.0' },
    jobName: job.name,
    jobArn: job.arn,
  };
}
