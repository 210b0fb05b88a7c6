import * as fc from 'fast-check';
import { MAX_HEADER_BYTES, parseHeader } from '../../src/model-format';
import { safetensorsFile, withHeader, withLength } from '../../testing/model-files';
import { type FileToWrite, type Reading, safetensorsPackage } from '../../testing/model-files/safetensors/reference';

/**
 * The reader of headers against the real safetensors package 0.8.0: what the package writes must be read, and what it refuses must be refused.
 */
const SEED = 20_251_126;
const FILES_WRITTEN = 300;
const FILES_DAMAGED = 10_000;

/** The bits of an element of the types that the package can write. F4 is left out: the package doubles its last dimension. */
const BITS: Readonly<Record<string, number>> = {
  bool: 8,
  uint8: 8,
  int8: 8,
  int16: 16,
  uint16: 16,
  float16: 16,
  bfloat16: 16,
  int32: 32,
  uint32: 32,
  float32: 32,
  int64: 64,
  uint64: 64,
  float64: 64,
  complex64: 64,
  float8_e4m3fn: 8,
  float8_e5m2: 8,
  float8_e8m0fnu: 8,
  float8_e4m3fnuz: 8,
  float8_e5m2fnuz: 8,
};

const name = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('', '__proto__', 'constructor', 'toString', '0', '1e3', '\u0000', '\u2028', '"', '\\', 'model.layers.0.mlp.experts.1.up_proj.weight'),
).filter(text => text !== '__metadata__');
const fileToWrite: fc.Arbitrary<FileToWrite> = fc.record({
  tensors: fc.uniqueArray(
    fc.tuple(name, fc.constantFrom(...Object.keys(BITS)), fc.array(fc.nat(4), { maxLength: 4 })),
    { selector: ([text]) => text, maxLength: 12 },
  ).map(tensors => tensors.map(([text, dtype, shape]) => (
    { name: text, dtype, shape, bytes: shape.reduce((product, size) => product * size, BITS[dtype] / 8) }
  ))),
  metadata: fc.oneof(fc.constant(null), fc.dictionary(name, fc.string({ unit: 'grapheme' }))),
});

const tensor = (fields: object, dataBytes = 4) => withHeader({ a: { dtype: 'F16', shape: [2], data_offsets: [0, 4], ...fields } }, new Uint8Array(dataBytes));
const text = (header: string, dataBytes = 0) => withHeader(header, new Uint8Array(dataBytes));
const A = '"dtype":"F16","shape":[2],"data_offsets":[0,4]';
const two = (first: readonly [number, number], second: readonly [number, number], dataBytes: number) => withHeader({
  a: { dtype: 'U8', shape: [first[1] - first[0]], data_offsets: first }, b: { dtype: 'U8', shape: [second[1] - second[0]], data_offsets: second },
}, new Uint8Array(dataBytes));

/** Files that somebody could have made on purpose. */
const HOSTILE: Readonly<Record<string, Uint8Array>> = {
  'an empty file': new Uint8Array(),
  'seven bytes': new Uint8Array(7),
  'only a length': withLength(0n, new Uint8Array()),
  'a length of 0': withLength(0n, new Uint8Array(100)),
  'a length of 1': withLength(1n, Buffer.from('{}')),
  'a length of 2^63': withLength(2n ** 63n, Buffer.from('{}')),
  'a length of 2^64 - 1': withLength(2n ** 64n - 1n, Buffer.from('{}')),
  'a length of 2^53 + 1': withLength(2n ** 53n + 1n, Buffer.from('{}')),
  'a length of 100 MB': withLength(100_000_000n, Buffer.from('{}')),
  'a length of more than 100 MB': withLength(100_000_001n, Buffer.from('{}')),
  'a length that is greater than the file by one': withLength(3n, Buffer.from('{}')),
  'text': text('hello'),
  'a list': text('[]'),
  'null': text('null'),
  'a number': text('12'),
  'only spaces': text('        '),
  'a space before the brace': withLength(8n, Buffer.from(' {}     ')),
  'a line feed after the brace': withLength(8n, Buffer.from('{}\n\n\n\n\n\n')),
  'a tab after the brace': withLength(3n, Buffer.from('{}\t')),
  'a zero byte after the brace': withLength(3n, Buffer.from('{}\0')),
  'two objects': text('{}{}'),
  'a comma too many': text(`{"a":{${A}},}`, 4),
  'a comment': text(`{/**/"a":{${A}}}`, 4),
  'not a number': text('{"a":{"dtype":"F16","shape":[NaN],"data_offsets":[0,4]}}', 4),
  'a byte order mark': text('\uFEFF{}'),
  'text that is not UTF-8': withLength(4n, Buffer.from([0x7b, 0xff, 0x22, 0x7d])),
  'a name that is not UTF-8': withLength(BigInt(A.length + 8), Buffer.concat([Buffer.from('{"'), Buffer.from([0xc3]), Buffer.from(`":{${A}}}`), new Uint8Array(4)])),
  'a name with half of a surrogate pair': text(`{"\\ud800":{${A}}}`, 4),
  'nested lists': text(`${'['.repeat(2000)}${']'.repeat(2000)}`),
  'nested objects': text(`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`),
  'the same name twice': text(`{"a":{${A}},"a":{${A}}}`, 4),
  'the same name twice, with other data': text(`{"a":{${A}},"a":{"dtype":"F16","shape":[2],"data_offsets":[4,8]}}`, 8),
  'the same field twice': text(`{"a":{${A},"dtype":"F16"}}`, 4),
  'metadata twice': text('{"__metadata__":{"a":"b"},"__metadata__":{"a":"c"}}'),
  'the same metadata twice': text('{"__metadata__":{"a":"b","a":"c"}}'),
  'metadata that is null': text('{"__metadata__":null}'),
  'metadata that is a list': text('{"__metadata__":[]}'),
  'metadata with a number': text('{"__metadata__":{"a":1}}'),
  'metadata with an object': text('{"__metadata__":{"a":{}}}'),
  'another field': tensor({ note: 'x' }),
  'no dtype': tensor({ dtype: undefined }),
  'no shape': tensor({ shape: undefined }),
  'no offsets': tensor({ data_offsets: undefined }),
  'a tensor that is null': text('{"a":null}'),
  'a tensor that is a list': text('{"a":["F16",[2],[0,4]]}', 4),
  'an unknown dtype': tensor({ dtype: 'F128' }),
  'a dtype in small letters': tensor({ dtype: 'f16' }),
  'a dtype that is null': tensor({ dtype: null }),
  'a dtype that is an object': text('{"a":{"dtype":{"F16":null},"shape":[2],"data_offsets":[0,4]}}', 4),
  'four bits': tensor({ dtype: 'F4', shape: [8] }),
  'four bits, an odd number of them': tensor({ dtype: 'F4', shape: [7] }),
  'six bits': tensor({ dtype: 'F6_E2M3', shape: [4], data_offsets: [0, 3] }, 3),
  'a scalar': tensor({ shape: [], data_offsets: [0, 2] }, 2),
  'a scalar without data': tensor({ shape: [], data_offsets: [0, 0] }, 0),
  'a size of 0': tensor({ shape: [0, 7], data_offsets: [0, 0] }, 0),
  'a size of 0 beside one that is huge': tensor({ shape: [2 ** 53, 2 ** 53, 0], data_offsets: [0, 0] }, 0),
  'a size of 0 before one that is huge': text('{"a":{"dtype":"U8","shape":[0,18446744073709551615],"data_offsets":[0,0]}}'),
  'a negative size': tensor({ shape: [-2] }),
  'minus zero': text('{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}'),
  'a fraction': tensor({ shape: [2.5] }),
  'a size of 2.0': text('{"a":{"dtype":"F16","shape":[2.0],"data_offsets":[0,4]}}', 4),
  'a size of 2e0': text('{"a":{"dtype":"F16","shape":[2e0],"data_offsets":[0,4]}}', 4),
  'a size of "2"': tensor({ shape: ['2'] }),
  'a size of 2^64': text('{"a":{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,0]}}'),
  'a product that overflows to 4': text('{"a":{"dtype":"U8","shape":[4294967296,4294967296,4],"data_offsets":[0,4]}}', 4),
  'a product of sizes and bits that overflows': text('{"a":{"dtype":"U8","shape":[4611686018427387904],"data_offsets":[0,4611686018427387904]}}', 4),
  'a shape that is an object': tensor({ shape: { 0: 2 } }),
  'one offset': tensor({ data_offsets: [0] }),
  'three offsets': tensor({ data_offsets: [0, 4, 4] }),
  'descending offsets': tensor({ data_offsets: [4, 0] }),
  'descending offsets without data': tensor({ shape: [0], data_offsets: [4, 0] }),
  'negative offsets': tensor({ data_offsets: [-4, 0] }),
  'offsets of 2^63': text('{"a":{"dtype":"F16","shape":[2],"data_offsets":[9223372036854775808,9223372036854775812]}}', 4),
  'offsets that a number cannot tell apart': text('{"a":{"dtype":"U8","shape":[0],"data_offsets":[9007199254740992,9007199254740993]}}'),
  'a shape that needs more data': tensor({ shape: [3] }),
  'a shape that needs less data': tensor({ shape: [1] }),
  'a gap at the beginning': tensor({ data_offsets: [4, 8] }, 8),
  'a gap in the middle': two([0, 2], [3, 4], 4),
  'overlapping data': two([0, 3], [2, 4], 4),
  'the same data twice': two([0, 2], [0, 2], 2),
  'nothing inside of another tensor': two([0, 4], [2, 2], 4),
  'nothing at the end': two([0, 4], [4, 4], 4),
  'nothing after the end': two([0, 4], [8, 8], 4),
  'the tensors in another order': two([2, 4], [0, 2], 4),
  'missing data': tensor({}, 3),
  'trailing data': tensor({}, 5),
  'trailing data without a tensor': withHeader({}, new Uint8Array(1)),
  'no tensor': withHeader({}),
  'a header of 24 MB': withHeader({ __metadata__: { a: 'x'.repeat(24_000_000) } }),
  'a header of 26 MB': withHeader({ __metadata__: { a: 'x'.repeat(26_000_000) } }),
};

/** What the package reads and this library refuses, with the reason. No writer makes such a file. */
const REFUSED_ALL_THE_SAME: Readonly<Record<string, string>> = {
  'a header of 26 MB': `only ${MAX_HEADER_BYTES} bytes are read`,
  'a tensor that is a list': 'the format has objects; that the package also takes a list is an accident of its JSON library',
  'a dtype that is an object': 'the same accident',
  'a size of 0 before one that is huge': 'a number of JavaScript does not hold the size',
};

/** What the package refuses and this library reads, with the reason. No writer makes such a file, and neither does a broken transfer. */
const READ_ALL_THE_SAME: Readonly<Record<string, string>> = {
  'a name with half of a surrogate pair': 'a text of JavaScript can have it',
  'the same field twice': 'JSON.parse takes the last one',
  'metadata twice': 'JSON.parse takes the last one',
  'minus zero': 'JSON.parse reads 0',
  'a size of 2.0': 'JSON.parse reads 2',
  'a size of 2e0': 'JSON.parse reads 2',
};

const damaged = (): Uint8Array[] => {
  const files = [
    safetensorsFile({ a: [2, 3], b: [] }), safetensorsFile({ 'model.norm.weight': [4] }, { dtype: 'F32' }),
    withHeader({ __metadata__: { format: 'pt' }, first: { dtype: 'U8', shape: [2], data_offsets: [0, 2] }, second: { dtype: 'I8', shape: [0], data_offsets: [2, 2] } },
      new Uint8Array(2)),
  ];
  const change = fc.record({ place: fc.nat(), byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('0123456789,:[]{}"-.eE \n'))), kind: fc.nat(3) });
  return fc.sample(fc.tuple(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 3 })), { numRuns: FILES_DAMAGED, seed: SEED })
    .map(([file, changes]) => changes.reduce((content, { place, byte, kind }) => {
      const at = place % (content.length || 1);
      if (kind === 0) return Buffer.concat([content.subarray(0, at), Buffer.of(byte), content.subarray(at)]);
      if (kind === 1) return Buffer.concat([content.subarray(0, at), content.subarray(at + 1)]);
      return Buffer.concat([content.subarray(0, at), Buffer.of(byte), content.subarray(at + 1)]);
    }, Buffer.from(file)));
};

/** What this library reads, in the form of the package. */
function read(file: Uint8Array): Reading {
  const header = parseHeader(file, file.length);
  if ('problem' in header) return { error: header.problem };
  const data = file.subarray(8 + Number(Buffer.from(file).readBigUInt64LE()));
  return {
    tensors: header.tensors.map(({ name: called, dtype, shape, begin, end }) => (
      { name: called, dtype, shape: [...shape], bytes: end - begin, value: data[begin] ?? null })),
  };
}

/** In an order that does not depend on that of tensors without data. */
const comparable = (reading: Reading): unknown => 'error' in reading ? 'refused' : reading.tensors
  .map(({ bytes, value, ...others }) => JSON.stringify({ ...others, bytes, value: bytes === 0 ? null : value })).sort();

describe('the safetensors package', () => {
  const toWrite = fc.sample(fileToWrite, { numRuns: FILES_WRITTEN, seed: SEED });
  const toRead = [...Object.values(HOSTILE), ...damaged()];
  let results: Awaited<ReturnType<typeof safetensorsPackage>>;
  beforeAll(async () => {
    results = await safetensorsPackage(toWrite, toRead);
  }, 330_000);

  test('writes what is read: names, types, shapes and places', () => {
    expect(results.written.map(({ file }) => comparable(read(file)))).toEqual(results.written.map(({ reading }) => comparable(reading)));
  });

  test('writes what was asked for', () => {
    expect(results.written.map(({ reading }) => 'tensors' in reading && reading.tensors.map(({ name: called, shape, bytes }) => ({ name: called, shape, bytes }))
      .sort((one, other) => one.name < other.name ? -1 : 1)))
      .toEqual(toWrite.map(({ tensors }) => tensors.map(({ name: called, shape, bytes }) => ({ name: called, shape, bytes }))
        .sort((one, other) => one.name < other.name ? -1 : 1)));
  });

  test.each(Object.keys(HOSTILE).map((what, index) => [what, index] as const))('%s', (what, index) => {
    const [ours, theirs] = [read(toRead[index]), results.readings[index]];
    if (what in REFUSED_ALL_THE_SAME || what in READ_ALL_THE_SAME) {
      expect({ ours: 'error' in ours, theirs: 'error' in theirs }).toEqual({ ours: what in REFUSED_ALL_THE_SAME, theirs: what in READ_ALL_THE_SAME });
    } else {
      expect({ reading: comparable(ours), reasons: [ours, theirs] }).toEqual({ reading: comparable(theirs), reasons: [ours, theirs] });
    }
  });

  test('agrees on damaged files', () => {
    const differences = toRead.map((file, index) => ({ file: Buffer.from(file).toString('latin1'), ours: read(file), theirs: results.readings[index] }))
      .slice(Object.keys(HOSTILE).length)
      .filter(({ ours, theirs }) => JSON.stringify(comparable(ours)) !== JSON.stringify(comparable(theirs)));

    expect(differences).toEqual([]);
    expect(results.readings.filter(reading => 'tensors' in reading).length).toBeGreaterThan(250);
  });
});
