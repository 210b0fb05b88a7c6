import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { runCommand } from './command';
import { ProcessGuard } from './process-guard';

/** A program that starts another one and prints a line. Both keep the output open and never exit. */
const FAMILY = `
  require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit' })
    .once('spawn', () => console.log('ready'));
  setInterval(() => {}, 1e6);
`;

test('stop kills all programs and their child processes', async () => {
  const guard = new ProcessGuard();
  const child = guard.spawn(process.execPath, ['-e', FAMILY], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');

  await guard.stop();

  await expect(text(child.stdout!)).resolves.toBe(''); // ends when all processes have closed it
  expect(child.signalCode).toBe('SIGKILL');
  expect(() => guard.spawn(process.execPath, ['--version'], {})).toThrow('everything is being stopped');
});

test('kills child processes that a program leaves behind', async () => {
  const guard = new ProcessGuard();
  const leaveBehind = FAMILY.replace("console.log('ready')", 'process.exit(3)');

  const result = await runCommand(guard, process.execPath, ['-e', leaveBehind], { env: process.env, timeoutSeconds: 60 });

  expect(result).toEqual({ code: 3, output: '' });
  await guard.stop();
});

test('kills all processes when this program is killed', async () => {
  const program = `
    const { ProcessGuard } = require(${JSON.stringify(join(__dirname, 'process-guard'))});
    new ProcessGuard().spawn(process.execPath, ['-e', ${JSON.stringify(FAMILY)}], { stdio: 'inherit' });
  `;
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');

  child.kill('SIGKILL');

  await expect(text(child.stdout)).resolves.toBe('');
});

test('fails a command that times out', async () => {
  const guard = new ProcessGuard();

  await expect(runCommand(guard, process.execPath, ['-e', FAMILY], { env: process.env, timeoutSeconds: 0.5 })).rejects.toThrow('was not done in 0.5 s');

  await guard.stop();
});

test('fails a command that does not exist', async () => {
  const guard = new ProcessGuard();

  await expect(runCommand(guard, 'no-such-program', [], { env: process.env, timeoutSeconds: 60 })).rejects.toThrow('ENOENT');

  await guard.stop();
});
