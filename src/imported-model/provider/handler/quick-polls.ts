import { setTimeout } from 'node:timers/promises';
import type { IsCompleteRequest, IsCompleteResponse, OnEventRequest, OnEventResponse } from './event';
import { POLL_BUDGET, QUICK_INTERVAL, QUICK_PHASE } from '../patience';

/** Handles an event of the provider framework. */
export type Handle = (event: OnEventRequest | IsCompleteRequest) => Promise<OnEventResponse | IsCompleteResponse>;

/**
 * Polls several times within one invocation while a request is young. The framework polls at one interval, which suits an import that takes many
 * minutes; a deletion, a change of tags or a refusal is complete within seconds.
 */
export function withQuickPolls(handle: Handle, now: () => number = Date.now, sleep: (ms: number) => Promise<unknown> = setTimeout): Handle {
  return async event => {
    const until = now() + POLL_BUDGET;
    for (;;) {
      const response = await handle(event);
      if (!('StartedAt' in event && 'IsComplete' in response) || response.IsComplete) return response;
      if (now() + QUICK_INTERVAL > Math.min(Number(event.StartedAt) + QUICK_PHASE, until)) return response;
      await sleep(QUICK_INTERVAL);
    }
  };
}
