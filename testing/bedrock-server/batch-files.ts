import type { Behaviour } from './behaviour';
import type { BedrockError } from './errors';
import { isJsonObject, tokensOf, type JsonObject } from './inference';

/** A file by its path below the input or output folder of a job. */
export interface TextFile {
  readonly name: string;
  readonly body: string;
}

/** A record of the input with the result that the output has if the record is processed. */
export interface BatchRecord {
  readonly recordId: string;
  readonly modelInput: JsonObject;
  readonly result: { readonly modelOutput: JsonObject } | { readonly error: { readonly errorCode: number; readonly errorMessage: string } };
}

export interface RecordFile {
  readonly name: string;
  readonly records: readonly BatchRecord[];
}

/** The numbers of records of a job, with the names of the manifest and of the API. */
export interface RecordCounts {
  readonly totalRecordCount: number;
  readonly processedRecordCount: number;
  readonly successRecordCount: number;
  readonly errorRecordCount: number;
}

/** Makes the result of a record. */
export type Process = (recordId: string, modelInput: JsonObject) => BatchRecord['result'];

/** Reads the JSON Lines of a job. Throws a `RangeError` if a line is not a record. */
export function recordFiles(files: readonly TextFile[], process: Process, { batchBlankLine }: Behaviour): RecordFile[] {
  let number = 0;
  return files.map(({ name, body }) => ({
    name,
    records: body.replace(/\n$/, '').split('\n').filter((line) => line !== '' || batchBlankLine === 'invalid').map((line, index) => {
      number += 1;
      const { recordId = recordIdOf(number), modelInput } = recordIn(line, `${name}, line ${index + 1}`);
      return { recordId, modelInput, result: process(recordId, modelInput) };
    }),
  }));
}

const GENERATED_ID = /^CALL\d{7}$/;

/** The ID of a record that has none, in the format of the user guide: eleven letters and digits. */
export function recordIdOf(number: number): string {
  return `CALL${String(number).padStart(7, '0')}`;
}

/**
 * Makes the output of a job from the records that were processed: a file for each file of the input, and the manifest.
 *
 * The order of the records is not that of the input, because Bedrock does not guarantee it.
 */
export function outputFiles(
  files: readonly RecordFile[], counts: RecordCounts, isProcessed: (record: BatchRecord) => boolean, behaviour: Behaviour,
): TextFile[] {
  const processed = files.map(({ name, records }) => ({ name, records: records.filter(isProcessed).reverse() }));
  const succeeded = processed.flatMap(({ records }) => records.filter(isSuccess));
  const manifest = {
    ...counts,
    inputTokenCount: total(succeeded, ({ modelInput }) => modelInput),
    outputTokenCount: total(succeeded, ({ result }) => result),
  };
  return [
    ...processed.map(({ name, records }) => ({ name: `${nameOf(name, behaviour)}.out`, body: records.map((record) => lineOf(record, behaviour)).join('') })),
    { name: 'manifest.json.out', body: JSON.stringify(manifest) },
  ];
}

export function isSuccess({ result }: BatchRecord): boolean {
  return 'modelOutput' in result;
}

/** The error of a record in the output. */
export function failure(error: BedrockError): BatchRecord['result'] {
  return { error: { errorCode: error.statusCode, errorMessage: error.message } };
}

function nameOf(inputName: string, { batchSubfolders }: Behaviour): string {
  return batchSubfolders === 'kept' ? inputName : inputName.replace(/^.*\//, '');
}

function lineOf({ recordId, modelInput, result }: BatchRecord, { batchFailedRecord, batchMissingIds }: Behaviour): string {
  const record = { recordId: batchMissingIds === 'omitted' && GENERATED_ID.test(recordId) ? undefined : recordId, modelInput };
  if (!('error' in result) || batchFailedRecord === 'errorCode and errorMessage') return `${JSON.stringify({ ...record, ...result })}\n`;
  return batchFailedRecord === 'text' ? `${JSON.stringify({ ...record, error: result.error.errorMessage })}\n` : '';
}

function total(records: readonly BatchRecord[], part: (record: BatchRecord) => unknown): number {
  return records.reduce((sum, record) => sum + tokensOf(part(record)), 0);
}

function recordIn(line: string, place: string): { readonly recordId?: string; readonly modelInput: JsonObject } {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    throw new RangeError(`${place} is not valid JSON`);
  }
  if (!isJsonObject(record)) throw new RangeError(`${place} is not a JSON object`);
  const { recordId, modelInput } = record;
  if (recordId !== undefined && typeof recordId !== 'string') throw new RangeError(`${place}: recordId is not a string`);
  if (!isJsonObject(modelInput)) throw new RangeError(`${place} has no modelInput, or it is not a JSON object`);
  return { recordId, modelInput };
}
