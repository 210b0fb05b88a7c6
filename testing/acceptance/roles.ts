import type { World } from './world';

/** A statement of an IAM policy. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: object;
  readonly Condition?: object;
}

const document = (statements: readonly Statement[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });

/** Creates a role of this run. Returns its ARN. */
export async function createRole(world: World, purpose: string, trust: Statement, statements: readonly Statement[]): Promise<string> {
  const RoleName = `acceptance-${world.run}-${purpose}`;
  world.made.add({ kind: 'role', name: RoleName });
  const { Role } = await world.aws.iam.createRole({ RoleName, AssumeRolePolicyDocument: document([trust]) });
  if (statements.length > 0) await world.aws.iam.putRolePolicy({ RoleName, PolicyName: 'acceptance', PolicyDocument: document(statements) });
  return Role!.Arn!;
}

/** The trust policy of a service role, as the library makes it. */
export function trustOfBedrock({ account, partition, region }: World): Statement {
  return {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service: 'bedrock.amazonaws.com' },
    Condition: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:bedrock:${region}:${account}:model-import-job/*` },
    },
  };
}

/** The permissions to read the weights, as the library grants them. */
export function readsWeights({ account, partition, weights: { bucket, prefix } }: World): Statement[] {
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
  const StringEquals = { 'aws:ResourceAccount': account };
  return [
    { Effect: 'Allow', Action: 's3:GetObject', Resource: `${bucketArn}/${prefix}*`, Condition: { StringEquals } },
    { Effect: 'Allow', Action: 's3:ListBucket', Resource: bucketArn, Condition: { StringEquals, StringLike: { 's3:prefix': [prefix.slice(0, -1), `${prefix}*`] } } },
  ];
}
