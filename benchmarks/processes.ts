import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = join(__dirname, '..');

/** Runs Node.js in a process of its own, and reads the JSON that it prints. */
export async function measuredBy<T>(args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { PATH: process.env.PATH, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20', ...env },
    cwd: ROOT,
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout) as T;
}

/** Measures in turns, because the machine does other things as well: all names once, then all of them again. */
export async function inTurns<T>(names: readonly string[], turns: number, measure: (name: string) => Promise<T>): Promise<{ [name: string]: T[] }> {
  const all: { [name: string]: T[] } = Object.fromEntries(names.map(name => [name, []]));
  for (let turn = 0; turn < turns; turn++) {
    for (const name of names) all[name].push(await measure(name));
  }
  return all;
}

/** A folder that is deleted at the end. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'benchmark-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The files and bundles of a commit, with the packages of today. */
export function checkOut(commit: string, folder: string): string {
  const files = join(folder, commit);
  mkdirSync(files);
  execFileSync('tar', ['-x', '-C', files], { input: execFileSync('git', ['archive', commit], { cwd: ROOT, maxBuffer: 2 ** 28 }) });
  symlinkSync(join(ROOT, 'node_modules'), join(files, 'node_modules'));
  execFileSync(join(ROOT, 'node_modules/.bin/projen'), ['bundle'], { cwd: files, stdio: 'ignore' });
  return files;
}
