import type { Dirent } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderError } from './folder-error';
import type { ReadCost } from './read-cost';
import type { ModelFile, ModelFolder } from '../model-folder';

/** What Git and the client of the Hub keep beside the files of a model. */
const IGNORED = ['.git', '.cache/huggingface'];

/**
 * A directory. Symbolic links are followed, because the cache of Hugging Face has links to the files, and because uploads to S3 follow them.
 */
export class LocalFolder implements ModelFolder {
  private files?: Promise<ModelFile[]>;
  private calls = 0;
  private bytes = 0;

  constructor(private readonly directory: string) {}

  public get cost(): ReadCost {
    return { calls: this.calls, bytes: this.bytes };
  }

  public async list(): Promise<ModelFile[]> {
    this.files ??= this.listAll();
    return [...await this.files];
  }

  public async read(path: string, start: number, end: number): Promise<Uint8Array> {
    if (!(await this.list()).some(file => file.path === path)) throw new Error(`${path} is not in ${this.directory}`);
    try {
      const content = await readRange(join(this.directory, path), start, end);
      this.calls++;
      this.bytes += content.length;
      return content;
    } catch (error) {
      throw unreadable(join(this.directory, path), error);
    }
  }

  private async listAll(): Promise<ModelFile[]> {
    const remedy = 'Check the path';
    const isDirectory = await stat(this.directory).then(found => found.isDirectory(), (error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new FolderError(`There is no directory ${this.directory}`, remedy) : unreadable(this.directory, error);
    });
    if (!isDirectory) throw new FolderError(`${this.directory} is no directory`, remedy);
    return this.listBelow('', []);
  }

  private async listBelow(folder: string, above: readonly string[]): Promise<ModelFile[]> {
    const directory = join(this.directory, folder);
    const real = await realpath(directory);
    if (above.includes(real)) throw new FolderError(`${directory} is a link to a directory above it`, 'Remove the link');
    const files: ModelFile[] = [];
    for (const entry of await entriesOf(directory)) {
      const path = `${folder}${entry.name}`;
      if (IGNORED.includes(path) || !(entry.isFile() || entry.isDirectory() || entry.isSymbolicLink())) continue;
      const { isDirectory, isFile, size } = await stats(join(this.directory, path));
      if (isDirectory) files.push(...await this.listBelow(`${path}/`, [...above, real]));
      else if (isFile) files.push({ path, size });
    }
    return files;
  }
}

/** The entries of a directory, in the order of their names. */
async function entriesOf(directory: string): Promise<Dirent[]> {
  try {
    return (await readdir(directory, { withFileTypes: true })).sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    throw unreadable(directory, error);
  }
}

async function stats(path: string): Promise<{ readonly isDirectory: boolean; readonly isFile: boolean; readonly size: number }> {
  try {
    const found = await stat(path);
    return { isDirectory: found.isDirectory(), isFile: found.isFile(), size: found.size };
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function readRange(path: string, start: number, end: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    // Not more than there is, whatever the caller would accept.
    const content = Buffer.alloc(Math.max(0, Math.min(end, (await file.stat()).size) - start));
    let length = 0;
    while (length < content.length) {
      const { bytesRead } = await file.read(content, length, content.length - length, start + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return content.subarray(0, length);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, error: unknown): FolderError {
  if (error instanceof FolderError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT': return new FolderError(`${path} is a link to nothing, or has been removed`, 'Download the model again');
    case 'EACCES': case 'EPERM': return new FolderError(`${path} may not be read`, 'Give the current user the permission to read it');
    case 'ELOOP': return new FolderError(`${path} is a link to itself`, 'Remove the link');
    default: return new FolderError(`${path} cannot be read: ${message}`, 'Check the disk');
  }
}
