import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';

/**
 * The permissions to encrypt a model with a customer managed key. Bedrock uses the key, and creates grants on it, on behalf of the caller of
 * CreateModelImportJob.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/encryption-import-model.html
 */
export function keyStatements(key: kms.IKey, unconditionalGrants = false): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'], resources: [key.keyArn] }),
    new iam.PolicyStatement({
      actions: ['kms:CreateGrant'],
      resources: [key.keyArn],
      conditions: unconditionalGrants ? undefined : {
        'Bool': { 'kms:GrantIsForAWSResource': 'true' },
        'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'CreateGrant', 'GenerateDataKey', 'DescribeKey'] },
      },
    }),
  ];
}
