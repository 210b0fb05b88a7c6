import { field, stringField } from '../json-object';
import { MAX_TEMPLATE_CHARACTERS } from '../limits';
import { type Model, TEMPLATE_JINJA, TEMPLATE_JSON, TOKENIZER_CONFIG } from '../model';
import type { Problem, Rule } from '../rule';
import { INVOKE_GUIDE, TEMPLATE_GUIDE, TOKENIZER_READER } from '../sources';
import { familyOf } from '../supported';
import { list, shorten, show } from '../wording';

const ADDITIONAL_TEMPLATES = 'additional_chat_templates/';

/** The chat template: how messages become a prompt. */
export const CHAT_TEMPLATE_RULES: readonly Rule[] = [
  {
    id: 'no-chat-template',
    checks: 'A chat template, except for Flan-T5',
    severity: 'warning',
    source: INVOKE_GUIDE,
    find: (model) => {
      if (model.tokenizerConfig === undefined || familyOf(model) === 't5' || hasTemplate(model)) return [];
      return [{
        file: TOKENIZER_CONFIG,
        message: 'The model has no chat_template, and Bedrock applies no default one: it can be called with a prompt, and not with messages.',
        remedy: `If it is a model for chats, set "chat_template" in ${TOKENIZER_CONFIG} to the template that it was trained with.`,
      }];
    },
  },
  {
    id: 'chat-template-not-embedded',
    checks: `chat_template in ${TOKENIZER_CONFIG}, where all pages of AWS read it`,
    severity: 'info',
    source: INVOKE_GUIDE,
    find: (model) => {
      const [file] = filesWithTemplate(model);
      return file === undefined || model.tokenizerConfig === undefined || !isUnset(embedded(model)) ? [] : [{
        file,
        message: `The chat template is only in ${file}. AWS documents both that it can be there, and that it must be in ${TOKENIZER_CONFIG}.`,
        remedy: `Move the template of ${file} to "chat_template" in ${TOKENIZER_CONFIG}.`,
      }];
    },
  },
  {
    id: 'different-chat-templates',
    checks: 'One chat template: in a file or embedded',
    severity: 'warning',
    source: TEMPLATE_GUIDE,
    find: (model) => {
      const all = mainTemplates(model);
      const [first] = all;
      const other = all.find(({ text }) => text.trimEnd() !== first.text.trimEnd());
      return other === undefined ? [] : [{
        file: first.file,
        message: `The chat templates in ${first.file} and ${other.file} are different. Bedrock takes that of ${first.file}.`,
        remedy: first.file === TEMPLATE_JINJA || first.file === TEMPLATE_JSON
          ? `Keep one: copy the right template to "chat_template" in ${TOKENIZER_CONFIG}, and delete ${list(templateFiles(model))}.`
          : 'Keep one of them.',
      }];
    },
  },
  {
    id: 'named-chat-templates',
    checks: `Named chat templates: only in ${TOKENIZER_CONFIG}, with one named default`,
    severity: 'info',
    source: TEMPLATE_GUIDE,
    find: model => namedTemplates(model),
  },
  {
    id: 'additional-chat-templates',
    checks: `The folder ${ADDITIONAL_TEMPLATES}, which Transformers 5 writes`,
    severity: 'warning',
    source: TOKENIZER_READER,
    find: ({ files }) => {
      const additional = files.map(({ path }) => path).filter(path => path.startsWith(ADDITIONAL_TEMPLATES));
      return additional.length === 0 ? [] : [{
        file: additional[0],
        message: `The folder has ${list(additional)}. Bedrock documents named templates only in ${TOKENIZER_CONFIG}.`,
        remedy: `Move them to "chat_template" in ${TOKENIZER_CONFIG}: [{"name": "default", "template": "..."}, ...].`,
      }];
    },
  },
  {
    id: 'invalid-chat-template',
    checks: 'Chat templates that are Jinja',
    severity: 'warning',
    source: TEMPLATE_GUIDE,
    find: (model, { parseTemplate }) => templateValues(model).flatMap(({ file, value }) => invalidTemplate(file, value, parseTemplate)),
  },
];

interface Template {
  readonly file: string;
  readonly text: string;
}

function embedded(model: Model): unknown {
  return field(model.tokenizerConfig, 'chat_template');
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '') || (Array.isArray(value) && value.length === 0);
}

function templateFiles({ paths }: Model): string[] {
  return [TEMPLATE_JINJA, TEMPLATE_JSON].filter(file => paths.has(file));
}

/** Without those that are empty. One that could not be read may have a template. */
function filesWithTemplate(model: Model): string[] {
  const { templateJinja, templateJson } = model;
  return templateFiles(model).filter(file => file === TEMPLATE_JINJA
    ? templateJinja === undefined || !isUnset(templateJinja)
    : templateJson === undefined || !isUnset(field(templateJson, 'chat_template')));
}

function hasTemplate(model: Model): boolean {
  return filesWithTemplate(model).length > 0 || !isUnset(embedded(model));
}

/** What is in the place of each template, the one that wins first. */
function templateValues(model: Model): { readonly file: string; readonly value: unknown }[] {
  return [
    { file: TEMPLATE_JINJA, value: model.templateJinja },
    { file: TEMPLATE_JSON, value: model.templateJson && (field(model.templateJson, 'chat_template') ?? null) },
    { file: TOKENIZER_CONFIG, value: isUnset(embedded(model)) ? undefined : embedded(model) },
  ].filter(({ value }) => value !== undefined);
}

/** The template that each place has for ordinary messages. */
function mainTemplates(model: Model): Template[] {
  return templateValues(model).flatMap(({ file, value }) => {
    const text = Array.isArray(value) ? stringField(value.find(item => field(item, 'name') === 'default'), 'template') : value;
    return typeof text === 'string' ? [{ file, text }] : [];
  });
}

function namedTemplates(model: Model): Problem[] {
  const value = embedded(model);
  const [file] = templateFiles(model);
  if (Array.isArray(field(model.templateJson, 'chat_template'))) {
    return [{
      file: TEMPLATE_JSON,
      message: `chat_template is a list of named templates. Bedrock documents them only in ${TOKENIZER_CONFIG}.`,
      remedy: `Move "chat_template" of ${TEMPLATE_JSON} to ${TOKENIZER_CONFIG}, and delete ${TEMPLATE_JSON}.`,
    }];
  }
  if (!Array.isArray(value) || value.length === 0) return [];
  const names = value.map(item => stringField(item, 'name')).filter(name => name !== undefined);
  if (file !== undefined) {
    return [{
      file,
      message: `${TOKENIZER_CONFIG} has the named templates ${list(names)}, and ${file} wins over them.`,
      remedy: `Delete ${file} if the named templates are needed.`,
    }];
  }
  return names.includes('default') ? [] : [{
    file: TOKENIZER_CONFIG,
    message: `chat_template has the named templates ${list(names)}, and none with the name "default".`,
    remedy: `In ${TOKENIZER_CONFIG}, name the template for ordinary messages "default".`,
  }];
}

function invalidTemplate(file: string, value: unknown, parse: ((template: string) => void) | undefined): Problem[] {
  const texts = Array.isArray(value) ? value.map(item => field(item, 'template')) : [value];
  const notText = texts.find(text => typeof text !== 'string');
  if (notText !== undefined || texts.includes(undefined)) {
    return [{
      file,
      message: `chat_template is ${show(value)}. It must be a template, or a list of objects with the fields name and template.`,
      remedy: `Correct "chat_template" in ${file}.`,
    }];
  }
  let characters = 0;
  for (const [position, text] of (texts as string[]).entries()) {
    characters += text.length;
    if (characters > MAX_TEMPLATE_CHARACTERS) return []; // nothing is known about it, and nothing is wrong with a long one
    try {
      parse?.(text);
    } catch (error) {
      return [{
        file,
        message: `${texts.length > 1 ? `Template ${position + 1} of chat_template` : 'The chat template'} is not Jinja: ${shorten(messageOf(error))}`,
        remedy: 'Correct it; AWS documents that such a template can fail the import or a call.',
      }];
    }
  }
  return [];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
