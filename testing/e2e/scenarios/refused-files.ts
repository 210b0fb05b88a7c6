import assert from 'node:assert/strict';
import { type ModelFiles, validModel, withFields, without } from '../../model-files';
import { assertSaid } from '../account';
import type { Scenario } from '../scenario';
import { WEIGHTS_BUCKET } from '../settings';

const UNSUPPORTED: ModelFiles = withFields(validModel(), 'config.json', { architectures: ['GPTNeoXForCausalLM'], model_type: 'gpt_neox' });

/** Of a newer version than the documented one, which is only a warning. */
const NEWER: ModelFiles = withFields(validModel(), 'config.json', { transformers_version: '4.57.1' });

const SAYS = [
  '[unsupported-architecture] config.json: architectures is ["GPTNeoXForCausalLM"].',
  'Fine-tune a model of a supported family, or host this one on Amazon SageMaker AI.',
  '[missing-file] tokenizer.json: The folder has no tokenizer.json.',
  'Add it: save the tokenizer and the model with save_pretrained of transformers==4.51.3.',
  'Nothing was imported. To import it nevertheless, acknowledge the ids in formatCheck.',
];

export const refusedFiles: Scenario = {
  name: 'refused-files',
  title: 'Files that Bedrock cannot import: the deployment fails before the import with every finding, and succeeds when they are corrected',
  async play(account, show) {
    const settings = { stack: 'RefusedFiles', folder: 'refused-files' };
    const { folder } = settings;
    await account.upload(folder, without(UNSUPPORTED, 'tokenizer.json'));

    const since = performance.now();
    const { code, output } = await account.tryDeploy(settings);

    assert.notEqual(code, 0);
    assertSaid(output, `source: Bedrock cannot import the model at s3://${WEIGHTS_BUCKET}/${folder}/.`);
    SAYS.forEach(text => assertSaid(output, text));
    assert.doesNotMatch(output, /index\.js|errorType|errorMessage/, 'the output contains a stack trace of the handler or JSON');
    await account.assertStatus(settings.stack, 'ROLLBACK_COMPLETE');
    assert.equal(account.bedrock.countCalls('CreateModelImportJob'), 0);
    show('refused', `after ${((performance.now() - since) / 1000).toFixed(1)} s with the CLI, without an import`);
    show('CLI output', output.slice(output.indexOf('❌')).trim());

    await account.upload(folder, NEWER);
    const first = await account.deploy(settings);
    const digest = await account.api.stackOutput(settings.stack, 'FilesDigest');
    assert.match(digest, /^[0-9a-f]{32}$/);
    const findings = await account.linesOfLog('"rule":"newer-transformers"');
    assert.equal(findings.length, 1, findings.join('\n'));
    assert.match(findings[0], /"severity":"warning"/);
    show('corrected', `${first}, digest ${digest}`);
    show('in the log', findings[0]);

    await account.upload(folder, UNSUPPORTED);
    await account.deploy({ ...settings, version: 2, acknowledge: ['unsupported-architecture'] });
    const next = await account.api.stackOutput(settings.stack, 'FilesDigest');
    assert.match(next, /^[0-9a-f]{32}$/);
    assert.notEqual(next, digest);
    account.assertJobs('Completed', 'Completed');
    show('acknowledged', `imported as version 2, digest ${next}`);

    await account.destroy(settings);
    await account.discard(folder);
  },
};
