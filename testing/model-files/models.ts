import { FAMILIES, type Family, type TinyModel } from './families';
import { json, type ModelFiles } from './model-files';
import { safetensorsFile } from './safetensors-file';
import { BEGIN_OF_TEXT, byteTokenizer, CHAT_TEMPLATE, END_OF_TEXT } from './tokenizer';

export const INDEX = 'model.safetensors.index.json';

/** A model in the format of Custom Model Import, as `save_pretrained` of Hugging Face Transformers 4.51.3 writes it, with its weights in one file. */
export function validModel(family: Family = 'llama', seed = 1): ModelFiles {
  return { ...smallFiles(family), 'model.safetensors': safetensorsFile(FAMILIES[family].shapes, { seed }) };
}

/** The same in several files, with an index. */
export function shardedModel(shards: number, family: Family = 'llama'): ModelFiles {
  const { shapes }: TinyModel = FAMILIES[family];
  const names = Object.keys(shapes);
  const weightMap: Record<string, string> = {};
  const files: Record<string, Uint8Array> = {};
  let size = 0;
  for (let shard = 0; shard < shards; shard++) {
    // A model with more shards than tensors has shards without tensors.
    const ofShard = names.slice(Math.floor(shard * names.length / shards), Math.floor((shard + 1) * names.length / shards));
    const file = shardName(shard + 1, shards);
    files[file] = safetensorsFile(Object.fromEntries(ofShard.map(name => [name, shapes[name]])));
    for (const name of ofShard) {
      weightMap[name] = file;
      size += shapes[name].reduce((product, count) => product * count, 2);
    }
  }
  return { ...smallFiles(family), ...files, [INDEX]: json({ metadata: { total_size: size }, weight_map: weightMap }) };
}

/** The name of a shard. The first has the number 1. */
export function shardName(shard: number, shards: number): string {
  return `model-${String(shard).padStart(5, '0')}-of-${String(shards).padStart(5, '0')}.safetensors`;
}

function smallFiles(family: Family): ModelFiles {
  const { config }: TinyModel = FAMILIES[family];
  return {
    'config.json': json(config),
    'generation_config.json': json({
      _from_model_config: true,
      bos_token_id: BEGIN_OF_TEXT.id,
      eos_token_id: family === 'gpt_oss' ? [200002, 199999, 200012] : END_OF_TEXT.id,
      transformers_version: config.transformers_version,
    }),
    'special_tokens_map.json': json({ bos_token: BEGIN_OF_TEXT.content, eos_token: END_OF_TEXT.content }),
    'tokenizer.json': json(byteTokenizer()),
    'tokenizer_config.json': json({
      added_tokens_decoder: Object.fromEntries([BEGIN_OF_TEXT, END_OF_TEXT].map(({ id, content }) => (
        [id, { content, lstrip: false, normalized: false, rstrip: false, single_word: false, special: true }]
      ))),
      bos_token: BEGIN_OF_TEXT.content,
      ...(family !== 't5' && { chat_template: CHAT_TEMPLATE }),
      clean_up_tokenization_spaces: false,
      eos_token: END_OF_TEXT.content,
      extra_special_tokens: {},
      model_max_length: 128,
      tokenizer_class: 'PreTrainedTokenizerFast',
    }),
  };
}
