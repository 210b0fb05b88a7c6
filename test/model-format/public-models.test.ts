import { checkModel } from '../../src/model-format';
import { MemoryFolder } from '../../testing/model-files';
import { PUBLIC_MODELS, publicModel } from '../../testing/model-files/public';

/** For each public model, the rules of its errors and of its warnings, and why that is the right verdict. */
const VERDICTS: Readonly<Record<string, { readonly errors?: readonly string[]; readonly warnings?: readonly string[]; readonly because: string }>> = {
  // Imports. AWS's own posts import Llama 3.x, the distilled DeepSeek-R1, Qwen and GPT-OSS.
  'deepseek-r1-distill-qwen-32b': { because: 'Qwen2 architecture; AWS names the distilled models of DeepSeek-R1 as a use of the feature' },
  'llama-3.1-8b': { because: 'AWS documents Llama 3.1, and prices it with its context of 128K, which must pass' },
  'mixtral-8x7b': { because: 'a documented architecture' },
  'dolphin3-r1-mistral-24b': { because: 'a fine-tune of Mistral, saved by 4.48' },
  'olmocr-7b': { because: 'a fine-tune of Qwen2-VL, with its settings at the top level; a chat template in both places is the same' },
  'qwen3-8b': { because: 'Qwen3ForCausalLM, saved by 4.51' },
  'qwen3-30b-a3b': { because: 'Qwen3MoeForCausalLM, saved by 4.51' },

  // Imports with a warning.
  'llama-3.2-3b': {
    warnings: ['llama3-rope-scaling', 'no-chat-template'],
    because: 'Llama 3.2 is supported, but published with factor 32, and this is the base model: there is no template',
  },
  'qwen2.5-vl-7b': {
    warnings: ['newer-setting-names', 'newer-transformers'],
    because: 'saved by 4.53, which writes the settings of the text twice: 4.51.3 fails on text_config',
  },
  'gpt-oss-20b': { warnings: ['quantized-weights'], because: 'AWS imports GPT-OSS 20B; the published weights are MXFP4, and those of its post BF16' },
  'gpt-oss-120b': { warnings: ['quantized-weights'], because: 'as 20B' },
  'qwen3-32b-fp8': { warnings: ['quantized-weights'], because: 'the FP8 variant of a supported model' },
  'llama-3.1-70b-instruct-fp8': { warnings: ['quantized-weights'], because: 'quantized by ModelOpt, which only the types of the tensors show' },
  'wizardcoder-15b-gptq': {
    warnings: ['no-chat-template', 'quantized-weights'],
    because: 'a StarCoder quantized by an old AutoGPTQ, which only the names of the tensors show',
  },
  'llama-2-13b-computer-engineering': {
    warnings: ['newer-dtype-field', 'newer-transformers', 'no-chat-template', 'quantized-weights'],
    because: 'a QLoRA merged into weights of bitsandbytes, saved by 4.56',
  },
  'llama-3.1-8b-computer-networks': { warnings: ['no-chat-template', 'quantized-weights'], because: 'weights of bitsandbytes' },

  // Refused.
  'llama-3.3-nemotron-super-49b': { errors: ['unsupported-architecture'], warnings: ['custom-code'], because: 'named after Llama 3.3, but DeciLM' },
  'llama-4-scout': { errors: ['unsupported-architecture'], warnings: ['context-length', 'llama3-rope-scaling'], because: 'Llama 4' },
  'cosmos-reason2-8b': { errors: ['unsupported-architecture'], warnings: ['context-length', 'newer-transformers'], because: 'Qwen3-VL' },
  'qwen3.5-27b': {
    errors: ['unsupported-architecture'], warnings: ['context-length', 'newer-rope-parameters', 'newer-transformers'], because: 'Qwen3.5',
  },
  'qwen3.5-18b-reap': {
    errors: ['tokenizers-backend', 'unsupported-architecture'],
    warnings: ['context-length', 'newer-dtype-field', 'newer-rope-parameters', 'newer-transformers'],
    because: 'Qwen3.5, saved by Transformers 5',
  },
  'gemma-2b-it': { errors: ['unsupported-architecture'], warnings: ['unsupported-tokenizer'], because: 'Gemma' },
  'gemma-4-26b-a4b': {
    errors: ['unsupported-architecture'],
    warnings: ['context-length', 'newer-dtype-field', 'newer-rope-parameters', 'newer-transformers'],
    because: 'Gemma 4, saved by Transformers 5',
  },
  'deepseek-v3': {
    errors: ['unsupported-architecture'], warnings: ['context-length', 'custom-code', 'quantized-weights'], because: 'DeepSeek-V3 itself, unlike the distilled models',
  },
  'falcon-180b-chat': { errors: ['unsupported-architecture', 'weights-too-large'], warnings: ['no-chat-template'], because: 'Falcon, with 359 GB' },
  'lodestone-base-4096': {
    errors: ['embedding-model'], warnings: ['custom-code', 'no-chat-template', 'unsupported-tokenizer'], because: 'a BERT for embeddings',
  },
  'flan-t5-lora': { errors: ['adapter-without-weights'], warnings: ['extra-special-tokens', 'no-chat-template'], because: 'only an adapter' },
  'llama-3.2-3b-lora': { errors: ['adapter-without-weights'], because: 'only an adapter' },
  'phi-2-lora': { errors: ['adapter-without-weights'], warnings: ['no-chat-template', 'unsupported-tokenizer'], because: 'only an adapter' },
};

test.each(PUBLIC_MODELS)('%s', async (name) => {
  const { findings, passed } = await checkModel(new MemoryFolder(publicModel(name)), { region: 'us-east-1' });
  const rulesOf = (expected: string) => findings.filter(({ severity }) => severity === expected).map(({ rule }) => rule).sort();
  const { errors = [], warnings = [], because } = VERDICTS[name];

  expect({ errors: rulesOf('error'), warnings: rulesOf('warning'), because }).toEqual({ errors, warnings, because });
  expect(passed).toBe(errors.length === 0);
});

test('every verdict has its model', () => {
  expect(Object.keys(VERDICTS).sort()).toEqual(PUBLIC_MODELS);
});
