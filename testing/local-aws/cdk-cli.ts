import { join } from 'node:path';
import { type CommandResult, runCommand } from './command';
import { REPOSITORY } from './places';
import type { ProcessGuard } from './process-guard';

const CDK_CLI = join(REPOSITORY, 'node_modules', 'aws-cdk', 'bin', 'cdk');

export interface CdkCommand {
  /** The command of the CDK app. @default - none, as for `bootstrap` */
  readonly app?: string;
  /** The directory of its assembly. Parallel commands must not share one. */
  readonly output: string;
  /** @default - the repository */
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutSeconds: number;
  /** Called with every line of output. */
  readonly onLine?: (line: string) => void;
  /** Kills the CLI. Operations in CloudFormation continue. @default - none */
  readonly signal?: AbortSignal;
}

/** Runs the CDK CLI of this repository. */
export async function runCdk(guard: ProcessGuard, args: readonly string[], command: CdkCommand): Promise<CommandResult> {
  const { app, output, cwd = REPOSITORY, ...more } = command;
  const appArgs = app === undefined ? [] : ['--app', app, '--output', output];
  return runCommand(guard, process.execPath, [CDK_CLI, ...args, ...appArgs, '--no-notices', '--no-color'], { cwd, ...more });
}
