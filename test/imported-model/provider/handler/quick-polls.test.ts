import type { IsCompleteRequest, IsCompleteResponse } from '../../../../src/imported-model/provider/handler/event';
import { withQuickPolls } from '../../../../src/imported-model/provider/handler/quick-polls';
import { POLL_BUDGET, QUICK_INTERVAL, QUICK_PHASE } from '../../../../src/imported-model/provider/patience';
import { request } from '../../../../testing/support/deployment';

/** Polls once, `age` after the request began, with answers that are complete from `completeAt` on. */
async function poll(age: number, completeAt = Infinity) {
  let now = age;
  const looks: number[] = [];
  const handle = async (): Promise<IsCompleteResponse> => {
    looks.push(now);
    return { IsComplete: now >= completeAt };
  };
  const event: IsCompleteRequest = { ...request('Create'), PhysicalResourceId: 'id', StartedAt: 0 };
  const answer = await withQuickPolls(handle, () => now, async ms => { now += ms; })(event);
  return { answer, looks };
}

test('looks every few seconds while the request is young', async () => {
  const { answer, looks } = await poll(0);
  expect(answer).toEqual({ IsComplete: false });
  expect(looks).toEqual(Array.from({ length: QUICK_PHASE / QUICK_INTERVAL + 1 }, (_, n) => n * QUICK_INTERVAL));
});

test('answers as soon as the request is complete', async () => {
  const { answer, looks } = await poll(0, 12_000);
  expect(answer).toEqual({ IsComplete: true });
  expect(looks).toEqual([0, 5_000, 10_000, 15_000]);
});

test('looks once when the request is older', async () => {
  expect(await poll(QUICK_PHASE)).toEqual({ answer: { IsComplete: false }, looks: [QUICK_PHASE] });
});

// A version that looked for ten minutes in a function of two went unnoticed by all tests.
test('does not look longer than its function has time, however slow the looks and however young the request', async () => {
  let now = 0;
  const event: IsCompleteRequest = { ...request('Create'), PhysicalResourceId: 'id', StartedAt: 10 * 60_000 };
  const slow = async (): Promise<IsCompleteResponse> => {
    now += 20_000;
    return { IsComplete: false };
  };
  await withQuickPolls(slow, () => now, async ms => { now += ms; })(event);
  expect(now).toBeLessThanOrEqual(POLL_BUDGET + 20_000);
});

test('leaves onEvent alone', async () => {
  const begun = { PhysicalResourceId: 'id', StartedAt: 0 };
  const sleep = jest.fn();
  expect(await withQuickPolls(async () => begun, () => 0, sleep)(request('Create'))).toEqual(begun);
  expect(sleep).not.toHaveBeenCalled();
});
