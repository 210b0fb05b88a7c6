import { FAMILIES } from '../families';
import { type FileContent, type ModelFiles, withFields } from '../model-files';
import { shardedModel, validModel } from '../models';
import { sparseSafetensors } from '../safetensors-file';

export const CONFIG = 'config.json';
export const TOKENIZER = 'tokenizer.json';
export const TOKENIZER_CONFIG = 'tokenizer_config.json';
export const WEIGHTS = 'model.safetensors';
export const LFS_POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:0123456789abcdef\nsize 123456\n';

export const llama = validModel();
export const gptOss = validModel('gpt_oss');
export const sharded = shardedModel(3);
export const { shapes } = FAMILIES.llama;
export const [firstTensor] = Object.keys(shapes);

/** The scaling of Llama 3.1, which is the one that Bedrock serves. */
export const LLAMA3 = { factor: 8, high_freq_factor: 4, low_freq_factor: 1, original_max_position_embeddings: 8192, rope_type: 'llama3' };

/** A model with other fields in config.json. */
export function config(fields: Readonly<Record<string, unknown>>, files: ModelFiles = llama): ModelFiles {
  return withFields(files, CONFIG, fields);
}

/** A model with other fields in tokenizer_config.json. */
export function tokenizerConfig(fields: Readonly<Record<string, unknown>>, files: ModelFiles = llama): ModelFiles {
  return withFields(files, TOKENIZER_CONFIG, fields);
}

/** A model with more or other files. */
export function add(files: ModelFiles, base: ModelFiles = llama): ModelFiles {
  return { ...base, ...files };
}

/** Llama with other weights. */
export function weights(content: FileContent): ModelFiles {
  return { ...llama, [WEIGHTS]: content };
}

/** Weights of any size: one tensor that the rules know nothing of. */
export function large(gigabytes: number): FileContent {
  return sparseSafetensors({ 'model.large.weight': [gigabytes * 1e9 / 2] });
}

/** The beginning of the weights of Llama; a negative length counts from the end. */
export function truncated(length: number): Uint8Array {
  return (llama[WEIGHTS] as Uint8Array).subarray(0, length);
}

/** A model whose first shards lack their last byte. */
export function damaged(files: ModelFiles, count: number): ModelFiles {
  const shards = Object.keys(files).filter(path => path.endsWith('.safetensors')).slice(0, count);
  return { ...files, ...Object.fromEntries(shards.map(path => [path, (files[path] as Uint8Array).subarray(0, -1)])) };
}

/** An index in which all tensors are in one file. */
export function mapOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, WEIGHTS]));
}

/** Parses as much of Jinja as the cases need. */
export function parseTemplate(template: string): void {
  if (template.split('{%').length !== template.split('%}').length) throw new Error('Expected closing statement token');
}
