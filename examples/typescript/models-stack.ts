import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ImportedModel, ModelEncryption, ModelSource, ModelVerification } from 'cdk-bedrock-model-import';
import type { Construct } from 'constructs';

export interface ModelsStackProps extends StackProps {
  /** The name of the bucket with the weights. */
  readonly weightsBucket: string;
  /** The prefix of the weights in the bucket, like `llama-3.1-8b-instruct/`. */
  readonly weightsPrefix: string;
  /** The version of the weights. A new version at the same prefix starts a new import. */
  readonly weightsVersion: string;
  /** The name of the parameter to publish the ARN of the model in. */
  readonly parameterName: string;
}

/** Imports the model and publishes its ARN in a parameter for other stacks. */
export class ModelsStack extends Stack {
  public readonly modelKey: kms.IKey;

  constructor(scope: Construct, id: string, props: ModelsStackProps) {
    super(scope, id, props);
    const weights = s3.Bucket.fromBucketName(this, 'Weights', props.weightsBucket);
    this.modelKey = new kms.Key(this, 'ModelKey', { enableKeyRotation: true });

    const model = new ImportedModel(this, 'Llama', {
      source: ModelSource.fromBucket(weights, props.weightsPrefix, { version: props.weightsVersion }),
      encryption: ModelEncryption.customerManaged(this.modelKey),
      vpc: this.addNetwork(weights, props.weightsPrefix),
      importedModelTags: { weights: props.weightsVersion },
      verification: ModelVerification.invoke({ prompt: 'The capital of France is', expect: 'Paris' }),
      keepPrevious: true, // the other stack invokes the previous model until it is deployed, too
    });
    model.publishArn(props.parameterName);

    new CfnOutput(this, 'ModelArn', { value: model.modelArn });
    new CfnOutput(this, 'ModelName', { value: model.importedModelName });
  }

  /** A VPC whose only way out is Amazon S3, and there the weights. */
  private addNetwork(weights: s3.IBucket, prefix: string): ec2.Vpc {
    const vpc = new ec2.Vpc(this, 'Vpc', {
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    });
    const endpoint = vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    endpoint.addToPolicy(new iam.PolicyStatement({
      principals: [new iam.AnyPrincipal()],
      actions: ['s3:GetObject', 's3:ListBucket'],
      resources: [weights.bucketArn, weights.arnForObjects(`${prefix}*`)],
    }));
    return vpc;
  }
}
