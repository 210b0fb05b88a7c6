import assert from 'node:assert/strict';
import type { Scenario } from '../scenario';

export const retainedModel: Scenario = {
  name: 'retained-model',
  title: 'A model that is replaced with RETAIN is kept after later changes and after the deletion of the stack',
  async play(account, show) {
    const settings = { stack: 'RetainedModel', retain: true };
    const kept = await account.deploy(settings);
    const current = await account.deploy({ ...settings, version: 2 });
    assert.deepEqual(account.modelArns().sort(), [kept, current].sort());
    show('replaced', `${kept} is kept in addition to ${current}`);

    await account.deploy({ ...settings, version: 2, team: 'research' });
    assert.deepEqual(account.modelArns().sort(), [kept, current].sort());
    show('tagged', 'a change of a tag keeps both');

    await account.deploy({ ...settings, version: 2, retain: false });
    await account.destroy({ ...settings, version: 2, retain: false });
    assert.deepEqual(account.modelArns(), [kept]);
    show('destroyed', `with the policy DESTROY; ${kept} is kept`);

    account.bedrock.deleteModelByHand(kept);
  },
};
