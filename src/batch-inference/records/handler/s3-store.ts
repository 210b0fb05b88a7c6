import { Readable } from 'node:stream';
import { GetObjectCommand, paginateListObjectsV2, PutObjectCommand, type PutObjectCommandInput, S3Client, type S3ServiceException } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { InvalidInput } from './invalid-input';
import { type ListedObject, type ObjectStore, uriOf } from './object-store';
import { splitLines } from './split-lines';
import { complaint } from '../../../shared/validation/complaint';
import type { Place } from '../../contract';
import { MAX_LINE_BYTES } from '../../library-limits';

/** A long read or write has time for more attempts than a call in an API. */
const SDK_ATTEMPTS = 10;

/** How much is written at once. */
const CHUNK_BYTES = 256 * 1024;

/** Amazon S3. */
export class S3Store implements ObjectStore {
  constructor(private readonly outputKeyId?: string, private readonly client = new S3Client({ maxAttempts: SDK_ATTEMPTS })) {}

  public async list({ bucket, key, bucketOwner }: Place): Promise<ListedObject[]> {
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket: bucket, Prefix: key, ExpectedBucketOwner: bucketOwner });
    const listed: ListedObject[] = [];
    for await (const { Contents = [] } of pages) {
      listed.push(...Contents.map(({ Key = '', Size = 0, ETag = '' }) => ({ key: Key, size: Size, etag: ETag })));
    }
    return listed;
  }

  public async *lines(place: Place, etag?: string): AsyncIterable<string> {
    const { Body } = await this.client.send(new GetObjectCommand({ ...request(place), IfMatch: etag }));
    yield* splitLines(Body as Readable, MAX_LINE_BYTES, () => {
      throw new InvalidInput(complaint('input', uriOf(place), `an object with lines of at most ${MAX_LINE_BYTES / 1e6} MB`, 'Write one record in each line'));
    });
  }

  public async text(place: Place): Promise<string> {
    const { Body } = await this.client.send(new GetObjectCommand(request(place)));
    return await Body?.transformToString() ?? '';
  }

  public async writeLines(place: Place, lines: AsyncIterable<string>): Promise<void> {
    await this.write(place, Readable.from(inChunks(lines)));
  }

  public async writeText(place: Place, text: string): Promise<void> {
    await this.write(place, text);
  }

  public async claim(place: Place, text: string): Promise<boolean> {
    try {
      await this.client.send(new PutObjectCommand({ ...request(place), ...this.encryption(), Body: text, ContentType: 'application/json', IfNoneMatch: '*' }));
      return true;
    } catch (error) {
      if ((error as S3ServiceException).$metadata?.httpStatusCode !== 412) throw error;
      return false;
    }
  }

  private async write(place: Place, Body: PutObjectCommandInput['Body']): Promise<void> {
    await new Upload({ client: this.client, params: { ...request(place), ...this.encryption(), Body, ContentType: 'application/json' } }).done();
  }

  private encryption() {
    return this.outputKeyId === undefined ? {} : { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: this.outputKeyId };
  }
}

function request({ bucket, key, bucketOwner }: Place) {
  return { Bucket: bucket, Key: key, ExpectedBucketOwner: bucketOwner };
}

async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let chunk = '';
  for await (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length >= CHUNK_BYTES) {
      yield Buffer.from(chunk);
      chunk = '';
    }
  }
  if (chunk) yield Buffer.from(chunk);
}
