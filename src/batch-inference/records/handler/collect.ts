import { type Outcome, outcomesOf, TOO_LARGE, tokensOf } from './engine-output';
import type { ObjectStore } from './object-store';
import { type InputRecord, isReference, readRecords, type RecordError, textOf } from './records';
import { engineFor, isLarge, nameOf, placesOf, writeRound } from './rounds';
import type { CollectRequest, CollectResponse, Ending, Part, Place, Run } from '../../contract';
import { JOB_STATUSES } from '../../job-statuses';
import { MAX_FAILURE_BYTES } from '../../library-limits';

/** The error of a record that the engine has not processed. */
const NOT_PROCESSED: RecordError = { errorCode: 0, errorMessage: 'The record was not processed' };

/**
 * The state after an engine has ended: writes the results of the round, and the records without a result for the next round, or as errors if there
 * is none. Every record of the input has exactly one line in the results, whatever the engines have written.
 */
export async function collect(store: ObjectStore, { run, part, ending, time }: CollectRequest): Promise<CollectResponse> {
  const input: Place = { ...run.output, key: part.inputKey };
  // A record is here until it has a result; with its error, if it has one.
  const pending = new Map<string, RecordError>();
  for await (const { recordId } of readRecords(store, input)) pending.set(recordId, NOT_PROCESSED);
  const count = pending.size;

  const results = `${nameOf(part.number)}-${part.round}.jsonl`;
  const written = await writeUnlessEmpty(store, resultsOf(run, results), successes(outcomesOf(store, run, part, ending), pending));
  const tokens = await tokensOf(store, run, part, ending);

  const engine = pending.size === 0 ? 'none' : nextEngine(run, part, ending, pending.size, time);
  const next: Part = {
    ...part,
    engine,
    round: part.round + 1,
    ...placesOf(run, part.number, part.round + 1),
    recordCount: pending.size,
    successRecordCount: part.successRecordCount + count - pending.size,
    inputTokenCount: part.inputTokenCount + tokens.inputTokenCount,
    outputTokenCount: part.outputTokenCount + tokens.outputTokenCount,
    files: [...part.files, ...written ? [results] : []],
    jobs: part.jobs + (ending.engine === 'job' && ending.jobArn !== '' ? 1 : 0),
    mapRuns: part.mapRuns + (ending.engine === 'map' ? 1 : 0),
    failure: failureOf(ending),
  };
  if (engine !== 'none') {
    const isTooLarge = ({ recordId, line }: InputRecord) => isLarge(line) || pending.get(recordId)?.errorCode === TOO_LARGE;
    await writeRound(store, run, next, engine, stillPending(store, input, pending), isTooLarge);
    return { run, part: next };
  }
  const errors = `${nameOf(part.number)}-errors.jsonl`;
  const failed = await writeUnlessEmpty(store, resultsOf(run, errors), errorLines(store, input, pending));
  return { run, part: { ...next, errorRecordCount: pending.size, files: [...next.files, ...failed ? [errors] : []] } };
}

function resultsOf({ output, results }: Run, name: string): Place {
  return { ...output, key: `${results}${name}` };
}

/** The engine of the next round. `none`: the records without a result are errors. */
function nextEngine(run: Run, part: Part, ending: Ending, count: number, time: string): Part['engine'] {
  const mayRetry = part.round < run.retryRounds;
  if (ending.engine === 'map') return mayRetry ? 'map' : 'none';
  if (!isStoppedByDeadline(ending) && JOB_STATUSES[ending.state.Status] !== 'retry') return 'none';
  // The records cannot wait for another job. This is no retry, so it is not limited like one.
  if (ending.stopped || Date.parse(time) >= Date.parse(run.deadline)) return run.onDemand ? 'map' : 'none';
  return mayRetry ? engineFor(run, count) : 'none';
}

/** Why the execution fails, if the job did not serve its input; otherwise empty. */
function failureOf(ending: Ending): string {
  if (ending.engine === 'map' || isStoppedByDeadline(ending)) return '';
  const { Status, Message } = ending.state;
  const route = JOB_STATUSES[Status];
  if (route === 'retry') return '';
  const unknown = route ? '' : ', which this version does not know, so it may still run';
  return shortened(`The job ${ending.jobArn} has the status ${Status}${unknown}${Message ? `: ${Message}` : ''}`);
}

/** A message that fits the state of the execution, which has one for each part. */
function shortened(message: string): string {
  const bytesOf = (text: string) => Buffer.byteLength(JSON.stringify(text));
  if (bytesOf(message) <= MAX_FAILURE_BYTES) return message;
  let start = message;
  while (bytesOf(`${start}...`) > MAX_FAILURE_BYTES) start = start.slice(0, -10);
  return `${start}...`;
}

function isStoppedByDeadline(ending: Ending): boolean {
  return ending.engine === 'job' && ending.stopped && ending.state.Status === 'Stopped';
}

/** The lines of successful records. Removes them from the pending ones, and notes the errors of the others. */
async function* successes(outcomes: AsyncIterable<Outcome>, pending: Map<string, RecordError>): AsyncIterable<string> {
  for await (const outcome of outcomes) {
    if (!pending.has(outcome.recordId)) continue; // a second line for a record, or a line for a record of another part
    if ('error' in outcome) {
      pending.set(outcome.recordId, outcome.error);
    } else {
      pending.delete(outcome.recordId);
      yield outcome.line;
    }
  }
}

async function* stillPending(store: ObjectStore, input: Place, pending: ReadonlyMap<string, RecordError>): AsyncIterable<InputRecord> {
  for await (const record of readRecords(store, input)) {
    if (pending.has(record.recordId)) yield record;
  }
}

async function* errorLines(store: ObjectStore, input: Place, pending: ReadonlyMap<string, RecordError>): AsyncIterable<string> {
  for await (const { recordId, line } of stillPending(store, input, pending)) {
    const record = JSON.parse(line);
    const whole = isReference(record) ? `{"recordId":${JSON.stringify(recordId)},"modelInput":${await textOf(store, input, record.modelInputUri)}}` : line.trimEnd();
    yield `${whole.slice(0, -1)},"error":${JSON.stringify(pending.get(recordId))}}`;
  }
}

/** Writes an object, unless there is no line. Returns whether it was written. */
async function writeUnlessEmpty(store: ObjectStore, place: Place, lines: AsyncIterable<string>): Promise<boolean> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return false;
  await store.writeLines(place, (async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  })());
  return true;
}
