import type { Ending, Part, PrepareResponse } from '../../../../src/batch-inference/contract';
import { collect } from '../../../../src/batch-inference/records/handler/collect';
import { entryPoint } from '../../../../src/batch-inference/records/handler/entry-point';
import { BUCKET, EXECUTION, SETTINGS } from '../../../../testing/support/batch-history';
import { MemoryStore } from '../../../../testing/support/memory-store';

/** The part after an engine has ended without an output. */
async function collected(ending: Ending, time = EXECUTION.startTime): Promise<Part> {
  const records = Array.from({ length: 100 }, (_, index) => `{"recordId":"${index}","modelInput":{}}\n`).join('');
  const store = new MemoryStore({ [`${BUCKET}/in/a.jsonl`]: records });
  const { run, parts: [part] } = await entryPoint(() => store)({ action: 'prepare', ...EXECUTION, options: {}, settings: { ...SETTINGS, deadlineMinutes: 60 } }) as PrepareResponse;
  return (await collect(store, { action: 'collect', run, part, ending, time })).part;
}

const jobArn = 'arn:aws:bedrock:us-east-1:111122223333:model-invocation-job/abcdefghijkl';

test('a part that is too late for a job goes to InvokeModel, and counts no job', async () => {
  expect(await collected({ engine: 'job', jobArn: '', state: { Status: 'Stopped' }, stopped: true })).toMatchObject({ engine: 'map', jobs: 0, failure: '' });
  expect(await collected({ engine: 'job', jobArn, state: { Status: 'Stopped' }, stopped: true })).toMatchObject({ engine: 'map', jobs: 1, failure: '' });
});

test.each([
  ['before', '2026-11-23T00:59:59.999Z', 'job'],
  ['at', '2026-11-23T01:00:00.000Z', 'map'],
])('records without an output %s the deadline go to the right engine', async (_, time, engine) => {
  expect(await collected({ engine: 'job', jobArn, state: { Status: 'PartiallyCompleted' }, stopped: false }, time)).toMatchObject({ engine, recordCount: 100 });
});

test.each(['a', '"', '語', '\u0001'])('the message of a failed job fits the state of the execution, if it is full of %j', async (letter) => {
  const { failure } = await collected({ engine: 'job', jobArn, state: { Status: 'Failed', Message: letter.repeat(2048) }, stopped: false });

  expect(Buffer.byteLength(JSON.stringify(failure))).toBeLessThanOrEqual(400);
  expect(failure).toMatch(/^The job arn:aws:bedrock:\S+ has the status Failed: .+\.\.\.$/);
});
