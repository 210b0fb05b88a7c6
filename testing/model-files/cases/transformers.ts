import type { Case, FailingCase } from './case';
import { config, gptOss, llama, LLAMA3 } from './variations';
import { FAMILIES } from '../families';
import { withFields, without } from '../model-files';
import { validModel } from '../models';

/** What a later Transformers writes: models that break a rule. */
export const FAILING: readonly FailingCase[] = [
  {
    rule: 'newer-transformers',
    what: 'the next version',
    files: config({ transformers_version: '4.52.0.dev0' }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'transformers_version is "4.52.0.dev0". AWS documents that Bedrock supports 4.51.3.',
      remedy: 'Make the edits of the other findings; without any, it may be imported as it is. Do not save it again with 4.51.3, '
        + 'which loses what it cannot read.',
    }],
  },
  {
    rule: 'newer-transformers',
    what: 'Transformers 5',
    files: config({ transformers_version: '5.0' }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'transformers_version is "5.0". AWS documents that Bedrock supports 4.51.3.',
      remedy: 'Make the edits of the other findings; without any, it may be imported as it is. Do not save it again with 4.51.3, '
        + 'which loses what it cannot read.',
    }],
  },
  {
    rule: 'newer-dtype-field',
    what: 'dtype',
    files: config({ torch_dtype: undefined, dtype: 'bfloat16' }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'dtype is "bfloat16", and torch_dtype is missing. Transformers 4.51.3 reads only torch_dtype.',
      remedy: 'In config.json, replace "dtype" by "torch_dtype": "bfloat16".',
    }],
  },
  {
    rule: 'newer-rope-parameters',
    what: 'no scaling',
    files: config({ rope_theta: undefined, rope_scaling: undefined, rope_parameters: { rope_theta: 500000, rope_type: 'default' } }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'rope_parameters is set without rope_theta. Transformers 4.51.3 ignores it: positions are wrong, without an error.',
      remedy: 'In config.json, replace "rope_parameters" by "rope_theta": 500000.',
    }],
  },
  {
    rule: 'newer-rope-parameters',
    what: 'Llama 3.1',
    files: config({ rope_theta: undefined, rope_scaling: undefined, rope_parameters: { ...LLAMA3, rope_theta: 500000 } }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'rope_parameters is set without rope_theta and rope_scaling. Transformers 4.51.3 ignores it: positions are wrong, without an error.',
      remedy: 'In config.json, replace "rope_parameters" by "rope_theta": 500000 and "rope_scaling": '
        + '{"factor":8,"high_freq_factor":4,"low_freq_factor":1,"original_max_position_embeddings":8192,"rope_type":"llama3"}.',
    }],
  },
  {
    rule: 'newer-rope-parameters',
    what: 'only the scaling is missing',
    files: config({ rope_scaling: undefined, rope_parameters: { ...LLAMA3, rope_theta: 500000 } }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'rope_parameters is set without rope_scaling. Transformers 4.51.3 ignores it: positions are wrong, without an error.',
      remedy: 'In config.json, replace "rope_parameters" by "rope_scaling": '
        + '{"factor":8,"high_freq_factor":4,"low_freq_factor":1,"original_max_position_embeddings":8192,"rope_type":"llama3"}.',
    }],
  },
  {
    rule: 'newer-rope-parameters',
    what: 'Qwen2-VL',
    files: config({
      rope_theta: undefined, rope_scaling: undefined, rope_parameters: { mrope_section: [1, 1, 2], rope_theta: 1e6, rope_type: 'default' },
    }, validModel('qwen2_vl')),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'rope_parameters is set without rope_theta and rope_scaling. Transformers 4.51.3 ignores it: positions are wrong, without an error.',
      remedy: 'In config.json, replace "rope_parameters" by "rope_theta": 1000000 and "rope_scaling": {"type":"mrope","mrope_section":[1,1,2]}.',
    }],
  },
  {
    rule: 'newer-rope-parameters',
    what: 'the text model of Mllama',
    files: config({
      text_config: {
        ...FAMILIES.mllama.config.text_config, rope_theta: undefined, rope_parameters: { rope_theta: 500000, rope_type: 'default' },
      },
    }, validModel('mllama')),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'text_config.rope_parameters is set without rope_theta. Transformers 4.51.3 ignores it: positions are wrong, without an error.',
      remedy: 'In config.json, replace in text_config "rope_parameters" by "rope_theta": 500000.',
    }],
  },
  {
    rule: 'newer-rope-parameters',
    what: 'a model and its text model',
    files: config({
      rope_parameters: { rope_theta: 500000 },
      text_config: {
        ...FAMILIES.mllama.config.text_config, rope_theta: undefined, rope_parameters: { rope_theta: 500000, rope_type: 'default' },
      },
    }, validModel('mllama')),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'rope_parameters is set without rope_theta. Transformers 4.51.3 ignores it: positions are wrong, without an error.',
      remedy: 'In config.json, replace "rope_parameters" by "rope_theta": 500000.',
    }],
  },
  {
    rule: 'newer-rope-parameters',
    what: 'parameters by layer',
    files: config({ rope_theta: undefined, rope_parameters: { full_attention: { rope_theta: 500000 } } }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'rope_parameters is set without rope_theta. Transformers 4.51.3 ignores it: positions are wrong, without an error.',
      remedy: 'In config.json, set "rope_theta" and "rope_scaling" to the values of "rope_parameters".',
    }],
  },
  {
    rule: 'gpt-oss-eos-tokens',
    what: 'one end token',
    files: withFields(gptOss, 'generation_config.json', { eos_token_id: 200002 }),
    finds: [{
      severity: 'error',
      file: 'generation_config.json',
      message: 'eos_token_id is 200002. For GPT-OSS it must have 200002, 199999 and 200012; otherwise calls fail.',
      remedy: 'In generation_config.json, set "eos_token_id": [200002, 199999, 200012].',
    }],
  },
  {
    rule: 'gpt-oss-eos-tokens',
    what: 'two end tokens',
    files: withFields(gptOss, 'generation_config.json', { eos_token_id: [200002, 199999] }),
    finds: [{
      severity: 'error',
      file: 'generation_config.json',
      message: 'eos_token_id is [200002,199999]. For GPT-OSS it must have 200002, 199999 and 200012; otherwise calls fail.',
      remedy: 'In generation_config.json, set "eos_token_id": [200002, 199999, 200012].',
    }],
  },
  {
    rule: 'gpt-oss-eos-tokens',
    what: 'three end tokens, of which one is right',
    files: withFields(gptOss, 'generation_config.json', { eos_token_id: [200002, 1, 2] }),
    finds: [{
      severity: 'error',
      file: 'generation_config.json',
      message: 'eos_token_id is [200002,1,2]. For GPT-OSS it must have 200002, 199999 and 200012; otherwise calls fail.',
      remedy: 'In generation_config.json, set "eos_token_id": [200002, 199999, 200012].',
    }],
  },
  {
    rule: 'gpt-oss-eos-tokens',
    what: 'no generation_config.json',
    files: without(gptOss, 'generation_config.json'),
    finds: [{
      severity: 'error',
      file: 'generation_config.json',
      message: 'GPT-OSS needs generation_config.json with the end tokens 200002, 199999 and 200012; without it, calls fail.',
      remedy: 'Create generation_config.json with {"eos_token_id": [200002, 199999, 200012]}.',
    }],
  },
];

/** Models that come close to it. */
export const PASSING: readonly Case[] = [
  { rule: 'newer-transformers', what: 'GPT-OSS', files: config({ transformers_version: '4.57.6' }, gptOss) },
  { rule: 'newer-transformers', what: 'the documented version', files: config({ transformers_version: '4.51.3' }) },
  { rule: 'newer-transformers', what: 'an older one', files: config({ transformers_version: '4.9.12' }) },
  { rule: 'newer-transformers', what: 'no version', files: config({ transformers_version: 'main' }) },
  { rule: 'newer-dtype-field', what: 'both fields', files: config({ dtype: 'bfloat16' }) },
  { rule: 'newer-rope-parameters', what: 'both fields', files: config({ rope_parameters: { rope_theta: 500000, rope_type: 'default' } }) },
  {
    rule: 'gpt-oss-eos-tokens',
    what: 'another order',
    files: withFields(gptOss, 'generation_config.json', { eos_token_id: [200012, 199999, 200002] }),
  },
  {
    rule: 'gpt-oss-eos-tokens',
    what: 'another token in addition',
    files: withFields(gptOss, 'generation_config.json', { eos_token_id: [200002, 199999, 200012, 200007] }),
  },
  { rule: 'newer-dtype-field', what: 'GPT-OSS', files: config({ torch_dtype: undefined, dtype: 'bfloat16' }, gptOss) },
  { rule: 'gpt-oss-eos-tokens', what: 'Llama', files: llama },
];
