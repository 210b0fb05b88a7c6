import { type App, aws_bedrock as bedrock, Duration, PhysicalName, Stack, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { BatchSurroundings } from './batch-play';
import type { PolicyDocument } from './engine';
import type { Exception } from './proof';
import {
  BatchEngine, BatchInference, BatchInferenceFragment, type BatchInferenceProps, BatchLocation, ImportedModel, InferenceProfileModel,
  ModelInvocationType,
} from '../../src';
import { ENV, KEY_ARN, MODEL_ARN, OTHER_ACCOUNT, REGION, ROLE_ARN } from '../support/stacks';

/** A usage of batch inference. Together, the scenes cover every property that affects a policy. */
export interface BatchScene {
  readonly name: string;
  /** The engines of the rounds. */
  readonly engines: readonly string[];
  readonly unneeded?: readonly Exception[];
  build(app: App): BatchSurroundings | void;
}

const JOB_AND_MAP = ['job', 'map'];
const ONLY_MAP = ['map', 'map'];

/** A permission of each batch with jobs: whether there are tags is only known when the policies are already synthesized. */
const TAGS: Exception = { what: /Role\S*: bedrock:TagResource on /, reason: 'tags can be added to the construct until the end of the synthesis' };

const PROFILE: Exception = {
  what: /: bedrock:CreateModelInvocationJob on \S+:inference-profile\//,
  reason: 'AWS does not say whether the profile is checked besides the models: the reference lists no profile, and the ARN of one is the modelId of the request',
};

/** The policies of a bucket are the same for all that write; the policies of their roles are narrower. */
const BUCKET_POLICY: Exception = {
  what: /(BucketPolicy|Policy)\S*: s3:(GetObject|PutObject|AbortMultipartUpload|ListMultipartUploadParts|ListBucket) on arn:aws:s3:::/,
  reason: 'one set of statements for the bucket policy, whoever writes: the roles themselves have less',
};

const stackIn = (app: App, id = 'Batch') => new Stack(app, id, { env: ENV });
const foundationModel = (stack: Stack) =>
  bedrock.FoundationModel.fromFoundationModelId(stack, 'Nova', new bedrock.FoundationModelIdentifier('amazon.nova-lite-v1:0'));
const importedModel = (stack: Stack) => ImportedModel.fromImportedModelArn(stack, 'Llama', MODEL_ARN);

/** Input and output, each with a bucket. */
function locationsIn(stack: Stack, isEncrypted = false): Pick<BatchInferenceProps, 'input' | 'output'> {
  const bucket = (id: string) => new s3.Bucket(stack, id, { encryptionKey: isEncrypted ? new kms.Key(stack, `${id}Key`) : undefined });
  return { input: BatchLocation.fromBucket(bucket('Questions'), 'in/'), output: BatchLocation.fromBucket(bucket('Answers'), 'out/') };
}

/** A bucket of another account, which is defined in the app. */
function bucketElsewhere(app: App, isEncrypted: boolean): s3.Bucket {
  const owner = new Stack(app, 'Data', { env: { account: OTHER_ACCOUNT, region: REGION } });
  return new s3.Bucket(owner, 'Bucket', { bucketName: PhysicalName.GENERATE_IF_NEEDED, encryptionKey: isEncrypted ? new kms.Key(owner, 'Key') : undefined });
}

const THEIR_KEY_ARN = KEY_ARN.replace(ENV.account, OTHER_ACCOUNT);

/** The policies that the owner of a bucket and a key adds for roles. */
function policiesOf(location: BatchLocation, batch: BatchInference, isOutput: boolean) {
  const roles = isOutput ? [batch.handler.role!, batch.stateMachine.role, ...batch.role ? [batch.role] : []] : [batch.handler.role!];
  const asJson = (statements: iam.PolicyStatement[]) => new iam.PolicyDocument({ statements }).toJSON() as PolicyDocument;
  return {
    account: OTHER_ACCOUNT,
    keyArn: THEIR_KEY_ARN,
    bucketPolicy: asJson(roles.flatMap(role => location.bucketPolicyStatements(role, isOutput))),
    keyPolicy: asJson(roles.map(({ roleArn }) => new iam.PolicyStatement({
      principals: [new iam.AccountPrincipal(ENV.account)],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: ['*'],
      conditions: { ArnEquals: { 'aws:PrincipalArn': roleArn } },
    }))),
  };
}

export const BATCH_SCENES: readonly BatchScene[] = [
  {
    name: 'an imported model',
    engines: ONLY_MAP,
    build: app => {
      const stack = stackIn(app);
      new BatchInference(stack, 'Batch', { model: importedModel(stack), ...locationsIn(stack) });
    },
  },
  {
    name: 'an imported model with a key, encrypted records, and consumers',
    engines: ONLY_MAP,
    build: app => {
      const stack = stackIn(app);
      const encryptionKey = kms.Key.fromKeyArn(stack, 'ModelKey', KEY_ARN);
      const model = ImportedModel.fromImportedModelAttributes(stack, 'Llama', { importedModelArn: MODEL_ARN, encryptionKey });
      const batch = new BatchInference(stack, 'Batch', { model, ...locationsIn(stack, true) });
      const [starter, reader] = ['Consumer', 'ConsumerThatReads'].map(id => new iam.Role(stack, id, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }));
      batch.grantStart(starter);
      batch.grantRead(reader);
      return { modelKeyArn: KEY_ARN, consumers: [{ role: starter }, { role: reader, reads: true }] };
    },
  },
  {
    name: 'a foundation model, without account and Region in the stack',
    engines: JOB_AND_MAP,
    unneeded: [TAGS],
    build: app => {
      const stack = new Stack(app, 'Agnostic');
      new BatchInference(stack, 'Batch', { model: foundationModel(stack), ...locationsIn(stack) });
    },
  },
  {
    name: 'a foundation model with encrypted records, tags, a deadline, a VPC and tracing',
    engines: JOB_AND_MAP,
    build: app => {
      const stack = stackIn(app);
      const vpc = new ec2.Vpc(stack, 'Vpc', {
        natGateways: 0, maxAzs: 2, restrictDefaultSecurityGroup: false, gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
      });
      const batch = new BatchInference(stack, 'Batch', {
        model: foundationModel(stack), ...locationsIn(stack, true), vpc, deadline: Duration.hours(12), jobTags: { team: 'platform' }, tracingEnabled: true,
      });
      Tags.of(batch).add('stage', 'test');
    },
  },
  {
    name: 'only InvokeModel of a foundation model',
    engines: ONLY_MAP,
    build: app => {
      const stack = stackIn(app);
      new BatchInference(stack, 'Batch', { model: foundationModel(stack), engine: BatchEngine.DISTRIBUTED_MAP, ...locationsIn(stack) });
    },
  },
  {
    name: 'an inference profile',
    engines: JOB_AND_MAP,
    unneeded: [TAGS, PROFILE],
    build: app => {
      const stack = stackIn(app);
      const model = InferenceProfileModel.fromInferenceProfileArn(`arn:aws:bedrock:${REGION}:${ENV.account}:inference-profile/us.amazon.nova-lite-v1:0`);
      new BatchInference(stack, 'Batch', { model, ...locationsIn(stack) });
      return { modelsBehind: ['us-east-1', 'us-west-2'].map(region => `arn:aws:bedrock:${region}::foundation-model/amazon.nova-lite-v1:0`) };
    },
  },
  {
    name: 'records with the body of Converse: no record goes to InvokeModel',
    engines: ['job'],
    unneeded: [TAGS],
    build: app => {
      const stack = stackIn(app);
      new BatchInference(stack, 'Batch', { model: foundationModel(stack), modelInvocationType: ModelInvocationType.CONVERSE, ...locationsIn(stack) });
    },
  },
  {
    name: 'an existing service role',
    engines: JOB_AND_MAP,
    unneeded: [TAGS],
    build: app => {
      const stack = stackIn(app);
      new BatchInference(stack, 'Batch', { model: foundationModel(stack), role: iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN), ...locationsIn(stack) });
    },
  },
  {
    name: 'one file as input, and executions that choose a folder for the output',
    engines: JOB_AND_MAP,
    unneeded: [TAGS],
    build: app => {
      const stack = stackIn(app);
      const input = BatchLocation.fromBucket(new s3.Bucket(stack, 'OneFile'), 'in/questions.jsonl');
      new BatchInference(stack, 'Batch', { model: foundationModel(stack), ...locationsIn(stack), input });
      return { options: (_, { bucket, key }) => ({ output: `s3://${bucket}/${key}team/` }) };
    },
  },
  {
    name: 'the whole bucket as input, and executions that choose a folder of it',
    engines: ONLY_MAP,
    build: app => {
      const stack = stackIn(app);
      const input = BatchLocation.fromBucket(new s3.Bucket(stack, 'All'), '');
      new BatchInference(stack, 'Batch', { model: importedModel(stack), ...locationsIn(stack), input });
      return { options: ({ bucket }) => ({ input: `s3://${bucket}/team/` }) };
    },
  },
  {
    name: 'an output key other than that of the bucket',
    engines: JOB_AND_MAP,
    unneeded: [TAGS],
    build: app => {
      const stack = stackIn(app);
      const bucket = new s3.Bucket(stack, 'Data', { encryptionKey: new kms.Key(stack, 'BucketKey') });
      new BatchInference(stack, 'Batch', {
        model: foundationModel(stack), ...locationsIn(stack), output: BatchLocation.fromBucket(bucket, 'out/', { encryptionKey: new kms.Key(stack, 'OutputKey') }),
      });
    },
  },
  {
    name: 'input in a bucket of another account, with a key of that account',
    engines: ONLY_MAP,
    build: app => {
      const stack = stackIn(app);
      const input = BatchLocation.fromBucket(bucketElsewhere(app, true), 'in/');
      new BatchInference(stack, 'Batch', { model: importedModel(stack), ...locationsIn(stack), input });
    },
  },
  {
    name: 'output in a bucket of another account',
    engines: JOB_AND_MAP,
    unneeded: [TAGS, BUCKET_POLICY],
    build: app => {
      const stack = stackIn(app);
      const output = BatchLocation.fromBucket(bucketElsewhere(app, false), 'out/');
      new BatchInference(stack, 'Batch', { model: foundationModel(stack), ...locationsIn(stack), output });
    },
  },
  {
    name: 'input in a bucket of another account, whose owner adds the policies',
    engines: ONLY_MAP,
    build: app => {
      const stack = stackIn(app);
      const bucket = s3.Bucket.fromBucketName(stack, 'Theirs', 'theirs');
      const input = BatchLocation.fromBucket(bucket, 'in/', { bucketAccount: OTHER_ACCOUNT, encryptionKey: kms.Key.fromKeyArn(stack, 'TheirKey', THEIR_KEY_ARN) });
      const batch = new BatchInference(stack, 'Batch', { model: importedModel(stack), ...locationsIn(stack), input });
      return { elsewhere: { stack, ...policiesOf(input, batch, false) } };
    },
  },
  {
    name: 'output in a bucket of another account, with a key, whose owner adds the policies',
    engines: JOB_AND_MAP,
    unneeded: [TAGS],
    build: app => {
      const stack = stackIn(app);
      const bucket = s3.Bucket.fromBucketName(stack, 'Theirs', 'theirs');
      const output = BatchLocation.fromBucket(bucket, 'out/', { bucketAccount: OTHER_ACCOUNT, encryptionKey: kms.Key.fromKeyArn(stack, 'TheirKey', THEIR_KEY_ARN) });
      const batch = new BatchInference(stack, 'Batch', { model: foundationModel(stack), ...locationsIn(stack), output });
      return { elsewhere: { stack, ...policiesOf(output, batch, true) } };
    },
  },
  {
    name: 'a part of another state machine',
    engines: JOB_AND_MAP,
    unneeded: [TAGS],
    build: app => {
      const stack = stackIn(app);
      const batch = new BatchInferenceFragment(stack, 'Batch', { model: foundationModel(stack), ...locationsIn(stack), optionsPath: '$.batch' });
      const stateMachine = new sfn.StateMachine(stack, 'Nightly', { definitionBody: sfn.DefinitionBody.fromChainable(batch) });
      batch.allowMapRuns(stateMachine);
    },
  },
  {
    name: 'a batch in another stack than its consumers',
    engines: ONLY_MAP,
    build: app => {
      const stack = stackIn(app);
      const batch = new BatchInference(stack, 'Batch', { model: importedModel(stack), ...locationsIn(stack, true) });
      const [starter, reader] = ['Consumer', 'ConsumerThatReads']
        .map(id => new iam.Role(stackIn(app, id), id, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }));
      batch.grantStart(starter);
      batch.grantRead(reader);
      return { consumers: [{ role: starter }, { role: reader, reads: true }] };
    },
  },
  {
    name: 'another partition',
    engines: JOB_AND_MAP,
    unneeded: [TAGS],
    build: app => {
      const stack = new Stack(app, 'Batch', { env: { ...ENV, region: 'us-gov-west-1' } });
      new BatchInference(stack, 'Batch', { model: foundationModel(stack), ...locationsIn(stack, true) });
    },
  },
];
