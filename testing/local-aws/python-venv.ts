import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CommandResult, runCommand } from './command';
import { VENVS } from './places';
import { ProcessGuard } from './process-guard';

const OLDEST_PYTHON = [3, 10];
const INSTALL_SECONDS = 300;

export interface PythonVenvProps {
  readonly guard: ProcessGuard;
  /** The requirements file in this directory, with exact versions. */
  readonly requirements: 'requirements.txt' | 'requirements-cfn-lint.txt' | 'requirements-step-functions.txt'
    | 'requirements-safetensors.txt';
  readonly log: (line: string) => void;
}

/**
 * Returns the Python executable of a virtual environment with these requirements. It is created on first use and reused until
 * the requirements or the Python version change. It is renamed to its final path only when it is complete, so that interrupted
 * or parallel installations do no harm. Its console scripts contain the path where it was created: run them with its Python.
 */
export async function pythonVenv({ guard, requirements, log }: PythonVenvProps): Promise<string> {
  const run = async (command: string, ...args: string[]) => runCommand(guard, command, args, { env: process.env, timeoutSeconds: INSTALL_SECONDS });

  const base = await run('python3', '-c', 'import sys; print(*sys.version_info[:3], sys.executable)').catch(() => undefined);
  const version = base?.output.split(' ').slice(0, 2).map(Number);
  if (base?.code !== 0 || !version) {
    throw new Error('python3 was not found, but the local AWS requires it: install Python 3.10 or newer (Debian, Ubuntu: '
      + 'apt install python3 python3-venv; macOS: brew install python) and try again');
  }
  if (version[0] < OLDEST_PYTHON[0] || version[0] === OLDEST_PYTHON[0] && version[1] < OLDEST_PYTHON[1]) {
    throw new Error(`python3 is ${version.join('.')}, but the local AWS requires Python ${OLDEST_PYTHON.join('.')} or newer`);
  }

  const file = join(__dirname, requirements);
  const text = await readFile(file, 'utf8');
  const hash = createHash('sha256').update(base.output).update(text).digest('hex').slice(0, 12);
  const venv = join(VENVS, `${basename(requirements, '.txt')}-${hash}`);
  const python = join(venv, 'bin', 'python');
  if (existsSync(python)) return python;

  log(`${requirements}: pip install (first run only)`);
  await mkdir(VENVS, { recursive: true });
  const building = await mkdtemp(`${venv}.`);
  try {
    explain(await run('python3', '-m', 'venv', building),
      'could not create a Python virtual environment; on Debian and Ubuntu, the module is a separate package: apt install python3-venv');
    explain(await run(join(building, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', '--no-compile', '--no-deps',
      '--disable-pip-version-check', '--no-input', '-r', file),
    `pip could not install ${requirements}; is a package index reachable (proxy, PIP_INDEX_URL)?`);
    await rename(building, venv).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // a parallel run was faster, with the same result
    });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return python;
}

function explain(result: CommandResult, message: string): void {
  if (result.code !== 0) throw new Error(`${message}\n\n${result.output.trimEnd()}`);
}
