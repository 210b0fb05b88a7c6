import { inputRecords } from './input';
import { InvalidInput } from './invalid-input';
import type { ListedObject, ObjectStore } from './object-store';
import { readRecords } from './records';
import { engineFor, isLarge, placesOf, sizeOf, writeRound } from './rounds';
import { complaint } from '../../../shared/validation/complaint';
import type { Part, Run } from '../../contract';
import { FINISHED_PART_BYTES, MAX_PART_BYTES, MAX_PART_RECORDS, MAX_STATE_BYTES, MIN_JOB_RECORDS } from '../../library-limits';

/** Writes parts of about the same number of records. */
export async function writeParts(store: ObjectStore, run: Run, files: ListedObject[], totalBytes: number): Promise<Part[]> {
  const recordsPerPart = Math.ceil(run.totalRecordCount / fewestParts(run, totalBytes));
  const records = new Lookahead(inputRecords(store, run.input, files));
  const parts: Part[] = [];
  let [countLeft, bytesLeft] = [run.totalRecordCount, totalBytes];
  while (await records.peek()) {
    const number = parts.length + 1;
    const places = placesOf(run, number, 0);
    let recordCount = 0;
    const written = async function* () {
      let bytes = 0;
      for (let record = await records.peek(); record; record = await records.peek()) {
        const size = sizeOf(record.line);
        // The last records are not separated, because they would be too few for a job.
        const isFull = bytes + size > MAX_PART_BYTES || countLeft === MIN_JOB_RECORDS && bytes + bytesLeft > MAX_PART_BYTES;
        if (recordCount === recordsPerPart || recordCount > 0 && isFull) return;
        recordCount += 1;
        countLeft -= 1;
        bytesLeft -= size;
        bytes += size;
        yield record;
        records.advance();
      }
    };
    await writeRound(store, run, places, run.engine, written(), ({ line }) => isLarge(line));
    parts.push(newPart(places, number, recordCount, run.engine));
  }
  assertFits(run, parts.length);
  const fitting: Part[] = [];
  for (const part of parts) fitting.push(await fitted(store, run, part));
  return fitting;
}

/** Refuses input of too many parts. */
export function assertFewParts(run: Run, totalBytes: number): void {
  assertFits(run, fewestParts(run, totalBytes));
}

function fewestParts({ totalRecordCount }: Run, totalBytes: number): number {
  return Math.max(Math.ceil(totalRecordCount / MAX_PART_RECORDS), Math.ceil(totalBytes / MAX_PART_BYTES));
}

/** The parts are in the state of the execution, at first with their places, and at last with their results. */
function assertFits(run: Run, parts: number): void {
  const bytes = Math.max(FINISHED_PART_BYTES, Buffer.byteLength(JSON.stringify(newPart(placesOf(run, 1, 0), 1, 0, run.engine))));
  const most = Math.floor(MAX_STATE_BYTES / bytes);
  if (parts <= most) return;
  throw new InvalidInput(complaint('input', `${parts} parts`, `at most ${most} parts of ${MAX_PART_RECORDS} records or ${MAX_PART_BYTES} bytes, because the state of an `
    + 'execution has one entry for each', 'Start several executions, each with some of the records'));
}

/** A part with the engine that can take it. */
async function fitted(store: ObjectStore, run: Run, part: Part): Promise<Part> {
  const engine = engineFor(run, part.recordCount);
  if (engine === part.engine) return part;
  if (engine === 'none') {
    throw new InvalidInput(complaint('input', `a part of ${part.recordCount} records`, `one of at least ${MIN_JOB_RECORDS} records of together at most ${MAX_PART_BYTES} bytes`,
      'Start an execution for the large records, with a model and an invocation type that InvokeModel takes'));
  }
  const inputKey = part.inputKey.replace(/\.jsonl$/, `-${engine}.jsonl`);
  const records = readRecords(store, { ...run.output, key: part.inputKey });
  await writeRound(store, run, { inputKey }, engine, records, ({ line }) => isLarge(line));
  return { ...part, engine, inputKey };
}

function newPart(places: ReturnType<typeof placesOf>, number: number, recordCount: number, engine: Part['engine']): Part {
  const nothingYet = { successRecordCount: 0, errorRecordCount: 0, inputTokenCount: 0, outputTokenCount: 0, files: [], jobs: 0, mapRuns: 0, failure: '' };
  return { ...places, number, round: 0, engine, recordCount, ...nothingYet };
}

/** An iterator whose next item can be looked at before it is taken. */
class Lookahead<T> {
  private readonly iterator: AsyncIterator<T>;
  private next?: Promise<IteratorResult<T>>;

  constructor(items: AsyncIterable<T>) {
    this.iterator = items[Symbol.asyncIterator]();
  }

  public async peek(): Promise<T | undefined> {
    this.next ??= this.iterator.next();
    const { done, value } = await this.next;
    return done ? undefined : value;
  }

  public advance(): void {
    this.next = undefined;
  }
}
