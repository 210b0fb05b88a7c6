/**
 * The rules of the Bedrock API that both programs check: the construct at synth where a value is known, the handler for
 * the values that only the deployment knows. One rule, one message, wherever the mistake is found.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelImportJob.html
 */

/** What a string must look like, and what to do when it does not. */
export interface StringRule {
  readonly minLength: number;
  readonly maxLength: number;
  readonly pattern: RegExp;
  /** The rule in words; completes "must be ...". */
  readonly mustBe: string;
  readonly remedy: string;
}

/** How long an import may take, in minutes. */
export const IMPORT_TIMEOUT_MINUTES = { min: 1, max: 12 * 60, default: 2 * 60 };

/** How long one custom resource may wait for it, in minutes: CloudFormation ends a custom resource after an hour. */
export const WAIT_WINDOW_MINUTES = { min: 1, max: 55 };

/** How many subnets and security groups an import job takes. */
export const MAX_SUBNETS = 16;
export const MAX_SECURITY_GROUPS = 5;

/** How many tags a job or a model can have. */
export const MAX_TAGS = 50;

export const S3_URI: StringRule = {
  minLength: 1,
  maxLength: 1024,
  pattern: /^s3:\/\/[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:\/[-!_*'().a-z0-9A-Z]+(?:\/[-!_*'().a-z0-9A-Z]+)*)?\/?$/,
  mustBe: 'an S3 URI of at most 1024 characters, like s3://bucket/path/, with a lower-case scheme and no empty path '
    + 'segment, whose path has only letters, digits and the characters - ! _ * \' ( ) .',
  remedy: 'Copy the model to a prefix that Bedrock accepts: no space, "=", "+", "@", no "/" at its beginning and no "//"',
};

export const IMPORTED_MODEL_NAME: StringRule = {
  minLength: 1,
  maxLength: 63,
  pattern: /^([0-9a-zA-Z][_-]?)+$/,
  mustBe: '1 to 63 letters and digits, with single "-" or "_" between them',
  remedy: 'Choose another name, or omit it to have one generated',
};

/** The part of a job name that is generated, see `names.ts` of the handler: hashes of 16, 8 and 8 characters, each after a hyphen. */
export const JOB_NAME_SUFFIX_LENGTH = 35;

/** How long the readable part of a generated name can be; a job name is the longest. */
export const MODEL_NAME_BASE_LENGTH = 63 - JOB_NAME_SUFFIX_LENGTH;

export const JOB_NAME_PREFIX: StringRule = {
  minLength: 1,
  maxLength: MODEL_NAME_BASE_LENGTH,
  // The documented pattern of job names backtracks exponentially on runs of hyphens; this one accepts the same names.
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9+.-]*$/,
  mustBe: `1 to ${MODEL_NAME_BASE_LENGTH} letters, digits, "+", "-" or ".", and start with a letter or digit`,
  remedy: 'Shorten or change the prefix, or omit it to have one generated; the rest of the job name is always generated',
};

export const TAG_KEY: StringRule = {
  minLength: 1,
  maxLength: 128,
  pattern: /^(?!aws:)[a-zA-Z0-9\s._:/=+@-]*$/i,
  mustBe: '1 to 128 letters, digits, spaces or the characters . _ : / = + @ -, and not start with "aws:"',
  remedy: 'Rename the tag, or exclude this model from it with excludeResourceTypes: ["Custom::BedrockImportedModel"]',
};

export const TAG_VALUE: StringRule = {
  minLength: 0,
  maxLength: 256,
  pattern: /^[a-zA-Z0-9\s._:/=+@-]*$/,
  mustBe: 'at most 256 letters, digits, spaces or the characters . _ : / = + @ -',
  remedy: 'Change the value, or exclude this model from the tag with excludeResourceTypes: ["Custom::BedrockImportedModel"]',
};

export const ACCOUNT_ID: StringRule = {
  minLength: 12,
  maxLength: 12,
  pattern: /^[0-9]{12}$/,
  mustBe: 'an account id of 12 digits',
  remedy: 'Copy it from the account that owns the bucket',
};

export const ROLE_ARN: StringRule = {
  minLength: 1,
  maxLength: 2048,
  pattern: /^arn:aws(-[^:]+)?:iam::([0-9]{12})?:role\/.+$/,
  mustBe: 'the ARN of an IAM role, like arn:aws:iam::111122223333:role/name',
  remedy: 'Pass the role itself, or omit it to have a service role made',
};

/** The physical id of the `import` link, with which generated names begin: `<base>-<owner>`. */
export const NAME_PREFIX: StringRule = {
  minLength: 18,
  maxLength: MODEL_NAME_BASE_LENGTH + 17,
  pattern: /^([0-9a-zA-Z][_-]?)+-[a-z2-7]{16}$/,
  mustBe: 'the Ref of the first custom resource of the model',
  remedy: 'Deploy the template as it was synthesized',
};

export const SOURCE_VERSION: StringRule = {
  minLength: 1,
  maxLength: 256,
  pattern: /^[^\0]*$/,
  mustBe: 'a text of 1 to 256 characters',
  remedy: 'Take a number, a Git commit or a digest',
};

export const KMS_KEY_ID: StringRule = {
  minLength: 1,
  maxLength: 2048,
  pattern: /^(arn:aws(-[^:]+)?:kms:[a-zA-Z0-9-]*:[0-9]{12}:((key\/[a-zA-Z0-9-]{36})|(alias\/[a-zA-Z0-9-_/]+))|([a-zA-Z0-9-]{36})|(alias\/[a-zA-Z0-9-_/]+))$/,
  mustBe: 'a KMS key ARN, key id, alias ARN or alias',
  remedy: 'Pass a symmetric key of the same Region, or use ModelEncryption.awsOwnedKey()',
};

export const VPC_ID: StringRule = {
  minLength: 1,
  maxLength: 32,
  pattern: /^[-0-9a-zA-Z]+$/,
  mustBe: 'an id of at most 32 letters, digits and hyphens, like subnet-0bb1c79de3EXAMPLE',
  remedy: 'Pass the subnets and security groups of an existing VPC',
};

/** One form for every complaint: the property, the value, the rule, the remedy. */
export function complaint(property: string, value: unknown, mustBe: string, remedy: string): string {
  return `${property}: ${abbreviate(JSON.stringify(value) ?? String(value))} must be ${mustBe}. ${remedy}.`;
}

/** Checks a string against a rule; returns what is wrong, or undefined. */
export function checkString(property: string, value: string, rule: StringRule): string | undefined {
  const fits = value.length >= rule.minLength && value.length <= rule.maxLength && rule.pattern.test(value);
  return fits ? undefined : complaint(property, value, rule.mustBe, rule.remedy);
}

/** Checks the number of items; returns what is wrong, or undefined. */
export function checkCount(property: string, count: number, min: number, max: number, remedy: string): string | undefined {
  return count >= min && count <= max ? undefined : complaint(property, count, `${min} to ${max} in number`, remedy);
}

/** Checks a set of tags, key by key; returns everything that is wrong. */
export function checkTags(property: string, tags: { readonly [key: string]: string }): string[] {
  return [
    checkCount(property, Object.keys(tags).length, 0, MAX_TAGS, 'Remove tags, or exclude this model from some'),
    ...Object.entries(tags).flatMap(([key, value]) => [
      checkString(`${property} key`, key, TAG_KEY),
      checkString(`${property}[${JSON.stringify(abbreviate(key))}]`, value, TAG_VALUE),
    ]),
  ].filter(problem => problem !== undefined);
}

/** Checks how long to wait for an import; returns what is wrong, or undefined. */
export function checkImportTimeout(property: string, minutes: number): string | undefined {
  return checkMinutes(property, minutes, IMPORT_TIMEOUT_MINUTES, 'Most imports take less than an hour; an import that takes more than 12 is not supported');
}

/** Checks how long one custom resource waits; returns what is wrong, or undefined. */
export function checkWaitWindow(property: string, minutes: number): string | undefined {
  return checkMinutes(property, minutes, WAIT_WINDOW_MINUTES, 'CloudFormation ends a custom resource after one hour; choose a time inside that');
}

function checkMinutes(property: string, minutes: number, { min, max }: { min: number; max: number }, remedy: string): string | undefined {
  return Number.isInteger(minutes) && minutes >= min && minutes <= max
    ? undefined
    : complaint(property, minutes, `a whole number of minutes, ${min} to ${max}`, remedy);
}

function abbreviate(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 120)}... (${text.length} characters)`;
}
