import { Stack, type StackProps } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ImportedModel, ModelEncryption, ModelSource } from 'cdk-bedrock-model-import';
import type { Construct } from 'constructs';

export interface ModelStackProps extends StackProps {
  /** The name of the bucket with the weights, which are below `llama-3.1-8b-instruct/`. */
  readonly weightsBucket: string;
  /** Another version at the same place is another import. */
  readonly weightsVersion: string;
  /** The parameter that is to have the ARN of the model. */
  readonly parameterName: string;
}

/** Imports the model and keeps its ARN in a parameter, for stacks of this app and of others. */
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
