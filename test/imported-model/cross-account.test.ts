import { type App, PhysicalName, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ImportedModel, ModelSource } from '../../src';
import { ACCOUNT, ENV, newApp, newStack, OTHER_ACCOUNT, REGION, ROLE_ARN, weights } from '../../testing/support/stacks';
import { inTemplate, resourceFor, resourceOf, resourcesOf, statementsIn, statementsOf } from '../../testing/support/template';

const role = (stack: Stack) => iam.Role.fromRoleArn(stack, 'ServiceRole', ROLE_ARN);
const json = (stack: Stack, statements: iam.PolicyStatement[]) => inTemplate(stack, statements.map(statement => statement.toStatementJson()));
const who = {
  Principal: { AWS: `arn:\${AWS::Partition}:iam::${ACCOUNT}:root` },
  Condition: { ArnEquals: { 'aws:PrincipalArn': ROLE_ARN } },
};

describe('the policy statements for the owner of the weights', () => {
  test('allow to read the model, and not the rest of the bucket', () => {
    const stack = newStack();

    expect(json(stack, weights().bucketPolicyStatements(role(stack)))).toEqual([
      { ...who, Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:${AWS::Partition}:s3:::amzn-s3-demo-bucket/llama/*' },
      {
        ...who,
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: 'arn:${AWS::Partition}:s3:::amzn-s3-demo-bucket',
        Condition: { ...who.Condition, StringLike: { 's3:prefix': ['llama', 'llama/*'] } },
      },
    ]);
  });

  test('allow to decrypt with the key', () => {
    const stack = newStack();

    expect(json(stack, weights().keyPolicyStatements(role(stack)))).toEqual([
      { ...who, Effect: 'Allow', Action: ['kms:Decrypt', 'kms:DescribeKey'], Resource: '*' },
    ]);
  });
});

describe('a bucket of another account in the same app', () => {
  function bucketIn(app: App, account: string, encryptionKey = true) {
    const stack = new Stack(app, 'Weights', { env: { account, region: REGION } });
    const key = encryptionKey ? new kms.Key(stack, 'Key') : undefined;
    return new s3.Bucket(stack, 'Bucket', { bucketName: PhysicalName.GENERATE_IF_NEEDED, encryptionKey: key });
  }

  test('allows the service role to read before the import starts', () => {
    const app = newApp();
    const bucket = bucketIn(app, OTHER_ACCOUNT, false);
    const stack = new Stack(app, 'Models', { env: ENV });
    const model = new ImportedModel(stack, 'Llama', { source: ModelSource.fromBucket(bucket, 'llama/') });
    const owner = Stack.of(bucket);
    const allowed = statementsIn(resourceOf(owner, 'AWS::S3::BucketPolicy').Properties.PolicyDocument);

    expect(allowed.map(({ actions }) => actions)).toEqual([['s3:GetObject'], ['s3:ListBucket']]);
    expect(JSON.stringify(resourceOf(owner, 'AWS::S3::BucketPolicy'))).toContain(`:iam::${ACCOUNT}:role/${resourcesOf(stack, 'AWS::IAM::Role')[0].Properties.RoleName}`);
    expect(stack.dependencies).toContain(owner);
    expect(owner.dependencies).toEqual([]);
    expect(statementsOf(model.role)[0].conditions).toEqual({ StringEquals: { 'aws:ResourceAccount': OTHER_ACCOUNT } });
  });

  test('allows the service role to decrypt with its key before the import starts', () => {
    const app = newApp();
    const bucket = bucketIn(app, OTHER_ACCOUNT);
    const stack = new Stack(app, 'Models', { env: ENV });
    const model = new ImportedModel(stack, 'Llama', { source: ModelSource.fromBucket(bucket, 'llama/') });
    const owner = Stack.of(bucket);

    const roleName = resourcesOf(stack, 'AWS::IAM::Role')[0].Properties.RoleName;
    expect(statementsIn(resourceOf(owner, 'AWS::KMS::Key').Properties.KeyPolicy)).toContainEqual(expect.objectContaining({
      actions: ['kms:Decrypt', 'kms:DescribeKey'],
      conditions: { ArnEquals: { 'aws:PrincipalArn': expect.stringContaining(`:iam::${ACCOUNT}:role/${roleName}`) } },
    }));
    expect(statementsOf(model.role).flatMap(({ actions }) => actions)).toContain('kms:Decrypt');
    expect(stack.dependencies).toContain(owner);
    expect(owner.dependencies).toEqual([]);
  });

  test('can let the provider in, which decrypts only through Amazon S3', () => {
    const app = newApp();
    const bucket = bucketIn(app, OTHER_ACCOUNT);
    const source = ModelSource.fromBucket(bucket, 'llama/');
    const stack = new Stack(app, 'Models', { env: ENV });
    const { provider } = new ImportedModel(stack, 'Llama', { source });
    for (const statement of source.bucketPolicyStatements(provider.role)) bucket.addToResourcePolicy(statement);
    const { RoleName } = resourceFor(provider.role).Properties;

    expect(JSON.stringify(resourceOf(Stack.of(bucket), 'AWS::S3::BucketPolicy'))).toContain(`:iam::${ACCOUNT}:role/${RoleName}`);
    expect(statementsOf(provider.role)).toContainEqual(expect.objectContaining({
      actions: ['kms:Decrypt'],
      resources: [`arn:\${AWS::Partition}:kms:${REGION}:${OTHER_ACCOUNT}:key/*`],
      conditions: { StringEquals: { 'kms:ViaService': `s3.${REGION}.amazonaws.com` } },
    }));
  });

  test('needs no bucket policy in the account of the model', () => {
    const app = newApp();
    const bucket = bucketIn(app, ACCOUNT);
    new ImportedModel(new Stack(app, 'Models', { env: ENV }), 'Llama', { source: ModelSource.fromBucket(bucket, 'llama/') });

    expect(resourcesOf(Stack.of(bucket), 'AWS::S3::BucketPolicy')).toEqual([]);
  });
});

test('an imported bucket is not changed', () => {
  const stack = newStack({ env: ENV });
  const bucket = s3.Bucket.fromBucketAttributes(stack, 'Weights', { bucketName: 'amzn-s3-demo-bucket', account: OTHER_ACCOUNT });
  const model = new ImportedModel(stack, 'Llama', { source: ModelSource.fromBucket(bucket, 'llama/') });

  expect(resourcesOf(stack, 'AWS::S3::BucketPolicy')).toEqual([]);
  expect(statementsOf(model.role)[0].conditions).toEqual({ StringEquals: { 'aws:ResourceAccount': OTHER_ACCOUNT } });
});

test('the service role has no physical name within one account', () => {
  const stack = newStack({ env: ENV });
  new ImportedModel(stack, 'Llama', { source: weights() });

  expect(resourcesOf(stack, 'AWS::IAM::Role').map(({ Properties }) => Properties.RoleName)).toEqual(Array(4).fill(undefined));
});

test('the provider lists the folders of each bucket only there', () => {
  const stack = newStack({ env: ENV });
  ['one/llama', 'two/qwen', 'one/mistral'].forEach((place, index) => new ImportedModel(stack, `Model${index}`, { source: ModelSource.fromS3Uri(`s3://${place}/`) }));
  const { provider } = new ImportedModel(stack, 'Last', { source: ModelSource.fromS3Uri('s3://two/last') });
  const listed = statementsOf(provider.role).filter(({ actions }) => actions.includes('s3:ListBucket'))
    .map(({ resources, conditions }) => [resources, (conditions as { StringLike: object }).StringLike]);

  expect(listed).toEqual([
    [['arn:${AWS::Partition}:s3:::one'], { 's3:prefix': ['llama/*', 'mistral/*'] }],
    [['arn:${AWS::Partition}:s3:::two'], { 's3:prefix': ['qwen/*', 'last/*'] }],
  ]);
});
