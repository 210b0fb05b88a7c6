import { accessSync, constants, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMAND, conclusionOf, run } from './command';
import { shardedModel, validModel, withFields, without, writeModel } from '../../../testing/model-files';

jest.setTimeout(60_000); // each test starts processes

/** Bedrock refuses it by two rules. */
const REFUSED = withFields(without(shardedModel(4), 'model-00002-of-00004.safetensors'), 'config.json', { architectures: ['PhiForCausalLM'] });
const WITH_WARNING = withFields(validModel(), 'config.json', { quantization_config: { quant_method: 'gptq' } });

let dir: string;
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'check-')); });
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the command', () => {
  test('is executable, and the bin of the package', () => {
    expect(() => accessSync(COMMAND, constants.X_OK)).not.toThrow();
    expect(JSON.parse(readFileSync('package.json', 'utf8')).bin).toEqual({ 'cdk-bedrock-model-import': 'assets/model-format/command/main/index.js' });
  });

  test('runs through the link that npm makes', async () => {
    symlinkSync(COMMAND, join(dir, 'cdk-bedrock-model-import'));

    const help = await run(dir, ['--help'], {}, join(dir, 'cdk-bedrock-model-import'));
    expect(help).toEqual({ code: 0, stdout: expect.stringContaining('npx cdk-bedrock-model-import check <model> [options]\n'), stderr: '' });
  });

  test('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

    expect(await run(dir, ['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    [[], 'A command is missing. The only one is "check".\nFor help: npx cdk-bedrock-model-import --help\n'],
    [['check', 'a/b'], 'There is no directory a/b. Check the path.\n'],
  ])('cannot check %j', async (args, message) => {
    expect(await run(dir, args)).toEqual({ code: 2, stdout: '', stderr: message });
  });
});

describe('a directory', () => {
  test('with a model that can be imported passes', async () => {
    await writeModel(join(dir, 'model'), validModel());
    const { size } = statSync(join(dir, 'model/model.safetensors'));

    const { code, stdout, stderr } = await run(dir, ['check', 'model']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'model',
      `  6 files, ${(size / 1000).toFixed(1)} kB of weights`,
      expect.stringMatching(/^ {2}read: [\d.]+ kB in \d+ calls$/),
      '',
      'Bedrock can import this model, as far as its files say.',
      '',
    ]);
  });

  test('with errors fails, and says what to do in at most 80 columns', async () => {
    await writeModel(dir, REFUSED);

    const ended = await run(dir, ['check', '.']);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('\nErrors (2)\n\n  ● unsupported-architecture\n    config.json\n    architectures is ["PhiForCausalLM"]. ');
    expect(ended.stdout).toContain('  ● missing-shard\n    model.safetensors.index.json\n');
    expect(ended.stdout).toContain('\n    → Upload it');
    expect(conclusionOf(ended)).toBe('Bedrock would refuse this model: 2 errors.');
    expect(ended.stdout.split('\n').filter(line => line.length > 80 && !line.includes('https://'))).toEqual([]);
    expect(ended.stdout).not.toContain('\x1b');
  });

  test('with acknowledged errors passes, and still shows them', async () => {
    await writeModel(dir, REFUSED);

    const ended = await run(dir, ['check', '.', '--acknowledge', 'missing-shard', '--acknowledge=unsupported-architecture']);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('\nAcknowledged (2)\n\n  ● unsupported-architecture\n');
    expect(conclusionOf(ended)).toBe('Bedrock may refuse this model: 2 errors are acknowledged.');
    expect((await run(dir, ['check', '.', '--acknowledge', 'missing-shard'])).code).toBe(1);
  });

  test('with warnings passes, unless it is strict', async () => {
    await writeModel(dir, WITH_WARNING);

    const check = async (...options: string[]) => {
      const ended = await run(dir, ['check', '.', ...options]);
      return { code: ended.code, conclusion: ended.stdout.trimEnd().split('\n').slice(-2).join(' ').trim() };
    };
    const conclusion = 'No error. 1 warning: the import may fail, or the model may answer differently';
    expect(await check()).toEqual({ code: 0, conclusion: `${conclusion}.` });
    expect(await check('--strict')).toEqual({ code: 1, conclusion: `${conclusion} (--strict).` });
    expect(await check('--acknowledge', 'quantized-weights'))
      .toEqual({ code: 0, conclusion: 'Bedrock can import this model, as far as its files say.' });
    expect((await run(dir, ['check', '.', '--strict', '--acknowledge', 'quantized-weights'])).code).toBe(0);
  });

  test('is read without any call over the network', async () => {
    await writeModel(dir, validModel());
    const called: string[] = [];
    const witness = createServer((request, response) => {
      called.push(request.url!);
      response.end();
    });
    await new Promise<void>(listening => witness.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(witness.address() as AddressInfo).port}`;
    try {
      const env = { AWS_ENDPOINT_URL: url, HF_ENDPOINT: url, AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
      expect(await run(dir, ['check', '.'], env)).toMatchObject({ code: 0 });
      expect(called).toEqual([]);
    } finally {
      witness.close();
    }
  });

  test('with text that controls a terminal is reported without it', async () => {
    await writeModel(dir, { ...REFUSED, 'config.json': JSON.stringify({ architectures: ['\x1b[2J\u009b31mPhi\u202e'] }) });

    const { code, stdout } = await run(dir, ['check', '.']);
    expect(code).toBe(1);
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    expect((await run(dir, ['check', '.', '--json'])).stdout).not.toMatch(/[\u007f-\u009f\u202e]/);
  });

  test('is reported as JSON', async () => {
    await writeModel(dir, REFUSED);

    const { code, stdout } = await run(dir, ['check', '.', '--json'], { AWS_DEFAULT_REGION: 'us-west-2' });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      target: '.',
      region: 'us-west-2',
      passed: false,
      digest: expect.stringMatching(/^[0-9a-f]{32}$/),
      files: Object.keys(REFUSED).length,
      weightBytes: expect.any(Number),
      findings: [
        {
          rule: 'unsupported-architecture',
          severity: 'error',
          file: 'config.json',
          message: expect.stringContaining('PhiForCausalLM'),
          remedy: expect.any(String),
          source: expect.stringMatching(/^https:/),
          acknowledged: false,
        },
        expect.objectContaining({ rule: 'missing-shard' }),
      ],
      read: { calls: expect.any(Number), bytes: expect.any(Number) },
    });
  });
});
