import { App, CfnOutput, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ImportedModel, ModelEncryption, ModelImportProvider, ModelSource } from '../../src';
import { ACCOUNT, ENV, KEY_ARN, newApp, newStack, OTHER_ACCOUNT, ROLE_ARN, weights } from '../../testing/support/stacks';
import { inTemplate, logicalIdOf, madeBefore, modelOf, resourceFor, resourcesOf, statementsOf } from '../../testing/support/template';

const importLinks = (stack: Stack) => resourcesOf(stack, 'Custom::BedrockModelImport');
const newRole = (stack: Stack) => new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });

// #5: the first deployment succeeds, and every later import fails with "Export cannot be updated as it is in use".
describe('a model that another stack uses', () => {
  const build = (use: (model: ImportedModel, other: Stack) => void) => {
    const app = newApp();
    const models = new Stack(app, 'Models', { env: ENV });
    const model = new ImportedModel(models, 'Llama', { source: weights() });
    const other = new Stack(app, 'Chat', { env: ENV });
    use(model, other);
    app.synth();
    return Annotations.fromStack(models).findWarning('*', Match.stringLikeRegexp('crossStackReference'));
  };

  test.each<[string, (model: ImportedModel, other: Stack) => void]>([
    ['by its ARN', (model, other) => new CfnOutput(other, 'Arn', { value: model.modelArn })],
    ['in the environment of a function', (model, other) => new lambda.Function(other, 'Chat', {
      code: lambda.Code.fromInline('exports.handler = async () => {};'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X, environment: { MODEL_ARN: model.modelArn },
    })],
    ['by a grant', (model, other) => model.grantInvoke(newRole(other))],
  ])('%s has a warning with the remedy', (_, use) => {
    const [warning] = build(use);
    expect(warning.entry.data).toMatch(/Chat\/.* uses the ARN of this model in another stack.*publishArn\(\) here.*ImportedModel\.fromParameter\(\) there/);
  });

  test('has no warning in its own stack, in a nested stack, and with a parameter', () => {
    expect(build((model, other) => {
      new CfnOutput(model.stack, 'Arn', { value: model.modelArn });
      model.grantInvoke(newRole(new NestedStack(model.stack, 'Nested')));
      model.publishArn('/models/llama');
      ImportedModel.fromParameter(other, 'Llama', '/models/llama').grantInvoke(newRole(other));
    })).toEqual([]);
  });
});

// #8: the account has one running import, whichever provider starts it.
describe('the models of one stack are imported one after the other', () => {
  test('if the models of two stacks with one provider are interleaved', () => {
    const app = newApp();
    const provider = new ModelImportProvider(new Stack(app, 'Shared'), 'Provider');
    const [a, b] = ['A', 'B'].map(id => new Stack(app, id));
    const [a1, , a2] = [a, b, a].map((stack, index) => new ImportedModel(stack, `Model${index}`, { source: weights(), provider }));
    const second = importLinks(a).find(({ id }) => id === logicalIdOf(a2.node.findChild('Import')));
    expect(second?.DependsOn).toContain(logicalIdOf(a1));
    expect(importLinks(b)[0].DependsOn).not.toContain(logicalIdOf(a1));
  });

  test('if the stack has two providers', () => {
    const stack = newStack();
    const [first, second] = ['One', 'Two'].map(id => new ImportedModel(stack, id, { source: weights(), provider: new ModelImportProvider(stack, `${id}Provider`) }));
    expect(madeBefore(stack, resourceFor(second.node.findChild('Import')))).toContain(logicalIdOf(first));
  });
});

// #9
describe('a key whose policy names the service role', () => {
  test('is not a circular dependency, because the policy of the role is a resource of its own', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    const source = ModelSource.fromS3Uri('s3://weights/llama/', { encryptionKey: key });
    const model = new ImportedModel(stack, 'Llama', { source, encryption: ModelEncryption.customerManaged(key) });
    for (const statement of source.keyPolicyStatements(model.role)) key.addToResourcePolicy(statement);
    key.grantDecrypt(model.provider.role);
    key.addToResourcePolicy(new iam.PolicyStatement({ actions: ['kms:CreateGrant'], resources: ['*'], principals: [model.provider.role, model.role] }));

    const all = resourcesOf(stack);
    const circular = all.filter(resource => madeBefore(stack, resource).includes(resource.id));
    expect(circular.map(({ id }) => id)).toEqual([]);
  });
});

describe('the policy of the provider', () => {
  const build = (models: number) => {
    const stack = newStack();
    for (let index = 0; index < models; index++) new ImportedModel(stack, `Model${index}`, { source: ModelSource.fromS3Uri(`s3://weights/model-${index}/`), encryption: ModelEncryption.customerManaged() });
    return () => resourcesOf(stack);
  };

  test('has room for 23 models with a key each', () => expect(build(23)).not.toThrow());

  test('can be resolved between two models', () => {
    const stack = newStack();
    const [first, second] = ['One', 'Two'].map(id => {
      const model = new ImportedModel(stack, id, { source: weights(), encryption: ModelEncryption.customerManaged() });
      const policy = model.provider.node.findChild('RolePolicy') as iam.Policy;
      stack.resolve(policy.document); // as an aspect of the user may do
      return model;
    });
    const passed = statementsOf(first.provider.role).filter(({ actions }) => actions.includes('iam:PassRole')).flatMap(({ resources }) => resources);
    expect(passed).toEqual([first, second].map(({ role }) => inTemplate(stack, role.roleArn)));
  });

  test('is refused at synthesis if it is too large for a role, with the remedy', () => {
    expect(build(24)).toThrow(/provider: "about \d+ characters" must be a policy of at most 10240 characters\. Give some of the models a ModelImportProvider of their own/);
  });
});

// #10: the README of aws-ec2 defines endpoints in this way.
test('the import depends on a VPC endpoint that is not a child of its VPC, and not on one of another VPC', () => {
  const stack = newStack({ env: ENV });
  const [vpc, other] = ['Vpc', 'Other'].map(id => new ec2.Vpc(stack, id, { natGateways: 0 }));
  const endpoint = new ec2.GatewayVpcEndpoint(stack, 'Endpoint', { vpc, service: ec2.GatewayVpcEndpointAwsService.S3 });
  const foreign = new ec2.GatewayVpcEndpoint(stack, 'Foreign', { vpc: other, service: ec2.GatewayVpcEndpointAwsService.S3 });
  new ImportedModel(stack, 'Llama', { source: weights(), vpc });

  const before = madeBefore(stack, modelOf(stack));
  expect(before).toContain(logicalIdOf(endpoint));
  expect(before).not.toContain(logicalIdOf(foreign));
});

// #12
describe('a stack that can never be deployed is refused at synthesis', () => {
  const inOtherAccount = (arn: string) => arn.replace(ACCOUNT, OTHER_ACCOUNT);
  test.each<[string, (stack: Stack) => object, RegExp]>([
    ['with a service role of another account', stack => ({ role: iam.Role.fromRoleArn(stack, 'Role', inOtherAccount(ROLE_ARN)) }), /role: "444455556666" must be in the account of the model, 111122223333/],
    ['with a model key of another account', stack => ({ encryption: ModelEncryption.customerManaged(kms.Key.fromKeyArn(stack, 'Key', inOtherAccount(KEY_ARN))) }), /encryption: "444455556666" must be in the account/],
    ['with a model key of another Region', stack => ({ encryption: ModelEncryption.customerManaged(kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace('us-east-1', 'us-west-2'))) }), /encryption: "us-west-2" must be in the Region of the model, us-east-1.*a replica of a multi-Region key.*\[Stack\/Llama\]/],
    ['with a key of the weights in another Region', stack => ({
      source: ModelSource.fromS3Uri('s3://weights/llama/', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace('us-east-1', 'us-west-2')) }),
    }), /source\.encryptionKey: "us-west-2" must be in the Region/],
    ['with a provider of another Region', stack => ({ provider: new ModelImportProvider(new Stack(stack.node.root as App, 'Far', { env: { ...ENV, region: 'us-west-2' } }), 'Provider') }), /provider: "us-west-2" must be in the Region/],
    ['with a provider of another account', stack => ({ provider: new ModelImportProvider(new Stack(stack.node.root as App, 'Far', { env: { ...ENV, account: OTHER_ACCOUNT } }), 'Provider') }), /provider: "444455556666" must be in the account/],
  ])('%s', (_, props, message) => {
    const stack = newStack({ env: ENV });
    expect(() => new ImportedModel(stack, 'Llama', { source: weights(), ...props(stack) })).toThrow(message);
  });

  test('with the same exact name twice', () => {
    const stack = newStack();
    const add = (id: string) => new ImportedModel(stack, id, { source: weights(), importedModelName: 'llama' });
    add('One');
    expect(() => add('Two')).toThrow(/importedModelName: "llama" must be used once: another model of this stack has it/);
    expect(() => new ImportedModel(new Stack(stack.node.root as App, 'Elsewhere'), 'Three', { source: weights(), importedModelName: 'llama' })).not.toThrow();
  });
});

// #19
test('the function has the list of the stacks that the provider serves', () => {
  const app = newApp();
  const shared = new Stack(app, 'Shared');
  const provider = new ModelImportProvider(shared, 'Provider');
  const parent = new Stack(app, 'Parent');
  const nested = new NestedStack(parent, 'Nested');
  for (const scope of [new Stack(app, 'B'), new Stack(app, 'A'), shared, nested]) new ImportedModel(scope, 'Llama', { source: weights(), provider });

  const { Environment } = resourceFor(provider.handler).Properties as { Environment: { Variables: { SERVED_STACKS: string } } };
  const id = String(parent.resolve(nested.nestedStackResource!.logicalId));
  expect(Environment.Variables.SERVED_STACKS).toBe(`\${AWS::StackId},A,B,Parent-${id}-*`);
});
