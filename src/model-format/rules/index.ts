import { ARCHITECTURE_RULES } from './architecture';
import { CHAT_TEMPLATE_RULES } from './chat-template';
import { FILE_RULES } from './files';
import { REGION_RULES } from './regions';
import { RENAMED_SETTINGS_RULES } from './renamed-settings';
import { TOKENIZER_RULES } from './tokenizer';
import { TRANSFORMERS_RULES } from './transformers';
import { WEIGHT_RULES } from './weights';
import { INDEX_RULES } from './weights-index';
import type { Rule } from '../rule';

/** All rules, in the order of the guide. */
export const RULES: readonly Rule[] = [
  ...FILE_RULES,
  ...ARCHITECTURE_RULES,
  ...REGION_RULES,
  ...WEIGHT_RULES,
  ...INDEX_RULES,
  ...TRANSFORMERS_RULES,
  ...RENAMED_SETTINGS_RULES,
  ...TOKENIZER_RULES,
  ...CHAT_TEMPLATE_RULES,
];

/** The ids by which findings are acknowledged. */
export const RULE_IDS: readonly string[] = RULES.map(({ id }) => id);
