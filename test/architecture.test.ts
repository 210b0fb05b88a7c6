import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { directImportsOf, importsOf, linesWithAny } from '../testing/support/import-graph';

const CONSTRUCTS = 'src/index.ts';
/** The entry points of the functions and of the command, and the SDK clients that they use. Those of one folder are files of one function. */
const HANDLERS: readonly (readonly [entry: string, clients: readonly string[]])[] = [
  ['src/imported-model/provider/model-import.lambda.ts', ['@aws-sdk/client-bedrock']],
  ['src/imported-model/provider/new-model.lambda.ts', ['@aws-sdk/client-s3', '@aws-sdk/client-bedrock-runtime']],
  ['src/model-format/command/main.ts', ['@aws-sdk/client-s3']],
  ['src/batch-inference/records/batch-records.lambda.ts', ['@aws-sdk/client-s3', '@aws-sdk/lib-storage']],
];
const FIXTURES = 'testing/support/fixtures';

const isRunTime = (file: string) => /\/(handler|command|folders)\/|\.lambda\.ts$/.test(file);
/** The readers of the folders of models, which the command and the function share. */
const isFolder = (file: string) => /^src\/model-format\/folders\//.test(file);
const isSynthTime = (file: string) => !isRunTime(file) && !isOfBoth(file);
/** The files that constructs and handlers share. They import neither CDK nor the SDK. */
const isOfBoth = (file: string) => !isRunTime(file)
  && /\/(contract|library-limits|job-statuses)\.ts$|\/provider\/patience\.ts$|^src\/shared\/validation\/|^src\/model-format\//.test(file);

const SDK = /^(@aws-sdk|@smithy|aws-sdk)(\/| )/;
const CDK = /^(aws-cdk-lib|@aws-cdk\/[^ ]*|constructs)(\/| )/;

const typescriptIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts')).map(file => join(folder, file));
const SOURCES = typescriptIn('src');

const packagesOf = (entry: string, which: RegExp) => importsOf(entry).packages.filter(name => which.test(name));

/** The packages in the bundle of a file, including transitive imports; not those of a bundle that it loads when it needs it. */
async function bundledPackages(entry: string): Promise<string[]> {
  const { metafile } = await build({ entryPoints: [entry], bundle: true, write: false, metafile: true, platform: 'node', logLevel: 'silent', external: ['./*.lambda.js'] });
  const names = Object.keys(metafile.inputs).map(path => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(path)?.[1]);
  return [...new Set(names.filter(name => name !== undefined))];
}

describe('constructs', () => {
  test('do not import the AWS SDK', () => {
    expect(packagesOf(CONSTRUCTS, SDK)).toEqual([]);
  });

  test('import no file of the handler', () => {
    expect(importsOf(CONSTRUCTS).files.filter(isRunTime)).toEqual([]);
  });

  test('import no package except the peer dependencies and Node.js', () => {
    expect(importsOf(CONSTRUCTS).packages.filter(name => !CDK.test(name) && !name.startsWith('node:'))).toEqual([]);
  });

  test('include every source file that is not part of the handler', () => {
    expect(importsOf(CONSTRUCTS).files.sort()).toEqual(SOURCES.filter(file => !isRunTime(file)).sort());
  });
});

describe.each(HANDLERS)('the handler %s', (entry, clients) => {
  test('does not import CDK', () => {
    expect(packagesOf(entry, CDK)).toEqual([]);
  });

  test('imports no file of the constructs', () => {
    expect(importsOf(entry).files.filter(isSynthTime)).toEqual([]);
  });

  test('imports no file of another handler', () => {
    const others = HANDLERS.filter(([other]) => dirname(other) !== dirname(entry)).flatMap(([other]) => importsOf(other).files.filter(isRunTime));

    expect(importsOf(entry).files.filter(file => others.includes(file) && !isFolder(file))).toEqual([]);
  });

  test('has a bundle with its SDK clients and without CDK', async () => {
    const packages = await bundledPackages(entry);

    expect(packages).toEqual(expect.arrayContaining([...clients]));
    expect(packages.filter(name => CDK.test(`${name} `))).toEqual([]);
    // Clients of other services make the function larger and its start slower.
    const allOthers = HANDLERS.flatMap(([, all]) => all).filter(client => !clients.includes(client));
    expect(packages.filter(name => allOthers.includes(name))).toEqual([]);
  });
});

test('the handlers include every source file of a handler', () => {
  expect([...new Set(HANDLERS.flatMap(([entry]) => importsOf(entry).files.filter(isRunTime)))].sort()).toEqual(SOURCES.filter(isRunTime).sort());
});

describe('the shared files', () => {
  const files = SOURCES.filter(isOfBoth);

  test('are exactly the files that constructs and handlers share', () => {
    const ofHandlers = HANDLERS.flatMap(([entry]) => importsOf(entry).files);

    expect(importsOf(CONSTRUCTS).files.filter(file => ofHandlers.includes(file)).sort()).toEqual(files.sort());
  });

  test.each(files)('%s imports no package except Node.js', (file) => {
    expect(importsOf(file).packages.filter(name => !name.startsWith('node:'))).toEqual([]);
  });

  test.each(files)('%s has no any', (file) => {
    expect(linesWithAny(readFileSync(file, 'utf8'))).toEqual([]);
  });
});

describe('the folders', () => {
  const capabilityOf = (file: string) => /^src\/([^/]+)\//.exec(file)?.[1];
  const directImports = SOURCES.flatMap(file => directImportsOf(file).map(imported => ({ file, imported })));

  test('shared imports no capability', () => {
    expect(directImports.filter(({ file, imported }) => capabilityOf(file) === 'shared' && capabilityOf(imported) !== 'shared')).toEqual([]);
  });

  test('a capability imports only the index of another', () => {
    const crossings = directImports.filter(({ file, imported }) => capabilityOf(imported) !== undefined && capabilityOf(imported) !== 'shared'
      && capabilityOf(imported) !== capabilityOf(file));

    expect(crossings.length).toBeGreaterThan(0); // at least those of src/index.ts
    const isAllowed = ({ file, imported }: { file: string; imported: string }) => /^src\/[^/]+\/index\.ts$/.test(imported) || (isRunTime(file) && isFolder(imported));
    expect(crossings.filter(crossing => !isAllowed(crossing))).toEqual([]);
  });

  test.each(['demo', 'examples', 'testing'])('%s imports nothing below test/', (folder) => {
    const files = typescriptIn(folder);

    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap(directImportsOf).filter(file => file.startsWith('test/'))).toEqual([]);
  });
});

describe('these checks can fail:', () => {
  test('the SDK is found in a construct, also as a type and in an imported file', () => {
    expect(packagesOf(`${FIXTURES}/index-with-sdk.ts`, SDK)).toEqual([`@aws-sdk/client-bedrock (${FIXTURES}/uses-sdk.ts)`]);
  });

  test('CDK is found in a handler, also with a dynamic import and in an imported file', () => {
    expect(packagesOf(`${FIXTURES}/handler-with-cdk.ts`, CDK)).toEqual([`constructs (${FIXTURES}/uses-cdk.ts)`]);
  });

  test('CDK is found in a bundle', async () => {
    expect(await bundledPackages(`${FIXTURES}/handler-with-cdk.ts`)).toContain('constructs');
  });

  test('any is found where it is a type, and only there', () => {
    expect(linesWithAny('const a: any = 1;\nconst any = "any"; // any\nconst b = any as unknown as any[];\ntype C = { [any: string]: Promise<any> };')).toEqual([1, 3, 4]);
  });
});
