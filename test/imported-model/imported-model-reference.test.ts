import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ImportedModel, ImportedModelLookup, ModelImportProvider } from '../../src';
import { ENV, KEY_ARN, MODEL_ARN, newApp, newStack, weights } from '../../testing/support/stacks';
import { inTemplate, logicalIdOf, madeBefore, resourceOf, resourcesOf, statementsOf } from '../../testing/support/template';

const LOOK_UP = 'Custom::BedrockImportedModelLookUp';
const invoke = { effect: 'Allow', actions: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'] };
const decrypt = { effect: 'Allow', actions: ['kms:Decrypt'], resources: [KEY_ARN] };
const roleIn = (stack: Stack) => new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });

describe('fromImportedModelAttributes', () => {
  test('allows to decrypt with the key with grantInvoke()', () => {
    const stack = newStack({ env: ENV });
    const caller = roleIn(stack);
    const model = ImportedModel.fromImportedModelAttributes(stack, 'Llama', {
      importedModelArn: MODEL_ARN, encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN),
    });
    model.grantInvoke(caller);

    expect(statementsOf(caller)).toEqual([{ ...invoke, resources: [MODEL_ARN] }, decrypt]);
    expect(model).toMatchObject({ modelArn: MODEL_ARN, invokableArn: MODEL_ARN });
  });

  test('refuses a value that is not the ARN of an imported model', () => {
    expect(() => ImportedModel.fromImportedModelAttributes(newStack(), 'Llama', { importedModelArn: 'llama' }))
      .toThrow(/importedModelArn: "llama" must be the ARN of an imported model/);
  });
});

describe('ImportedModelLookup', () => {
  test('has its custom resource as the default child, for escape hatches', () => {
    const stack = newStack();
    const { node } = new ImportedModelLookup(stack, 'Llama', { importedModelName: 'llama-8b' });

    expect(logicalIdOf(node.defaultChild!)).toBe(resourceOf(stack, LOOK_UP).id);
  });

  test('is resolved at deployment, by the provider of the stack', () => {
    const stack = newStack();
    const model = new ImportedModelLookup(stack, 'Llama', { importedModelName: 'llama-8b' });
    const lookUp = resourceOf(stack, LOOK_UP);

    expect(lookUp.Properties).toMatchObject({
      ServiceToken: inTemplate(stack, ModelImportProvider.getOrCreate(stack).serviceToken), Link: 'lookUp', ImportedModelName: 'llama-8b',
    });
    expect(inTemplate(stack, model.modelArn)).toMatch(new RegExp(`:imported-model/\\$\\{id in \\$\\{${lookUp.id}\\.ModelArn\\}\\}$`));
  });

  test('creates one custom resource, which depends on the permissions of the provider', () => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const provider = new ModelImportProvider(stack, 'Provider', { role });
    new ImportedModelLookup(stack, 'Llama', { importedModelName: 'llama-8b', provider });

    expect(resourcesOf(stack).map(({ Type }) => Type).filter(type => type.startsWith('Custom::'))).toEqual([LOOK_UP]);
    const policy = resourcesOf(stack, 'AWS::IAM::Policy').find(({ Properties }) => JSON.stringify(Properties).includes('bedrock:GetImportedModel'));
    expect(madeBefore(stack, resourceOf(stack, LOOK_UP))).toEqual(expect.arrayContaining([logicalIdOf(role), policy?.id]));
  });

  test('allows to decrypt with the given key', () => {
    const stack = newStack();
    const caller = roleIn(stack);
    new ImportedModelLookup(stack, 'Llama', { importedModelName: 'llama-8b', encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) }).grantInvoke(caller);

    expect(statementsOf(caller)).toContainEqual(decrypt);
  });

  test('refuses an invalid name', () => {
    expect(() => new ImportedModelLookup(newStack(), 'Llama', { importedModelName: 'llama 8b' })).toThrow(/importedModelName: "llama 8b" must be/);
  });
});

describe('an ARN in an SSM parameter', () => {
  test('is written by the stack of the model', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    const parameter = model.publishArn('/models/llama');

    expect(resourceOf(stack, 'AWS::SSM::Parameter').Properties).toMatchObject({ Name: '/models/llama', Type: 'String', Value: inTemplate(stack, model.modelArn) });
    expect(inTemplate(stack, parameter.parameterName)).toBe(`\${${resourceOf(stack, 'AWS::SSM::Parameter').id}}`);
  });

  test('is read in each deployment of the stacks that use the model', () => {
    const stack = newStack();
    const caller = roleIn(stack);
    const model = ImportedModel.fromParameter(stack, 'Llama', '/models/llama', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) });
    model.grantInvoke(caller);

    expect(Object.values(templateOf(stack).Parameters ?? {})).toContainEqual({ Type: 'AWS::SSM::Parameter::Value<String>', Default: '/models/llama' });
    expect(statementsOf(caller)).toEqual([{ ...invoke, resources: [inTemplate(stack, model.modelArn)] }, decrypt]);
  });

  test('is not an export, which CloudFormation would refuse to change', () => {
    const app = newApp();
    const producer = new Stack(app, 'Models');
    const consumer = new Stack(app, 'Chat');
    new ImportedModel(producer, 'Llama', { source: weights() }).publishArn('/models/llama');
    new CfnOutput(consumer, 'Arn', { value: ImportedModel.fromParameter(consumer, 'Llama', '/models/llama').modelArn });

    expect(JSON.stringify([templateOf(producer), templateOf(consumer)])).not.toMatch(/Export|ImportValue/);
  });

  test('can be in several parameters, but not in one with a token in its name', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    model.publishArn('/models/llama');
    model.publishArn('/models/default');
    model.publishArn('/models-llama');

    expect(resourcesOf(stack, 'AWS::SSM::Parameter')).toHaveLength(3);
    expect(() => model.publishArn(stack.account)).toThrow(/parameterName: .* must be known at synthesis/);
  });
});

function templateOf(stack: Stack): { Parameters?: object } {
  return (stack.node.root as ReturnType<typeof newApp>).synth().getStackByName(stack.stackName).template as { Parameters?: object };
}
