import type { Case, FailingCase } from './case';
import { add, llama, parseTemplate, tokenizerConfig } from './variations';
import { json } from '../model-files';
import { validModel } from '../models';
import { CHAT_TEMPLATE } from '../tokenizer';

/** The chat template: models that break a rule. */
export const FAILING: readonly FailingCase[] = [
  {
    rule: 'no-chat-template',
    what: 'none',
    files: tokenizerConfig({ chat_template: undefined }),
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'The model has no chat_template, and Bedrock applies no default one: it can be called with a prompt, and not with messages.',
      remedy: 'If it is a model for chats, set "chat_template" in tokenizer_config.json to the template that it was trained with.',
    }],
  },
  {
    rule: 'no-chat-template',
    what: 'an empty list',
    files: tokenizerConfig({ chat_template: [] }),
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'The model has no chat_template, and Bedrock applies no default one: it can be called with a prompt, and not with messages.',
      remedy: 'If it is a model for chats, set "chat_template" in tokenizer_config.json to the template that it was trained with.',
    }],
  },
  {
    rule: 'no-chat-template',
    what: 'an empty text',
    files: tokenizerConfig({ chat_template: '' }),
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'The model has no chat_template, and Bedrock applies no default one: it can be called with a prompt, and not with messages.',
      remedy: 'If it is a model for chats, set "chat_template" in tokenizer_config.json to the template that it was trained with.',
    }],
  },
  {
    rule: 'no-chat-template',
    what: 'null',
    files: tokenizerConfig({ chat_template: null }),
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'The model has no chat_template, and Bedrock applies no default one: it can be called with a prompt, and not with messages.',
      remedy: 'If it is a model for chats, set "chat_template" in tokenizer_config.json to the template that it was trained with.',
    }],
  },
  ...(['', ' \n'].map((empty): FailingCase => ({
    rule: 'no-chat-template',
    what: `a file with ${JSON.stringify(empty)}`,
    files: add({ 'chat_template.jinja': empty }, tokenizerConfig({ chat_template: undefined })),
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'The model has no chat_template, and Bedrock applies no default one: it can be called with a prompt, and not with messages.',
      remedy: 'If it is a model for chats, set "chat_template" in tokenizer_config.json to the template that it was trained with.',
    }],
  }))),
  {
    rule: 'chat-template-not-embedded',
    what: 'chat_template.jinja',
    files: add({ 'chat_template.jinja': CHAT_TEMPLATE }, tokenizerConfig({ chat_template: undefined })),
    finds: [{
      severity: 'info',
      file: 'chat_template.jinja',
      message: 'The chat template is only in chat_template.jinja. AWS documents both that it can be there, and that it must be in '
        + 'tokenizer_config.json.',
      remedy: 'Move the template of chat_template.jinja to "chat_template" in tokenizer_config.json.',
    }],
  },
  {
    rule: 'chat-template-not-embedded',
    what: 'the older chat_template.json',
    files: add({ 'chat_template.json': json({ chat_template: CHAT_TEMPLATE }) }, tokenizerConfig({ chat_template: undefined })),
    finds: [{
      severity: 'info',
      file: 'chat_template.json',
      message: 'The chat template is only in chat_template.json. AWS documents both that it can be there, and that it must be in '
        + 'tokenizer_config.json.',
      remedy: 'Move the template of chat_template.json to "chat_template" in tokenizer_config.json.',
    }],
  },
  {
    rule: 'different-chat-templates',
    what: 'a file and an embedded one',
    files: add({ 'chat_template.jinja': '{{ messages }}' }),
    finds: [{
      severity: 'warning',
      file: 'chat_template.jinja',
      message: 'The chat templates in chat_template.jinja and tokenizer_config.json are different. Bedrock takes that of chat_template.jinja.',
      remedy: 'Keep one: copy the right template to "chat_template" in tokenizer_config.json, and delete chat_template.jinja.',
    }],
  },
  {
    rule: 'different-chat-templates',
    what: 'the older file and an embedded one',
    files: add({ 'chat_template.json': json({ chat_template: '{{ messages }}' }) }),
    finds: [{
      severity: 'warning',
      file: 'chat_template.json',
      message: 'The chat templates in chat_template.json and tokenizer_config.json are different. Bedrock takes that of chat_template.json.',
      remedy: 'Keep one: copy the right template to "chat_template" in tokenizer_config.json, and delete chat_template.json.',
    }],
  },
  {
    rule: 'named-chat-templates',
    what: 'a file that wins over them',
    files: add({ 'chat_template.jinja': CHAT_TEMPLATE }, tokenizerConfig({
      chat_template: [{ name: 'default', template: CHAT_TEMPLATE }, { name: 'tool_use', template: '{{ tools }}' }],
    })),
    finds: [{
      severity: 'info',
      file: 'chat_template.jinja',
      message: 'tokenizer_config.json has the named templates default and tool_use, and chat_template.jinja wins over them.',
      remedy: 'Delete chat_template.jinja if the named templates are needed.',
    }],
  },
  {
    rule: 'named-chat-templates',
    what: 'none with the name default',
    files: tokenizerConfig({ chat_template: [{ name: 'tool_use', template: '{{ tools }}' }] }),
    finds: [{
      severity: 'info',
      file: 'tokenizer_config.json',
      message: 'chat_template has the named templates tool_use, and none with the name "default".',
      remedy: 'In tokenizer_config.json, name the template for ordinary messages "default".',
    }],
  },
  {
    rule: 'named-chat-templates',
    what: 'in the older file',
    files: add({ 'chat_template.json': json({ chat_template: [{ name: 'default', template: CHAT_TEMPLATE }] }) }),
    finds: [{
      severity: 'info',
      file: 'chat_template.json',
      message: 'chat_template is a list of named templates. Bedrock documents them only in tokenizer_config.json.',
      remedy: 'Move "chat_template" of chat_template.json to tokenizer_config.json, and delete chat_template.json.',
    }],
  },
  {
    rule: 'additional-chat-templates',
    what: 'Transformers 5',
    files: add({ 'additional_chat_templates/tool_use.jinja': '{{ tools }}' }),
    finds: [{
      severity: 'warning',
      file: 'additional_chat_templates/tool_use.jinja',
      message: 'The folder has additional_chat_templates/tool_use.jinja. Bedrock documents named templates only in tokenizer_config.json.',
      remedy: 'Move them to "chat_template" in tokenizer_config.json: [{"name": "default", "template": "..."}, ...].',
    }],
  },
  {
    rule: 'invalid-chat-template',
    what: 'a statement that does not end',
    files: tokenizerConfig({ chat_template: '{% for message in messages' }),
    options: { parseTemplate },
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'The chat template is not Jinja: Expected closing statement token',
      remedy: 'Correct it; AWS documents that such a template can fail the import or a call.',
    }],
  },
  {
    rule: 'invalid-chat-template',
    what: 'the second of the named templates',
    files: tokenizerConfig({ chat_template: [{ name: 'default', template: '{{ messages }}' }, { name: 'tool_use', template: '{% if' }] }),
    options: { parseTemplate },
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'Template 2 of chat_template is not Jinja: Expected closing statement token',
      remedy: 'Correct it; AWS documents that such a template can fail the import or a call.',
    }],
  },
  {
    rule: 'invalid-chat-template',
    what: 'a number',
    files: tokenizerConfig({ chat_template: 5 }),
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'chat_template is 5. It must be a template, or a list of objects with the fields name and template.',
      remedy: 'Correct "chat_template" in tokenizer_config.json.',
    }],
  },
  {
    rule: 'invalid-chat-template',
    what: 'a list of texts',
    files: tokenizerConfig({ chat_template: ['{{ messages }}'] }),
    finds: [{
      severity: 'warning',
      file: 'tokenizer_config.json',
      message: 'chat_template is ["{{ messages }}"]. It must be a template, or a list of objects with the fields name and template.',
      remedy: 'Correct "chat_template" in tokenizer_config.json.',
    }],
  },
];

/** Models that come close to it. */
export const PASSING: readonly Case[] = [
  { rule: 'no-chat-template', what: 'Flan-T5', files: validModel('t5') },
  { rule: 'no-chat-template', what: 'a file', files: add({ 'chat_template.jinja': CHAT_TEMPLATE }, tokenizerConfig({ chat_template: undefined })) },
  {
    rule: 'no-chat-template',
    what: 'a file that is not UTF-8, which another rule is about',
    files: add({ 'chat_template.jinja': Buffer.from([0xff]) }, tokenizerConfig({ chat_template: undefined })),
  },
  {
    rule: 'no-chat-template',
    what: 'the older file',
    files: add({ 'chat_template.json': json({ chat_template: CHAT_TEMPLATE }) }, tokenizerConfig({ chat_template: undefined })),
  },
  {
    rule: 'chat-template-not-embedded',
    what: 'an empty file',
    files: add({ 'chat_template.jinja': '' }, tokenizerConfig({ chat_template: undefined })),
  },
  { rule: 'chat-template-not-embedded', what: 'both', files: add({ 'chat_template.jinja': CHAT_TEMPLATE }) },
  { rule: 'different-chat-templates', what: 'the same with another end of line', files: add({ 'chat_template.jinja': `${CHAT_TEMPLATE}\n` }) },
  {
    rule: 'named-chat-templates',
    what: 'embedded, with a default',
    files: tokenizerConfig({ chat_template: [{ name: 'default', template: CHAT_TEMPLATE }] }),
  },
  { rule: 'additional-chat-templates', what: 'none', files: llama },
  { rule: 'invalid-chat-template', what: 'a template', files: llama, options: { parseTemplate } },
  {
    rule: 'invalid-chat-template',
    what: 'one of more than 64 KiB, which is not parsed',
    files: tokenizerConfig({ chat_template: `{% for${' '.repeat(65_536)}` }),
    options: { parseTemplate },
  },
  {
    rule: 'invalid-chat-template',
    what: 'several of more than 64 KiB together',
    files: tokenizerConfig({ chat_template: ['default', 'tool_use'].map(name => ({ name, template: `{{ x }}${' '.repeat(40_000)}` })) }),
    options: { parseTemplate: template => { if (template.startsWith('{% for')) throw new Error('parsed'); } },
  },
  { rule: 'invalid-chat-template', what: 'a template that is not parsed', files: tokenizerConfig({ chat_template: '{% for' }) },
];
