import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { importsOf, linesWithAny } from './support/import-graph';

const CONSTRUCTS = 'src/index.ts';
const HANDLER = 'src/handler/model-import.lambda.ts';
const CONTRACT = 'src/contract';
const FIXTURES = 'test/support/fixtures';

const SDK = /^(@aws-sdk|@smithy|aws-sdk)(\/| )/;
const CDK = /^(aws-cdk-lib|@aws-cdk\/[^ ]*|constructs)(\/| )/;

const packagesOf = (entry: string, which: RegExp) => importsOf(entry).packages.filter(name => which.test(name));

/** The packages that a bundle of a file holds, all of their own imports included. */
async function bundledPackages(entry: string): Promise<string[]> {
  const { metafile } = await build({ entryPoints: [entry], bundle: true, write: false, metafile: true, platform: 'node', logLevel: 'silent' });
  const names = Object.keys(metafile.inputs).map(path => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(path)?.[1]);
  return [...new Set(names.filter(name => name !== undefined))];
}

describe('constructs', () => {
  test('do not reach the AWS SDK', () => {
    expect(packagesOf(CONSTRUCTS, SDK)).toEqual([]);
  });

  test('reach no file of the handler', () => {
    expect(importsOf(CONSTRUCTS).files.filter(file => file.startsWith('src/handler/'))).toEqual([]);
  });

  test('need no package but the peers and Node.js', () => {
    expect(importsOf(CONSTRUCTS).packages.filter(name => !CDK.test(name) && !name.startsWith('node:'))).toEqual([]);
  });

  test('are all checked by this: every file outside of handler can be reached from the entry', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts') && !file.startsWith('handler/'))
      .map(file => join('src', file));

    expect(importsOf(CONSTRUCTS).files.sort()).toEqual(files.sort());
  });
});

describe('the handler', () => {
  test('does not reach CDK', () => {
    expect(packagesOf(HANDLER, CDK)).toEqual([]);
  });

  test('reaches only its own files and the contract', () => {
    expect(importsOf(HANDLER).files.filter(file => !/^src\/(handler|contract)\//.test(file))).toEqual([]);
  });

  test('is bundled without CDK, and with the SDK', async () => {
    const packages = await bundledPackages(HANDLER);

    expect(packages).toContain('@aws-sdk/client-bedrock');
    expect(packages.filter(name => CDK.test(`${name} `))).toEqual([]);
  });
});

describe('the contract', () => {
  const files = readdirSync(CONTRACT).map(file => join(CONTRACT, file));

  test('is what constructs and handler have in common, and all that they have', () => {
    const ofHandler = importsOf(HANDLER).files;

    expect(importsOf(CONSTRUCTS).files.filter(file => ofHandler.includes(file)).sort()).toEqual(files.sort());
  });

  test.each(files)('%s imports no package', (file) => {
    expect(importsOf(file).packages).toEqual([]);
  });

  test.each(files)('%s says any nowhere', (file) => {
    expect(linesWithAny(readFileSync(file, 'utf8'))).toEqual([]);
  });
});

describe('these checks can fail:', () => {
  test('the SDK is found behind a construct, even as a type and in another file', () => {
    expect(packagesOf(`${FIXTURES}/index-with-sdk.ts`, SDK)).toEqual([`@aws-sdk/client-bedrock (${FIXTURES}/uses-sdk.ts)`]);
  });

  test('CDK is found behind a handler, even when it is imported late and in another file', () => {
    expect(packagesOf(`${FIXTURES}/handler-with-cdk.ts`, CDK)).toEqual([`constructs (${FIXTURES}/uses-cdk.ts)`]);
  });

  test('CDK is found in a bundle', async () => {
    expect(await bundledPackages(`${FIXTURES}/handler-with-cdk.ts`)).toContain('constructs');
  });

  test('any is found wherever a type can stand, and only there', () => {
    expect(linesWithAny('const a: any = 1;\nconst any = "any"; // any\nconst b = any as unknown as any[];\ntype C = { [any: string]: Promise<any> };')).toEqual([1, 3, 4]);
  });
});
