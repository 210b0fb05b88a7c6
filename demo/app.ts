import { App, CfnOutput, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { GatewayVpcEndpointAwsService, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { BATCH_STACK, MODEL_STACK, PROMPT, WEIGHTS_PREFIX, WEIGHTS_STACK } from './names';
import { BatchInference, BatchLocation, ImportedModel, ModelEncryption, ModelSource, ModelVerification } from '../src';

/** The parameter with the ARN of the model. */
const ARN_PARAMETER = '/demo/llama';

/** A bucket for the weights, encrypted with a separate key. */
class WeightsStack extends Stack {
  public readonly bucket: IBucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const encryptionKey = new Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY });
    this.bucket = new Bucket(this, 'Weights', {
      encryption: BucketEncryption.KMS,
      encryptionKey,
      bucketKeyEnabled: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new CfnOutput(this, 'BucketName', { value: this.bucket.bucketName });
    new CfnOutput(this, 'KeyArn', { value: encryptionKey.keyArn });
  }
}

interface ModelStackProps {
  readonly weights: IBucket;
  /** The version of the weights. A new version at the same URI starts a new import. */
  readonly weightsVersion: string;
}

/** The imported model, and a VPC without internet access for the import job. */
class ModelStack extends Stack {
  public readonly model: ImportedModel;

  constructor(scope: Construct, id: string, props: ModelStackProps) {
    super(scope, id);
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'import', subnetType: SubnetType.PRIVATE_ISOLATED }],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });

    const model = new ImportedModel(this, 'Llama', {
      source: ModelSource.fromBucket(props.weights, WEIGHTS_PREFIX, { version: props.weightsVersion }),
      encryption: ModelEncryption.customerManaged(),
      vpc,
      verification: ModelVerification.invoke({ prompt: PROMPT }),
      importTimeout: Duration.minutes(30),
    });
    Tags.of(model).add('team', 'platform');
    this.model = model;

    new CfnOutput(this, 'ModelArn', { value: model.modelArn });
    new CfnOutput(this, 'ModelName', { value: model.importedModelName });
    new CfnOutput(this, 'JobArn', { value: model.jobArn });
    new CfnOutput(this, 'ModelArchitecture', { value: model.modelArchitecture });
    new CfnOutput(this, 'FilesDigest', { value: model.filesDigest! });
  }
}

/** Batch inference with the imported model, whose ARN is in a parameter, because each import has another one. */
class BatchStack extends Stack {
  constructor(scope: Construct, id: string, encryptionKey: IKey) {
    super(scope, id);
    const model = ImportedModel.fromParameter(this, 'Llama', ARN_PARAMETER, { encryptionKey });
    const data = new Bucket(this, 'Data', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const batch = new BatchInference(this, 'Answers', {
      model,
      input: BatchLocation.fromBucket(data, 'in/'),
      output: BatchLocation.fromBucket(data, 'out/'),
      toleratedFailureCount: 1,
    });
    new CfnOutput(this, 'BucketName', { value: data.bucketName });
    new CfnOutput(this, 'StateMachineArn', { value: batch.stateMachine.stateMachineArn });
  }
}

export const app = new App();
const { bucket } = new WeightsStack(app, WEIGHTS_STACK);
const modelStack = new ModelStack(app, MODEL_STACK, { weights: bucket, weightsVersion: String(app.node.tryGetContext('weightsVersion') ?? '1') });
if (app.node.tryGetContext('batch')) {
  modelStack.model.publishArn(ARN_PARAMETER);
  new BatchStack(app, BATCH_STACK, modelStack.model.encryptionKey!).addDependency(modelStack);
}
