import { isAdapter, modelFolderInside, otherWeights } from './layout';
import { field, isObject, numberField, objectField } from '../json-object';
import { CONFIG, isAtRoot, type Model, TEXT_CONFIG, TOKENIZER } from '../model';
import type { Problem, Rule } from '../rule';
import type { Shard } from '../shard';
import { CONFIG_DOC, DTYPE_SAMPLE, GPT_OSS_POST, IMPORT_GUIDE, MODEL_DOC, QUANTIZATION_DOC } from '../sources';
import { familyOf, isMultimodal, transformersFor } from '../supported';
import { list, shorten, show, size as sizeText } from '../wording';

/** AWS does not say whether a GB is 10^9 bytes or 2^30: between them is a warning. */
const DECIMAL_GB = 1e9;
const BINARY_GB = 2 ** 30;
const MAX_TEXT_GB = 200;
const MAX_MULTIMODAL_GB = 100;

/** Transformers 4 writes shards of 5 GB, and early versions of 10 GB. */
const LARGE_SHARD_BYTES = 10e9;

/** The number of files with a message of their own. */
const SHOWN_FILES = 3;

/** The rows of the input matrix of Mllama in addition to its vocabulary: for the tokens of images. */
const MLLAMA_EXTRA_ROWS = 8;

/** Not `training_args.bin`, which has no weights. */
const BINARY = /(model.*\.bin|\.safetensors)$/;

const FLOATS = ['F16', 'BF16', 'F32', 'F64'];

/** The weights themselves. */
export const WEIGHT_RULES: readonly Rule[] = [
  {
    id: 'no-safetensors',
    checks: 'Weights in *.safetensors files',
    severity: 'error',
    source: IMPORT_GUIDE,
    find: (model) => {
      if (model.weights.length > 0 || model.files.length === 0 || isAdapter(model) || modelFolderInside(model) || hasWeightMap(model)) return [];
      const others = [...new Set([...otherWeights(model), ...model.files.map(({ path }) => path).filter(path => BINARY.test(path))])];
      const inside = others.find(path => path.endsWith('.safetensors') && !isAtRoot(path));
      return [{
        file: others[0],
        message: others.length === 0
          ? 'The folder has no *.safetensors files, in which an import needs the weights.'
          : `The weights are in ${list(others)}. An import needs them in *.safetensors files of Transformers, in the folder of the model itself.`,
        remedy: inside === undefined
          ? `Load the model with ${transformersFor(model)}, and save it with save_pretrained(folder, safe_serialization=True).`
          : `Move the files of ${shorten(inside.slice(0, inside.lastIndexOf('/') + 1))} to the folder of config.json.`,
      }];
    },
  },
  {
    id: 'adapter-without-weights',
    checks: 'Adapters (LoRA) that are merged into the weights',
    severity: 'error',
    source: IMPORT_GUIDE,
    find: model => isAdapter(model) ? [{
      file: 'adapter_config.json',
      message: 'The folder has adapter_config.json and no weights of a model. An import needs the weights of the model with the adapter.',
      remedy: 'Merge the adapter: load it with peft, and save the result of merge_and_unload() with save_pretrained of transformers==4.51.3.',
    }] : [],
  },
  {
    id: 'other-weights',
    checks: 'Weights in other formats beside the *.safetensors files: consolidated.*, original/, metal/, *.gguf',
    severity: 'warning',
    source: GPT_OSS_POST,
    find: (model) => {
      const others = model.weights.length > 0 ? otherWeights(model) : [];
      return others.length === 0 ? [] : [{
        file: others[0],
        message: `Beside the weights that are imported, the folder has ${list(others)}: weights in another format, which the import does not need.`,
        remedy: `Delete ${others.length === 1 ? 'it' : 'them'}, or upload the model without ${others.length === 1 ? 'it' : 'them'}.`,
      }];
    },
  },
  {
    id: 'weights-too-large',
    checks: `Size of the weights: less than ${MAX_TEXT_GB} GB, and of a multimodal model less than ${MAX_MULTIMODAL_GB} GB`,
    severity: 'error',
    severityNote: 'error; warning if it depends on whether a GB is 10^9 or 2^30 bytes',
    source: IMPORT_GUIDE,
    find: (model) => {
      const max = isMultimodal(model) ? MAX_MULTIMODAL_GB : MAX_TEXT_GB;
      const bytes = model.weights.reduce((sum, { size }) => sum + size, 0);
      return bytes < max * DECIMAL_GB ? [] : [{
        message: `The *.safetensors files have ${sizeText(bytes)}. `
          + `The weights of a ${isMultimodal(model) ? 'multimodal' : 'text'} model must have less than ${max} GB`
          + `${bytes < max * BINARY_GB ? `; AWS does not say whether these are ${max} GiB` : ''}.`,
        remedy: 'Save the model with torch_dtype=torch.bfloat16 if it has float32 weights, or import a smaller one.',
        ...(bytes < max * BINARY_GB && { severity: 'warning' }),
      }];
    },
  },
  {
    id: 'invalid-safetensors',
    checks: 'Safetensors files that are complete and readable, by their headers',
    severity: 'error',
    severityNote: 'error; warning for headers that this check does not read or understand',
    source: IMPORT_GUIDE,
    find: ({ shards }) => [
      ...invalidShards(shards.filter(({ mayBeValid }) => !mayBeValid)),
      ...unknownShards(shards.filter(({ mayBeValid }) => mayBeValid)),
    ],
  },
  {
    id: 'quantized-weights',
    checks: 'Quantized weights: quantization_config, or tensors of quantized types',
    severity: 'warning',
    source: QUANTIZATION_DOC,
    find: ({ config, shards }) => {
      const quantization = objectField(config, 'quantization_config') ?? objectField(config, 'compression_config');
      const method = field(quantization, 'quant_method');
      const shard = shards.find(({ quantized }) => quantized !== undefined);
      if (quantization === undefined && shard?.quantized === undefined) return [];
      return [{
        file: quantization ? CONFIG : shard?.file,
        message: `${quantization
          ? `quantization_config has ${method === undefined ? 'no quant_method' : `the quant_method ${show(method)}`}`
          : `The tensor ${shorten(shard?.quantized?.name ?? '')} has the type ${shard?.quantized?.dtype}`}. `
          + 'AWS does not document that quantized weights can be imported; some imports have failed.',
        remedy: 'Save the model in bfloat16 or float16 without quantization. If you know that it can be imported, acknowledge the rule.',
      }];
    },
  },
  {
    id: 'mixed-dtypes',
    checks: 'Weights of both float16 and bfloat16',
    severity: 'info',
    source: DTYPE_SAMPLE,
    find: ({ shards }) => {
      const half = shards.find(({ bytesOf }) => bytesOf.has('F16'));
      const brain = shards.find(({ bytesOf }) => bytesOf.has('BF16'));
      return half === undefined || brain === undefined ? [] : [{
        file: half.file,
        message: `The weights have tensors of the types F16 (${sizeText(total(shards, 'F16'))}) and BF16 (${sizeText(total(shards, 'BF16'))}).`,
        remedy: 'If it is not intended, load the model with torch_dtype=torch.bfloat16 and save it again.',
      }];
    },
  },
  {
    id: 'float32-weights',
    checks: 'Weights of float32',
    severity: 'info',
    source: DTYPE_SAMPLE,
    find: ({ shards }) => {
      const types = new Set(shards.flatMap(({ bytesOf }) => [...bytesOf.keys()]));
      return types.size !== 1 || !types.has('F32') ? [] : [{
        file: shards[0].file,
        message: `All tensors have the type F32 (${sizeText(total(shards, 'F32'))}), which is twice the size of bfloat16.`,
        remedy: 'Load the model with torch_dtype=torch.bfloat16 and save it again.',
      }];
    },
  },
  {
    id: 'vocabulary-size',
    checks: 'vocab_size in config.json: the rows of the embedding tensor, with the added tokens among them',
    severity: 'warning',
    source: CONFIG_DOC,
    find: model => vocabularyProblems(model),
  },
  {
    id: 'large-shard',
    checks: 'Shards of more than 10 GB',
    severity: 'info',
    source: MODEL_DOC,
    find: ({ weights }) => {
      const large = weights.filter(({ size }) => size > LARGE_SHARD_BYTES);
      return large.length === 0 ? [] : [{
        file: large[0].path,
        message: `${list(large.map(({ path }) => path))} ${large.length === 1 ? 'has' : 'have up to'} `
          + `${sizeText(Math.max(...large.map(({ size }) => size)))}, as Transformers 5 writes. No limit is known, but uploads take long to repeat.`,
        remedy: 'If that matters, save the model with save_pretrained(folder, max_shard_size="5GB").',
      }];
    },
  },
];

function hasWeightMap({ index }: Model): boolean {
  const weightMap = objectField(index, 'weight_map');
  return weightMap !== undefined && Object.values(weightMap).some(file => typeof file === 'string');
}

function total(shards: readonly Shard[], dtype: string): number {
  return shards.reduce((sum, { bytesOf }) => sum + (bytesOf.get(dtype) ?? 0), 0);
}

function invalidShards(shards: readonly Shard[]): Problem[] {
  const invalid = shards.flatMap(({ file, problem }) => problem === undefined ? [] : [{ file, problem }]);
  const problems = invalid.slice(0, SHOWN_FILES).map(({ file, problem }) => ({
    file,
    message: `The file ${problem}.`,
    remedy: problem.includes('Git LFS')
      ? 'Run "git lfs pull" where the model was cloned, and upload the file again.'
      : 'Upload it again, and compare its size with that of the original.',
  }));
  const more = invalid.slice(SHOWN_FILES).map(({ file }) => file);
  if (more.length === 0) return problems;
  return [...problems, {
    file: more[0],
    message: `${more.length} more files cannot be read: ${list(more)}.`,
    remedy: 'Upload all of them again, and compare their sizes with those of the original.',
  }];
}

/** Shards that the safetensors library may well read. */
function unknownShards([first, ...others]: readonly Shard[]): Problem[] {
  return first === undefined ? [] : [{
    file: first.file,
    message: `The file ${first.problem}.${others.length === 0 ? '' : ` It is similar with ${list(others.map(({ file }) => file))}.`}`,
    remedy: 'None needed, if the model loads.',
    severity: 'warning',
  }];
}

/** The rows of the input matrix, the size in config.json and the ids of added tokens must fit. */
function vocabularyProblems(model: Model): Problem[] {
  const shard = model.shards.find(({ embedding }) => embedding !== undefined && FLOATS.includes(embedding.dtype));
  const text = isObject(field(model.config, TEXT_CONFIG)) && numberField(model.config, 'vocab_size') === undefined
    ? objectField(model.config, TEXT_CONFIG) : model.config;
  const size = numberField(text, 'vocab_size');
  if (shard?.embedding === undefined || size === undefined) return [];
  const { name, shape: [rows] } = shard.embedding;
  const extra = familyOf(model) === 'mllama' ? MLLAMA_EXTRA_ROWS : 0;
  if (rows !== size + extra) {
    return [{
      file: CONFIG,
      message: `vocab_size is ${show(size)}, and the tensor ${shorten(name)} in ${shorten(shard.file)} has ${rows} rows. `
        + `It must have ${extra > 0 ? `${extra} rows more than vocab_size` : 'as many'}.`,
      remedy: extra === 0 ? `In config.json, set "vocab_size": ${rows}.` : 'Save the model again from its original checkpoint.',
    }];
  }
  const greatest = model.greatestAddedToken ?? 0;
  if (greatest < rows) return [];
  return [{
    file: TOKENIZER,
    message: `An added token has the id ${greatest}, and the tensor ${shorten(name)} has only ${rows} rows: the last id can be ${rows - 1}.`,
    remedy: 'Call model.resize_token_embeddings(len(tokenizer)), train the new rows, and save model and tokenizer again.',
  }];
}

