import assert from 'node:assert/strict';
import { BatchAccount } from '../testing/batch-inference/account';

/**
 * Prints the throughput of the engine DISTRIBUTED_MAP against a modelled copy of a model, which answers `n` requests at once, each after the same time.
 * The ideal is `n` divided by that time. Steps of the execution that are not invocations are part of the time, as they are in AWS.
 *
 *   npx projen bundle && npx tsx benchmarks/batch.ts
 *
 * The state machine runs on the engine of the tests, so the ratios say what the definition allows, and not what Step Functions in AWS adds.
 */
const LATENCY_SECONDS = 1;
const CONCURRENCY = 10;
const RECORDS = [10, 100, 1000];

async function main(): Promise<void> {
  const account = await BatchAccount.open(console.error, 1);
  try {
    account.bedrock.serving.configure({ idleMs: Infinity, coldStartMs: 0, copyConcurrency: CONCURRENCY, invokeLatencyMs: LATENCY_SECONDS * 1000 });
    const rows: Record<string, object> = {};
    for (const count of RECORDS) {
      const input = await account.upload(`throughput-${count}`, Array.from({ length: count }, (_, index) => `prompt ${index}`));
      account.bedrock.clearCalls();
      const began = performance.now();
      const { status, cause, lines } = await account.run('Imported', `throughput-${count}`, { input });
      assert.deepEqual([status, lines.length], ['SUCCEEDED', count], cause);
      const seconds = (performance.now() - began) / 1000;
      const [rate, ideal] = [count / seconds, CONCURRENCY / LATENCY_SECONDS];
      rows[`${count} records`] = {
        'seconds': Number(seconds.toFixed(1)),
        'records/s': Number(rate.toFixed(2)),
        'ideal records/s': ideal,
        'ratio': Number((rate / ideal).toFixed(2)),
        'throttled': account.bedrock.countCalls('InvokeModel', 'ThrottlingException'),
      };
    }
    console.log(`${CONCURRENCY} requests at once, ${LATENCY_SECONDS} s each`);
    console.table(rows);
    await account.destroy();
  } finally {
    await account.close();
  }
}

main().then(() => process.exit(0), (error: unknown) => {
  console.error(error);
  process.exit(1);
});
