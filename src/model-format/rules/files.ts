import { objectField } from '../json-object';
import { MAX_FILE_BYTES } from '../limits';
import { CONFIG, GENERATION_CONFIG, INDEX, isAtRoot, type Model, TEMPLATE_JINJA, TEMPLATE_JSON, TOKENIZER, TOKENIZER_CONFIG } from '../model';
import type { Rule } from '../rule';
import { CUSTOM_CODE_DOC, IMPORT_GUIDE } from '../sources';
import { transformersFor } from '../supported';
import { isAdapter, modelFolderInside, OTHER_WEIGHTS_FOLDER } from './layout';
import { list, listAll, shorten, size as sizeText } from '../wording';

/** The files without which the import fails; tokenizer.model is documented as well, but many supported models have none. */
const REQUIRED = [CONFIG, TOKENIZER_CONFIG, TOKENIZER];
/** Folders that other rules are about. */
const KNOWN_FOLDER = /^(1_Pooling|additional_chat_templates)\//;

/** Which files a model has. */
export const FILE_RULES: readonly Rule[] = [
  {
    id: 'empty-folder',
    checks: 'Files in the folder',
    severity: 'error',
    source: IMPORT_GUIDE,
    find: ({ files }) => files.length > 0 ? [] : [{
      message: 'The folder has no files.',
      remedy: 'Check the bucket and the prefix, or the path, and upload the files of the model.',
    }],
  },
  {
    id: 'missing-file',
    checks: `Required files: ${REQUIRED.join(', ')}`,
    severity: 'error',
    source: IMPORT_GUIDE,
    find: model => missingFiles(model),
  },
  {
    id: 'invalid-json',
    checks: 'JSON files that contain a JSON object',
    severity: 'error',
    severityNote: `error; warning for ${GENERATION_CONFIG} and chat templates`,
    source: IMPORT_GUIDE,
    find: model => model.invalid.map(({ file, problem }) => ({
      file,
      message: `The file ${problem}.`,
      remedy: repairOf(model, file, problem),
      ...([GENERATION_CONFIG, TEMPLATE_JSON, TEMPLATE_JINJA].includes(file) && { severity: 'warning' }),
    })),
  },
  {
    id: 'unread-file',
    checks: 'Files that are too large for this check',
    severity: 'warning',
    severityNote: `warning; info for ${TOKENIZER}`,
    source: IMPORT_GUIDE,
    find: ({ unread }) => unread.map(({ path, size }) => ({
      file: path,
      message: `The file has ${sizeText(size)}. This check reads files of up to ${sizeText(MAX_FILE_BYTES)}, and does not know what is in this one.`,
      remedy: path === TOKENIZER ? 'Nothing, if the vocabulary is large.' : 'Check that it is the right file.',
      ...(path === TOKENIZER && { severity: 'info' }),
    })),
  },
  {
    id: 'custom-code',
    checks: 'Code of its own: auto_map and Python files',
    severity: 'warning',
    source: CUSTOM_CODE_DOC,
    find: ({ config, files }) => {
      const python = files.map(({ path }) => path).filter(path => path.endsWith('.py'));
      const autoMap = objectField(config, 'auto_map') ? ['auto_map'] : [];
      if (python.length === 0 && autoMap.length === 0) return [];
      const toRemove = [...autoMap.map(name => `"${name}" from config.json`), ...python.length > 0 ? ['the Python files'] : []];
      return [{
        file: autoMap.length > 0 ? CONFIG : python[0],
        message: `${list([...autoMap, ...python])}: the model may need code of its own. Bedrock serves classes of Transformers, and runs no code of a model.`,
        remedy: `Remove ${listAll(toRemove)} if the model is one of Transformers without changes.`,
      }];
    },
  },
  {
    id: 'nested-folder',
    checks: 'Folders in the folder of the model',
    severity: 'info',
    source: IMPORT_GUIDE,
    find: (model) => {
      if (modelFolderInside(model) !== undefined) return [];
      const folders = new Set(model.files.filter(({ path }) => !isAtRoot(path) && !KNOWN_FOLDER.test(path) && !OTHER_WEIGHTS_FOLDER.test(path))
        .map(({ path }) => path.slice(0, path.indexOf('/') + 1)));
      return folders.size === 0 ? [] : [{
        message: `The folder contains ${list([...folders])}. The files of a model are in the folder itself.`,
        remedy: 'Upload only the files that the model needs.',
      }];
    },
  },
  {
    id: 'empty-file',
    checks: 'Empty files, such as the objects that stand for a folder',
    severity: 'info',
    source: IMPORT_GUIDE,
    find: ({ files, folderMarkers }) => {
      if (files.length === 0) return [];
      const checked = [CONFIG, GENERATION_CONFIG, TOKENIZER, TOKENIZER_CONFIG, INDEX, TEMPLATE_JINJA, TEMPLATE_JSON];
      const empty = files.filter(({ path, size }) => size === 0 && !checked.includes(path) && !path.endsWith('.safetensors')).map(({ path }) => path);
      const names = [...folderMarkers.map(path => path === '' ? 'the one of the folder itself' : path), ...empty];
      return names.length === 0 ? [] : [{
        message: `Empty files: ${list(names)}. The import does not need them.`,
        remedy: 'Delete them, or leave them: no failure is known.',
      }];
    },
  },
];

function missingFiles(model: Model): ReturnType<Rule['find']> {
  const missing = REQUIRED.filter(file => !model.paths.has(file));
  // Another rule names the cause.
  if (missing.length === 0 || model.files.length === 0 || isAdapter(model)) return [];
  const inside = modelFolderInside(model);
  return [{
    file: missing[0],
    message: `The folder has no ${list(missing)}. An import needs ${list(REQUIRED)}.`,
    remedy: inside === undefined
      ? `Add ${missing.length === 1 ? 'it' : 'them'}: save the tokenizer and the model with save_pretrained of ${transformersFor(model)}.`
      : `Use the folder ${shorten(inside)} as the source: the model is there.`,
  }];
}

function repairOf(model: Model, file: string, problem: string): string {
  if (problem.includes('Git LFS')) return 'Run "git lfs pull" where the model was cloned, and upload the file again.';
  if (problem.includes('byte order mark')) return `Save ${file} as UTF-8 without byte order mark.`;
  return `Upload ${file} again, as save_pretrained of ${transformersFor(model)} writes it.`;
}

