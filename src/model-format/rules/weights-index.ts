import { field, isObject, objectField } from '../json-object';
import { INDEX, type Model } from '../model';
import type { Problem, Rule } from '../rule';
import type { Names } from '../shard';
import { GPT_OSS_POST } from '../sources';
import { isGptOss } from '../supported';
import { list, show } from '../wording';

/** The name of a shard: its number, and how many there are. */
const SHARD_NAME = /-\d+-of-0*([1-9]\d*)\.safetensors$/;
const SAVE_AGAIN = 'Upload the index and the shards of one save_pretrained, and no others: those of different revisions do not fit.';

/** Whether the index and the files of the weights belong together. */
export const INDEX_RULES: readonly Rule[] = [
  {
    id: 'missing-index',
    checks: `${INDEX} if there are several shards`,
    severity: 'error',
    source: GPT_OSS_POST,
    find: ({ paths, weights }) => {
      const [first] = weights;
      if (paths.has(INDEX) || first === undefined) return [];
      const shards = Number(SHARD_NAME.exec(first.path)?.[1] ?? 1);
      if (weights.length === 1 && shards === 1) return [];
      return [{
        file: INDEX,
        message: `The folder has ${weights.length === 1 ? `one of ${show(shards)} shards` : `${weights.length} *.safetensors files`} `
          + `(${list(weights.map(({ path }) => path))}), and no ${INDEX}, which says where each tensor is.`,
        remedy: `Upload ${weights.length === 1 ? 'all shards and ' : ''}${INDEX} of the same revision of the model.`,
      }];
    },
  },
  {
    id: 'invalid-index',
    checks: `weight_map in ${INDEX}: the file of each tensor`,
    severity: 'error',
    source: GPT_OSS_POST,
    find: ({ index }) => {
      if (index === undefined) return [];
      const weightMap = field(index, 'weight_map');
      if (!isObject(weightMap) || Object.keys(weightMap).length === 0) return [invalidIndex(`weight_map is ${show(weightMap)}`)];
      const wrong = Object.entries(weightMap).find(([, file]) => typeof file !== 'string');
      return wrong === undefined ? [] : [invalidIndex(`weight_map has the file ${show(wrong[1])} for the tensor ${show(wrong[0])}`)];
    },
  },
  {
    id: 'missing-shard',
    checks: 'Shards of the index that the folder has',
    severity: 'error',
    source: GPT_OSS_POST,
    find: (model) => {
      const missing = shardsOf(model).filter(file => !model.paths.has(file));
      return missing.length === 0 ? [] : [{
        file: INDEX,
        message: `weight_map names ${missing.length === 1 ? 'a file' : `${missing.length} files`} that the folder does not have: ${list(missing)}.`,
        remedy: `Upload ${missing.length === 1 ? 'it' : 'them'}: all files must be of the same revision of the model.`,
      }];
    },
  },
  {
    id: 'unlisted-shard',
    checks: 'Shards of the folder that the index has',
    severity: 'error',
    severityNote: 'error for GPT-OSS; otherwise warning',
    source: GPT_OSS_POST,
    find: (model) => {
      const listed = new Set(shardsOf(model));
      const unlisted = listed.size === 0 ? [] : model.weights.filter(({ path }) => !listed.has(path)).map(({ path }) => path);
      return unlisted.length === 0 ? [] : [{
        file: unlisted[0],
        message: `weight_map in ${INDEX} does not name ${list(unlisted)}: files of two revisions of the model may be mixed.`,
        remedy: `Delete ${unlisted.length === 1 ? 'it' : 'them'} if the model is complete without, or upload the index of the same revision.`,
        ...(!isGptOss(model) && { severity: 'warning' }),
      }];
    },
  },
  {
    id: 'index-tensors',
    checks: 'Tensors of the index: those in the headers of the shards',
    severity: 'error',
    severityNote: 'error for tensors that the shards of GPT-OSS do not have; otherwise warning',
    source: GPT_OSS_POST,
    find: (model) => [
      ...tensorProblem(model.shards.map(({ file, absent }) => ({ file, names: absent })), (count, first, file) => (
        `${count === 1 ? 'A tensor of weight_map is' : `${count} tensors of weight_map are`} not in the file that it names: `
          + `${show(first)} in ${show(file)}.`
      )).map((problem): Problem => ({ ...problem, ...(!isGptOss(model) && { severity: 'warning' }) })),
      ...tensorProblem(model.shards.map(({ file, unlisted }) => ({ file, names: unlisted })), (count, first, file) => (
        `${count === 1 ? 'A tensor is' : `${count} tensors are`} in a file in which weight_map does not have ${count === 1 ? 'it' : 'them'}: `
          + `${show(first)} in ${show(file)}.`
      )).map((problem): Problem => ({ ...problem, severity: 'warning' })),
    ],
  },
  {
    id: 'index-without-metadata',
    checks: `metadata in ${INDEX}: an object, which may be empty`,
    severity: 'error',
    severityNote: 'error for GPT-OSS; otherwise warning',
    source: GPT_OSS_POST,
    find: (model) => {
      if (model.index === undefined || isObject(field(model.index, 'metadata'))) return [];
      return [{
        file: INDEX,
        message: `metadata is ${show(field(model.index, 'metadata'))}. AWS documents that the index must have it, and that it may be {}.`,
        remedy: `In ${INDEX}, set "metadata": {}.`,
        ...(!isGptOss(model) && { severity: 'warning' }),
      }];
    },
  },
  {
    id: 'index-metadata-fields',
    checks: `metadata in ${INDEX}: no fields such as total_parameters, which Transformers 4.54 and later write`,
    severity: 'error',
    severityNote: 'error for GPT-OSS; otherwise warning',
    source: GPT_OSS_POST,
    find: (model) => {
      const extra = Object.keys(objectField(model.index, 'metadata') ?? {}).filter(name => name !== 'total_size');
      return extra.length === 0 ? [] : [{
        file: INDEX,
        message: `metadata has ${list(extra)}. AWS documents that Bedrock does not support extra fields such as total_parameters.`,
        remedy: `In ${INDEX}, remove ${list(extra.map(name => `"${name}"`))} from "metadata".`,
        ...(!(isGptOss(model) && extra.includes('total_parameters')) && { severity: 'warning' }),
      }];
    },
  },
];

/** The files that the index names. */
function shardsOf({ index }: Model): string[] {
  return [...new Set(Object.values(objectField(index, 'weight_map') ?? {}).filter(file => typeof file === 'string'))].sort();
}

function invalidIndex(what: string): Problem {
  return { file: INDEX, message: `${what}. It must name the file of each tensor.`, remedy: SAVE_AGAIN };
}

type TensorMessage = (count: number, first: string, file: string) => string;

/** One problem for all files: the first tensor of the first of them is an example. */
function tensorProblem(shards: readonly { readonly file: string; readonly names: Names }[], message: TensorMessage): Problem[] {
  const wrong = shards.filter(({ names }) => names.count > 0);
  const [example] = wrong;
  if (example?.names.first === undefined) return [];
  const count = wrong.reduce((sum, { names }) => sum + names.count, 0);
  return [{ file: INDEX, message: message(count, example.names.first, example.file), remedy: SAVE_AGAIN }];
}
