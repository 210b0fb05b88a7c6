import { Fn } from 'aws-cdk-lib';

/**
 * What only the deployment knows, up to the first character that IAM reads as a wildcard or a variable: whoever decides the value must
 * not decide how much a policy allows. No bucket, prefix or id that Bedrock takes has `?` or `$`; a prefix with `*` is cut, and the
 * import then fails for want of permission.
 */
export function withoutWildcards(value: string): string {
  return ['*', '?', '$'].reduce((text, special) => Fn.select(0, Fn.split(special, text)), value);
}
