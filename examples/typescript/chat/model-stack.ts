import { Stack, type StackProps } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ImportedModel, ModelEncryption, ModelSource } from 'cdk-bedrock-model-import';
import type { Construct } from 'constructs';

export interface ModelStackProps extends StackProps {
  /** The name of the bucket with the weights below `llama-3.1-8b-instruct/`. */
  readonly weightsBucket: string;
  /** The version of the weights. A new version at the same URI starts a new import. */
  readonly weightsVersion: string;
  /** The name of the parameter to publish the ARN of the model in. */
  readonly parameterName: string;
}

/** Imports the model and publishes its ARN in a parameter for other stacks. */
export class ModelStack extends Stack {
  public readonly encryptionKey?: kms.IKey;

  constructor(scope: Construct, id: string, props: ModelStackProps) {
    super(scope, id, props);
    const weights = s3.Bucket.fromBucketName(this, 'Weights', props.weightsBucket);
    const model = new ImportedModel(this, 'Llama', {
      source: ModelSource.fromBucket(weights, 'llama-3.1-8b-instruct/', { version: props.weightsVersion }),
      encryption: ModelEncryption.customerManaged(),
    });
    model.publishArn(props.parameterName);
    this.encryptionKey = model.encryptionKey;
  }
}
