import { CfnParameter, Fn, Lazy, PhysicalName, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ImportedModel, ModelSource } from '../../src';
import { ACCOUNT, ENV, newApp, newStack, OTHER_ACCOUNT, REGION, ROLE_ARN } from '../../testing/support/stacks';
import { inTemplate, modelOf, statementsOf } from '../../testing/support/template';

/** The properties of the custom resource and the permissions of the service role for a source. */
function deploy(stack: Stack, source: ModelSource) {
  const model = new ImportedModel(stack, 'Llama', { source });
  const allowed = statementsOf(model.role);
  const statementOn = (action: string) => allowed.find(({ actions }) => actions.includes(action));
  return {
    properties: modelOf(stack).Properties,
    get: statementOn('s3:GetObject')!,
    list: statementOn('s3:ListBucket')!,
    decrypt: statementOn('kms:Decrypt'),
  };
}

/** The condition of a statement, by its key. */
const condition = (statement: { readonly conditions?: unknown }, operator: string, key: string) =>
  (statement.conditions as { [operator: string]: { [key: string]: unknown } | undefined })[operator]?.[key];
const prefixesOf = (list: { readonly conditions?: unknown }) => condition(list, 'StringLike', 's3:prefix');
const ownerOf = (statement: { readonly conditions?: unknown }) => condition(statement, 'StringEquals', 'aws:ResourceAccount');

describe('weights in a bucket', () => {
  test('have the URI of the bucket and the prefix', () => {
    const stack = newStack();
    const bucket = new s3.Bucket(stack, 'Weights');
    const { properties } = deploy(stack, ModelSource.fromBucket(bucket, 'llama/8b/'));

    expect(properties.S3Uri).toBe(`s3://${inTemplate(stack, bucket.bucketName)}/llama/8b/`);
  });

  test.each(['llama/8b/', 'llama/8b'])('with the prefix %s can be read and listed, without neighbouring prefixes', (prefix) => {
    const stack = newStack();
    const { properties, get, list } = deploy(stack, ModelSource.fromBucket(s3.Bucket.fromBucketName(stack, 'Weights', 'weights'), prefix));

    expect(properties.S3Uri).toBe(`s3://weights/${prefix}`);
    expect(get.resources).toEqual(['arn:${AWS::Partition}:s3:::weights/llama/8b/*']);
    expect(list.resources).toEqual(['arn:${AWS::Partition}:s3:::weights']);
    expect(prefixesOf(list)).toEqual(['llama/8b', 'llama/8b/*']);
  });

  test('can be the whole bucket', () => {
    const stack = newStack();
    const { properties, get, list } = deploy(stack, ModelSource.fromBucket(s3.Bucket.fromBucketName(stack, 'Weights', 'weights'), ''));

    expect(properties.S3Uri).toBe('s3://weights/');
    expect(get.resources).toEqual(['arn:${AWS::Partition}:s3:::weights/*']);
    expect(prefixesOf(list)).toBeUndefined();
  });

  test('can be in a bucket with a token as its name', () => {
    const stack = newStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Weights', Fn.importValue('WeightsBucket'));
    const { properties, get } = deploy(stack, ModelSource.fromBucket(bucket, 'llama/'));

    expect(properties.S3Uri).toBe('s3://${import WeightsBucket}/llama/');
    expect(get.resources).toEqual(['arn:${AWS::Partition}:s3:::${plain ${import WeightsBucket}}/llama/*']);
  });

  test('can be in a bucket of another stack', () => {
    const app = newApp();
    const bucket = new s3.Bucket(new Stack(app, 'Weights'), 'Bucket', { encryption: s3.BucketEncryption.KMS });
    const stack = new Stack(app, 'Models');
    const { properties, decrypt } = deploy(stack, ModelSource.fromBucket(bucket, 'llama/'));

    expect(properties.S3Uri).toMatch(/^s3:\/\/\$\{import Weights:.*\}\/llama\/$/);
    expect(decrypt!.resources).toEqual([expect.stringMatching(/^\$\{import Weights:.*Key.*Arn/)]);
  });
});

describe('weights at a URI', () => {
  test.each([
    ['s3://weights/llama/8b/', 'weights', 'weights/llama/8b/*', ['llama/8b', 'llama/8b/*']],
    ['s3://weights/llama/8b', 'weights', 'weights/llama/8b/*', ['llama/8b', 'llama/8b/*']],
    ['s3://weights/', 'weights', 'weights/*', undefined],
    ['s3://weights', 'weights', 'weights/*', undefined],
  ])('%s can be read and listed, without neighbouring prefixes', (uri, bucket, objects, prefixes) => {
    const { properties, get, list } = deploy(newStack(), ModelSource.fromS3Uri(uri));

    expect(properties.S3Uri).toBe(uri);
    expect(get.resources).toEqual([`arn:\${AWS::Partition}:s3:::${objects}`]);
    expect(list.resources).toEqual([`arn:\${AWS::Partition}:s3:::${bucket}`]);
    expect(prefixesOf(list)).toEqual(prefixes);
  });

  test('can be a token', () => {
    const stack = newStack();
    const { properties, list } = deploy(stack, ModelSource.fromS3Uri(new CfnParameter(stack, 'Uri').valueAsString));

    expect(properties.S3Uri).toBe('${Uri}');
    expect(list.resources).toEqual(['arn:${AWS::Partition}:s3:::${plain ${select 2 of "${split ${Uri} at /}"}}']);
    expect(prefixesOf(list)).toBeUndefined();
  });

  test.each([
    ['s3://weights/llama/8b/', 'weights/llama/8b/*'],
    ['s3://weights/llama/8b', 'weights/llama/8b/*'],
    ['s3://weights/', 'weights/*'],
    ['s3://weights', 'weights/*'],
  ])('%s in a token can be read without neighbouring prefixes', (uri, objects) => {
    const stack = newStack();
    const source = ModelSource.fromS3Uri(new CfnParameter(stack, 'Uri').valueAsString);
    const [get] = source.bucketPolicyStatements(iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN));

    expect(deployed(stack.resolve(get.toStatementJson().Resource), { 'Uri': uri, 'AWS::Partition': 'aws' })).toBe(`arn:aws:s3:::${objects}`);
  });

  test.each([
    ['a lazy value', () => Lazy.string({ produce: () => 's3://weights/llama/' }), 's3://weights/llama/'],
    ['an imported value', () => Fn.importValue('Uri'), '${import Uri}'],
    ['text around an imported value', () => `s3://${Fn.importValue('Bucket')}/llama/`, 's3://${import Bucket}/llama/'],
  ])('can have %s', (_, uri, rendered) => {
    expect(deploy(newStack(), ModelSource.fromS3Uri(uri())).properties.S3Uri).toBe(rendered);
  });
});

describe('the version', () => {
  test('is a property of the custom resource', () => {
    expect(deploy(newStack(), ModelSource.fromS3Uri('s3://weights/llama/', { version: '2' })).properties.SourceVersion).toBe('2');
  });

  test('is undefined by default', () => {
    expect(deploy(newStack(), ModelSource.fromS3Uri('s3://weights/llama/')).properties).not.toHaveProperty('SourceVersion');
  });

  test('can be any text with a token', () => {
    const stack = newStack();
    const version = `über ${new CfnParameter(stack, 'Commit').valueAsString}`;

    expect(deploy(stack, ModelSource.fromS3Uri('s3://weights/llama/', { version })).properties.SourceVersion).toBe('über ${Commit}');
  });
});

describe('the owner of the bucket', () => {
  const ownersOf = (stack: Stack, source: ModelSource) => {
    const { get, list } = deploy(stack, source);
    return [ownerOf(get), ownerOf(list)];
  };

  test('is the account of the stack by default, for a URI', () => {
    expect(ownersOf(newStack(), ModelSource.fromS3Uri('s3://weights/llama/'))).toEqual(['${AWS::AccountId}', '${AWS::AccountId}']);
    expect(ownersOf(newStack({ env: ENV }), ModelSource.fromS3Uri('s3://weights/llama/'))).toEqual([ACCOUNT, ACCOUNT]);
  });

  test('is the account of the stack by default, for a bucket imported by name', () => {
    const stack = newStack();

    expect(ownersOf(stack, ModelSource.fromBucket(s3.Bucket.fromBucketName(stack, 'Weights', 'weights'), ''))).toEqual(['${AWS::AccountId}', '${AWS::AccountId}']);
  });

  test('is the account of an imported bucket', () => {
    const stack = newStack();
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Weights', { bucketName: 'weights', account: OTHER_ACCOUNT });

    expect(ownersOf(stack, ModelSource.fromBucket(bucket, 'llama/'))).toEqual([OTHER_ACCOUNT, OTHER_ACCOUNT]);
  });

  test('is the account of the stack of the bucket', () => {
    const app = newApp();
    const theirs = new Stack(app, 'Weights', { env: { account: OTHER_ACCOUNT, region: REGION } });
    const bucket = new s3.Bucket(theirs, 'Bucket', { bucketName: PhysicalName.GENERATE_IF_NEEDED });
    const stack = new Stack(app, 'Models', { env: ENV });

    expect(ownersOf(stack, ModelSource.fromBucket(bucket, 'llama/'))).toEqual([OTHER_ACCOUNT, OTHER_ACCOUNT]);
  });

  test.each([
    ['a bucket', (stack: Stack, bucketAccount: string) => ModelSource.fromBucket(s3.Bucket.fromBucketName(stack, 'Weights', 'weights'), '', { bucketAccount })],
    ['a URI', (_: Stack, bucketAccount: string) => ModelSource.fromS3Uri('s3://weights/llama/', { bucketAccount })],
  ])('of %s can be a property', (_, source) => {
    const stack = newStack();

    expect(ownersOf(stack, source(stack, OTHER_ACCOUNT))).toEqual([OTHER_ACCOUNT, OTHER_ACCOUNT]);
  });

  test('can be a token', () => {
    const stack = newStack();
    const bucketAccount = new CfnParameter(stack, 'Owner').valueAsString;

    expect(ownersOf(stack, ModelSource.fromS3Uri('s3://weights/llama/', { bucketAccount }))).toEqual(['${Owner}', '${Owner}']);
  });
});

describe('the key of the weights', () => {
  const resourcesOfKey = (stack: Stack, source: ModelSource) => deploy(stack, source).decrypt?.resources;

  test('is the key of a bucket of the app', () => {
    const stack = newStack();
    const bucket = new s3.Bucket(stack, 'Weights', { encryption: s3.BucketEncryption.KMS });

    expect(resourcesOfKey(stack, ModelSource.fromBucket(bucket, 'llama/'))).toEqual([inTemplate(stack, bucket.encryptionKey!.keyArn)]);
  });

  test('is the key of an imported bucket', () => {
    const stack = newStack();
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${REGION}:${OTHER_ACCOUNT}:key/12345678-1234-1234-1234-123456789012`);
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Weights', { bucketName: 'weights', encryptionKey });

    expect(resourcesOfKey(stack, ModelSource.fromBucket(bucket, 'llama/'))).toEqual([encryptionKey.keyArn]);
  });

  test.each([
    ['a bucket without one', (stack: Stack) => ModelSource.fromBucket(new s3.Bucket(stack, 'Weights'), 'llama/')],
    ['a bucket imported by name', (stack: Stack) => ModelSource.fromBucket(s3.Bucket.fromBucketName(stack, 'Weights', 'weights'), 'llama/')],
    ['a URI', () => ModelSource.fromS3Uri('s3://weights/llama/')],
  ])('is undefined for %s', (_, source) => {
    const stack = newStack();

    expect(resourcesOfKey(stack, source(stack))).toBeUndefined();
  });

  test.each([
    ['a bucket', (stack: Stack, encryptionKey: kms.IKey) =>
      ModelSource.fromBucket(new s3.Bucket(stack, 'Weights', { encryption: s3.BucketEncryption.KMS }), 'llama/', { encryptionKey })],
    ['a URI', (_: Stack, encryptionKey: kms.IKey) => ModelSource.fromS3Uri('s3://weights/llama/', { encryptionKey })],
  ])('of %s can be a property', (_, source) => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');

    expect(resourcesOfKey(stack, source(stack, key))).toEqual([inTemplate(stack, key.keyArn)]);
  });

  test('is the key of an alias, because a permission on an alias has no effect', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');

    expect(resourcesOfKey(stack, ModelSource.fromS3Uri('s3://weights/llama/', { encryptionKey: key.addAlias('weights') })))
      .toEqual([inTemplate(stack, key.keyArn)]);
  });

  test('is the key of the alias of a bucket', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    const bucket = new s3.Bucket(stack, 'Weights', { encryptionKey: key.addAlias('weights') });

    expect(resourcesOfKey(stack, ModelSource.fromBucket(bucket, 'llama/'))).toEqual([inTemplate(stack, key.keyArn)]);
  });

  test('does not encrypt the model', () => {
    const stack = newStack();
    const source = ModelSource.fromBucket(new s3.Bucket(stack, 'Weights', { encryption: s3.BucketEncryption.KMS }), 'llama/');

    expect(deploy(stack, source).properties).not.toHaveProperty('ImportedModelKmsKeyId');
  });
});

test('several models can share one source', () => {
  const stack = newStack();
  const source = ModelSource.fromBucket(new s3.Bucket(stack, 'Weights'), 'llama/');
  const models = ['One', 'Two'].map(id => new ImportedModel(stack, id, { source }));

  expect(statementsOf(models[0].role)).toEqual(statementsOf(models[1].role));
});

/** The value after the deployment. */
function deployed(value: unknown, refs: { readonly [name: string]: string }): unknown {
  const run = (part: unknown) => deployed(part, refs);
  if (typeof value !== 'object' || value === null) return value;
  const [[name, argument]] = Object.entries(value) as [string, unknown][];
  const list = argument as unknown[];
  switch (name) {
    case 'Ref': return refs[String(argument)];
    case 'Fn::Join': return (list[1] as unknown[]).map(run).join(String(list[0]));
    case 'Fn::Split': return String(run(list[1])).split(String(list[0]));
    case 'Fn::Select': return (run(list[1]) as unknown[])[Number(list[0])];
    default: throw new Error(`${name} is not supported`);
  }
}
