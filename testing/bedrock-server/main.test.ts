import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Runs `tsx testing/bedrock-server/main.ts`. */
function run(...options: string[]): ChildProcess & { readonly stdout: NodeJS.ReadableStream; readonly stderr: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'main.ts'), ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  return child as ReturnType<typeof run>;
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

test.each<[string[], string]>([
  [['--import-seconds', 'soon'], '--import-seconds must be a number, not soon'],
  [['--speed', '0'], 'The speed of the clock must be a positive number'],
  [['--no-such-option'], "Unknown option '--no-such-option'"],
])('refuses %p', async (options, message) => {
  const child = run(...options);
  const said = text(child.stderr);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(await said).toContain(message);
});
