import type { Bucket } from './account';
import type { Ask, Where } from './requests';

/**
 * The authorization requests of Amazon S3, as documented by AWS, independent of the policies of this library.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
 */

/** An object in a bucket, and the key that it is encrypted with. */
export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly owner: Bucket;
  readonly keyArn?: string;
}

/** A request for an object. */
export const askOfObject = (action: string, { bucket, key, owner: { account } }: StoredObject, { partition }: Where): Ask =>
  ({ action: `s3:${action}`, resource: `arn:${partition}:s3:::${bucket}/${key}`, account, context: { 'aws:ResourceAccount': account } });

/** Amazon S3 uses the key of an object on behalf of the caller. */
export const asksOfObjectKey = (actions: readonly string[], { keyArn }: StoredObject, { region }: Where): Ask[] =>
  keyArn === undefined ? [] : actions.map(action => (
    { action: `kms:${action}`, resource: keyArn, account: keyArn.split(':')[4], context: { 'kms:ViaService': `s3.${region}.amazonaws.com` } }));

export const asksOfGet = (object: StoredObject, where: Where): Ask[] => [
  askOfObject('GetObject', object, where), ...asksOfObjectKey(['Decrypt'], object, where),
];

/** A list of the objects whose keys begin with `key`. */
export function asksOfList({ bucket, key, owner: { account } }: StoredObject, { partition }: Where): Ask[] {
  return [{ action: 's3:ListBucket', resource: `arn:${partition}:s3:::${bucket}`, account, context: { 'aws:ResourceAccount': account, 's3:prefix': key } }];
}
