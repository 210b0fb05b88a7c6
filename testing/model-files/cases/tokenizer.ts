import type { Case, FailingCase } from './case';
import { gptOss, llama, tokenizerConfig } from './variations';

/** The tokenizer: models that break a rule. */
export const FAILING: readonly FailingCase[] = [
  {
    rule: 'tokenizers-backend',
    what: 'Transformers 5',
    files: tokenizerConfig({ tokenizer_class: 'TokenizersBackend' }),
    finds: [{
      severity: 'error',
      file: 'tokenizer_config.json',
      message: 'tokenizer_class is "TokenizersBackend". Bedrock does not list it, and Transformers 4.51.3 does not have it.',
      remedy: 'In tokenizer_config.json, set "tokenizer_class": "PreTrainedTokenizerFast".',
    }],
  },
  {
    rule: 'unsupported-tokenizer',
    what: 'Gemma',
    files: tokenizerConfig({ tokenizer_class: 'GemmaTokenizerFast' }),
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'tokenizer_class is "GemmaTokenizerFast". AWS documents T5, Llama, CodeLlama, GPT2, GPTNeoX, PreTrained, Qwen2, each with '
        + 'Tokenizer or TokenizerFast at the end.',
      remedy: 'If tokenizer.json has the whole tokenizer, set "tokenizer_class": "PreTrainedTokenizerFast" in tokenizer_config.json.',
    }],
  },
  {
    rule: 'unsupported-tokenizer',
    what: 'a number',
    files: tokenizerConfig({ tokenizer_class: 5 }),
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'tokenizer_class is 5. AWS documents T5, Llama, CodeLlama, GPT2, GPTNeoX, PreTrained, Qwen2, each with Tokenizer or TokenizerFast '
        + 'at the end.',
      remedy: 'If tokenizer.json has the whole tokenizer, set "tokenizer_class": "PreTrainedTokenizerFast" in tokenizer_config.json.',
    }],
  },
  {
    rule: 'extra-special-tokens',
    what: 'a list',
    files: tokenizerConfig({ extra_special_tokens: ['<|im_start|>', '<|im_end|>'] }),
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'extra_special_tokens is the list ["<|im_start|>","<|im_end|>"]. Transformers 4.51.3 expects an object, and fails.',
      remedy: 'In tokenizer_config.json, rename "extra_special_tokens" to "additional_special_tokens".',
    }],
  },
  {
    rule: 'extra-special-tokens',
    what: 'a list beside the older field',
    files: tokenizerConfig({ extra_special_tokens: ['<|tool|>'], additional_special_tokens: [] }),
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'extra_special_tokens is the list ["<|tool|>"]. Transformers 4.51.3 expects an object, and fails.',
      remedy: 'In tokenizer_config.json, move its tokens to "additional_special_tokens", and remove "extra_special_tokens".',
    }],
  },
];

/** Models that come close to it. */
export const PASSING: readonly Case[] = [
  { rule: 'tokenizers-backend', what: 'what it was called before', files: llama },
  { rule: 'unsupported-tokenizer', what: 'no class', files: tokenizerConfig({ tokenizer_class: undefined }) },
  { rule: 'unsupported-tokenizer', what: 'Qwen2', files: tokenizerConfig({ tokenizer_class: 'Qwen2Tokenizer' }) },
  { rule: 'extra-special-tokens', what: 'an object', files: tokenizerConfig({ extra_special_tokens: { image_token: '<|image|>' } }) },
  { rule: 'extra-special-tokens', what: 'GPT-OSS', files: tokenizerConfig({ extra_special_tokens: ['<|call|>'] }, gptOss) },
];
