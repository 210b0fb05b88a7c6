import type { IsCompleteRequest, IsCompleteResponse } from '../../../../src/imported-model/provider/handler/event';
import { withQuickPolls } from '../../../../src/imported-model/provider/handler/quick-polls';
import { POLL_BUDGET, QUICK_INTERVAL, QUICK_PHASE } from '../../../../src/imported-model/provider/patience';
import { request } from '../../../../testing/support/deployment';

/** Polls once, `age` after the start of the request. Responses are complete from `completeAt` on. */
async function poll(age: number, completeAt = Infinity) {
  let now = age;
  const polls: number[] = [];
  const handle = async (): Promise<IsCompleteResponse> => {
    polls.push(now);
    return { IsComplete: now >= completeAt };
  };
  const event: IsCompleteRequest = { ...request('Create'), PhysicalResourceId: 'id', StartedAt: 0 };
  const response = await withQuickPolls(handle, () => now, async ms => { now += ms; })(event);
  return { response, polls };
}

test('polls every few seconds while the request is young', async () => {
  const { response, polls } = await poll(0);
  expect(response).toEqual({ IsComplete: false });
  expect(polls).toEqual(Array.from({ length: QUICK_PHASE / QUICK_INTERVAL + 1 }, (_, n) => n * QUICK_INTERVAL));
});

test('responds as soon as the request is complete', async () => {
  const { response, polls } = await poll(0, 12_000);
  expect(response).toEqual({ IsComplete: true });
  expect(polls).toEqual([0, 5_000, 10_000, 15_000]);
});

test('polls once if the request is older', async () => {
  expect(await poll(QUICK_PHASE)).toEqual({ response: { IsComplete: false }, polls: [QUICK_PHASE] });
});

// The timeout of the function is two minutes.
test('stops within the poll budget, also with slow polls of a young request', async () => {
  let now = 0;
  const event: IsCompleteRequest = { ...request('Create'), PhysicalResourceId: 'id', StartedAt: 10 * 60_000 };
  const slow = async (): Promise<IsCompleteResponse> => {
    now += 20_000;
    return { IsComplete: false };
  };
  await withQuickPolls(slow, () => now, async ms => { now += ms; })(event);
  expect(now).toBeLessThanOrEqual(POLL_BUDGET + 20_000);
});

test('does not repeat onEvent', async () => {
  const begun = { PhysicalResourceId: 'id', StartedAt: 0 };
  const sleep = jest.fn();
  expect(await withQuickPolls(async () => begun, () => 0, sleep)(request('Create'))).toEqual(begun);
  expect(sleep).not.toHaveBeenCalled();
});
