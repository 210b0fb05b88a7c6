import assert from 'node:assert/strict';
import type { Bedrock } from '../../bedrock-server/bedrock';
import { MINUTE, type Job } from '../account';
import type { Scenario } from '../scenario';

export const interruptedCreate: Scenario = {
  name: 'interrupted-create',
  title: 'A sibling fails while the first import is running: the rollback waits for the job and deletes its model',
  async play(account, show) {
    const settings = { stack: 'InterruptedCreate', waitWindowMinutes: 1, importTimeoutMinutes: 4, failingSibling: 'after-first-window' } as const;
    account.bedrock.planNextImport({ durationMs: 8 * MINUTE });

    const { code } = await account.tryDeploy(settings);

    assert.notEqual(code, 0);
    await account.assertStatus(settings.stack, 'ROLLBACK_COMPLETE');
    account.assertJobs('Completed');
    assert.deepEqual(account.modelArns(), []);
    show('rolled back', removalOf({ bedrock: account.bedrock, jobs: account.jobs() }));
    await account.destroy(settings);
  },
};

/** Asserts that the model of the last job was deleted after the end of the job, and describes when. */
function removalOf({ bedrock, jobs }: { bedrock: Bedrock; jobs: Job[] }): string {
  const job = jobs[jobs.length - 1];
  const removal = bedrock.calls.filter((call) => call.operation === 'DeleteImportedModel' && call.outcome === 'ok').pop();
  assert.ok(removal && removal.at >= job.ended, 'no model was deleted after the job had ended');
  return `the model was deleted ${Math.round((removal.at - job.ended) / 1000)} s after the end of its job, which took `
    + `${Math.round((job.ended - job.began) / MINUTE)} minutes`;
}
