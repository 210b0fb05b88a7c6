import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, CfnOutput, Duration, type Environment, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { ImportedModel, ModelEncryption, ModelImportProvider, ModelSource } from '../../src';
import { ENV, newApp, newStack, weights } from '../../testing/support/stacks';
import { IMPORTED_MODEL, logicalIdOf, modelOf, resourcesOf, statementsIn } from '../../testing/support/template';

/** A stack that uses everything that the library offers. */
function fullStack(app: App, env?: Environment): Stack {
  const stack = new Stack(app, 'Stack', { env });
  const bucket = new s3.Bucket(stack, 'Weights', { encryption: s3.BucketEncryption.KMS });
  const vpc = new ec2.Vpc(stack, 'Vpc', {
    maxAzs: 2, natGateways: 0, restrictDefaultSecurityGroup: false, subnetConfiguration: [{ name: 'import', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
  });
  vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
  const provider = new ModelImportProvider(stack, 'Provider', { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, queryInterval: Duration.seconds(10) });

  const model = new ImportedModel(stack, 'Llama', {
    source: ModelSource.fromBucket(bucket, 'llama/', { version: '2' }),
    importedModelName: 'llama',
    jobNamePrefix: 'llama',
    encryption: ModelEncryption.customerManaged(),
    vpc,
    importedModelTags: { team: 'platform' },
    jobTags: { team: 'operations' },
    importTimeout: Duration.minutes(30),
    provider,
  });
  new ImportedModel(stack, 'Mistral', {
    source: ModelSource.fromS3Uri('s3://amzn-s3-demo-bucket/mistral', { encryptionKey: new kms.Key(stack, 'WeightsKey') }),
    role: new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('bedrock.amazonaws.com') }),
  });
  Tags.of(stack).add('stage', 'test');
  model.grantInvoke(new lambda.Function(stack, 'Chat', {
    code: lambda.Code.fromInline('exports.handler = async () => {};'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X,
  }));
  new CfnOutput(stack, 'ModelArn', { value: model.modelArn });
  return stack;
}

describe('the partition', () => {
  test.each([
    ['an environment that only the deployment knows', undefined],
    ['us-east-1', ENV],
    ['us-gov-west-1', { ...ENV, region: 'us-gov-west-1' }],
    ['cn-north-1', { ...ENV, region: 'cn-north-1' }],
  ])('is written nowhere in a template for %s', (_, env) => {
    const template = JSON.stringify(Template.fromStack(fullStack(newApp(), env)).toJSON());

    expect(template).toContain('"AWS::Partition"');
    expect(template.match(/arn:aws[a-z-]*:[^"]*/g)).toBeNull();
  });

  test.each([['us-gov-west-1', 'aws-us-gov'], ['cn-north-1', 'aws-cn']])('is that of %s when CDK is told to write it', (region, partition) => {
    const app = newApp({ '@aws-cdk/core:enablePartitionLiterals': true });
    const template = JSON.stringify(Template.fromStack(fullStack(app, { ...ENV, region })).toJSON());

    expect(new Set(template.match(/arn:aws[a-z-]*:/g))).toEqual(new Set([`arn:${partition}:`]));
  });
});

describe('wildcards', () => {
  /** What a policy may say of resources that it does not name in full, and why there is no other way. */
  const ALLOWED: { readonly actions: RegExp; readonly resource: RegExp; readonly why: string }[] = [
    {
      actions: /^bedrock:(CreateModelImportJob|ListModelImportJobs|ListImportedModels)$/,
      resource: /^\*$/,
      why: 'The service authorization reference has no resource type for them; an ARN would grant nothing.',
    },
    {
      actions: /^bedrock:(GetModelImportJob|ListTagsForResource|TagResource|UntagResource)$/,
      resource: /:bedrock:[^:]*AWS::Region}:\$\{AWS::AccountId}:model-import-job\/\*$/,
      why: 'Bedrock chooses the id of a job.',
    },
    {
      actions: /^bedrock:(GetImportedModel|DeleteImportedModel|ListTagsForResource|TagResource|UntagResource)$/,
      resource: /:bedrock:[^:]*AWS::Region}:\$\{AWS::AccountId}:imported-model\/\*$/,
      why: 'Bedrock chooses the id of a model.',
    },
    {
      actions: /^s3:GetObject$/,
      resource: /^(\$\{Weights\w+\.Arn}\/llama|arn:\$\{AWS::Partition}:s3:::amzn-s3-demo-bucket\/mistral)\/\*$/,
      why: 'All objects of the model; only Bedrock knows their names.',
    },
    {
      actions: /^ec2:Describe(NetworkInterfaces|Vpcs|DhcpOptions|Subnets|SecurityGroups)$/,
      resource: /^\*$/,
      why: 'Describe actions of EC2 have no resource types.',
    },
    {
      actions: /^ec2:(CreateNetworkInterfacePermission|DeleteNetworkInterface|DeleteNetworkInterfacePermission)$/,
      resource: /^\*$/,
      why: 'As documented for import jobs: limited by the subnets and by the tag of the job, see the test below.',
    },
    {
      actions: /^ec2:(CreateNetworkInterface|CreateTags)$/,
      resource: /:ec2:\$\{AWS::Region}:\$\{AWS::AccountId}:network-interface\/\*$/,
      why: 'Bedrock chooses the id of a network interface.',
    },
    {
      actions: /^lambda:InvokeFunction$/,
      resource: /^\$\{Provider\w+\.Arn}:\*$|^\$\{BedrockModelImportProvider\w+\.Arn}:\*$/,
      why: 'The versions of a function; what grantInvoke() of the CDK gives.',
    },
    {
      actions: /^(s3|bedrock):/,
      resource: /(:s3:::.*\/\*|imported-model\/\$\{id in .*\})$/,
      why: 'The objects of a prefix; and a part of an id that has been cut before its wildcards.',
    },
    {
      actions: /^kms:/,
      resource: /^\*$/,
      why: 'In the policy of a key it is this key; nothing else can be written there. Not allowed to identities, see the test below.',
    },
  ];

  let stack: Stack;
  beforeAll(() => { stack = fullStack(newApp()); });
  const policies = () => resourcesOf(stack).flatMap(({ id, Type, Properties }) => [
    ...(Properties.Policies as { PolicyDocument: unknown }[] | undefined ?? []).map(({ PolicyDocument }) => PolicyDocument),
    ...[Properties.PolicyDocument, Properties.KeyPolicy].filter(document => document !== undefined),
  ].map(document => ({ id, Type, statements: statementsIn(document) })));
  const wildcards = () => policies().flatMap(({ id, Type, statements }) => statements.flatMap(({ actions, resources, conditions }) =>
    actions.flatMap(action => resources.filter(resource => resource.includes('*')).map(resource => ({ id, Type, action, resource, conditions })))));
  const isAllowed = (action: string, resource: string) => ALLOWED.some(allowed => allowed.actions.test(action) && allowed.resource.test(resource));

  test('are in policies only where nothing narrower is possible', () => {
    expect(policies().length).toBeGreaterThan(5);
    expect(wildcards().filter(({ action, resource }) => !isAllowed(action, resource))).toEqual([]);
  });

  test('that are allowed are all in use', () => {
    const unused = ALLOWED.filter(({ actions, resource }) => !wildcards().some(found => actions.test(found.action) && resource.test(found.resource)));

    expect(unused).toEqual([]);
  });

  test('for keys are in the policies of keys only', () => {
    expect(wildcards().filter(({ Type, action }) => action.startsWith('kms:') && Type !== 'AWS::KMS::Key')).toEqual([]);
  });

  test('that change network interfaces are limited by subnet and job', () => {
    const changes = wildcards().filter(({ action, resource }) => /^ec2:(Create|Delete)/.test(action) && resource === '*');

    expect(changes).toHaveLength(3);
    changes.forEach(({ conditions }) => expect(conditions).toMatchObject({
      ArnEquals: { 'ec2:Subnet': expect.anything(), 'ec2:ResourceTag/BedrockModelImportJobArn': expect.anything() },
      StringEquals: { 'ec2:ResourceTag/BedrockManaged': 'true' },
    }));
  });

  test('are never actions', () => {
    const ours = policies().filter(({ Type }) => Type !== 'AWS::KMS::Key').flatMap(({ statements }) => statements.flatMap(({ actions }) => actions));

    expect(ours.filter(action => action.includes('*'))).toEqual([]);
  });
});

describe('size', () => {
  const LINKS = ['AWS::IAM::Role', 'AWS::IAM::Policy', 'Custom::BedrockModelImport', 'Custom::BedrockModelImportWait', IMPORTED_MODEL];

  // A role, its policy and three custom resources for the model, which have two hours in all; the rest is the provider's, which the
  // models of a stack share.
  test.each([[1, 17], [3, 27]])('%i model(s) take at most %i resources, the provider among them', (models, limit) => {
    const stack = newStack();
    [...Array(models).keys()].forEach(n => new ImportedModel(stack, `Model${n}`, { source: weights() }));

    expect(resourcesOf(stack).length).toBeLessThanOrEqual(limit);
  });

  test('another model adds a role and the links of its chain', () => {
    const stack = newStack();
    const [first, second] = ['First', 'Second'].map(id => new ImportedModel(stack, id, { source: weights() }));
    const idsOf = ({ node }: ImportedModel) => resourcesOf(stack).filter(({ id }) => id.startsWith(node.id)).map(({ Type }) => Type);

    expect(idsOf(first)).toEqual(LINKS);
    expect(idsOf(second)).toEqual(LINKS);
  });
});

describe('synthesis', () => {
  test('of the same app gives the same bytes', () => {
    // In one line, because the metadata of a stack says in which line it was made.
    const [first, second] = [newApp(), newApp()].map((app) => {
      fullStack(app);
      const { directory } = app.synth();
      return Object.fromEntries(readdirSync(directory).filter(name => name.endsWith('.json')).map(name => [name, readFileSync(join(directory, name), 'utf8')]));
    });

    expect(Object.keys(first)).toEqual(expect.arrayContaining(['Stack.template.json', 'Stack.assets.json', 'manifest.json']));
    expect(second).toEqual(first);
  });

  test('does not depend on the order in which models are made', () => {
    const templateOf = (...ids: string[]) => {
      const stack = newStack();
      ids.forEach(id => new ImportedModel(stack, id, { source: ModelSource.fromS3Uri(`s3://weights/${id}/`) }));
      return resourcesOf(stack).filter(({ Type }) => Type === IMPORTED_MODEL).sort((a, b) => a.id.localeCompare(b.id));
    };

    expect(templateOf('Llama', 'Mistral')).toEqual(templateOf('Mistral', 'Llama'));
  });

  test.each([undefined, 'us-east-1', 'us-gov-west-1', 'cn-north-1'])('works for the Region %s', (region) => {
    const stack = fullStack(newApp(), region === undefined ? undefined : { ...ENV, region });

    expect(resourcesOf(stack, IMPORTED_MODEL)).toHaveLength(2);
  });

  test('works with the feature flags of a new project', () => {
    const stack = fullStack(newApp(CURRENTLY_RECOMMENDED_FLAGS));

    expect(resourcesOf(stack, IMPORTED_MODEL)).toHaveLength(2);
  });

  test('gives the same logical ids with and without the feature flags of a new project', () => {
    const idsWith = (context: { readonly [flag: string]: unknown }) => {
      const stack = new Stack(newApp(context), 'Stack');
      const model = new ImportedModel(stack, 'Llama', { source: weights() });
      return [logicalIdOf(model.role), logicalIdOf(model.provider.role), modelOf(stack).id, stack.resolve(model.provider.serviceToken)];
    };

    expect(idsWith(CURRENTLY_RECOMMENDED_FLAGS)).toEqual(idsWith({}));
  });
});
