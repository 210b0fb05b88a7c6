import { Fn, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct, IDependable } from 'constructs';
import { decryptStatement, decryptThroughS3, type Place, readStatements } from './weights-access';
import {
  admitToBucket, admitToKey, arnFor, arnFrom, arnOf, asResourcePolicy, folderOf, isOfOtherAccount, objectsBelow,
} from '../shared/constructs/bucket-access';
import { usableKey } from '../shared/constructs/encryption-key';
import { assertValid, checkKnown, checkSameRegion } from '../shared/constructs/validation';
import { withoutWildcards } from '../shared/constructs/wildcards';
import { ACCOUNT_ID, S3_URI } from '../shared/validation/api-constraints';
import { checkString, complaint } from '../shared/validation/complaint';

/**
 * Options for the weights.
 */
export interface ModelSourceOptions {
  /**
   * The version of the weights. Changing it replaces the model.
   *
   * CloudFormation does not notice files that change below an unchanged prefix. Use any string, for example a number, a Git commit or the digest of a
   * manifest.
   *
   * @default - no version; only a new location replaces the model
   */
  readonly version?: string;

  /**
   * The customer managed KMS key that encrypts the weights in Amazon S3. The service role may decrypt with it.
   *
   * Required for encrypted weights in a bucket that is referenced by name or ARN.
   *
   * @default - the encryption key of the bucket, if CDK knows it; otherwise no permission on a key is granted
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The account that owns the bucket, 12 digits. The service role can read only from a bucket of this account.
   *
   * @default - the account of the bucket, if CDK knows it; otherwise the account of the stack
   */
  readonly bucketAccount?: string;
}

/**
 * The location of the weights of a model: a prefix in Amazon S3 with a model in Hugging Face format.
 *
 * An import needs `*.safetensors`, with `model.safetensors.index.json` if there are several, `config.json`, `tokenizer_config.json` and
 * `tokenizer.json`. AWS lists `tokenizer.model` as well, but many supported models have none, and its own walk-throughs omit it.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-customization-import-model.html
 *
 * @example
 * declare const weights: s3.Bucket;
 *
 * const fromBucket = ModelSource.fromBucket(weights, 'llama-3.1-8b-instruct/');
 * const newWeights = ModelSource.fromBucket(weights, 'llama-3.1-8b-instruct/', { version: '2' });
 * const fromOtherAccount = ModelSource.fromS3Uri('s3://amzn-s3-demo-bucket/llama/', { bucketAccount: '111122223333' });
 */
export abstract class ModelSource {
  /**
   * Weights below a prefix of a bucket.
   *
   * The encryption key and the account of a bucket that is defined in the app are used automatically. For `Bucket.fromBucketName()`, pass
   * `encryptionKey`.
   *
   * @param bucket The bucket of the weights
   * @param prefix The prefix of the model, like `llama-3.1-8b-instruct/`; empty for the whole bucket
   * @param options Options for the weights
   */
  public static fromBucket(bucket: s3.IBucket, prefix: string, options: ModelSourceOptions = {}): ModelSource {
    return new BucketModelSource(bucket, prefix, options);
  }

  /**
   * Weights at an S3 URI, like `s3://amzn-s3-demo-bucket/llama-3.1-8b-instruct/`.
   *
   * @param s3Uri The URI, at most 1024 characters; the path may contain letters, digits and `- ! _ * ' ( ) .`
   * @param options Options for the weights
   */
  public static fromS3Uri(s3Uri: string, options: ModelSourceOptions = {}): ModelSource {
    return new UriModelSource(s3Uri, options);
  }

  /**
   * Statements for the policy of a bucket in another account, which let the service role read the weights.
   *
   * They are added automatically to a bucket that is defined in the app. Otherwise the owner of the bucket adds them; the role does not have to exist
   * yet. With the statements for `model.provider.role` as well, which are never added automatically, the files are checked before the import.
   *
   * @param role The service role of the model, `model.role` or `Role.fromRoleArn()`
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/cross-account-access-cmi.html
   */
  public bucketPolicyStatements(role: iam.IRole): iam.PolicyStatement[] {
    return readStatements(this._place(), asResourcePolicy(role));
  }

  /**
   * Statements for the policy of a key in another account, which let the service role decrypt the weights.
   *
   * They are added automatically to a key that is defined in the app. Otherwise the owner of the key adds them; the role does not have to exist yet.
   * The check of encrypted files needs those for `model.provider.role` as well, like those of the bucket.
   *
   * @param role The service role of the model, `model.role` or `Role.fromRoleArn()`
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/cross-account-access-cmi.html
   */
  public keyPolicyStatements(role: iam.IRole): iam.PolicyStatement[] {
    // In the policy of a key, the key is "*".
    return [decryptStatement('*', asResourcePolicy(role))];
  }

  /**
   * Binds the weights to the model that imports them, and lets its service role in where the bucket or the key belongs to another account and is
   * defined in this app.
   *
   * @internal
   */
  public _bind(scope: Construct, role: iam.IRole): ModelSourceConfig {
    const place = this._place();
    this._check(scope, place);
    const { bucket, s3Uri, version } = place;
    const encryptionKey = place.encryptionKey && usableKey(scope, 'source.encryptionKey', place.encryptionKey);
    if (encryptionKey) {
      assertValid(scope, checkSameRegion(scope, 'source.encryptionKey', encryptionKey, 'Bedrock imports only weights of the Region of the model: copy them there'));
    }
    const fromAccount = { conditions: { StringEquals: { 'aws:ResourceAccount': place.bucketAccount ?? Stack.of(scope).account } } };
    const statements = readStatements(place, fromAccount);
    if (encryptionKey) statements.push(decryptStatement(arnFrom(scope, encryptionKey)));
    const isForeignKey = encryptionKey && isOfOtherAccount(Stack.of(scope), encryptionKey);
    return {
      s3Uri,
      version,
      statements,
      checkStatements: [
        ...readStatements({ ...place, folder: place.folder && { ...place.folder, prefixes: place.folder.prefixesInside } }, fromAccount),
        ...isForeignKey ? [decryptThroughS3(scope, arnFrom(scope, encryptionKey))] : [],
      ],
      callerKey: isForeignKey ? undefined : encryptionKey,
      dependencies: [
        ...bucket && isOfOtherAccount(role, bucket) ? admitToBucket(bucket, readStatements(place, asResourcePolicy(role))) : [],
        ...encryptionKey && isOfOtherAccount(role, encryptionKey) ? admitToKey(encryptionKey, this.keyPolicyStatements(role)) : [],
      ],
    };
  }

  /**
   * Throws for everything that is known to be wrong at synthesis.
   *
   * @internal
   */
  protected abstract _check(scope: Construct, place: Place): void;

  /**
   * The place of the weights.
   *
   * @internal
   */
  protected abstract _place(): Place;
}

/**
 * The weights of a model, bound to it.
 *
 * @internal
 */
export interface ModelSourceConfig {
  readonly s3Uri: string;
  readonly version?: string;
  /** The key with which the caller of CreateModelImportJob must be able to decrypt. A key of another account admits the service role only. */
  readonly callerKey?: kms.IKey;
  /** The permissions of the service role to read and decrypt the weights. */
  readonly statements: iam.PolicyStatement[];
  /** The permissions of the provider to check the files. Where another account owns the bucket or the key, it must let the provider in as well. */
  readonly checkStatements: iam.PolicyStatement[];
  /** What must exist before the import begins. */
  readonly dependencies: IDependable[];
}

class BucketModelSource extends ModelSource {
  constructor(private readonly bucket: s3.IBucket, private readonly prefix: string, private readonly options: ModelSourceOptions) {
    super();
  }

  protected _check(scope: Construct, { s3Uri }: Place): void {
    const { bucketAccount } = this.options;
    assertValid(scope, checkUri(s3Uri) ?? checkPrefix(this.prefix), checkKnown('source.bucketAccount', bucketAccount, ACCOUNT_ID));
  }

  protected _place(): Place {
    const { bucket, prefix, options } = this;
    return {
      s3Uri: `s3://${bucket.bucketName}/${prefix}`,
      bucket,
      bucketArn: arnOf(bucket),
      folder: folderOf(prefix),
      objectsArn: Token.isUnresolved(prefix) ? objectsBelow(`${bucket.bucketName}/${prefix}`) : undefined,
      bucketAccount: options.bucketAccount ?? bucket.env.account,
      encryptionKey: options.encryptionKey ?? bucket.encryptionKey,
      version: options.version,
    };
  }
}

class UriModelSource extends ModelSource {
  constructor(private readonly s3Uri: string, private readonly options: ModelSourceOptions) {
    super();
  }

  protected _check(scope: Construct): void {
    assertValid(scope, checkUri(this.s3Uri), checkKnown('source.bucketAccount', this.options.bucketAccount, ACCOUNT_ID));
  }

  protected _place(): Place {
    const { s3Uri, options } = this;
    // s3: / (empty) / bucket / path...
    const known = Token.isUnresolved(s3Uri) ? undefined : s3Uri.split('/');
    return {
      s3Uri,
      bucketArn: arnFor(known ? known[2] : withoutWildcards(Fn.select(2, Fn.split('/', s3Uri)))),
      folder: known ? folderOf(known.slice(3).join('/')) : undefined,
      objectsArn: known ? undefined : objectsBelow(Fn.select(1, Fn.split('s3://', s3Uri))),
      bucketAccount: options.bucketAccount,
      encryptionKey: options.encryptionKey,
      version: options.version,
    };
  }
}

function checkUri(s3Uri: string): string | undefined {
  return Token.isUnresolved(s3Uri) ? undefined : checkString('source', s3Uri, S3_URI) ?? checkFolder(s3Uri);
}

function checkFolder(s3Uri: string): string | undefined {
  const file = /\/[^/]+\.(safetensors|json|gguf|bin)$/.test(s3Uri);
  return file ? complaint('source', s3Uri, 'the folder of a model in the Hugging Face format', 'Omit the file name') : undefined;
}

/** Checks the known part of a URI whose bucket name is a token. */
function checkPrefix(prefix: string): string | undefined {
  if (Token.isUnresolved(prefix) || !checkString('source', `s3://bucket/${prefix}`, S3_URI)) return undefined;
  return complaint('source', prefix, S3_URI.mustBe.replace('an S3 URI', 'a prefix that makes an S3 URI'), S3_URI.remedy);
}
