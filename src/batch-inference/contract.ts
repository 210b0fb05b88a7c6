/**
 * The contract between the state machine and the function that reads and writes records. The state machine passes these values from state to state.
 *
 * An execution keeps the definition that it was started with, and can run for days while a deployment changes the function: add optional members,
 * never change or remove one.
 */

/** The engines: a batch inference job of Bedrock, or InvokeModel for each record in a distributed map. */
export type Engine = 'job' | 'map';

/** A folder or an object in Amazon S3. */
export interface Place {
  readonly bucket: string;
  /** A folder ends with a slash; the empty string is the whole bucket. */
  readonly key: string;
  /** The account that must own the bucket. */
  readonly bucketOwner?: string;
}

/** The properties of the construct. */
export interface Settings {
  readonly modelId: string;
  readonly engine: Engine;
  /** Whether records can go to InvokeModel that a job cannot process. */
  readonly onDemand: boolean;
  readonly jobNamePrefix: string;
  readonly input: Place;
  readonly output: Place;
  readonly outputKeyId?: string;
  readonly maxConcurrency: number;
  readonly maxConcurrentJobs: number;
  readonly retryRounds: number;
  readonly toleratedFailureCount?: number;
  readonly toleratedFailurePercentage?: number;
  readonly timeoutDurationInHours: number;
  readonly deadlineMinutes?: number;
}

/** What an execution can choose: members of its input. */
export interface ExecutionOptions {
  /** An S3 URI within the input location. */
  readonly input?: string;
  /** An S3 URI within the output location. */
  readonly output?: string;
  readonly maxConcurrency?: number;
  readonly retryRounds?: number;
  readonly toleratedFailureCount?: number;
  readonly toleratedFailurePercentage?: number;
  readonly timeoutDurationInHours?: number;
}

/** What is the same for all parts of an execution. */
export interface Run extends Omit<Settings, 'maxConcurrentJobs' | 'deadlineMinutes'> {
  /** What tells this run from all others: also from those of the same execution, and from those of an earlier execution of the same name. */
  readonly id: string;
  readonly executionArn: string;
  readonly startTime: string;
  /** The folder of the results and of the manifest. */
  readonly results: string;
  /** The folder of the parts, and of what the engines write: within the output location of the construct, where the engines have permissions. */
  readonly work: string;
  readonly maxConcurrentParts: number;
  /** When jobs are stopped. Far in the future without a deadline, because a Choice state cannot compare with nothing. */
  readonly deadline: string;
  readonly totalRecordCount: number;
}

/** Some of the records, which the engines process together: at first up to the quota of a job, then those without a result. */
export interface Part {
  readonly number: number;
  /** The first round is 0. */
  readonly round: number;
  /** `none`: the part is finished. */
  readonly engine: Engine | 'none';
  readonly recordCount: number;
  /** The records of this round. */
  readonly inputKey: string;
  /** The folder where the engine writes, without a slash at its end, which a map run adds. */
  readonly outputPrefix: string;
  readonly outputUri: string;
  /** The name of the job, and its client request token. */
  readonly jobName: string;

  // --- So far ---
  readonly successRecordCount: number;
  readonly errorRecordCount: number;
  readonly inputTokenCount: number;
  readonly outputTokenCount: number;
  /** The names of the files with results, in the folder of the results. */
  readonly files: string[];
  /** The number of jobs, and of map runs. */
  readonly jobs: number;
  readonly mapRuns: number;
  /** Why the execution fails, if a job has failed; otherwise empty. */
  readonly failure: string;
}

/** A part that is finished: what the manifest needs of it. */
export type FinishedPart = Pick<Part,
  'successRecordCount' | 'errorRecordCount' | 'inputTokenCount' | 'outputTokenCount' | 'files' | 'jobs' | 'mapRuns' | 'failure'>;

export interface PrepareRequest {
  readonly action: 'prepare';
  readonly executionArn: string;
  readonly executionName: string;
  readonly startTime: string;
  readonly options: unknown;
  readonly settings: Settings;
}

export interface PrepareResponse {
  readonly run: Run;
  readonly parts: Part[];
}

/** The response to input that an execution cannot process. No error of the function: it has done what it should. */
export interface InvalidInputResponse {
  readonly error: typeof INVALID_INPUT;
  readonly cause: string;
}

/** The response of GetModelInvocationJob, as Step Functions writes its members. */
export interface JobState {
  readonly Status: string;
  readonly Message?: string;
}

/** How an engine has ended. `stopped`: the state machine has asked Bedrock to stop the job. */
export type Ending =
  /** Without an ARN, it was too late to start the job. */
  | { readonly engine: 'job'; readonly jobArn: string; readonly state: JobState; readonly stopped: boolean }
  | { readonly engine: 'map'; readonly manifestKey: string };

export interface CollectRequest {
  readonly action: 'collect';
  readonly run: Run;
  readonly part: Part;
  readonly ending: Ending;
  /** When the state was entered, which can be compared with the deadline. */
  readonly time: string;
}

export interface CollectResponse {
  readonly run: Run;
  /** The next round of the part. */
  readonly part: Part;
}

export interface FinishRequest {
  readonly action: 'finish';
  readonly run: Run;
  readonly parts: FinishedPart[];
}

/** The result of an execution. The manifest has the same counts, with the names of Bedrock's own manifest. */
export interface FinishResponse {
  readonly succeeded: boolean;
  readonly error: string;
  readonly cause: string;
  readonly result: {
    readonly manifestUri: string;
    readonly resultsUri: string;
    readonly totalRecordCount: number;
    readonly processedRecordCount: number;
    readonly successRecordCount: number;
    readonly errorRecordCount: number;
  };
}

export type RecordsRequest = PrepareRequest | CollectRequest | FinishRequest;

/** The name of the error for input that an execution cannot process. */
export const INVALID_INPUT = 'BatchInference.InvalidInput';

/** The name of the error for a job that ended without serving all of its input. */
export const JOB_FAILED = 'BatchInference.JobFailed';

/** The name of the error for more failed records than tolerated. */
export const RECORDS_FAILED = 'BatchInference.RecordsFailed';

/** The metrics of the records, which the function writes and the construct reads. */
export const METRICS = {
  namespace: 'CdkBedrockModelImport',
  dimension: 'BatchInference',
  succeeded: 'SucceededRecords',
  failed: 'FailedRecords',
} as const;
