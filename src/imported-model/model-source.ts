import { Arn, Aws, CfnResource, Fn, type IResource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct, IDependable } from 'constructs';
import { usableKey } from '../shared/constructs/encryption-key';
import { assertValid, checkKnown, checkSameRegion } from '../shared/constructs/validation';
import { withoutWildcards } from '../shared/constructs/wildcards';
import { ACCOUNT_ID, S3_URI } from '../shared/validation/api-constraints';
import { checkString, complaint } from '../shared/validation/complaint';

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
   * What the policy of a bucket of another account must allow: a service role of this account reads the weights there.
   *
   * A bucket that is made in the app gets these statements by itself. Elsewhere, the owner of the bucket adds them; the role
   * need not exist yet.
   *
   * @param role The service role of the model, `model.role` or `Role.fromRoleArn()`
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/cross-account-access-cmi.html
   */
  public bucketPolicyStatements(role: iam.IRole): iam.PolicyStatement[] {
    return readStatements(this._place(), asResourcePolicy(role));
  }

  /**
   * What the policy of a key of another account must allow, if it encrypts the weights: the service role decrypts with it.
   *
   * A key that is made in the app gets these statements by itself. Elsewhere, the owner of the key adds them; the role
   * need not exist yet.
   *
   * @param role The service role of the model, `model.role` or `Role.fromRoleArn()`
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/cross-account-access-cmi.html
   */
  public keyPolicyStatements(role: iam.IRole): iam.PolicyStatement[] {
    // In the policy of a key, the key is "*".
    return [decryptStatement('*', asResourcePolicy(role))];
  }

  /**
   * Binds the weights to the model that imports them, and lets its service role in where the bucket or the key belongs to another account and is defined
   * in this app.
   *
   * @internal
   */
  public _bind(scope: Construct, role: iam.IRole): ModelSourceConfig {
    this._check(scope);
    const place = this._place();
    const { bucket, s3Uri, version } = place;
    const encryptionKey = place.encryptionKey && usableKey(scope, 'source.encryptionKey', place.encryptionKey);
    if (encryptionKey) {
      assertValid(scope, checkSameRegion(scope, 'source.encryptionKey', encryptionKey, 'Bedrock imports only weights of the Region of the model: copy them there'));
    }
    const statements = readStatements(place, { conditions: { StringEquals: { 'aws:ResourceAccount': place.bucketAccount ?? Stack.of(scope).account } } });
    if (encryptionKey) statements.push(decryptStatement(arnFrom(scope, encryptionKey)));
    return {
      s3Uri,
      version,
      statements,
      callerKey: encryptionKey && !isOfOtherAccount(Stack.of(scope), encryptionKey) ? encryptionKey : undefined,
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
  protected abstract _check(scope: Construct): void;

  /**
   * Where the weights are.
   *
   * @internal
   */
  protected abstract _place(): Place;
}

/**
 * What a model needs to know of its weights.
 *
 * @internal
 */
export interface ModelSourceConfig {
  readonly s3Uri: string;
  readonly version?: string;
  /** The key with which the caller of CreateModelImportJob must be able to decrypt. A key of another account admits the service role only. */
  readonly callerKey?: kms.IKey;
  /** The permissions of the service role to read the weights. */
  readonly statements: iam.PolicyStatement[];
  /** What must exist before the import begins. */
  readonly dependencies: IDependable[];
}

class BucketModelSource extends ModelSource {
  constructor(private readonly bucket: s3.IBucket, private readonly prefix: string, private readonly options: ModelSourceOptions) {
    super();
  }

  protected _check(scope: Construct): void {
    const { bucketAccount } = this.options;
    assertValid(scope, checkUri(this._place().s3Uri) ?? checkPrefix(this.prefix), checkKnown('source.bucketAccount', bucketAccount, ACCOUNT_ID));
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

interface Place {
  readonly s3Uri: string;
  readonly bucket?: s3.IBucket;
  readonly bucketArn: string;
  /** Undefined when it is hidden in a token. */
  readonly folder?: Folder;
  /** Then the objects of the model. */
  readonly objectsArn?: string;
  readonly bucketAccount?: string;
  readonly encryptionKey?: kms.IKey;
  readonly version?: string;
}

/** What makes a statement one of the role itself, or one of what the role uses. */
type Side = Pick<iam.PolicyStatementProps, 'principals' | 'conditions'>;

function arnFor(resource: string): string {
  return Arn.format({ partition: Aws.PARTITION, service: 's3', region: '', account: '', resource });
}

/** The ARN of one bucket, also when only the deployment knows its name. */
function arnOf({ bucketArn, bucketName, node }: s3.IBucket): string {
  // The name of a bucket that is made in the app is not free text.
  const isFreeText = Token.isUnresolved(bucketName) && !CfnResource.isCfnResource(node.defaultChild);
  return isFreeText ? arnFor(withoutWildcards(bucketName)) : bucketArn;
}

/** The objects of a path, bucket and prefix, of which only the deployment knows whether the prefix is empty, or ends with a slash. */
function objectsBelow(path: string): string {
  return arnFor(`${withoutWildcards(withoutSlash(path))}/*`);
}

/** What it takes to read the weights. */
function readStatements({ bucketArn, folder, objectsArn }: Place, { principals, conditions }: Side): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      principals,
      actions: ['s3:GetObject'],
      // All objects of the model: their names are known to Bedrock only.
      resources: [objectsArn ?? `${bucketArn}/${folder?.objects}`],
      conditions,
    }),
    // `s3:prefix` is a condition key of list requests only, hence a statement of its own.
    new iam.PolicyStatement({
      principals,
      actions: ['s3:ListBucket'],
      resources: [bucketArn],
      conditions: folder?.prefixes ? { ...conditions, StringLike: { 's3:prefix': folder.prefixes } } : conditions,
    }),
  ];
}

function decryptStatement(keyArn: string, side: Side = {}): iam.PolicyStatement {
  return new iam.PolicyStatement({ ...side, actions: ['kms:Decrypt', 'kms:DescribeKey'], resources: [keyArn] });
}

function admitToBucket(bucket: s3.IBucket, statements: iam.PolicyStatement[]): IDependable[] {
  return statements.map(statement => bucket.addToResourcePolicy(statement)).flatMap(({ policyDependable }) => policyDependable ?? []);
}

function admitToKey(key: kms.IKey, statements: iam.PolicyStatement[]): IDependable[] {
  // The policy of a key is part of the key, and not a construct of its own.
  return statements.map(statement => key.addToResourcePolicy(statement)).some(({ statementAdded }) => statementAdded) ? [key] : [];
}

/** The account of the role, limited to it: a role as the principal would have to exist before the policy. */
function asResourcePolicy(role: iam.IRole): Side {
  return {
    principals: [new iam.AccountPrincipal(role.principalAccount ?? role.env.account)],
    conditions: { ArnEquals: { 'aws:PrincipalArn': role.roleArn } },
  };
}

/** Within an account, the policy of the role is enough. */
function isOfOtherAccount(one: IResource | Stack, other: IResource): boolean {
  const account = 'account' in one ? one.account : one.env.account;
  return Token.compareStrings(account, other.env.account) === TokenComparison.DIFFERENT;
}

/** The ARN of a key, or of all keys of its account, if it is made there in this app: nobody here knows its id. Its own policy is narrow. */
function arnFrom(scope: Construct, key: kms.IKey): string {
  const stack = Stack.of(scope);
  if (!isOfOtherAccount(stack, key) || !Token.isUnresolved(key.keyArn)) return key.keyArn;
  return stack.formatArn({ service: 'kms', ...key.env, resource: 'key', resourceName: '*' });
}

interface Folder {
  /** Its objects. */
  readonly objects: string;
  /** The prefixes to list it by; all of the bucket without one. */
  readonly prefixes?: string[];
}

/** What only the deployment knows, without a slash at its end. No URI has the other character. */
function withoutSlash(path: string): string {
  return Fn.select(0, Fn.split('|', Fn.select(0, Fn.split('/|', `${path}|`))));
}

/** The folder of a model, for IAM. */
function folderOf(prefix: string): Folder {
  if (prefix === '') return { objects: '*' };
  // Nobody knows whether a token ends with a slash, or has wildcards: without either, it covers no neighbour.
  if (Token.isUnresolved(prefix)) {
    const name = withoutWildcards(withoutSlash(prefix));
    return { objects: `${name}/*`, prefixes: [name, `${name}/*`] };
  }
  // A star is a character of names for Bedrock, and a wildcard for IAM.
  const name = prefix.replace(/\/$/, '').replace(/\*/g, '${*}');
  return { objects: `${name}/*`, prefixes: [name, `${name}/*`] };
}

function checkUri(s3Uri: string): string | undefined {
  return Token.isUnresolved(s3Uri) ? undefined : checkString('source', s3Uri, S3_URI) ?? checkFolder(s3Uri);
}

function checkFolder(s3Uri: string): string | undefined {
  const file = /\/[^/]+\.(safetensors|json|gguf|bin)$/.test(s3Uri);
  return file ? complaint('source', s3Uri, 'the folder of a model in the Hugging Face format', 'Leave the name of the file out') : undefined;
}

/** The part that is known of a URI whose bucket name is a token. */
function checkPrefix(prefix: string): string | undefined {
  if (Token.isUnresolved(prefix) || !checkString('source', `s3://bucket/${prefix}`, S3_URI)) return undefined;
  return complaint('source', prefix, S3_URI.mustBe.replace('an S3 URI', 'a prefix that makes an S3 URI'), S3_URI.remedy);
}
