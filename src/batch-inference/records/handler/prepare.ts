import { InvalidInput } from './invalid-input';
import { type ListedObject, type ObjectStore, uriOf } from './object-store';
import { assertNoResults, runOf } from './options';
import { type InputRecord, parseInput, withRecordId } from './records';
import { engineFor, isLarge, placesOf, writeRound } from './rounds';
import { complaint } from '../../../shared/validation/complaint';
import type { Part, Place, PrepareRequest, PrepareResponse, Run } from '../../contract';
import { MAX_PART_BYTES, MAX_PART_RECORDS, MAX_PARTS, MIN_JOB_RECORDS } from '../../library-limits';

/** The number of bad lines that a message has. */
const SHOWN_LINES = 3;

/**
 * The first state of an execution: checks everything that it was given, and splits the records into parts. Reads the records twice, so that
 * nothing is written if one of them is wrong.
 */
export async function prepare(store: ObjectStore, request: PrepareRequest): Promise<PrepareResponse> {
  const checked = runOf(request);
  const files = await inputFiles(store, checked.input);
  await assertNoResults(store, checked);
  const { count, bytes } = await checkRecords(store, checked, files);
  const run: Run = { ...checked, totalRecordCount: count };
  return { run, parts: await writeParts(store, run, files, bytes) };
}

async function inputFiles(store: ObjectStore, input: Place): Promise<ListedObject[]> {
  const listed = await store.list(input);
  const files = input.key === '' || input.key.endsWith('/')
    ? listed.filter(({ key }) => key.endsWith('.jsonl'))
    : listed.filter(({ key }) => key === input.key);
  if (files.length > 0) return files;
  throw new InvalidInput(complaint('input', uriOf(input), 'a folder with objects whose key ends with .jsonl, or one such object',
    listed.length === 0 ? 'There is no object; check bucket and prefix' : `None of the ${listed.length} objects there has such a key`));
}

/** The size of all records together. */
interface Size {
  readonly count: number;
  readonly bytes: number;
}

/** Checks every line. */
async function checkRecords(store: ObjectStore, { input, engine, onDemand }: Omit<Run, 'totalRecordCount'>, files: ListedObject[]): Promise<Size> {
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
      const parsed = parseInput(line);
      const recordId = typeof parsed === 'string' ? undefined : parsed.recordId ?? generatedId(index);
      const first = recordId === undefined ? undefined : seen.get(recordId);
      if (typeof parsed !== 'string' && first === undefined) {
        seen.set(recordId!, index);
        bytes += sizeOf(parsed.recordId === undefined ? withRecordId(line, recordId!) : line);
        continue;
      }
      if (++bad > SHOWN_LINES) continue;
      problems.push(`Line ${lineOf(index)} ${typeof parsed === 'string' ? parsed : `has the recordId ${JSON.stringify(recordId)} of line ${lineOf(first!)}. `
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
      'Add records, or let fewer go to InvokeModel, which needs the invocation type InvokeModel'));
  }
  return { count: seen.size, bytes };
}

/** Writes parts of about the same number of records. */
async function writeParts(store: ObjectStore, run: Run, files: ListedObject[], totalBytes: number): Promise<Part[]> {
  const fewest = Math.max(Math.ceil(run.totalRecordCount / MAX_PART_RECORDS), Math.ceil(totalBytes / MAX_PART_BYTES));
  const recordsPerPart = Math.ceil(run.totalRecordCount / fewest);
  const records = new Lookahead(inputRecords(store, run.input, files));
  const parts: Part[] = [];
  let [countLeft, bytesLeft] = [run.totalRecordCount, totalBytes];
  while (await records.peek()) {
    const number = parts.length + 1;
    if (number > MAX_PARTS) {
      throw new InvalidInput(complaint('input', uriOf(run.input), `at most ${MAX_PARTS} parts of ${MAX_PART_RECORDS} records or ${MAX_PART_BYTES} bytes`,
        'Start several executions, each with a part of the input'));
    }
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
  return Promise.all(parts.map(async part => fitted(store, run, part)));
}

function sizeOf(line: string): number {
  return Buffer.byteLength(line) + 1;
}

/** A part with the engine that can take it. */
async function fitted(store: ObjectStore, run: Run, part: Part): Promise<Part> {
  const engine = engineFor(run, part.recordCount);
  if (engine === part.engine) return part;
  if (engine === 'none') {
    throw new InvalidInput(complaint('input', `a part of ${part.recordCount} records`, `one of at least ${MIN_JOB_RECORDS} records of together at most ${MAX_PART_BYTES} bytes`,
      'Start an execution for the large records, or let them go to InvokeModel, which needs the invocation type InvokeModel'));
  }
  const records: InputRecord[] = [];
  for await (const line of store.lines({ ...run.output, key: part.inputKey })) records.push({ recordId: JSON.parse(line).recordId, line });
  await writeRound(store, run, part, engine, asyncOf(records), ({ line }) => isLarge(line));
  return { ...part, engine };
}

function newPart(places: ReturnType<typeof placesOf>, number: number, recordCount: number, engine: Part['engine']): Part {
  const nothingYet = { successRecordCount: 0, errorRecordCount: 0, inputTokenCount: 0, outputTokenCount: 0, files: [], jobs: 0, mapRuns: 0 };
  return { ...places, number, round: 0, engine, recordCount, ...nothingYet };
}

/** The lines of a file, without the byte order mark that some editors write. */
async function* inputLines(store: ObjectStore, input: Place, { key, etag }: ListedObject): AsyncIterable<string> {
  let isFirst = true;
  for await (const line of store.lines({ ...input, key }, etag)) {
    yield isFirst ? line.replace(/^\uFEFF/, '') : line;
    isFirst = false;
  }
}

async function* inputRecords(store: ObjectStore, input: Place, files: ListedObject[]): AsyncIterable<InputRecord> {
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

function generatedId(index: number): string {
  return `record-${String(index + 1).padStart(10, '0')}`;
}

async function* asyncOf<T>(items: T[]): AsyncIterable<T> {
  yield* items;
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
