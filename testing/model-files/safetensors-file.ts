import { createHash } from 'node:crypto';
import type { SparseFile } from './model-files';

/** The shapes of tensors by name. */
export type Shapes = { readonly [name: string]: readonly number[] };

/** The largest absolute value of a weight. */
const INITIALIZER_RANGE = 0.02;
const BYTES: Readonly<Record<string, number>> = { BF16: 2, F16: 2, F32: 4, U8: 1, I8: 1, F8_E4M3: 1, I32: 4 };

/** A file as the safetensors library writes it. Deterministic: the weights depend only on the seed. */
export function safetensorsFile(shapes: Shapes, { seed = 1, dtype = 'BF16', dtypes = {} }: {
  readonly seed?: number;
  readonly dtype?: string;
  /** The types of tensors that have another one. */
  readonly dtypes?: Readonly<Record<string, string>>;
} = {}): Uint8Array {
  const header: [string, unknown][] = [['__metadata__', { format: 'pt' }]];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const type = Object.hasOwn(dtypes, name) ? dtypes[name] : dtype;
    const count = elements(shape);
    const tensor = type === 'BF16' ? bfloat16(count, `${seed}/${name}`) : Buffer.alloc(count * BYTES[type]);
    header.push([name, { dtype: type, shape, data_offsets: [offset, offset + tensor.length] }]);
    data.push(tensor);
    offset += tensor.length;
  }
  return withHeader(Object.fromEntries(header), Buffer.concat(data));
}

/** A file of any size that has only its header. */
export function sparseSafetensors(shapes: Shapes, dtype = 'BF16'): SparseFile {
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const size = elements(shape) * BYTES[dtype];
    header[name] = { dtype, shape, data_offsets: [offset, offset + size] };
    offset += size;
  }
  const start = withHeader(header);
  return { start, size: start.length + offset };
}

/** A file with any header: length of the header, header, data. @see https://github.com/huggingface/safetensors#format */
export function withHeader(header: unknown, data: Uint8Array = new Uint8Array()): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const padding = Buffer.alloc((8 - text.length % 8) % 8, ' '); // aligns the data
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length + padding.length));
  return Buffer.concat([length, text, padding, data]);
}

/** A file that begins with any length. */
export function withLength(length: bigint, rest: Uint8Array): Uint8Array {
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(length);
  return Buffer.concat([start, rest]);
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Uniformly distributed in ±INITIALIZER_RANGE. A bfloat16 is the upper half of a float32. */
function bfloat16(count: number, seed: string): Buffer {
  const noise = createHash('shake256', { outputLength: count * 2 }).update(seed).digest();
  const tensor = Buffer.alloc(count * 2);
  const float32 = Buffer.alloc(4);
  for (let i = 0; i < count; i++) {
    float32.writeFloatLE((noise.readUInt16LE(i * 2) / 65535 * 2 - 1) * INITIALIZER_RANGE);
    float32.copy(tensor, i * 2, 2);
  }
  return tensor;
}
