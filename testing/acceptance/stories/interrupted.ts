import assert from 'node:assert/strict';
import { Stacks } from './stacks';
import type { Story } from './story';

/** A user who presses Ctrl-C and destroys the stack while Bedrock imports. */
export const interrupted: Story = {
  name: 'interrupted',
  title: 'The CLI is killed while new weights are imported, the update is cancelled and the stack destroyed: the job is waited for, and its model deleted',
  makes: 'a stack with a model; two imports',
  minutes: 120,
  cents: 5,
  async play(world, show) {
    const stacks = new Stacks(world);
    const settings = { stack: stacks.name('I'), weights: `s3://${world.weights.bucket}/${world.weights.prefix}` };
    await stacks.deploy(settings);
    const modelArn = await stacks.output(settings.stack, 'ModelArn');

    const kill = new AbortController();
    const deployment = stacks.tryDeploy({ ...settings, version: 2 }, kill.signal);
    deployment.catch(() => {}); // it is awaited below, unless something fails before
    await stacks.until('the second import', 30, async () => (await stacks.jobs()).length === 2);
    kill.abort();
    assert.notEqual((await deployment).code, 0);
    await world.aws.cloudFormation.cancelUpdateStack({ StackName: settings.stack });
    await stacks.until('the rollback', 120, async () => await stacks.status(settings.stack) === 'UPDATE_ROLLBACK_COMPLETE');
    await stacks.until('the old model', 2, async () => (await stacks.modelArns()).includes(modelArn));
    show('cancelled', 'the stack is rolled back to its old model');

    await stacks.destroy(settings);
    await stacks.until('the end of the imports', 2, async () => (await stacks.jobs()).every(({ status }) => status !== 'InProgress'));
    await stacks.untilModels();
    show('destroyed', `${(await stacks.jobs()).length} jobs have ended, and no model is left`);
  },
};
