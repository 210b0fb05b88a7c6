import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Folder, Side } from '../shared/constructs/bucket-access';

/** The place of the weights in Amazon S3, for policies. */
export interface Place {
  readonly s3Uri: string;
  readonly bucket?: s3.IBucket;
  readonly bucketArn: string;
  /** Undefined if it is part of a token. */
  readonly folder?: Folder;
  /** The objects of the model, if the folder is part of a token. */
  readonly objectsArn?: string;
  readonly bucketAccount?: string;
  readonly encryptionKey?: kms.IKey;
  readonly version?: string;
}

/** The permissions to read the weights. */
export function readStatements({ bucketArn, folder, objectsArn }: Place, { principals, conditions }: Side): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      principals,
      actions: ['s3:GetObject'],
      // All objects of the model: only Bedrock knows which ones it reads.
      resources: [objectsArn ?? `${bucketArn}/${folder?.objects}`],
      conditions,
    }),
    // A separate statement, because the condition key `s3:prefix` exists only for list requests.
    new iam.PolicyStatement({
      principals,
      actions: ['s3:ListBucket'],
      resources: [bucketArn],
      conditions: folder?.prefixes ? { ...conditions, StringLike: { 's3:prefix': folder.prefixes } } : conditions,
    }),
  ];
}

export function decryptStatement(keyArn: string, side: Side = {}): iam.PolicyStatement {
  return new iam.PolicyStatement({ ...side, actions: ['kms:Decrypt', 'kms:DescribeKey'], resources: [keyArn] });
}

/** The permission to decrypt what can be read from Amazon S3 anyway. The ARN may be that of all keys of another account. */
export function decryptThroughS3(scope: Construct, keyArn: string): iam.PolicyStatement {
  const conditions = { StringEquals: { 'kms:ViaService': `s3.${Stack.of(scope).region}.amazonaws.com` } };
  return new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [keyArn], conditions });
}
