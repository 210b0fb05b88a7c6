import { Duration, Stack, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { bucketIn, foundationModel, importedModel, inferenceProfile, locations, newBatch, NOVA, PROFILE_ARN } from './batches';
import { type BatchInference, BatchLocation, ImportedModel, ModelEncryption, ModelInvocationType } from '../../src';
import { objectionsTo, permissionsIn } from '../../testing/support/iam';
import { newStack, weights } from '../../testing/support/stacks';
import { inTemplate, logicalIdOf, resourceFor, resourcesOf, type Statement, statementsIn, statementsOf } from '../../testing/support/template';

interface Fixture {
  readonly stack: Stack;
  readonly batch: BatchInference;
  /** ARNs in the template. */
  readonly bucket: string;
  readonly key: string;
}

/** A batch of a foundation model with everything that needs permissions. */
function fullBatch(): Fixture {
  const stack = newStack();
  const key = new kms.Key(stack, 'Key');
  const data = new s3.Bucket(stack, 'Data', { encryptionKey: key });
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0, subnetConfiguration: [{ name: 'jobs', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
  const batch = newBatch({ ...locations(data), model: foundationModel(stack), vpc, jobTags: { team: 'research' } }, stack);
  Tags.of(batch).add('stage', 'prod');
  return { stack, batch, bucket: `\${${logicalIdOf(data)}.Arn}`, key: `\${${logicalIdOf(key)}.Arn}` };
}

/** A batch of an imported model with the fewest permissions. */
function plainBatch(): Fixture {
  const stack = newStack();
  const batch = newBatch({ model: importedModel(stack) }, stack);
  return { stack, batch, bucket: 'arn:${AWS::Partition}:s3:::amzn-s3-demo-bucket', key: '' };
}

const allow = (actions: string[], resources: string[], conditions?: unknown): Statement => ({ effect: 'Allow', actions, resources, ...conditions ? { conditions } : {} });
const here = (service: string, resource: string) => `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`;
const below = (...prefixes: string[]) => ({ StringLike: { 's3:prefix': prefixes } });
const NOVA_ARN = `arn:\${AWS::Partition}:bedrock:\${AWS::Region}::foundation-model/${NOVA}`;
const EVERY_JOB = here('bedrock', 'model-invocation-job/*');
const OWN_BUCKET = { StringEquals: { 'aws:ResourceAccount': '${AWS::AccountId}' } };
const WITH_KEY = ['kms:Decrypt', 'kms:GenerateDataKey'];

const logGroupOf = ({ stack }: Fixture) => `\${${resourcesOf(stack, 'AWS::Logs::LogGroup')[0].id}.Arn}`;
const functionOf = ({ batch }: Fixture) => `\${${logicalIdOf(batch.handler)}.Arn}`;
const machineOf = ({ batch }: Fixture) => `\${${logicalIdOf(batch.stateMachine)}}`;

describe('the function', () => {
  // The permissions of PutObject, and of a multipart upload that fails.
  const onOutput = ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'];

  test('reads the input, and reads and writes the output', () => {
    const fixture = plainBatch();
    const { batch, bucket } = fixture;

    expect(statementsOf(batch.handler.role!)).toEqual([
      allow(['s3:GetObject'], [`${bucket}/in/*`]),
      allow(['s3:ListBucket'], [bucket], below('in', 'in/*')),
      allow(onOutput, [`${bucket}/out/*`]),
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroupOf(fixture)]),
    ]);
    expect(resourceFor(batch.handler.role!).Properties).not.toHaveProperty('ManagedPolicyArns');
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html: an upload in parts is decrypted when it is completed.
  test('decrypts and encrypts with the keys, and has network interfaces in a VPC', () => {
    const fixture = fullBatch();
    const { batch, bucket, key } = fixture;

    expect(statementsOf(batch.handler.role!)).toEqual([
      allow(['s3:GetObject'], [`${bucket}/in/*`]),
      allow(['s3:ListBucket'], [bucket], below('in', 'in/*')),
      allow(['kms:Decrypt'], [key]),
      allow(onOutput, [`${bucket}/out/*`]),
      allow(WITH_KEY, [key]),
      // Bedrock names the files of a job.
      allow(['s3:ListBucket'], [bucket], below('out', 'out/*')),
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroupOf(fixture)]),
    ]);
    expect(resourceFor(batch.handler.role!).Properties.ManagedPolicyArns).toEqual(['arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole']);
  });

  test('is the only one that assumes its role', () => {
    expect(trustOf(plainBatch().batch.handler.role!)).toEqual([{ ...allow(['sts:AssumeRole'], []), principal: { Service: 'lambda.amazonaws.com' } }]);
  });
});

test('a prefix with what is a variable for IAM is a name', () => {
  const stack = newStack();
  const input = BatchLocation.fromBucket(bucketIn(stack), '${aws:username}/in/');
  const statements = statementsOf(newBatch({ input }, stack).handler.role!);

  expect(statements[0].resources).toEqual(['arn:${AWS::Partition}:s3:::amzn-s3-demo-bucket/${$}{aws:username}/in/*']);
  expect(statements[1].conditions).toEqual(below('${$}{aws:username}/in', '${$}{aws:username}/in/*'));
});

describe('the state machine', () => {
  const invokes = (fixture: Fixture) => allow(['lambda:InvokeFunction'], [functionOf(fixture), `${functionOf(fixture)}:*`]);
  // https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html: a result writer needs these four.
  const onWork = ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];
  // https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: CloudWatch Logs has no resource types for the delivery of logs.
  const deliversLogs = allow([
    'logs:CreateLogDelivery', 'logs:GetLogDelivery', 'logs:UpdateLogDelivery', 'logs:DeleteLogDelivery', 'logs:ListLogDeliveries',
    'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies', 'logs:DescribeLogGroups',
  ], ['*']);
  const executionsOf = ({ batch }: Fixture) => here('states', `execution:\${${logicalIdOf(batch.stateMachine)}.Name}`);
  // CDK grants Describe and Stop on what is no execution, and newer ones on executions, with Redrive.
  const ofCdk = (fixture: Fixture) => {
    const executions = here('states', `execution:\${select 6 of "\${split ${machineOf(fixture)} at :}"}`);
    const isNewer = statementsOf(fixture.batch.stateMachine.role).some(({ resources }) => resources.includes(`${executions}:*`));
    return [
      allow(['states:StartExecution'], [machineOf(fixture)]),
      allow(['states:DescribeExecution', 'states:StopExecution'], [`${isNewer ? executions : machineOf(fixture)}:*`]),
      ...isNewer ? [allow(['states:RedriveExecution'], [`${executions}/*:*`])] : [],
    ];
  };
  const ofMapRuns = (fixture: Fixture) => [
    ...ofCdk(fixture),
    // As documented for a distributed map and for redriving it: on executions, and not on the state machine.
    allow(['states:DescribeExecution', 'states:StopExecution'], [`${executionsOf(fixture)}:*`, `${executionsOf(fixture)}/*`]),
    allow(['states:RedriveExecution'], [`${executionsOf(fixture)}/*`]),
  ];

  test('invokes an imported model, and reads and writes the work folder only', () => {
    const fixture = plainBatch();
    const { batch, bucket } = fixture;

    expect(sorted(statementsOf(batch.stateMachine.role))).toEqual(sorted([
      invokes(fixture),
      allow(onWork, [`${bucket}/out/_work/*`]),
      allow(['bedrock:InvokeModel'], [inTemplate(batch, importedModel(newStack()).modelArn) as string]),
      deliversLogs,
      ...ofMapRuns(fixture),
    ]));
  });

  // https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-permissions.html: the model and all jobs, and iam:PassRole to Bedrock.
  test('runs jobs, and invokes the model for what they cannot take', () => {
    const fixture = fullBatch();
    const { batch, bucket, key } = fixture;

    expect(sorted(statementsOf(batch.stateMachine.role))).toEqual(sorted([
      invokes(fixture),
      allow(onWork, [`${bucket}/out/_work/*`]),
      allow(WITH_KEY, [key]),
      allow(['bedrock:InvokeModel'], [NOVA_ARN]),
      allow(['bedrock:CreateModelInvocationJob'], [NOVA_ARN, EVERY_JOB]),
      allow(['bedrock:TagResource'], [EVERY_JOB]),
      allow(['iam:PassRole'], [`\${${logicalIdOf(batch.role!)}.Arn}`], { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } }),
      // It has no resource types.
      allow(['bedrock:ListModelInvocationJobs'], ['*']),
      allow(['bedrock:GetModelInvocationJob'], [EVERY_JOB]),
      deliversLogs,
      ...ofMapRuns(fixture),
    ]));
  });

  test('stops jobs only with a deadline, and invokes no model with bodies of Converse', () => {
    const actions = (batch: BatchInference) => statementsOf(batch.stateMachine.role).flatMap(statement => statement.actions);
    const stopping = newBatch({ deadline: Duration.hours(24) });

    expect(statementsOf(stopping.stateMachine.role)).toContainEqual(allow(['bedrock:StopModelInvocationJob'], [EVERY_JOB]));
    expect(actions(newBatch())).not.toContain('bedrock:StopModelInvocationJob');
    expect(actions(newBatch({ modelInvocationType: ModelInvocationType.CONVERSE })).filter(action => /InvokeModel$|^s3:/.test(action))).toEqual([]);
  });

  // https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
  test('uses an inference profile and the model behind it in every Region', () => {
    const both = [PROFILE_ARN, `arn:aws:bedrock:*::foundation-model/${NOVA}`];
    const statements = statementsOf(newBatch({ model: inferenceProfile() }).stateMachine.role);

    expect(statements).toContainEqual(allow(['bedrock:InvokeModel'], both));
    expect(statements).toContainEqual(allow(['bedrock:CreateModelInvocationJob'], [...both, EVERY_JOB]));
  });

  test('decrypts with the key of an imported model', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });
    const { stateMachine } = newBatch({ model }, stack);

    expect(statementsOf(stateMachine.role)).toContainEqual(allow(['kms:Decrypt'], [inTemplate(stack, model.encryptionKey!.keyArn) as string]));
  });

  test('is the only one that assumes its role', () => {
    expect(trustOf(plainBatch().batch.stateMachine.role)).toEqual([{ ...allow(['sts:AssumeRole'], []), principal: { Service: 'states.amazonaws.com' } }]);
  });
});

describe('the service role of jobs', () => {
  // https://docs.aws.amazon.com/bedrock/latest/userguide/batch-iam-sr.html, limited to the folder in which the function prepares the records.
  test('reads and writes the work folder, and nothing of the input', () => {
    const batch = newBatch();
    const bucket = 'arn:${AWS::Partition}:s3:::amzn-s3-demo-bucket';

    expect(statementsOf(batch.role!)).toEqual([
      allow(['s3:GetObject', 's3:PutObject'], [`${bucket}/out/_work/*`], OWN_BUCKET),
      allow(['s3:ListBucket'], [bucket], { ...OWN_BUCKET, ...below('out/_work', 'out/_work/*') }),
    ]);
  });

  // https://docs.aws.amazon.com/bedrock/latest/userguide/batch-vpc.html, with the request tags on the network interface only: subnets and security
  // groups have no condition key for them, and one statement for all would deny the call.
  test('uses key and network', () => {
    const { stack, batch, bucket, key } = fullBatch();
    const [subnets, groups] = [['AWS::EC2::Subnet', ''], ['AWS::EC2::SecurityGroup', '.GroupId']].map(([type, attribute]) =>
      resourcesOf(stack, type).map(({ id }) => here('ec2', `${attribute ? 'security-group' : 'subnet'}/\${${id}${attribute}}`)));
    const everyInterface = here('ec2', 'network-interface/*');

    expect(subnets).toHaveLength(2);
    expect(statementsOf(batch.role!)).toEqual([
      allow(['s3:GetObject', 's3:PutObject'], [`${bucket}/out/_work/*`], OWN_BUCKET),
      allow(['s3:ListBucket'], [bucket], { ...OWN_BUCKET, ...below('out/_work', 'out/_work/*') }),
      allow(WITH_KEY, [key]),
      allow(['ec2:DescribeNetworkInterfaces', 'ec2:DescribeVpcs', 'ec2:DescribeDhcpOptions', 'ec2:DescribeSubnets', 'ec2:DescribeSecurityGroups'], ['*']),
      allow(['ec2:CreateNetworkInterface'], [everyInterface], {
        StringEquals: { 'aws:RequestTag/BedrockManaged': ['true'] },
        ArnEquals: { 'aws:RequestTag/BedrockModelInvocationJobArn': [EVERY_JOB] },
      }),
      allow(['ec2:CreateNetworkInterface'], [...subnets, ...groups]),
      allow(['ec2:CreateNetworkInterfacePermission', 'ec2:DeleteNetworkInterface', 'ec2:DeleteNetworkInterfacePermission'], ['*'], {
        ArnEquals: { 'ec2:Subnet': subnets, 'ec2:ResourceTag/BedrockModelInvocationJobArn': [EVERY_JOB] },
        StringEquals: { 'ec2:ResourceTag/BedrockManaged': 'true' },
      }),
      allow(['ec2:CreateTags'], [everyInterface], {
        'StringEquals': { 'ec2:CreateAction': ['CreateNetworkInterface'] },
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['BedrockManaged', 'BedrockModelInvocationJobArn'] },
      }),
    ]);
  });

  // The same page: a profile needs the permission to invoke the profile and the models behind it, and a foundation model does not.
  test('invokes an inference profile', () => {
    expect(statementsOf(newBatch({ model: inferenceProfile() }).role!)).toContainEqual(
      allow(['bedrock:InvokeModel'], [PROFILE_ARN, `arn:aws:bedrock:*::foundation-model/${NOVA}`]));
    expect(statementsOf(newBatch().role!).flatMap(({ actions }) => actions)).not.toContain('bedrock:InvokeModel');
  });

  test('is assumed by Bedrock for jobs of this account and Region only', () => {
    expect(trustOf(fullBatch().batch.role!)).toEqual([{
      ...allow(['sts:AssumeRole'], []),
      principal: { Service: 'bedrock.amazonaws.com' },
      conditions: { StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' }, ArnEquals: { 'aws:SourceArn': EVERY_JOB } },
    }]);
  });

  test('has its permissions before an execution can start', () => {
    const { stack, batch } = fullBatch();
    const policies = resourcesOf(stack, 'AWS::IAM::Policy').filter(({ Properties }) => (Properties.Roles as string[]).includes(`\${${logicalIdOf(batch.role!)}}`));

    expect(policies).toHaveLength(1);
    expect(resourceFor(batch.handler).DependsOn).toEqual(expect.arrayContaining([logicalIdOf(batch.role!), policies[0].id]));
    expect(resourceFor(batch.stateMachine).Properties.DefinitionString).toContain(functionOf({ batch } as Fixture));
  });
});

describe.each<[string, () => Fixture]>([['every feature', fullBatch], ['an imported model and no other feature', plainBatch]])('of a batch with %s,', (_, build) => {
  const fixture = build();
  const roles = [fixture.batch.handler.role!, fixture.batch.stateMachine.role, ...fixture.batch.role ? [fixture.batch.role] : []];
  const statements = roles.flatMap(role => statementsOf(role));

  test('no statement is for all resources, except of actions without resource types', () => {
    const onAll = statements.filter(({ resources }) => resources.includes('*'));
    const exceptions = /^bedrock:ListModelInvocationJobs$|^logs:(\w+LogDeliver(y|ies)|PutResourcePolicy|DescribeResourcePolicies|DescribeLogGroups)$|^ec2:Describe/;

    // As documented: limited by conditions on the subnets and on the tag of the job.
    const onInterfaces = ['ec2:CreateNetworkInterfacePermission', 'ec2:DeleteNetworkInterface', 'ec2:DeleteNetworkInterfacePermission'];
    expect(onAll.filter(({ conditions }) => !conditions).flatMap(({ actions }) => actions).filter(action => !exceptions.test(action))).toEqual([]);
    expect(onAll.filter(({ conditions }) => conditions).flatMap(({ actions }) => actions)).toEqual(fixture.key ? onInterfaces : []);
  });

  test('no action and no service is a wildcard', () => {
    expect(statements.flatMap(({ actions }) => actions).filter(action => action.includes('*'))).toEqual([]);
  });

  test('every action exists, with its resource types and condition keys', async () => {
    const types: { readonly [type: string]: string } = {
      'AWS::IAM::Role': 'arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}',
      'AWS::KMS::Key': 'arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}',
      'AWS::S3::Bucket': 'arn:${Partition}:s3:::${BucketName}',
      'AWS::Lambda::Function': 'arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}',
    };
    const arnOf = (id: string) => types[resourcesOf(fixture.stack).find(resource => resource.id === id)?.Type ?? ''] ?? `arn:unknown:${id}`;
    // What CDK grants by itself. The Ref of a state machine is its ARN, and not that of an execution: two actions without an effect. Newer ones split it.
    const ref = new RegExp(`^\\$\\{${logicalIdOf(fixture.batch.stateMachine)}\\}`);
    const isOfCdk = (resource: string) => ref.test(resource) || resource.includes(`\${split \${${logicalIdOf(fixture.batch.stateMachine)}}`);
    const inFull = (resource: string) => resource.replace(ref, here('states', 'stateMachine:*'))
      .replace(/^arn:aws:bedrock:us-east-1:111122223333:/, here('bedrock', ''));
    const permissions = permissionsIn(statements).filter(({ action }) => !action.startsWith('logs:'))
      .filter(({ action, resource }) => action === 'states:StartExecution' || !isOfCdk(resource))
      .map(permission => ({ ...permission, resource: inFull(permission.resource) }));

    // As documented; the reference has neither executions of a map run, execution:<state machine>/<map run>:<id>, nor interfaces without an ARN.
    const onMapRuns = ['states:DescribeExecution', 'states:RedriveExecution', 'states:StopExecution']
      .map(action => `${action} is on ${here('states', `execution:\${${logicalIdOf(fixture.batch.stateMachine)}.Name}/*`)}, which is none of its resource types`);
    const onInterfaces = ['ec2:CreateNetworkInterfacePermission', 'ec2:DeleteNetworkInterface', 'ec2:DeleteNetworkInterfacePermission']
      .map(action => `${action} is on *, which is none of its resource types`);
    expect(await objectionsTo(permissions, arnOf)).toEqual([...fixture.batch.role ? onInterfaces : [], ...onMapRuns]);
  });
});

function trustOf(role: iam.IRole): Statement[] {
  return statementsIn(resourceFor(role).Properties.AssumeRolePolicyDocument);
}

/** In any order, because that of CDK's policies is no part of what they allow. */
function sorted(statements: readonly Statement[]): Statement[] {
  return [...statements].sort((one, other) => JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);
}
