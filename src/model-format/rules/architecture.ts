import { field, isObject, numberField, objectField, stringField } from '../json-object';
import { CONFIG, type Model, TEXT_CONFIG } from '../model';
import type { ModelFile } from '../model-folder';
import type { Problem, Rule } from '../rule';
import { IMPORT_GUIDE, INVOKE_GUIDE } from '../sources';
import { CLASSES, classOf, FAMILIES, familyOf } from '../supported';
import { listAll, shorten, show } from '../wording';

/** 128K tokens. AWS says "less than", and prices models with exactly this length. */
const MAX_CONTEXT = 131_072;
const CONTEXT_FIELDS = ['max_position_embeddings', 'n_positions'];

/** What Bedrock puts in the place of every scaling of the type llama3. */
const LLAMA3_SCALING = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };

/** The transformer without a head. Some older classes that return text, such as GPT2LMHeadModel, have similar names. */
const WITHOUT_HEAD = /(?<!LMHead|DoubleHeads|EncoderDecoder)Model$/;
/** Heads that classify texts, words or answers. */
const CLASSIFIER = /For(SequenceClassification|TokenClassification|QuestionAnswering|MultipleChoice|MaskedLM)$/;
const NO_CONVERSE = ['qwen2', 'qwen2_vl', 'qwen2_5_vl', 'qwen3', 'qwen3_moe', 'gpt_oss'];

/** What kind of model it is. */
export const ARCHITECTURE_RULES: readonly Rule[] = [
  {
    id: 'unsupported-architecture',
    checks: `architectures in config.json: ${FAMILIES}; of Qwen3 only Qwen3ForCausalLM and Qwen3MoeForCausalLM`,
    severity: 'error',
    source: IMPORT_GUIDE,
    find: model => isEmbedding(model) ? [] : unsupportedClass(model),
  },
  {
    id: 'model-type',
    checks: 'model_type in config.json: that of the class',
    severity: 'error',
    source: IMPORT_GUIDE,
    find: (model) => {
      const className = classOf(model);
      const expected = familyOf(model);
      const modelType = field(model.config, 'model_type');
      if (expected === undefined || CLASSES.get(expected) !== className || modelType === expected) return [];
      return [{
        file: CONFIG,
        message: `model_type is ${show(modelType)}. It must be "${expected}", the model type of ${className}.`,
        remedy: `In config.json, set "model_type": "${expected}". If the weights are not of this class, correct "architectures".`,
      }];
    },
  },
  {
    id: 'embedding-model',
    checks: 'Models that return no text: for embeddings or classification',
    severity: 'error',
    source: IMPORT_GUIDE,
    find: (model) => {
      const { path } = sentenceTransformersFile(model) ?? {};
      if (!isEmbedding(model)) return [];
      const kind = CLASSIFIER.test(classOf(model) ?? '')
        ? 'a class that classifies; Custom Model Import serves text generation.'
        : 'a class that returns no text. Custom Model Import supports no embedding models.';
      return [{
        file: path ?? CONFIG,
        message: path === undefined
          ? `architectures is ${show(field(model.config, 'architectures'))}, ${kind}`
          : `${shorten(path)} belongs to a model of Sentence Transformers. Custom Model Import supports no embedding models.`,
        remedy: 'Import a model for text generation, or host this one on Amazon SageMaker AI.',
      }];
    },
  },
  {
    id: 'context-length',
    checks: 'Context length: 128K tokens',
    severity: 'warning',
    source: IMPORT_GUIDE,
    find: ({ config }) => {
      const parts = [['', config], [`${TEXT_CONFIG}.`, objectField(config, TEXT_CONFIG)]] as const;
      const lengths = parts.flatMap(([prefix, part]) => (
        CONTEXT_FIELDS.map(name => ({ name: `${prefix}${name}`, length: numberField(part, name) ?? 0 }))
      ));
      const tooLong = lengths.find(({ length }) => length > MAX_CONTEXT);
      return tooLong === undefined ? [] : [{
        file: CONFIG,
        message: `${tooLong.name} is ${show(tooLong.length)}. AWS documents that it should be less than 128K, that is ${MAX_CONTEXT} tokens.`,
        remedy: `In config.json, set ${tooLong.name} to ${MAX_CONTEXT}, if shorter prompts are enough.`,
      }];
    },
  },
  {
    id: 'llama3-rope-scaling',
    checks: `rope_scaling of the type llama3: Bedrock serves it with factor ${LLAMA3_SCALING.factor}`,
    severity: 'warning',
    source: IMPORT_GUIDE,
    find: ({ config }) => [config, objectField(config, TEXT_CONFIG)].flatMap(overriddenScaling).slice(0, 1),
  },
  {
    id: 'converse-not-supported',
    checks: 'Use of the Converse API',
    severity: 'info',
    source: INVOKE_GUIDE,
    find: (model) => {
      const family = familyOf(model);
      return family === undefined || !NO_CONVERSE.includes(family) ? [] : [{
        file: CONFIG,
        message: `model_type is "${family}". The Converse API does not support imported models of Qwen2.5, Qwen2-VL, Qwen2.5-VL, Qwen3 and GPT-OSS.`,
        remedy: 'Call the model with InvokeModel, with "messages" in the body.',
      }];
    },
  },
];

function isEmbedding(model: Model): boolean {
  const className = classOf(model) ?? '';
  return WITHOUT_HEAD.test(className) || CLASSIFIER.test(className) || sentenceTransformersFile(model) !== undefined;
}

function sentenceTransformersFile({ files }: Model): ModelFile | undefined {
  return files.find(({ path }) => path === 'modules.json' || path.startsWith('1_Pooling/'));
}

function unsupportedClass(model: Model): Problem[] {
  if (model.config === undefined) return [];
  const className = classOf(model);
  if (className !== undefined && [...CLASSES.values()].includes(className)) return [];
  const classes = field(model.config, 'architectures');
  const modelType = stringField(model.config, 'model_type');
  const expected = CLASSES.get(modelType ?? '');
  if (className === undefined) {
    return [{
      file: CONFIG,
      message: `architectures is ${show(classes)}. It must be a list with the class of the model, by which Bedrock chooses how to serve it.`,
      remedy: expected === undefined
        ? 'In config.json, set "architectures" to a list with the class of the model, for example ["LlamaForCausalLM"].'
        : `In config.json, set "architectures": ["${expected}"].`,
    }];
  }
  const rule = className.startsWith('Qwen3') || modelType?.startsWith('qwen3')
    ? 'Of Qwen3, Custom Model Import supports only Qwen3ForCausalLM and Qwen3MoeForCausalLM.'
    : `Custom Model Import supports ${FAMILIES}.`;
  return [{
    file: CONFIG,
    message: `architectures is ${show(classes)}. ${rule}`,
    remedy: 'Fine-tune a model of a supported family, or host this one on Amazon SageMaker AI.',
  }];
}

function overriddenScaling(config: unknown): Problem[] {
  const name = isObject(field(config, 'rope_scaling')) ? 'rope_scaling' : 'rope_parameters';
  const scaling = objectField(config, name);
  if ((stringField(scaling, 'rope_type') ?? stringField(scaling, 'type')) !== 'llama3') return [];
  const others = Object.entries(LLAMA3_SCALING).filter(([key, value]) => field(scaling, key) !== value);
  if (others.length === 0) return [];
  return [{
    file: CONFIG,
    message: `${name} of the type llama3 has ${listAll(others.map(([key]) => `${key} ${show(numberField(scaling, key))}`))}. `
      + `Bedrock serves it with ${listAll(others.map(([key, value]) => `${key} ${value}`))}.`,
    remedy: 'Compare answers to long prompts before and after the import. If they are good, acknowledge llama3-rope-scaling.',
  }];
}
