import { show } from './wording';

/**
 * The header of a safetensors file: 8 bytes with its length, then JSON with the name, the type, the shape and the place of every tensor.
 * A file that `parseHeader` refuses, the safetensors library refuses as well, unless it is only not understood here. The reverse is true but for
 * forms of JSON that no writer uses, such as a size of 1.0.
 *
 * @see https://huggingface.co/docs/safetensors/index#format
 */

/** The bytes of a file that say how long its header is. */
export const LENGTH_BYTES = 8;

/**
 * The longest header that is read, as in `@huggingface/hub`. The header of a large model has less than 1 MB per shard; the limit keeps a damaged
 * length from being downloaded.
 */
export const MAX_HEADER_BYTES = 25_000_000;

/** The longest header that the safetensors library itself reads. */
const MAX_VALID_HEADER_BYTES = 100_000_000;

/** The bits of an element of each type that safetensors has. */
const BITS: ReadonlyMap<string, number> = new Map([
  ['BOOL', 8], ['U8', 8], ['I8', 8], ['F8_E5M2', 8], ['F8_E4M3', 8], ['F8_E8M0', 8], ['F8_E4M3FNUZ', 8], ['F8_E5M2FNUZ', 8],
  ['F4', 4], ['F6_E2M3', 6], ['F6_E3M2', 6],
  ['I16', 16], ['U16', 16], ['F16', 16], ['BF16', 16],
  ['I32', 32], ['U32', 32], ['F32', 32],
  ['I64', 64], ['U64', 64], ['F64', 64], ['C64', 64],
]);

/** A tensor of a safetensors file. */
export interface Tensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The place of its data, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/** Why nothing is known about the tensors of a file. */
export interface Unreadable {
  /** Completes "The file ...". */
  readonly problem: string;
  /** Whether only this check does not understand the file: it may be valid. */
  readonly mayBeValid?: true;
}

/** The tensors of a header in the order of their data, or the reason why the file cannot be read. */
export type Header = { readonly tensors: readonly Tensor[] } | Unreadable;

/** The length of the header that a file begins with, or the reason why it cannot be one. `start` is the first 8 bytes of the file, or more. */
export function headerLength(start: Uint8Array, fileSize: number): number | Unreadable {
  if (fileSize < LENGTH_BYTES || start.length < LENGTH_BYTES) return { problem: `has ${fileSize} bytes, too few for a safetensors file` };
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  // Compared as bigint: a number would round a length of 2^63.
  if (length > BigInt(fileSize - LENGTH_BYTES)) {
    return { problem: `begins with a header length of ${length}, but has only ${fileSize} bytes: it is truncated, or not a safetensors file` };
  }
  if (length > BigInt(MAX_VALID_HEADER_BYTES)) {
    return { problem: `has a header of ${length} bytes, but safetensors has at most ${MAX_VALID_HEADER_BYTES}` };
  }
  if (length > BigInt(MAX_HEADER_BYTES)) {
    return { problem: `has a header of ${length} bytes. It was not read: this check reads headers of up to 25 MB`, mayBeValid: true };
  }
  if (length < 2n) return { problem: `has a header length of ${length}, but a header is at least {}` };
  return Number(length);
}

/** Reads the header of a file. `start` is the beginning of the file: at least the 8 bytes of the length and the header. */
export function parseHeader(start: Uint8Array, fileSize: number): Header {
  const length = headerLength(start, fileSize);
  if (typeof length !== 'number') return length;
  const end = LENGTH_BYTES + length;
  if (start.length < end) return { problem: `has a header of ${length} bytes, of which only ${start.length - LENGTH_BYTES} could be read` };
  const json = parseJson(start.subarray(LENGTH_BYTES, end));
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return { problem: 'has a header that is not a JSON object' };

  const tensors: Tensor[] = [];
  for (const [name, value] of Object.entries(json as Record<string, unknown>)) {
    if (name === '__metadata__') {
      if (!isMetadata(value)) return { problem: 'has a header whose __metadata__ is not an object of strings' };
      continue;
    }
    const tensor = tensorOf(name, value);
    if (typeof tensor === 'string') return { problem: tensor };
    tensors.push(tensor);
  }
  tensors.sort((one, other) => one.begin - other.begin || one.end - other.end);
  const problem = problemOfPlaces(tensors, fileSize - end);
  if (problem !== undefined) return { problem };
  const unknown = tensors.find(({ dtype }) => !BITS.has(dtype));
  return unknown === undefined ? { tensors } : {
    problem: `has the dtype ${show(unknown.dtype)} of the tensor ${show(unknown.name)}, which this check does not know`, mayBeValid: true,
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    // A byte order mark is kept, so that it is refused like any other character before the first brace.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function isMetadata(value: unknown): boolean {
  if (value === null) return true;
  return typeof value === 'object' && !Array.isArray(value) && Object.values(value).every(item => typeof item === 'string');
}

/** The tensor, or the reason why its entry cannot be read. */
function tensorOf(name: string, value: unknown): Tensor | string {
  const of = `of the tensor ${show(name)}`;
  const { dtype, shape, data_offsets: offsets } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof dtype !== 'string') return `has a header with an invalid dtype ${of}`;
  if (!isListOfSizes(shape)) return `has a header with an invalid shape ${of}`;
  if (!isListOfSizes(offsets) || offsets.length !== 2) return `has a header with invalid data_offsets ${of}`;
  const [begin, end] = offsets;
  const bits = BITS.get(dtype);
  // Also refuses a product that a number cannot hold.
  if (bits === undefined ? end < begin : (end - begin) * 8 !== shape.reduce((product, size) => product * size, bits)) {
    return `has a header whose data_offsets do not have the size of shape and dtype ${of}`;
  }
  return { name, dtype, shape, begin, end };
}

function isListOfSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && size >= 0);
}

/** The data must be covered without gaps and overlaps. */
function problemOfPlaces(tensors: readonly Tensor[], dataBytes: number): string | undefined {
  let covered = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== covered) return `has ${begin < covered ? 'overlapping data' : 'a gap in its data'} at the tensor ${show(name)}`;
    covered = end;
  }
  if (covered > dataBytes) return `is truncated: its tensors need ${covered} bytes after the header, but it has ${dataBytes}`;
  if (covered < dataBytes) return `has ${dataBytes - covered} bytes after its last tensor`;
  return undefined;
}
