import { Fn } from 'aws-cdk-lib';

/**
 * The value of a token, truncated at the first character that IAM reads as a wildcard or a variable: the author of the value must not decide how
 * much a policy allows. No bucket, prefix or id that Bedrock accepts contains `?` or `$`. A prefix with `*` is truncated, and its import fails
 * with a missing permission.
 */
export function withoutWildcards(value: string): string {
  return ['*', '?', '$'].reduce((text, special) => Fn.select(0, Fn.split(special, text)), value);
}
