import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { folderKey, MemoryObjects, s3Location, S3Objects, type ObjectStore } from './objects';

/** An S3 endpoint over objects in memory, with one key in a page, and with keys in a page as XML. */
async function startS3(objects: ObjectStore): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    void (async () => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://s3');
      const [, bucket, ...path] = pathname.split('/').map(decodeURIComponent);
      const key = path.join('/');
      if (request.method === 'PUT') {
        await objects.put(bucket, key, await text(request));
        response.end();
      } else if (key === '') {
        const keys = await objects.list(bucket, searchParams.get('prefix') ?? '');
        const at = Number(searchParams.get('continuation-token') ?? 0);
        const [escaped] = keys.slice(at, at + 1).map((each) => each.replaceAll('&', '&amp;'));
        response.end(`<ListBucketResult>${escaped ? `<Contents><Key>${escaped}</Key></Contents>` : ''}${
          at + 1 < keys.length ? `<NextContinuationToken>${at + 1}</NextContinuationToken>` : ''}</ListBucketResult>`);
      } else {
        const body = await objects.get(bucket, key).catch(() => undefined);
        if (body === undefined) response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
        else response.end(body);
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe.each<[string, (memory: MemoryObjects, url: string) => ObjectStore]>([
  ['in memory', (memory) => memory],
  ['of an S3 endpoint', (_, url) => new S3Objects(url)],
])('objects %s', (_, storeOf) => {
  let server: Server;
  let objects: ObjectStore;

  beforeEach(async () => {
    const memory = new MemoryObjects();
    const s3 = await startS3(memory);
    server = s3.server;
    objects = storeOf(memory, s3.url);
  });

  afterEach(async () => new Promise((resolve) => server.close(resolve)));

  test('are listed by prefix, read and replaced', async () => {
    await objects.put('bucket', 'in/b.jsonl', 'old');
    await objects.put('bucket', 'in/b.jsonl', 'é\n');
    await objects.put('bucket', 'in/a & (b)+.jsonl', '1');
    await objects.put('bucket', 'out/c.jsonl', '2');
    await objects.put('other', 'in/d.jsonl', '3');
    expect(await objects.list('bucket', 'in/')).toEqual(['in/a & (b)+.jsonl', 'in/b.jsonl']);
    expect(await objects.list('bucket', '')).toHaveLength(3);
    expect(await objects.list('bucket', 'none')).toEqual([]);
    expect(await objects.get('bucket', 'in/b.jsonl')).toBe('é\n');
    expect(await objects.get('bucket', 'in/a & (b)+.jsonl')).toBe('1');
  });

  test('can be missing', async () => {
    await expect(objects.get('bucket', 'absent')).rejects.toThrow(/There is no object s3:\/\/bucket\/absent|^GET \/bucket\/absent: HTTP 404 NoSuchKey$/);
  });
});

test.each([
  ['s3://bucket', 'bucket', ''],
  ['s3://bucket/', 'bucket', ''],
  ['s3://bucket/a/b/', 'bucket', 'a/b/'],
  ['s3://bucket/a.jsonl', 'bucket', 'a.jsonl'],
])('the location of %s', (uri, bucket, key) => {
  expect(s3Location(uri)).toEqual({ bucket, key });
});

test('the location of another URI is an error', () => {
  expect(() => s3Location('https://bucket')).toThrow('https://bucket is not the URI of an S3 object');
});

test.each([['', ''], ['a', 'a/'], ['a/', 'a/']])('the folder of %p', (key, folder) => {
  expect(folderKey(key)).toBe(folder);
});
