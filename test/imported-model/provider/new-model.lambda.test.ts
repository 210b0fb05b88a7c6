import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { IsCompleteResponse, OnEventRequest, OnEventResponse } from '../../../src/imported-model/provider/handler/event';
import { QUICK_PHASE } from '../../../src/imported-model/provider/patience';
import { type BedrockServer, startBedrockServer } from '../../../testing/bedrock-server/server';
import { validModel } from '../../../testing/model-files';
import { bytesOf } from '../../../testing/model-files/model-files';
import { s3Object, type S3Server, startS3Server } from '../../../testing/s3-server/server';
import { request, STACK_ID } from '../../../testing/support/deployment';

/** Handles one event as Lambda does, in a process of its own, and writes the response and the names of the files of the function that were loaded. */
const LAMBDA = `
  const { dirname, relative } = require('node:path');
  const [entry, event] = process.argv.slice(1);
  console.log = () => {};
  require(entry).handler(JSON.parse(event)).then(response => {
    const loaded = Object.keys(require.cache).filter(file => file.startsWith(dirname(entry))).map(file => relative(dirname(entry), file)).sort();
    process.stdout.write(JSON.stringify({ response, loaded }));
    process.exit();
  });
`;

let folder: string;
let bedrock: BedrockServer;
let s3: S3Server;
beforeAll(async () => {
  // Elsewhere, so that nothing but the code of the function is found.
  folder = mkdtempSync(join(tmpdir(), 'function-'));
  cpSync(join(__dirname, '../../../assets/imported-model/provider/model-import.lambda'), folder, { recursive: true });
  bedrock = await startBedrockServer({ coldStartMs: 0, planImport: () => ({ durationMs: 0 }) });
  const objects = Object.entries(validModel()).map(([path, content]) => [`llama/${path}`, s3Object(bytesOf(content))] as const);
  s3 = await startS3Server({ 'amzn-s3-demo-bucket': { region: 'us-east-1', objects: new Map(objects) } });
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await bedrock.close();
  await s3.close();
});

interface Invocation {
  readonly response: OnEventResponse | IsCompleteResponse;
  readonly loaded: string[];
}

async function invoke(event: object): Promise<Invocation> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', LAMBDA, join(folder, 'index.js'), JSON.stringify(event)], {
    env: {
      AWS_ENDPOINT_URL_BEDROCK: bedrock.url,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
      AWS_ENDPOINT_URL_S3: s3.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      SERVED_STACKS: STACK_ID,
    },
  });
  return JSON.parse(stdout);
}

/** Polls a request that is old, so that the function polls once. */
async function poll(event: OnEventRequest): Promise<Invocation> {
  const { response, loaded } = await invoke(event);
  expect(loaded).toEqual(['index.js']);
  return invoke({ ...event, ...response, StartedAt: Date.now() - QUICK_PHASE });
}

test('the bundle checks files with the code beside it', async () => {
  expect(await poll(request('Create', { link: 'check' }))).toEqual({
    response: { IsComplete: true, Data: { FilesDigest: expect.stringMatching(/^[0-9a-f]{32}$/) } },
    loaded: ['index.js', 'new-model.lambda.js'],
  });
});

test('the bundle imports and verifies a model, and only a verification loads the code beside it', async () => {
  const properties = { Verified: 'true', VerificationBody: '{"prompt":"Hello","max_tokens":64}' } as const;
  expect(await poll(request('Create', { link: 'import', properties }))).toEqual({ response: { IsComplete: false }, loaded: ['index.js'] });

  const { jobName } = bedrock.bedrock.snapshot().jobs[0];
  const imported = await poll(request('Create', { link: 'import', properties }));
  expect(imported).toEqual({ response: { IsComplete: true, Data: { JobName: jobName } }, loaded: ['index.js'] });

  const verified = await poll(request('Create', { link: 'model', jobName, properties }));
  expect(verified).toMatchObject({ response: { IsComplete: true, Data: { JobName: jobName } }, loaded: ['index.js', 'new-model.lambda.js'] });
  expect(bedrock.bedrock.countCalls('InvokeModel', 'ok')).toBe(1);
});
