import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from '../local-aws/command';
import { ACCOUNT } from '../local-aws/environment';
import { assertLoopback } from '../local-aws/loopback';
import type { ProcessGuard } from '../local-aws/process-guard';
import { pythonVenv } from '../local-aws/python-venv';

const PROGRAM = join(__dirname, 'engine', 'main.py');
const START_SECONDS = 60;
const LOOK_MS = 50;

export interface StepFunctionsProps {
  readonly guard: ProcessGuard;
  /** The directory for all files of the engine. */
  readonly dir: string;
  /** The endpoint of S3 and Lambda. */
  readonly awsEndpoint: string;
  readonly bedrockEndpoint: string;
  /** The factor for waits and retry intervals. @default 1 */
  readonly waitScale?: number;
  /** The real time at which the clock of the engine is right: the `origin` of a shared `FastClock`. @default - now */
  readonly clockOrigin?: number;
  /** Logs progress. @default - no logging */
  readonly log?: (line: string) => void;
}

export interface Execution {
  readonly executionArn: string;
  readonly name: string;
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly redriveCount: number;
}

/** An event of a history, such as `{ id: 2, type: 'TaskStateEntered', stateEnteredEventDetails: { name: 'Prepare', input: '{}' } }`. */
export interface HistoryEvent {
  readonly id: number;
  readonly type: string;
  /** Seconds since 1970, in real time. */
  readonly timestamp: number;
  readonly [details: string]: unknown;
}

export interface MapRun {
  readonly mapRunArn: string;
  readonly executionArn: string;
  readonly status: string;
  readonly maxConcurrency: number;
  readonly itemCounts: Record<'total' | 'pending' | 'running' | 'succeeded' | 'failed' | 'aborted', number>;
}

/** Starts the engine on a free loopback port. Its files are installed on first use. */
export async function startStepFunctions({
  guard, dir, awsEndpoint, bedrockEndpoint, waitScale = 1, clockOrigin = Date.now(), log = () => {},
}: StepFunctionsProps): Promise<StepFunctions> {
  assertLoopback(awsEndpoint, 'the endpoint of S3 and Lambda');
  assertLoopback(bedrockEndpoint, 'the Bedrock endpoint');
  const python = await pythonVenv({ guard, requirements: 'requirements-step-functions.txt', log });
  await mkdir(dir, { recursive: true });
  const logFile = join(dir, 'step-functions.log');
  const child = guard.spawn(python, [PROGRAM], {
    cwd: dir,
    // No other variable is inherited: no credentials, profile, proxy or endpoint.
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      TMPDIR: dir,
      FILESYSTEM_ROOT: dir,
      OVERRIDE_IN_DOCKER: '0',
      PYTHONPYCACHEPREFIX: join(dirname(python), 'pycache'), // kept between runs, and out of the sources
      LOCAL_AWS_ENDPOINT: awsEndpoint,
      BEDROCK_ENDPOINT: bedrockEndpoint,
      WAIT_SCALE: String(waitScale),
      CLOCK_ORIGIN: String(clockOrigin / 1000),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors = child.stderr!.pipe(createWriteStream(logFile));
  const lines = createInterface({ input: child.stdout! });
  const timer = setTimeout(() => guard.kill(child), START_SECONDS * 1000);
  try {
    for await (const line of lines) {
      const endpoint = line.match(/^listening (\S+)$/)?.[1];
      if (endpoint) return new StepFunctions(endpoint, logFile);
    }
  } finally {
    clearTimeout(timer);
  }
  await finished(errors);
  throw new Error(`the engine of Step Functions did not start. The end of its log:\n\n${lastLines(await readFile(logFile, 'utf8'))}`);
}

/** The calls of Step Functions. They need no SDK, because the engine does not verify signatures. */
export class StepFunctions {
  constructor(public readonly endpoint: string, public readonly logFile: string) {}

  /** Returns the ARN of the state machine. Rejects if the engine does not accept the definition. */
  public async createStateMachine(name: string, definition: object | string): Promise<string> {
    const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
    const { stateMachineArn } = await this.call<{ stateMachineArn: string }>('CreateStateMachine', {
      name, definition: text, roleArn: `arn:aws:iam::${ACCOUNT}:role/states`,
    });
    return stateMachineArn;
  }

  /** Returns the ARN of the execution. */
  public async startExecution(stateMachineArn: string, input: object = {}, name?: string): Promise<string> {
    return (await this.call<Execution>('StartExecution', { stateMachineArn, input: JSON.stringify(input), name })).executionArn;
  }

  /** Works for child executions of a Distributed Map as well. */
  public async describeExecution(executionArn: string): Promise<Execution> {
    return this.call('DescribeExecution', { executionArn });
  }

  /** Waits until an execution has ended, however. */
  public async ended(executionArn: string, timeoutSeconds = 120): Promise<Execution> {
    const deadline = Date.now() + timeoutSeconds * 1000;
    for (;;) {
      const execution = await this.describeExecution(executionArn);
      if (execution.status !== 'RUNNING') return execution;
      if (Date.now() > deadline) throw new Error(`${executionArn} did not end within ${timeoutSeconds} s`);
      await sleep(LOOK_MS);
    }
  }

  /** Works for child executions of a Distributed Map as well. */
  public async getExecutionHistory(executionArn: string): Promise<HistoryEvent[]> {
    return (await this.call<{ events: HistoryEvent[] }>('GetExecutionHistory', { executionArn })).events;
  }

  public async stopExecution(executionArn: string): Promise<void> {
    await this.call('StopExecution', { executionArn });
  }

  public async redriveExecution(executionArn: string): Promise<void> {
    await this.call('RedriveExecution', { executionArn });
  }

  /** The runs of the Distributed Maps of an execution or child execution, oldest first. */
  public async listMapRuns(executionArn: string): Promise<string[]> {
    const { mapRuns } = await this.call<{ mapRuns: MapRun[] }>('ListMapRuns', { executionArn });
    return mapRuns.map((run) => run.mapRunArn);
  }

  public async describeMapRun(mapRunArn: string): Promise<MapRun> {
    return this.call('DescribeMapRun', { mapRunArn });
  }

  /** The child executions of a map run, in the order of its items. */
  public async listChildren(mapRunArn: string): Promise<Pick<Execution, 'executionArn' | 'name' | 'status'>[]> {
    return (await this.call<{ executions: Execution[] }>('ListExecutions', { mapRunArn })).executions;
  }

  private async call<T>(action: string, input: object): Promise<T> {
    const response = await fetch(this.endpoint, {
      method: 'POST',
      headers: { 'X-Amz-Target': `AWSStepFunctions.${action}`, 'Content-Type': 'application/x-amz-json-1.0' },
      body: JSON.stringify(input),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${action}: HTTP ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
