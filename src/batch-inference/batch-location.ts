import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Place } from './contract';
import { INPUT_KEY, OUTPUT_PREFIX } from './library-limits';
import { admitToBucket, admitToKey, arnFrom, arnOf, asResourcePolicy, folderOf, isOfOtherAccount, type Side } from '../shared/constructs/bucket-access';
import { usableKey } from '../shared/constructs/encryption-key';
import { assertValid, checkKnown, checkSameRegion } from '../shared/constructs/validation';
import { ACCOUNT_ID } from '../shared/validation/api-constraints';
import { checkString, complaint } from '../shared/validation/complaint';

/**
 * Options for a location of records.
 */
export interface BatchLocationOptions {
  /**
   * The customer managed KMS key of the objects. Input is decrypted with it, and output is encrypted with it. Map runs have no option for a key: what
   * they write to `_work/` is encrypted with the key that the bucket is configured with.
   *
   * Required for encrypted objects in a bucket that is referenced by name or ARN.
   *
   * @default - the encryption key of the bucket, if CDK knows it; otherwise no permission on a key is granted, and output is encrypted as the bucket
   * is configured
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The account that owns the bucket, 12 digits: `s3BucketOwner` of a batch inference job. Each request names it, and fails if the bucket has another
   * owner.
   *
   * @default - the account of the bucket, if CDK knows it; otherwise the account of the stack
   */
  readonly bucketAccount?: string;
}

/**
 * A location of records in Amazon S3.
 *
 * @example
 * declare const data: s3.Bucket;
 *
 * const folder = BatchLocation.fromBucket(data, 'in/');
 * const oneFile = BatchLocation.fromBucket(data, 'in/questions.jsonl');
 */
export abstract class BatchLocation {
  /**
   * A prefix of a bucket.
   *
   * The encryption key and the account of a bucket that is defined in the app are used automatically. For `Bucket.fromBucketName()`, pass
   * `encryptionKey`.
   *
   * @param bucket The bucket
   * @param prefix The prefix, like `in/`, or the key of one `.jsonl` object as the input; at most 512 characters. Empty for the whole bucket. That of
   * an output may have letters, digits and the characters `- ! _ ' ( ) . /`
   * @param options Options for the location
   */
  public static fromBucket(bucket: s3.IBucket, prefix: string, options: BatchLocationOptions = {}): BatchLocation {
    return new BucketLocation(bucket, prefix, options);
  }

  /**
   * Statements for the policy of a bucket in another account, which let a role read or write here.
   *
   * They are added automatically to a bucket that is defined in the app. Otherwise the owner of the bucket adds them. The bucket of the input needs
   * them for the role of the function only (`batch.handler.role`). The bucket of the output needs them for the function, the state machine
   * (`batch.stateMachine.role`) and the service role of jobs (`batch.role`).
   *
   * @param role The role
   * @param write Whether the role writes, as it does in the output location. Default: false
   */
  public abstract bucketPolicyStatements(role: iam.IRole, write?: boolean): iam.PolicyStatement[];

  /**
   * Binds the location to a batch.
   *
   * @internal
   */
  public abstract _bind(scope: Construct, property: 'input' | 'output'): BoundLocation;
}

/** The actions on objects of who reads, and of who also writes. A map run reads the parts of a multipart upload. */
export const ON_OBJECTS = {
  read: ['s3:GetObject'],
  write: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
};

/** The actions on the key of who reads, and of who also writes. A multipart upload is decrypted when it is completed. */
export const WITH_KEY = { read: ['kms:Decrypt'], write: ['kms:Decrypt', 'kms:GenerateDataKey'] };

/** The keys as the resources of permissions: of another account that does not say the id of its key, all keys. */
interface KeyArns {
  /** The key of the location. */
  readonly key?: string;
  /** The key that the bucket is configured with, if the location has one of its own. */
  readonly otherBucketKey?: string;
}

function onKey(actions: string[], keyArn?: string): iam.PolicyStatement[] {
  return keyArn === undefined ? [] : [new iam.PolicyStatement({ actions, resources: [keyArn] })];
}

/**
 * A location, bound to a batch.
 *
 * @internal
 */
export class BoundLocation {
  public readonly place: Place;

  constructor(
    public readonly bucket: s3.IBucket,
    prefix: string,
    public readonly encryptionKey?: kms.IKey,
    bucketOwner?: string,
    private readonly keyArns: KeyArns = {},
  ) {
    this.place = { bucket: bucket.bucketName, key: prefix, bucketOwner };
  }

  /** A permission on the objects below the location. */
  public objects(actions: string[], below = '', side: Side = {}): iam.PolicyStatement {
    return new iam.PolicyStatement({ ...side, actions, resources: [`${arnOf(this.bucket)}/${this.folder(below).objects}`] });
  }

  /** The permission to list the objects below the location. */
  public list(below = '', side: Side = {}): iam.PolicyStatement {
    const { prefixes } = this.folder(below);
    const conditions = prefixes ? { ...side.conditions, StringLike: { 's3:prefix': prefixes } } : side.conditions;
    return new iam.PolicyStatement({ ...side, actions: ['s3:ListBucket'], resources: [arnOf(this.bucket)], conditions });
  }

  /** Permissions on the key, if there is one. */
  public key(...actions: string[]): iam.PolicyStatement[] {
    return onKey(actions, this.keyArns.key);
  }

  /**
   * Permissions on keys of who reads what the function has written, and writes as the bucket is configured: a map run has no option for a key.
   */
  public keysOfMapRun(): iam.PolicyStatement[] {
    const other = this.otherBucketKey(...WITH_KEY.write);
    return [...this.key(...other.length > 0 ? WITH_KEY.read : WITH_KEY.write), ...other];
  }

  /** Permissions on the key of the bucket, if it is known and another one. */
  public otherBucketKey(...actions: string[]): iam.PolicyStatement[] {
    return this.keyArns.otherBucketKey === this.keyArns.key ? [] : onKey(actions, this.keyArns.otherBucketKey);
  }

  /** Adds the permissions of a role below the location to the policies of bucket and key, if they are of another account and defined in this app. */
  public admit(role: iam.IRole, write: boolean, below = ''): void {
    if (isOfOtherAccount(role, this.bucket)) admitToBucket(this.bucket, this.resourcePolicy(role, write, below));
    if (this.encryptionKey && isOfOtherAccount(role, this.encryptionKey)) {
      const actions = write ? WITH_KEY.write : WITH_KEY.read;
      admitToKey(this.encryptionKey, [new iam.PolicyStatement({ ...asResourcePolicy(role), actions, resources: ['*'] })]);
    }
  }

  /** Statements for the policy of the bucket. */
  public resourcePolicy(role: iam.IRole, write: boolean, below = ''): iam.PolicyStatement[] {
    const side = asResourcePolicy(role);
    return [this.objects(write ? ON_OBJECTS.write : ON_OBJECTS.read, below, side), this.list(below, side)];
  }

  /** The bucket for a grant with conditions: CDK adds them to the policy of the principal only, and not to that of the bucket. */
  public limitedBucket(conditions: iam.Conditions): iam.IResourceWithPolicy {
    const addToResourcePolicy = (statement: iam.PolicyStatement) => {
      statement.addConditions(conditions);
      return this.bucket.addToResourcePolicy(statement);
    };
    return Object.create(this.bucket, { addToResourcePolicy: { value: addToResourcePolicy } });
  }

  private folder(below: string) {
    const { key } = this.place;
    return key.endsWith('.jsonl') ? { objects: key, prefixes: [key] } : folderOf(`${key}${below}`);
  }
}

class BucketLocation extends BatchLocation {
  constructor(private readonly bucket: s3.IBucket, private readonly prefix: string, private readonly options: BatchLocationOptions) {
    super();
  }

  public bucketPolicyStatements(role: iam.IRole, write = false): iam.PolicyStatement[] {
    return new BoundLocation(this.bucket, asFolder(this.prefix)).resourcePolicy(role, write);
  }

  public _bind(scope: Construct, property: 'input' | 'output'): BoundLocation {
    const { bucket, prefix, options } = this;
    assertValid(
      scope,
      Token.isUnresolved(prefix)
        ? complaint(property, prefix, 'a prefix that is known at synthesis, because permissions are limited to it',
          'Pass a string; each execution can choose a place within it')
        : checkString(property, prefix, property === 'output' ? OUTPUT_PREFIX : INPUT_KEY),
      checkKnown(`${property}.bucketAccount`, options.bucketAccount, ACCOUNT_ID),
    );
    const usable = (key?: kms.IKey) => key && usableKey(scope, `${property}.encryptionKey`, key);
    const encryptionKey = usable(options.encryptionKey ?? bucket.encryptionKey);
    if (property === 'output' && encryptionKey) assertValid(scope, checkKnownKey(scope, encryptionKey));
    const otherKey = property === 'output' && options.encryptionKey ? usable(bucket.encryptionKey) : undefined;
    const { account } = bucket.env;
    const bucketOwner = options.bucketAccount ?? (Token.isUnresolved(account) ? Stack.of(scope).account : account);
    assertValid(scope, checkSameRegion(scope, property, bucket, 'Copy the records to a bucket there'));
    return new BoundLocation(bucket, asFolder(prefix), encryptionKey, bucketOwner, {
      key: encryptionKey && arnFrom(scope, encryptionKey), otherBucketKey: otherKey && arnFrom(scope, otherKey),
    });
  }
}

/** Checks that a request can name the key for the output. The id of a key of another stack is known to stacks of the same account only. */
function checkKnownKey(scope: Construct, key: kms.IKey): string | undefined {
  if (!isOfOtherAccount(Stack.of(scope), key) || !Token.isUnresolved(key.keyArn)) return undefined;
  return complaint('output.encryptionKey', key.node.path, 'a key with a known ARN, because it is in another account', 'Deploy the key first, and pass Key.fromKeyArn()');
}

/** A prefix with a slash at its end, so that `in` is not also `in-other/`. */
function asFolder(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') || prefix.endsWith('.jsonl') ? prefix : `${prefix}/`;
}
