import { Fn, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ImportedModel, ModelEncryption } from '../src';
import { ENV, KEY_ARN, newApp, newStack, OTHER_ACCOUNT, REGION, weights } from './support/stacks';
import { inTemplate, modelOf, resourceOf, resourcesOf, statementsOf } from './support/template';

const BUILDER = ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey', 'kms:CreateGrant'];

const keyStatements = (role: iam.IRole) => statementsOf(role).filter(({ actions }) => actions.some(action => action.startsWith('kms:')));

describe.each([
  ['by default', undefined],
  ['with awsOwnedKey()', ModelEncryption.awsOwnedKey()],
])('%s', (_, encryption) => {
  const stack = newStack();
  const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption });

  test('the model has no key of its own', () => {
    expect(model.encryptionKey).toBeUndefined();
    expect(modelOf(stack).Properties).not.toHaveProperty('ImportedModelKmsKeyId');
    expect(resourcesOf(stack, 'AWS::KMS::Key')).toEqual([]);
  });

  test('nobody is allowed anything on a key', () => {
    expect(keyStatements(model.role)).toEqual([]);
    expect(keyStatements(model.provider.role)).toEqual([]);
  });
});

describe('customerManaged()', () => {
  test('makes a symmetric key that is rotated every year', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });

    const { Properties } = resourceOf(stack, 'AWS::KMS::Key');
    expect(Properties).toMatchObject({ EnableKeyRotation: true, Description: expect.stringContaining('Stack/Llama') });
    expect(Properties).not.toHaveProperty('KeySpec');
  });

  test('encrypts the model with it', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });

    expect(modelOf(stack).Properties.ImportedModelKmsKeyId).toBe(`\${${resourceOf(stack, 'AWS::KMS::Key').id}.Arn}`);
    expect(inTemplate(stack, model.encryptionKey!.keyArn)).toBe(modelOf(stack).Properties.ImportedModelKmsKeyId);
  });

  test('makes a key for each model, even when two share one ModelEncryption', () => {
    const stack = newStack();
    const encryption = ModelEncryption.customerManaged();
    const keys = ['One', 'Two'].map(id => new ImportedModel(stack, id, { source: weights(), encryption }).encryptionKey);

    expect(keys[0]).not.toBe(keys[1]);
    expect(resourcesOf(stack, 'AWS::KMS::Key')).toHaveLength(2);
  });
});

describe('customerManaged(key)', () => {
  test.each([
    ['made in the stack', (stack: Stack): kms.IKey => new kms.Key(stack, 'Key')],
    ['known by its ARN', (stack: Stack): kms.IKey => kms.Key.fromKeyArn(stack, 'Key', KEY_ARN)],
    ['of another account', (stack: Stack): kms.IKey => kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace(/\d{12}/, OTHER_ACCOUNT))],
    ['whose ARN only the deployment knows', (stack: Stack): kms.IKey => kms.Key.fromKeyArn(stack, 'Key', Fn.importValue('KeyArn'))],
    ['that is looked up', (stack: Stack): kms.IKey => kms.Key.fromLookup(stack, 'Key', { aliasName: 'alias/models' })],
  ])('encrypts the model with a key %s', (_, keyIn) => {
    const stack = newStack({ env: ENV });
    const key = keyIn(stack);
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(key) });

    const arn = inTemplate(stack, key.keyArn);
    expect(modelOf(stack).Properties.ImportedModelKmsKeyId).toBe(arn);
    expect(keyStatements(model.role)).toEqual([{ effect: 'Allow', actions: BUILDER, resources: [arn] }]);
  });

  test('may be a key of another stack', () => {
    const app = newApp();
    const key = new kms.Key(new Stack(app, 'Keys'), 'Key');
    const stack = new Stack(app, 'Models');
    new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(key) });

    expect(modelOf(stack).Properties.ImportedModelKmsKeyId).toMatch(/^\$\{import Keys:/);
  });

  test('may be one key for several models', () => {
    const stack = newStack();
    const encryption = ModelEncryption.customerManaged(new kms.Key(stack, 'Key'));
    ['One', 'Two'].forEach(id => new ImportedModel(stack, id, { source: weights(), encryption }));

    expect(resourcesOf(stack, 'AWS::KMS::Key')).toHaveLength(1);
  });

  test.each([
    ['made in the app', (key: kms.Key) => key.addAlias('models')],
    ['that was imported with its key', (key: kms.Key) =>
      kms.Alias.fromAliasAttributes(key.stack, 'Alias', { aliasName: 'alias/models', aliasTargetKey: key })],
  ])('takes the key itself for an alias %s: a permission on an alias allows nothing', (_, aliasOf) => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(aliasOf(key)) });

    const arn = inTemplate(stack, key.keyArn);
    expect(modelOf(stack).Properties.ImportedModelKmsKeyId).toBe(arn);
    expect(keyStatements(model.role).map(({ resources }) => resources)).toEqual([[arn]]);
    expect(model.encryptionKey).toBe(key);
  });

  test('takes a key of the Region that only the deployment knows', () => {
    const stack = newStack();
    const key = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${REGION}:${OTHER_ACCOUNT}:key/12345678-1234-1234-1234-123456789012`);

    expect(() => new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(key) })).not.toThrow();
  });
});

describe('who may use the key', () => {
  const build = () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });
    return { model, arn: inTemplate(stack, model.encryptionKey!.keyArn) };
  };

  test('the service role, to check and to use it', () => {
    const { model, arn } = build();

    expect(keyStatements(model.role)).toEqual([{ effect: 'Allow', actions: BUILDER, resources: [arn] }]);
  });

  test('the provider, in whose name Bedrock makes its grants', () => {
    const { model, arn } = build();

    expect(keyStatements(model.provider.role)).toEqual([{ effect: 'Allow', actions: BUILDER, resources: [arn] }]);
  });
});
