import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Duration, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ImportedModel, ModelEncryption, ModelImportProvider, ModelSource } from '../../../src';
import { ACCOUNT, ENV, KEY_ARN, newApp, newStack, OTHER_ACCOUNT, ROLE_ARN, weights } from '../../../testing/support/stacks';
import {
  inTemplate, logicalIdOf, madeBefore, modelOf, resourceFor, resourceOf, resourcesOf, statementsIn, statementsOf, type TemplateResource,
} from '../../../testing/support/template';

const FUNCTION = 'AWS::Lambda::Function';
const EVERY_JOB = 'arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:model-import-job/*';
const EVERY_MODEL = 'arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:imported-model/*';

const functionsOf = (stack: Stack) => resourcesOf(stack, FUNCTION);
const newVpc = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-00000001', availabilityZones: ['a', 'b'], privateSubnetIds: ['subnet-00000001', 'subnet-00000002'], isolatedSubnetIds: ['subnet-00000003', 'subnet-00000004'],
});
const newRole = (stack: Stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });

describe('what must never change', () => {
  /*
   * The service token of a deployed custom resource cannot change: CloudFormation refuses the update ("Modifying service
   * token is not allowed"), and nobody could ever update or delete the models again. If this test fails, do not adapt
   * it: give the function its old construct path back.
   */
  test('is the logical id of the function behind the service token', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights() });

    expect(modelOf(stack).Properties.ServiceToken).toBe('${BedrockModelImportProviderframeworkonEventD167B4A8.Arn}');
    expect(functionsOf(stack).map(({ id }) => id)).toContain('BedrockModelImportProviderframeworkonEventD167B4A8');
  });

  test('is the path of that function below a provider that the user made', () => {
    const stack = newStack();
    const provider = new ModelImportProvider(stack, 'Mine');

    expect(inTemplate(stack, provider.serviceToken)).toBe('${MineProviderframeworkonEvent581279B3.Arn}');
  });

  test('is the name of that function, which is generated: a fixed one could not be replaced', () => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider');

    functionsOf(stack).forEach(({ Properties }) => expect(Properties).not.toHaveProperty('FunctionName'));
  });
});

describe('getOrCreate', () => {
  test('returns one provider for all constructs of a stack', () => {
    const stack = newStack();
    const deep = new Construct(new Construct(stack, 'A'), 'B');

    expect(ModelImportProvider.getOrCreate(deep)).toBe(ModelImportProvider.getOrCreate(stack));
  });

  test('returns another provider for another stack', () => {
    const app = newApp();
    const [one, two] = ['One', 'Two'].map(id => ModelImportProvider.getOrCreate(new Stack(app, id)));

    expect(one).not.toBe(two);
  });

  test('does not take a provider that the user made for the one to share', () => {
    const stack = newStack();
    const mine = new ModelImportProvider(stack, 'Provider');

    expect(ModelImportProvider.getOrCreate(stack)).not.toBe(mine);
  });
});

describe('the handler', () => {
  const stack = newStack();
  const provider = new ModelImportProvider(stack, 'Provider');
  const handler = () => resourceFor(provider.handler);

  test('is the bundle that comes with the library', () => {
    const { Code, Handler } = handler().Properties;
    const assembly = Stage.of(stack)!.synth().directory;
    const { files } = JSON.parse(readFileSync(join(assembly, `${stack.artifactId}.assets.json`), 'utf8'));
    const { source } = files[(Code as { S3Key: string }).S3Key.replace('.zip', '')];

    expect(resolve(assembly, source.path)).toBe(resolve('assets/imported-model/provider/model-import.lambda'));
    expect(Handler).toBe('index.handler');
  });

  test('runs on the same Node.js as the framework of the CDK', () => {
    const runtimes = functionsOf(stack).map(({ Properties }) => JSON.stringify(Properties.Runtime));

    expect(runtimes).toHaveLength(4);
    expect(new Set(runtimes).size).toBe(1);
  });

  test('answers both onEvent and isComplete', () => {
    const targets = functionsOf(stack)
      .map(({ Properties }) => (Properties.Environment as { Variables: { [name: string]: string } } | undefined)?.Variables)
      .filter(variables => variables !== undefined && !('SERVED_STACKS' in variables));

    expect(targets).toHaveLength(3);
    targets.forEach(variables => expect(variables).toMatchObject({
      USER_ON_EVENT_FUNCTION_ARN: `\${${handler().id}.Arn}`,
      USER_IS_COMPLETE_FUNCTION_ARN: `\${${handler().id}.Arn}`,
    }));
  });
});

describe('the role of the handler', () => {
  const writeLogs = (provider: ModelImportProvider) => ({
    effect: 'Allow', actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [inTemplate(provider, provider.logGroup.logGroupArn)],
  });

  test('can be assumed by Lambda only', () => {
    const { role } = new ModelImportProvider(newStack(), 'Provider');

    expect(statementsIn(resourceFor(role).Properties.AssumeRolePolicyDocument)).toEqual([
      { effect: 'Allow', actions: ['sts:AssumeRole'], resources: [], principal: { Service: 'lambda.amazonaws.com' } },
    ]);
  });

  test('may call Bedrock as the handler does, and nothing else', () => {
    const provider = new ModelImportProvider(newStack(), 'Provider');

    expect(statementsOf(provider.role)).toEqual([
      { effect: 'Allow', actions: ['bedrock:CreateModelImportJob', 'bedrock:ListModelImportJobs', 'bedrock:ListImportedModels'], resources: ['*'] },
      { effect: 'Allow', actions: ['bedrock:GetModelImportJob'], resources: [EVERY_JOB] },
      { effect: 'Allow', actions: ['bedrock:GetImportedModel', 'bedrock:DeleteImportedModel'], resources: [EVERY_MODEL] },
      { effect: 'Allow', actions: ['bedrock:ListTagsForResource', 'bedrock:TagResource', 'bedrock:UntagResource'], resources: [EVERY_JOB, EVERY_MODEL] },
      writeLogs(provider),
    ]);
  });

  test('may pass on the service roles of its models, to Bedrock only', () => {
    const stack = newStack();
    const models = ['Llama', 'Mistral'].map(id => new ImportedModel(stack, id, { source: weights() }));

    expect(statementsOf(models[0].provider.role).filter(({ actions }) => actions.includes('iam:PassRole'))).toEqual([{
      effect: 'Allow',
      actions: ['iam:PassRole'],
      resources: models.map(({ role }) => inTemplate(stack, role.roleArn)),
      conditions: { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
    }]);
  });

  test('may use the key of a model', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });

    expect(statementsOf(model.provider.role)).toContainEqual({
      effect: 'Allow',
      actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
      resources: [inTemplate(stack, model.encryptionKey!.keyArn)],
    });
  });

  test('may decrypt with the key of the weights, as the caller of CreateModelImportJob must', () => {
    const stack = newStack();
    const source = ModelSource.fromS3Uri('s3://weights/llama/', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) });
    const { provider } = new ImportedModel(stack, 'Llama', { source });

    expect(statementsOf(provider.role)).toContainEqual({ effect: 'Allow', actions: ['kms:Decrypt'], resources: [KEY_ARN] });
  });

  test('may not read the weights: only Bedrock does', () => {
    const { provider } = new ImportedModel(newStack(), 'Llama', { source: weights() });

    expect(statementsOf(provider.role).flatMap(({ actions }) => actions)).toEqual(expect.not.arrayContaining([expect.stringMatching(/^s3:/)]));
  });
});

describe('a role that the user brings', () => {
  test('is that of the handler, and no other is made for it', () => {
    const stack = newStack();
    const role = newRole(stack);
    const provider = new ModelImportProvider(stack, 'Provider', { role });

    expect(provider.role).toBe(role);
    expect(resourceFor(provider.handler).Properties.Role).toBe(inTemplate(stack, role.roleArn));
  });

  test.each([
    ['made in the stack', newRole],
    ['imported', (stack: Stack) => iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN)],
  ])('and is %s is allowed the same as one of our own', (_, roleIn) => {
    const stack = newStack({ env: ENV });
    const logGroup = logs.LogGroup.fromLogGroupName(stack, 'LogGroup', 'models');
    const [serviceRole, key] = [iam.Role.fromRoleArn(stack, 'ServiceRole', ROLE_ARN, { mutable: false }), kms.Key.fromKeyArn(stack, 'Key', KEY_ARN)];
    const own = new ModelImportProvider(stack, 'Own', { logGroup });
    const role = roleIn(stack);
    const theirs = new ModelImportProvider(stack, 'Theirs', { logGroup, role });
    [own, theirs].forEach(provider => new ImportedModel(provider, 'Model', {
      source: weights(), role: serviceRole, encryption: ModelEncryption.customerManaged(key), provider,
    }));

    expect(statementsOf(own.role).flatMap(({ actions }) => actions)).toEqual(expect.arrayContaining(['iam:PassRole', 'kms:CreateGrant']));
    expect(statementsOf(role, stack)).toEqual(expect.arrayContaining(statementsOf(own.role)));
  });

  test('is allowed everything before the import begins', () => {
    const stack = newStack();
    const role = iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN);
    new ImportedModel(stack, 'Llama', { source: weights(), provider: new ModelImportProvider(stack, 'Provider', { role }) });

    const policy = resourcesOf(stack, 'AWS::IAM::Policy').find(({ Properties }) => (Properties.Roles as string[]).includes('import'))!;
    expect(madeBefore(stack, modelOf(stack))).toContain(policy.id);
  });

  test.each([
    ['imported as immutable', (stack: Stack) => iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN, { mutable: false })],
    ['without policy updates', (stack: Stack) => newRole(stack).withoutPolicyUpdates()],
    ['imported from another account', (stack: Stack) => iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN.replace(ACCOUNT, OTHER_ACCOUNT))],
  ])('and is %s is left as it is', (_, roleIn) => {
    const stack = newStack({ env: ENV });
    const role = roleIn(stack);
    new ImportedModel(stack, 'Llama', { source: weights(), provider: new ModelImportProvider(stack, 'Provider', { role }) });

    expect(statementsOf(role, stack)).toEqual([]);
  });

  test('and is immutable is left as it is by a model of another stack, too', () => {
    const app = newApp();
    const shared = new Stack(app, 'Shared', { env: ENV });
    const role = iam.Role.fromRoleArn(shared, 'Role', ROLE_ARN, { mutable: false });
    const provider = new ModelImportProvider(shared, 'Provider', { role });
    const stack = new Stack(app, 'Models', { env: ENV });
    new ImportedModel(stack, 'Llama', { source: weights(), provider });

    expect(statementsOf(role, stack)).toEqual([]);
  });

  test('keeps what one stack allows when another stack with the same construct ids allows its own', () => {
    const app = newApp();
    const [one, two] = ['Dev', 'Prod'].map((id) => {
      const stack = new Stack(app, id);
      new ModelImportProvider(stack, 'Provider', { role: iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN) });
      return stack;
    }).map(stack => resourcesOf(stack, 'AWS::IAM::Policy').find(({ Properties }) => (Properties.Roles as string[]).includes('import'))!);

    // Inline policies of one role: the same name would be the same policy, and the stack deployed last would win.
    expect(one.Properties.PolicyName).not.toEqual(two.Properties.PolicyName);
  });
});

describe('the roles of the framework', () => {
  const build = () => {
    const stack = newStack();
    const provider = new ModelImportProvider(stack, 'Provider');
    const functions = functionsOf(stack);
    const roleOf = (name: string) => functions.find(({ Properties }) => Properties.Handler === `framework.${name}`)!.Properties.Role;
    return { stack, provider, roleOf };
  };

  test('are two for three functions', () => {
    const { roleOf } = build();

    expect(roleOf('isComplete')).toBe(roleOf('onTimeout'));
    expect(roleOf('onEvent')).not.toBe(roleOf('isComplete'));
  });

  test.each(['OnEventRole', 'CompleteRole'])('%s may invoke the handler and write logs, and knows nothing of Bedrock', (id) => {
    const { stack, provider } = build();
    const statements = statementsOf(provider.node.findChild(id) as iam.Role);
    const handler = inTemplate(stack, provider.handler.functionArn);

    expect(statements).toEqual(expect.arrayContaining([
      { effect: 'Allow', actions: ['lambda:InvokeFunction'], resources: [handler, `${handler}:*`] },
      { effect: 'Allow', actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [inTemplate(stack, provider.logGroup.logGroupArn)] },
    ]));
    expect(statements.flatMap(({ actions }) => actions)).toEqual(expect.not.arrayContaining([expect.stringMatching(/^(bedrock|iam|kms):/)]));
  });
});

describe('the log group', () => {
  test('is kept for a month, and goes with the stack', () => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider');

    expect(resourceOf(stack, 'AWS::Logs::LogGroup')).toMatchObject({ Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Delete' });
  });

  test.each([
    ['its own', () => undefined],
    ['that of the user', (stack: Stack) => new logs.LogGroup(stack, 'Logs', { retention: logs.RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.RETAIN })],
  ])('of all functions is one: %s', (_, logGroupIn) => {
    const stack = newStack();
    const logGroup = logGroupIn(stack);
    const provider = new ModelImportProvider(stack, 'Provider', { logGroup });

    const name = inTemplate(stack, (logGroup ?? provider.logGroup).logGroupName);
    expect(resourcesOf(stack, 'AWS::Logs::LogGroup')).toHaveLength(1);
    functionsOf(stack).forEach(({ Properties }) => expect(Properties.LoggingConfig).toMatchObject({ LogGroup: name }));
  });
});

describe('the network of the functions', () => {
  const groupsOf = ({ Properties }: TemplateResource) => (Properties.VpcConfig as { SecurityGroupIds: string[] }).SecurityGroupIds;
  const subnetsOf = ({ Properties }: TemplateResource) => (Properties.VpcConfig as { SubnetIds: string[] }).SubnetIds;
  const vpcPolicy = 'arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole';
  const managedPoliciesOf = (stack: Stack) => resourcesOf(stack, 'AWS::IAM::Role')
    .filter(({ id }) => !id.includes('waiter'))
    .map(({ Properties }) => Properties.ManagedPolicyArns);

  test('is none by default', () => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider');

    functionsOf(stack).forEach(({ Properties }) => expect(Properties).not.toHaveProperty('VpcConfig'));
    expect(managedPoliciesOf(stack)).toEqual([undefined, undefined, undefined]);
  });

  test('is the VPC of the user for all functions, in the private subnets', () => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider', { vpc: newVpc(stack) });

    expect(functionsOf(stack).map(subnetsOf)).toEqual(new Array(4).fill(['subnet-00000001', 'subnet-00000002']));
    expect(managedPoliciesOf(stack)).toEqual(new Array(3).fill([vpcPolicy]));
  });

  test('is in the subnets and security groups of the user', () => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider', {
      vpc: newVpc(stack),
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-00000001')],
    });

    expect(functionsOf(stack).map(subnetsOf)).toEqual(new Array(4).fill(['subnet-00000003', 'subnet-00000004']));
    expect(functionsOf(stack).map(groupsOf)).toEqual(new Array(4).fill(['sg-00000001']));
  });

  test('does not become that of the import job', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), provider: new ModelImportProvider(stack, 'Provider', { vpc: newVpc(stack) }) });

    expect(modelOf(stack).Properties).not.toHaveProperty('SubnetIds');
  });

  // Without them the handler reaches nobody, not even CloudFormation to say so, and the stack hangs for an hour.
  test.each([
    ['Bedrock', { service: ec2.InterfaceVpcEndpointAwsService.BEDROCK }],
    ['Lambda', { service: ec2.InterfaceVpcEndpointAwsService.LAMBDA }],
    ['Step Functions', { service: ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS }],
    ['CloudWatch Logs', { service: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS }],
    ['Amazon S3', { service: ec2.InterfaceVpcEndpointAwsService.S3 }],
  ])('is there with its endpoint of %s before the import begins, and until the model is gone', (_, options) => {
    for (const env of [undefined, ENV, { ...ENV, region: 'cn-north-1' }]) {
      const stack = newStack({ env });
      const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'private', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
      const [endpoint, gateway] = [vpc.addInterfaceEndpoint('Endpoint', options), vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 })];
      const provider = new ModelImportProvider(stack, 'Provider', { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } });
      new ImportedModel(stack, 'Llama', { source: weights(), provider });

      expect(madeBefore(stack, modelOf(stack))).toEqual(expect.arrayContaining([endpoint, gateway].map(logicalIdOf)));
    }
  });
});

describe('polling', () => {
  const MINUTE = 60;
  const retryOf = (queryInterval?: Duration) => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider', { queryInterval });
    const { Properties } = resourceOf(stack, 'AWS::StepFunctions::StateMachine');
    const { States } = JSON.parse(Properties.DefinitionString as string);
    return States['framework-isComplete-task'].Retry[0] as { IntervalSeconds: number; MaxAttempts: number; BackoffRate: number };
  };

  test('happens every 30 seconds by default', () => {
    expect(retryOf()).toMatchObject({ IntervalSeconds: 30, BackoffRate: 1 });
  });

  test.each([5, 7, 30, 59, 60, 61, 90, 119, 120])('every %i seconds ends after the handler\'s own deadline, and within CloudFormation\'s hour', (seconds) => {
    const { IntervalSeconds, MaxAttempts } = retryOf(Duration.seconds(seconds));

    expect(IntervalSeconds).toBe(seconds);
    // If the framework gives up first, the user reads "Operation timed out" instead of what has happened.
    expect(IntervalSeconds * MaxAttempts).toBeGreaterThanOrEqual(55 * MINUTE);
    expect(IntervalSeconds * MaxAttempts).toBeLessThan(60 * MINUTE);
  });

  test('is not logged: the waiter\'s input holds the pre-signed URL of the answer', () => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider');

    expect(resourceOf(stack, 'AWS::StepFunctions::StateMachine').Properties).not.toHaveProperty('LoggingConfiguration');
  });

  test('writes no event of the framework to the log: each "not yet" is an error that holds the pre-signed URL', () => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider');
    const logged = functionsOf(stack).map(({ id, Properties }) => [/onTimeout|isComplete/.test(id), Properties.LoggingConfig]);

    expect(logged.filter(([mayThrow]) => mayThrow).map(([, config]) => config)).toEqual(
      Array(2).fill(expect.objectContaining({ LogFormat: 'JSON', ApplicationLogLevel: 'FATAL' })));
  });
});
