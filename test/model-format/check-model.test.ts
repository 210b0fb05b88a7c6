import * as fc from 'fast-check';
import { checkModel, type ModelFile, type ModelFolder } from '../../src/model-format';
import {
  below, INDEX, json, MemoryFolder, type ModelFiles, shardedModel, sparseSafetensors, validModel, withFields, withHeader, withLength,
} from '../../testing/model-files';

const llama = validModel();
const check = async (files: ModelFiles) => checkModel(new MemoryFolder(files));
/** A folder whose files are listed in another way. */
const listing = (files: ModelFiles, change: (list: ModelFile[]) => ModelFile[]): ModelFolder => {
  const folder = new MemoryFolder(files);
  return { list: async () => change(await folder.list()), read: async (path, start, end) => folder.read(path, start, end) };
};

describe('the findings', () => {
  test('begin with the most severe, and are ordered by file', async () => {
    const files = { ...withFields(llama, 'config.json', { model_type: 'mistral', dtype: 'bfloat16', torch_dtype: undefined }), 'a/b': 'x' };
    const { findings } = await check({ ...withFields(files, 'tokenizer_config.json', { chat_template: undefined, tokenizer_class: 'TokenizersBackend' }), 'z.gguf': 'x' });

    expect(findings.map(({ severity, file, rule }) => [severity, file, rule])).toEqual([
      ['error', 'config.json', 'model-type'],
      ['error', 'tokenizer_config.json', 'tokenizers-backend'],
      ['warning', 'config.json', 'newer-dtype-field'],
      ['warning', 'tokenizer_config.json', 'no-chat-template'],
      ['warning', 'z.gguf', 'other-weights'],
      ['info', undefined, 'nested-folder'],
    ]);
  });

  test('that are acknowledged do not make up for others', async () => {
    const files = withFields(withFields(llama, 'config.json', { model_type: 'mistral' }), 'tokenizer_config.json', { tokenizer_class: 'TokenizersBackend' });
    const { findings, passed } = await checkModel(new MemoryFolder(files), { acknowledged: ['model-type'] });

    expect(findings.map(({ rule, acknowledged }) => [rule, acknowledged])).toEqual([['model-type', true], ['tokenizers-backend', false]]);
    expect(passed).toBe(false);
  });
});

test.each([
  [200e9 - 1, []],
  [200e9, ['warning']],
  [200 * 2 ** 30 - 1, ['warning']],
  [200 * 2 ** 30, ['error']],
])('weights of %s bytes', async (size, severities) => {
  const { findings } = await checkModel(listing(llama, files => files.map(file => file.path === 'model.safetensors' ? { ...file, size } : file)));

  expect(findings.filter(({ rule }) => rule === 'weights-too-large').map(({ severity }) => severity)).toEqual(severities);
});

test.each([
  ['us-east-1', 'Import the model in us-east-1, where the bucket is.'],
  ['us-east-2', 'Copy the model to a bucket in us-east-1, and import it there.'],
])('GPT-OSS in a bucket in %s is not to be imported elsewhere', async (bucketRegion, remedy) => {
  const { findings } = await checkModel(new MemoryFolder(validModel('gpt_oss')), { region: 'us-west-2', bucketRegion });

  expect(findings.filter(({ severity }) => severity === 'error').map(({ rule, remedy: found }) => [rule, found])).toEqual([
    ['gpt-oss-region', 'Import the model in us-east-1, from a bucket there.'],
    ['bucket-region', remedy],
  ]);
});

test('numbers that only Python has are null, and texts stay as they are', async () => {
  const { findings } = await check({ ...llama, 'config.json': '{"x": -Infinity, "architectures": ["\\"NaN\\\\", "Infinity"], "model_type": NaN}' });

  expect(findings.map(({ rule, message }) => [rule, message.slice(0, 40)])).toEqual([
    ['unsupported-architecture', 'architectures is ["\\"NaN\\\\","Infinity"].'],
  ]);
});

test('original/ is not proposed as the folder of the model', async () => {
  const { findings } = await check({ 'original/config.json': '{}', 'tokenizer.json': '{}', 'tokenizer_config.json': '{"chat_template": "x"}' });

  expect(findings.map(({ rule, remedy }) => [rule, remedy])).toEqual([
    ['missing-file', 'Add it: save the tokenizer and the model with save_pretrained of transformers==4.51.3.'],
    ['no-safetensors', 'Load the model with transformers==4.51.3, and save it with save_pretrained(folder, safe_serialization=True).'],
  ]);
});

test('the folder that is closest is proposed', async () => {
  const { findings } = await check({ ...below('a/long/way', llama), ...below('z', llama) });

  expect(findings.map(({ rule, remedy }) => [rule, remedy])).toEqual([['missing-file', 'Use the folder z/ as the source: the model is there.']]);
});

test('the files and the bytes of the weights are counted', async () => {
  const result = await check({ ...shardedModel(3), 'logs/': '', 'original/model.safetensors': 'xxx' });
  const shards = Object.entries(shardedModel(3)).filter(([path]) => path.endsWith('.safetensors')).map(([, content]) => (content as Uint8Array).length);

  expect(result.files).toBe(10);
  expect(result.weightBytes).toBe(shards.reduce((sum, size) => sum + size, 0));
});

describe('the digest', () => {
  const digestOf = async (folder: ModelFolder) => (await checkModel(folder)).digest;

  test('does not depend on the order of the list', async () => {
    const files = shardedModel(6);
    const { digest } = await check(files);

    await fc.assert(fc.asyncProperty(fc.shuffledSubarray(Object.keys(files), { minLength: Object.keys(files).length }), async (order) => {
      const ordered = (list: ModelFile[]) => [...list].sort((one, other) => order.indexOf(one.path) - order.indexOf(other.path));
      expect(await digestOf(listing(files, ordered))).toBe(digest);
    }), { numRuns: 20 });
    expect(digest).toMatch(/^[0-9a-f]{32}$/);
  });

  test.each([
    ['a name', (file: ModelFile) => ({ ...file, path: `${file.path}.txt` })],
    ['a size', (file: ModelFile) => ({ ...file, size: file.size + 1 })],
    ['an entity tag', (file: ModelFile) => ({ ...file, etag: 'other' })],
    ['a missing entity tag', ({ path, size }: ModelFile) => ({ path, size })],
  ])('depends on %s', async (_, change) => {
    const files = { ...llama, 'README.md': 'x' };
    const changed = listing(files, list => list.map(file => file.path === 'README.md' ? change(file) : file));

    expect(await digestOf(changed)).not.toBe(await digestOf(new MemoryFolder(files)));
  });
});

describe('reading', () => {
  test('lists once, and reads each small file and each header once', async () => {
    const folder = new MemoryFolder({ ...shardedModel(12), 'README.md': 'x', 'optimizer.pt': 'x', 'consolidated.safetensors': 'x', 'original/config.json': '{}' });
    await checkModel(folder);

    expect(folder.lists).toBe(1);
    expect(folder.reads.map(({ path }) => path).sort()).toEqual([
      'config.json', 'generation_config.json',
      ...Array.from({ length: 12 }, (_, shard) => `model-${String(shard + 1).padStart(5, '0')}-of-00012.safetensors`),
      INDEX, 'tokenizer.json', 'tokenizer_config.json',
    ].sort());
  });

  test('reads 64 KiB of large weights', async () => {
    const folder = new MemoryFolder({ ...llama, 'model.safetensors': sparseSafetensors({ a: [5e9] }) });
    await checkModel(folder);

    expect(folder.reads.filter(({ path }) => path === 'model.safetensors')).toEqual([{ path: 'model.safetensors', start: 0, end: 65536 }]);
  });

  test('reads the rest of a large header, and no byte more', async () => {
    const shapes = Object.fromEntries(Array.from({ length: 2000 }, (_, expert) => [`model.layers.0.mlp.experts.${expert}.weight`, [4, 1000]]));
    const weights = sparseSafetensors(shapes);
    const folder = new MemoryFolder({ ...llama, 'model.safetensors': weights });
    const { findings } = await checkModel(folder);

    expect(weights.start.length).toBeGreaterThan(65536);
    expect(folder.reads.filter(({ path }) => path === 'model.safetensors').map(({ start, end }) => [start, end])).toEqual([[0, 65536], [65536, weights.start.length]]);
    expect(findings).toEqual([]);
  });

  test('does not follow a wrong length', async () => {
    const folder = new MemoryFolder({ ...llama, 'model.safetensors': { start: withLength(25_000_001n, new Uint8Array()), size: 100_000_000 } });
    await checkModel(folder);

    expect(folder.reads.filter(({ path }) => path === 'model.safetensors')).toHaveLength(1);
  });

  test('follows a length of 25 MB, one file at a time', async () => {
    const damaged = { start: withLength(25_000_000n, new Uint8Array()), size: 100_000_000 };
    const files = { ...llama, 'model.safetensors': damaged, 'other.safetensors': damaged, 'third.safetensors': damaged };
    const folder = new MemoryFolder(files);
    let large = 0;
    let mostAtOnce = 0;
    const { findings } = await checkModel({
      list: async () => folder.list(),
      read: async (path, start, end) => {
        const isLarge = end - start > 1_000_000 ? 1 : 0;
        mostAtOnce = Math.max(mostAtOnce, large += isLarge);
        const bytes = await folder.read(path, start, end);
        large -= isLarge;
        return bytes;
      },
    });

    expect(mostAtOnce).toBe(1);
    expect(findings.filter(({ rule }) => rule === 'invalid-safetensors')).toHaveLength(3);
  });

  test('reads 32 files at a time', async () => {
    const folder = new MemoryFolder(shardedModel(100));
    await checkModel(folder);

    expect(folder.mostAtOnce).toBe(32);
  });

  test('does not read a file of more than 16 MB', async () => {
    const folder = new MemoryFolder({ ...llama, 'tokenizer.json': { start: Buffer.from('{}'), size: 16_000_001 } });
    await checkModel(folder);
    const smaller = new MemoryFolder({ ...llama, 'tokenizer.json': `{${' '.repeat(15_999_998)}}` });
    const { findings } = await checkModel(smaller);

    expect(folder.reads.map(({ path }) => path)).not.toContain('tokenizer.json');
    expect(findings).toEqual([]);
  });

  test('says how far it is', async () => {
    const progress: number[][] = [];
    await checkModel(new MemoryFolder({ ...shardedModel(3), 'generation_config.json': '' }), { progress: (read, total) => progress.push([read, total]) });

    expect(progress).toEqual([[1, 8], [2, 8], [3, 8], [4, 8], [5, 8], [6, 8], [7, 8], [8, 8]]);
  });

  test('of a file that has become shorter is a finding', async () => {
    const shorter = listing({ ...llama, 'model.safetensors': (llama['model.safetensors'] as Uint8Array).subarray(0, 100) }, list => (
      list.map(file => file.path === 'model.safetensors' ? { ...file, size: 31080 } : file)
    ));
    const { findings } = await checkModel(shorter);

    expect(findings.map(({ rule, message }) => [rule, message])).toEqual([
      ['invalid-safetensors', 'The file has a header of 2112 bytes, of which only 92 could be read.'],
    ]);
  });

  test('that fails ends the check', async () => {
    const folder = new MemoryFolder(shardedModel(100));
    const read = async (path: string, start: number, end: number) => {
      if (path.startsWith('model-00040')) throw new Error('Access Denied');
      return folder.read(path, start, end);
    };

    await expect(checkModel({ list: async () => folder.list(), read })).rejects.toThrow('Access Denied');
    expect(folder.reads.length).toBeLessThan(80);
    await expect(checkModel({ list: async () => Promise.reject(new Error('No such bucket')), read })).rejects.toThrow('No such bucket');
  });
});

describe('whatever the files contain,', () => {
  const FIELDS = [
    'architectures', 'model_type', 'max_position_embeddings', 'n_positions', 'text_config', 'vision_config', 'rope_scaling', 'rope_parameters', 'rope_theta',
    'rope_type', 'type', 'factor', 'transformers_version', 'dtype', 'torch_dtype', 'quantization_config', 'quant_method', 'vocab_size', 'auto_map',
    'tokenizer_class', 'chat_template', 'name', 'template', 'extra_special_tokens', 'added_tokens_decoder', 'added_tokens', 'id', 'eos_token_id',
    'metadata', 'weight_map', 'total_parameters', '__proto__', 'constructor', 'mrope_section',
  ];
  const VALUES = [
    'llama', 'llama3', 'LlamaForCausalLM', 'GptOssForCausalLM', 'default', '5.0.0', 'model.safetensors', 'x'.repeat(500), '\u0007\u{1F600}'.repeat(40), 131073, -1, 0.5, 1e308,
  ];
  const { value } = fc.letrec(tie => ({
    value: fc.oneof({ depthSize: 'small' }, fc.constantFrom(...VALUES), fc.jsonValue(), tie('object'), fc.array(tie('value'), { maxLength: 4 })),
    object: fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS), fc.string()), tie('value'), { maxKeys: 8 }),
  }));
  const content = fc.oneof(value.map(json), fc.string(), fc.uint8Array());
  const paths = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', INDEX, 'chat_template.json', 'chat_template.jinja'];

  const check400 = async (files: ModelFiles, options = {}) => {
    for (const { message, remedy } of (await checkModel(new MemoryFolder(files), options)).findings) {
      expect(message.length + remedy.length).toBeLessThanOrEqual(400);
      expect(`${message}${remedy}`).not.toMatch(/undefined|\[object|NaN|\p{Cc}/u);
    }
  };

  test('there is no exception, and all texts are short', async () => {
    const files = fc.dictionary(fc.constantFrom(...paths), content);
    await fc.assert(fc.asyncProperty(files, async changed => check400({ ...llama, ...changed })), { numRuns: 200 });
  });

  test('also for models that are valid except for a few fields', async () => {
    const fields = fc.dictionary(fc.constantFrom(...FIELDS), value as fc.Arbitrary<unknown>, { maxKeys: 4 });
    await fc.assert(fc.asyncProperty(fc.constantFrom(...paths.slice(0, 5)), fields, async (path, changed) => {
      await check400(withFields({ ...llama, [INDEX]: '{}' }, path, changed), { parseTemplate: (template: string) => { throw new Error(template); } });
    }), { numRuns: 200 });
  });

  test('also for any names', async () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('x'.repeat(1000), '\n\u0007'.repeat(100), '__proto__', 'a/b.py', 'x.safetensors', 'original/x', '1_Pooling/x'));
    const suffix = fc.constantFrom('', '.py', '.safetensors', '.gguf', '/config.json', '.bin');
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(name, suffix)), async (names) => {
      await check400({ ...llama, ...Object.fromEntries(names.map(([start, end]) => [start + end, 'x'])) });
      await check400(Object.fromEntries(names.map(([start, end]) => [start + end, 'x'])));
    }), { numRuns: 100 });
  });

  test('also for values that are nested more deeply than the stack', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

    await check400({ ...llama, 'config.json': `{"architectures": ${deep}, "dtype": ${deep}, "rope_parameters": {"rope_type": ${deep}}}` });
    await check400({ ...llama, 'tokenizer_config.json': `{"chat_template": ${deep}, "extra_special_tokens": ${deep}, "tokenizer_class": ${deep}}` });
  });

  test('also for any header', async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(value.map(json), fc.string()), fc.uint8Array(), async (header, data) => {
      await check400({ ...llama, 'model.safetensors': withHeader(header, data) });
    }), { numRuns: 200 });
  });
});
