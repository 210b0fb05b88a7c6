import { ChildProcess, spawn, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs until its standard input is closed, then kills all remaining process groups. The pipe closes however the parent exits
 * (return, exception, Ctrl-C, SIGKILL), so no started process outlives it.
 */
const WATCH = `
  const groups = new Set();
  require('node:readline').createInterface({ input: process.stdin })
    .on('line', (line) => line[0] === '+' ? groups.add(Number(line.slice(1))) : groups.delete(Number(line.slice(1))))
    .on('close', () => groups.forEach((group) => { try { process.kill(-group, 'SIGKILL'); } catch {} }));
`;

/** Starts programs, each in its own process group, and kills them with all their child processes. */
export class ProcessGuard {
  private readonly watch = spawn(process.execPath, ['-e', WATCH], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: {} });
  private readonly running = new Set<ChildProcess>();
  private stopped = false;

  constructor() {
    this.watch.unref();
    this.watch.on('error', () => {}); // only stop() kills processes then
    this.watch.stdin.on('error', () => {});
  }

  public spawn(command: string, args: string[], options: SpawnOptions): ChildProcess {
    if (this.stopped) throw new Error(`${command} is not started: everything is being stopped`);
    const child = spawn(command, args, { ...options, detached: true });
    if (child.pid !== undefined) {
      this.watch.stdin.write(`+${child.pid}\n`);
      this.running.add(child);
      child.once('exit', () => {
        this.kill(child); // remaining child processes
        this.running.delete(child);
        this.watch.stdin.write(`-${child.pid}\n`);
      });
    }
    return child;
  }

  /** Kills the program and everything in its process group. */
  public kill(child: ChildProcess): void {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // The group no longer exists.
    }
  }

  /** Kills all processes and prevents new ones. */
  public async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.running].map(async (child) => {
      const exit = once(child, 'exit');
      this.kill(child);
      await exit;
    }));
    this.watch.stdin.end();
  }
}
