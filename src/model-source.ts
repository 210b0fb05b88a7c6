import { Fn, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { ACCOUNT_ID, checkString, complaint, S3_URI } from './contract/rules';
import { usableKey } from './private/encryption-key';
import { assertValid, checkKnown } from './private/validation';

/**
 * What belongs to the weights besides their place.
 */
export interface ModelSourceOptions {
  /**
   * Tells new weights from old ones in the same place: change it to import again.
   *
   * Files that change below an unchanged prefix are invisible to CloudFormation. Any text will do: a number that you
   * count up, a Git commit, the digest of a manifest.
   *
   * @default - no version; only another place is another model
   */
  readonly version?: string;

  /**
   * The customer managed KMS key that encrypts the weights in Amazon S3.
   *
   * The service role is allowed to decrypt with it. Necessary for buckets that CDK knows only by name or ARN.
   *
   * @default - the encryption key of the bucket, where CDK knows it; otherwise no permission on a key is given
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The account that owns the bucket, 12 digits: the service role reads from a bucket of that account only.
   *
   * @default - the account of the bucket, where CDK knows it; otherwise the account of the stack
   */
  readonly bucketAccount?: string;
}

/**
 * Where the weights of a model are: a prefix in Amazon S3 that holds a model in the Hugging Face format.
 *
 * Bedrock reads `*.safetensors`, `config.json`, `tokenizer_config.json`, `tokenizer.json` and `tokenizer.model` there.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-customization-import-model.html
 *
 * @example
 * declare const weights: s3.Bucket;
 *
 * const inABucket = ModelSource.fromBucket(weights, 'llama-3.1-8b-instruct/');
 * const newWeights = ModelSource.fromBucket(weights, 'llama-3.1-8b-instruct/', { version: '2' });
 * const elsewhere = ModelSource.fromS3Uri('s3://amzn-s3-demo-bucket/llama/', { bucketAccount: '111122223333' });
 */
export abstract class ModelSource {
  /**
   * Weights below a prefix of a bucket.
   *
   * The bucket's own encryption key and account are taken into account where CDK knows them: it does for a bucket made
   * in the app, it does not for `Bucket.fromBucketName()`; then pass `encryptionKey` yourself.
   *
   * @param bucket The bucket that holds the weights
   * @param prefix The folder of the model, like `llama-3.1-8b-instruct/`; empty for the whole bucket
   * @param options What belongs to the weights besides their place
   */
  public static fromBucket(bucket: s3.IBucket, prefix: string, options: ModelSourceOptions = {}): ModelSource {
    return new BucketModelSource(bucket, prefix, options);
  }

  /**
   * Weights at an S3 URI, like `s3://amzn-s3-demo-bucket/llama-3.1-8b-instruct/`.
   *
   * @param s3Uri The URI, at most 1024 characters; the path may have letters, digits and `- ! _ * ' ( ) .`
   * @param options What belongs to the weights besides their place
   */
  public static fromS3Uri(s3Uri: string, options: ModelSourceOptions = {}): ModelSource {
    return new UriModelSource(s3Uri, options);
  }

  /**
   * Called by the model that imports these weights.
   *
   * @internal
   */
  public abstract _bind(scope: Construct): ModelSourceConfig;
}

/**
 * What a model needs to know of its weights.
 *
 * @internal
 */
export interface ModelSourceConfig {
  readonly s3Uri: string;
  readonly version?: string;
  readonly encryptionKey?: kms.IKey;
  /** What the service role needs to read the weights. */
  readonly statements: iam.PolicyStatement[];
}

class BucketModelSource extends ModelSource {
  constructor(private readonly bucket: s3.IBucket, private readonly prefix: string, private readonly options: ModelSourceOptions) {
    super();
  }

  public _bind(scope: Construct): ModelSourceConfig {
    const { bucket, prefix } = this;
    const s3Uri = `s3://${bucket.bucketName}/${prefix}`;
    assertValid(scope, checkUri(s3Uri) ?? checkPrefix(prefix), checkKnown('source.bucketAccount', this.options.bucketAccount, ACCOUNT_ID));
    return bind(scope, {
      s3Uri,
      bucketArn: bucket.bucketArn,
      prefix,
      bucketAccount: this.options.bucketAccount ?? bucket.env.account,
      encryptionKey: this.options.encryptionKey ?? bucket.encryptionKey,
      version: this.options.version,
    });
  }
}

class UriModelSource extends ModelSource {
  constructor(private readonly s3Uri: string, private readonly options: ModelSourceOptions) {
    super();
  }

  public _bind(scope: Construct): ModelSourceConfig {
    const { s3Uri, options } = this;
    const stack = Stack.of(scope);
    assertValid(scope, checkUri(s3Uri), checkKnown('source.bucketAccount', options.bucketAccount, ACCOUNT_ID));
    // s3: / (empty) / bucket / path...
    const known = !Token.isUnresolved(s3Uri);
    const bucketName = known ? s3Uri.split('/')[2] : Fn.select(2, Fn.split('/', s3Uri));
    return bind(scope, {
      s3Uri,
      bucketArn: stack.formatArn({ service: 's3', region: '', account: '', resource: bucketName }),
      prefix: known ? s3Uri.split('/').slice(3).join('/') : undefined,
      bucketAccount: options.bucketAccount ?? stack.account,
      encryptionKey: options.encryptionKey,
      version: options.version,
    });
  }
}

interface Place {
  readonly s3Uri: string;
  readonly bucketArn: string;
  /** Undefined when it is hidden in a token. */
  readonly prefix?: string;
  readonly bucketAccount: string;
  readonly encryptionKey?: kms.IKey;
  readonly version?: string;
}

function bind(scope: Construct, place: Place): ModelSourceConfig {
  const { bucketArn, bucketAccount, s3Uri, version } = place;
  const encryptionKey = place.encryptionKey && usableKey(scope, 'source.encryptionKey', place.encryptionKey);
  const ownedBy = { StringEquals: { 'aws:ResourceAccount': bucketAccount } };
  const folder = place.prefix === undefined ? undefined : folderOf(place.prefix);

  const statements = [
    new iam.PolicyStatement({
      actions: ['s3:GetObject'],
      // All objects of the model: their names are known to Bedrock only.
      resources: [folder ? `${bucketArn}/${folder.objects}` : objectsAt(scope, s3Uri)],
      conditions: ownedBy,
    }),
    // `s3:prefix` is a condition key of list requests only, hence a statement of its own.
    new iam.PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: [bucketArn],
      conditions: folder?.prefixes ? { ...ownedBy, StringLike: { 's3:prefix': folder.prefixes } } : ownedBy,
    }),
  ];
  if (encryptionKey) {
    statements.push(new iam.PolicyStatement({ actions: ['kms:Decrypt', 'kms:DescribeKey'], resources: [encryptionKey.keyArn] }));
  }
  return { s3Uri, version, encryptionKey, statements };
}

/** The objects at a URI that only the deployment knows. */
function objectsAt(scope: Construct, s3Uri: string): string {
  return Stack.of(scope).formatArn({ service: 's3', region: '', account: '', resource: `${Fn.select(1, Fn.split('s3://', s3Uri))}*` });
}

/** The folder of a model, for IAM: its objects, and the prefixes to list it by; all of the bucket without a prefix. */
function folderOf(prefix: string): { readonly objects: string; readonly prefixes?: string[] } {
  if (prefix === '') return { objects: '*' };
  // Nobody knows whether a token ends with a slash.
  if (Token.isUnresolved(prefix) && !prefix.endsWith('/')) return { objects: `${prefix}*`, prefixes: [`${prefix}*`] };
  // A star is a character of names for Bedrock, and a wildcard for IAM.
  const name = prefix.replace(/\/$/, '').replace(/\*/g, '${*}');
  return { objects: `${name}/*`, prefixes: [name, `${name}/*`] };
}

function checkUri(s3Uri: string): string | undefined {
  return Token.isUnresolved(s3Uri) ? undefined : checkString('source', s3Uri, S3_URI);
}

/** The part that is known of a URI whose bucket name is a token. */
function checkPrefix(prefix: string): string | undefined {
  if (Token.isUnresolved(prefix) || !checkString('source', `s3://bucket/${prefix}`, S3_URI)) return undefined;
  return complaint('source', prefix, S3_URI.mustBe.replace('an S3 URI', 'a prefix that makes an S3 URI'), S3_URI.remedy);
}
