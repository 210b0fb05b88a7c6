import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import * as ts from 'typescript';
import { stampOf } from '../scripts/diagrams';
import { JOB_STATUSES } from '../src/batch-inference/job-statuses';
import * as batchPatience from '../src/batch-inference/patience';
import * as importPatience from '../src/imported-model/provider/patience';
import { RULES } from '../src/model-format';
import { CLASSES } from '../src/model-format/supported';
import { SCENARIOS as BATCH_SCENARIOS } from '../testing/batch-inference/scenarios';
import { SCENARIOS } from '../testing/e2e/scenarios';

const DOCUMENTS = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'testing/README.md'],
  ...['docs', 'examples', 'testing'].flatMap(folder => readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.md')).map(file => join(folder, file))),
];
const read = (file: string) => readFileSync(file, 'utf8');

/** The snippets of a document, each with the line that it begins in. */
const snippetsIn = (file: string) => [...read(file).matchAll(/^```ts( fixture=imported)?\n(.*?)^```/gms)].map(([, imported, code], index) => (
  { name: `${file}, snippet ${index + 1}`, code, isWhole: imported !== undefined }));

describe('the snippets of the documentation compile', () => {
  const snippets = DOCUMENTS.flatMap(snippetsIn);
  const fixture = read('rosetta/default.ts-fixture');
  // As rosetta does it: declarations first, and the rest in the constructor of a stack.
  const declarations = (code: string) => [...code.matchAll(/^declare .*$/gm)].join('\n');
  const inFixture = (code: string) => fixture.replace('class Fixture', `${declarations(code)}\nclass Fixture`).replace('/// here', () => code.replace(/^declare .*$/gm, ''));
  const files = new Map(snippets.map(({ code, isWhole }, index) => [resolve(`test/snippet-${index}.ts`), `${isWhole ? code : inFixture(code)}\nexport {};`]));
  const config = 'test/tsconfig.json';
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, path => ts.sys.readFile(path)).config, ts.sys, resolve('test'), undefined, resolve(config));
  // Snippets leave values unused, and the fixture imports what others need.
  const host = ts.createCompilerHost({ ...options, noUnusedLocals: false });
  const { getSourceFile, fileExists } = host;
  host.fileExists = path => files.has(path) || fileExists(path);
  host.getSourceFile = (path, ...rest) => files.has(path) ? ts.createSourceFile(path, files.get(path)!, rest[0]) : getSourceFile(path, ...rest);
  const program = ts.createProgram([...files.keys()], { ...options, noUnusedLocals: false, noEmit: true }, host);

  test('there are some in the guides', () => {
    expect(snippets.filter(({ name }) => name.startsWith('docs/guides/')).length).toBeGreaterThan(10);
  });

  test.each(snippets.map(({ name }, index) => [name, index] as const))('%s', (_, index) => {
    const source = program.getSourceFile([...files.keys()][index]);
    const problems = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];

    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });
});

describe('the links of the documentation lead somewhere', () => {
  const isUrl = (link: string) => /^https?:/.test(link);
  /** As GitHub makes them of headings. */
  const anchorsIn = (file: string) => [...read(file).matchAll(/^#+ (.*)$/gm)]
    .map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
  const linksIn = (file: string) => [...read(file).matchAll(/\]\(([^)\s]+)\)|src="([^"]+)"|^\[.+\]: (.+)$/gm)].map(([, ...kinds]) => kinds.find(Boolean)!);
  const { repository } = JSON.parse(read('package.json')) as { repository: { url: string } };
  const name = repository.url.replace(/^https:\/\/github\.com\/|\.git$/g, '');
  const ownPages = new RegExp(`^https://(github\\.com/${name}/(blob|tree)|raw\\.githubusercontent\\.com/${name})/main/`);

  test.each(DOCUMENTS)('%s', (file) => {
    const links = linksIn(file).map(link => ownPages.test(link) ? relative(dirname(file), link.replace(ownPages, '')) : link).filter(link => !isUrl(link));
    const broken = links.filter(link => {
      const [path, anchor] = link.split('#');
      const target = path === '' ? file : join(dirname(file), path);
      return !existsSync(target) || (anchor !== undefined && !anchorsIn(target).includes(anchor));
    });

    expect(broken).toEqual([]);
  });

  test('from other pages, too, on which package registries show the README', () => {
    expect(linksIn('README.md').filter(link => ownPages.test(link)).length).toBeGreaterThan(10);
    expect(linksIn('README.md').filter(link => !isUrl(link))).toEqual([]);
  });

  test('with their names, in the README', () => {
    const text = read('README.md').replace(/^```.*?^```/gms, '').replace(/`(.*?)`/g, '$1').replace(/\s+/g, ' ');
    const names = (pattern: RegExp) => new Set([...text.matchAll(pattern)].map(([, used]) => used.toLowerCase()));

    expect([...names(/\[([^\]]+)\](?![[(:])/g)].sort()).toEqual([...names(/\[([^\]]+)\]:/g)].sort());
  });
});

describe('the tables of durations are those of the code', () => {
  const UNITS = ['SECOND', 'MINUTE', 'HOUR'];
  const rowsOf = (heading: string) => {
    const [, section] = read('docs/operations/timeouts.md').split(new RegExp(`^## ${heading}$`, 'm'));
    return [...section.split(/^## /m)[0].matchAll(/^\| `([A-Z_]+)` \| (.*?) \|/gm)].map(([, name, value]) => [name, value]);
  };
  const words = (seconds: number): string => {
    const units = Object.entries({ second: 1, minute: 60, hour: 3600 });
    const [unit, size] = units.filter(([, length]) => seconds % length === 0 && (seconds >= 2 * length || seconds === length)).at(-1)!;
    return `${seconds / size} ${unit}${seconds === size ? '' : 's'}`;
  };
  const durationsOf = <T>(durations: { readonly [name: string]: T }, format: (value: T) => string) =>
    Object.entries(durations).filter(([name]) => !UNITS.includes(name)).map(([name, value]) => [name, format(value)]);

  test('of imports', () => {
    type Milliseconds = number | { readonly min: number; readonly max: number; readonly default?: number };
    const inWords = (ms: number) => words(ms / importPatience.SECOND);

    expect(rowsOf('Durations')).toEqual(durationsOf<Milliseconds>(importPatience, value => typeof value === 'number'
      ? inWords(value)
      : `${inWords(value.min)} to ${inWords(value.max)}${value.default === undefined ? '' : `, default ${inWords(value.default)}`}`));
  });

  test('of batch inference', () => {
    const total = ({ interval, maxDelay, attempts }: batchPatience.RetryTimes) => {
      const seconds = Array.from({ length: attempts }, (_, attempt) => Math.min(interval * 2 ** attempt, maxDelay)).reduce((sum, wait) => sum + wait);
      const size = [3600, 60].find(length => seconds >= 3 * length) ?? 1;
      return words(Math.round(seconds / size) * size);
    };

    type Seconds = number | typeof batchPatience.POLL | batchPatience.RetryTimes;

    expect(rowsOf('Durations of batch inference')).toEqual(durationsOf<Seconds>(batchPatience, (value) => {
      if (typeof value === 'number') return words(value);
      if ('last' in value) return `${words(value.first)} to ${words(value.last)}`;
      return `${words(value.interval)} to ${words(value.maxDelay)}, ${value.attempts} times, ${total(value)} in total`;
    }));
  });
});

test('the table of the statuses of a job is that of the code', () => {
  const effects = { wait: 'waits', retry: 'collects', fail: 'fails' };
  const rows = [...read('docs/guides/batch-inference.md').matchAll(/^\| `([A-Z][A-Za-z]+)` \| (waits|collects|fails)\b/gm)].map(([, status, effect]) => [status, effect]);

  expect(rows).toEqual(Object.entries(JOB_STATUSES).map(([status, route]) => [status, effects[route]]));
});

describe('the tables of what Bedrock imports are those of the code', () => {
  const guide = read('docs/guides/preparing-models.md');
  const plain = (cell: string) => cell.replaceAll('`', '');

  test('of the rules', () => {
    const rows = [...guide.matchAll(/^\| `([a-z0-9-]+)` \| (.*?) \| (.*?) \| \[[^\]]+\]\((.*?)\) \|$/gm)].map(([, id, ...cells]) => [id, ...cells.map(plain)]);

    expect(rows).toEqual(RULES.map(({ id, checks, severity, severityNote, source }) => [id, checks, severityNote ?? severity, source]));
  });

  test('of the architectures', () => {
    const rows = [...guide.matchAll(/^\| \w[^|]* \| `(\w+)` \| `(\w+For\w+)` \|/gm)].map(([, type, name]) => [type, name]);

    expect(rows).toEqual([...CLASSES]);
  });

  test('of repairs, whose rules exist', () => {
    const [, section] = guide.split('### Repair what a newer version has saved');
    const ids = [...section.matchAll(/^\| .* \| `([a-z-]+)` \|$/gm)].map(([, id]) => id);

    expect(ids.length).toBeGreaterThan(5);
    expect(ids.filter(id => !RULES.some(rule => rule.id === id))).toEqual([]);
  });
});

test.each([
  ['testing/batch-inference', BATCH_SCENARIOS],
  ['testing/e2e', SCENARIOS],
])('the table of the scenarios of %s is that of the code', (folder, scenarios) => {
  const cells = [...read(join(folder, 'README.md')).matchAll(/^\| (`[\w-]+`(?:, `[\w-]+`)*) \|/gm)].map(([, cell]) => cell);
  const names = cells.flatMap(cell => [...cell.matchAll(/`(.*?)`/g)].map(([, name]) => name));

  expect(names.sort()).toEqual(scenarios.map(({ name }) => name).sort());
});

describe('the messages of the troubleshooting guide are those of the code', () => {
  const code = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts')).map(file => read(join('src', file))).join('\n')
    .replace(/['`]\s*\+ ['`]/g, '')
    .replace(/\$\{[^}]*\}/g, '...');
  const messages = [...read('docs/operations/troubleshooting.md').matchAll(/^\| (`.*?`(?:, `.*?`)*)(?: \(a warning\))? \|/gm)]
    .flatMap(([, cell]) => [...cell.matchAll(/`(.*?)`/g)].map(([, message]) => message));
  // Bedrock's own words, and a value of the account, are not in the code.
  const isOwn = (fragment: string) => fragment.length > 8 && !fragment.includes('The provided role ARN is invalid');

  test('there are some', () => {
    expect(messages.length).toBeGreaterThan(15);
  });

  test.each(messages)('%s', (message) => {
    const fragments = message.split(/\.\.\.|arn:|for 10 minutes, |for 15 minutes|10240|^[\w. ]+: "|"? must be /).map(fragment => fragment.trim()).filter(isOwn);

    expect(fragments.filter(fragment => !code.includes(fragment))).toEqual([]);
  });
});

test.each(readdirSync('docs/diagrams').filter(file => file.endsWith('.d2')))('the diagram %s is drawn from its source (npx projen diagrams)', (file) => {
  const source = join('docs/diagrams', file);

  expect(read(source.replace(/\.d2$/, '.svg'))).toContain(stampOf(read(source)));
});
