import { GetObjectCommand, paginateListObjectsV2, S3Client, type S3ClientConfig, type S3ServiceException } from '@aws-sdk/client-s3';
import { FolderError } from './folder-error';
import type { ReadCost } from './read-cost';
import { explainS3Error } from './s3-errors';
import type { ModelFile, ModelFolder } from '../model-folder';

/** More objects than a model has. The list of a bucket with millions of objects would take hours. */
const MAX_FILES = 50_000;

const REGION_HEADER = 'x-amz-bucket-region';

/** The place of a model in Amazon S3. */
export interface S3Location {
  readonly bucket: string;
  /** The folder, with or without a slash at its end: Bedrock reads the same objects. Empty for the whole bucket. */
  readonly prefix: string;
  /** The account that must own the bucket. @default - any */
  readonly expectedBucketOwner?: string;
}

/**
 * A folder in Amazon S3, in any Region. Requires `s3:ListBucket` for the prefix, and `s3:GetObject`.
 */
export class S3Folder implements ModelFolder {
  private client: S3Client;
  private readonly prefix: string;
  private files?: Promise<ModelFile[]>;
  private readonly etags = new Map<string, string>();
  private region?: string;
  private calls = 0;
  private bytes = 0;

  constructor(private readonly location: S3Location, private readonly config: S3ClientConfig = {}) {
    this.prefix = location.prefix === '' || location.prefix.endsWith('/') ? location.prefix : `${location.prefix}/`;
    this.client = this.newClient();
  }

  /** The Region of the bucket. Known after `list()`, also if that fails; undefined if the server does not say. */
  public get bucketRegion(): string | undefined {
    return this.region;
  }

  public get cost(): ReadCost {
    return { calls: this.calls, bytes: this.bytes };
  }

  /** All objects below the prefix. Listed once, so that everything that is said about a folder is about the same list. */
  public async list(): Promise<ModelFile[]> {
    this.files ??= this.inItsRegion(async () => this.listAll()).catch((error) => {
      throw this.explain(error, this.uri(), `s3:ListBucket on the bucket for the prefix ${JSON.stringify(this.prefix)}`);
    });
    return [...await this.files];
  }

  /** Fails if the object is no longer the listed one. */
  public async read(path: string, start: number, end: number): Promise<Uint8Array> {
    if (end <= start) return new Uint8Array();
    try {
      return await this.inItsRegion(async () => this.readRange(path, start, end));
    } catch (error) {
      // S3 refuses a range that begins behind the end, such as every range of an empty object.
      if ((error as S3ServiceException).name === 'InvalidRange') return new Uint8Array();
      throw this.explain(error, this.uri(path), `s3:GetObject on ${this.uri('*')}, and kms:Decrypt on its key if it is encrypted with AWS KMS`);
    }
  }

  private async listAll(): Promise<ModelFile[]> {
    const files: ModelFile[] = [];
    // A key may have characters that XML does not have.
    const pages = paginateListObjectsV2({ client: this.client }, { ...this.request(), Prefix: this.prefix, EncodingType: 'url' });
    for await (const { Contents = [], EncodingType } of pages) {
      for (const { Key = '', Size = 0, ETag } of Contents) {
        const key = EncodingType === 'url' ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key;
        const file = { path: key.slice(this.prefix.length), size: Size, etag: ETag?.replaceAll('"', '') };
        files.push(file);
        if (ETag !== undefined) this.etags.set(file.path, ETag);
      }
      if (files.length > MAX_FILES) {
        throw new FolderError(`${this.uri()} has more than ${MAX_FILES.toLocaleString('en')} objects`, 'Check the folder of one model');
      }
    }
    return files;
  }

  private async readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    const { Body } = await this.client.send(new GetObjectCommand({
      ...this.request(), Key: this.prefix + path, Range: `bytes=${start}-${end - 1}`, IfMatch: this.etags.get(path),
    }));
    const content = await Body?.transformToByteArray() ?? new Uint8Array();
    this.bytes += content.length;
    return content;
  }

  private request() {
    return { Bucket: this.location.bucket, ExpectedBucketOwner: this.location.expectedBucketOwner };
  }

  private uri(path = ''): string {
    return `s3://${this.location.bucket}/${this.prefix}${path}`;
  }

  private explain(error: unknown, uri: string, permission: string): FolderError {
    const { expectedBucketOwner: owner } = this.location;
    return error instanceof FolderError ? error : explainS3Error(error, uri, permission + (owner === undefined ? '' : `, and check that account ${owner} owns the bucket`));
  }

  /**
   * Makes calls, and makes them again in the Region of the bucket if S3 says that it is another. The SDK can follow such a redirect itself, but
   * would do so again for every call, and changes its configuration meanwhile, which calls in parallel would see.
   */
  private async inItsRegion<T>(calls: () => Promise<T>): Promise<T> {
    try {
      return await calls();
    } catch (error) {
      const region = redirection(error);
      if (region === undefined) throw error;
      this.region = region;
      this.client = this.newClient({ region });
      return calls();
    }
  }

  private newClient(config: S3ClientConfig = {}): S3Client {
    // A range has no checksum, and the entity tag says that it is of the listed object.
    const client = new S3Client({ responseChecksumValidation: 'WHEN_REQUIRED', ...this.config, ...config });
    client.middlewareStack.add((next) => async (args) => {
      this.calls++; // here, because a call that the SDK repeats is another one
      const result = await next(args).catch((error) => {
        this.region = headersOf(error.$response)[REGION_HEADER] ?? this.region;
        throw error;
      });
      this.region = headersOf(result.response)[REGION_HEADER] ?? this.region;
      return result;
    }, { step: 'finalizeRequest', priority: 'low', name: 'bucketRegion' });
    return client;
  }
}

/** The Region to which S3 sends the caller. Undefined for other errors. */
function redirection(error: unknown): string | undefined {
  const { name, $metadata, $response, Region } = error as S3ServiceException & { readonly Region?: string };
  const isRedirection = [301, 307].includes($metadata?.httpStatusCode ?? 0) || name === 'AuthorizationHeaderMalformed';
  return isRedirection ? headersOf($response)[REGION_HEADER] ?? Region : undefined;
}

function headersOf(response: unknown): { readonly [name: string]: string | undefined } {
  return (response as { headers?: { [name: string]: string } } | undefined)?.headers ?? {};
}
