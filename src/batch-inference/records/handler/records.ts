import type { ObjectStore } from './object-store';
import { abbreviate } from '../../../shared/validation/complaint';
import type { Place } from '../../contract';

/** A line of the input, as `{"recordId": "...", "modelInput": {...}}`. */
export interface InputRecord {
  readonly recordId: string;
  readonly line: string;
}

/** A record that the state machine passes by reference, because a state could not hold it together with its response. */
export interface RecordReference {
  readonly recordId: string;
  readonly modelInputUri: string;
  readonly modelOutputUri: string;
}

/** Why a record has no output, in the form that Bedrock gives it. */
export interface RecordError {
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** Parses a line of the input. Returns a record without an id if the line has none, or what is wrong with the line. */
export function parseInput(line: string): { readonly recordId?: string } | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    // The message of the error would have a piece of the record, which may be confidential.
  }
  if (!isObject(parsed)) return 'must be a JSON object, as {"recordId": "...", "modelInput": {...}}. Write one record in each line';
  const { recordId, modelInput, ...others } = parsed;
  const [other] = Object.keys(others);
  if (other !== undefined) return `has the member ${abbreviate(JSON.stringify(other))}, but must have only recordId and modelInput. Remove it`;
  if (recordId !== undefined && (typeof recordId !== 'string' || recordId === '')) {
    return `has a recordId that must be a string of at least one character, and is ${recordId === '' ? 'empty' : typeof recordId}. Write it in quotation marks, or omit it`;
  }
  if (!isObject(modelInput)) return 'must have a modelInput that is a JSON object. Write there what InvokeModel takes as its body';
  return { recordId };
}

/** Adds an id to a line that has none. The line is not written anew, because a parsed number may be rounded. */
export function withRecordId(line: string, recordId: string): string {
  return `{"recordId":${JSON.stringify(recordId)},${line.trimStart().slice(1)}`;
}

/** Reads the records of a round. */
export async function* readRecords(store: ObjectStore, place: Place): AsyncIterable<InputRecord> {
  for await (const line of store.lines(place)) {
    if (line !== '') yield { recordId: (JSON.parse(line) as InputRecord).recordId, line };
  }
}

export function isReference(record: object): record is RecordReference {
  return 'modelInputUri' in record;
}

/** The place of an S3 URI. */
export function placeOf(uri: string): Place {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri) ?? [];
  if (bucket === undefined) throw new Error(`${uri} is no S3 URI`);
  return { bucket, key };
}

/** The JSON text behind a reference. */
export async function textOf(store: ObjectStore, output: Place, uri: string): Promise<string> {
  return store.text({ ...output, key: placeOf(uri).key });
}

export function isObject(value: unknown): value is { readonly [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
