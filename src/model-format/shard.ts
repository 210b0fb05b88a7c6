import { isLfsPointer } from './json-object';
import { headerLength, LENGTH_BYTES, parseHeader, type Tensor, type Unreadable } from './safetensors-header';
import { shorten } from './wording';

/**
 * The bytes that are read first of each shard. Headers have about 100 bytes per tensor, so that one read has all of most headers; those of models
 * with many experts need a second one.
 */
export const FIRST_READ_BYTES = 65_536;

/** What the rules know of a safetensors file. Small, so that the headers of a model with hundreds of shards are not in memory together. */
export interface Shard {
  readonly file: string;
  /** Why the file cannot be read; completes "The file ...". */
  readonly problem?: string;
  /** Whether only this check does not understand the file: it may be valid. */
  readonly mayBeValid?: true;
  /** The bytes of the tensors of each type. */
  readonly bytesOf: ReadonlyMap<string, number>;
  /** The matrix of the input tokens. */
  readonly embedding?: Tensor;
  /** A tensor that shows that the weights are quantized. */
  readonly quantized?: Tensor;
  /** The tensors that the index has in this file, and the file does not. */
  readonly absent: Names;
  /** The tensors that the file has, and the index does not have in this file. */
  readonly unlisted: Names;
}

/** A number of names, and the first of them. */
export interface Names {
  readonly count: number;
  readonly first?: string;
}

const NONE: Names = { count: 0 };
/** The names that Llama, T5 and GPTBigCode, and those like them, have for the matrix of the input tokens. */
const EMBEDDING = /(^|\.)(embed_tokens|shared|wte)\.weight$/;
/** What GPTQ, AWQ, bitsandbytes, compressed-tensors and MXFP4 call their tensors. */
const QUANTIZED_NAME = /\.(qweight|qzeros|weight_packed|weight_scale(_inv)?|absmax|quant_map)$|_(blocks|scales)$/;
const QUANTIZED_DTYPE = /^(F8|F6|F4|U8$|I8$)/;
/** Older checkpoints contain their causal mask as bytes. */
const MASK = /\.(bias|masked_bias)$/;

/** Reads the header of a shard with one or two calls. `listed` are its tensors by the index, if there is one. */
export async function readShard(
  file: string, size: number, listed: ReadonlySet<string> | undefined, read: (start: number, end: number) => Promise<Uint8Array>,
): Promise<Shard> {
  if (size === 0) return unreadable(file, { problem: 'is empty' });
  const first = await read(0, Math.min(FIRST_READ_BYTES, size));
  if (isLfsPointer(first)) return unreadable(file, { problem: 'is a pointer of Git LFS, not the file itself' });
  const length = headerLength(first, size);
  if (typeof length !== 'number') return unreadable(file, length);
  const end = LENGTH_BYTES + length;
  const header = parseHeader(end <= first.length ? first : concat(first, await read(first.length, end)), size);
  return 'problem' in header ? unreadable(file, header) : summarize(file, header.tensors, listed);
}

function summarize(file: string, tensors: readonly Tensor[], listed: ReadonlySet<string> | undefined): Shard {
  const bytesOf = new Map<string, number>();
  for (const { dtype, begin, end } of tensors) bytesOf.set(dtype, (bytesOf.get(dtype) ?? 0) + end - begin);
  const names = new Set(tensors.map(({ name }) => name));
  return {
    file,
    bytesOf,
    embedding: tensors.find(({ name, shape }) => EMBEDDING.test(name) && shape.length === 2),
    quantized: tensors.find(({ name, dtype }) => QUANTIZED_NAME.test(name) || (QUANTIZED_DTYPE.test(dtype) && !MASK.test(name))),
    absent: listed ? namesOf([...listed].filter(name => !names.has(name))) : NONE,
    unlisted: listed ? namesOf([...names].filter(name => !listed.has(name))) : NONE,
  };
}

function unreadable(file: string, reason: Unreadable): Shard {
  return { file, ...reason, bytesOf: new Map(), absent: NONE, unlisted: NONE };
}

function namesOf([first, ...others]: readonly string[]): Names {
  return first === undefined ? NONE : { count: 1 + others.length, first: shorten(first) };
}

function concat(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}
