import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Runs `tsx testing/bedrock-server/main.ts`. */
function run(...options: string[]): ChildProcess & { readonly stdout: NodeJS.ReadableStream; readonly stderr: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'main.ts'), ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  return child as ReturnType<typeof run>;
}

const BATCH = {
  jobName: 'job-1',
  modelId: 'anthropic.claude-3-haiku-20240307-v1:0',
  roleArn: 'arn:aws:iam::111122223333:role/batch',
  inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://amzn-s3-demo-bucket/in/a.jsonl' } },
  outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://amzn-s3-demo-bucket/out/' } },
};

/** Waits until the server listens. Returns a function that sends a request and returns the response. */
async function sayTo(child: ReturnType<typeof run>): Promise<(method: string, path: string, body?: object) => Promise<unknown>> {
  const [line] = await once(child.stdout, 'data') as [Buffer];
  const [, url] = /^listening (\S+)\n$/.exec(line.toString()) ?? [];
  return async (method, path, body) => (await fetch(url + path, { method, body: JSON.stringify(body) })).json();
}

test('serves until it is stopped', async () => {
  const child = run('--virtual-clock', '--import-seconds', '5', '--region', 'us-west-2', '--account', '444455556666');
  const printed = text(child.stdout);
  const [line] = await once(child.stdout, 'data') as [Buffer];
  const [, url] = /^listening (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(line.toString()) ?? [];

  const say = async (method: string, path: string, body?: object): Promise<unknown> =>
    (await fetch(url + path, { method, body: JSON.stringify(body) })).json();
  await say('POST', '/model-import-jobs', {
    jobName: 'job-1',
    importedModelName: 'model-1',
    roleArn: 'arn:aws:iam::444455556666:role/import',
    modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/llama/' } },
  });
  await say('POST', '/_control/clock/advance', { ms: 5000 });
  expect(await say('GET', '/imported-models/model-1'))
    .toMatchObject({ modelArn: expect.stringMatching(/^arn:aws:bedrock:us-west-2:444455556666:imported-model\//) });

  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await printed).toBe(`listening ${url}\n`);
});

test('serves batch inference and InvokeModel as its options say', async () => {
  const child = run(
    '--virtual-clock', '--batch-seconds', '4', '--min-records', '7', '--any-model',
    '--cold-start-seconds', '2', '--idle-seconds', '3', '--copy-concurrency', '1', '--invoke-latency-ms', '100',
  );
  const say = await sayTo(child);
  await say('POST', '/model-invocation-job', { ...BATCH, modelId: 'llama' });
  await say('POST', '/_control/clock/advance', { ms: 3999 });
  expect(await say('GET', '/model-invocation-jobs')).toMatchObject({ invocationJobSummaries: [{ status: 'InProgress', totalRecordCount: 7 }] });
  await say('POST', '/_control/clock/advance', { ms: 1 });
  expect(await say('GET', '/model-invocation-jobs')).toMatchObject({ invocationJobSummaries: [{ status: 'Completed' }] });

  const invoke = `/model/${encodeURIComponent('arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl')}/invoke`;
  expect(await say('POST', invoke, {})).toMatchObject({ message: expect.stringContaining('not ready') });
  await say('POST', '/_control/clock/advance', { ms: 2000 });
  expect(await say('POST', invoke, { prompt: 'Hello' })).toMatchObject({ generation: 'Echo: Hello' });
  expect(await say('POST', invoke, {})).toMatchObject({ message: expect.stringContaining('Too many requests') });
  await say('POST', '/_control/clock/advance', { ms: 3001 });
  expect(await say('POST', invoke, {})).toMatchObject({ message: expect.stringContaining('not ready') });
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('reads and writes at the S3 endpoint', async () => {
  const requests: string[] = [];
  const s3 = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.end('{"modelInput":{}}\n');
  });
  await new Promise<void>((resolve) => s3.listen(0, '127.0.0.1', resolve));
  const child = run('--virtual-clock', '--min-records', '1', '--s3-endpoint', `http://127.0.0.1:${(s3.address() as AddressInfo).port}`);
  const say = await sayTo(child);
  await say('POST', '/model-invocation-job', BATCH);
  await say('POST', '/_control/clock/advance', { ms: 180_000 });
  expect(await say('GET', '/_control/invocation-jobs')).toMatchObject([{ status: 'Completed', successRecordCount: 1 }]);
  expect(requests).toEqual([
    'GET /amzn-s3-demo-bucket/in/a.jsonl',
    expect.stringMatching(/^PUT \/amzn-s3-demo-bucket\/out\/[a-z0-9]{12}\/a\.jsonl\.out$/),
    expect.stringMatching(/^PUT \/amzn-s3-demo-bucket\/out\/[a-z0-9]{12}\/manifest\.json\.out$/),
  ]);
  child.kill('SIGTERM');
  await once(child, 'exit');
  await new Promise((resolve) => s3.close(resolve));
});

test.each<[string[], string]>([
  [['--import-seconds', 'soon'], '--import-seconds must be a number, not soon'],
  [['--batch-seconds', 'soon'], '--batch-seconds must be a number, not soon'],
  [['--speed', '0'], 'The speed of the clock must be a positive number'],
  [['--no-such-option'], "Unknown option '--no-such-option'"],
])('refuses %p', async (options, message) => {
  const child = run(...options);
  const said = text(child.stderr);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(await said).toContain(message);
});
