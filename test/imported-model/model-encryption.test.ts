import { Fn, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ImportedModel, ModelEncryption } from '../../src';
import { ACCOUNT, ENV, KEY_ARN, newApp, newStack, REGION, weights } from '../../testing/support/stacks';
import { inTemplate, modelOf, resourceOf, resourcesOf, statementsOf } from '../../testing/support/template';

// permissions.test.ts has the permissions on a key.
const keyStatements = (role: iam.IRole) => statementsOf(role).filter(({ actions }) => actions.some(action => action.startsWith('kms:')));
const keysOf = (role: iam.IRole) => [...new Set(keyStatements(role).flatMap(({ resources }) => resources))];

describe.each([
  ['by default', undefined],
  ['with awsOwnedKey()', ModelEncryption.awsOwnedKey()],
])('%s', (_, encryption) => {
  const stack = newStack();
  const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption });

  test('the model has no customer managed key', () => {
    expect(model.encryptionKey).toBeUndefined();
    expect(modelOf(stack).Properties).not.toHaveProperty('ImportedModelKmsKeyId');
    expect(resourcesOf(stack, 'AWS::KMS::Key')).toEqual([]);
  });

  test('no role has a permission on a key', () => {
    expect(keyStatements(model.role)).toEqual([]);
    expect(keyStatements(model.provider.role)).toEqual([]);
  });
});

describe('customerManaged()', () => {
  test('creates a symmetric key with annual rotation', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });

    const { Properties } = resourceOf(stack, 'AWS::KMS::Key');
    expect(Properties).toMatchObject({ EnableKeyRotation: true, Description: expect.stringContaining('Stack/Llama') });
    expect(Properties).not.toHaveProperty('KeySpec');
  });

  test('encrypts the model with the new key', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });

    expect(modelOf(stack).Properties.ImportedModelKmsKeyId).toBe(`\${${resourceOf(stack, 'AWS::KMS::Key').id}.Arn}`);
    expect(inTemplate(stack, model.encryptionKey!.keyArn)).toBe(modelOf(stack).Properties.ImportedModelKmsKeyId);
  });

  test('creates a key for each model, also when two models share one ModelEncryption', () => {
    const stack = newStack();
    const encryption = ModelEncryption.customerManaged();
    const keys = ['One', 'Two'].map(id => new ImportedModel(stack, id, { source: weights(), encryption }).encryptionKey);

    expect(keys[0]).not.toBe(keys[1]);
    expect(resourcesOf(stack, 'AWS::KMS::Key')).toHaveLength(2);
  });
});

describe('customerManaged(key)', () => {
  test.each([
    ['of the stack', (stack: Stack): kms.IKey => new kms.Key(stack, 'Key')],
    ['imported by its ARN', (stack: Stack): kms.IKey => kms.Key.fromKeyArn(stack, 'Key', KEY_ARN)],
    ['imported by an ARN with a token', (stack: Stack): kms.IKey => kms.Key.fromKeyArn(stack, 'Key', Fn.importValue('KeyArn'))],
    ['from a lookup', (stack: Stack): kms.IKey => kms.Key.fromLookup(stack, 'Key', { aliasName: 'alias/models' })],
  ])('encrypts the model with a key %s', (_, keyIn) => {
    const stack = newStack({ env: ENV });
    const key = keyIn(stack);
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(key) });

    const arn = inTemplate(stack, key.keyArn);
    expect(modelOf(stack).Properties.ImportedModelKmsKeyId).toBe(arn);
    expect(keysOf(model.provider.role)).toEqual([arn]);
  });

  test('can be a key of another stack', () => {
    const app = newApp();
    const key = new kms.Key(new Stack(app, 'Keys'), 'Key');
    const stack = new Stack(app, 'Models');
    new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(key) });

    expect(modelOf(stack).Properties.ImportedModelKmsKeyId).toMatch(/^\$\{import Keys:/);
  });

  test('can be shared by several models', () => {
    const stack = newStack();
    const encryption = ModelEncryption.customerManaged(new kms.Key(stack, 'Key'));
    ['One', 'Two'].forEach(id => new ImportedModel(stack, id, { source: weights(), encryption }));

    expect(resourcesOf(stack, 'AWS::KMS::Key')).toHaveLength(1);
  });

  test.each([
    ['of the app', (key: kms.Key) => key.addAlias('models')],
    ['imported with its key', (key: kms.Key) =>
      kms.Alias.fromAliasAttributes(key.stack, 'Alias', { aliasName: 'alias/models', aliasTargetKey: key })],
  ])('uses the key of an alias %s, because a permission on an alias has no effect', (_, aliasOf) => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(aliasOf(key)) });

    const arn = inTemplate(stack, key.keyArn);
    expect(modelOf(stack).Properties.ImportedModelKmsKeyId).toBe(arn);
    expect(keysOf(model.provider.role)).toEqual([arn]);
    expect(model.encryptionKey).toBe(key);
  });

  test('accepts a key with a Region in an environment-agnostic stack', () => {
    const stack = newStack();
    const key = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${REGION}:${ACCOUNT}:key/12345678-1234-1234-1234-123456789012`);

    expect(() => new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(key) })).not.toThrow();
  });
});

// The default is what AWS documents. A real account may refuse it.
test('the service role can use the key as well, and grants can have no conditions', () => {
  const stack = newStack();
  const encryption = ModelEncryption.customerManaged(undefined, { serviceRoleUsesKey: true, unconditionalGrants: true });
  const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption });
  const arn = inTemplate(stack, model.encryptionKey!.keyArn);

  for (const role of [model.provider.role, model.role]) {
    expect(keyStatements(role)).toEqual([
      { effect: 'Allow', actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'], resources: [arn] },
      { effect: 'Allow', actions: ['kms:CreateGrant'], resources: [arn] },
    ]);
  }
});
