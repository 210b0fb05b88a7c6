import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The maximum of S3. */
const PAGE = 1000;

export interface S3Bucket {
  readonly region: string;
  readonly objects: Map<string, S3Object>;
  /** @default - any owner is accepted */
  readonly owner?: string;
}

export interface S3Object {
  readonly size: number;
  readonly etag: string;
  readonly read: (start: number, end: number) => Promise<Uint8Array>;
}

/** A request, as the server has understood it. */
export interface S3Request {
  readonly action: 's3:ListBucket' | 's3:GetObject';
  readonly bucket: string;
  /** The key, or the prefix of a list. */
  readonly key: string;
  readonly range?: string;
  readonly region: string;
}

/** An answer of S3 that is an error. */
export class S3Refusal extends Error {
  constructor(public readonly status: number, public readonly code: string, message: string, public readonly members: Record<string, string> = {}) {
    super(message);
  }
}

export interface S3Server {
  /** For AWS_ENDPOINT_URL_S3. */
  readonly url: string;
  readonly requests: readonly S3Request[];
  /** The bytes of objects that were sent. */
  readonly sent: () => number;
  close(): Promise<void>;
}

export interface S3ServerOptions {
  /** Called before each request is answered; throws a refusal, or changes the objects. */
  readonly before?: (request: S3Request) => void | Promise<void>;
  /** How S3 answers if the signature is for another Region: it depends on the endpoint. @default 'PermanentRedirect' */
  readonly redirection?: 'PermanentRedirect' | 'AuthorizationHeaderMalformed';
}

/** An object of some content. */
export function s3Object(content: string | Uint8Array): S3Object {
  const bytes = Buffer.from(content as Uint8Array);
  return { size: bytes.length, etag: `"${createHash('md5').update(bytes).digest('hex')}"`, read: async (start, end) => bytes.subarray(start, end) };
}

/**
 * The two operations of Amazon S3 that a check needs, over HTTP on this machine. Strict: what a check must not do, such as reading a whole object,
 * is an error.
 */
export async function startS3Server(buckets: { readonly [name: string]: S3Bucket }, options: S3ServerOptions = {}): Promise<S3Server> {
  const requests: S3Request[] = [];
  let sent = 0;
  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    try {
      const request = understood(incoming);
      requests.push(request);
      const bucket = buckets[request.bucket];
      if (!bucket) throw new S3Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist');
      response.setHeader('x-amz-bucket-region', bucket.region);
      if (request.region !== bucket.region) {
        // The other answer has the Region in its body.
        if (options.redirection === 'AuthorizationHeaderMalformed') response.removeHeader('x-amz-bucket-region');
        throw redirected(options.redirection ?? 'PermanentRedirect', request, bucket.region);
      }
      const owner = incoming.headers['x-amz-expected-bucket-owner'];
      if (owner !== undefined && bucket.owner !== undefined && owner !== bucket.owner) throw new S3Refusal(403, 'AccessDenied', 'Access Denied');
      await options.before?.(request);
      if (request.action === 's3:ListBucket') {
        response.setHeader('content-type', 'application/xml').end(list(bucket, new URL(incoming.url!, 'http://s3').searchParams));
        return;
      }
      response.removeHeader('x-amz-bucket-region'); // S3 sends it with lists only
      const bytes = await sendRange(bucket, request, incoming, response); // in `sent +=`, the value of before the wait would count
      sent += bytes;
    } catch (error) {
      const refusal = error instanceof S3Refusal ? error : new S3Refusal(501, 'NotImplemented', String(error));
      response.writeHead(refusal.status, { 'content-type': 'application/xml' });
      response.end(element('Error', element('Code', refusal.code), element('Message', text(refusal.message)),
        ...Object.entries(refusal.members).map(([name, value]) => element(name, text(value)))));
    }
  };
  const server = createServer((incoming, response) => { void answer(incoming, response); });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sent: () => sent,
    close: async () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

function understood({ method, url, headers }: IncomingMessage): S3Request {
  // A key may have segments like "..", which the parser of URLs would resolve.
  const [, bucket, path, query = ''] = /^\/([^/?]+)\/?([^?]*)(?:\?(.*))?$/.exec(url!)!;
  const searchParams = new URLSearchParams(query);
  const region = /Credential=[^/]+\/\d{8}\/([^/]+)\/s3\/aws4_request/.exec(headers.authorization ?? '')?.[1];
  if (region === undefined) throw new S3Refusal(403, 'AccessDenied', 'The request is not signed');
  if (method !== 'GET') throw new Error(`${method} is no method of a check`);
  if (searchParams.get('list-type') === '2') {
    const unknown = [...searchParams.keys()].filter(name => !['list-type', 'prefix', 'encoding-type', 'continuation-token'].includes(name));
    if (unknown.length > 0) throw new Error(`unexpected parameters: ${unknown.join(', ')}`);
    return { action: 's3:ListBucket', bucket, key: searchParams.get('prefix') ?? '', region };
  }
  if (path === '') throw new Error(`unexpected request ${url}`);
  return { action: 's3:GetObject', bucket, key: decodeURIComponent(path), range: headers.range, region };
}

function redirected(code: string, { bucket }: S3Request, region: string): S3Refusal {
  return code === 'PermanentRedirect'
    ? new S3Refusal(301, code, 'The bucket you are attempting to access must be addressed using the specified endpoint.', { Bucket: bucket })
    : new S3Refusal(400, code, `The authorization header is malformed; the region is wrong; expecting '${region}'`, { Region: region });
}

function list({ objects }: S3Bucket, parameters: URLSearchParams): string {
  const encoded = (key: string) => parameters.get('encoding-type') === 'url' ? encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+') : text(key);
  const after = Buffer.from(parameters.get('continuation-token') ?? '', 'base64url').toString();
  const prefix = parameters.get('prefix') ?? '';
  const keys = [...objects.keys()].filter(key => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, PAGE);
  const isTruncated = keys.length > page.length;
  return element('ListBucketResult',
    element('IsTruncated', String(isTruncated)),
    ...isTruncated ? [element('NextContinuationToken', Buffer.from(page[page.length - 1]).toString('base64url'))] : [],
    ...parameters.has('encoding-type') ? [element('EncodingType', parameters.get('encoding-type')!)] : [],
    ...page.map(key => element('Contents', element('Key', encoded(key)), element('Size', String(objects.get(key)!.size)), element('ETag', text(objects.get(key)!.etag)))));
}

async function sendRange({ objects }: S3Bucket, { key, range }: S3Request, { headers }: IncomingMessage, response: ServerResponse): Promise<number> {
  const object = objects.get(key);
  if (!object) throw new S3Refusal(404, 'NoSuchKey', 'The specified key does not exist.');
  if (headers['if-match'] !== undefined && headers['if-match'] !== object.etag) {
    throw new S3Refusal(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  }
  const [, start, last] = (/^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []).map(Number);
  if (start === undefined) throw new Error(`a check must not read all of ${key}`);
  if (start >= object.size) throw new S3Refusal(416, 'InvalidRange', 'The requested range is not satisfiable');
  const end = Math.min(last + 1, object.size);
  const content = await object.read(start, end);
  response.writeHead(206, { 'content-length': content.length, 'content-range': `bytes ${start}-${end - 1}/${object.size}`, 'etag': object.etag }).end(content);
  return content.length;
}

function element(name: string, ...content: string[]): string {
  return `<${name}>${content.join('')}</${name}>`;
}

function text(value: string): string {
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(value)) throw new Error('a character that XML does not have: ask for encoded keys');
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
