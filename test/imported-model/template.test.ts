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
import { IMPORTED_MODEL, logicalIdOf, modelOf, resourcesOf } from '../../testing/support/template';

/** A stack that uses all features of the library. */
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
    ['an environment-agnostic stack', undefined],
    ['us-east-1', ENV],
    ['us-gov-west-1', { ...ENV, region: 'us-gov-west-1' }],
    ['cn-north-1', { ...ENV, region: 'cn-north-1' }],
  ])('is never a literal in a template for %s', (_, env) => {
    const template = JSON.stringify(Template.fromStack(fullStack(newApp(), env)).toJSON());

    expect(template).toContain('"AWS::Partition"');
    expect(template.match(/arn:aws[a-z-]*:[^"]*/g)).toBeNull();
  });

  test.each([['us-gov-west-1', 'aws-us-gov'], ['cn-north-1', 'aws-cn']])('is the literal of %s with the feature flag enablePartitionLiterals', (region, partition) => {
    const app = newApp({ '@aws-cdk/core:enablePartitionLiterals': true });
    const template = JSON.stringify(Template.fromStack(fullStack(app, { ...ENV, region })).toJSON());

    expect(new Set(template.match(/arn:aws[a-z-]*:/g))).toEqual(new Set([`arn:${partition}:`]));
  });
});

describe('size', () => {
  const LINKS = ['AWS::IAM::Role', 'AWS::IAM::Policy', 'Custom::BedrockModelFormatCheck', 'Custom::BedrockModelImport', 'Custom::BedrockModelImportWait', IMPORTED_MODEL];

  // A model has a role, its policy, the check of its files, and three custom resources, which wait for two hours together. The other resources belong to the provider, which the
  // models of a stack share.
  test.each([[1, 18], [3, 30]])('%i model(s) need at most %i resources, including the provider', (models, limit) => {
    const stack = newStack();
    [...Array(models).keys()].forEach(n => new ImportedModel(stack, `Model${n}`, { source: weights() }));

    expect(resourcesOf(stack).length).toBeLessThanOrEqual(limit);
  });

  test('another model adds a role, its policy and the links of its chain', () => {
    const stack = newStack();
    const [first, second] = ['First', 'Second'].map(id => new ImportedModel(stack, id, { source: weights() }));
    const idsOf = ({ node }: ImportedModel) => resourcesOf(stack).filter(({ id }) => id.startsWith(node.id)).map(({ Type }) => Type);

    expect(idsOf(first)).toEqual(LINKS);
    expect(idsOf(second)).toEqual(LINKS);
  });
});

describe('synthesis', () => {
  test('of the same app has the same output, byte by byte', () => {
    // In one line, because the metadata of a stack contains the line of its creation.
    const [first, second] = [newApp(), newApp()].map((app) => {
      fullStack(app);
      const { directory } = app.synth();
      return Object.fromEntries(readdirSync(directory).filter(name => name.endsWith('.json')).map(name => [name, readFileSync(join(directory, name), 'utf8')]));
    });

    expect(Object.keys(first)).toEqual(expect.arrayContaining(['Stack.template.json', 'Stack.assets.json', 'manifest.json']));
    expect(second).toEqual(first);
  });

  test('does not depend on the order in which models are created', () => {
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

  test('has the same logical ids with and without the feature flags of a new project', () => {
    const idsWith = (context: { readonly [flag: string]: unknown }) => {
      const stack = new Stack(newApp(context), 'Stack');
      const model = new ImportedModel(stack, 'Llama', { source: weights() });
      return [logicalIdOf(model.role), logicalIdOf(model.provider.role), modelOf(stack).id, stack.resolve(model.provider.serviceToken)];
    };

    expect(idsWith(CURRENTLY_RECOMMENDED_FLAGS)).toEqual(idsWith({}));
  });
});
