import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from './command';
import { emulatorEnvironment } from './environment';
import { ProcessGuard } from './process-guard';

const START_SECONDS = 60;

export interface EmulatorProps {
  readonly guard: ProcessGuard;
  /** The Python executable of an environment with ministack. */
  readonly python: string;
  /** The directory for all files of the emulator. */
  readonly dir: string;
  readonly logFile: string;
  readonly bedrockEndpoint: string;
  readonly waitScale: number;
  readonly nodeOptions?: string;
}

/** Starts the emulator on a free loopback port. Returns its endpoint when it is healthy. */
export async function startEmulator({ guard, python, dir, logFile, ...settings }: EmulatorProps): Promise<string> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = guard.spawn(python, ['-m', 'ministack'], {
    cwd: dir,
    env: emulatorEnvironment({ port, dir, ...settings }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile);
  child.stdout!.pipe(log, { end: false });
  child.stderr!.pipe(log, { end: false });

  const deadline = Date.now() + START_SECONDS * 1000;
  while (!await isHealthy(endpoint)) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || Date.now() > deadline) {
      const what = ended ? `exited with code ${child.exitCode}` : `did not respond within ${START_SECONDS} s`;
      throw new Error(`the local AWS ${what}. The end of its log:\n\n${lastLines(await readFile(logFile, 'utf8'))}`);
    }
    await sleep(50);
  }
  return endpoint;
}

async function isHealthy(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
