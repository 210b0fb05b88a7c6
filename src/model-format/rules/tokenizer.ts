import { field } from '../json-object';
import { TOKENIZER_CONFIG } from '../model';
import type { Rule } from '../rule';
import { IMPORT_GUIDE, TOKENIZER_READER } from '../sources';
import { isGptOss, TRANSFORMERS_VERSION } from '../supported';
import { show } from '../wording';

const SUPPORTED = ['T5', 'Llama', 'CodeLlama', 'GPT2', 'GPTNeoX', 'PreTrained', 'Qwen2'];
/** What Transformers 5 calls PreTrainedTokenizerFast. */
const BACKEND = 'TokenizersBackend';

/** The tokenizer. */
export const TOKENIZER_RULES: readonly Rule[] = [
  {
    id: 'tokenizers-backend',
    checks: `tokenizer_class in ${TOKENIZER_CONFIG}: not ${BACKEND}, which Transformers 5 writes`,
    severity: 'error',
    source: IMPORT_GUIDE,
    find: ({ tokenizerConfig }) => field(tokenizerConfig, 'tokenizer_class') !== BACKEND ? [] : [{
      file: TOKENIZER_CONFIG,
      message: `tokenizer_class is "${BACKEND}". Bedrock does not list it, and Transformers ${TRANSFORMERS_VERSION} does not have it.`,
      remedy: `In ${TOKENIZER_CONFIG}, set "tokenizer_class": "PreTrainedTokenizerFast".`,
    }],
  },
  {
    id: 'unsupported-tokenizer',
    checks: `tokenizer_class in ${TOKENIZER_CONFIG}: ${SUPPORTED.join(', ')}, each also Fast`,
    severity: 'warning',
    source: IMPORT_GUIDE,
    find: ({ tokenizerConfig }) => {
      const name = field(tokenizerConfig, 'tokenizer_class');
      // Without a class, Transformers takes that of the model.
      if (name === undefined || name === null || name === BACKEND) return [];
      if (typeof name === 'string' && SUPPORTED.some(family => name === `${family}Tokenizer` || name === `${family}TokenizerFast`)) return [];
      return [{
        file: TOKENIZER_CONFIG,
        message: `tokenizer_class is ${show(name)}. AWS documents ${SUPPORTED.join(', ')}, each with Tokenizer or TokenizerFast at the end.`,
        remedy: `If tokenizer.json has the whole tokenizer, set "tokenizer_class": "PreTrainedTokenizerFast" in ${TOKENIZER_CONFIG}.`,
      }];
    },
  },
  {
    id: 'extra-special-tokens',
    checks: `extra_special_tokens in ${TOKENIZER_CONFIG}: an object; since Transformers 5 it can be a list, except for GPT-OSS`,
    severity: 'warning',
    source: TOKENIZER_READER,
    find: (model) => {
      const { tokenizerConfig } = model;
      const tokens = field(tokenizerConfig, 'extra_special_tokens');
      return isGptOss(model) || !Array.isArray(tokens) ? [] : [{
        file: TOKENIZER_CONFIG,
        message: `extra_special_tokens is the list ${show(tokens)}. Transformers ${TRANSFORMERS_VERSION} expects an object, and fails.`,
        remedy: field(tokenizerConfig, 'additional_special_tokens') === undefined
          ? `In ${TOKENIZER_CONFIG}, rename "extra_special_tokens" to "additional_special_tokens".`
          : `In ${TOKENIZER_CONFIG}, move its tokens to "additional_special_tokens", and remove "extra_special_tokens".`,
      }];
    },
  },
];
