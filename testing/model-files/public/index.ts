import { readdirSync } from 'node:fs';
import { type JsonObject } from '../../../src/model-format/json-object';
import { json, type ModelFiles } from '../model-files';
import { sparseSafetensors, type Shapes } from '../safetensors-file';
import { storedModel } from '../stored-model';

/** The names of the public models, of which the metadata is stored here. */
export const PUBLIC_MODELS: readonly string[] = readdirSync(__dirname, { withFileTypes: true })
  .filter(entry => entry.isDirectory()).map(({ name }) => name).sort();

const INDEX = 'model.safetensors.index.json';
/** What stands for files that are not stored. */
const STAND_INS: ModelFiles = {
  'tokenizer.json': json({ version: '1.0', added_tokens: [], model: { type: 'BPE', vocab: {}, merges: [] } }),
  'generation_config.json': json({ eos_token_id: [200002, 199999, 200012] }), // matters for GPT-OSS only, whose generation_config.json has these
  'tokenizer_config.json': json({ tokenizer_class: 'PreTrainedTokenizerFast', chat_template: '{{ messages }}' }),
};

interface Index {
  readonly weight_map: Readonly<Record<string, string>>;
  readonly metadata?: { readonly total_size?: number };
}

/**
 * A public model: its stored metadata, with a stand-in for each file that is not stored. The weights have a header, but no data: the tensors that the
 * index lists, in the size that it states, with the vocabulary that config.json states. What is only in the real weights is not tested.
 */
export function publicModel(name: string): ModelFiles {
  const stored = storedModel(`${__dirname}/${name}`);
  return { ...STAND_INS, ...stored, ...weightsOf(stored) };
}

function weightsOf(files: ModelFiles): ModelFiles {
  const config = parse(files['config.json']);
  const text = (config.text_config ?? {}) as JsonObject;
  const embedding = [config.vocab_size ?? text.vocab_size, config.hidden_size ?? config.n_embd ?? text.hidden_size] as number[];
  const dtype = (config.torch_dtype ?? config.dtype ?? text.dtype) === 'float16' ? 'F16' : 'BF16';
  if ('hf_quant_config.json' in files) return { 'model.safetensors': sparseSafetensors({ 'model.layers.0.mlp.up_proj.weight': [8, 8] }, 'F8_E4M3') };
  if (!(INDEX in files)) return { 'model.safetensors': sparseSafetensors({ 'model.embed_tokens.weight': embedding, 'model.norm.weight': [embedding[1]] }, dtype) };

  const { weight_map: map, metadata } = parse(files[INDEX]) as unknown as Index;
  const shards = [...new Set(Object.values(map))];
  const elements = Math.floor((metadata?.total_size ?? 0) / 2 / shards.length);
  return Object.fromEntries(shards.map((shard) => {
    const tensors = Object.keys(map).filter(tensor => map[tensor] === shard);
    return [shard, sparseSafetensors(shapesOf(tensors, elements, embedding), dtype)];
  }));
}

/** The embedding has its shape, and the first of the other tensors all that is left of the shard. */
function shapesOf(names: readonly string[], elements: number, embedding: readonly number[]): Shapes {
  const isEmbedding = (name: string) => /(embed_tokens|word_embeddings)\.weight$/.test(name);
  const taken = names.some(isEmbedding) ? embedding[0] * embedding[1] : 0;
  const rest = names.find(name => !isEmbedding(name));
  const shapeOf = (name: string): readonly number[] => {
    if (isEmbedding(name)) return embedding;
    return [name === rest ? Math.max(1, elements - taken) : 1];
  };
  return Object.fromEntries(names.map(name => [name, shapeOf(name)]));
}

function parse(content: ModelFiles[string]): JsonObject {
  return JSON.parse(content as string) as JsonObject;
}
