import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProcessGuard } from './process-guard';
import { pythonVenv } from './python-venv';

test('explains what to install without Python', async () => {
  const guard = new ProcessGuard();
  const path = process.env.PATH;
  process.env.PATH = '';
  try {
    await expect(pythonVenv({ guard, requirements: 'requirements.txt', log: fail })).rejects.toThrow('apt install python3 python3-venv');
  } finally {
    process.env.PATH = path;
    await guard.stop();
  }
});

test.each([
  'requirements.txt', 'requirements-cfn-lint.txt', 'requirements-step-functions.txt', 'requirements-safetensors.txt',
])('%s has exact versions only', (file) => {
  const lines = readFileSync(join(__dirname, file), 'utf8').split('\n').filter((line) => line && !line.startsWith('#'));

  expect(lines.length).toBeGreaterThan(0);
  lines.forEach((line) => expect(line).toMatch(/^[A-Za-z0-9_.-]+==[0-9][a-z0-9.]*(; python_version < "3\.11")?$/));
});

function fail(line: string): never {
  throw new Error(`unexpected installation: ${line}`);
}
