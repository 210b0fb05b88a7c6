import { abbreviate, checkCount, checkString, type StringRule } from './complaint';

/**
 * Constraints of the Bedrock API, as its reference documents them.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelImportJob.html
 */

/** The number of subnets of a job. */
export const SUBNETS = { min: 1, max: 16 };

/** The number of security groups of a job. */
export const SECURITY_GROUPS = { min: 1, max: 5 };

/** The number of tags of a job or a model. */
export const TAGS = { min: 0, max: 50 };

/** The length of a job name. */
export const MAX_JOB_NAME_LENGTH = 63;

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

export const TAG_KEY: StringRule = {
  minLength: 1,
  maxLength: 128,
  pattern: /^(?!aws:)[a-zA-Z0-9\s._:/=+@-]*$/i,
  mustBe: '1 to 128 letters, digits, spaces or the characters . _ : / = + @ -, and not start with "aws:"',
  remedy: 'Rename the tag',
};

export const TAG_VALUE: StringRule = {
  minLength: 0,
  maxLength: 256,
  pattern: /^[a-zA-Z0-9\s._:/=+@-]*$/,
  mustBe: 'at most 256 letters, digits, spaces or the characters . _ : / = + @ -',
  remedy: 'Change the value',
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
  remedy: 'Pass the role itself, or omit it to have a service role created',
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

/** What has tags, and the resource type by which `Tags.of()` excludes it. */
export interface Tagged {
  readonly what: string;
  readonly resourceType: string;
}

const MODEL: Tagged = { what: 'this model', resourceType: 'Custom::BedrockImportedModel' };

/** Checks a set of tags, key by key. Returns every message. */
export function checkTags(property: string, tags: { readonly [key: string]: string }, { what, resourceType }: Tagged = MODEL): string[] {
  const orExclude = (rule: StringRule, from: string): StringRule =>
    ({ ...rule, remedy: `${rule.remedy}, or exclude ${what} from ${from} with excludeResourceTypes: ["${resourceType}"]` });
  return [
    checkCount(property, Object.keys(tags).length, 'tags', TAGS, `Remove tags, or exclude ${what} from some of them`),
    ...Object.entries(tags).flatMap(([key, value]) => [
      checkString(`${property} key`, key, orExclude(TAG_KEY, 'it')),
      checkString(`${property}[${JSON.stringify(abbreviate(key))}]`, value, orExclude(TAG_VALUE, 'the tag')),
    ]),
  ].filter(problem => problem !== undefined);
}
