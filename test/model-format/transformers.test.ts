import { readdirSync, readFileSync } from 'node:fs';
import { checkModel } from '../../src/model-format';
import { MemoryFolder, storedModel } from '../../testing/model-files';

/** Models that the real transformers wrote, and what its version 4.51.3 reads of them. */
const FOLDER = 'testing/model-files/transformers';

interface Reading {
  readonly model: { readonly 'error'?: string; readonly 'same logits'?: boolean; readonly 'other settings'?: object };
  readonly tokenizer?: { readonly 'error'?: string; readonly 'same tokens'?: boolean; readonly 'same prompts'?: boolean };
}

const modelsOf = (version: string) => readdirSync(`${FOLDER}/${version}`).sort();
const readings = (name: string) => JSON.parse(readFileSync(`${FOLDER}/readings/${name}.json`, 'utf8')) as Readonly<Record<string, Reading>>;
const everyReading = (models: string) => ({ ...readings(`4.51.3-reads-${models}`), ...readings(`4.55.0-reads-${models}-gpt-oss`) });
const settings = (name: string) => readFileSync(`${FOLDER}/readings/settings-${name}.txt`, 'utf8').trimEnd().split('\n');

async function rulesFor(version: string, model: string): Promise<string[]> {
  const { findings } = await checkModel(new MemoryFolder(storedModel(`${FOLDER}/${version}/${model}`)));
  return findings.filter(({ severity }) => severity !== 'info').map(({ rule }) => rule).sort();
}

/** The models that have no template to begin with. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = { starcoder: ['no-chat-template'] };

/** The rules about the model itself: those about its tokenizer are the others. */
const ABOUT_THE_MODEL = ['newer-rope-parameters', 'newer-setting-names'];
const ABOUT_THE_TOKENIZER = ['extra-special-tokens', 'tokenizers-backend'];

const isRight = ({ model }: Reading) => model['same logits'] === true;
const isTokenizerRight = ({ tokenizer }: Reading) => tokenizer?.['same tokens'] === true && tokenizer['same prompts'] === true;

describe('models of transformers 4.51.3', () => {
  test.each(modelsOf('4.51.3'))('%s: nothing to report', async (model) => {
    expect(await rulesFor('4.51.3', model)).toEqual(EXPECTED[model] ?? []);
  });

  test('the readings find no difference where there is none', () => {
    const readingsOfItself = Object.values({ ...readings('4.51.3-reads-4.51.3'), ...readings('4.55.0-reads-4.55.0') });
    expect(readingsOfItself.filter(reading => !isRight(reading) || !isTokenizerRight(reading))).toEqual([]);
  });
});

test('GPT-OSS of transformers 4.55.0: what the AWS post says', async () => {
  expect(await rulesFor('4.55.0', 'gpt-oss')).toEqual(['index-metadata-fields']);
});

describe('models that transformers 4.57.6 has saved again', () => {
  const isQwenVl = (model: string) => /^qwen2(\.5)?-vl$/.test(model);

  test.each(Object.entries(readings('4.51.3-reads-4.57.6')))('%s: read correctly, unless settings or templates have moved', async (model, reading) => {
    const rules = await rulesFor('4.57.6', model);
    expect(rules).toContain('newer-transformers');
    expect(rules.includes('newer-setting-names')).toBe(isQwenVl(model));
    expect(rules.includes('additional-chat-templates')).toBe(model === 'mistral');
    expect([isRight(reading), isTokenizerRight(reading)]).toEqual([!isQwenVl(model), model !== 'mistral']);
  });

  test.each(Object.entries(readings('4.51.3-reads-repaired-4.57.6')))('%s, repaired: nothing to report, and read correctly', async (model, reading) => {
    expect(await rulesFor('repaired-4.57.6', model)).toEqual(EXPECTED[model] ?? []);
    expect([isRight(reading), isTokenizerRight(reading)]).toEqual([true, true]);
  });
});

describe('models that transformers 5.24.0 has saved again', () => {
  const ALL = ['newer-dtype-field', 'newer-transformers'];
  test.each(Object.entries({
    'flan-t5': [...ALL, 'extra-special-tokens', 'newer-setting-names'],
    'gpt-oss': ['index-metadata-fields', 'newer-rope-parameters', 'tokenizers-backend'],
    'llama2': [...ALL, 'newer-rope-parameters'],
    'llama3': [...ALL, 'extra-special-tokens', 'index-metadata-fields', 'newer-rope-parameters', 'tokenizers-backend'],
    'mistral': [...ALL, 'additional-chat-templates', 'newer-rope-parameters', 'tokenizers-backend'],
    'mixtral': [...ALL, 'newer-rope-parameters', 'tokenizers-backend'],
    'mllama': [...ALL, 'extra-special-tokens', 'newer-rope-parameters', 'tokenizers-backend'],
    'qwen2': [...ALL, 'extra-special-tokens', 'newer-rope-parameters'],
    'qwen2-vl': [...ALL, 'extra-special-tokens', 'newer-rope-parameters', 'newer-setting-names'],
    'qwen2.5-vl': [...ALL, 'extra-special-tokens', 'newer-rope-parameters', 'newer-setting-names'],
    'qwen3': [...ALL, 'extra-special-tokens', 'newer-rope-parameters'],
    'qwen3-moe': [...ALL, 'extra-special-tokens', 'index-metadata-fields', 'newer-rope-parameters', 'newer-setting-names'],
    'starcoder': [...ALL, 'no-chat-template', 'tokenizers-backend'],
  }))('%s', async (model, rules) => {
    expect(await rulesFor('5.24.0', model)).toEqual([...rules].sort());
  });

  const read = Object.entries(everyReading('5.24.0'));

  test.each(read)('%s: whatever is read in another way has a finding', async (model, reading) => {
    const rules = await rulesFor('5.24.0', model);
    expect([isRight(reading), isTokenizerRight(reading)]).toEqual([
      isRight(reading) || !rules.some(rule => ABOUT_THE_MODEL.includes(rule)),
      isTokenizerRight(reading) || !rules.some(rule => ABOUT_THE_TOKENIZER.includes(rule)),
    ]);
  });

  test('six of them are other models without an error', () => {
    expect(read.filter(([, reading]) => !isRight(reading) && reading.model.error === undefined).map(([model]) => model).sort())
      .toEqual(['flan-t5', 'gpt-oss', 'llama3', 'mistral', 'qwen2', 'qwen3']);
  });

  test.each([
    ['mllama', 'TypeError: \'NoneType\' object is not subscriptable'],
    ['qwen2-vl', 'AttributeError: \'dict\' object has no attribute \'to_dict\''],
    ['qwen2.5-vl', 'AttributeError: \'dict\' object has no attribute \'to_dict\''],
    ['qwen3-moe', 'RuntimeError: Error(s) in loading state_dict for Linear: size mismatch'],
  ])('%s cannot be loaded', (model, error) => {
    expect(everyReading('5.24.0')[model].model.error).toContain(error);
  });

  test('only the tokenizer of Llama 2 can be loaded', () => {
    expect(read.filter(([, { tokenizer }]) => tokenizer?.error === undefined).map(([model]) => model)).toEqual(['llama2']);
  });

  test('to load and save them with 4.51.3 is no remedy: what is wrong stays wrong', () => {
    const savedAgain = readings('4.51.3-reads-saved-again');
    expect(Object.entries(savedAgain).filter(([, reading]) => !isRight(reading)).map(([model]) => model))
      .toEqual(['flan-t5', 'llama3', 'mistral', 'qwen2', 'qwen3']);
  });
});

describe('the remedies', () => {
  test.each(modelsOf('repaired'))('%s: nothing is left to report', async (model) => {
    expect(await rulesFor('repaired', model)).toEqual(EXPECTED[model] ?? []);
  });

  test.each(Object.entries(everyReading('repaired')))('%s: the model and the tokenizer are those of before', (_, reading) => {
    expect([isRight(reading), isTokenizerRight(reading)]).toEqual([true, true]);
  });

  test.each(modelsOf('5.24.0'))('%s: the values that remedies name are those of the repaired files', async (model) => {
    const { findings } = await checkModel(new MemoryFolder(storedModel(`${FOLDER}/5.24.0/${model}`)));
    const repaired = storedModel(`${FOLDER}/repaired/${model}`);
    for (const { file = '', remedy } of findings.filter(finding => finding.file?.endsWith('.json'))) {
      const { text_config: text, ...others } = JSON.parse(repaired[file] as string) as Readonly<Record<string, unknown>>;
      for (const [, name, value] of remedy.matchAll(/"([a-z_]+)": ("[^"]*"|\{[^}]*\}|\d+(?:\.\d+)?|true|false)/g)) {
        expect({ remedy, ...text as object, ...others }).toMatchObject({ remedy, [name]: JSON.parse(value) as unknown });
      }
    }
  });

  test('change none of the weights', () => {
    for (const model of modelsOf('5.24.0')) {
      const [before, after] = ['5.24.0', 'repaired'].map(version => storedModel(`${FOLDER}/${version}/${model}`));
      const weights = Object.keys(before).filter(path => path.endsWith('.safetensors'));
      expect(weights.map(path => after[path])).toEqual(weights.map(path => before[path]));
    }
  });

  test('are complete: of 343 settings, only one that has no effect is read in another way', () => {
    const [count, ...differences] = settings('repaired');
    expect(count).toBe('343 settings');
    // Not used while use_sliding_window is false.
    expect(differences.filter(line => !line.includes('.sliding_window: saved 8192, read None'))).toEqual([]);
    expect(settings('newer').length).toBeGreaterThan(30);
  });
});
