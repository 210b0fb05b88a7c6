import { checkModel, type ModelCheck, RULE_IDS, RULES } from '../../src/model-format';
import { FAMILIES, type Family, MemoryFolder, shardedModel, validModel } from '../../testing/model-files';
import { type Case, FAILING, PASSING } from '../../testing/model-files/cases';

/** The findings of a deployment share a message of 4096 bytes. */
const MAX_TEXT = 400;

const check = async ({ files, options }: Pick<Case, 'files' | 'options'>): Promise<ModelCheck> => checkModel(new MemoryFolder(files), options);
const named = <Item extends Case>(cases: readonly Item[]): [string, Item][] => cases.map(item => [`${item.rule}: ${item.what}`, item]);

describe('a model is refused:', () => {
  test.each(named(FAILING))('%s', async (_, { rule, files, options, finds }) => {
    const { findings, passed } = await check({ files, options });
    const { source } = RULES.find(({ id }) => id === rule)!;

    expect(findings.filter(finding => finding.rule === rule)).toEqual(finds.map(found => ({ ...found, rule, source, acknowledged: false })));
    expect(findings.filter(finding => finding.rule !== rule && finding.severity !== 'info')).toEqual([]);
    expect(passed).toBe(finds.every(({ severity }) => severity !== 'error'));
  });

  test.each(named(FAILING))('%s, with a short text', async (_, { files, options }) => {
    const { findings } = await check({ files, options });

    expect(findings.filter(({ message, remedy }) => message.length + remedy.length > MAX_TEXT)).toEqual([]);
  });

  test.each(named(FAILING))('%s, unless it is acknowledged', async (_, { rule, files, options }) => {
    const { findings, passed } = await check({ files, options: { ...options, acknowledged: ['another', rule] } });

    expect(findings.filter(({ acknowledged }) => acknowledged)).toEqual(findings.filter(finding => finding.rule === rule));
    expect(passed).toBe(true);
  });
});

describe('a model is not refused:', () => {
  test.each(named(PASSING))('%s', async (_, { rule, files, options }) => {
    expect((await check({ files, options })).findings.filter(finding => finding.rule === rule)).toEqual([]);
  });
});

describe.each(Object.keys(FAMILIES) as Family[])('%s', (family) => {
  test.each([
    ['in one file', validModel(family)],
    ['in four shards', shardedModel(4, family)],
  ])('%s has no warning', async (_, files) => {
    const { findings, passed } = await check({ files, options: { region: 'us-east-1', bucketRegion: 'us-east-1', parseTemplate: () => {} } });

    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(findings.map(({ rule }) => rule)).toEqual(/qwen|gpt_oss/.test(family) ? ['converse-not-supported'] : []);
    expect(passed).toBe(true);
  });
});

describe('the rules', () => {
  test.each(RULE_IDS)('%s has a model that breaks it, and one that does not', (id) => {
    expect(FAILING.map(({ rule }) => rule)).toContain(id);
    expect(PASSING.map(({ rule }) => rule)).toContain(id);
  });

  // Only what AWS documents stops an import.
  test('that stop an import are documented by AWS', () => {
    const stopping = RULES.filter(({ severity, severityNote }) => severity === 'error' || severityNote?.includes('error'));

    expect(stopping.length).toBeGreaterThan(10);
    expect(stopping.filter(({ source }) => !/^https:\/\/(docs\.)?aws\.amazon\.com\//.test(source)).map(({ id }) => id)).toEqual([]);
  });

  test('have ids of their own, in words', () => {
    expect(new Set(RULE_IDS).size).toBe(RULE_IDS.length);
    expect(RULE_IDS.filter(id => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
  });

  test('have a document and a row for the guide', () => {
    for (const { source, checks } of RULES) {
      expect(source).toMatch(/^https:\/\/(docs\.aws\.amazon\.com|aws\.amazon\.com|huggingface\.co|github\.com)\//);
      expect(checks).toMatch(/^[^|\n]{10,240}[^.]$/);
    }
  });

  test('say when they are less severe than usual', () => {
    for (const { id, severity, severityNote } of RULES) {
      const severities = new Set(FAILING.filter(({ rule }) => rule === id).flatMap(({ finds }) => finds.map(find => find.severity)));

      expect([...severities]).toContain(severity);
      expect([...severities].every(found => found === severity || severityNote?.includes(found))).toBe(true);
      expect(severityNote === undefined || severities.size > 1).toBe(true);
    }
  });

  test('stop an import only for what is documented', () => {
    expect(RULES.filter(({ severity }) => severity === 'error').map(({ id }) => id)).toEqual([
      'empty-folder', 'missing-file', 'invalid-json',
      'unsupported-architecture', 'model-type', 'embedding-model',
      'gpt-oss-region', 'bucket-region',
      'no-safetensors', 'adapter-without-weights', 'weights-too-large', 'invalid-safetensors',
      'missing-index', 'invalid-index', 'missing-shard', 'unlisted-shard', 'index-tensors', 'index-without-metadata', 'index-metadata-fields',
      'gpt-oss-eos-tokens', 'tokenizers-backend',
    ]);
  });
});
