import type { Place } from '../../src/batch-inference/contract';
import type { ListedObject, ObjectStore } from '../../src/batch-inference/records/handler/object-store';

/** Amazon S3 in memory: the objects of all buckets by `bucket/key`. As with permissions limited to prefixes, reading an object that does not exist is refused. */
export class MemoryStore implements ObjectStore {
  public readonly objects = new Map<string, string>();

  constructor(objects: { readonly [path: string]: string } = {}) {
    for (const [path, text] of Object.entries(objects)) this.objects.set(path, text);
  }

  public async list({ bucket, key }: Place): Promise<ListedObject[]> {
    return [...this.objects].filter(([path]) => path.startsWith(`${bucket}/${key}`)).sort()
      .map(([path, text]) => ({ key: path.slice(bucket.length + 1), size: Buffer.byteLength(text), etag: `"${text.length}"` }));
  }

  public async *lines(place: Place): AsyncIterable<string> {
    const lines = (await this.text(place)).split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    yield* lines;
  }

  public async text({ bucket, key }: Place): Promise<string> {
    const text = this.objects.get(`${bucket}/${key}`);
    if (text === undefined) throw new Error(`Access Denied: ${bucket}/${key}`);
    return text;
  }

  public async writeLines(place: Place, lines: AsyncIterable<string>): Promise<void> {
    let text = '';
    for await (const line of lines) text += `${line}\n`;
    await this.writeText(place, text);
  }

  public async claim(place: Place, text: string): Promise<boolean> {
    if (this.objects.has(`${place.bucket}/${place.key}`)) return false;
    await this.writeText(place, text);
    return true;
  }

  public async writeText({ bucket, key }: Place, text: string): Promise<void> {
    this.objects.set(`${bucket}/${key}`, text);
  }
}
