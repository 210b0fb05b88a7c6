import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytesOf, type ModelFiles, sizeOf } from './model-files';

/** Writes a model to a folder and returns the names of its files. A sparse file takes no space on most disks. */
export async function writeModel(folder: string, files: ModelFiles): Promise<string[]> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytesOf(content));
    await truncate(join(folder, path), sizeOf(content));
  }
  return Object.keys(files);
}
