/**
 * Runs failure scenarios with the real CDK CLI on a local AWS.
 *
 *     npx projen bundle && npx tsx testing/e2e/run.ts [scenario...]
 */
import { inspect } from 'node:util';
import { Account } from './account';
import type { Scenario } from './scenario';
import { SCENARIOS } from './scenarios';
import { assertLoopbackEnvironment } from '../local-aws/loopback';

/** Scenarios in parallel, in separate accounts. The CLI mostly waits. */
const LANES = 3;

async function main(names: string[]): Promise<number> {
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    console.error(`Unknown scenario: ${unknown.join(', ')}. The scenarios are: ${SCENARIOS.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  assertLoopbackEnvironment();
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());

  const queue = SCENARIOS.map((scenario, index) => ({ scenario, number: index + 1 }))
    .filter(({ scenario }) => names.length === 0 || names.includes(scenario.name));
  const results = (await Promise.all(Array.from({ length: LANES }, async () => runLane(queue, stop.signal)))).flat();
  if (stop.signal.aborted) {
    console.log('\nStopped, including all started processes.');
    return 130;
  }
  const failed = results.filter((passed) => !passed).length;
  console.log(`\n${results.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** Runs scenarios in sequence, in the same account as long as they succeed. */
async function runLane(queue: { scenario: Scenario; number: number }[], signal: AbortSignal): Promise<boolean[]> {
  const results: boolean[] = [];
  let account: Account | undefined;
  try {
    for (let next = queue.shift(); next && !signal.aborted; next = queue.shift()) {
      const since = performance.now();
      const lines: string[] = [];
      try {
        account ??= await Account.open(signal);
        await next.scenario.play(account, (label, value) => lines.push(`   ${label.padEnd(14)} ${value.replaceAll('\n', '\n                  ')}`));
        await account.assertEmpty();
        account.assertEnforced();
        account.reset();
        results.push(true);
        lines.push(`   ✓ ${seconds(since)}`);
      } catch (error) {
        results.push(false);
        lines.push(`   ✗ ${seconds(since)}`, inspect(error), ...account ? [`Log of the local AWS: ${account.logFile}`] : []);
        await account?.close({ keepFiles: !signal.aborted });
        account = undefined;
      }
      if (!signal.aborted) console.log([`\n${next.number}. ${next.scenario.title} (${next.scenario.name})`, ...lines].join('\n'));
    }
  } finally {
    await account?.close();
  }
  return results;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
