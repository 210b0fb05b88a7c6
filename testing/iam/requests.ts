import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import type { AuthorizationRequest } from './engine';
import type { Operation } from '../bedrock-server/constraints';

/**
 * The authorization requests of each call as documented by AWS, independent of the policies of this library.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html
 */

/** An authorization request without principal, and without the resource account if it is that of the principal. */
export interface Ask {
  readonly action: string;
  readonly resource: string;
  readonly context?: AuthorizationRequest['context'];
  /** @default - the account of the principal */
  readonly account?: string;
}

/** The location of a call. */
export interface Where {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** The types of jobs, and the tag on network interfaces with the ARN of their job. */
const JOB_TAGS = { 'model-import-job': 'BedrockModelImportJobArn', 'model-invocation-job': 'BedrockModelInvocationJobArn' };

export type JobType = keyof typeof JOB_TAGS;

/** The name of that tag. */
export const jobTag = (type: JobType): string => JOB_TAGS[type];

/** The ID of new jobs and models, which is random in Bedrock. */
export const NEW_ID = 'abcdefghijkl';

export type Tags = readonly { readonly key?: string; readonly value?: string }[];

export function tagContext(tags: Tags = []): AuthorizationRequest['context'] {
  if (tags.length === 0) return {};
  return {
    'aws:TagKeys': tags.map(({ key = '' }) => key),
    ...Object.fromEntries(tags.map(({ key = '', value = '' }) => [`aws:RequestTag/${key}`, value])),
  };
}

export function arnOf({ partition, region, account }: Where, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

/** A Bedrock operation, by its caller. */
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

/** Get and Delete also accept a name, but IAM evaluates the ARN. */
function inFull(identifier: string, type: string, where: Where): string {
  return identifier.startsWith('arn:') ? identifier : arnOf(where, 'bedrock', `${type}/${NEW_ID}`);
}

/** CreateModelImportJob, except for the key of the model. */
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

/** The use of a customer managed key by the caller of CreateModelImportJob, as in the CloudTrail event of the grant. */
export function asksOfModelKey(keyArn: string, grantIsForResource = true): Ask[] {
  return [
    { action: 'kms:DescribeKey', resource: keyArn },
    { action: 'kms:GenerateDataKey', resource: keyArn },
    { action: 'kms:Decrypt', resource: keyArn },
    {
      action: 'kms:CreateGrant',
      resource: keyArn,
      context: { 'kms:GrantIsForAWSResource': String(grantIsForResource), 'kms:GrantOperations': ['Decrypt', 'CreateGrant', 'GenerateDataKey', 'DescribeKey'] },
    },
  ];
}

/** The use of the key of encrypted weights by the caller: "the same role also needs kms:Decrypt on that key". */
export const asksOfWeightsKey = (keyArn: string): Ask[] => [{ action: 'kms:Decrypt', resource: keyArn }];

/** Bedrock assumes the service role for a job. */
export function asksOfAssumption(roleArn: string, where: Where, type: JobType = 'model-import-job'): Ask {
  return {
    action: 'sts:AssumeRole',
    resource: roleArn,
    context: { 'aws:SourceAccount': where.account, 'aws:SourceArn': arnOf(where, 'bedrock', `${type}/${NEW_ID}`) },
  };
}

/** The `s3:prefix` with which Bedrock lists a folder. By default in both ways, because that is not documented. */
export type ListedPrefix = 'with and without slash' | 'with slash' | 'without slash' | 'none';

function prefixesOf(folder: string, listed: ListedPrefix): (string | undefined)[] {
  const withoutSlash = folder.replace(/\/$/, '');
  switch (listed) {
    case 'with slash': return [folder];
    case 'without slash': return [withoutSlash];
    case 'none': return [undefined];
    case 'with and without slash': return [...new Set([folder, withoutSlash])];
  }
}

/** Bedrock lists and reads the weights with the service role. */
export function asksOfReading(
  bucket: string, account: string, prefix: string, objects: readonly string[], { partition }: Where, listed: ListedPrefix = 'with and without slash',
): Ask[] {
  const arn = `arn:${partition}:s3:::${bucket}`;
  const owner = { 'aws:ResourceAccount': account };
  return [
    ...prefixesOf(prefix, listed).map((asked): Ask =>
      ({ action: 's3:ListBucket', resource: arn, account, context: { ...owner, ...asked !== undefined && { 's3:prefix': asked } } })),
    ...objects.map((name): Ask => ({ action: 's3:GetObject', resource: `${arn}/${name}`, account, context: owner })),
  ];
}

/** Bedrock decrypts the weights with the service role. */
export function asksOfDecryption(keyArn: string): Ask[] {
  const account = keyArn.split(':')[4];
  return ['kms:Decrypt', 'kms:DescribeKey'].map(action => ({ action, resource: keyArn, account }));
}

/**
 * Bedrock creates, tags and deletes network interfaces in the subnets of the user with the service role.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/vpc-custom-model-import.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/batch-vpc.html
 */
export function asksOfNetwork(subnetIds: readonly string[], securityGroupIds: readonly string[], where: Where, type: JobType = 'model-import-job'): Ask[] {
  const job = arnOf(where, 'bedrock', `${type}/${NEW_ID}`);
  const networkInterface = arnOf(where, 'ec2', 'network-interface/eni-0123456789abcdef0');
  const subnets = subnetIds.map(id => arnOf(where, 'ec2', `subnet/${id}`));
  const tags = tagContext([{ key: 'BedrockManaged', value: 'true' }, { key: JOB_TAGS[type], value: job }]);
  const tagged = { 'ec2:ResourceTag/BedrockManaged': 'true', [`ec2:ResourceTag/${JOB_TAGS[type]}`]: job };
  return [
    ...['DescribeNetworkInterfaces', 'DescribeVpcs', 'DescribeDhcpOptions', 'DescribeSubnets', 'DescribeSecurityGroups']
      .map((name): Ask => ({ action: `ec2:${name}`, resource: '*' })),
    { action: 'ec2:CreateNetworkInterface', resource: networkInterface, context: tags },
    // Request tags apply only to the new interface, not to subnet and security group.
    ...[...subnets, ...securityGroupIds.map(id => arnOf(where, 'ec2', `security-group/${id}`))]
      .map((resource): Ask => ({ action: 'ec2:CreateNetworkInterface', resource })),
    { action: 'ec2:CreateTags', resource: networkInterface, context: { ...tags, 'ec2:CreateAction': 'CreateNetworkInterface' } },
    ...subnets.flatMap(subnet => ['CreateNetworkInterfacePermission', 'DeleteNetworkInterface']
      .map((name): Ask => ({ action: `ec2:${name}`, resource: networkInterface, context: { 'ec2:Subnet': subnet, ...tagged } }))),
    { action: 'ec2:DeleteNetworkInterfacePermission', resource: networkInterface, context: { 'ec2:Subnet': subnets[0], ...tagged } },
  ];
}

/** The verification of a new model: an invocation without streaming. */
export function asksOfVerification(modelArn: string, keyArn?: string): Ask[] {
  return [
    { action: 'bedrock:InvokeModel', resource: modelArn },
    ...keyArn === undefined ? [] : [{ action: 'kms:Decrypt', resource: keyArn }],
  ];
}

/** The invocation of the model by a consumer. */
export function asksOfInvocation(modelArn: string, keyArn?: string): Ask[] {
  return [...asksOfVerification(modelArn, keyArn), { action: 'bedrock:InvokeModelWithResponseStream', resource: modelArn }];
}

/** Read access to the model. */
export function asksOfModelReader(modelArn: string): Ask[] {
  return ['bedrock:GetImportedModel', 'bedrock:ListTagsForResource'].map(action => ({ action, resource: modelArn }));
}

/** The log output of a function. */
export function asksOfLogging(logGroup: string, where: Where): Ask[] {
  const resource = arnOf(where, 'logs', `log-group:${logGroup}:log-stream:2026/11/25/[$LATEST]abcdef`);
  return ['logs:CreateLogStream', 'logs:PutLogEvents'].map(action => ({ action, resource }));
}

/** The calls of the CDK provider framework: it invokes the handler, and waits for it if the function is inactive. */
export function asksOfFramework(handlerArn: string): Ask[] {
  return ['lambda:InvokeFunction', 'lambda:GetFunction'].map(action => ({ action, resource: handlerArn }));
}
