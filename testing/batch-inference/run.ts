/**
 * Runs batches on a local AWS: the stack is deployed by the real CDK CLI, and its state machines run on a real engine.
 *
 *     npx projen bundle && npx tsx testing/batch-inference/run.ts [scenario...]
 */
import { inspect } from 'node:util';
import { BatchAccount } from './account';
import { SCENARIOS } from './scenarios';
import { assertLoopbackEnvironment } from '../local-aws/loopback';

async function main(names: string[]): Promise<number> {
  const unknown = names.filter(name => !SCENARIOS.some(scenario => scenario.name === name));
  if (unknown.length > 0) {
    console.error(`Unknown scenario: ${unknown.join(', ')}. The scenarios are: ${SCENARIOS.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  assertLoopbackEnvironment();
  const began = performance.now();
  const account = await BatchAccount.open(console.log);
  console.log(`cdk bootstrap, cdk deploy: ${seconds(began)}`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void account.close().then(() => process.exit(130)));

  let failed = 0;
  const scenarios = SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name));
  for (const [index, scenario] of scenarios.entries()) {
    const since = performance.now();
    console.log(`\n${index + 1}. ${scenario.title} (${scenario.name})`);
    try {
      await scenario.play(account, (label, value) => console.log(`   ${label.padEnd(14)} ${value}`));
      console.log(`   ✓ ${seconds(since)}`);
    } catch (error) {
      failed += 1;
      console.log(`   ✗ ${seconds(since)}\n${inspect(error)}\nLog of the engine: ${account.engine.logFile}`);
    } finally {
      account.bedrock.clearFaults();
      account.bedrock.inference.clearPoisons();
    }
  }
  await account.destroy();
  await account.close({ keepFiles: failed > 0 });
  console.log(`\n${scenarios.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

main(process.argv.slice(2)).then(
  code => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
