/**
 * The values in messages. All findings of a deployment share a message of 4096 bytes, so that values of any length are shortened: a message and its
 * remedy have at most about 400 characters.
 */
const SHOWN_CHARACTERS = 50;
const SHOWN_NAMES = 3;

/** A value of a file as JSON, shortened. */
export function show(value: unknown): string {
  return shorten(stringify(value));
}

/** Names in a sentence: the first three, and the number of the others. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map(shorten);
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more} more`;
  return shown.length < 2 ? shown.join() : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** Shortens a name. Its end says more than its middle: it has the number of a shard. */
export function shorten(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return text;
  return `${text.slice(0, SHOWN_CHARACTERS - 18)}...${text.slice(-15)}`;
}

/** A size in the unit of AWS's limits. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A value as JSON. A file can nest values more deeply than the stack is. */
export function stringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return '(a deeply nested value)';
  }
}
