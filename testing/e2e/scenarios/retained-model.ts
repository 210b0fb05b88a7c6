import assert from 'node:assert/strict';
import type { Scenario } from '../scenario';

export const retainedModel: Scenario = {
  name: 'retained-model',
  title: 'A model that is replaced under RETAIN stays, whatever is changed later, and when the stack is deleted',
  async play(account, show) {
    const settings = { stack: 'RetainedModel', retain: true };
    const kept = await account.deploy(settings);
    const current = await account.deploy({ ...settings, version: 2 });
    assert.deepEqual(account.modelArns().sort(), [kept, current].sort());
    show('replaced', `${kept} stays beside ${current}`);

    await account.deploy({ ...settings, version: 2, team: 'research' });
    assert.deepEqual(account.modelArns().sort(), [kept, current].sort());
    show('tagged', 'a change of a tag leaves both');

    await account.deploy({ ...settings, version: 2, retain: false });
    await account.destroy({ ...settings, version: 2, retain: false });
    assert.deepEqual(account.modelArns(), [kept]);
    show('destroyed', `with the policy DESTROY; ${kept} is the user's`);

    account.bedrock.deleteModelByHand(kept);
  },
};
