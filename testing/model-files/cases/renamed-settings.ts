import type { Case, FailingCase } from './case';
import { config } from './variations';
import { validModel } from '../models';

const RULE = 'newer-setting-names';

/** Settings that later versions have moved or renamed: models that break the rule. */
export const FAILING: readonly FailingCase[] = [
  ...(['qwen2_vl', 'qwen2_5_vl'] as const).map((family): FailingCase => ({
    rule: RULE,
    what: `the settings of the text of ${family}`,
    files: config({ hidden_size: undefined, text_config: { hidden_size: 16 } }, validModel(family)),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'text_config has the settings of the text. Transformers 4.51.3 reads them at the top level, and fails if there is a text_config.',
      remedy: 'In config.json, move the fields of "text_config" to the top level, except "model_type", and remove it.',
    }],
  })),
  {
    rule: RULE,
    what: 'the settings of the text at both places',
    files: config({ text_config: { hidden_size: 16 } }, validModel('qwen2_5_vl')),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'text_config has the settings of the text. Transformers 4.51.3 reads them at the top level, and fails if there is a text_config.',
      remedy: 'In config.json, remove "text_config": the top level has its fields, too.',
    }],
  },
  {
    rule: RULE,
    what: 'the experts of Qwen3-MoE',
    files: config({ num_experts: undefined, num_local_experts: 160 }, validModel('qwen3_moe')),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'num_local_experts is 160, and num_experts is missing. Transformers 4.51.3 reads only num_experts, and takes 128.',
      remedy: 'In config.json, replace "num_local_experts" by "num_experts": 160.',
    }],
  },
  {
    rule: RULE,
    what: 'the embeddings of Flan-T5',
    files: config({ tie_word_embeddings: true, scale_decoder_outputs: false }, validModel('t5')),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'tie_word_embeddings is true, and scale_decoder_outputs is false. '
        + 'Transformers 4.51.3 reads only the first, and computes other outputs without an error.',
      remedy: 'In config.json, set "tie_word_embeddings": false.',
    }],
  },
];

/** Models that come close to breaking it. */
export const PASSING: readonly Case[] = [
  { rule: RULE, what: 'both names', files: config({ num_local_experts: 2, num_experts: 2 }, validModel('qwen3_moe')) },
  { rule: RULE, what: 'the experts of Mixtral', files: config({ num_local_experts: 2 }, validModel('mixtral')) },
  { rule: RULE, what: 'the text model of Mllama', files: validModel('mllama') },
  { rule: RULE, what: 'T5 of the first version', files: config({ tie_word_embeddings: true, scale_decoder_outputs: true }, validModel('t5')) },
  { rule: RULE, what: 'Flan-T5 with both settings', files: config({ tie_word_embeddings: false, scale_decoder_outputs: false }, validModel('t5')) },
];
