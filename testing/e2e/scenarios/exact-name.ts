import assert from 'node:assert/strict';
import { assertSaid } from '../account';
import type { Scenario } from '../scenario';

export const exactName: Scenario = {
  name: 'exact-name',
  title: 'New weights with the same exact name: refused before any change, except with DELETE_FIRST',
  async play(account, show) {
    const settings = { stack: 'ExactName', importedModelName: 'chat-model' };
    const old = await account.deploy(settings);

    const { code, output } = await account.tryDeploy({ ...settings, version: 2 });
    assert.notEqual(code, 0);
    const message = `importedModelName: "chat-model" is taken by the model that would be replaced (${old}): the new one cannot be imported before the `
      + 'old one is gone. Omit importedModelName to have one generated, change it together with the model, or choose '
      + 'ReplacementStrategy.DELETE_FIRST.';
    assertSaid(output, message);
    await account.assertStatus(settings.stack, 'UPDATE_ROLLBACK_COMPLETE');
    assert.equal(await account.api.stackOutput(settings.stack, 'ModelArn'), old);
    assert.deepEqual(account.modelArns(), [old]);
    account.assertJobs('Completed');
    show('refused', message);

    const next = await account.deploy({ ...settings, version: 2, deleteFirst: true });
    assert.notEqual(next, old);
    assert.deepEqual(account.bedrock.snapshot().models.map(({ modelArn, modelName }) => [modelArn, modelName]), [[next, 'chat-model']]);
    account.assertJobs('Completed', 'Completed');
    show('DELETE_FIRST', `${next} has the name`);

    await account.destroy({ ...settings, deleteFirst: true });
  },
};
