/** An object of a JSON file. Its fields may have any value: the file was written by somebody else. */
export type JsonObject = { readonly [field: string]: unknown };

/** The content of a JSON file, or the reason why it has none; completes "The file ...". */
export type Parsed = { readonly object: JsonObject } | { readonly problem: string };

const LFS_POINTER = 'version https://git-lfs.github.com/spec/v1';

/** Reads a file that must contain a JSON object, as strictly as Python does. */
export function parseObject(bytes: Uint8Array): Parsed {
  if (bytes.length === 0) return { problem: 'is empty' };
  const text = decode(bytes);
  if (text === undefined) return { problem: 'is not UTF-8' };
  if (text.startsWith('\uFEFF')) return { problem: 'begins with a byte order mark, which Transformers does not read' };
  if (text.startsWith(LFS_POINTER)) return { problem: 'is a pointer of Git LFS, not the file itself' };
  let value: unknown;
  try {
    value = parseAsPython(text);
  } catch {
    return { problem: 'is not JSON' };
  }
  return isObject(value) ? { object: value } : { problem: `is ${kindOf(value)}, not a JSON object` };
}

/** The text of a file. Undefined if it is not UTF-8. A byte order mark is kept. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a file is a pointer that Git LFS leaves where it has not downloaded the file itself. */
export function isLfsPointer(start: Uint8Array): boolean {
  return decode(start.subarray(0, LFS_POINTER.length)) === LFS_POINTER;
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a field, only if the object itself has it: a file may have a field "constructor". */
export function field(object: unknown, name: string): unknown {
  return isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The value of a field that is an object. */
export function objectField(object: unknown, name: string): JsonObject | undefined {
  const value = field(object, name);
  return isObject(value) ? value : undefined;
}

/** The value of a field that is a number. */
export function numberField(object: unknown, name: string): number | undefined {
  const value = field(object, name);
  return typeof value === 'number' ? value : undefined;
}

/** The value of a field that is a string. */
export function stringField(object: unknown, name: string): string | undefined {
  const value = field(object, name);
  return typeof value === 'string' ? value : undefined;
}

/** Python writes and reads NaN and infinite numbers, which JSON does not have. They become null. */
function parseAsPython(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return JSON.parse(withoutNonFinite(text));
  }
}

function withoutNonFinite(text: string): string {
  let inString = false;
  // With its escapes as tokens, a text is read once, however long its strings are.
  return text.replace(/\\[^]|"|NaN|-?Infinity/g, (token) => {
    if (token === '"') inString = !inString;
    return inString || token === '"' || token.startsWith('\\') ? token : 'null';
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
