import { inParallel } from './in-parallel';
import { type ObjectStore, uriOf } from './object-store';
import { type InputRecord, isReference } from './records';
import type { Engine, Part, Place, Run } from '../../contract';
import { MAX_INLINE_BYTES, MIN_JOB_RECORDS } from '../../library-limits';

/** The engine for a number of records. `none`: no engine can take them. */
export function engineFor(run: Pick<Run, 'engine' | 'onDemand'>, recordCount: number): Part['engine'] {
  if (run.engine === 'map' || recordCount >= MIN_JOB_RECORDS) return run.engine;
  return run.onDemand ? 'map' : 'none';
}

/** What the name of a round says: its input, its output, and its job. */
export function placesOf(run: Run, number: number, round: number): Pick<Part, 'inputKey' | 'outputPrefix' | 'outputUri' | 'jobName'> {
  const { output: { bucket }, work, jobNamePrefix, id } = run;
  const part = nameOf(number);
  const inputKey = `${work}${part}-${round}/input/${part}.jsonl`;
  const outputPrefix = `${work}${part}-${round}/output`;
  return {
    inputKey,
    outputPrefix,
    outputUri: uriOf({ bucket, key: `${outputPrefix}/` }),
    // The same in each attempt: if a response is lost, no second job is started.
    jobName: `${jobNamePrefix}-${id}-${part}-${round}`,
  };
}

/** The number of a part in names. */
export function nameOf(number: number): string {
  return String(number).padStart(4, '0');
}

/** The bytes of a line, with its end. */
export function sizeOf(line: string): number {
  return Buffer.byteLength(line) + 1;
}

/** Whether a record is too large for a state. */
export function isLarge(line: string): boolean {
  return sizeOf(line) > MAX_INLINE_BYTES;
}

/** Writes the records of a round. `large` are those that the state machine passes by reference to the map engine. */
export async function writeRound(
  store: ObjectStore, run: Run, part: Pick<Part, 'inputKey'>, engine: Engine, records: AsyncIterable<InputRecord>, large: (record: InputRecord) => boolean,
): Promise<void> {
  const { bucket, bucketOwner } = run.output;
  const input: Place = { bucket, bucketOwner, key: part.inputKey };
  await store.writeLines(input, engine === 'job' ? lines(records) : withReferences(store, input, records, large));
}

async function* lines(records: AsyncIterable<InputRecord>): AsyncIterable<string> {
  for await (const { line } of records) yield line;
}

function withReferences(
  store: ObjectStore, { key, ...bucket }: Place, records: AsyncIterable<InputRecord>, large: (record: InputRecord) => boolean,
): AsyncIterable<string> {
  let count = 0;
  return inParallel(records, async record => {
    if (!large(record)) return record.line;
    const parsed = JSON.parse(record.line);
    if (isReference(parsed)) return record.line;
    const place: Place = { ...bucket, key: key.replace(/input\/[^/]*$/, `large/${++count}`) };
    await store.writeText({ ...place, key: `${place.key}.json` }, JSON.stringify(parsed.modelInput));
    return JSON.stringify({ recordId: record.recordId, modelInputUri: `${uriOf(place)}.json`, modelOutputUri: `${uriOf(place)}.out.json` });
  });
}
