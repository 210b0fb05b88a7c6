import { Annotations as CdkAnnotations, type IPropertyInjector, PropertyInjectors, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { ImportedModel, ModelImportProvider } from '../../src';
import { ACCOUNT, newApp, newStack, weights } from '../../testing/support/stacks';
import { modelOf, resourcesOf } from '../../testing/support/template';

describe('a Region without Custom Model Import', () => {
  const warnings = (region?: string, acknowledge = false) => {
    const stack = new Stack(newApp(), 'Stack', { env: { account: ACCOUNT, region } });
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    if (acknowledge) CdkAnnotations.of(model).acknowledgeWarning('cdk-bedrock-model-import:regionWithoutCustomModelImport');
    return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('Custom Model Import')).length;
  };

  test.each(['eu-west-1', 'us-gov-west-1', 'cn-north-1'])('%s has a warning', region => {
    expect(warnings(region)).toBe(1);
  });

  test('has a warning that can be acknowledged', () => {
    expect(warnings('eu-west-1', true)).toBe(0);
  });

  test.each(['us-east-1', 'us-east-2', 'us-west-2', 'eu-central-1', undefined])('%s has no warning', region => {
    expect(warnings(region)).toBe(0);
  });
});

describe('property injectors', () => {
  const retains: IPropertyInjector = {
    constructUniqueId: ImportedModel.PROPERTY_INJECTION_ID,
    inject: (props: object) => ({ removalPolicy: RemovalPolicy.RETAIN, ...props }),
  };

  test('of an outer scope apply to every model', () => {
    const app = newApp();
    PropertyInjectors.of(app).add(retains);
    const stack = new Stack(app, 'Stack');
    new ImportedModel(stack, 'Llama', { source: weights() });

    expect(modelOf(stack)).toMatchObject({ DeletionPolicy: 'Retain' });
  });

  test('apply to the shared provider of a stack', () => {
    const stack = newStack();
    PropertyInjectors.of(stack).add({
      constructUniqueId: ModelImportProvider.PROPERTY_INJECTION_ID,
      inject: (props: object) => ({ ...props, oneImportAtATime: false }),
    });
    for (const id of ['One', 'Two']) new ImportedModel(stack, id, { source: weights() });

    const [, second] = resourcesOf(stack, 'Custom::BedrockModelImport');
    expect(second.DependsOn ?? []).not.toContainEqual(expect.stringMatching(/^One/));
  });
});

test('logical ids are frozen, because they are part of deployed stacks', () => {
  const stack = newStack();
  new ImportedModel(stack, 'Llama', { source: weights() });

  // The ids of the provider framework belong to CDK, except the service token, which model-import-provider.test.ts has.
  expect(resourcesOf(stack).map(({ id }) => id).filter(id => !/framework|waiter/.test(id)).sort()).toEqual([
    'BedrockModelImportProviderCompleteRoleB235392F', 'BedrockModelImportProviderHandlerC5B7B4DE', 'BedrockModelImportProviderLogGroupDC56BD9E',
    'BedrockModelImportProviderOnEventRole0C90821F', 'BedrockModelImportProviderRoleF866674F', 'BedrockModelImportProviderRolePolicy7B347E26',
    'Llama4E7FDFEC', 'LlamaCheckA5CFEC68', 'LlamaImport02E29CF0', 'LlamaServiceRole31033319', 'LlamaServiceRolePolicyA3E07BE2', 'LlamaWait1381D57B2',
  ]);
});
