import type { Case, FailingCase } from './case';
import { add, CONFIG, config, gptOss, LFS_POINTER, llama, TOKENIZER, TOKENIZER_CONFIG, WEIGHTS } from './variations';
import { below, without } from '../model-files';
import { CHAT_TEMPLATE } from '../tokenizer';

/** Which files a model has: models that break a rule. */
export const FAILING: readonly FailingCase[] = [
  {
    rule: 'empty-folder',
    what: 'nothing',
    files: {},
    finds: [{
      severity: 'error',
      message: 'The folder has no files.',
      remedy: 'Check the bucket and the prefix, or the path, and upload the files of the model.',
    }],
  },
  {
    rule: 'empty-folder',
    what: 'only the object that stands for the folder',
    files: { '': '' },
    finds: [{
      severity: 'error',
      message: 'The folder has no files.',
      remedy: 'Check the bucket and the prefix, or the path, and upload the files of the model.',
    }],
  },
  {
    rule: 'missing-file',
    what: 'no tokenizer.json',
    files: without(llama, TOKENIZER),
    finds: [{
      severity: 'error',
      file: 'tokenizer.json',
      message: 'The folder has no tokenizer.json. An import needs config.json, tokenizer_config.json and tokenizer.json.',
      remedy: 'Add it: save the tokenizer and the model with save_pretrained of transformers==4.51.3.',
    }],
  },
  {
    rule: 'missing-file',
    what: 'no tokenizer.json of GPT-OSS',
    files: without(gptOss, TOKENIZER),
    finds: [{
      severity: 'error',
      file: 'tokenizer.json',
      message: 'The folder has no tokenizer.json. An import needs config.json, tokenizer_config.json and tokenizer.json.',
      remedy: 'Add it: save the tokenizer and the model with save_pretrained of transformers.',
    }],
  },
  {
    rule: 'invalid-json',
    what: 'a tokenizer.json of GPT-OSS that ends early',
    files: add({ [TOKENIZER]: '{' }, gptOss),
    finds: [{
      severity: 'error',
      file: 'tokenizer.json',
      message: 'The file is not JSON.',
      remedy: 'Upload tokenizer.json again, as save_pretrained of transformers writes it.',
    }],
  },
  {
    rule: 'missing-file',
    what: 'only weights',
    files: { [WEIGHTS]: llama[WEIGHTS] },
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'The folder has no config.json, tokenizer_config.json and tokenizer.json. An import needs config.json, tokenizer_config.json and '
        + 'tokenizer.json.',
      remedy: 'Add them: save the tokenizer and the model with save_pretrained of transformers==4.51.3.',
    }],
  },
  {
    rule: 'missing-file',
    what: 'the folder above the model',
    files: below('checkpoint-500', llama),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'The folder has no config.json, tokenizer_config.json and tokenizer.json. An import needs config.json, tokenizer_config.json and '
        + 'tokenizer.json.',
      remedy: 'Use the folder checkpoint-500/ as the source: the model is there.',
    }],
  },
  {
    rule: 'invalid-json',
    what: 'a config.json that ends early',
    files: add({ [CONFIG]: '{"architectures": [' }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'The file is not JSON.',
      remedy: 'Upload config.json again, as save_pretrained of transformers==4.51.3 writes it.',
    }],
  },
  {
    rule: 'invalid-json',
    what: 'a number that not even Python has',
    files: add({ [CONFIG]: '{"a": -NaN}' }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'The file is not JSON.',
      remedy: 'Upload config.json again, as save_pretrained of transformers==4.51.3 writes it.',
    }],
  },
  {
    rule: 'invalid-json',
    what: 'a list',
    files: add({ [TOKENIZER_CONFIG]: '[]' }),
    finds: [{
      severity: 'error',
      file: 'tokenizer_config.json',
      message: 'The file is a list, not a JSON object.',
      remedy: 'Upload tokenizer_config.json again, as save_pretrained of transformers==4.51.3 writes it.',
    }],
  },
  {
    rule: 'invalid-json',
    what: 'null',
    files: add({ [CONFIG]: 'null' }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'The file is null, not a JSON object.',
      remedy: 'Upload config.json again, as save_pretrained of transformers==4.51.3 writes it.',
    }],
  },
  {
    rule: 'invalid-json',
    what: 'a byte order mark',
    files: add({ [CONFIG]: `\uFEFF${String(llama[CONFIG])}` }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'The file begins with a byte order mark, which Transformers does not read.',
      remedy: 'Save config.json as UTF-8 without byte order mark.',
    }],
  },
  {
    rule: 'invalid-json',
    what: 'a pointer of Git LFS',
    files: add({ [TOKENIZER]: LFS_POINTER }),
    finds: [{
      severity: 'error',
      file: 'tokenizer.json',
      message: 'The file is a pointer of Git LFS, not the file itself.',
      remedy: 'Run "git lfs pull" where the model was cloned, and upload the file again.',
    }],
  },
  {
    rule: 'invalid-json',
    what: 'an empty file',
    files: add({ [TOKENIZER]: '' }),
    finds: [{
      severity: 'error',
      file: 'tokenizer.json',
      message: 'The file is empty.',
      remedy: 'Upload tokenizer.json again, as save_pretrained of transformers==4.51.3 writes it.',
    }],
  },
  {
    rule: 'invalid-json',
    what: 'UTF-16',
    files: add({ [CONFIG]: Buffer.from('\uFEFF{}', 'utf16le') }),
    finds: [{
      severity: 'error',
      file: 'config.json',
      message: 'The file is not UTF-8.',
      remedy: 'Upload config.json again, as save_pretrained of transformers==4.51.3 writes it.',
    }],
  },
  {
    rule: 'invalid-json',
    what: 'a generation_config.json with a comment',
    files: add({ 'generation_config.json': '{} // defaults' }),
    finds: [{
      severity: 'warning',
      file: 'generation_config.json',
      message: 'The file is not JSON.',
      remedy: 'Upload generation_config.json again, as save_pretrained of transformers==4.51.3 writes it.',
    }],
  },
  {
    rule: 'invalid-json',
    what: 'a chat_template.json that is a template',
    files: add({ 'chat_template.json': CHAT_TEMPLATE }),
    finds: [{
      severity: 'warning',
      file: 'chat_template.json',
      message: 'The file is not JSON.',
      remedy: 'Upload chat_template.json again, as save_pretrained of transformers==4.51.3 writes it.',
    }],
  },
  {
    rule: 'invalid-json',
    what: 'a chat_template.jinja that is not UTF-8',
    files: add({ 'chat_template.jinja': Buffer.from('{{ "\u00e9" }}', 'latin1') }),
    finds: [{
      severity: 'warning',
      file: 'chat_template.jinja',
      message: 'The file is not UTF-8.',
      remedy: 'Upload chat_template.jinja again, as save_pretrained of transformers==4.51.3 writes it.',
    }],
  },
  {
    rule: 'unread-file',
    what: 'a tokenizer.json of 17 MB',
    files: add({ [TOKENIZER]: { start: new Uint8Array(), size: 17_000_000 } }),
    finds: [{
      severity: 'info',
      file: 'tokenizer.json',
      message: 'The file has 17.0 MB. This check reads files of up to 16.0 MB, and does not know what is in this one.',
      remedy: 'Nothing, if the vocabulary is large.',
    }],
  },
  {
    rule: 'unread-file',
    what: 'a config.json of 17 MB',
    files: add({ [CONFIG]: { start: new Uint8Array(), size: 17_000_000 } }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'The file has 17.0 MB. This check reads files of up to 16.0 MB, and does not know what is in this one.',
      remedy: 'Check that it is the right file.',
    }],
  },
  {
    rule: 'custom-code',
    what: 'auto_map and its file',
    files: add({ 'modeling_my_llama.py': '# code' }, config({ auto_map: { AutoModelForCausalLM: 'modeling_my_llama.M' } })),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'auto_map and modeling_my_llama.py: the model may need code of its own. Bedrock serves classes of Transformers, and runs no code '
        + 'of a model.',
      remedy: 'Remove "auto_map" from config.json and the Python files if the model is one of Transformers without changes.',
    }],
  },
  {
    rule: 'custom-code',
    what: 'only auto_map',
    files: config({ auto_map: { AutoModelForCausalLM: 'other/repository--modeling_my_llama.M' } }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'auto_map: the model may need code of its own. Bedrock serves classes of Transformers, and runs no code of a model.',
      remedy: 'Remove "auto_map" from config.json if the model is one of Transformers without changes.',
    }],
  },
  {
    rule: 'custom-code',
    what: 'Python files',
    files: add({ 'handler.py': '# code', 'src/model.py': '# code' }),
    finds: [{
      severity: 'warning',
      file: 'handler.py',
      message: 'handler.py and src/model.py: the model may need code of its own. Bedrock serves classes of Transformers, and runs no code of a '
        + 'model.',
      remedy: 'Remove the Python files if the model is one of Transformers without changes.',
    }],
  },
  {
    rule: 'nested-folder',
    what: 'checkpoints',
    files: add({ 'checkpoint-1/optimizer.pt': 'x', 'runs/1/events': 'x' }),
    finds: [{
      severity: 'info',
      message: 'The folder contains checkpoint-1/ and runs/. The files of a model are in the folder itself.',
      remedy: 'Upload only the files that the model needs.',
    }],
  },
  {
    rule: 'empty-file',
    what: 'objects that stand for folders',
    files: add({ '': '', 'logs/': '' }),
    finds: [{
      severity: 'info',
      message: 'Empty files: the one of the folder itself and logs/. The import does not need them.',
      remedy: 'Delete them, or leave them: no failure is known.',
    }],
  },
];

/** Models that come close to it. */
export const PASSING: readonly Case[] = [
  { rule: 'empty-folder', what: 'a model', files: llama },
  { rule: 'missing-file', what: 'no tokenizer.model and no generation_config.json', files: without(llama, 'generation_config.json') },
  { rule: 'missing-file', what: 'an adapter, which another rule is about', files: { 'adapter_config.json': '{}' } },
  {
    rule: 'invalid-json',
    what: 'numbers that only Python has',
    files: add({ [CONFIG]: String(llama[CONFIG]).replace('{', '{"a": NaN, "b": [Infinity, -Infinity], "\\"NaN": "\\\\",') }),
  },
  { rule: 'invalid-json', what: 'a file that is not needed', files: add({ 'trainer_state.json': '{' }) },
  { rule: 'unread-file', what: 'a file that is not needed', files: add({ 'optimizer.pt': { start: new Uint8Array(), size: 17_000_000 } }) },
  { rule: 'custom-code', what: 'a text about code', files: add({ 'modeling.py.md': 'x' }) },
  { rule: 'nested-folder', what: 'a folder that another rule is about', files: add({ 'original/params.json': '{}' }) },
  { rule: 'empty-file', what: 'an empty config.json, which another rule is about', files: add({ [CONFIG]: '' }) },
];
