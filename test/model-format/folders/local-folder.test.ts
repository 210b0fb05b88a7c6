import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LocalFolder } from '../../../src/model-format/folders/local-folder';

let root: string;
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'local-folder-')); });
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content = ''): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

const textOf = async (folder: LocalFolder, path: string, start: number, end: number) => Buffer.from(await folder.read(path, start, end)).toString();

test('has all files with their sizes, with "/" between names, and not what Git and the client of the Hub keep there', async () => {
  for (const path of ['model/config.json', 'model/a b/é%.txt', 'model/.git/HEAD', 'model/.cache/huggingface/x.metadata', 'model/.cache/other', 'model/.gitattributes']) {
    write(path, 'abc');
  }
  mkdirSync(join(root, 'model/empty'));

  expect(await new LocalFolder(join(root, 'model')).list())
    .toEqual(['.cache/other', '.gitattributes', 'a b/é%.txt', 'config.json'].map(path => ({ path, size: 3 })));
});

test('follows links to files, as the cache of Hugging Face has them, and to directories', async () => {
  write('blobs/0123', '{}');
  write('elsewhere/a', 'a');
  mkdirSync(join(root, 'snapshots'));
  symlinkSync('../blobs/0123', join(root, 'snapshots/config.json'));
  symlinkSync('../elsewhere', join(root, 'snapshots/sub'));
  symlinkSync('snapshots', join(root, 'link'));

  const folder = new LocalFolder(join(root, 'link'));
  expect(await folder.list()).toEqual([{ path: 'config.json', size: 2 }, { path: 'sub/a', size: 1 }]);
  expect(await textOf(folder, 'config.json', 0, 10)).toBe('{}');
});

test('reads ranges only, also of a file that is larger than memory', async () => {
  const file = write('model.safetensors', 'header');
  write('empty');
  truncateSync(file, 40e9);
  const folder = new LocalFolder(root);

  expect(await textOf(folder, 'model.safetensors', 1, 4)).toBe('ead');
  expect(await folder.read('model.safetensors', 40e9 - 1, 41e9)).toHaveLength(1);
  expect(await folder.read('model.safetensors', 41e9, 42e9)).toHaveLength(0);
  expect(await folder.read('empty', 0, 8)).toHaveLength(0);
  expect(folder.cost).toEqual({ calls: 4, bytes: 4 });
});

test('reads listed files only', async () => {
  write('secret', 'x');
  write('model/config.json', '{}');

  await expect(new LocalFolder(join(root, 'model')).read('../secret', 0, 1)).rejects.toThrow('../secret is not in');
});

test('has no sockets and pipes', async () => {
  write('config.json');
  execFileSync('mkfifo', [join(root, 'pipe')]);
  symlinkSync('pipe', join(root, 'link'));

  expect(await new LocalFolder(root).list()).toEqual([{ path: 'config.json', size: 0 }]);
});

describe('an error says what to do:', () => {
  const errorOf = async (path: string) => new LocalFolder(join(root, path)).list().then(() => undefined, (error: Error) => error.message.replaceAll(root, ''));

  test('nothing there', async () => {
    expect(await errorOf('none')).toBe('There is no directory /none. Check the path.');
  });

  test('a file', async () => {
    write('config.json');

    expect(await errorOf('config.json')).toBe('/config.json is no directory. Check the path.');
  });

  test('a link to nothing, which a download that was interrupted leaves', async () => {
    write('model/config.json');
    symlinkSync('../blobs/0123', join(root, 'model/model.safetensors'));

    expect(await errorOf('model')).toBe('/model/model.safetensors is a link to nothing, or has been removed. Download the model again.');
  });

  test('a link to a directory above', async () => {
    write('model/a/config.json');
    symlinkSync('..', join(root, 'model/a/again'));

    expect(await errorOf('model')).toBe('/model/a/again/ is a link to a directory above it. Remove the link.');
  });

  test('a link to itself', async () => {
    write('model/config.json');
    symlinkSync('loop', join(root, 'model/loop'));

    expect(await errorOf('model')).toBe('/model/loop is a link to itself. Remove the link.');
  });

  // The superuser may read everything.
  (process.getuid?.() === 0 ? test.skip : test)('a file that may not be read', async () => {
    chmodSync(write('config.json', '{}'), 0);

    await expect(new LocalFolder(root).read('config.json', 0, 1)).rejects.toThrow('config.json may not be read. Give the current user the permission to read it.');
  });

  test('a file that is removed after it was listed', async () => {
    const file = write('config.json', '{}');
    const folder = new LocalFolder(root);
    await folder.list();
    rmSync(file);

    await expect(folder.read('config.json', 0, 1)).rejects.toThrow('config.json is a link to nothing, or has been removed. Download the model again.');
  });
});
