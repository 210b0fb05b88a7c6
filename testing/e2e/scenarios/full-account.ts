import assert from 'node:assert/strict';
import { assertSaid, type Account } from '../account';
import type { Scenario } from '../scenario';

/** Leaves a quota of one model, of three. */
const OTHERS = ['another-team', 'yet-another-team'];

export const fullAccount: Scenario = {
  name: 'full-account',
  title: 'An exhausted model quota: CREATE_FIRST waits, then fails and lists the models; DELETE_FIRST needs no additional quota',
  async play(account, show) {
    const settings = { stack: 'FullAccount' };
    const { bedrock } = account;
    const others = OTHERS.map((name) => bedrock.seedModel(name));
    const old = await account.deploy(settings);

    const { code, output } = await account.tryDeploy({ ...settings, version: 2 });
    assert.notEqual(code, 0);
    const models = bedrock.snapshot().models.map(({ modelName }) => modelName).reverse();
    const message = 'No import is running, and the model quota of the account has been exhausted for 15 minutes. Its models: '
      + `${models.join(', ')}. Delete one, raise the quota "Imported models per account", or choose ReplacementStrategy.DELETE_FIRST to delete `
      + 'the old model first.';
    assertSaid(output, message);
    await account.assertStatus(settings.stack, 'UPDATE_ROLLBACK_COMPLETE');
    assert.deepEqual(account.modelArns().sort(), [...others, old].sort());
    show('CREATE_FIRST', `exit code ${code} after ${refusals(account)} quota errors: ${message}`);

    bedrock.clearCalls();
    const deployment = account.deploy({ ...settings, version: 3 });
    await account.until('the second quota error', () => refusals(account) >= 2);
    await account.assertStatus(settings.stack, 'UPDATE_IN_PROGRESS');
    bedrock.deleteModelByHand(others.pop()!);
    const third = await deployment;
    show('CREATE_FIRST', `waits, and continues when another model is deleted: ${third}`);

    others.push(bedrock.seedModel('the-next-team'));
    bedrock.clearCalls();
    const fourth = await account.deploy({ ...settings, version: 4, deleteFirst: true });
    assert.deepEqual(account.modelArns().sort(), [...others, fourth].sort());
    assert.deepEqual(changes(account), ['DeleteImportedModel', 'CreateModelImportJob']);
    show('DELETE_FIRST', `${fourth} instead of ${third}`);

    await account.destroy({ ...settings, deleteFirst: true });
    await account.assertEmpty(others);
    show('destroyed', 'the other models still exist');
    others.forEach((arn) => bedrock.deleteModelByHand(arn));
  },
};

function refusals({ bedrock }: Account): number {
  return bedrock.countCalls('CreateModelImportJob', 'ServiceQuotaExceededException');
}

function changes({ bedrock }: Account): string[] {
  return bedrock.calls.map(({ operation }) => operation).filter((operation) => /^(Create|Delete)/.test(operation));
}
