import assert from 'node:assert/strict';
import type { Scenario } from '../scenario';

export const previousModel: Scenario = {
  name: 'previous-model',
  title: 'With keepPrevious, both models exist: back to the former one without an import',
  async play(account, show) {
    const settings = { stack: 'PreviousModel', keepPrevious: true };
    const first = await account.deploy(settings);
    const second = await account.deploy({ ...settings, version: 2 });
    assert.notEqual(second, first);
    assert.deepEqual(account.modelArns().sort(), [first, second].sort());
    show('version 2', `${second}; ${first} is kept`);

    assert.equal(await account.deploy(settings), first);
    account.assertJobs('Completed', 'Completed');
    assert.deepEqual(account.modelArns().sort(), [first, second].sort());
    show('version 1', `${first} again, without an import; ${second} is kept`);

    await account.destroy(settings);
    assert.deepEqual(account.modelArns(), []);
    show('destroyed', 'both models are deleted');
  },
};
