import type { Run } from '../../../../src/batch-inference/contract';
import { InvalidInput } from '../../../../src/batch-inference/records/handler/invalid-input';
import { assertFewParts, writeParts } from '../../../../src/batch-inference/records/handler/split-records';
import { BUCKET, SETTINGS } from '../../../../testing/support/batch-history';
import { MemoryStore } from '../../../../testing/support/memory-store';

jest.mock('../../../../src/batch-inference/library-limits', () => ({
  ...jest.requireActual('../../../../src/batch-inference/library-limits'),
  MIN_JOB_RECORDS: 3,
  MAX_PART_RECORDS: 10,
  MAX_PART_BYTES: 1000,
  MAX_STATE_BYTES: 5000,
}));

function split(records: string[], more: Partial<Run> = {}) {
  const store = new MemoryStore({ [`${BUCKET}/in/a.jsonl`]: records.join('') });
  const run = { ...SETTINGS, id: 'id', work: 'out/_work/id/', totalRecordCount: records.length, ...more } as Run;
  const files = [{ key: 'in/a.jsonl', size: 0, etag: '' }];
  return { store, parts: writeParts(store, run, files, records.join('').length) };
}

const record = (index: number, length = 1) => `{"recordId":"${index}","modelInput":{"prompt":"${'x'.repeat(length)}"}}\n`;
const records = (count: number, length?: number) => Array.from({ length: count }, (_, index) => record(index, length));

test('an execution whose state could not hold all parts is refused', () => {
  const run = { ...SETTINGS, id: 'id', work: 'out/_work/id/', totalRecordCount: 100 } as unknown as Run;

  expect(() => assertFewParts(run, 5000)).toThrow('input: "10 parts" must be at most 5 parts of 10 records or 1000 bytes, because the state of an execution has one entry for each. '
    + 'Start several executions, each with some of the records.');
  expect(() => assertFewParts({ ...run, totalRecordCount: 50 }, 5000)).not.toThrow();
});

test('large records are in parts of limited size, and the last part has enough for a job', async () => {
  const { parts, store } = split([...records(6), ...records(6, 200)]);

  expect((await parts).map(({ engine, recordCount }) => [engine, recordCount])).toEqual([['job', 6], ['job', 3], ['job', 3]]);
  for (const { inputKey } of await parts) expect(store.objects.get(`${BUCKET}/${inputKey}`)!.length).toBeLessThanOrEqual(1000);
});

test('records that are too large for a job of enough records go to InvokeModel, or are refused if they cannot', async () => {
  const large = [...records(3), ...records(2, 900)];

  expect((await split(large).parts).map(({ engine }) => engine)).toContain('map');
  await expect(split(large, { onDemand: false }).parts).rejects.toThrow(InvalidInput);
  await expect(split(large, { onDemand: false }).parts).rejects.toThrow(/^input: "a part of \d records" must be one of at least 3 records of together at most 1000 bytes\. /);
});
