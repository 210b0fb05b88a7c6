import { Arn, Aws, CfnResource, Fn, type IResource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct, IDependable } from 'constructs';
import { withoutWildcards } from './wildcards';

/** The difference between a statement of the role's own policy and one of a resource policy. */
export type Side = Pick<iam.PolicyStatementProps, 'principals' | 'conditions'>;

export function arnFor(resource: string): string {
  return Arn.format({ partition: Aws.PARTITION, service: 's3', region: '', account: '', resource });
}

/** The ARN of one bucket, also if its name is a token. */
export function arnOf({ bucketArn, bucketName, node }: s3.IBucket): string {
  // The name of a bucket that is defined in the app is not free text.
  const isFreeText = Token.isUnresolved(bucketName) && !CfnResource.isCfnResource(node.defaultChild);
  return isFreeText ? arnFor(withoutWildcards(bucketName)) : bucketArn;
}

/** The objects below a path of bucket and prefix. If it is a token, the prefix may be empty, and may or may not end with a slash. */
export function objectsBelow(path: string): string {
  return arnFor(`${withoutWildcards(withoutSlash(path))}/*`);
}

export function admitToBucket(bucket: s3.IBucket, statements: iam.PolicyStatement[]): IDependable[] {
  return statements.map(statement => bucket.addToResourcePolicy(statement)).flatMap(({ policyDependable }) => policyDependable ?? []);
}

export function admitToKey(key: kms.IKey, statements: iam.PolicyStatement[]): IDependable[] {
  // The policy of a key is part of the key, and not a construct of its own.
  return statements.map(statement => key.addToResourcePolicy(statement)).some(({ statementAdded }) => statementAdded) ? [key] : [];
}

/** The account of the role, limited to the role. A role as the principal would have to exist before the policy. */
export function asResourcePolicy(role: iam.IRole): Side {
  return {
    principals: [new iam.AccountPrincipal(role.principalAccount ?? role.env.account)],
    conditions: { ArnEquals: { 'aws:PrincipalArn': role.roleArn } },
  };
}

/** Whether two resources are known to be in different accounts. Within an account, the policy of the role is sufficient. */
export function isOfOtherAccount(one: IResource | Stack, other: IResource): boolean {
  const account = 'account' in one ? one.account : one.env.account;
  return Token.compareStrings(account, other.env.account) === TokenComparison.DIFFERENT;
}

/** The ARN of a key, or of all keys of its account, if it is defined there in this app: its id is unknown here, and its own policy is narrow. */
export function arnFrom(scope: Construct, key: kms.IKey): string {
  const stack = Stack.of(scope);
  if (!isOfOtherAccount(stack, key) || !Token.isUnresolved(key.keyArn)) return key.keyArn;
  return stack.formatArn({ service: 'kms', ...key.env, resource: 'key', resourceName: '*' });
}

export interface Folder {
  /** The objects of the folder. */
  readonly objects: string;
  /** The prefixes of list requests; undefined for the whole bucket. */
  readonly prefixes?: string[];
  /** The prefixes of list requests with a slash at the end, which do not return the names next to the folder; undefined for the whole bucket. */
  readonly prefixesInside?: string[];
}

/** A token without a slash at its end. The separator `|` is in no URI. */
function withoutSlash(path: string): string {
  return Fn.select(0, Fn.split('|', Fn.select(0, Fn.split('/|', `${path}|`))));
}

/** A folder, as IAM resources and prefixes. */
export function folderOf(prefix: string): Folder {
  if (prefix === '') return { objects: '*' };
  // Without a slash and wildcards at its end, a token covers no other folder.
  if (Token.isUnresolved(prefix)) {
    const name = withoutWildcards(withoutSlash(prefix));
    const prefixes = [name, `${name}/*`];
    return { objects: `${name}/*`, prefixes, prefixesInside: prefixes }; // the name may be empty
  }
  // Part of the name for Bedrock; a wildcard and the beginning of a variable for IAM.
  const name = prefix.replace(/\/$/, '').replace(/[*$]/g, '${$&}');
  return { objects: `${name}/*`, prefixes: [name, `${name}/*`], prefixesInside: [`${name}/*`] };
}
