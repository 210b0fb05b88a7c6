import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyLlama } from '../../demo/tiny-llama';
import { checkModel } from '../../src/model-format';
import { MemoryFolder } from '../../testing/model-files';

interface Tensor {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

const root = mkdtempSync(join(tmpdir(), 'tiny-llama-'));
afterAll(() => rmSync(root, { recursive: true }));

const read = (dir: string, file: string) => readFileSync(join(root, dir, file));
const readJson = (dir: string, file: string) => JSON.parse(read(dir, file).toString());

function parseSafetensors(bytes: Buffer): { metadata: unknown; tensors: Record<string, Tensor>; data: Buffer } {
  const length = Number(bytes.readBigUInt64LE());
  const { __metadata__: metadata, ...tensors } = JSON.parse(bytes.subarray(8, 8 + length).toString());
  return { metadata, tensors, data: bytes.subarray(8 + length) };
}

beforeAll(async () => {
  await writeTinyLlama(join(root, 'one'), 1);
  await writeTinyLlama(join(root, 'again'), 1);
  await writeTinyLlama(join(root, 'two'), 2);
});

test('returns the written files, including those that an import needs', async () => {
  const files = await writeTinyLlama(join(root, 'one'), 1);

  expect(files).toEqual(expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']));
  files.forEach((file) => expect(read('one', file).length).toBeGreaterThan(0));
});

test('the model breaks no rule of an import', async () => {
  const files = await writeTinyLlama(join(root, 'one'), 1);
  const { findings } = await checkModel(new MemoryFolder(Object.fromEntries(files.map(file => [file, read('one', file)]))), { region: 'us-east-1' });

  expect(findings).toEqual([]);
});

test('the tensors fill the data without gaps or overlaps', () => {
  const bytes = read('one', 'model.safetensors');
  const { metadata, tensors, data } = parseSafetensors(bytes);

  expect(metadata).toEqual({ format: 'pt' });
  expect((bytes.length - data.length) % 8).toBe(0);
  let end = 0;
  for (const { dtype, shape, data_offsets: offsets } of Object.values(tensors)) {
    expect(dtype).toBe('BF16');
    expect(offsets[0]).toBe(end);
    expect(offsets[1] - offsets[0]).toBe(2 * shape.reduce((a, b) => a * b));
    end = offsets[1];
  }
  expect(end).toBe(data.length);
});

test('the tensors are those of the architecture, with the dimensions of config.json', () => {
  const config = readJson('one', 'config.json');
  const { tensors } = parseSafetensors(read('one', 'model.safetensors'));
  const shape = (name: string) => tensors[name]?.shape;

  expect(config).toMatchObject({ architectures: ['LlamaForCausalLM'], model_type: 'llama', torch_dtype: 'bfloat16' });
  expect(config.num_attention_heads * config.head_dim).toBe(config.hidden_size);
  expect(Object.keys(tensors)).toHaveLength(3 + 9 * config.num_hidden_layers);
  expect(shape('model.embed_tokens.weight')).toEqual([config.vocab_size, config.hidden_size]);
  expect(shape('lm_head.weight')).toEqual([config.vocab_size, config.hidden_size]);
  expect(shape('model.norm.weight')).toEqual([config.hidden_size]);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const of = (name: string) => shape(`model.layers.${layer}.${name}.weight`);
    expect(of('self_attn.q_proj')).toEqual([config.hidden_size, config.hidden_size]);
    expect(of('self_attn.k_proj')).toEqual([config.num_key_value_heads * config.head_dim, config.hidden_size]);
    expect(of('self_attn.v_proj')).toEqual([config.num_key_value_heads * config.head_dim, config.hidden_size]);
    expect(of('self_attn.o_proj')).toEqual([config.hidden_size, config.hidden_size]);
    expect(of('mlp.gate_proj')).toEqual([config.intermediate_size, config.hidden_size]);
    expect(of('mlp.up_proj')).toEqual([config.intermediate_size, config.hidden_size]);
    expect(of('mlp.down_proj')).toEqual([config.hidden_size, config.intermediate_size]);
    expect(of('input_layernorm')).toEqual([config.hidden_size]);
    expect(of('post_attention_layernorm')).toEqual([config.hidden_size]);
  }
});

test('the weights are finite and small', () => {
  const { data } = parseSafetensors(read('one', 'model.safetensors'));
  const float32 = Buffer.alloc(4);
  for (let i = 0; i < data.length; i += 2) {
    data.copy(float32, 2, i, i + 2);
    expect(Math.abs(float32.readFloatLE())).toBeLessThanOrEqual(1);
  }
});

test('the tokenizer has a token for each byte and the special tokens of config.json', () => {
  const config = readJson('one', 'config.json');
  const tokenizer = readJson('one', 'tokenizer.json');
  const special = Object.fromEntries(tokenizer.added_tokens.map((token: { id: number; content: string }) => [token.content, token.id]));
  const names = readJson('one', 'special_tokens_map.json');

  expect(new Set(Object.values(tokenizer.model.vocab))).toEqual(new Set(Array.from({ length: 256 }, (_, byte) => byte)));
  expect(Object.keys(tokenizer.model.vocab)).toHaveLength(256);
  expect(config.vocab_size).toBe(256 + tokenizer.added_tokens.length);
  expect(special[names.bos_token]).toBe(config.bos_token_id);
  expect(special[names.eos_token]).toBe(config.eos_token_id);
});

test('the same seed writes the same bytes, and another seed writes other weights of the same model', () => {
  expect(read('again', 'model.safetensors').equals(read('one', 'model.safetensors'))).toBe(true);
  expect(read('two', 'model.safetensors').equals(read('one', 'model.safetensors'))).toBe(false);
  expect(parseSafetensors(read('two', 'model.safetensors')).tensors).toEqual(parseSafetensors(read('one', 'model.safetensors')).tensors);
  expect(read('two', 'config.json').equals(read('one', 'config.json'))).toBe(true);
});
