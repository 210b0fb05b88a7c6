import assert from 'node:assert/strict';
import type { Scenario } from '../scenario';

export const sharedModel: Scenario = {
  name: 'shared-model',
  title: 'New weights while another stack uses the model: that stack gets the new ARN with its next deployment',
  async play(account, show) {
    const models = { stack: 'SharedModels', publishTo: '/models/llama' };
    const chat = { stack: 'SharedChat', readFrom: '/models/llama' };
    const old = await account.deploy(models);
    assert.equal(await account.deploy(chat), old);
    show('both use', old);

    const next = await account.deploy({ ...models, version: 2 });
    assert.notEqual(next, old);
    assert.deepEqual(account.modelArns(), [next]);
    assert.equal(await account.api.stackOutput(chat.stack, 'ModelArn'), old, 'the consumer is not deployed yet');
    show('new weights', `${next}; the old model is deleted, and the consumer still has its ARN`);

    assert.equal(await account.deploy(chat), next);
    await account.assertStatus(chat.stack, 'UPDATE_COMPLETE');
    const [policy, ...others] = await account.api.rolePolicies(await account.api.stackOutput(chat.stack, 'CallerName'));
    assert.deepEqual(others, []);
    assert.deepEqual(JSON.parse(policy).Statement, [
      { Effect: 'Allow', Action: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'], Resource: next },
    ]);
    account.assertJobs('Completed', 'Completed');
    show('deployed again', 'from the same template, the consumer has the new ARN in its output and in its policy');

    await account.destroy(chat);
    await account.destroy(models);
  },
};
