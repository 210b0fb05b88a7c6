import { dirname, join } from 'node:path';
import { CommandResult, runCommand } from './command';
import { ProcessGuard } from './process-guard';
import { pythonVenv } from './python-venv';

/** The Regions with Custom Model Import. */
const REGIONS = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-central-1'];
const LINT_SECONDS = 120;

/** Runs cfn-lint, which is installed on first use. Any finding results in a nonzero exit code. */
export async function cfnLint(templates: string[], log: (line: string) => void = () => {}): Promise<CommandResult> {
  const guard = new ProcessGuard();
  try {
    const python = await pythonVenv({ guard, requirements: 'requirements-cfn-lint.txt', log });
    return await runCommand(guard, python, [join(dirname(python), 'cfn-lint'), '--regions', ...REGIONS, '--template', ...templates], {
      env: process.env,
      timeoutSeconds: LINT_SECONDS,
    });
  } finally {
    await guard.stop();
  }
}
