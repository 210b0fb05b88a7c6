import { field, objectField } from './json-object';
import type { Model } from './model';

/**
 * What Custom Model Import supports, as documented.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-customization-import-model.html
 */
export const REGIONS: readonly string[] = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-central-1'];

/** The only Region with GPT-OSS. */
export const GPT_OSS_REGION = 'us-east-1';

/** The version of Transformers that AWS documents. */
export const TRANSFORMERS_VERSION = '4.51.3';

/** The class that Transformers has for each model type. */
export const CLASSES: ReadonlyMap<string, string> = new Map([
  ['llama', 'LlamaForCausalLM'],
  ['mistral', 'MistralForCausalLM'],
  ['mixtral', 'MixtralForCausalLM'],
  ['t5', 'T5ForConditionalGeneration'],
  ['gpt_bigcode', 'GPTBigCodeForCausalLM'],
  ['mllama', 'MllamaForConditionalGeneration'],
  ['qwen2', 'Qwen2ForCausalLM'],
  ['qwen2_vl', 'Qwen2VLForConditionalGeneration'],
  ['qwen2_5_vl', 'Qwen2_5_VLForConditionalGeneration'],
  ['qwen3', 'Qwen3ForCausalLM'],
  ['qwen3_moe', 'Qwen3MoeForCausalLM'],
  ['gpt_oss', 'GptOssForCausalLM'],
]);

const MULTIMODAL: readonly string[] = ['mllama', 'qwen2_vl', 'qwen2_5_vl'];

/** The families in a sentence. */
export const FAMILIES = 'Llama 2 to 3.3, Mllama, Mistral, Mixtral, Flan-T5, GPTBigCode, Qwen2, Qwen2.5, Qwen2-VL, Qwen2.5-VL, Qwen3 and GPT-OSS';

/** The first class that config.json names: that of the model. */
export function classOf(model: Model): string | undefined {
  const classes = field(model.config, 'architectures');
  return Array.isArray(classes) && typeof classes[0] === 'string' ? classes[0] : undefined;
}

/** The supported model type that the class, or else the model type, of config.json stands for. */
export function familyOf(model: Model): string | undefined {
  const className = classOf(model);
  const modelType = field(model.config, 'model_type');
  const families = [...CLASSES];
  return (families.find(([, name]) => name === className) ?? families.find(([type]) => type === modelType))?.[0];
}

/** Whether it is a model of the GPT-OSS family, for which AWS documents other rules. */
export function isGptOss(model: Model): boolean {
  return familyOf(model) === 'gpt_oss';
}

/** The Transformers to save a model with, as pip calls it. */
export function transformersFor(model: Model): string {
  return isGptOss(model) ? 'transformers' : `transformers==${TRANSFORMERS_VERSION}`;
}

/** Whether the model reads more than text. */
export function isMultimodal(model: Model): boolean {
  return MULTIMODAL.includes(familyOf(model) ?? '') || objectField(model.config, 'vision_config') !== undefined;
}
