import { setTimeout } from 'node:timers/promises';
import type { IsCompleteRequest, IsCompleteResponse, OnEventRequest, OnEventResponse } from './model-import-handler';
import { TIME_BUDGET } from './time-budget';

type Handle = (event: OnEventRequest | IsCompleteRequest) => Promise<OnEventResponse | IsCompleteResponse>;

/** In the first minute of a request... */
export const QUICK_PHASE = 60_000;

/** ...it is looked at this often, and then as often as the framework polls. */
export const QUICK_INTERVAL = 5_000;

/**
 * Looks again and again within one invocation while a request is young. The framework polls at one pace, which suits an
 * import that takes many minutes; but a deletion, a change of tags or a refusal is over in seconds.
 */
export function quickAtFirst(handle: Handle, now: () => number = Date.now, sleep: (ms: number) => Promise<unknown> = setTimeout): Handle {
  return async event => {
    const until = now() + TIME_BUDGET.looks;
    for (;;) {
      const answer = await handle(event);
      if (!('StartedAt' in event && 'IsComplete' in answer) || answer.IsComplete) return answer;
      if (now() + QUICK_INTERVAL > Math.min(Number(event.StartedAt) + QUICK_PHASE, until)) return answer;
      await sleep(QUICK_INTERVAL);
    }
  };
}
