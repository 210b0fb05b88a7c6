import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** The command, as npm makes it executable. */
export const COMMAND = resolve('assets/model-format/command/main/index.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a process in a directory, with an environment that has nothing of this machine. */
export async function run(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, command = COMMAND): Promise<Ended> {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => { output.stdout += chunk; });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => { output.stderr += chunk; });
  return new Promise((done, reject) => {
    child.once('error', reject).once('close', code => done({ code, ...output }));
  });
}

/** The last line of the report. */
export function conclusionOf({ stdout }: Ended): string | undefined {
  return stdout.trimEnd().split('\n').pop();
}
