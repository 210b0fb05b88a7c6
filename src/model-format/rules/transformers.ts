import { field, type JsonObject, objectField, stringField } from '../json-object';
import { CONFIG, GENERATION_CONFIG, TEXT_CONFIG } from '../model';
import type { Problem, Rule } from '../rule';
import { CONFIG_READER, IMPORT_GUIDE, INVOKE_GUIDE, ROPE_ISSUE } from '../sources';
import { isGptOss, TRANSFORMERS_VERSION } from '../supported';
import { list, show, stringify } from '../wording';

/** What GPT-OSS ends an answer with: <|return|>, <|endoftext|> and <|call|>. */
const GPT_OSS_EOS_TOKENS = [200002, 199999, 200012];

/** The longest repair that a message contains. */
const MAX_REPAIR = 180;

/** What a later Transformers writes in another way than the documented one reads. No version before 4.55 has GPT-OSS. */
export const TRANSFORMERS_RULES: readonly Rule[] = [
  {
    id: 'newer-transformers',
    checks: `transformers_version in config.json: ${TRANSFORMERS_VERSION} or before, except for GPT-OSS`,
    severity: 'warning',
    source: IMPORT_GUIDE,
    find: (model) => {
      const version = stringField(model.config, 'transformers_version');
      return version === undefined || isGptOss(model) || !isNewer(version) ? [] : [{
        file: CONFIG,
        message: `transformers_version is ${show(version)}. AWS documents that Bedrock supports ${TRANSFORMERS_VERSION}.`,
        remedy: `Make the edits of the other findings; without any, it may be imported as it is. Do not save it again with ${TRANSFORMERS_VERSION}, `
          + 'which loses what it cannot read.',
      }];
    },
  },
  {
    id: 'newer-dtype-field',
    checks: 'torch_dtype in config.json: since Transformers 4.56 it is called dtype, except for GPT-OSS',
    severity: 'warning',
    source: CONFIG_READER,
    find: (model) => {
      const { config } = model;
      const dtype = field(config, 'dtype');
      return isGptOss(model) || isUnset(config, 'dtype') || !isUnset(config, 'torch_dtype') ? [] : [{
        file: CONFIG,
        message: `dtype is ${show(dtype)}, and torch_dtype is missing. Transformers ${TRANSFORMERS_VERSION} reads only torch_dtype.`,
        remedy: `In config.json, replace "dtype" by "torch_dtype": ${show(dtype)}.`,
      }];
    },
  },
  {
    id: 'newer-rope-parameters',
    checks: 'rope_theta and rope_scaling in config.json: since Transformers 5 they are in rope_parameters',
    severity: 'warning',
    source: ROPE_ISSUE,
    find: (model) => {
      const reader = isGptOss(model) ? 'Transformers before 5' : `Transformers ${TRANSFORMERS_VERSION}`;
      return [
        ...ropeProblem(model.config, '', reader),
        ...ropeProblem(objectField(model.config, TEXT_CONFIG), `${TEXT_CONFIG}.`, reader),
      ].slice(0, 1);
    },
  },
  {
    id: 'gpt-oss-eos-tokens',
    checks: `eos_token_id in ${GENERATION_CONFIG} of GPT-OSS: ${GPT_OSS_EOS_TOKENS.join(', ')}`,
    severity: 'error',
    source: INVOKE_GUIDE,
    find: (model) => {
      if (!isGptOss(model)) return [];
      const ids = field(model.generationConfig, 'eos_token_id');
      if (Array.isArray(ids) && GPT_OSS_EOS_TOKENS.every(id => ids.includes(id))) return [];
      const setting = `"eos_token_id": [${GPT_OSS_EOS_TOKENS.join(', ')}]`;
      return [{
        file: GENERATION_CONFIG,
        message: model.generationConfig === undefined
          ? `GPT-OSS needs ${GENERATION_CONFIG} with the end tokens ${list(GPT_OSS_EOS_TOKENS.map(String))}; without it, calls fail.`
          : `eos_token_id is ${show(ids)}. For GPT-OSS it must have ${list(GPT_OSS_EOS_TOKENS.map(String))}; otherwise calls fail.`,
        remedy: model.paths.has(GENERATION_CONFIG) ? `In ${GENERATION_CONFIG}, set ${setting}.` : `Create ${GENERATION_CONFIG} with {${setting}}.`,
      }];
    },
  },
];

function isNewer(version: string): boolean {
  const parts = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version)?.slice(1).map(part => Number(part ?? 0));
  if (parts === undefined) return false;
  const supported = TRANSFORMERS_VERSION.split('.').map(Number);
  const different = parts.findIndex((part, position) => part !== supported[position]);
  return different >= 0 && parts[different] > supported[different];
}

function isUnset(config: unknown, name: string): boolean {
  const value = field(config, name);
  return value === undefined || value === null;
}

/** A reader before Transformers 5 does not see `rope_parameters`: it takes 10000 for rope_theta, and no scaling. */
function ropeProblem(config: JsonObject | undefined, prefix: string, reader: string): Problem[] {
  const parameters = field(config, 'rope_parameters');
  if (isUnset(config, 'rope_parameters')) return [];
  const theta = field(parameters, 'rope_theta');
  const scaling = scalingOf(parameters);
  const missing = [
    ...isUnset(config, 'rope_theta') ? [{ name: 'rope_theta', value: theta }] : [],
    ...scaling !== undefined && isUnset(config, 'rope_scaling') ? [{ name: 'rope_scaling', value: scaling }] : [],
  ];
  if (missing.length === 0) return [];
  const fields = missing.map(({ name, value }) => `"${name}": ${stringify(value)}`).join(' and ');
  const isExact = typeof theta === 'number' && fields.length <= MAX_REPAIR;
  return [{
    file: CONFIG,
    message: `${prefix}rope_parameters is set without ${list(missing.map(({ name }) => name))}. `
      + `${reader} ignores it: positions are wrong, without an error.`,
    remedy: isExact
      ? `In config.json, replace ${prefix === '' ? '' : `in ${prefix.slice(0, -1)} `}"rope_parameters" by ${fields}.`
      : 'In config.json, set "rope_theta" and "rope_scaling" to the values of "rope_parameters".',
  }];
}

/** What is `rope_scaling` before Transformers 5. Qwen2-VL calls its own type "mrope" there, and "default" since. */
function scalingOf(parameters: unknown): JsonObject | undefined {
  if (typeof parameters !== 'object' || parameters === null) return undefined;
  const { rope_theta: _, ...scaling } = parameters as { readonly [name: string]: unknown };
  const type = field(scaling, 'rope_type');
  if (field(scaling, 'mrope_section') !== undefined) return { type: 'mrope', mrope_section: scaling.mrope_section };
  return type === undefined || type === 'default' ? undefined : scaling;
}
