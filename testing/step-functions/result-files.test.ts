import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ENGINE = join(__dirname, 'engine');
const PROGRAM = `
import json, sys
import result_files
files, listing = result_files.encode(*json.load(sys.stdin), "runs/7")
print(json.dumps({"files": {key: body.decode() for key, body in files.items()}, "listing": listing}))
`;

interface Encoded {
  readonly files: Record<string, string>;
  readonly listing: Record<'FAILED' | 'PENDING' | 'SUCCEEDED', { Key: string; Size: number }[]>;
}

/** The result files of child executions. Only the standard library of Python is needed. */
function encode(results: [status: string, output: unknown][], config: object): Encoded {
  const described = results.map(([status, output], index) => [status, output, { Name: `child-${index}`, Status: status }]);
  const { stdout, stderr } = spawnSync('python3', ['-B', '-c', PROGRAM], { cwd: ENGINE, input: JSON.stringify([described, config]), encoding: 'utf8' });
  return stdout ? JSON.parse(stdout) as Encoded : fail(stderr);
}

function fail(reason: string): never {
  throw new Error(reason);
}

// The engine needs Python, but the other tests do not.
const testWithPython = spawnSync('python3', ['--version']).status === 0 ? test : test.skip;

testWithPython('flattened lines have the elements of arrays, and failures as they are', () => {
  const { files, listing } = encode(
    [['SUCCEEDED', [{ n: 1 }, { n: 2 }]], ['FAILED', null], ['SUCCEEDED', { n: 'ü' }], ['PENDING', null], ['ABORTED', null]],
    { OutputType: 'JSONL', Transformation: 'FLATTEN' },
  );

  expect(listing.SUCCEEDED.map(({ Key }) => files[Key]).join('')).toBe('{"n":1}\n{"n":2}\n{"n":"ü"}\n');
  expect(listing.FAILED.map(({ Key }) => files[Key]).join('')).toBe('{"Name":"child-1","Status":"FAILED"}\n{"Name":"child-4","Status":"ABORTED"}\n');
  expect(listing.PENDING).toEqual([{ Key: 'runs/7/PENDING_0.jsonl', Size: 38 }]);
  expect(listing.SUCCEEDED.map(({ Size }) => Size)).toEqual([8, 8, 11]);
});

testWithPython('compact results are one array per file', () => {
  const { files } = encode([['SUCCEEDED', [1, 2]]], { OutputType: 'JSON', Transformation: 'COMPACT' });

  expect(files).toEqual({ 'runs/7/SUCCEEDED_0.json': '[[1,2]]' });
});

testWithPython('results are descriptions of the children by default', () => {
  const { files } = encode([['SUCCEEDED', 1]], {});

  expect(files).toEqual({ 'runs/7/SUCCEEDED_0.json': '[{"Name":"child-0","Status":"SUCCEEDED"}]' });
});

testWithPython('a map without items has no files', () => {
  expect(encode([], { OutputType: 'JSONL' })).toEqual({ files: {}, listing: { FAILED: [], PENDING: [], SUCCEEDED: [] } });
});
