import assert from 'node:assert/strict';
import { echo } from '../../bedrock-server/inference';
import { assertSaid } from '../account';
import type { Scenario } from '../scenario';
import { QUESTION } from '../settings';

const NOT_READY = 'ModelNotReadyException';
const GIBBERISH = { choices: [{ index: 0, text: 'the the the the', finish_reason: 'length' }] };

export const verifiedModel: Scenario = {
  name: 'verified-model',
  title: 'A new model is asked before it replaces the old one: a bad answer deletes it, and the stack is rolled back',
  async play(account, show) {
    const settings = { stack: 'VerifiedModel', expect: 'capital of France' };
    const { bedrock } = account;
    bedrock.failNext('InvokeModel', { name: NOT_READY, times: 3 });
    const old = await account.deploy(settings);
    const notReady = bedrock.countCalls('InvokeModel', NOT_READY);
    assert.ok(notReady >= 3);
    assert.equal(bedrock.countCalls('InvokeModel', 'ok'), 1);
    show('version 1', `${old} has answered; ${notReady} calls before it was loaded`);

    account.answerWith((input, model) => model === old ? echo(input) : GIBBERISH);
    const { code, output } = await account.tryDeploy({ ...settings, version: 2 });

    assert.notEqual(code, 0);
    const message = `its answer to ${JSON.stringify(JSON.stringify({ prompt: QUESTION, max_tokens: 64, temperature: 0 }))} does not contain `
      + '"capital of France": "the the the the". It has been deleted, so that it replaces no model. Correct the model or the verification, then deploy '
      + 'again: that starts a new job.';
    assertSaid(output, message);
    await account.assertStatus(settings.stack, 'UPDATE_ROLLBACK_COMPLETE');
    assert.equal(await account.api.stackOutput(settings.stack, 'ModelArn'), old);
    assert.deepEqual(account.modelArns(), [old]);
    assert.deepEqual(bedrock.calls.filter(({ operation, input }) => operation === 'DeleteImportedModel' && Object.values(input).includes(old)), []);
    account.assertJobs('Completed', 'Completed');
    show('version 2', `exit code ${code}: ${message}`);
    show('rolled back', `to ${old}, which was never deleted, without another import`);

    await account.destroy(settings);
  },
};
