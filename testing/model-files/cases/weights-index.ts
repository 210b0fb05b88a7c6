import type { Case, FailingCase } from './case';
import { add, damaged, firstTensor, gptOss, llama, mapOf, shapes, sharded, WEIGHTS } from './variations';
import { FAMILIES } from '../families';
import { withFields, without } from '../model-files';
import { INDEX, shardedModel, shardName } from '../models';
import { safetensorsFile } from '../safetensors-file';

/** The index and the files that it names: models that break a rule. */
export const FAILING: readonly FailingCase[] = [
  {
    rule: 'missing-index',
    what: 'three shards',
    files: without(sharded, INDEX),
    finds: [{
      severity: 'error',
      file: 'model.safetensors.index.json',
      message: 'The folder has 3 *.safetensors files (model-00001-of-00003.safetensors, model-00002-of-00003.safetensors and '
        + 'model-00003-of-00003.safetensors), and no model.safetensors.index.json, which says where each tensor is.',
      remedy: 'Upload model.safetensors.index.json of the same revision of the model.',
    }],
  },
  {
    rule: 'missing-index',
    what: 'one of three shards',
    files: without(sharded, INDEX, shardName(1, 3), shardName(3, 3)),
    finds: [{
      severity: 'error',
      file: 'model.safetensors.index.json',
      message: 'The folder has one of 3 shards (model-00002-of-00003.safetensors), and no model.safetensors.index.json, which says where each '
        + 'tensor is.',
      remedy: 'Upload all shards and model.safetensors.index.json of the same revision of the model.',
    }],
  },
  {
    rule: 'invalid-index',
    what: 'no weight_map',
    files: withFields(sharded, INDEX, { weight_map: undefined }),
    finds: [{
      severity: 'error',
      file: 'model.safetensors.index.json',
      message: 'weight_map is missing. It must name the file of each tensor.',
      remedy: 'Upload the index and the shards of one save_pretrained, and no others: those of different revisions do not fit.',
    }],
  },
  {
    rule: 'invalid-index',
    what: 'an empty weight_map',
    files: withFields(sharded, INDEX, { weight_map: {} }),
    finds: [{
      severity: 'error',
      file: 'model.safetensors.index.json',
      message: 'weight_map is {}. It must name the file of each tensor.',
      remedy: 'Upload the index and the shards of one save_pretrained, and no others: those of different revisions do not fit.',
    }],
  },
  {
    rule: 'invalid-index',
    what: 'a number in the place of a file',
    files: withFields(llama, INDEX, { metadata: {}, weight_map: { ...mapOf(Object.keys(shapes)), x: 3 } }),
    finds: [{
      severity: 'error',
      file: 'model.safetensors.index.json',
      message: 'weight_map has the file 3 for the tensor "x". It must name the file of each tensor.',
      remedy: 'Upload the index and the shards of one save_pretrained, and no others: those of different revisions do not fit.',
    }],
  },
  {
    rule: 'missing-shard',
    what: 'the second of three',
    files: without(sharded, shardName(2, 3)),
    finds: [{
      severity: 'error',
      file: 'model.safetensors.index.json',
      message: 'weight_map names a file that the folder does not have: model-00002-of-00003.safetensors.',
      remedy: 'Upload it: all files must be of the same revision of the model.',
    }],
  },
  {
    rule: 'missing-shard',
    what: 'all',
    files: without(sharded, ...[1, 2, 3].map(shard => shardName(shard, 3))),
    finds: [{
      severity: 'error',
      file: 'model.safetensors.index.json',
      message: 'weight_map names 3 files that the folder does not have: model-00001-of-00003.safetensors, model-00002-of-00003.safetensors and '
        + 'model-00003-of-00003.safetensors.',
      remedy: 'Upload them: all files must be of the same revision of the model.',
    }],
  },
  {
    rule: 'unlisted-shard',
    what: 'the file of another revision',
    files: add({ [WEIGHTS]: llama[WEIGHTS] }, sharded),
    finds: [{
      severity: 'warning',
      file: 'model.safetensors',
      message: 'weight_map in model.safetensors.index.json does not name model.safetensors: files of two revisions of the model may be mixed.',
      remedy: 'Delete it if the model is complete without, or upload the index of the same revision.',
    }],
  },
  {
    rule: 'unlisted-shard',
    what: 'the file of another revision of GPT-OSS',
    files: add({ [WEIGHTS]: gptOss[WEIGHTS] }, shardedModel(2, 'gpt_oss')),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'weight_map in model.safetensors.index.json does not name model.safetensors: files of two revisions of the model may be mixed.',
      remedy: 'Delete it if the model is complete without, or upload the index of the same revision.',
    }],
  },
  {
    rule: 'index-tensors',
    what: 'a tensor that no shard has',
    files: withFields(llama, INDEX, { metadata: {}, weight_map: mapOf([...Object.keys(shapes), 'x']) }),
    finds: [{
      severity: 'warning',
      file: 'model.safetensors.index.json',
      message: 'A tensor of weight_map is not in the file that it names: "x" in "model.safetensors".',
      remedy: 'Upload the index and the shards of one save_pretrained, and no others: those of different revisions do not fit.',
    }],
  },
  {
    rule: 'index-tensors',
    what: 'a tensor that no shard of GPT-OSS has',
    files: withFields(gptOss, INDEX, { metadata: {}, weight_map: mapOf([...Object.keys(FAMILIES.gpt_oss.shapes), 'x']) }),
    finds: [{
      severity: 'error',
      file: 'model.safetensors.index.json',
      message: 'A tensor of weight_map is not in the file that it names: "x" in "model.safetensors".',
      remedy: 'Upload the index and the shards of one save_pretrained, and no others: those of different revisions do not fit.',
    }],
  },
  {
    rule: 'index-tensors',
    what: 'a tensor that the index does not have',
    files: withFields(llama, INDEX, { metadata: {}, weight_map: mapOf([firstTensor]) }),
    finds: [{
      severity: 'warning',
      file: 'model.safetensors.index.json',
      message: '20 tensors are in a file in which weight_map does not have them: "model.embed_tokens.weight" in "model.safetensors".',
      remedy: 'Upload the index and the shards of one save_pretrained, and no others: those of different revisions do not fit.',
    }],
  },
  {
    rule: 'index-tensors',
    what: 'a tensor in two shards',
    files: add({ [shardName(2, 2)]: safetensorsFile(shapes) }, shardedModel(2)),
    finds: [{
      severity: 'warning',
      file: 'model.safetensors.index.json',
      message: '10 tensors are in a file in which weight_map does not have them: "lm_head.weight" in "model-00002-of-00002.safetensors".',
      remedy: 'Upload the index and the shards of one save_pretrained, and no others: those of different revisions do not fit.',
    }],
  },
  {
    rule: 'index-without-metadata',
    what: 'Llama',
    files: withFields(sharded, INDEX, { metadata: undefined }),
    finds: [{
      severity: 'warning',
      file: 'model.safetensors.index.json',
      message: 'metadata is missing. AWS documents that the index must have it, and that it may be {}.',
      remedy: 'In model.safetensors.index.json, set "metadata": {}.',
    }],
  },
  {
    rule: 'index-without-metadata',
    what: 'GPT-OSS',
    files: withFields(shardedModel(2, 'gpt_oss'), INDEX, { metadata: null }),
    finds: [{
      severity: 'error',
      file: 'model.safetensors.index.json',
      message: 'metadata is null. AWS documents that the index must have it, and that it may be {}.',
      remedy: 'In model.safetensors.index.json, set "metadata": {}.',
    }],
  },
  {
    rule: 'index-metadata-fields',
    what: 'Llama',
    files: withFields(sharded, INDEX, { metadata: { total_parameters: 15540, total_size: 31080 } }),
    finds: [{
      severity: 'warning',
      file: 'model.safetensors.index.json',
      message: 'metadata has total_parameters. AWS documents that Bedrock does not support extra fields such as total_parameters.',
      remedy: 'In model.safetensors.index.json, remove "total_parameters" from "metadata".',
    }],
  },
  {
    rule: 'index-metadata-fields',
    what: 'GPT-OSS',
    files: withFields(shardedModel(2, 'gpt_oss'), INDEX, { metadata: { total_parameters: 15540, total_size: 31080 } }),
    finds: [{
      severity: 'error',
      file: 'model.safetensors.index.json',
      message: 'metadata has total_parameters. AWS documents that Bedrock does not support extra fields such as total_parameters.',
      remedy: 'In model.safetensors.index.json, remove "total_parameters" from "metadata".',
    }],
  },
  {
    rule: 'index-metadata-fields',
    what: 'another field in GPT-OSS',
    files: withFields(shardedModel(2, 'gpt_oss'), INDEX, { metadata: { mergekit_version: '0.1' } }),
    finds: [{
      severity: 'warning',
      file: 'model.safetensors.index.json',
      message: 'metadata has mergekit_version. AWS documents that Bedrock does not support extra fields such as total_parameters.',
      remedy: 'In model.safetensors.index.json, remove "mergekit_version" from "metadata".',
    }],
  },
];

/** Models that come close to it. */
export const PASSING: readonly Case[] = [
  {
    rule: 'missing-index',
    what: 'a shard with the name of a single one',
    files: add({ [shardName(1, 1)]: llama[WEIGHTS] }, without(llama, WEIGHTS)),
  },
  { rule: 'invalid-index', what: 'three shards', files: sharded },
  { rule: 'missing-shard', what: 'three shards', files: sharded },
  {
    rule: 'unlisted-shard',
    what: 'weights in another format, which another rule is about',
    files: add({ 'consolidated.safetensors': llama[WEIGHTS] }, sharded),
  },
  { rule: 'index-tensors', what: 'a damaged shard, which another rule is about', files: damaged(sharded, 1) },
  { rule: 'index-without-metadata', what: 'empty metadata', files: withFields(sharded, INDEX, { metadata: {} }) },
  { rule: 'index-metadata-fields', what: 'the size', files: withFields(sharded, INDEX, { metadata: { total_size: 31080 } }) },
];
