import { type App, CfnParameter, NestedStack, PhysicalName, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { PolicyDocument } from './engine';
import type { Surroundings } from './play';
import {
  ImportedModel, ImportedModelLookup, ModelEncryption, ModelFormatCheck, ModelImportProvider, ModelSource, ModelVerification,
} from '../../src';
import { ENV, KEY_ARN, OTHER_ACCOUNT, REGION, ROLE_ARN, weights } from '../support/stacks';

/** What becomes of the check of the files. If it is refused, the import goes on. */
export type Check = 'reads' | 'isRefused' | 'isDisabled';

/** A usage of the library. Together, the scenes cover every property that affects a policy. */
export interface Scene {
  readonly name: string;
  /** Whether grants on the key of the model are allowed without conditions. @default false */
  readonly unconditionalGrants?: boolean;
  /** Matches the logical IDs of policies that are written by the user. */
  readonly written?: RegExp;
  /** @default 'reads' */
  readonly check?: Check;
  /** Whether the prefix is known only at deployment. It may be empty then, so the name of the folder may be listed also without a slash. @default false */
  readonly unknownPrefix?: boolean;
  /** Whether the provider verifies new models. @default false */
  readonly verifies?: boolean;
  build(app: App): Surroundings | void;
}

const lambdaService = () => new iam.ServicePrincipal('lambda.amazonaws.com');
const stackIn = (app: App, id = 'Models') => new Stack(app, id, { env: ENV });

/** A VPC with access to Amazon S3. */
function vpcIn(stack: Stack): ec2.Vpc {
  return new ec2.Vpc(stack, 'Vpc', {
    natGateways: 0, maxAzs: 2, restrictDefaultSecurityGroup: false, gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
  });
}

/** A bucket of another account, with a bucket policy in the app. */
function bucketElsewhere(app: App, encrypted: boolean): s3.Bucket {
  const owner = new Stack(app, 'Weights', { env: { account: OTHER_ACCOUNT, region: REGION } });
  const encryptionKey = encrypted ? new kms.Key(owner, 'Key') : undefined;
  return new s3.Bucket(owner, 'Bucket', { bucketName: PhysicalName.GENERATE_IF_NEEDED, encryptionKey });
}

/** A model with weights of another account, whose owner adds the policies that the source provides for some roles. */
function weightsOfOwner(app: App, encrypted: boolean, rolesOf: (model: ImportedModel) => iam.IRole[]): Surroundings {
  const stack = stackIn(app);
  const keyArn = KEY_ARN.replace(ENV.account, OTHER_ACCOUNT);
  const encryptionKey = encrypted ? kms.Key.fromKeyArn(stack, 'Key', keyArn) : undefined;
  const source = ModelSource.fromS3Uri('s3://theirs/llama/', { bucketAccount: OTHER_ACCOUNT, encryptionKey });
  const roles = rolesOf(new ImportedModel(stack, 'Llama', { source }));
  const policyOf = (statementsFor: (role: iam.IRole) => iam.PolicyStatement[]) =>
    new iam.PolicyDocument({ statements: roles.flatMap(statementsFor) }).toJSON() as PolicyDocument;
  const bucketPolicy = policyOf(role => source.bucketPolicyStatements(role));
  const ofKey = encrypted ? { keyArn, keyPolicy: policyOf(role => source.keyPolicyStatements(role)) } : {};
  return { weights: { stack, account: OTHER_ACCOUNT, bucketPolicy, ...ofKey } };
}

function parameterIn(stack: Stack, id: string): string {
  return new CfnParameter(stack, id).valueAsString;
}

export const SCENES: readonly Scene[] = [
  {
    name: 'weights at a URI',
    build: app => { new ImportedModel(stackIn(app), 'Llama', { source: weights() }); },
  },
  {
    name: 'no account and no Region in the stack',
    build: app => { new ImportedModel(new Stack(app, 'Agnostic'), 'Llama', { source: weights() }); },
  },
  {
    name: 'a bucket with a key, a customer managed key, a VPC, and a consumer',
    build: app => {
      const stack = stackIn(app);
      const bucket = new s3.Bucket(stack, 'Weights', { encryptionKey: new kms.Key(stack, 'WeightsKey') });
      const model = new ImportedModel(stack, 'Llama', {
        source: ModelSource.fromBucket(bucket, 'llama/'), encryption: ModelEncryption.customerManaged(), vpc: vpcIn(stack),
      });
      const role = new iam.Role(stack, 'Consumer', { assumedBy: lambdaService() });
      model.grantInvoke(role);
      const reader = new iam.Role(stack, 'ConsumerThatReads', { assumedBy: lambdaService() });
      model.grantRead(reader);
      return { consumers: [{ role, model }, { role: reader, model, reads: true }] };
    },
  },
  {
    name: 'existing roles for service and provider, an existing key and security group',
    build: app => {
      const stack = stackIn(app);
      const vpc = vpcIn(stack);
      new ImportedModel(stack, 'Llama', {
        source: weights(),
        role: iam.Role.fromRoleArn(stack, 'ServiceRole', ROLE_ARN),
        provider: new ModelImportProvider(stack, 'Provider', { role: iam.Role.fromRoleArn(stack, 'ProviderRole', ROLE_ARN.replace('import', 'provider')) }),
        encryption: ModelEncryption.customerManaged(kms.Key.fromKeyArn(stack, 'Key', KEY_ARN)),
        vpc,
        securityGroups: [new ec2.SecurityGroup(stack, 'Group', { vpc })],
      });
    },
  },
  {
    name: 'a service role of the app, to which the library adds permissions',
    build: app => {
      const stack = stackIn(app);
      const role = new iam.Role(stack, 'Role', {
        assumedBy: new iam.ServicePrincipal('bedrock.amazonaws.com', {
          conditions: {
            StringEquals: { 'aws:SourceAccount': ENV.account },
            ArnEquals: { 'aws:SourceArn': `arn:aws:bedrock:${REGION}:${ENV.account}:model-import-job/*` },
          },
        }),
      });
      new ImportedModel(stack, 'Llama', { source: weights(), role });
    },
  },
  {
    name: 'a key whose policy allows only the two roles',
    written: /^Key/,
    build: app => {
      const stack = stackIn(app);
      const key = new kms.Key(stack, 'Key', { policy: new iam.PolicyDocument() });
      const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(key, { serviceRoleUsesKey: true }) });
      const roles = [ModelImportProvider.getOrCreate(stack).role, model.role].map(({ roleArn }) => roleArn);
      key.addToResourcePolicy(new iam.PolicyStatement({
        principals: [new iam.AccountRootPrincipal()], actions: ['kms:*'], resources: ['*'], conditions: { ArnEquals: { 'aws:PrincipalArn': roles } },
      }));
      return { serviceRoleUsesKey: true };
    },
  },
  {
    name: 'a new key that the service role uses as well',
    build: app => {
      new ImportedModel(stackIn(app), 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(undefined, { serviceRoleUsesKey: true }) });
      return { serviceRoleUsesKey: true };
    },
  },
  {
    name: 'a key with unconditional grants',
    unconditionalGrants: true,
    build: app => {
      new ImportedModel(stackIn(app), 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged(undefined, { unconditionalGrants: true }) });
    },
  },
  {
    name: 'a bucket of another account',
    check: 'isRefused',
    build: app => { new ImportedModel(stackIn(app), 'Llama', { source: ModelSource.fromBucket(bucketElsewhere(app, false), 'llama/') }); },
  },
  {
    name: 'a bucket of another account, with a key of that account',
    check: 'isRefused',
    build: app => { new ImportedModel(stackIn(app), 'Llama', { source: ModelSource.fromBucket(bucketElsewhere(app, true), 'llama/') }); },
  },
  {
    name: 'a bucket of another account, with a key of that account, that lets the provider in',
    written: /^Key/, // kms:DescribeKey is for Bedrock
    build: app => {
      const bucket = bucketElsewhere(app, true);
      const source = ModelSource.fromBucket(bucket, 'llama/');
      const { provider } = new ImportedModel(stackIn(app), 'Llama', { source });
      for (const statement of source.bucketPolicyStatements(provider.role)) bucket.addToResourcePolicy(statement);
      for (const statement of source.keyPolicyStatements(provider.role)) bucket.encryptionKey!.addToResourcePolicy(statement);
    },
  },
  {
    name: 'weights of another account, whose owner adds the policies that the source provides',
    check: 'isRefused',
    build: app => weightsOfOwner(app, true, ({ role }) => [role]),
  },
  {
    name: 'weights of another account, whose owner lets the provider in as well',
    build: app => weightsOfOwner(app, false, ({ role, provider }) => [role, provider.role]),
  },
  {
    name: 'encrypted weights of another account, whose owner lets the provider in as well',
    build: app => weightsOfOwner(app, true, ({ role, provider }) => [role, provider.role]),
  },
  {
    name: 'weights at a URI, with a key of the account',
    build: app => {
      const stack = stackIn(app);
      const source = ModelSource.fromS3Uri('s3://amzn-s3-demo-bucket/llama/', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) });
      new ImportedModel(stack, 'Llama', { source });
      return { weights: { stack, keyArn: KEY_ARN } };
    },
  },
  {
    name: 'functions in a VPC, with an existing log group',
    build: app => {
      const stack = stackIn(app);
      const provider = new ModelImportProvider(stack, 'Provider', {
        vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 1, restrictDefaultSecurityGroup: false }),
        logGroup: logs.LogGroup.fromLogGroupName(stack, 'LogGroup', '/platform/model-import'),
      });
      new ImportedModel(stack, 'Llama', { source: weights(), provider });
    },
  },
  {
    name: 'a URI that is a parameter',
    build: app => {
      const stack = stackIn(app);
      new ImportedModel(stack, 'Llama', { source: ModelSource.fromS3Uri(parameterIn(stack, 'Uri')) });
      return { parameters: { Uri: 's3://amzn-s3-demo-bucket/llama/' } };
    },
  },
  {
    name: 'bucket and prefix are parameters',
    unknownPrefix: true,
    build: app => {
      const stack = stackIn(app);
      const bucket = s3.Bucket.fromBucketName(stack, 'Weights', parameterIn(stack, 'Name'));
      new ImportedModel(stack, 'Llama', { source: ModelSource.fromBucket(bucket, parameterIn(stack, 'Prefix')) });
      return { parameters: { Name: 'amzn-s3-demo-bucket', Prefix: 'llama' } };
    },
  },
  {
    name: 'a prefix that is an empty parameter: the whole bucket',
    unknownPrefix: true,
    build: app => {
      const stack = stackIn(app);
      new ImportedModel(stack, 'Llama', { source: ModelSource.fromBucket(new s3.Bucket(stack, 'Weights'), parameterIn(stack, 'Prefix')) });
      return { parameters: { Prefix: '' } };
    },
  },
  {
    name: 'the whole bucket',
    build: app => {
      const stack = stackIn(app);
      new ImportedModel(stack, 'Llama', { source: ModelSource.fromBucket(new s3.Bucket(stack, 'Weights'), '') });
    },
  },
  {
    name: 'a star in the prefix',
    build: app => {
      const stack = stackIn(app);
      new ImportedModel(stack, 'Llama', { source: ModelSource.fromBucket(new s3.Bucket(stack, 'Weights'), 'l*ma/') });
    },
  },
  {
    name: 'two models of one provider, with separate keys',
    build: app => {
      const stack = stackIn(app);
      const bucket = new s3.Bucket(stack, 'Weights', { encryptionKey: new kms.Key(stack, 'WeightsKey') });
      for (const id of ['Llama', 'Qwen']) {
        new ImportedModel(stack, id, { source: ModelSource.fromBucket(bucket, `${id}/`), encryption: ModelEncryption.customerManaged() });
      }
    },
  },
  {
    name: 'three models of one provider, in two buckets',
    build: app => {
      const stack = stackIn(app);
      const buckets = ['Llamas', 'Qwens'].map(id => new s3.Bucket(stack, `${id}Weights`, { encryptionKey: new kms.Key(stack, `${id}Key`) }));
      for (const [index, folder] of ['llama/1', 'qwen/1', 'llama/2/'].entries()) {
        new ImportedModel(stack, `Model${index}`, { source: ModelSource.fromBucket(buckets[index % 2], folder) });
      }
    },
  },
  {
    name: 'files that are not checked',
    check: 'isDisabled',
    build: app => { new ImportedModel(stackIn(app), 'Llama', { source: weights(), formatCheck: ModelFormatCheck.disabled() }); },
  },
  {
    name: 'encrypted files that are not checked',
    check: 'isDisabled',
    build: app => {
      const stack = stackIn(app);
      const bucket = new s3.Bucket(stack, 'Weights', { encryptionKey: new kms.Key(stack, 'WeightsKey') });
      new ImportedModel(stack, 'Llama', { source: ModelSource.fromBucket(bucket, 'llama/'), formatCheck: ModelFormatCheck.disabled() });
    },
  },
  {
    name: 'a model that is verified',
    verifies: true,
    build: app => { new ImportedModel(stackIn(app), 'Llama', { source: weights(), verification: ModelVerification.invoke({ prompt: 'Hello' }) }); },
  },
  {
    name: 'a model that is verified, with a customer managed key, and one that is not, with a provider in another stack',
    verifies: true,
    build: app => {
      const provider = new ModelImportProvider(stackIn(app, 'Platform'), 'Provider');
      const stack = stackIn(app);
      const encryption = ModelEncryption.customerManaged(new kms.Key(stack, 'Key'));
      const verification = ModelVerification.invoke({ body: { messages: [{ role: 'user', content: 'Hello' }] } });
      new ImportedModel(stack, 'Llama', { source: weights(), provider, encryption, verification });
      new ImportedModel(stack, 'Qwen', { source: ModelSource.fromS3Uri('s3://amzn-s3-demo-bucket/qwen/'), provider });
    },
  },
  {
    name: 'a model whose predecessor is kept',
    build: app => { new ImportedModel(stackIn(app), 'Llama', { source: weights(), keepPrevious: true }); },
  },
  {
    name: 'a provider in another stack, and a consumer in a third one',
    build: app => {
      const provider = new ModelImportProvider(stackIn(app, 'Platform'), 'Provider');
      const stack = stackIn(app, 'Models');
      const model = new ImportedModel(stack, 'Llama', { source: weights(), provider, encryption: ModelEncryption.customerManaged() });
      const role = new iam.Role(stackIn(app, 'Chat'), 'Consumer', { assumedBy: lambdaService() });
      model.grantInvoke(role);
      return { consumers: [{ role, model }] };
    },
  },
  {
    name: 'a nested stack',
    build: app => {
      const nested = new NestedStack(stackIn(app), 'Nested');
      new ImportedModel(nested, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });
    },
  },
  {
    name: 'another partition',
    build: app => {
      const stack = new Stack(app, 'Models', { env: { ...ENV, region: 'us-gov-west-1' } });
      new ImportedModel(stack, 'Llama', { source: weights(), vpc: vpcIn(stack), encryption: ModelEncryption.customerManaged() });
    },
  },
  {
    name: 'a model that is looked up by name',
    build: app => {
      const stack = stackIn(app);
      const { importedModelName } = new ImportedModel(stack, 'Llama', { source: weights() });
      const model = new ImportedModelLookup(stack, 'Found', { importedModelName });
      const role = new iam.Role(stack, 'Consumer', { assumedBy: lambdaService() });
      model.grantInvoke(role);
      return { consumers: [{ role, model }] };
    },
  },
];
