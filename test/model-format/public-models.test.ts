import { checkModel } from '../../src/model-format';
import { MemoryFolder } from '../../testing/model-files';
import { PUBLIC_MODELS, publicModel } from '../../testing/model-files/public';

/** For each public model, the rules of its errors and of its warnings, and why that is the right verdict. */
const VERDICTS: Readonly<Record<string, { readonly errors?: readonly string[]; readonly warnings?: readonly string[]; readonly because: string }>> = {
  // Imports. AWS's own posts import Llama 3.x, the distilled DeepSeek-R1, Qwen and GPT-OSS.
  'deepseek-r1-distill-qwen-32b': { because: 'Qwen2 architecture; AWS names the distilled models of DeepSeek-R1 as a use of the feature' },
  'llama-3.1-8b': { because: 'AWS documents Llama 3.1, and prices it with its context of 128K, which must pass' },
  'mixtral-8x7b': { because: 'a documented architecture' },
  'qwen3-8b': { because: 'Qwen3ForCausalLM, saved by 4.51' },
  'qwen3-30b-a3b': { because: 'Qwen3MoeForCausalLM, saved by 4.51' },

  // Imports with a warning.
  'qwen2.5-vl-7b': {
    warnings: ['newer-setting-names', 'newer-transformers'],
    because: 'saved by 4.53, which writes the settings of the text twice: 4.51.3 fails on text_config',
  },
  'gpt-oss-20b': { warnings: ['quantized-weights'], because: 'AWS imports GPT-OSS 20B; the published weights are MXFP4, and those of its post BF16' },
  'gpt-oss-120b': { warnings: ['quantized-weights'], because: 'as 20B' },
  'qwen3-32b-fp8': { warnings: ['quantized-weights'], because: 'the FP8 variant of a supported model' },
  'llama-3.1-70b-instruct-fp8': { warnings: ['quantized-weights'], because: 'quantized by ModelOpt, which only the types of the tensors show' },
  'llama-3.1-8b-computer-networks': { warnings: ['no-chat-template', 'quantized-weights'], because: 'weights of bitsandbytes' },

  // Refused.
  'llama-3.3-nemotron-super-49b': { errors: ['unsupported-architecture'], warnings: ['custom-code'], because: 'named after Llama 3.3, but DeciLM' },
  'llama-4-scout': { errors: ['unsupported-architecture'], warnings: ['context-length', 'llama3-rope-scaling'], because: 'Llama 4' },
  'qwen3.5-27b': {
    errors: ['unsupported-architecture'], warnings: ['context-length', 'newer-rope-parameters', 'newer-transformers'], because: 'Qwen3.5',
  },
  'gemma-4-26b-a4b': {
    errors: ['unsupported-architecture'],
    warnings: ['context-length', 'newer-dtype-field', 'newer-rope-parameters', 'newer-transformers'],
    because: 'Gemma 4, saved by Transformers 5',
  },
  'deepseek-v3': {
    errors: ['unsupported-architecture'], warnings: ['context-length', 'custom-code', 'quantized-weights'], because: 'DeepSeek-V3 itself, unlike the distilled models',
  },
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
