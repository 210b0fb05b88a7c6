import { once } from 'node:events';
import type { ProcessGuard } from './process-guard';

export interface CommandResult {
  readonly code: number;
  /** Standard output and standard error, interleaved. */
  readonly output: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with every complete line of output. */
  readonly onLine?: (line: string) => void;
  readonly timeoutSeconds: number;
  /** Kills the program, which results in a nonzero exit code. @default - none */
  readonly signal?: AbortSignal;
}

/** Runs a program. Rejects if it cannot be started or times out. Any exit code is a result. */
export async function runCommand(guard: ProcessGuard, command: string, args: string[], options: CommandOptions): Promise<CommandResult> {
  const child = guard.spawn(command, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let line = '';
  const collect = (chunk: string) => {
    output += chunk;
    const lines = (line + chunk).split('\n');
    line = lines.pop()!;
    lines.forEach((complete) => options.onLine?.(complete));
  };
  child.stdout!.setEncoding('utf8').on('data', collect);
  child.stderr!.setEncoding('utf8').on('data', collect);

  const kill = () => guard.kill(child);
  options.signal?.addEventListener('abort', kill, { once: true });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, options.timeoutSeconds * 1000);
  try {
    const [code] = await once(child, 'close') as [number | null];
    if (late) throw new Error(`${command} ${args.join(' ')}\nwas not done in ${options.timeoutSeconds} s. The end of its output:\n\n${lastLines(output)}`);
    if (line) options.onLine?.(line);
    return { code: code ?? 1, output };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', kill);
  }
}

export function lastLines(text: string, count = 30): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
