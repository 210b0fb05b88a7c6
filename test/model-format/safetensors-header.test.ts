import * as fc from 'fast-check';
import { headerLength, MAX_HEADER_BYTES, parseHeader } from '../../src/model-format';
import { safetensorsFile, withHeader, withLength } from '../../testing/model-files';

const problemOf = (start: Uint8Array, fileSize = start.length) => {
  const header = parseHeader(start, fileSize);
  return 'problem' in header ? header.problem : undefined;
};
const tensor = (fields: object, dataBytes = 4) => withHeader({ a: { dtype: 'F16', shape: [2], data_offsets: [0, 4], ...fields } }, new Uint8Array(dataBytes));

test('the tensors are in the order of their data', () => {
  const file = withHeader({
    __metadata__: { format: 'pt' },
    second: { dtype: 'F32', shape: [1, 2], data_offsets: [2, 10] },
    first: { dtype: 'BF16', shape: [], data_offsets: [0, 2], note: 'ignored' },
  }, new Uint8Array(10));

  expect(parseHeader(file, file.length)).toEqual({
    tensors: [
      { name: 'first', dtype: 'BF16', shape: [], begin: 0, end: 2 },
      { name: 'second', dtype: 'F32', shape: [1, 2], begin: 2, end: 10 },
    ],
  });
});

test('a part of the file is enough', () => {
  const file = safetensorsFile({ a: [1000], b: [2, 3] });
  const length = headerLength(file, file.length) as number;

  expect(parseHeader(file.subarray(0, 8 + length), file.length)).toEqual(parseHeader(file, file.length));
  expect(problemOf(file.subarray(0, 8 + length - 1), file.length)).toBe(`has a header of ${length} bytes, of which only ${length - 1} could be read`);
  expect(parseHeader(Buffer.concat([Buffer.alloc(3), file]).subarray(3), file.length)).toEqual(parseHeader(file, file.length));
});

test('a file without tensors is one', () => {
  expect(parseHeader(withHeader({}), 16)).toEqual({ tensors: [] });
  expect(parseHeader(withHeader({ __metadata__: null }), 32)).toEqual({ tensors: [] });
  expect(parseHeader(withLength(2n, Buffer.from('{}')), 10)).toEqual({ tensors: [] });
});

describe('the length', () => {
  test.each([
    [0n, 100, 'has a header length of 0, but a header is at least {}'],
    [1n, 100, 'has a header length of 1, but a header is at least {}'],
    [93n, 100, 'begins with a header length of 93, but has only 100 bytes: it is truncated, or not a safetensors file'],
    [2n ** 63n, 100, 'begins with a header length of 9223372036854775808, but has only 100 bytes: it is truncated, or not a safetensors file'],
    [2n ** 64n - 1n, 2 ** 53 - 1, 'begins with a header length of 18446744073709551615, but has only 9007199254740991 bytes: it is truncated, or not a safetensors file'],
    [100_000_001n, 1e9, 'has a header of 100000001 bytes, but safetensors has at most 100000000'],
  ])('%s in a file of %s bytes', (length, fileSize, problem) => {
    expect(headerLength(withLength(length, new Uint8Array()), fileSize)).toEqual({ problem });
  });

  test.each([[2n, 10], [92n, 100], [BigInt(MAX_HEADER_BYTES), 1e9]])('%s in a file of %s bytes is right', (length, fileSize) => {
    expect(headerLength(withLength(length, new Uint8Array()), fileSize)).toBe(Number(length));
  });

  test.each([25_000_001n, 100_000_000n])('%s may be right, and is not read', (length) => {
    expect(headerLength(withLength(length, new Uint8Array()), 1e9))
      .toEqual({ problem: `has a header of ${length} bytes. It was not read: this check reads headers of up to 25 MB`, mayBeValid: true });
  });

  test('needs 8 bytes', () => {
    expect(headerLength(new Uint8Array(7), 7)).toEqual({ problem: 'has 7 bytes, too few for a safetensors file' });
    expect(headerLength(new Uint8Array(3), 100)).toEqual({ problem: 'has 100 bytes, too few for a safetensors file' });
  });
});

describe('refused is', () => {
  test.each<[string, Uint8Array, string]>([
    ['text that is not UTF-8', withLength(4n, Buffer.from([0x7b, 0xff, 0x22, 0x7d])), 'has a header that is not a JSON object'],
    ['a byte order mark', withHeader('\uFEFF{}'), 'has a header that is not a JSON object'],
    ['null', withHeader('null'), 'has a header that is not a JSON object'],
    ['a text as metadata', withHeader({ __metadata__: 'x' }), 'has a header whose __metadata__ is not an object of strings'],
    ['a list as metadata', withHeader({ __metadata__: [] }), 'has a header whose __metadata__ is not an object of strings'],
    ['a tensor that is null', withHeader({ a: null }), 'has a header with an invalid dtype of the tensor "a"'],
    ['a type that is a list', tensor({ dtype: ['F16'] }), 'has a header with an invalid dtype of the tensor "a"'],
    [
      'descending offsets of an unknown type', tensor({ dtype: 'F7', data_offsets: [4, 0] }),
      'has a header whose data_offsets do not have the size of shape and dtype of the tensor "a"',
    ],
    ['a shape that is a number', tensor({ shape: 2 }), 'has a header with an invalid shape of the tensor "a"'],
    ['a fraction in a shape', tensor({ shape: [0.5] }), 'has a header with an invalid shape of the tensor "a"'],
    ['a text in a shape', tensor({ shape: ['2'] }), 'has a header with an invalid shape of the tensor "a"'],
    ['three offsets', tensor({ data_offsets: [0, 4, 4] }), 'has a header with invalid data_offsets of the tensor "a"'],
    ['a negative offset', tensor({ data_offsets: [-4, 0] }), 'has a header with invalid data_offsets of the tensor "a"'],
    ['descending offsets', tensor({ data_offsets: [4, 0] }), 'has a header whose data_offsets do not have the size of shape and dtype of the tensor "a"'],
    ['a shape of more bytes than a number holds', tensor({ shape: [2 ** 40, 2 ** 40] }), 'has a header whose data_offsets do not have the size of shape and dtype of the tensor "a"'],
    ['half a byte', tensor({ dtype: 'F4', shape: [1], data_offsets: [0, 1] }, 1), 'has a header whose data_offsets do not have the size of shape and dtype of the tensor "a"'],
    ['a gap at the beginning', tensor({ data_offsets: [2, 6] }, 6), 'has a gap in its data at the tensor "a"'],
    ['data that is missing', tensor({}, 3), 'is truncated: its tensors need 4 bytes after the header, but it has 3'],
    ['data that is left', tensor({}, 5), 'has 1 bytes after its last tensor'],
    ['data without a tensor', withHeader({}, new Uint8Array(2)), 'has 2 bytes after its last tensor'],
  ])('%s', (_, file, problem) => {
    expect(problemOf(file)).toBe(problem);
  });
});

test.each(['F7', 'f16', 'constructor'])('the type %s may be that of a later version', (dtype) => {
  const file = tensor({ dtype });

  expect(parseHeader(file, file.length))
    .toEqual({ problem: `has the dtype "${dtype}" of the tensor "a", which this check does not know`, mayBeValid: true });
});

test.each([
  ['BOOL', 1], ['U8', 1], ['I8', 1], ['F8_E5M2', 1], ['F8_E4M3', 1], ['F8_E8M0', 1], ['F8_E4M3FNUZ', 1], ['F8_E5M2FNUZ', 1], ['F4', 0.5], ['F6_E2M3', 0.75], ['F6_E3M2', 0.75],
  ['I16', 2], ['U16', 2], ['F16', 2], ['BF16', 2], ['I32', 4], ['U32', 4], ['F32', 4], ['I64', 8], ['U64', 8], ['F64', 8], ['C64', 8],
])('an element of %s has %s bytes', (dtype, bytes) => {
  expect(problemOf(tensor({ dtype, shape: [8], data_offsets: [0, 8 * bytes] }, 8 * bytes))).toBeUndefined();
  expect(problemOf(tensor({ dtype, shape: [8], data_offsets: [0, 8 * bytes + 1] }, 8 * bytes + 1))).toBeDefined();
});

test('any tensors that are written are read', () => {
  const shapes = fc.dictionary(fc.string({ minLength: 1 }).filter(name => name !== '__metadata__'), fc.array(fc.nat(5), { maxLength: 3 }), { maxKeys: 8 });
  fc.assert(fc.property(shapes, (tensors) => {
    const file = safetensorsFile(tensors);
    const header = parseHeader(file, file.length);

    expect('tensors' in header && Object.fromEntries(header.tensors.map(({ name, shape }) => [name, shape]))).toEqual(Object.fromEntries(Object.entries(tensors)));
  }));
});

test('any bytes are read or refused', () => {
  fc.assert(fc.property(fc.uint8Array(), fc.nat(), (bytes, fileSize) => {
    expect(['problem' in parseHeader(bytes, fileSize), 'tensors' in parseHeader(bytes, fileSize)].sort()).toEqual([false, true]);
  }));
});

test('a truncated file is refused, wherever it ends', () => {
  const file = safetensorsFile({ a: [3], b: [2] });
  for (let size = 0; size < file.length; size++) expect(problemOf(file.subarray(0, size))).toBeDefined();
});
