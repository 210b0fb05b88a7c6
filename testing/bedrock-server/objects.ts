/** The objects that batch inference reads and writes. */
export interface ObjectStore {
  /** The keys with a prefix. */
  list(bucket: string, prefix: string): Promise<string[]>;
  get(bucket: string, key: string): Promise<string>;
  put(bucket: string, key: string, body: string): Promise<void>;
}

/** A place in S3. The key is empty for the root of the bucket. */
export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

export function s3Location(uri: string): S3Location {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri) ?? [];
  if (bucket === undefined) throw new RangeError(`${uri} is not the URI of an S3 object`);
  return { bucket, key };
}

/** The key of a folder with its slash, or an empty one for the root of the bucket. */
export function folderKey(key: string): string {
  return key === '' || key.endsWith('/') ? key : `${key}/`;
}

/** Objects in memory, for unit tests. A bucket exists when it is first written. */
export class MemoryObjects implements ObjectStore {
  private readonly bodies = new Map<string, string>();

  public async list(bucket: string, prefix: string): Promise<string[]> {
    const start = `${bucket}/`;
    return [...this.bodies.keys()].filter((path) => path.startsWith(start + prefix)).map((path) => path.slice(start.length)).sort();
  }

  public async get(bucket: string, key: string): Promise<string> {
    const body = this.bodies.get(`${bucket}/${key}`);
    if (body === undefined) throw new Error(`There is no object s3://${bucket}/${key}`);
    return body;
  }

  public async put(bucket: string, key: string, body: string): Promise<void> {
    this.bodies.set(`${bucket}/${key}`, body);
  }
}

/** The objects of an S3 endpoint that does not verify signatures, as that of an emulator. */
export class S3Objects implements ObjectStore {
  public constructor(private readonly endpoint: string) {}

  public async list(bucket: string, prefix: string): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const query = new URLSearchParams({ 'list-type': '2', prefix, ...token && { 'continuation-token': token } });
      const page = await this.call('GET', `/${bucket}?${query}`);
      keys.push(...elements(page, 'Key'));
      [token] = elements(page, 'NextContinuationToken');
    } while (token);
    return keys;
  }

  public async get(bucket: string, key: string): Promise<string> {
    return this.call('GET', pathOf(bucket, key));
  }

  public async put(bucket: string, key: string, body: string): Promise<void> {
    await this.call('PUT', pathOf(bucket, key), body);
  }

  private async call(method: string, path: string, body?: string): Promise<string> {
    const response = await fetch(this.endpoint + path, { method, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${elements(text, 'Code')[0] ?? ''}`.trimEnd());
    return text;
  }
}

function pathOf(bucket: string, key: string): string {
  return `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

const ENTITIES: { readonly [entity: string]: string } = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&#39;': "'" };

/** The texts of the elements with a name. */
function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text]) =>
    text.replace(/&[a-z0-9#]+;/g, (entity) => ENTITIES[entity] ?? entity));
}
