import { decode, field, isObject, type JsonObject, objectField, parseObject } from './json-object';
import { LARGE_READ_BYTES, MAX_FILE_BYTES, PARALLEL_READS } from './limits';
import {
  CONFIG, GENERATION_CONFIG, INDEX, isAtRoot, type Model, TEMPLATE_JINJA, TEMPLATE_JSON, TOKENIZER, TOKENIZER_CONFIG,
} from './model';
import type { ModelFile, ModelFolder } from './model-folder';
import { inParallel, oneAtATime } from './parallel';
import { readShard } from './shard';

const JSON_FILES = [CONFIG, GENERATION_CONFIG, TOKENIZER, TOKENIZER_CONFIG, INDEX, TEMPLATE_JSON];

/** Reads what the rules need of a model: the small files, then the headers of the weights, which are compared with the index. */
export async function readModel(folder: ModelFolder, listed: readonly ModelFile[], progress: (read: number, total: number) => void): Promise<Model> {
  const files = listed.filter(file => !isFolderMarker(file));
  const weights = files.filter(({ path }) => isAtRoot(path) && isWeights(path));
  const small = files.filter(({ path }) => [...JSON_FILES, TEMPLATE_JINJA].includes(path));
  const unread = small.filter(({ size }) => size > MAX_FILE_BYTES);
  const toRead = small.filter(({ size }) => size <= MAX_FILE_BYTES);
  const total = toRead.length + weights.length;
  let done = 0;
  const counted = async <Result>(reading: Promise<Result>): Promise<Result> => {
    const result = await reading;
    progress(++done, total);
    return result;
  };

  const content = new Map<string, Content>();
  await inParallel(toRead, PARALLEL_READS, async ({ path, size }) => {
    content.set(path, contentOf(path, await counted(size === 0 ? Promise.resolve(new Uint8Array()) : folder.read(path, 0, size))));
  });
  const index = content.get(INDEX)?.object;
  const tensorsOf = tensorsByFile(index);
  const alone = oneAtATime();
  const shards = await inParallel(weights, PARALLEL_READS, async ({ path, size }) => (
    counted(readShard(path, size, tensorsOf?.get(path), async (start, end) => (
      end - start > LARGE_READ_BYTES ? alone(async () => folder.read(path, start, end)) : folder.read(path, start, end)
    )))
  ));
  const tokenizerConfig = content.get(TOKENIZER_CONFIG)?.object;
  return {
    files,
    paths: new Set(files.map(({ path }) => path)),
    folderMarkers: listed.filter(isFolderMarker).map(({ path }) => path),
    weights,
    weightBytes: files.filter(({ path }) => isAtRoot(path) && path.endsWith('.safetensors')).reduce((sum, { size }) => sum + size, 0),
    config: content.get(CONFIG)?.object,
    generationConfig: content.get(GENERATION_CONFIG)?.object,
    tokenizerConfig,
    greatestAddedToken: greatest([content.get(TOKENIZER)?.greatestAddedToken, greatestAddedTokenOf(tokenizerConfig)]),
    index,
    templateJinja: content.get(TEMPLATE_JINJA)?.text,
    templateJson: content.get(TEMPLATE_JSON)?.object,
    invalid: [...content].flatMap(([file, { problem }]) => problem === undefined ? [] : [{ file, problem }]),
    unread,
    shards,
  };
}

/** Amazon S3 has no folders: consoles and tools create empty objects for them. That of the folder itself has an empty path. */
function isFolderMarker({ path, size }: ModelFile): boolean {
  return size === 0 && (path === '' || path.endsWith('/'));
}

/** `consolidated.safetensors` has the weights once more, in the format of Mistral; an adapter is none. */
function isWeights(path: string): boolean {
  return path.endsWith('.safetensors') && !path.startsWith('consolidated') && !path.startsWith('adapter_');
}

/** What is kept of a small file. */
interface Content {
  readonly object?: JsonObject;
  readonly text?: string;
  readonly greatestAddedToken?: number;
  readonly problem?: string;
}

function contentOf(path: string, bytes: Uint8Array): Content {
  if (path === TEMPLATE_JINJA) {
    const text = decode(bytes);
    return text === undefined ? { problem: 'is not UTF-8' } : { text };
  }
  const parsed = parseObject(bytes);
  // Of the largest file only the tokens that were added; the vocabulary is forgotten.
  return path === TOKENIZER && 'object' in parsed ? { greatestAddedToken: greatestAddedTokenOf(parsed.object) } : parsed;
}

/** The added tokens are a list in tokenizer.json, and an object by id in tokenizer_config.json. */
function greatestAddedTokenOf(object: JsonObject | undefined): number | undefined {
  const added = field(object, 'added_tokens');
  const ids = Array.isArray(added)
    ? added.map(token => field(token, 'id'))
    : Object.keys(objectField(object, 'added_tokens_decoder') ?? {}).map(Number);
  return greatest(ids.filter(id => Number.isSafeInteger(id)) as number[]);
}

function greatest(numbers: readonly (number | undefined)[]): number | undefined {
  return numbers.reduce((most, number) => number !== undefined && (most === undefined || number > most) ? number : most, undefined);
}

/** The tensors of each file by the index. */
function tensorsByFile(index: JsonObject | undefined): ReadonlyMap<string, ReadonlySet<string>> | undefined {
  const weightMap = field(index, 'weight_map');
  if (!isObject(weightMap)) return undefined;
  const tensors = new Map<string, Set<string>>();
  for (const [name, file] of Object.entries(weightMap)) {
    if (typeof file !== 'string') continue;
    const ofFile = tensors.get(file) ?? new Set();
    tensors.set(file, ofFile.add(name));
  }
  return tensors;
}
