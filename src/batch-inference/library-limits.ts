import { complaint, type StringRule } from '../shared/validation/complaint';

/**
 * Limits of batch inference: quotas of Bedrock and Step Functions, and those that this library adds. Construct and function both check them.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/bedrock.html
 */

/** The quota "Minimum number of records per batch inference job". */
export const MIN_JOB_RECORDS = 100;

/** The quota "Records per input file per batch inference job". A part is one file of one job. */
export const MAX_PART_RECORDS = 100_000;

/** The bytes of a part: the quota "Batch inference input file size" (1 GB). A job may have 5 GB, and the file of a distributed map 10 GB. */
export const MAX_PART_BYTES = 1_000_000_000;

/** The bytes of all parts in the state of an execution. The quota of a state is 256 KiB. */
export const MAX_STATE_BYTES = 200_000;

/** The bytes of a finished part in the state of an execution, at most: numbers, names of files, and the message of a failed job. */
export const FINISHED_PART_BYTES = 900;

/** The bytes of the message of a failed job. */
export const MAX_FAILURE_BYTES = 400;

/** The bytes of a record that a state can hold together with its response. Larger records go by reference. The quota of a state is 256 KiB. */
export const MAX_INLINE_BYTES = 100_000;

/** The bytes of a record: the body of InvokeModel has at most 25,000,000. */
export const MAX_RECORD_BYTES = 25_000_000;

/** The bytes of a line that the function reads, which may be a record and its output. */
export const MAX_LINE_BYTES = 100_000_000;

interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly what: string;
  readonly remedy: string;
}

/** The numbers that construct and execution can choose. */
export const NUMBERS = {
  maxConcurrency: { min: 1, max: 1000, what: 'a whole number, 1 to 1000', remedy: 'Start with 2, and raise it while the model is not throttled' },
  maxConcurrentJobs: { min: 1, max: 100, what: 'a whole number, 1 to 100', remedy: 'The quota of submitted and running jobs of a model is 100' },
  retryRounds: { min: 0, max: 3, what: 'a whole number, 0 to 3', remedy: 'A record that fails four times will fail again; 0 turns retries off' },
  timeoutDurationInHours: { min: 24, max: 168, what: 'whole hours, 24 to 168', remedy: 'Bedrock accepts one day to seven days; for less, set deadline' },
  toleratedFailureCount: { min: 0, max: 100_000_000, what: 'a whole number of records', remedy: 'Use 0 to fail with the first record that has no result' },
} satisfies { readonly [name: string]: NumberRule };

/** Checks a number. Returns a message, or undefined if it is valid or undefined. */
export function checkNumber(name: keyof typeof NUMBERS, value: unknown, property: string = name): string | undefined {
  const { min, max, what, remedy } = NUMBERS[name];
  const isValid = value === undefined || typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  return isValid ? undefined : complaint(property, value, what, remedy);
}

/** Checks how many failed records are tolerated. */
export function checkTolerance(count: unknown, percentage: unknown): string | undefined {
  if (count !== undefined && percentage !== undefined) {
    return complaint('toleratedFailurePercentage', percentage, 'used without toleratedFailureCount', 'Set one of the two');
  }
  const isValid = percentage === undefined || typeof percentage === 'number' && percentage >= 0 && percentage <= 100;
  return checkNumber('toleratedFailureCount', count)
    ?? (isValid ? undefined : complaint('toleratedFailurePercentage', percentage, 'a number, 0 to 100', 'Use 100 to succeed whatever the records'));
}

/** The length of the generated rest of a job name: `-<16 characters>-<part>-<round>`. */
const JOB_NAME_REST_LENGTH = 1 + 16 + 1 + 4 + 1 + 1;

const MAX_JOB_NAME_PREFIX_LENGTH = 63 - JOB_NAME_REST_LENGTH;

export const BATCH_JOB_NAME_PREFIX: StringRule = {
  minLength: 1,
  maxLength: MAX_JOB_NAME_PREFIX_LENGTH,
  // Without a hyphen, so that the prefix of one batch cannot begin like the job names of another.
  pattern: /^[a-zA-Z0-9]+$/,
  mustBe: `1 to ${MAX_JOB_NAME_PREFIX_LENGTH} letters and digits`,
  remedy: 'Shorten or change the prefix, or omit it to have one generated; the rest of a job name is always generated',
};

/** A prefix of state names, which have at most 80 characters: the longest one of ours has 28. */
export const STATE_PREFIX: StringRule = {
  minLength: 0,
  maxLength: 50,
  pattern: /^[^\0-\x1f\x7f]*$/,
  mustBe: 'at most 50 characters, without control characters',
  remedy: 'Set a shorter statePrefix; by default it is the id of the fragment',
};

export const INPUT_KEY: StringRule = {
  minLength: 0,
  maxLength: 512,
  pattern: /^(?!\/)(?!.*\/\/)[^\0-\x1f\x7f*?]*$/,
  mustBe: 'at most 512 characters, without "/" at the beginning, "//", "*", "?" and control characters',
  remedy: 'Choose another prefix, like batch/input/',
};

/** The keys of jobs are below the output location, and Bedrock accepts fewer characters in their URIs than Amazon S3 in keys. */
export const OUTPUT_PREFIX: StringRule = {
  minLength: 0,
  maxLength: 512,
  pattern: /^(?!\/)(?!.*\/\/)[-!_'().a-z0-9A-Z/]*$/,
  mustBe: 'at most 512 letters, digits and the characters - ! _ \' ( ) . /, without "/" at the beginning and "//"',
  remedy: 'Choose another prefix, like batch/output/',
};

/** Whether InvokeModel takes the model. A custom model is invoked through its deployment, which has another ARN. */
export function canBeInvoked(modelId: string): boolean {
  return !modelId.includes(':custom-model/');
}

/** Checks that InvokeModel takes a model. */
export function checkInvokedModel(modelId: string): string | undefined {
  return canBeInvoked(modelId) ? undefined : complaint('model', modelId, 'a model that InvokeModel takes, and not a custom model',
    'Pass the deployment of the custom model, or set engine to BatchEngine.MODEL_INVOCATION_JOB');
}

/** The models that a job cannot use, by the type in their ARN. */
const ONLY_INVOKE = /:(imported-model|provisioned-model|custom-model-deployment)\//;

/** Checks that Bedrock accepts a model in a batch inference job. */
export function checkJobModel(modelId: string): string | undefined {
  const [, type] = ONLY_INVOKE.exec(modelId) ?? [];
  return type && complaint('model', modelId, `a model that Bedrock accepts in batch inference jobs, and not of the type ${type}`,
    'Set engine to BatchEngine.DISTRIBUTED_MAP, which invokes the model for each record');
}
