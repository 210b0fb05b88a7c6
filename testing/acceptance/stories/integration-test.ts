import assert from 'node:assert/strict';
import type { Story } from './story';
import { lastLines } from '../../local-aws/command';

const APP = 'node --import tsx test/integ.imported-model.ts';

/** The integration test that CDK asks of a custom resource. */
export const integrationTest: Story = {
  name: 'integration-test',
  title: 'The integration test of CDK: a model is deployed, and its assertions read it from Bedrock',
  makes: 'two stacks: a model, and the functions of the assertions; one import',
  minutes: 60,
  cents: 5,
  async play({ aws, cdk, made, run, weights }, show) {
    const context = ['--context', `suffix=${run}`, '--context', `weights=s3://${weights.bucket}/${weights.prefix}`];
    for (const name of [`Integ${run}`, `IntegAssert${run}`]) made.add({ kind: 'stack', name });

    const { code, output } = await cdk(['deploy', '--all', '--require-approval', 'never', ...context], APP);
    assert.equal(code, 0, `cdk deploy exited with code ${code}:\n${lastLines(output)}`);
    // A failed assertion does not fail the deployment: CDK's runner reads the outputs.
    const { Stacks: [asserted] = [] } = await aws.cloudFormation.describeStacks({ StackName: `IntegAssert${run}` });
    const results = (asserted?.Outputs ?? []).filter(({ OutputKey = '' }) => OutputKey.startsWith('AssertionResults'));
    assert.equal(results.length, 1, 'the assertion has no result');
    assert.equal((JSON.parse(results[0].OutputValue!) as { status: string }).status, 'success', results[0].OutputValue);
    show('asserted', results[0].OutputValue!);

    const destroyed = await cdk(['destroy', '--all', '--force', ...context], APP);
    assert.equal(destroyed.code, 0, `cdk destroy exited with code ${destroyed.code}:\n${lastLines(destroyed.output)}`);
  },
};
