import { IMPORT_TIMEOUT, MINUTE, WAIT_WINDOW } from './patience';
import { MAX_JOB_NAME_LENGTH } from '../../shared/validation/api-constraints';
import { complaint, type StringRule } from '../../shared/validation/complaint';

/**
 * Limits that this library adds to those of the Bedrock API. Construct and handler both check them.
 */

/**
 * The lengths of the hashes in generated names, see `handler/names.ts`. They are part of every deployed stack and can never change
 * (docs/compatibility.md).
 */
export const HASH_LENGTHS = {
  /** 80 bits: one of its inputs is free text, so a second preimage could be searched for. */
  owner: 16,
  /** 40 bits: the source and the key of a model are compared as well. */
  content: 8,
  /** 40 bits. */
  request: 8,
};

/** The part of a job name that is generated: the hashes, each after a hyphen. */
const JOB_NAME_SUFFIX_LENGTH = Object.values(HASH_LENGTHS).reduce((sum, length) => sum + 1 + length, 0);

/** The length of the readable part of a generated name. A job name is the longest of them. */
export const MODEL_NAME_BASE_LENGTH = MAX_JOB_NAME_LENGTH - JOB_NAME_SUFFIX_LENGTH;

export const JOB_NAME_PREFIX: StringRule = {
  minLength: 1,
  maxLength: MODEL_NAME_BASE_LENGTH,
  // The documented pattern of job names backtracks exponentially on runs of hyphens; this one accepts the same names.
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9+.-]*$/,
  mustBe: `1 to ${MODEL_NAME_BASE_LENGTH} letters, digits, "+", "-" or ".", and start with a letter or digit`,
  remedy: 'Shorten or change the prefix, or omit it to have one generated; the rest of the job name is always generated',
};

/** The physical id of the `import` link, which is the prefix of generated names: `<base>-<owner>`. */
export const NAME_PREFIX: StringRule = {
  minLength: 2 + HASH_LENGTHS.owner,
  maxLength: MODEL_NAME_BASE_LENGTH + 1 + HASH_LENGTHS.owner,
  pattern: new RegExp(`^([0-9a-zA-Z][_-]?)+-[a-z2-7]{${HASH_LENGTHS.owner}}$`),
  mustBe: 'the Ref of the first custom resource of the model',
  remedy: 'Deploy the template as it was synthesized',
};

export const SOURCE_VERSION: StringRule = {
  minLength: 1,
  maxLength: 256,
  pattern: /^[^\0]*$/,
  mustBe: 'a string of 1 to 256 characters',
  remedy: 'Use a number, a Git commit or a digest',
};

/** The size of the body with which a model is verified: it is part of the template, and of every event. */
const MAX_BODY_BYTES = 4096;

/** Checks the body with which a model is verified. Returns a message, or undefined if it is valid. */
export function checkBody(property: string, body: string): string | undefined {
  return isJsonObject(body) && Buffer.byteLength(body) <= MAX_BODY_BYTES
    ? undefined
    : complaint(property, body, `a JSON object of at most ${MAX_BODY_BYTES} bytes`, 'Use a short prompt, in the format of InvokeModel');
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

export const KEEP_AND_DELETE = complaint('keepPrevious', true,
  'false with ReplacementStrategy.DELETE_FIRST, which deletes the model that keepPrevious keeps', 'Choose one of the two');

/** Checks how long an import may take. Returns a message, or undefined if the time is valid. */
export function checkImportTimeout(property: string, minutes: number): string | undefined {
  return checkMinutes(property, minutes, IMPORT_TIMEOUT, 'Most imports take less than an hour; an import of more than 12 hours is not supported');
}

/** Checks how long one custom resource waits. Returns a message, or undefined if the time is valid. */
export function checkWaitWindow(property: string, minutes: number): string | undefined {
  return checkMinutes(property, minutes, WAIT_WINDOW, 'CloudFormation ends a custom resource after one hour; choose a shorter time');
}

function checkMinutes(property: string, minutes: number, { min, max }: { min: number; max: number }, remedy: string): string | undefined {
  return Number.isInteger(minutes) && minutes * MINUTE >= min && minutes * MINUTE <= max
    ? undefined
    : complaint(property, minutes, `a whole number of minutes, ${min / MINUTE} to ${max / MINUTE}`, remedy);
}
