/**
 * The values in messages. All findings of a deployment share a message of 4096 bytes, so that values of any length are shortened: a message and its
 * remedy have at most about 400 characters.
 */
const SHOWN_CHARACTERS = 50;
const SHOWN_NAMES = 3;

/** A value of a file as JSON, shortened; completes "The field is ...". */
export function show(value: unknown): string {
  return value === undefined ? 'missing' : shorten(stringify(value));
}

/** Names in a sentence: the first three, and the number of the others. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map(shorten);
  return listAll(names.length > shown.length ? [...shown, `${names.length - shown.length} more`] : shown);
}

/** A few words in a sentence. */
export function listAll(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Shortens a name. Its end says more than its middle: it has the number of a shard. Control characters could change what a terminal shows. */
export function shorten(text: string): string {
  const short = text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS - 18)}...${text.slice(-15)}`;
  return short.replace(/\p{Cc}/gu, '?');
}

/** A size in decimal units. */
export function size(bytes: number): string {
  if (bytes >= 1e8) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e5 ? `${(bytes / 1e6).toFixed(1)} MB` : `${bytes} bytes`;
}

/** A value as JSON. A file can nest values more deeply than the stack is. */
export function stringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return '(a deeply nested value)';
  }
}
