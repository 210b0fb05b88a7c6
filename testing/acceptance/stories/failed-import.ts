import assert from 'node:assert/strict';
import { validModel } from '../../model-files';
import { bytesOf } from '../../model-files/model-files';
import type { World } from '../world';
import { Stacks } from './stacks';
import type { Story } from './story';

/** The folder of files that no service can import. */
export const BROKEN_FOLDER = 'broken';

/** An update whose import fails. */
export const failedImport: Story = {
  name: 'failed-import',
  title: 'New weights that Bedrock cannot read: the deployment fails with the message of the job, and the rollback keeps the old model without an import',
  makes: 'a stack with a model; one import that succeeds, and one that fails',
  minutes: 90,
  cents: 5,
  async play(world, show) {
    const stacks = new Stacks(world);
    const good = { stack: stacks.name('F'), weights: `s3://${world.weights.bucket}/${world.weights.prefix}` };
    await stacks.deploy(good);
    const modelArn = await stacks.output(good.stack, 'ModelArn');
    await uploadBroken(world);

    const { code, output } = await stacks.tryDeploy({ ...good, weights: `s3://${world.bucket}/${BROKEN_FOLDER}/`, unchecked: true });

    assert.notEqual(code, 0, 'Bedrock has imported files that are no weights');
    const [, failed] = await stacks.untilJobs('Completed', 'Failed');
    const { failureMessage = '' } = await world.aws.bedrock.getModelImportJob({ jobIdentifier: failed.jobArn });
    const withoutSpace = (text: string) => text.replace(/\s+/g, '');
    assert.ok(withoutSpace(output).includes(withoutSpace(failureMessage)), `the CLI does not say "${failureMessage}":\n${output}`);
    show('failed', failureMessage);

    assert.equal(await stacks.status(good.stack), 'UPDATE_ROLLBACK_COMPLETE');
    assert.equal(await stacks.output(good.stack, 'ModelArn'), modelArn);
    await stacks.untilModels(modelArn);
    await stacks.untilJobs('Completed', 'Failed'); // the rollback has started no import
    show('rolled back', `${modelArn} was never deleted`);

    await stacks.destroy(good);
    await stacks.untilModels();
    for (const path of Object.keys(validModel())) await world.aws.s3.deleteObject({ Bucket: world.bucket, Key: `${BROKEN_FOLDER}/${path}` });
  },
};

/** All files of a model, but what should be weights is text. */
async function uploadBroken({ aws, bucket }: World): Promise<void> {
  for (const [path, content] of Object.entries(validModel())) {
    const Body = path.endsWith('.safetensors') ? 'These are no weights.' : bytesOf(content);
    await aws.s3.putObject({ Bucket: bucket, Key: `${BROKEN_FOLDER}/${path}`, Body });
  }
}
