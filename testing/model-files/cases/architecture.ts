import type { Case, FailingCase } from './case';
import { add, config, LLAMA3 } from './variations';
import { FAMILIES } from '../families';
import { validModel } from '../models';

/** What kind of model it is: models that break a rule. */
export const FAILING: readonly FailingCase[] = [
  {
    rule: 'unsupported-architecture',
    what: 'Falcon',
    files: config({ architectures: ['FalconForCausalLM'], model_type: 'falcon' }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'architectures is ["FalconForCausalLM"]. Custom Model Import supports Llama 2 to 3.3, Mllama, Mistral, Mixtral, Flan-T5, '
        + 'GPTBigCode, Qwen2, Qwen2.5, Qwen2-VL, Qwen2.5-VL, Qwen3 and GPT-OSS.',
      remedy: 'Fine-tune a model of a supported family, or host this one on Amazon SageMaker AI.',
    }],
  },
  {
    rule: 'unsupported-architecture',
    what: 'GPT-2, whose class returns text',
    files: config({ architectures: ['GPT2LMHeadModel'], model_type: 'gpt2' }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'architectures is ["GPT2LMHeadModel"]. Custom Model Import supports Llama 2 to 3.3, Mllama, Mistral, Mixtral, Flan-T5, '
        + 'GPTBigCode, Qwen2, Qwen2.5, Qwen2-VL, Qwen2.5-VL, Qwen3 and GPT-OSS.',
      remedy: 'Fine-tune a model of a supported family, or host this one on Amazon SageMaker AI.',
    }],
  },
  {
    rule: 'unsupported-architecture',
    what: 'another class of Qwen3',
    files: config({ architectures: ['Qwen3NextForCausalLM'], model_type: 'qwen3_next' }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'architectures is ["Qwen3NextForCausalLM"]. Of Qwen3, Custom Model Import supports only Qwen3ForCausalLM and Qwen3MoeForCausalLM.',
      remedy: 'Fine-tune a model of a supported family, or host this one on Amazon SageMaker AI.',
    }],
  },
  {
    rule: 'unsupported-architecture',
    what: 'a vision model of Qwen3',
    files: config({ architectures: ['Qwen3VLForConditionalGeneration'], model_type: 'qwen3_vl' }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'architectures is ["Qwen3VLForConditionalGeneration"]. Of Qwen3, Custom Model Import supports only Qwen3ForCausalLM and '
        + 'Qwen3MoeForCausalLM.',
      remedy: 'Fine-tune a model of a supported family, or host this one on Amazon SageMaker AI.',
    }],
  },
  {
    rule: 'unsupported-architecture',
    what: 'a class of Qwen3 without a model type',
    files: config({ architectures: ['Qwen3NextForCausalLM'], model_type: undefined }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'architectures is ["Qwen3NextForCausalLM"]. Of Qwen3, Custom Model Import supports only Qwen3ForCausalLM and Qwen3MoeForCausalLM.',
      remedy: 'Fine-tune a model of a supported family, or host this one on Amazon SageMaker AI.',
    }],
  },
  {
    rule: 'unsupported-architecture',
    what: 'a class of its own for a model of Qwen3',
    files: config({ architectures: ['MyForCausalLM'], model_type: 'qwen3_next' }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'architectures is ["MyForCausalLM"]. Of Qwen3, Custom Model Import supports only Qwen3ForCausalLM and Qwen3MoeForCausalLM.',
      remedy: 'Fine-tune a model of a supported family, or host this one on Amazon SageMaker AI.',
    }],
  },
  {
    rule: 'unsupported-architecture',
    what: 'Llama 4',
    files: config({ architectures: ['Llama4ForConditionalGeneration'], model_type: 'llama4' }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'architectures is ["Llama4ForConditionalGeneration"]. Custom Model Import supports Llama 2 to 3.3, Mllama, Mistral, Mixtral, '
        + 'Flan-T5, GPTBigCode, Qwen2, Qwen2.5, Qwen2-VL, Qwen2.5-VL, Qwen3 and GPT-OSS.',
      remedy: 'Fine-tune a model of a supported family, or host this one on Amazon SageMaker AI.',
    }],
  },
  {
    rule: 'unsupported-architecture',
    what: 'no class',
    files: config({ architectures: undefined }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'architectures is missing. It must be a list with the class of the model, by which Bedrock chooses how to serve it.',
      remedy: 'In config.json, set "architectures": ["LlamaForCausalLM"].',
    }],
  },
  {
    rule: 'unsupported-architecture',
    what: 'a class that is not in a list',
    files: config({ architectures: 'LlamaForCausalLM', model_type: 7 }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'architectures is "LlamaForCausalLM". It must be a list with the class of the model, by which Bedrock chooses how to serve it.',
      remedy: 'In config.json, set "architectures" to a list with the class of the model, for example ["LlamaForCausalLM"].',
    }],
  },
  {
    rule: 'model-type',
    what: 'the model type of another family',
    files: config({ model_type: 'mistral' }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'model_type is "mistral". It must be "llama", the model type of LlamaForCausalLM.',
      remedy: 'In config.json, set "model_type": "llama". If the weights are not of this class, correct "architectures".',
    }],
  },
  {
    rule: 'model-type',
    what: 'no model type',
    files: config({ model_type: undefined }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'model_type is missing. It must be "llama", the model type of LlamaForCausalLM.',
      remedy: 'In config.json, set "model_type": "llama". If the weights are not of this class, correct "architectures".',
    }],
  },
  {
    rule: 'embedding-model',
    what: 'a transformer without a head',
    files: config({ architectures: ['Qwen2Model'], model_type: 'qwen2' }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'architectures is ["Qwen2Model"], a class that returns no text. Custom Model Import supports no embedding models.',
      remedy: 'Import a model for text generation, or host this one on Amazon SageMaker AI.',
    }],
  },
  {
    rule: 'embedding-model',
    what: 'a classifier',
    files: config({ architectures: ['LlamaForSequenceClassification'] }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'architectures is ["LlamaForSequenceClassification"], a class that classifies; Custom Model Import serves text generation.',
      remedy: 'Import a model for text generation, or host this one on Amazon SageMaker AI.',
    }],
  },
  {
    rule: 'embedding-model',
    what: 'a model of Sentence Transformers',
    files: add({ 'modules.json': '[]', '1_Pooling/config.json': '{}' }),
    finds: [{
      severity: 'error',
      file: '1_Pooling/config.json',
      message: '1_Pooling/config.json belongs to a model of Sentence Transformers. Custom Model Import supports no embedding models.',
      remedy: 'Import a model for text generation, or host this one on Amazon SageMaker AI.',
    }],
  },
  {
    rule: 'context-length',
    what: 'one token more than 128K',
    files: config({ max_position_embeddings: 131073 }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'max_position_embeddings is 131073. AWS documents that it should be less than 128K, that is 131072 tokens.',
      remedy: 'In config.json, set max_position_embeddings to 131072, if shorter prompts are enough.',
    }],
  },
  {
    rule: 'context-length',
    what: 'a long text model in a multimodal one',
    files: config({ text_config: { ...FAMILIES.mllama.config.text_config, max_position_embeddings: 262144 } }, validModel('mllama')),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'text_config.max_position_embeddings is 262144. AWS documents that it should be less than 128K, that is 131072 tokens.',
      remedy: 'In config.json, set text_config.max_position_embeddings to 131072, if shorter prompts are enough.',
    }],
  },
  {
    rule: 'context-length',
    what: 'positions of GPTBigCode',
    files: config({ n_positions: 1e6 }, validModel('gpt_bigcode')),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'n_positions is 1000000. AWS documents that it should be less than 128K, that is 131072 tokens.',
      remedy: 'In config.json, set n_positions to 131072, if shorter prompts are enough.',
    }],
  },
  {
    rule: 'llama3-rope-scaling',
    what: 'Llama 3.2',
    files: config({ rope_scaling: { ...LLAMA3, factor: 32 } }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'rope_scaling of the type llama3 has factor 32. Bedrock serves it with factor 8.',
      remedy: 'Compare answers to long prompts before and after the import. If they are good, acknowledge llama3-rope-scaling.',
    }],
  },
  {
    rule: 'llama3-rope-scaling',
    what: 'other values, with the older name of the type',
    files: config({ rope_scaling: { type: 'llama3', factor: 4, original_max_position_embeddings: '8K' } }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'rope_scaling of the type llama3 has factor 4, low_freq_factor missing, high_freq_factor missing and '
        + 'original_max_position_embeddings missing. Bedrock serves it with factor 8, low_freq_factor 1, high_freq_factor 4 and '
        + 'original_max_position_embeddings 8192.',
      remedy: 'Compare answers to long prompts before and after the import. If they are good, acknowledge llama3-rope-scaling.',
    }],
  },
  {
    rule: 'llama3-rope-scaling',
    what: 'a model and its text model',
    files: config({ rope_scaling: { ...LLAMA3, factor: 32 }, text_config: { rope_scaling: { ...LLAMA3, factor: 16 } } }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'rope_scaling of the type llama3 has factor 32. Bedrock serves it with factor 8.',
      remedy: 'Compare answers to long prompts before and after the import. If they are good, acknowledge llama3-rope-scaling.',
    }],
  },
  {
    rule: 'llama3-rope-scaling',
    what: 'only the text model',
    files: config({ text_config: { ...FAMILIES.mllama.config.text_config, rope_scaling: { ...LLAMA3, factor: 16 } } }, validModel('mllama')),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'rope_scaling of the type llama3 has factor 16. Bedrock serves it with factor 8.',
      remedy: 'Compare answers to long prompts before and after the import. If they are good, acknowledge llama3-rope-scaling.',
    }],
  },
  {
    rule: 'converse-not-supported',
    what: 'Qwen2.5',
    files: validModel('qwen2'),
    finds: [{
      severity: 'info',
      file: 'config.json',
      message: 'model_type is "qwen2". The Converse API does not support imported models of Qwen2.5, Qwen2-VL, Qwen2.5-VL, Qwen3 and GPT-OSS.',
      remedy: 'Call the model with InvokeModel, with "messages" in the body.',
    }],
  },
];

/** Models that come close to it. */
export const PASSING: readonly Case[] = [
  { rule: 'unsupported-architecture', what: 'Qwen3 with experts', files: validModel('qwen3_moe') },
  { rule: 'unsupported-architecture', what: 'an embedding model, which another rule is about', files: config({ architectures: ['BertModel'] }) },
  {
    rule: 'model-type',
    what: 'an unsupported class, which another rule is about',
    files: config({ architectures: ['FalconForCausalLM'], model_type: 'falcon' }),
  },
  { rule: 'embedding-model', what: 'GPT-2, which another rule is about', files: config({ architectures: ['GPT2LMHeadModel'] }) },
  { rule: 'embedding-model', what: 'a class with a similar name', files: config({ architectures: ['ModelForCausalLM'] }) },
  { rule: 'context-length', what: 'exactly 128K', files: config({ max_position_embeddings: 131072 }) },
  { rule: 'context-length', what: 'a text', files: config({ max_position_embeddings: '1000000' }) },
  { rule: 'llama3-rope-scaling', what: 'Llama 3.1', files: config({ rope_scaling: LLAMA3 }) },
  { rule: 'llama3-rope-scaling', what: 'another type', files: config({ rope_scaling: { rope_type: 'yarn', factor: 32 } }) },
  { rule: 'converse-not-supported', what: 'Mistral', files: validModel('mistral') },
];
