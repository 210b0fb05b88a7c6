import { inParallel } from './in-parallel';
import type { ObjectStore } from './object-store';
import { isObject, isReference, type RecordError, textOf } from './records';
import type { Ending, Part, Place, Run } from '../../contract';

/** What an engine says about a record: the line of the results, or why there is none. */
export type Outcome = { readonly recordId: string } & ({ readonly line: string } | { readonly error: RecordError });

/** The error of a record whose response a state cannot hold. In the next round it goes by reference. */
export const TOO_LARGE = 413;

/** The HTTP status codes of the errors that the map engine records, which are those of the API reference of InvokeModel. */
const STATUS_CODES: { readonly [error: string]: number } = {
  'ValidationException': 400,
  'ModelErrorException': 424,
  'ModelTimeoutException': 408,
  'States.Timeout': 408,
  'States.DataLimitExceeded': TOO_LARGE,
};

/** Reads what an engine has written for a part. */
export function outcomesOf(store: ObjectStore, run: Run, part: Part, ending: Ending): AsyncIterable<Outcome> {
  return ending.engine === 'job' ? ofJob(store, run, folderOf(run, part, ending.jobArn)) : ofMap(store, run, ending.manifestKey);
}

type Tokens = Pick<Part, 'inputTokenCount' | 'outputTokenCount'>;

const NO_TOKENS: Tokens = { inputTokenCount: 0, outputTokenCount: 0 };

/** The tokens that a job has used. The map engine does not count them: each format of InvokeModel has other names for them. */
export async function tokensOf(store: ObjectStore, run: Run, part: Part, ending: Ending): Promise<Tokens> {
  if (ending.engine === 'map') return NO_TOKENS;
  const folder = folderOf(run, part, ending.jobArn);
  const manifest: Place = { ...folder, key: `${folder.key}manifest.json.out` };
  if ((await store.list(manifest)).length === 0) return NO_TOKENS;
  const { inputTokenCount = 0, outputTokenCount = 0 } = JSON.parse(await store.text(manifest)) as Partial<Tokens>;
  return { inputTokenCount, outputTokenCount };
}

/** Bedrock writes into a folder with the id of the job. */
function folderOf({ output }: Run, { outputPrefix }: Part, jobArn: string): Place {
  return { ...output, key: `${outputPrefix}/${jobArn.split('/').pop()}/` };
}

async function* ofJob(store: ObjectStore, { output }: Run, folder: Place): AsyncIterable<Outcome> {
  const files = await store.list(folder);
  for (const { key } of files.filter(file => file.key.endsWith('.jsonl.out'))) {
    for await (const line of store.lines({ ...output, key })) {
      const record = parsed(line) as JobResult | undefined;
      if (record?.error) yield { recordId: record.recordId, error: { errorCode: record.error.errorCode ?? 0, errorMessage: record.error.errorMessage ?? '' } };
      else if (record?.modelOutput !== undefined) yield { recordId: record.recordId, line };
    }
  }
}

/** A line of the results of a job. */
interface JobResult {
  readonly recordId: string;
  readonly modelOutput?: unknown;
  readonly error?: Partial<RecordError> | null;
}

/** A line that an engine has written. Undefined if it is no JSON, like the last line of a job that has been stopped: its record has no result then. */
function parsed(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The manifest of a map run. */
interface MapRunManifest {
  readonly ResultFiles: { readonly SUCCEEDED: { readonly Key: string }[] };
}

/** A line of the results of a map run: the record, and the result of its last state. */
interface MapResult {
  readonly recordId: string;
  readonly result?: { readonly modelOutput: unknown };
  readonly error?: { readonly Error: string; readonly Cause: string };
}

async function* ofMap(store: ObjectStore, { output }: Run, manifestKey: string): AsyncIterable<Outcome> {
  const manifest = JSON.parse(await store.text({ ...output, key: manifestKey })) as MapRunManifest;
  for (const { Key } of manifest.ResultFiles.SUCCEEDED) {
    const lines = store.lines({ ...output, key: Key });
    for await (const outcome of inParallel(lines, async line => outcomeOf(store, output, parsed(line) as MapResult | undefined))) {
      if (outcome) yield outcome;
    }
  }
}

async function outcomeOf(store: ObjectStore, output: Place, record: MapResult | undefined): Promise<Outcome | undefined> {
  if (!record) return undefined;
  const { recordId, result, error } = record;
  if (error) {
    const name = error.Error.replace(/^Bedrock(Runtime)?\./, '');
    return { recordId, error: { errorCode: STATUS_CODES[name] ?? 500, errorMessage: `${name}: ${error.Cause}` } };
  }
  if (isReference(record)) {
    const [modelInput, response] = await Promise.all([record.modelInputUri, record.modelOutputUri].map(async uri => textOf(store, output, uri)));
    if (!parsed(response)) return undefined;
    // A response may have line breaks between its members. Strings in JSON have none.
    const modelOutput = response.replace(/[\r\n]+/g, ' ');
    return { recordId, line: `{"recordId":${JSON.stringify(recordId)},"modelInput":${modelInput},"modelOutput":${modelOutput}}` };
  }
  const { modelInput } = record as unknown as { readonly modelInput: unknown };
  return isObject(result) ? { recordId, line: JSON.stringify({ recordId, modelInput, modelOutput: result.modelOutput }) } : undefined;
}
