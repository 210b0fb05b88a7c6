import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import type { AuthorizationRequest } from './engine';
import type { Operation } from '../bedrock-server/constraints';

/**
 * What a call asks of IAM, as AWS documents it; nothing here is read off the policies of this library.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html
 */

/** A request, without who asks and without the account of the resource where that is the caller's own. */
export interface Ask {
  readonly action: string;
  readonly resource: string;
  readonly context?: AuthorizationRequest['context'];
  /** @default - the account of the principal */
  readonly account?: string;
}

/** Where a call is made. */
export interface Where {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** The ids of new jobs and models are random. */
const NEW_ID = 'abcdefghijkl';

type Tags = readonly { readonly key?: string; readonly value?: string }[];

function tagContext(tags: Tags = []): AuthorizationRequest['context'] {
  if (tags.length === 0) return {};
  return {
    'aws:TagKeys': tags.map(({ key = '' }) => key),
    ...Object.fromEntries(tags.map(({ key = '', value = '' }) => [`aws:RequestTag/${key}`, value])),
  };
}

function arnOf({ partition, region, account }: Where, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

/** An operation of Bedrock, by whoever calls it. */
export function asksOfCaller(operation: Operation, input: Readonly<Record<string, unknown>>, where: Where): Ask[] {
  const resource = String(input.resourceARN ?? input.modelIdentifier ?? input.jobIdentifier);
  switch (operation) {
    case 'ListModelImportJobs':
    case 'ListImportedModels':
      return [{ action: `bedrock:${operation}`, resource: '*' }];
    case 'GetModelImportJob':
      return [{ action: 'bedrock:GetModelImportJob', resource: inFull(resource, 'model-import-job', where) }];
    case 'GetImportedModel':
    case 'DeleteImportedModel':
      return [{ action: `bedrock:${operation}`, resource: inFull(resource, 'imported-model', where) }];
    case 'TagResource':
      return [{ action: 'bedrock:TagResource', resource, context: tagContext(input.tags as Tags) }];
    case 'UntagResource':
      return [{ action: 'bedrock:UntagResource', resource, context: { 'aws:TagKeys': input.tagKeys as string[] } }];
    case 'ListTagsForResource':
      return [{ action: 'bedrock:ListTagsForResource', resource }];
    case 'CreateModelImportJob':
      return asksOfStart(input as unknown as CreateModelImportJobRequest, where);
  }
}

/** Get and Delete take a name as well; IAM sees an ARN. */
function inFull(identifier: string, type: string, where: Where): string {
  return identifier.startsWith('arn:') ? identifier : arnOf(where, 'bedrock', `${type}/${NEW_ID}`);
}

/** CreateModelImportJob, without what it does with the model's key. */
function asksOfStart({ roleArn, jobTags, importedModelTags }: CreateModelImportJobRequest, where: Where): Ask[] {
  const tagged = (type: string, tags: Tags = []): Ask[] =>
    tags.length === 0 ? [] : [{ action: 'bedrock:TagResource', resource: arnOf(where, 'bedrock', `${type}/${NEW_ID}`), context: tagContext(tags) }];
  return [
    { action: 'bedrock:CreateModelImportJob', resource: '*', context: tagContext([...jobTags ?? [], ...importedModelTags ?? []]) },
    { action: 'iam:PassRole', resource: String(roleArn), context: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
    ...tagged('model-import-job', jobTags),
    ...tagged('imported-model', importedModelTags),
  ];
}

/** Of a customer managed key, by the caller of CreateModelImportJob: as the event of the grant in CloudTrail shows it. */
export function asksOfModelKey(keyArn: string): Ask[] {
  return [
    { action: 'kms:DescribeKey', resource: keyArn },
    { action: 'kms:GenerateDataKey', resource: keyArn },
    { action: 'kms:Decrypt', resource: keyArn },
    {
      action: 'kms:CreateGrant',
      resource: keyArn,
      context: { 'kms:GrantIsForAWSResource': 'true', 'kms:GrantOperations': ['Decrypt', 'CreateGrant', 'GenerateDataKey', 'DescribeKey'] },
    },
  ];
}

/** Of the key of encrypted weights: "the same role also needs kms:Decrypt on that key", which is the caller. */
export const asksOfWeightsKey = (keyArn: string): Ask[] => [{ action: 'kms:Decrypt', resource: keyArn }];

/** Bedrock assumes the service role for a job. */
export function asksOfAssumption(roleArn: string, where: Where): Ask {
  return {
    action: 'sts:AssumeRole',
    resource: roleArn,
    context: { 'aws:SourceAccount': where.account, 'aws:SourceArn': arnOf(where, 'bedrock', `model-import-job/${NEW_ID}`) },
  };
}

/** Bedrock lists and reads the weights with the service role. */
export function asksOfReading(bucket: string, account: string, prefix: string, objects: readonly string[], { partition }: Where): Ask[] {
  const arn = `arn:${partition}:s3:::${bucket}`;
  const owner = { 'aws:ResourceAccount': account };
  return [
    ...[...new Set([prefix, prefix.replace(/\/$/, '')])]
      .map((asked): Ask => ({ action: 's3:ListBucket', resource: arn, account, context: { ...owner, 's3:prefix': asked } })),
    ...objects.map((name): Ask => ({ action: 's3:GetObject', resource: `${arn}/${name}`, account, context: owner })),
  ];
}

/** ... and decrypts them. */
export function asksOfDecryption(keyArn: string): Ask[] {
  const account = keyArn.split(':')[4];
  return ['kms:Decrypt', 'kms:DescribeKey'].map(action => ({ action, resource: keyArn, account }));
}

/**
 * Bedrock makes network interfaces in the user's subnets with the service role, tags them and removes them.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/vpc-custom-model-import.html
 */
export function asksOfNetwork(subnetIds: readonly string[], securityGroupIds: readonly string[], where: Where): Ask[] {
  const job = arnOf(where, 'bedrock', `model-import-job/${NEW_ID}`);
  const networkInterface = arnOf(where, 'ec2', 'network-interface/eni-0123456789abcdef0');
  const subnets = subnetIds.map(id => arnOf(where, 'ec2', `subnet/${id}`));
  const tags = tagContext([{ key: 'BedrockManaged', value: 'true' }, { key: 'BedrockModelImportJobArn', value: job }]);
  const tagged = { 'ec2:ResourceTag/BedrockManaged': 'true', 'ec2:ResourceTag/BedrockModelImportJobArn': job };
  return [
    ...['DescribeNetworkInterfaces', 'DescribeVpcs', 'DescribeDhcpOptions', 'DescribeSubnets', 'DescribeSecurityGroups']
      .map((name): Ask => ({ action: `ec2:${name}`, resource: '*' })),
    { action: 'ec2:CreateNetworkInterface', resource: networkInterface, context: tags },
    // The tags of a request belong to what is made; subnet and security group have them not.
    ...[...subnets, ...securityGroupIds.map(id => arnOf(where, 'ec2', `security-group/${id}`))]
      .map((resource): Ask => ({ action: 'ec2:CreateNetworkInterface', resource })),
    { action: 'ec2:CreateTags', resource: networkInterface, context: { ...tags, 'ec2:CreateAction': 'CreateNetworkInterface' } },
    ...subnets.flatMap(subnet => ['CreateNetworkInterfacePermission', 'DeleteNetworkInterface']
      .map((name): Ask => ({ action: `ec2:${name}`, resource: networkInterface, context: { 'ec2:Subnet': subnet, ...tagged } }))),
    { action: 'ec2:DeleteNetworkInterfacePermission', resource: networkInterface, context: { 'ec2:Subnet': subnets[0], ...tagged } },
  ];
}

/** Whoever invokes the model. */
export function asksOfInvocation(modelArn: string, keyArn?: string): Ask[] {
  return [
    { action: 'bedrock:InvokeModel', resource: modelArn },
    { action: 'bedrock:InvokeModelWithResponseStream', resource: modelArn },
    ...keyArn === undefined ? [] : [{ action: 'kms:Decrypt', resource: keyArn }],
  ];
}

/** Whoever reads what Bedrock tells of the model. */
export function asksOfModelReader(modelArn: string): Ask[] {
  return ['bedrock:GetImportedModel', 'bedrock:ListTagsForResource'].map(action => ({ action, resource: modelArn }));
}

/** What a function writes to its log group. */
export function asksOfLogging(logGroup: string, where: Where): Ask[] {
  const resource = arnOf(where, 'logs', `log-group:${logGroup}:log-stream:2026/11/25/[$LATEST]abcdef`);
  return ['logs:CreateLogStream', 'logs:PutLogEvents'].map(action => ({ action, resource }));
}

/** What the provider framework of CDK does with the handler: it invokes it, and waits for it when it has been idle for long. */
export function asksOfFramework(handlerArn: string): Ask[] {
  return ['lambda:InvokeFunction', 'lambda:GetFunction'].map(action => ({ action, resource: handlerArn }));
}
