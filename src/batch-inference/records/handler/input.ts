import { InvalidInput } from './invalid-input';
import { type ListedObject, type ObjectStore, uriOf } from './object-store';
import { type InputRecord, withRecordId } from './records';
import { complaint } from '../../../shared/validation/complaint';
import type { Place } from '../../contract';

/** The objects with the records. */
export async function inputFiles(store: ObjectStore, input: Place): Promise<ListedObject[]> {
  const listed = await store.list(input);
  const files = input.key === '' || input.key.endsWith('/')
    ? listed.filter(({ key }) => key.endsWith('.jsonl'))
    : listed.filter(({ key }) => key === input.key);
  if (files.length > 0) return files;
  throw new InvalidInput(complaint('input', uriOf(input), 'a folder with objects whose key ends with .jsonl, or one such object',
    listed.length === 0 ? 'There is no object; check bucket and prefix' : `None of the ${listed.length} objects there has such a key`));
}

/** The lines of a file, without the byte order mark that some editors write. */
export async function* inputLines(store: ObjectStore, input: Place, { key, etag }: ListedObject): AsyncIterable<string> {
  let isFirst = true;
  for await (const line of store.lines({ ...input, key }, etag)) {
    yield isFirst ? line.replace(/^\uFEFF/, '') : line;
    isFirst = false;
  }
}

/** All records. Each has an id. */
export async function* inputRecords(store: ObjectStore, input: Place, files: ListedObject[]): AsyncIterable<InputRecord> {
  let lineNumber = 0;
  for (const file of files) {
    for await (const line of inputLines(store, input, file)) {
      const index = lineNumber++;
      if (line.trim() === '') continue;
      const { recordId } = JSON.parse(line) as { readonly recordId?: string };
      yield recordId === undefined ? { recordId: generatedId(index), line: withRecordId(line, generatedId(index)) } : { recordId, line };
    }
  }
}

/** The id of a record that has none, from the number of its line. */
export function generatedId(index: number): string {
  return `record-${String(index + 1).padStart(10, '0')}`;
}
