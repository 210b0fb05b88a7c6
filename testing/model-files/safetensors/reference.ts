import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../local-aws/command';
import { ProcessGuard } from '../../local-aws/process-guard';
import { pythonVenv } from '../../local-aws/python-venv';

const SECONDS = 60;

/** A file that the package is to write. All bytes of its tensor number n have the value n + 1. */
export interface FileToWrite {
  readonly tensors: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[]; readonly bytes: number }[];
  readonly metadata: Readonly<Record<string, string>> | null;
}

/** What the package reads. */
export type Reading = { readonly error: string } | {
  readonly tensors: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly number[];
    readonly bytes: number;
    /** The value of its bytes. Null if it has none. */
    readonly value: number | null;
  }[];
};

/** Writes and reads files with the real safetensors package: in one process, because to start Python takes longer than all files. */
export async function safetensorsPackage(write: readonly FileToWrite[], read: readonly Uint8Array[]): Promise<{
  readonly written: readonly { readonly file: Uint8Array; readonly reading: Reading }[];
  readonly readings: readonly Reading[];
}> {
  const guard = new ProcessGuard();
  const folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
  try {
    const python = await pythonVenv({ guard, requirements: 'requirements-safetensors.txt', log: () => {} });
    await writeFile(join(folder, 'cases.json'), JSON.stringify({ write, read: read.map(({ length }) => length) }));
    await writeFile(join(folder, 'read.bin'), Buffer.concat(read));
    const { code, output } = await runCommand(guard, python, [join(__dirname, 'reference.py'), folder], { env: process.env, timeoutSeconds: SECONDS });
    if (code !== 0) throw new Error(output);

    const results = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')) as {
      readonly written: readonly (Reading & { readonly size: number })[];
      readonly read: readonly Reading[];
    };
    const content = await readFile(join(folder, 'written.bin'));
    let start = 0;
    return {
      written: results.written.map(({ size, ...reading }) => ({ file: content.subarray(start, start += size), reading })),
      readings: results.read,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await guard.stop();
  }
}
