import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { StepError, Steps } from '../../demo/steps';

/** The output without a terminal and without times. */
function record(verbose = false): { steps: Steps; text: () => string } {
  const stream = new PassThrough();
  return {
    steps: new Steps(stream as unknown as WriteStream, verbose),
    text: () => String(stream.read()).replace(/\d+\.\d s/g, '0 s'),
  };
}

test('numbers the steps and ends each with its time', async () => {
  const { steps, text } = record();

  const result = await steps.run('First', async (step) => {
    step.progress('not shown');
    step.fact('answer', '42');
    return 42;
  });
  await steps.run('Second', async () => {});
  steps.success('all good');

  expect(result).toBe(42);
  expect(text()).toBe(`
1. First
   answer         42
   ✓ 0 s

2. Second
   ✓ 0 s

✓ all good (0 s in all)
`);
});

test('shows all progress with the option verbose', async () => {
  const { steps, text } = record(true);

  await steps.run('First', async (step) => step.progress('CREATE_COMPLETE'));

  expect(text()).toContain('   │ CREATE_COMPLETE\n');
});

test('names the failed step and the reason', async () => {
  const { steps, text } = record();
  const cause = new Error('no model');

  const failure = await steps.run('First', async () => { throw cause; }).catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(StepError);
  expect(failure).toMatchObject({ message: 'step 1 (First) failed: no model', cause });
  expect(text()).toContain('   ✗ 0 s\n');
});
