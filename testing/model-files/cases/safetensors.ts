import type { Case, FailingCase } from './case';
import { add, damaged, LFS_POINTER, truncated, weights } from './variations';
import { withFields } from '../model-files';
import { INDEX, shardedModel, shardName } from '../models';
import { withHeader, withLength } from '../safetensors-file';

/** Damaged weights: models that break a rule. */
export const FAILING: readonly FailingCase[] = [
  {
    rule: 'invalid-safetensors',
    what: 'a truncated file',
    files: weights(truncated(-100)),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file is truncated: its tensors need 28960 bytes after the header, but it has 28860.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'a file cut within its header',
    files: weights(truncated(500)),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file begins with a header length of 2112, but has only 500 bytes: it is truncated, or not a safetensors file.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'bytes at the end',
    files: weights(Buffer.concat([truncated(Infinity), Buffer.alloc(3)])),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file has 3 bytes after its last tensor.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'an empty file',
    files: weights(''),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file is empty.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'four bytes',
    files: weights('abcd'),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file has 4 bytes, too few for a safetensors file.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'a pointer of Git LFS',
    files: weights(LFS_POINTER),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file is a pointer of Git LFS, not the file itself.',
      remedy: 'Run "git lfs pull" where the model was cloned, and upload the file again.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'a page of HTML',
    files: weights('<!doctype html><title>Access denied</title>'),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file begins with a header length of 8104636974849335612, but has only 43 bytes: it is truncated, or not a safetensors file.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'a length of 2^63',
    files: weights(withLength(2n ** 63n, Buffer.from('{}'))),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file begins with a header length of 9223372036854775808, but has only 10 bytes: it is truncated, or not a safetensors file.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'a length of 0',
    files: weights(withLength(0n, Buffer.from('{}'))),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file has a header length of 0, but a header is at least {}.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'a header of 26 MB',
    files: weights({ start: withLength(26_000_000n, Buffer.from('{')), size: 30_000_000 }),
    finds: [{
      severity: 'warning',
      file: 'model.safetensors',
      message: 'The file has a header of 26000000 bytes. It was not read: this check reads headers of up to 25 MB.',
      remedy: 'None needed, if the model loads.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'a header of 101 MB',
    files: weights({ start: withLength(101_000_000n, Buffer.from('{')), size: 200_000_000 }),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file has a header of 101000000 bytes, but safetensors has at most 100000000.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'a header that is not JSON',
    files: weights(withHeader('{"a": NaN}')),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file has a header that is not a JSON object.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'a header that is a list',
    files: weights(withHeader([])),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file has a header that is not a JSON object.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'metadata with a number',
    files: weights(withHeader({ __metadata__: { epoch: 1 } })),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file has a header whose __metadata__ is not an object of strings.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'an unknown type',
    files: weights(withHeader({ a: { dtype: 'F128', shape: [1], data_offsets: [0, 16] } }, new Uint8Array(16))),
    finds: [{
      severity: 'warning',
      file: 'model.safetensors',
      message: 'The file has the dtype "F128" of the tensor "a", which this check does not know.',
      remedy: 'None needed, if the model loads.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'an unknown type in two shards',
    files: add(Object.fromEntries([1, 2].map(shard => [shardName(shard, 2), withHeader(
      { [`${shard}`]: { dtype: 'F128', shape: [1], data_offsets: [0, 16] } }, new Uint8Array(16),
    )])), withFields(shardedModel(2), INDEX, { weight_map: { 1: shardName(1, 2), 2: shardName(2, 2) } })),
    finds: [{
      severity: 'warning',
      file: 'model-00001-of-00002.safetensors',
      message: 'The file has the dtype "F128" of the tensor "1", which this check does not know. It is similar with '
        + 'model-00002-of-00002.safetensors.',
      remedy: 'None needed, if the model loads.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'an unknown type in a truncated file',
    files: weights(withHeader({ a: { dtype: 'F128', shape: [1], data_offsets: [0, 16] } }, new Uint8Array(15))),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file is truncated: its tensors need 16 bytes after the header, but it has 15.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'a negative size',
    files: weights(withHeader({ a: { dtype: 'F16', shape: [-1], data_offsets: [0, 2] } }, new Uint8Array(2))),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file has a header with an invalid shape of the tensor "a".',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'a single offset',
    files: weights(withHeader({ a: { dtype: 'F16', shape: [1], data_offsets: [0] } }, new Uint8Array(2))),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file has a header with invalid data_offsets of the tensor "a".',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'overlapping tensors',
    files: weights(withHeader({
      a: { dtype: 'F16', shape: [2], data_offsets: [0, 4] },
      b: { dtype: 'F16', shape: [1], data_offsets: [2, 4] },
    }, new Uint8Array(4))),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file has overlapping data at the tensor "b".',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'a gap, and a tensor with the name of a prototype',
    files: weights(withHeader('{"__proto__": {"dtype": "F16", "shape": [1], "data_offsets": [2, 4]}}', new Uint8Array(4))),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file has a gap in its data at the tensor "__proto__".',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'offsets that do not fit the shape',
    files: weights(withHeader({ a: { dtype: 'BF16', shape: [2, 2], data_offsets: [0, 6] } }, new Uint8Array(6))),
    finds: [{
      severity: 'error',
      file: 'model.safetensors',
      message: 'The file has a header whose data_offsets do not have the size of shape and dtype of the tensor "a".',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }],
  },
  {
    rule: 'invalid-safetensors',
    what: 'five damaged shards',
    files: damaged(shardedModel(6), 5),
    finds: [{
      severity: 'error',
      file: 'model-00001-of-00006.safetensors',
      message: 'The file is truncated: its tensors need 16544 bytes after the header, but it has 16543.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }, {
      severity: 'error',
      file: 'model-00002-of-00006.safetensors',
      message: 'The file is truncated: its tensors need 4640 bytes after the header, but it has 4639.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }, {
      severity: 'error',
      file: 'model-00003-of-00006.safetensors',
      message: 'The file is truncated: its tensors need 800 bytes after the header, but it has 799.',
      remedy: 'Upload it again, and compare its size with that of the original.',
    }, {
      severity: 'error',
      file: 'model-00004-of-00006.safetensors',
      message: '2 more files cannot be read: model-00004-of-00006.safetensors and model-00005-of-00006.safetensors.',
      remedy: 'Upload all of them again, and compare their sizes with those of the original.',
    }],
  },
];

/** Models that come close to it. */
export const PASSING: readonly Case[] = [
  {
    rule: 'invalid-safetensors',
    what: 'no metadata',
    files: weights(withHeader({ a: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] } }, new Uint8Array(2))),
  },
  {
    rule: 'invalid-safetensors',
    what: 'tensors in another order, a scalar and an empty one',
    files: weights(withHeader({
      b: { dtype: 'F16', shape: [2], data_offsets: [2, 6] },
      a: { dtype: 'BF16', shape: [], data_offsets: [0, 2] },
      c: { dtype: 'F32', shape: [0, 5], data_offsets: [2, 2] },
    }, new Uint8Array(6))),
  },
];
