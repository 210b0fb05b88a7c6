import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Duration, PropertyInjectors, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Provider, type ProviderProps } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { ImportedModel, ModelEncryption, ModelImportProvider, type ModelImportProviderProps, ModelSource } from '../../../src';
import { ACCOUNT, ENV, KEY_ARN, newApp, newStack, OTHER_ACCOUNT, ROLE_ARN, weights } from '../../../testing/support/stacks';
import {
  inTemplate, logicalIdOf, madeBefore, modelOf, resourceFor, resourceOf, resourcesOf, statementsIn, statementsOf, type TemplateResource,
} from '../../../testing/support/template';

const FUNCTION = 'AWS::Lambda::Function';

const functionsOf = (stack: Stack) => resourcesOf(stack, FUNCTION);
const newVpc = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-00000001', availabilityZones: ['a', 'b'], privateSubnetIds: ['subnet-00000001', 'subnet-00000002'], isolatedSubnetIds: ['subnet-00000003', 'subnet-00000004'],
});
const newRole = (stack: Stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });

describe('the service token', () => {
  /*
   * The service token of a deployed custom resource cannot change: CloudFormation refuses the update ("Modifying service
   * token is not allowed"), and the models could not be updated or deleted any more. If this test fails, restore the construct path of the function; do
   * not change the test.
   */
  test('has a frozen logical id in the shared provider of a stack', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights() });

    expect(modelOf(stack).Properties.ServiceToken).toBe('${BedrockModelImportProviderframeworkonEventD167B4A8.Arn}');
  });

  test('has a frozen logical id below a provider of the user', () => {
    const stack = newStack();
    const provider = new ModelImportProvider(stack, 'Mine');

    expect(inTemplate(stack, provider.serviceToken)).toBe('${MineProviderframeworkonEvent581279B3.Arn}');
  });

  test('refers to a function without a fixed name, because CloudFormation could not replace that', () => {
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

  test('does not return a provider that the user has created', () => {
    const stack = newStack();
    const mine = new ModelImportProvider(stack, 'Provider');

    expect(ModelImportProvider.getOrCreate(stack)).not.toBe(mine);
  });
});

describe('the handler', () => {
  const stack = newStack();
  const provider = new ModelImportProvider(stack, 'Provider');
  const handler = () => resourceFor(provider.handler);

  test('is the bundle of the package', () => {
    const { Code, Handler } = handler().Properties;
    const assembly = Stage.of(stack)!.synth().directory;
    const { files } = JSON.parse(readFileSync(join(assembly, `${stack.artifactId}.assets.json`), 'utf8'));
    const { source } = files[(Code as { S3Key: string }).S3Key.replace('.zip', '')];

    expect(resolve(assembly, source.path)).toBe(resolve('assets/imported-model/provider/model-import.lambda'));
    expect(Handler).toBe('index.handler');
  });

  test('has the Node.js runtime that CDK determines for the Region', () => {
    expect(handler().Properties.Runtime).toEqual(inTemplate(stack, lambda.determineLatestNodeRuntime(stack).name));
  });
});

describe('the role of the handler', () => {
  test('can be assumed by Lambda only', () => {
    const { role } = new ModelImportProvider(newStack(), 'Provider');

    expect(statementsIn(resourceFor(role).Properties.AssumeRolePolicyDocument)).toEqual([
      { effect: 'Allow', actions: ['sts:AssumeRole'], resources: [], principal: { Service: 'lambda.amazonaws.com' } },
    ]);
  });

  // permissions.test.ts has the permissions of one model.
  test('can pass the service roles of all models, in one statement', () => {
    const stack = newStack();
    const models = ['Llama', 'Mistral'].map(id => new ImportedModel(stack, id, { source: weights() }));

    expect(statementsOf(models[0].provider.role).filter(({ actions }) => actions.includes('iam:PassRole')).map(({ resources }) => resources))
      .toEqual([models.map(({ role }) => inTemplate(stack, role.roleArn))]);
  });

  test('can decrypt with the key of weights at a URI', () => {
    const stack = newStack();
    const source = ModelSource.fromS3Uri('s3://weights/llama/', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) });
    const { provider } = new ImportedModel(stack, 'Llama', { source });

    expect(statementsOf(provider.role)).toContainEqual({ effect: 'Allow', actions: ['kms:Decrypt'], resources: [KEY_ARN] });
  });
});

describe('a role of the user', () => {
  test('is the role of the handler', () => {
    const stack = newStack();
    const role = newRole(stack);
    const provider = new ModelImportProvider(stack, 'Provider', { role });

    expect(provider.role).toBe(role);
    expect(resourceFor(provider.handler).Properties.Role).toBe(inTemplate(stack, role.roleArn));
  });

  test.each([
    ['created in the stack', newRole],
    ['imported', (stack: Stack) => iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN)],
  ])('%s has the permissions of a role of the library', (_, roleIn) => {
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

  test('has its permissions before the import starts', () => {
    const stack = newStack();
    const role = iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN);
    new ImportedModel(stack, 'Llama', { source: weights(), provider: new ModelImportProvider(stack, 'Provider', { role }) });

    const policy = resourcesOf(stack, 'AWS::IAM::Policy').find(({ Properties }) => (Properties.Roles as string[]).includes('import'))!;
    expect(madeBefore(stack, modelOf(stack))).toContain(policy.id);
  });

  test.each([
    ['imported as immutable', (stack: Stack) => iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN, { mutable: false })],
    ['created without policy updates', (stack: Stack) => newRole(stack).withoutPolicyUpdates()],
    ['imported from another account', (stack: Stack) => iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN.replace(ACCOUNT, OTHER_ACCOUNT))],
  ])('%s is not changed', (_, roleIn) => {
    const stack = newStack({ env: ENV });
    const role = roleIn(stack);
    new ImportedModel(stack, 'Llama', { source: weights(), provider: new ModelImportProvider(stack, 'Provider', { role }) });

    expect(statementsOf(role, stack)).toEqual([]);
  });

  test('imported as immutable is not changed by a model of another stack', () => {
    const app = newApp();
    const shared = new Stack(app, 'Shared', { env: ENV });
    const role = iam.Role.fromRoleArn(shared, 'Role', ROLE_ARN, { mutable: false });
    const provider = new ModelImportProvider(shared, 'Provider', { role });
    const stack = new Stack(app, 'Models', { env: ENV });
    new ImportedModel(stack, 'Llama', { source: weights(), provider });

    expect(statementsOf(role, stack)).toEqual([]);
  });

  test('has one policy for each of two stacks with the same construct ids', () => {
    const app = newApp();
    const [one, two] = ['Dev', 'Prod'].map((id) => {
      const stack = new Stack(app, id);
      new ModelImportProvider(stack, 'Provider', { role: iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN) });
      return stack;
    }).map(stack => resourcesOf(stack, 'AWS::IAM::Policy').find(({ Properties }) => (Properties.Roles as string[]).includes('import'))!);

    // Inline policies of one role: two stacks with one policy name would overwrite each other.
    expect(one.Properties.PolicyName).not.toEqual(two.Properties.PolicyName);
  });
});

describe.each(['OnEventRole', 'CompleteRole'])('the %s of the provider framework', (id) => {
  test('can invoke the handler and write logs, and has no permission for Bedrock, IAM or AWS KMS', () => {
    const stack = newStack();
    const provider = new ModelImportProvider(stack, 'Provider');
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
  test('has a retention of one month, and is deleted with the stack', () => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider');

    expect(resourceOf(stack, 'AWS::Logs::LogGroup')).toMatchObject({ Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Delete' });
  });

  test.each([
    ['the default', () => undefined],
    ['one of the user', (stack: Stack) => new logs.LogGroup(stack, 'Logs', { retention: logs.RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.RETAIN })],
  ])('is shared by all functions: %s', (_, logGroupIn) => {
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
  const managedPoliciesOf = (stack: Stack) => functionsOf(stack).map(({ Properties }) =>
    resourcesOf(stack, 'AWS::IAM::Role').find(({ id }) => Properties.Role === `\${${id}.Arn}`)!.Properties.ManagedPolicyArns);

  test('is not a VPC by default', () => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider');

    functionsOf(stack).forEach(({ Properties }) => expect(Properties).not.toHaveProperty('VpcConfig'));
    expect(managedPoliciesOf(stack)).toEqual(new Array(4).fill(undefined));
  });

  test('is the private subnets of the VPC of the user', () => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider', { vpc: newVpc(stack) });

    expect(functionsOf(stack).map(subnetsOf)).toEqual(new Array(4).fill(['subnet-00000001', 'subnet-00000002']));
    expect(managedPoliciesOf(stack)).toEqual(new Array(4).fill([vpcPolicy]));
  });

  test('is the subnets and security groups of the user', () => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider', {
      vpc: newVpc(stack),
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-00000001')],
    });

    expect(functionsOf(stack).map(subnetsOf)).toEqual(new Array(4).fill(['subnet-00000003', 'subnet-00000004']));
    expect(functionsOf(stack).map(groupsOf)).toEqual(new Array(4).fill(['sg-00000001']));
  });

  test('is not the network of the import job', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), provider: new ModelImportProvider(stack, 'Provider', { vpc: newVpc(stack) }) });

    expect(modelOf(stack).Properties).not.toHaveProperty('SubnetIds');
  });

  // Without the endpoints the functions can call no service and cannot send a response to CloudFormation, so the stack waits for one hour.
  test.each([
    ['Bedrock', { service: ec2.InterfaceVpcEndpointAwsService.BEDROCK }],
    ['Lambda', { service: ec2.InterfaceVpcEndpointAwsService.LAMBDA }],
    ['Step Functions', { service: ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS }],
    ['CloudWatch Logs', { service: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS }],
    ['Amazon S3', { service: ec2.InterfaceVpcEndpointAwsService.S3 }],
  ])('includes the endpoint of %s before the import starts and until the model is deleted', (_, options) => {
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
  /** The times that the library sets on the provider framework. */
  const timesOf = (props: ModelImportProviderProps = {}) => {
    const stack = newStack();
    const seen: ProviderProps[] = [];
    PropertyInjectors.of(stack).add({
      constructUniqueId: Provider.PROPERTY_INJECTION_ID,
      inject: (framework: ProviderProps) => {
        seen.push(framework);
        return framework;
      },
    });
    new ModelImportProvider(stack, 'Provider', props);
    const [{ queryInterval, totalTimeout }] = seen;
    return { interval: queryInterval!.toSeconds(), timeout: totalTimeout!.toMinutes({ integral: false }) };
  };

  test('has an interval of 30 seconds by default', () => {
    expect(timesOf().interval).toBe(30);
  });

  // If the framework timed out first, the user would read "Operation timed out" instead of the reason.
  test.each([5, 7, 30, 61, 120])('every %i seconds times out after the deadline of the handler, and within the hour of CloudFormation', (seconds) => {
    const { interval, timeout } = timesOf({ queryInterval: Duration.seconds(seconds) });

    expect(interval).toBe(seconds);
    expect(timeout).toBeGreaterThanOrEqual(55);
    expect(timeout).toBeLessThan(60);
  });

  // The input of the state machine contains the pre-signed response URL.
  test('has no log of the state machine', () => {
    const stack = newStack();
    new ModelImportProvider(stack, 'Provider');

    expect(resourceOf(stack, 'AWS::StepFunctions::StateMachine').Properties).not.toHaveProperty('LoggingConfiguration');
  });

  // Each "not yet" of the framework is an error whose message contains the pre-signed response URL.
  test('logs nothing of the functions that poll, except the handler', () => {
    const stack = newStack();
    const provider = new ModelImportProvider(stack, 'Provider');
    const others = functionsOf(stack).filter(({ id }) => id !== logicalIdOf(provider.handler) && inTemplate(stack, provider.serviceToken) !== `\${${id}.Arn}`);

    expect(others.map(({ Properties }) => Properties.LoggingConfig)).toEqual(
      Array(2).fill(expect.objectContaining({ LogFormat: 'JSON', ApplicationLogLevel: 'FATAL' })));
  });
});
