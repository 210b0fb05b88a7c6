import assert from 'node:assert/strict';
import { MINUTE } from '../account';
import type { Scenario } from '../scenario';

const CHAIN = ['Custom::BedrockModelImport', 'Custom::BedrockModelImportWait', 'Custom::BedrockImportedModel'];

export const longImport: Scenario = {
  name: 'long-import',
  title: 'An import takes longer than the window of a custom resource: the next one continues to wait',
  async play(account, show) {
    const settings = { stack: 'LongImport', waitWindowMinutes: 5, importTimeoutMinutes: 15 };
    account.bedrock.planNextImport({ durationMs: 12 * MINUTE });
    const completedWhileImporting = new Set<string>();
    const watch = async () => {
      if (!account.isImporting()) return account.jobs().length > 0;
      const events = await account.api.stackEvents(settings.stack);
      if (account.isImporting()) events.filter(({ status }) => status === 'CREATE_COMPLETE').forEach(({ type }) => completedWhileImporting.add(type));
      return false;
    };

    const [modelArn] = await Promise.all([account.deploy(settings), account.until('the end of the import', watch)]);

    const links = (await account.api.stackEvents(settings.stack)).filter(({ type }) => CHAIN.includes(type));
    assert.deepEqual(
      links.map(({ type, status }) => `${type} ${status}`),
      CHAIN.flatMap((type) => [`${type} CREATE_IN_PROGRESS`, `${type} CREATE_COMPLETE`]),
    );
    assert.deepEqual(CHAIN.map((type) => completedWhileImporting.has(type)), [true, true, false], 'links that succeeded while the import was running');
    account.assertJobs('Completed');
    assert.equal(account.bedrock.countCalls('CreateModelImportJob'), 1);
    show('windows of', '5 minutes, the import took 12');
    show('waited in', CHAIN.slice(0, 2).join(', '));
    show('finished by', `${CHAIN[2]}: ${modelArn}, one import`);

    await account.destroy(settings);
  },
};
