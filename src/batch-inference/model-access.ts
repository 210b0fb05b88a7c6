import { Token } from 'aws-cdk-lib';
import type * as bedrock from 'aws-cdk-lib/aws-bedrock';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';

/** Whether a model is known to be an imported one: by its class, or by its ARN. */
export function isImportedModel(model: bedrock.IModel): boolean {
  return 'metricModelCopy' in model || !Token.isUnresolved(model.modelArn) && model.modelArn.includes(':imported-model/');
}

/** The ARNs that a permission to use a model names: that of the model, and those of the models behind an inference profile. */
export function resourceArnsOf(model: bedrock.IModel): string[] {
  return [model.modelArn, ...'foundationModelArns' in model ? model.foundationModelArns as string[] : []];
}

/** The permissions to invoke a model. An imported model with a customer managed key is decrypted on behalf of the caller. */
export function invokeStatements(model: bedrock.IModel): iam.PolicyStatement[] {
  const key = 'encryptionKey' in model ? model.encryptionKey as kms.IKey | undefined : undefined;
  return [
    new iam.PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: resourceArnsOf(model) }),
    ...key ? [new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] })] : [],
  ];
}
