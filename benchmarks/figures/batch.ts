import assert from 'node:assert/strict';
import { BatchAccount } from '../../testing/batch-inference/account';
import { type Figure, rounded } from '../figure';

const LATENCY_SECONDS = 1;
const CONCURRENCY = 10;
const RECORDS = [10, 100, 1000];

/** The throughput of the distributed map. The ideal is the number of requests at once, divided by the time of one. */
export const batch: Figure = {
  byNameOnly: true, // the engine of state machines is installed first, and needs Python 3.11
  async measure() {
    const account = await BatchAccount.open(console.error, 1);
    try {
      account.bedrock.serving.configure({ idleMs: Infinity, coldStartMs: 0, copyConcurrency: CONCURRENCY, invokeLatencyMs: LATENCY_SECONDS * 1000 });
      const table: { [row: string]: { readonly [column: string]: number } } = {};
      for (const count of RECORDS) {
        const input = await account.upload(`throughput-${count}`, Array.from({ length: count }, (_, index) => `prompt ${index}`));
        account.bedrock.clearCalls();
        const began = performance.now();
        const { status, cause, lines } = await account.run('Imported', `throughput-${count}`, { input });
        assert.deepEqual([status, lines.length], ['SUCCEEDED', count], cause);
        const rate = count / (performance.now() - began) * 1000;
        table[`${count} records`] = {
          'of the ideal': rounded(rate * LATENCY_SECONDS / CONCURRENCY),
          'records a second': rounded(rate),
          'throttled': account.bedrock.countCalls('InvokeModel', 'ThrottlingException'),
        };
      }
      await account.destroy();
      return { how: `${CONCURRENCY} requests at once, of ${LATENCY_SECONDS} second each, in real time, on the state machine engine of the tests.`, table };
    } finally {
      await account.close();
    }
  },
};
