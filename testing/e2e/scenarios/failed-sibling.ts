import assert from 'node:assert/strict';
import type { Scenario } from '../scenario';

export const failedSibling: Scenario = {
  name: 'failed-sibling',
  title: 'A sibling fails after the new model is imported: the stack is rolled back to the old model, which was never deleted',
  async play(account, show) {
    const settings = { stack: 'FailedSibling' };
    const old = await account.deploy(settings);

    const { code } = await account.tryDeploy({ ...settings, version: 2, failingSibling: 'after-model' });

    assert.notEqual(code, 0);
    await account.assertStatus(settings.stack, 'UPDATE_ROLLBACK_COMPLETE');
    assert.equal(await account.api.stackOutput(settings.stack, 'ModelArn'), old);
    assert.deepEqual(account.modelArns(), [old]);
    account.assertJobs('Completed', 'Completed');
    show('rolled back', `to ${old}, without another import; the new model is deleted`);

    const next = await account.deploy({ ...settings, version: 2 });
    assert.deepEqual(account.modelArns(), [next]);
    account.assertJobs('Completed', 'Completed', 'Completed');
    show('deployed again', next);

    await account.destroy(settings);
  },
};
