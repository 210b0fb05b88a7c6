import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CdkCommand, runCdk } from './cdk-cli';
import type { CommandResult } from './command';
import { startEmulator } from './emulator';
import { ACCOUNT, clientEnvironment, clientVariables, REGION } from './environment';
import { assertLoopback, assertLoopbackEnvironment } from './loopback';
import { RUNS } from './places';
import { ProcessGuard } from './process-guard';
import { pythonVenv } from './python-venv';

const CDK_SECONDS = 300;

export interface LocalAwsProps {
  /** The endpoint of the Bedrock server for the handler. */
  readonly bedrockEndpoint: string;
  /** Logs progress. @default - no logging */
  readonly log?: (line: string) => void;
  /** The factor for waits of Step Functions. @default 0.05 */
  readonly waitScale?: number;
  /** The NODE_OPTIONS of the Lambda functions. @default - none */
  readonly nodeOptions?: string;
  /** Stops everything immediately. Pending operations fail. @default - stopped only by `stop` */
  readonly signal?: AbortSignal;
}

export type CdkOptions = Pick<CdkCommand, 'app' | 'cwd' | 'onLine' | 'signal'>;

/** An empty local AWS account, and the real CDK CLI configured only for it. */
export interface LocalAws {
  readonly endpoint: string;
  /** `aws://<account>/<region>` */
  readonly target: string;
  /** The environment variables for an interactive shell. */
  readonly variables: Record<string, string>;
  readonly logFile: string;
  /** The directory for the files of this run, including logs. */
  readonly dir: string;
  cdk(args: string[], options?: CdkOptions): Promise<CommandResult>;
  /** Stops all started processes, including Lambda functions, and removes the files of this run. */
  stop(options?: { readonly keepFiles?: boolean }): Promise<void>;
}

export async function startLocalAws({ bedrockEndpoint, log = () => {}, waitScale = 0.05, nodeOptions, signal }: LocalAwsProps): Promise<LocalAws> {
  signal?.throwIfAborted();
  assertLoopbackEnvironment();
  assertLoopback(bedrockEndpoint, 'the Bedrock endpoint');

  await mkdir(RUNS, { recursive: true });
  const dir = await mkdtemp(join(RUNS, '/'));
  const logFile = join(dir, 'emulator.log');
  const guard = new ProcessGuard();
  signal?.addEventListener('abort', () => void guard.stop());
  const stop: LocalAws['stop'] = async ({ keepFiles = false } = {}) => {
    await guard.stop();
    if (!keepFiles) await rm(dir, { recursive: true, force: true });
  };

  try {
    const python = await pythonVenv({ guard, requirements: 'requirements.txt', log });
    const endpoint = await startEmulator({ guard, python, dir, logFile, bedrockEndpoint, waitScale, nodeOptions });
    let commands = 0;
    return {
      endpoint,
      target: `aws://${ACCOUNT}/${REGION}`,
      variables: clientVariables(endpoint, bedrockEndpoint, dir),
      logFile,
      dir,
      cdk: async (args, options = {}) => runCdk(guard, args, {
        ...options,
        output: join(dir, `cdk.out.${++commands}`),
        env: clientEnvironment(endpoint, bedrockEndpoint, dir),
        timeoutSeconds: CDK_SECONDS,
      }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
