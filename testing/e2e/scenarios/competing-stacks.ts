import assert from 'node:assert/strict';
import { MINUTE } from '../account';
import type { Scenario } from '../scenario';

export const competingStacks: Scenario = {
  name: 'competing-stacks',
  title: 'Two stacks and two CLIs, but one import at a time in the account: the second stack waits',
  async play(account, show) {
    const stacks = [{ stack: 'CompetingOne' }, { stack: 'CompetingTwo' }];
    for (const {} of stacks) account.bedrock.planNextImport({ durationMs: 6 * MINUTE });

    const arns = await Promise.all(stacks.map(async (settings) => account.deploy(settings)));

    account.assertJobs('Completed', 'Completed');
    const [first, second] = account.jobs();
    assert.ok(first.ended <= second.began, 'the imports overlap');
    const looks = account.bedrock.calls.filter(({ operation, at }) => operation === 'ListModelImportJobs' && at > first.began && at < first.ended).length;
    assert.ok(looks > 0, 'the second stack did not wait, so the test is inconclusive');
    show('imports', stacks.map(({ stack }, index) => `${stack} ${arns[index]}`).join(', '));
    show('the second', `polled ${looks} times, and started ${Math.round((second.began - first.ended) / 1000)} s after the end of the first`);

    await Promise.all(stacks.map(async (settings) => account.destroy(settings)));
  },
};
