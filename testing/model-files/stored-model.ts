import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FileContent, type ModelFiles } from './model-files';
import { withHeader } from './safetensors-file';

/** What stands for a safetensors file: its header as text. */
const HEADER = '.header.json';

/** A model that is stored in this repository: its files as they were written, and safetensors files with their headers, but without data. */
export function storedModel(folder: string): ModelFiles {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll('\\', '/'));
  return Object.fromEntries(paths.map((path): [string, FileContent] => {
    const content = readFileSync(join(folder, path), 'utf8');
    return path.endsWith(HEADER) ? [path.slice(0, -HEADER.length), withoutData(content.trimEnd())] : [path, content];
  }));
}

function withoutData(header: string): FileContent {
  const start = withHeader(header);
  const tensors = Object.values(JSON.parse(header) as { readonly [name: string]: { readonly data_offsets?: readonly [number, number] } });
  return { start, size: start.length + Math.max(0, ...tensors.map(({ data_offsets: offsets }) => offsets?.[1] ?? 0)) };
}
