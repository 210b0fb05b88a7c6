import { Fn, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ImportedModel, ModelEncryption } from '../../src';
import { ACCOUNT, ENV, KEY_ARN, newApp, newStack, REGION, weights } from '../../testing/support/stacks';
import { inTemplate, modelOf, resourceOf, resourcesOf, statementsOf } from '../../testing/support/template';

/** What AWS documents for the caller of CreateModelImportJob; grants are for AWS services only, and for the operations of the documented event. */
const useOf = (arn: unknown) => [
  { effect: 'Allow', actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'], resources: [arn] },
  {
    effect: 'Allow',
    actions: ['kms:CreateGrant'],
    resources: [arn],
    conditions: {
      'Bool': { 'kms:GrantIsForAWSResource': 'true' },
      'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'CreateGrant', 'GenerateDataKey', 'DescribeKey'] },
    },
  },
];

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
    ['whose ARN only the deployment knows', (stack: Stack): kms.IKey => kms.Key.fromKeyArn(stack, 'Key', Fn.importValue('KeyArn'))],
    ['that is looked up', (stack: Stack): kms.IKey => kms.Key.fromLookup(stack, 'Key', { aliasName: 'alias/models' })],
  ])('encrypts the model with a key %s', (_, keyIn) => {
    const stack = newStack({ env: ENV });
    const key = keyIn(stack);
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(key) });

    const arn = inTemplate(stack, key.keyArn);
    expect(modelOf(stack).Properties.ImportedModelKmsKeyId).toBe(arn);
    expect(keyStatements(model.provider.role)).toEqual(useOf(arn));
    expect(keyStatements(model.role)).toEqual([]);
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
    expect(keyStatements(model.provider.role)).toEqual(useOf(arn));
    expect(model.encryptionKey).toBe(key);
  });

  test('takes a key of the Region that only the deployment knows', () => {
    const stack = newStack();
    const key = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${REGION}:${ACCOUNT}:key/12345678-1234-1234-1234-123456789012`);

    expect(() => new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(key) })).not.toThrow();
  });
});

describe('who may use the key', () => {
  const build = () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });
    return { model, arn: inTemplate(stack, model.encryptionKey!.keyArn) };
  };

  // #21: as little as the documents ask for.
  test('the provider, in whose name Bedrock makes its grants, and no service role', () => {
    const { model, arn } = build();

    expect(keyStatements(model.provider.role)).toEqual(useOf(arn));
    expect(keyStatements(model.role)).toEqual([]);
  });

  test('can be switched, if a real account refuses that: the service role as well, and grants without conditions', () => {
    const stack = newStack();
    const encryption = ModelEncryption.customerManaged(undefined, { serviceRoleUsesKey: true, unconditionalGrants: true });
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption });
    const unconditional = useOf(inTemplate(stack, model.encryptionKey!.keyArn))
      .map(({ effect, actions, resources }) => ({ effect, actions, resources }));

    expect(keyStatements(model.provider.role)).toEqual(unconditional);
    expect(keyStatements(model.role)).toEqual(unconditional);
  });
});
