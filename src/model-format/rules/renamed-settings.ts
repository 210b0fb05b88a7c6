import { field, type JsonObject, objectField } from '../json-object';
import { CONFIG, type Model, TEXT_CONFIG } from '../model';
import type { Problem, Rule } from '../rule';
import { CONFIG_READER } from '../sources';
import { familyOf, TRANSFORMERS_VERSION } from '../supported';
import { show } from '../wording';

/** The settings that later versions have moved or renamed, by model type. Complete: see `testing/model-files/transformers`. */
const RENAMED: ReadonlyMap<string, (config: JsonObject) => Omit<Problem, 'file'> | undefined> = new Map([
  ['qwen2_vl', settingsOfText],
  ['qwen2_5_vl', settingsOfText],
  ['qwen3_moe', numberOfExperts],
  ['t5', tiedEmbeddings],
]);

/** What a later Transformers calls by other names. */
export const RENAMED_SETTINGS_RULES: readonly Rule[] = [
  {
    id: 'newer-setting-names',
    checks: 'Settings of Qwen2-VL, Qwen2.5-VL, Qwen3-MoE and T5 in config.json that later versions have moved or renamed',
    severity: 'warning',
    source: CONFIG_READER,
    find: (model: Model) => {
      const problem = model.config && RENAMED.get(familyOf(model) ?? '')?.(model.config);
      return problem ? [{ file: CONFIG, ...problem }] : [];
    },
  },
];

/** Transformers 4.52 and later writes `text_config` as well, and 5 nothing but it. 4.51.3 fails as soon as there is one. */
function settingsOfText(config: JsonObject): Omit<Problem, 'file'> | undefined {
  return objectField(config, TEXT_CONFIG) === undefined ? undefined : {
    message: `${TEXT_CONFIG} has the settings of the text. Transformers ${TRANSFORMERS_VERSION} reads them at the top level, and fails if there is a ${TEXT_CONFIG}.`,
    remedy: field(config, 'hidden_size') === undefined
      ? `In config.json, move the fields of "${TEXT_CONFIG}" to the top level, except "model_type", and remove it.`
      : `In config.json, remove "${TEXT_CONFIG}": the top level has its fields, too.`,
  };
}

function numberOfExperts(config: JsonObject): Omit<Problem, 'file'> | undefined {
  const experts = field(config, 'num_local_experts');
  return experts === undefined || field(config, 'num_experts') !== undefined ? undefined : {
    message: `num_local_experts is ${show(experts)}, and num_experts is missing. Transformers ${TRANSFORMERS_VERSION} reads only num_experts, and takes 128.`,
    remedy: `In config.json, replace "num_local_experts" by "num_experts": ${show(experts)}.`,
  };
}

/** Transformers 5 always writes `tie_word_embeddings: true`, and has what it used to say in `scale_decoder_outputs`. */
function tiedEmbeddings(config: JsonObject): Omit<Problem, 'file'> | undefined {
  return field(config, 'scale_decoder_outputs') !== false || field(config, 'tie_word_embeddings') === false ? undefined : {
    message: 'tie_word_embeddings is true, and scale_decoder_outputs is false. '
      + `Transformers ${TRANSFORMERS_VERSION} reads only the first, and computes other outputs without an error.`,
    remedy: 'In config.json, set "tie_word_embeddings": false.',
  };
}
