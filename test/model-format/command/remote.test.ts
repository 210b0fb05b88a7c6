import { tmpdir } from 'node:os';
import { run } from './command';
import { hubFile, type HubFile, type HubServer, startHubServer } from '../../../testing/hub-server/server';
import { MemoryFolder, type ModelFiles, shardedModel, validModel } from '../../../testing/model-files';
import { type S3Object, s3Object, S3Refusal, type S3Server, type S3ServerOptions, startS3Server } from '../../../testing/s3-server/server';

jest.setTimeout(60_000); // each test starts processes

const BUCKET = 'amzn-s3-demo-bucket';
const MODEL = 'example-org/tiny-llama';
const SHA = '0123456789012345678901234567890123456789';

let server: S3Server | HubServer | undefined;
afterEach(async () => server?.close());

const check = async (args: readonly string[], env: Readonly<Record<string, string>>) => run(tmpdir(), ['check', ...args], env);

describe('a folder in Amazon S3', () => {
  async function s3With(files: ModelFiles, { region = 'us-east-1', ...options }: S3ServerOptions & { region?: string } = {}) {
    const memory = new MemoryFolder(files);
    const objects = new Map<string, S3Object>((await memory.list()).map(({ path, size, etag }) => (
      [`model/${path}`, { size, etag: `"${etag}"`, read: async (start, end) => memory.read(path, start, end) }])));
    const started = await startS3Server({ [BUCKET]: { region, objects } }, options);
    server = started;
    return { started, objects, env: { AWS_ENDPOINT_URL_S3: started.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' } };
  }

  test('is checked in the Region of the bucket, for an import in another', async () => {
    const { started, env } = await s3With(validModel(), { region: 'eu-central-1' });

    const { code, stdout, stderr } = await check([`s3://${BUCKET}/model`, '--region', 'us-east-1'], env);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('bucket in eu-central-1; import in us-east-1\n');
    expect(stdout).toContain('● bucket-region');
    expect(started.requests.filter(({ action }) => action === 's3:ListBucket')).toHaveLength(2);
  });

  test('is checked without a Region', async () => {
    const { env } = await s3With(validModel(), { region: 'eu-central-1' });

    const { code, stdout } = await check([`s3://${BUCKET}/model/`, '--json'], env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ bucketRegion: 'eu-central-1', findings: [] });
    expect(JSON.parse(stdout)).not.toHaveProperty('region');
  });

  test('has another digest when its content changes, and only then', async () => {
    const { env, objects } = await s3With(validModel());
    const digest = async () => JSON.parse((await check([`s3://${BUCKET}/model`, '--json'], env)).stdout).digest;

    const before = await digest();
    expect(await digest()).toBe(before);
    expect((await check([`s3://${BUCKET}/model`], env)).stdout).toContain(`  digest ${before}\n`);
    objects.set('model/config.json', s3Object('{}'));
    expect(await digest()).not.toBe(before);
  });

  test('that is empty is a finding', async () => {
    const { env } = await s3With(validModel());

    const { code, stdout } = await check([`s3://${BUCKET}/mode`], env);
    expect(code).toBe(1);
    expect(stdout).toContain('● empty-folder');
  });

  test.each([
    ['no permission', '', 'AccessDenied', 'Allow s3:ListBucket on the bucket for the prefix "model/".\n'],
    ['no permission for one file', 'model/config.json', 'AccessDenied', 'Allow s3:GetObject on s3://amzn-s3-demo-bucket/model/*, and kms:Decrypt'],
    ['an expired token', '', 'ExpiredToken', 'Sign in again, for example with "aws sso login"'],
  ])('cannot be checked with %s', async (_, only, code, message) => {
    const before = ({ key }: { key: string }) => { if (only === '' || key === only) throw new S3Refusal(code === 'ExpiredToken' ? 400 : 403, code, 'No'); };
    const { env } = await s3With(validModel(), { before });

    expect(await check([`s3://${BUCKET}/model`], env)).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  });

  test('cannot be checked without credentials, or if there is no such bucket', async () => {
    const { env } = await s3With(validModel());

    expect(await check([`s3://${BUCKET}/model`], { AWS_ENDPOINT_URL_S3: env.AWS_ENDPOINT_URL_S3 }))
      .toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/CredentialsProviderError: .*\. Sign in again/) });
    expect(await check(['s3://amzn-s3-demo-bucket1/model', '--json'], env))
      .toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('NoSuchBucket: The specified bucket does not exist. Correct the name of the bucket.') });
  });
});

describe('a model on the Hub', () => {
  async function hubWith(files: ModelFiles, isGated = false) {
    const memory = new MemoryFolder(files);
    const served = Object.fromEntries((await memory.list()).map(({ path, size }): [string, HubFile] => (
      [path, { size, isLarge: path.endsWith('.safetensors'), read: async (start, end) => memory.read(path, start, end) }])));
    const started = await startHubServer({ [MODEL]: { revisions: { main: { sha: SHA, files: { ...served, '.gitattributes': hubFile('') } } }, isGated } });
    server = started;
    return { started, env: { HF_ENDPOINT: started.url } };
  }

  test('is checked, with the commit in the report', async () => {
    const { started, env } = await hubWith(shardedModel(20));

    const { code, stdout, stderr } = await check([`hf://${MODEL}@main`], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`hf://${MODEL}@main\n  commit ${SHA}\n`);
    expect(started.requests.filter(path => path.includes('/resolve/') && !path.includes(SHA))).toEqual([]);
  });

  test('is read with the token', async () => {
    const { env } = await hubWith(validModel(), true);

    expect(await check([`hf://${MODEL}`], env))
      .toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('Accept the conditions of the model on') });
    const { code, stdout } = await check([`hf://${MODEL}`, '--json'], { ...env, HF_TOKEN: 'hf_reader' });
    expect({ code, revision: JSON.parse(stdout).revision }).toEqual({ code: 0, revision: SHA });
  });

  test('that does not exist cannot be checked', async () => {
    const { env } = await hubWith(validModel());

    expect(await check(['hf://example-org/none'], env))
      .toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('Correct the name of the model') });
  });
});
