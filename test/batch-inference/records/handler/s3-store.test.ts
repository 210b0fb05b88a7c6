import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { InvalidInput } from '../../../../src/batch-inference/records/handler/invalid-input';
import { S3Store } from '../../../../src/batch-inference/records/handler/s3-store';

const PLACE = { bucket: 'amzn-s3-demo-bucket', key: 'in/a.jsonl', bucketOwner: '111122223333' };

/** A client that answers every request with the same content. The end-to-end tests use the real one. */
function storeWith(...chunks: (string | Error)[]) {
  const inputs: object[] = [];
  const body = Readable.from((function* () {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk;
      yield Buffer.from(chunk);
    }
  })());
  const client = { send: async ({ input }: { input: object }) => { inputs.push(input); return { Body: body }; } };
  return { store: new S3Store(undefined, client as unknown as S3Client), inputs };
}

async function linesOf(store: S3Store, etag?: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of store.lines(PLACE, etag)) lines.push(line);
  return lines;
}

test('lines end with LF or CR LF, and not with the other line breaks of Unicode, which JSON may contain', async () => {
  const { store } = storeWith('{"a":"\u2028\u2029\u0085"}\n{"b"', ':1}\r', '\n\n{"c":1}');

  expect(await linesOf(store)).toEqual(['{"a":"\u2028\u2029\u0085"}', '{"b":1}', '', '{"c":1}']);
});

test('a character that is split between chunks is read as one', async () => {
  const bytes = Buffer.from('é\n');
  const client = { send: async () => ({ Body: Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]) }) };

  expect(await linesOf(new S3Store(undefined, client as unknown as S3Client))).toEqual(['é']);
});

test('an object is read from the bucket of the given account, and only if it is the one that was listed', async () => {
  const { store, inputs } = storeWith('a\n');
  await linesOf(store, '"etag"');

  expect(inputs).toEqual([{ Bucket: PLACE.bucket, Key: PLACE.key, ExpectedBucketOwner: '111122223333', IfMatch: '"etag"' }]);
});

test('a connection that breaks while lines are read is an error', async () => {
  await expect(linesOf(storeWith('a\nb', new Error('aborted')).store)).rejects.toThrow('aborted');
});

test('a line that does not fit the memory of the function is refused', async () => {
  const { store } = storeWith(...Array.from({ length: 101 }, () => 'x'.repeat(1_000_000)));

  await expect(linesOf(store)).rejects.toThrow(new InvalidInput(
    'input: "s3://amzn-s3-demo-bucket/in/a.jsonl" must be an object with lines of at most 100 MB. Write one record in each line.'));
});
