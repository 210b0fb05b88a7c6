/** A file of which only the beginning exists: weights of any size. */
export interface SparseFile {
  readonly start: Uint8Array;
  readonly size: number;
}

export type FileContent = string | Uint8Array | SparseFile;

/** The files of a model by path. */
export type ModelFiles = { readonly [path: string]: FileContent };

/** The bytes of a file that exist. */
export function bytesOf(content: FileContent): Uint8Array {
  if (typeof content === 'string') return new TextEncoder().encode(content);
  return content instanceof Uint8Array ? content : content.start;
}

/** The size of a file. */
export function sizeOf(content: FileContent): number {
  return typeof content === 'object' && 'start' in content ? content.size : bytesOf(content).length;
}

/** A JSON file as `save_pretrained` writes it. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The model with other fields of a JSON file; `undefined` removes one. */
export function withFields(files: ModelFiles, path: string, fields: Readonly<Record<string, unknown>>): ModelFiles {
  const content = files[path];
  return { ...files, [path]: json({ ...(typeof content === 'string' ? JSON.parse(content) : {}) as object, ...fields }) };
}

/** The model without some files. */
export function without(files: ModelFiles, ...paths: string[]): ModelFiles {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)));
}

/** The model in a folder below. */
export function below(folder: string, files: ModelFiles): ModelFiles {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [`${folder}/${path}`, content]));
}
