import type { Place } from '../../contract';

/** An object in a list. */
export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

/** What the function does with Amazon S3. Tests bring an implementation in memory. */
export interface ObjectStore {
  /** The objects whose key begins with that of the place, in the order of their keys. */
  list(place: Place): Promise<ListedObject[]>;
  /** The lines of an object, without line breaks. Fails if the object is no longer the listed one. */
  lines(place: Place, etag?: string): AsyncIterable<string>;
  /**
   * The content of a small object. To find out whether there is one, list it: with a permission to list that is limited to a prefix, S3 refuses to
   * say that an object does not exist.
   */
  text(place: Place): Promise<string>;
  /** Writes an object line by line. */
  writeLines(place: Place, lines: AsyncIterable<string>): Promise<void>;
  /** Writes a small object, unless there is one. Returns whether it was written. */
  claim(place: Place, text: string): Promise<boolean>;
  /** Writes a small object. */
  writeText(place: Place, text: string): Promise<void>;
}

/** A place as a URI, for messages and for Bedrock. */
export function uriOf({ bucket, key }: Place): string {
  return `s3://${bucket}/${key}`;
}
