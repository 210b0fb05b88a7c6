import { generatedId, inputLines } from './input';
import { InvalidInput } from './invalid-input';
import { type ListedObject, type ObjectStore, uriOf } from './object-store';
import { parseInput, withRecordId } from './records';
import { engineFor, sizeOf } from './rounds';
import { abbreviate, complaint } from '../../../shared/validation/complaint';
import type { Run } from '../../contract';
import { MAX_RECORD_BYTES, MIN_JOB_RECORDS } from '../../library-limits';

/** The number of bad lines that a message has. */
const SHOWN_LINES = 3;

/** The size of all records together. */
export interface Size {
  readonly count: number;
  readonly bytes: number;
}

/** Checks every line, before anything is written. */
export async function checkRecords(store: ObjectStore, { input, engine, onDemand }: Omit<Run, 'totalRecordCount'>, files: ListedObject[]): Promise<Size> {
  const seen = new Map<string, number>();
  const starts: number[] = [];
  const problems: string[] = [];
  let bad = 0;
  let bytes = 0;
  let lineNumber = 0;
  const lineOf = (index: number) => {
    const file = starts.filter(start => start <= index).length - 1;
    return `${index - starts[file] + 1} of ${uriOf({ ...input, key: files[file].key })}`;
  };
  for (const file of files) {
    starts.push(lineNumber);
    for await (const line of inputLines(store, input, file)) {
      const index = lineNumber++;
      if (line.trim() === '') continue;
      const parsed = sizeOf(line) > MAX_RECORD_BYTES ? `must have at most ${MAX_RECORD_BYTES / 1e6} MB, the maximum of InvokeModel. Split it` : parseInput(line);
      const recordId = typeof parsed === 'string' ? undefined : parsed.recordId ?? generatedId(index);
      const first = recordId === undefined ? undefined : seen.get(recordId);
      if (typeof parsed !== 'string' && first === undefined) {
        seen.set(recordId!, index);
        bytes += sizeOf(parsed.recordId === undefined ? withRecordId(line, recordId!) : line);
        continue;
      }
      if (++bad > SHOWN_LINES) continue;
      problems.push(`Line ${lineOf(index)} ${typeof parsed === 'string' ? parsed : `has the recordId ${abbreviate(JSON.stringify(recordId))} of line ${lineOf(first!)}. `
        + 'It must be unique, because results are found by it. Change one of them'}.`);
    }
  }
  if (bad > SHOWN_LINES) problems.push(`${bad - SHOWN_LINES} more lines are wrong.`);
  if (bad > 0) throw new InvalidInput(problems.join(' '));
  if (seen.size === 0) {
    throw new InvalidInput(complaint('input', uriOf(input), 'a place with at least one record', 'The objects there have no lines; write one record in each line'));
  }
  if (engineFor({ engine, onDemand }, seen.size) === 'none') {
    throw new InvalidInput(complaint('input', `${seen.size} records`, `at least ${MIN_JOB_RECORDS} records, the minimum of a batch inference job`,
      'Add records, or use a model and an invocation type that InvokeModel takes'));
  }
  return { count: seen.size, bytes };
}
