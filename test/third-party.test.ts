import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledFolders, render, thirdParty } from '../scripts/third-party';

/** The metafile of esbuild for a bundle with these numbers of bytes of these files. */
function metafile(files: { readonly [path: string]: number }) {
  const inputs = Object.fromEntries(Object.entries(files).map(([path, bytesInOutput]) => [path, { bytesInOutput }]));
  return { inputs: {}, outputs: { 'index.js': { bytes: 1, imports: [], exports: [], inputs } } };
}

describe('the packages of the bundle', () => {
  test('are those with code in the bundle, each once, including nested packages', () => {
    expect(bundledFolders(metafile({
      'src/imported-model/provider/handler/reconcile.ts': 10,
      'node_modules/one/a.js': 10,
      'node_modules/one/b/c.js': 10,
      'node_modules/@scope/two/index.js': 10,
      'node_modules/@scope/two/node_modules/one/index.js': 10,
      'node_modules/shaken-off/index.js': 0,
    }))).toEqual(['node_modules/one', 'node_modules/@scope/two', 'node_modules/@scope/two/node_modules/one']);
  });

  test('are listed in the published file, including the SDK', () => {
    const { version, license } = JSON.parse(readFileSync('node_modules/@aws-sdk/client-bedrock/package.json', 'utf8'));
    const text = readFileSync('assets/imported-model/provider/THIRD-PARTY', 'utf8');

    expect(text).toContain(`\n@aws-sdk/client-bedrock ${version} (${license})\n`);
    expect(text).toContain('Apache License\n');
    expect(text).toMatch(/\n@huggingface\/jinja \S+ \(MIT\)\n\nMIT License\n\nCopyright \(c\) 2023 Hugging Face/);
  });

  // The others are a quarter of the SDK, and a function loads all of it when it starts.
  test.each(['imported-model/provider/model-import', 'imported-model/provider/new-model', 'batch-inference/records/batch-records'])(
    'read credentials from the environment only, in a function: %s', (bundle) => {
      const folders = bundledFolders(JSON.parse(readFileSync(`assets/${bundle}.lambda.meta.json`, 'utf8')));

      expect(folders.filter(folder => folder.includes('credential-provider'))).toEqual(['node_modules/@aws-sdk/credential-provider-env']);
    });
});

describe('the bill of materials of each bundle', () => {
  const metafiles = readdirSync('assets', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.meta.json')).map(file => join('assets', file));
  const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
  const full = ({ group, name, version }: { group?: string; name: string; version: string }) => `${group ? `${group}/` : ''}${name}@${version}`;

  test('there are four', () => {
    expect(metafiles).toHaveLength(4);
  });

  test.each(metafiles)('%s: lists the packages with code in it, in the versions that are installed', (file) => {
    const { bomFormat, components, metadata } = json(file.replace('.meta.json', '.cdx.json'));
    const installed = bundledFolders(json(file)).map(folder => full(json(join(folder, 'package.json'))));

    expect(bomFormat).toBe('CycloneDX');
    expect(installed.length).toBeGreaterThan(0);
    expect(components.map(full).sort()).toEqual(installed.sort());
    expect(full(metadata.component)).toBe(full(json('package.json')));
  });

  test.each(metafiles)('%s: has no path of a machine, and no address of a registry', (file) => {
    const text = readFileSync(file.replace('.meta.json', '.cdx.json'), 'utf8');

    expect(text).not.toContain(process.cwd());
    expect(text).not.toContain('node_modules');
    expect(text).not.toMatch(/registry\./);
  });
});

describe('the licence of a package', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'third-party-')); });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (license: unknown, files: { readonly [name: string]: string } = {}) => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'one', version: '1.2.3', license }));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return thirdParty(folder);
  };

  test('has its text and its notice', () => {
    expect(write('MIT', { 'LICENSE.md': '\nFree\r\nof charge \n', 'NOTICE': 'By One\n', 'index.js': '' }))
      .toEqual({ name: 'one', version: '1.2.3', licence: 'MIT', text: 'Free\nof charge\n\nBy One' });
  });

  test('has no text if it is the licence of this package', () => {
    expect(write('Apache-2.0').text).toBe('Without a text of its own: see the file LICENSE of this package.');
  });

  test.each([['GPL-3.0'], ['UNLICENSED'], [undefined], ['(MIT OR GPL-3.0)'], [{ type: 'MIT' }]])('is refused if it is not in the list: %j', (license) => {
    expect(() => write(license, { LICENSE: 'text' })).toThrow(/^one 1\.2\.3 is in the bundle, but its licence .* is none of 0BSD, Apache-2\.0/);
  });

  test('is refused without a text', () => {
    expect(() => write('MIT')).toThrow('one 1.2.3 is in the bundle, but has no text of its licence MIT');
  });

  test('is printed once for packages with the same text, in a fixed order', () => {
    const [a, b, c] = [['a', 'one text'], ['b', 'other text'], ['c', 'one text']].map(([name, text]) => ({ name, version: '1.0.0', licence: 'MIT', text }));

    expect(render([c, b, a])).toBe(render([a, b, c]));
    expect(render([c, b, a])).toContain('a 1.0.0 (MIT)\nc 1.0.0 (MIT)\n\none text\n');
    expect(render([c, b, a]).match(/one text/g)).toHaveLength(1);
  });
});
