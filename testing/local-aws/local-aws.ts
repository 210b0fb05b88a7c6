import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandResult, runCommand } from './command';
import { startEmulator } from './emulator';
import { ACCOUNT, clientEnvironment, clientVariables, REGION } from './environment';
import { assertLoopback, assertLoopbackEnvironment } from './loopback';
import { REPOSITORY, RUNS } from './places';
import { ProcessGuard } from './process-guard';
import { pythonVenv } from './python-venv';

const CDK_CLI = join(REPOSITORY, 'node_modules', 'aws-cdk', 'bin', 'cdk');
const CDK_SECONDS = 300;

export interface LocalAwsProps {
  /** The Bedrock server that the handler is to call. */
  readonly bedrockEndpoint: string;
  /** Progress worth a line. @default - none */
  readonly log?: (line: string) => void;
  /** Factor on the waits of Step Functions. @default 0.05 */
  readonly waitScale?: number;
  /** NODE_OPTIONS of the Lambda functions. @default - none */
  readonly nodeOptions?: string;
  /** Ends everything at once; whatever is awaited then fails. @default - only `stop` does */
  readonly signal?: AbortSignal;
}

export interface CdkOptions {
  /** Command that runs the CDK app. @default - none, as for `bootstrap` */
  readonly app?: string;
  /** @default - the repository */
  readonly cwd?: string;
  /** Called with every line as it comes. */
  readonly onLine?: (line: string) => void;
  /** Kills the CLI; what it has asked CloudFormation for goes on. @default - it runs to its end */
  readonly signal?: AbortSignal;
}

/** A local AWS account, empty, and the real CDK CLI set up for it and for nothing else. */
export interface LocalAws {
  readonly endpoint: string;
  /** `aws://<account>/<region>` */
  readonly target: string;
  /** For a shell that wants to look around. */
  readonly variables: Record<string, string>;
  readonly logFile: string;
  /** The files of this run, logs among them. */
  readonly dir: string;
  cdk(args: string[], options?: CdkOptions): Promise<CommandResult>;
  /** Ends everything that was started here, the Lambda functions' processes included, and removes the files of this run. */
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
      cdk: async (args, { app, cwd = REPOSITORY, onLine, signal: kill } = {}) => {
        // Two that run at once must not share it.
        const output = join(dir, `cdk.out.${++commands}`);
        const appArgs = app === undefined ? [] : ['--app', app, '--output', output];
        return runCommand(guard, process.execPath, [CDK_CLI, ...args, ...appArgs, '--no-notices', '--no-color'], {
          cwd,
          env: clientEnvironment(endpoint, bedrockEndpoint, dir),
          onLine,
          timeoutSeconds: CDK_SECONDS,
          signal: kill,
        });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
