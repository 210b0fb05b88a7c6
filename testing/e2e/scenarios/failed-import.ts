import assert from 'node:assert/strict';
import { assertSaid, MINUTE } from '../account';
import type { Scenario } from '../scenario';

const FAILURE = 'Amazon Bedrock does not support the architecture GPTNeoXForCausalLM that config.json names';

export const failedImport: Scenario = {
  name: 'failed-import',
  title: 'An import fails: the CLI prints the reason and how to fix it',
  async play(account, show) {
    const settings = { stack: 'FailedImport' };
    account.bedrock.planNextImport({ durationMs: MINUTE, failureMessage: FAILURE });

    const { code, output } = await account.tryDeploy(settings);

    const [job] = account.jobs();
    assert.notEqual(code, 0);
    assertSaid(output, `Import job ${job.arn} failed: ${FAILURE}. Correct the model or the permissions of its service role, then deploy again: `
      + 'that starts a new job.');
    assert.doesNotMatch(output, /index\.js|errorType|errorMessage/, 'the output contains a stack trace of the handler or JSON');
    await account.assertStatus(settings.stack, 'ROLLBACK_COMPLETE');
    show('exit code', String(code));
    show('CLI output', output.slice(output.indexOf('❌')).trim());

    const modelArn = await account.deploy(settings);
    account.assertJobs('Failed', 'Completed');
    show('deployed again', `new job, ${modelArn}`);
    await account.destroy(settings);
  },
};
