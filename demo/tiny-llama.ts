import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A Llama too small to be useful, in the format of Custom Model Import, as written by `save_pretrained` of Hugging Face
 * Transformers. Generated, so that the repository contains no binary files.
 */
const BEGIN_OF_TEXT = { id: 256, content: '<|begin_of_text|>' };
const END_OF_TEXT = { id: 257, content: '<|end_of_text|>' };

const config = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: BEGIN_OF_TEXT.id,
  eos_token_id: END_OF_TEXT.id,
  head_dim: 8,
  hidden_act: 'silu',
  hidden_size: 16,
  initializer_range: 0.02,
  intermediate_size: 48,
  max_position_embeddings: 128,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 2,
  num_hidden_layers: 2,
  num_key_value_heads: 1,
  pretraining_tp: 1,
  rms_norm_eps: 0.00001,
  rope_scaling: null,
  rope_theta: 500000,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  transformers_version: '4.51.3',
  use_cache: true,
  vocab_size: 258,
};

/** Writes the model to `dir` and returns the names of its files. Deterministic: the weights depend only on the seed. */
export async function writeTinyLlama(dir: string, seed: number): Promise<string[]> {
  const files: Record<string, string | Buffer> = {
    'config.json': json(config),
    'generation_config.json': json({
      _from_model_config: true,
      bos_token_id: BEGIN_OF_TEXT.id,
      eos_token_id: END_OF_TEXT.id,
      transformers_version: config.transformers_version,
    }),
    'model.safetensors': safetensors(llamaShapes(), seed),
    'special_tokens_map.json': json({ bos_token: BEGIN_OF_TEXT.content, eos_token: END_OF_TEXT.content }),
    'tokenizer.json': json(tokenizer()),
    'tokenizer_config.json': json({
      bos_token: BEGIN_OF_TEXT.content,
      eos_token: END_OF_TEXT.content,
      clean_up_tokenization_spaces: false,
      model_max_length: config.max_position_embeddings,
      tokenizer_class: 'PreTrainedTokenizerFast',
    }),
  };
  await mkdir(dir, { recursive: true });
  await Promise.all(Object.entries(files).map(async ([name, content]) => writeFile(join(dir, name), content)));
  return Object.keys(files);
}

function llamaShapes(): Record<string, number[]> {
  const { hidden_size: hidden, intermediate_size: intermediate, vocab_size: vocabulary } = config;
  const queries = config.num_attention_heads * config.head_dim;
  const keys = config.num_key_value_heads * config.head_dim;
  const layers = Array.from({ length: config.num_hidden_layers }, (_, layer) => ({
    [`model.layers.${layer}.input_layernorm.weight`]: [hidden],
    [`model.layers.${layer}.mlp.down_proj.weight`]: [hidden, intermediate],
    [`model.layers.${layer}.mlp.gate_proj.weight`]: [intermediate, hidden],
    [`model.layers.${layer}.mlp.up_proj.weight`]: [intermediate, hidden],
    [`model.layers.${layer}.post_attention_layernorm.weight`]: [hidden],
    [`model.layers.${layer}.self_attn.k_proj.weight`]: [keys, hidden],
    [`model.layers.${layer}.self_attn.o_proj.weight`]: [hidden, queries],
    [`model.layers.${layer}.self_attn.q_proj.weight`]: [queries, hidden],
    [`model.layers.${layer}.self_attn.v_proj.weight`]: [keys, hidden],
  }));
  return Object.assign({
    'lm_head.weight': [vocabulary, hidden],
    'model.embed_tokens.weight': [vocabulary, hidden],
    'model.norm.weight': [hidden],
  }, ...layers) as Record<string, number[]>;
}

/** The safetensors format: length of the header, header, data. @see https://github.com/huggingface/safetensors#format */
function safetensors(shapes: Record<string, number[]>, seed: number): Buffer {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const data: Buffer[] = [];
  let offset = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = bfloat16(shape.reduce((a, b) => a * b), `${seed}/${name}`);
    header[name] = { dtype: 'BF16', shape, data_offsets: [offset, offset + tensor.length] };
    data.push(tensor);
    offset += tensor.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padding = Buffer.alloc((8 - text.length % 8) % 8, ' '); // aligns the data
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length + padding.length));
  return Buffer.concat([length, text, padding, ...data]);
}

/** Uniformly distributed in ±initializer_range. A bfloat16 is the upper half of a float32. */
function bfloat16(count: number, seed: string): Buffer {
  const noise = createHash('shake256', { outputLength: count * 2 }).update(seed).digest();
  const tensor = Buffer.alloc(count * 2);
  const float32 = Buffer.alloc(4);
  for (let i = 0; i < count; i++) {
    float32.writeFloatLE((noise.readUInt16LE(i * 2) / 65535 * 2 - 1) * config.initializer_range);
    float32.copy(tensor, i * 2, 2);
  }
  return tensor;
}

/** A byte-level tokenizer without merges: every byte is a token. */
function tokenizer() {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [BEGIN_OF_TEXT, END_OF_TEXT].map((token) => (
      { ...token, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
    )),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: BEGIN_OF_TEXT.content, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [
        { SpecialToken: { id: BEGIN_OF_TEXT.content, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: BEGIN_OF_TEXT.content, type_id: 1 } }, { Sequence: { id: 'B', type_id: 1 } },
      ],
      special_tokens: {
        [BEGIN_OF_TEXT.content]: { id: BEGIN_OF_TEXT.content, ids: [BEGIN_OF_TEXT.id], tokens: [BEGIN_OF_TEXT.content] },
      },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab: Object.fromEntries(byteAlphabet().map((character, byte) => [character, byte])),
      merges: [],
    },
  };
}

/** The printable character of GPT-2 for each byte. */
function byteAlphabet(): string[] {
  const printable = (byte: number) => byte >= 0x21 && byte <= 0x7e || byte >= 0xa1 && byte <= 0xac || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2) + '\n';
}
