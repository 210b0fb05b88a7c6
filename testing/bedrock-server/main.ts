/**
 * Runs the in-memory Bedrock as a process. Prints one line when it listens. Exits on SIGTERM or SIGINT.
 *
 *     tsx testing/bedrock-server/main.ts --port 0 --import-seconds 5
 */
import { parseArgs } from 'node:util';
import { SystemClock, VirtualClock } from './clock';
import { startBedrockServer } from './server';

const { values } = parseArgs({
  options: {
    'port': { type: 'string', default: '0' },
    'account': { type: 'string' },
    'region': { type: 'string' },
    'import-seconds': { type: 'string', default: '960' },
    'role-seconds': { type: 'string', default: '0' },
    /** The factor by which time is faster than real time. */
    'speed': { type: 'string', default: '1' },
    /** Time advances only through the control API. */
    'virtual-clock': { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const importMs = number('import-seconds') * 1000;
  const { url, close } = await startBedrockServer({
    port: number('port'),
    account: values.account,
    region: values.region,
    clock: values['virtual-clock'] ? new VirtualClock() : new SystemClock(number('speed')),
    rolePropagationMs: number('role-seconds') * 1000,
    planImport: () => ({ durationMs: importMs }),
  });
  console.log(`listening ${url}`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void close());
  }
}

function number(option: 'port' | 'import-seconds' | 'role-seconds' | 'speed'): number {
  const value = Number(values[option]);
  if (!(value >= 0)) throw new RangeError(`--${option} must be a number, not ${values[option]}`);
  return value;
}

main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
