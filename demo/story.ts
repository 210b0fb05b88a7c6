import assert from 'node:assert/strict';
import { MODEL_STACK, WEIGHTS_STACK } from './names';
import type { Stage } from './stage';
import type { Steps } from './steps';

const FIRST_SEED = 1;
const SECOND_SEED = 2;

/**
 * Deploys a model in an empty account, replaces it or runs it for a file of records, and destroys it. Every step is verified with the services.
 *
 * @param middle What happens after the model was deployed and verified. Default: it is replaced
 */
export async function tellStory(stage: Stage, steps: Steps, beforeDestroy: () => Promise<void>, middle = replaceModel): Promise<void> {
  await steps.run('cdk bootstrap', async (step) => {
    await stage.cdk(step, 'bootstrap', stage.aws.target);
  });

  const { BucketName: bucket } = await steps.run(`cdk deploy ${WEIGHTS_STACK}: a bucket and its KMS key`, async (step) => {
    const outputs = await stage.deploy(step, WEIGHTS_STACK);
    await stage.assertCustomerKey(outputs.KeyArn);
    step.fact('bucket', outputs.BucketName);
    step.fact('KMS key', outputs.KeyArn);
    return outputs;
  });

  await steps.run('cdk-bedrock-model-import check: a model that Bedrock does not import, and a tiny Llama', async (step) => {
    await stage.checkFolders(step, FIRST_SEED);
  });

  await steps.run('Upload the tiny Llama', async (step) => {
    await stage.upload(step, bucket, FIRST_SEED);
  });

  const first = await steps.run(`cdk deploy ${MODEL_STACK}: imports the model`, async (step) => {
    return stage.deployModel(step, 1);
  });

  await steps.run('Verify the model in Bedrock', async (step) => {
    await stage.inspect(step, first, bucket);
    await stage.inspectCheck(step, first, bucket);
  });

  await middle(stage, steps, { bucket, modelArn: first.ModelArn, filesDigest: first.FilesDigest });

  await beforeDestroy();

  await steps.run('cdk destroy', async (step) => {
    await stage.api.emptyBucket(bucket);
    await stage.cdk(step, 'destroy', '--all', '--force');
  });

  await steps.run('Verify that nothing is left', async (step) => {
    await stage.assertNothingLeft();
    step.fact('models', 'none, and no import is running');
    step.fact('functions', 'none');
    step.fact('stacks', 'none except CDKToolkit');
    stage.tellEnforcement(step);
  });
}

/** The deployed model. */
interface Deployed {
  readonly bucket: string;
  readonly modelArn: string;
  readonly filesDigest: string;
}

async function replaceModel(stage: Stage, steps: Steps, { bucket, modelArn, filesDigest }: Deployed): Promise<void> {
  await steps.run('Upload new weights to the same prefix', async (step) => {
    await stage.upload(step, bucket, SECOND_SEED);
  });

  const second = await steps.run(`cdk deploy ${MODEL_STACK}: imports the new weights and deletes the old model`, async (step) => {
    const outputs = await stage.deployModel(step, 2);
    assert.notEqual(outputs.ModelArn, modelArn, 'the model was not replaced');
    return outputs;
  });

  await steps.run('Verify both models in Bedrock', async (step) => {
    await stage.inspect(step, second, bucket);
    await stage.inspectCheck(step, second, bucket);
    assert.notEqual(second.FilesDigest, filesDigest, 'the digest is that of the old weights');
    await stage.assertGone(modelArn);
    await stage.assertOnlyModel(second.ModelArn);
    step.fact('deleted', modelArn);
  });
}
