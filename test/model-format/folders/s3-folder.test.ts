import { FolderError } from '../../../src/model-format/folders/folder-error';
import { S3Folder, type S3Location } from '../../../src/model-format/folders/s3-folder';
import { type S3Bucket, s3Object, S3Refusal, type S3Server, type S3ServerOptions, startS3Server } from '../../../testing/s3-server/server';

const BUCKET = 'amzn-s3-demo-bucket';
/** Keys that URLs, XML or S3 itself write in another way. */
const NAMES = ['a b.json', 'a+b', 'é-模型', '100%', '%41', 'a&b<c>"d\'', 'line\nbreak', 'bell\u0007', 'in/a/folder', '../up', '?x=1#y', '.', '='];

let server: S3Server | undefined;
afterEach(async () => server?.close());

/** A folder on a server with these objects. */
async function folderWith(
  objects: { readonly [key: string]: string }, { prefix = 'model', ...more }: Partial<S3Location & S3Bucket & S3ServerOptions> = {},
): Promise<{ folder: S3Folder; bucket: S3Bucket; server: S3Server }> {
  const { region = 'us-east-1', owner, expectedBucketOwner, ...options } = more;
  const bucket = { region, owner, objects: new Map(Object.entries(objects).map(([key, content]) => [key, s3Object(content)])) };
  await server?.close();
  server = await startS3Server({ [BUCKET]: bucket }, options);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const folder = new S3Folder({ bucket: BUCKET, prefix, expectedBucketOwner }, { endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 2 });
  return { folder, bucket, server };
}

const pathsOf = async (folder: S3Folder) => (await folder.list()).map(({ path }) => path);
const textOf = async (folder: S3Folder, path: string, start = 0, end = 100) => Buffer.from(await folder.read(path, start, end)).toString();

test.each([['model'], ['model/']])('the folder %s has what is below it, and not its siblings', async (prefix) => {
  const { folder } = await folderWith({ 'model/': '', 'model/config.json': '{}', 'model/sub/a': 'abc', 'model-2/config.json': '', 'model.json': '' }, { prefix });

  expect(await folder.list()).toEqual([
    { path: '', size: 0, etag: 'd41d8cd98f00b204e9800998ecf8427e' },
    { path: 'config.json', size: 2, etag: '99914b932bd37a50b983c5e7c90ae93b' },
    { path: 'sub/a', size: 3, etag: '900150983cd24fb0d6963f7d28e17f72' },
  ]);
});

test('an empty prefix is the whole bucket', async () => {
  const { folder } = await folderWith({ 'config.json': '{}', 'a/b': '' }, { prefix: '' });

  expect(await pathsOf(folder)).toEqual(['a/b', 'config.json']);
  expect(await textOf(folder, 'config.json')).toBe('{}');
});

test('a folder without objects is empty', async () => {
  const { folder } = await folderWith({ other: '' });

  expect(await folder.list()).toEqual([]);
  expect(folder.bucketRegion).toBe('us-east-1');
});

test.each(NAMES)('an object with the name %j is listed and read', async (name) => {
  const { folder } = await folderWith({ [`model/${name}`]: `content of ${name}` });

  expect(await pathsOf(folder)).toEqual([name]);
  expect(await textOf(folder, name)).toBe(`content of ${name}`);
});

test('3,000 objects are listed in three calls, and once', async () => {
  const { folder, server: { requests } } = await folderWith(Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`model/${index} é`, ''])));

  expect(new Set(await pathsOf(folder)).size).toBe(3000);
  expect(await pathsOf(folder)).toContain('2999 é');
  expect(requests).toHaveLength(3);
  expect(folder.cost).toEqual({ calls: 3, bytes: 0 });
});

test('more objects than a model has are refused, because the list would take hours', async () => {
  const { folder, server: { requests } } = await folderWith(Object.fromEntries(Array.from({ length: 52_000 }, (_, index) => [`model/${index}`, ''])));

  await expect(folder.list()).rejects.toThrow('s3://amzn-s3-demo-bucket/model/ has more than 50,000 objects. Check the folder of one model.');
  expect(requests).toHaveLength(51);
}, 60_000);

test('only the range is read, and less at the end', async () => {
  const { folder, server: { requests, sent } } = await folderWith({ 'model/a': '0123456789', 'model/empty': '' });

  expect(await textOf(folder, 'a', 2, 5)).toBe('234');
  expect(await textOf(folder, 'a', 8, 50)).toBe('89');
  expect(await textOf(folder, 'a', 10, 50)).toBe('');
  expect(await textOf(folder, 'empty', 0, 1)).toBe('');
  expect(await textOf(folder, 'a', 5, 5)).toBe(''); // without a call
  expect(requests.map(({ range }) => range)).toEqual(['bytes=2-4', 'bytes=8-49', 'bytes=10-49', 'bytes=0-0']);
  expect(folder.cost).toEqual({ calls: 4, bytes: 5 });
  expect(sent()).toBe(5);
});

describe('a bucket in another Region', () => {
  test.each(['PermanentRedirect', 'AuthorizationHeaderMalformed'] as const)('is read there after %s', async (redirection) => {
    const { folder, server: { requests } } = await folderWith({ 'model/a': 'a', 'model/b': 'b' }, { region: 'eu-central-1', redirection });

    expect(await pathsOf(folder)).toEqual(['a', 'b']);
    expect(await Promise.all(['a', 'b'].map(async path => textOf(folder, path)))).toEqual(['a', 'b']);
    expect(folder.bucketRegion).toBe('eu-central-1');
    expect(requests.map(({ region }) => region)).toEqual(['us-east-1', 'eu-central-1', 'eu-central-1', 'eu-central-1']);
  });

  test('is read there by calls in parallel, if nothing was listed', async () => {
    const { folder } = await folderWith({ 'model/a': 'a', 'model/b': 'b' }, { region: 'eu-central-1' });

    expect(await Promise.all(['a', 'b', 'a'].map(async path => textOf(folder, path)))).toEqual(['a', 'b', 'a']);
  });

  test('is known also if the list is denied', async () => {
    const before = () => { throw new S3Refusal(403, 'AccessDenied', 'Access Denied'); };
    const { folder } = await folderWith({}, { region: 'eu-central-1', before });

    await expect(folder.list()).rejects.toThrow(FolderError);
    expect(folder.bucketRegion).toBe('eu-central-1');
  });

  test('is an error if S3 does not say where it is', async () => {
    const before = () => { throw new S3Refusal(301, 'PermanentRedirect', 'elsewhere'); };
    const { folder } = await folderWith({}, { before });

    await expect(folder.list()).rejects.toThrow('s3://amzn-s3-demo-bucket/model/ cannot be read: PermanentRedirect: elsewhere. Check again.');
  });
});

describe('an error says what to allow or to do:', () => {
  test('no permission to list', async () => {
    const { folder } = await folderWith({}, { before: () => { throw new S3Refusal(403, 'AccessDenied', 'User u is not authorized'); } });

    await expect(folder.list()).rejects.toThrow('s3://amzn-s3-demo-bucket/model/ cannot be read: AccessDenied: User u is not authorized. '
      + 'Allow s3:ListBucket on the bucket for the prefix "model/".');
  });

  test('no permission to read one of the files', async () => {
    const before = ({ key }: { key: string }) => { if (key === 'model/b') throw new S3Refusal(403, 'AccessDenied', 'Access Denied'); };
    const { folder } = await folderWith({ 'model/a': 'a', 'model/b': 'b' }, { before });

    expect(await textOf(folder, 'a')).toBe('a');
    await expect(textOf(folder, 'b')).rejects.toThrow('s3://amzn-s3-demo-bucket/model/b cannot be read: AccessDenied: Access Denied. '
      + 'Allow s3:GetObject on s3://amzn-s3-demo-bucket/model/*, and kms:Decrypt on its key if it is encrypted with AWS KMS.');
  });

  test('the bucket of another account', async () => {
    const { folder } = await folderWith({}, { owner: '111122223333', expectedBucketOwner: '444455556666' });

    await expect(folder.list()).rejects.toThrow('for the prefix "model/", and check that account 444455556666 owns the bucket.');
    expect(await pathsOf((await folderWith({ 'model/a': '' }, { owner: '111122223333', expectedBucketOwner: '111122223333' })).folder)).toEqual(['a']);
  });

  test('an object that was deleted after it was listed', async () => {
    const { folder, bucket } = await folderWith({ 'model/a': 'a' });
    await folder.list();
    bucket.objects.delete('model/a');

    await expect(textOf(folder, 'a')).rejects.toThrow('model/a cannot be read: NoSuchKey: The specified key does not exist. '
      + 'The object is no longer the one that was listed. Check again when nobody writes into the folder.');
  });

  test('an object that was written after it was listed', async () => {
    const { folder, bucket } = await folderWith({ 'model/a': 'a' });
    await folder.list();
    bucket.objects.set('model/a', s3Object('b'));

    await expect(textOf(folder, 'a')).rejects.toThrow(/PreconditionFailed.* The object is no longer the one that was listed\./);
  });

  test.each([
    [404, 'NoSuchBucket', 'Correct the name of the bucket.'],
    [400, 'ExpiredToken', 'Sign in again, for example with "aws sso login", or select a profile with AWS_PROFILE.'],
    [403, 'InvalidObjectState', 'Restore the object, or copy it to another storage class: Bedrock cannot read archived objects.'],
    [503, 'SlowDown', 'Check again.'],
  ])('%i %s', async (status, code, remedy) => {
    const { folder } = await folderWith({}, { before: () => { throw new S3Refusal(status, code, 'S3 says so.'); } });

    await expect(folder.list()).rejects.toThrow(`s3://amzn-s3-demo-bucket/model/ cannot be read: ${code}: S3 says so. ${remedy}`);
  });

  test('no network', async () => {
    const { folder, server: { close } } = await folderWith({});
    await close();

    await expect(folder.list()).rejects.toThrow(/cannot be read: connect ECONNREFUSED .* Check the network, and the Region\.$/);
  });
});
