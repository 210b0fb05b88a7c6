import type { JsonObject } from './json-object';
import type { ModelFile } from './model-folder';
import type { Shard } from './shard';

/** The files whose content the rules need. All of them are in the folder itself. */
export const CONFIG = 'config.json';
export const GENERATION_CONFIG = 'generation_config.json';
export const TOKENIZER = 'tokenizer.json';
export const TOKENIZER_CONFIG = 'tokenizer_config.json';
export const INDEX = 'model.safetensors.index.json';
export const TEMPLATE_JINJA = 'chat_template.jinja';
export const TEMPLATE_JSON = 'chat_template.json';

/** What the rules know of a model. A file that is missing or invalid has no content. */
export interface Model {
  /** Sorted by path, without the empty objects that stand for a folder in Amazon S3. */
  readonly files: readonly ModelFile[];
  /** The paths of those. */
  readonly paths: ReadonlySet<string>;
  /** The empty objects that stand for a folder. */
  readonly folderMarkers: readonly string[];
  /** The safetensors files of the model: not those of adapters, nor those in a format of the maker. */
  readonly weights: readonly ModelFile[];
  /** The bytes of all safetensors files of the folder. */
  readonly weightBytes: number;

  readonly config?: JsonObject;
  readonly generationConfig?: JsonObject;
  readonly tokenizerConfig?: JsonObject;
  /** The greatest id of the tokens that were added to the vocabulary. */
  readonly greatestAddedToken?: number;
  readonly index?: JsonObject;
  /** The chat template in a file of its own. */
  readonly templateJinja?: string;
  readonly templateJson?: JsonObject;

  /** The files that should be JSON objects and are not. */
  readonly invalid: readonly { readonly file: string; readonly problem: string }[];
  /** The files that are too large to be read. */
  readonly unread: readonly ModelFile[];
  /** What is in the headers of the weights. */
  readonly shards: readonly Shard[];
}

/** The part of the configuration that describes the language model of a multimodal model; otherwise all of it. */
export const TEXT_CONFIG = 'text_config';

/** Whether a path is in the folder itself. */
export function isAtRoot(path: string): boolean {
  return !path.includes('/');
}
