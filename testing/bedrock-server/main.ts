/**
 * Runs the in-memory Bedrock as a process. Prints one line when it listens. Exits on SIGTERM or SIGINT.
 *
 *     tsx testing/bedrock-server/main.ts --port 0 --import-seconds 5
 */
import { parseArgs } from 'node:util';
import { behaviourOf } from './behaviour';
import { SystemClock, VirtualClock } from './clock';
import { S3Objects } from './objects';
import { startBedrockServer } from './server';

const { values } = parseArgs({
  options: {
    'port': { type: 'string', default: '0' },
    'account': { type: 'string' },
    'region': { type: 'string' },
    'import-seconds': { type: 'string', default: '960' },
    'role-seconds': { type: 'string', default: '0' },
    /** The duration of a batch inference job from its submission to its end. */
    'batch-seconds': { type: 'string', default: '180' },
    'min-records': { type: 'string', default: '100' },
    /** The endpoint of the S3 from which batch inference reads and to which it writes. Without it, a job has no input and output. */
    's3-endpoint': { type: 'string' },
    /** Accept any identifier of a model. */
    'any-model': { type: 'boolean', default: false },
    'idle-seconds': { type: 'string', default: '300' },
    'cold-start-seconds': { type: 'string', default: '30' },
    'copy-concurrency': { type: 'string', default: '2' },
    'invoke-latency-ms': { type: 'string', default: '0' },
    /** What differs from the assumptions of README.md: `name=value`, see behaviour.ts. */
    'behaviour': { type: 'string', multiple: true, default: [] },
    /** The factor by which time is faster than real time. */
    'speed': { type: 'string', default: '1' },
    /** Time advances only through the control API. */
    'virtual-clock': { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const importMs = number('import-seconds') * 1000;
  const quarter = number('batch-seconds') * 250;
  const durationsMs = { Submitted: quarter, Validating: quarter, Scheduled: quarter, InProgress: quarter, Stopping: quarter };
  const s3Endpoint = values['s3-endpoint'];
  const { url, close } = await startBedrockServer({
    port: number('port'),
    account: values.account,
    region: values.region,
    clock: values['virtual-clock'] ? new VirtualClock() : new SystemClock(number('speed')),
    rolePropagationMs: number('role-seconds') * 1000,
    planImport: () => ({ durationMs: importMs }),
    planInvocationJob: () => ({ durationsMs }),
    minRecords: number('min-records'),
    objects: s3Endpoint === undefined ? undefined : new S3Objects(s3Endpoint),
    behaviour: behaviourOf(values.behaviour),
    anyModel: values['any-model'],
    idleMs: number('idle-seconds') * 1000,
    coldStartMs: number('cold-start-seconds') * 1000,
    copyConcurrency: number('copy-concurrency'),
    invokeLatencyMs: number('invoke-latency-ms'),
  });
  console.log(`listening ${url}`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void close());
  }
}

type NumericOption = 'port' | 'speed' | `${string}-seconds` | 'min-records' | 'copy-concurrency' | 'invoke-latency-ms';

function number(option: NumericOption & keyof typeof values): number {
  const value = Number(values[option]);
  if (!(value >= 0)) throw new RangeError(`--${option} must be a number, not ${values[option]}`);
  return value;
}

main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
