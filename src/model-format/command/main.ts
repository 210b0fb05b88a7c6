import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CheckArguments, parseArguments, UsageError } from './arguments';
import { check, type Result } from './check';
import { report, succeeds } from './report';
import { harmless, Progress, screenOf } from './terminal';
import { USAGE } from './usage';
import { FolderError } from '../folders/folder-error';
import { RULE_IDS } from '../rules';

/** The exit codes, which `--help` explains. */
const PASSED = 0;
const REFUSED = 1;
const NOT_CHECKED = 2;

async function main(): Promise<number> {
  // The Node.js of the user is no matter of this command.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const args = parseArguments(process.argv.slice(2), RULE_IDS);
  switch (args.command) {
    case 'help': process.stdout.write(USAGE); return PASSED;
    case 'version': process.stdout.write(`${packageVersion()}\n`); return PASSED;
    case 'check': return checkAndReport(args);
  }
}

async function checkAndReport(args: CheckArguments): Promise<number> {
  const progress = new Progress(process.stderr);
  try {
    const result = await check(args, process.env, progress.show);
    progress.clear();
    process.stdout.write(args.json ? json(result) : report(result, args.strict, screenOf(process.stdout)));
    return succeeds(result, args.strict) ? PASSED : REFUSED;
  } finally {
    progress.clear();
  }
}

/** JSON escapes most characters that control a terminal itself; the others may be escaped, too. */
function json(result: Result): string {
  return `${JSON.stringify(result, undefined, 2).split('\n').map(harmless).join('\n')}\n`;
}

/** The bundle is assets/model-format/command/main/index.js of the package. */
function packageVersion(): string {
  return (JSON.parse(readFileSync(join(__dirname, '../../../../package.json'), 'utf8')) as { version: string }).version;
}

function explain(error: unknown): string {
  if (error instanceof FolderError) return harmless(error.message);
  if (error instanceof UsageError) return `${error.message}\nFor help: npx cdk-bedrock-model-import --help`;
  return `This is a bug, please report it: ${error instanceof Error ? error.stack : String(error)}`;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error; // a reader like `head` has enough
});
main().then(
  (code) => { process.exitCode = code; },
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = NOT_CHECKED;
  },
);
