import assert from 'node:assert/strict';
import { Stacks } from './stacks';
import type { Story } from './story';
import type { World } from '../world';

/** The life of a model in a platform stack. */
export const platform: Story = {
  name: 'platform',
  title: 'A model with key, VPC, tags and verification: deployed, deployed again unchanged, with other tags, with new weights, shared by a parameter, destroyed',
  makes: 'two stacks: a model with a KMS key and a VPC without a NAT gateway, and a reader of its ARN; two imports, '
    + 'one after the other, and two verifications of five minutes each, for one Custom Model Unit',
  minutes: 150,
  cents: 85, // two verifications at 8 cents a minute, and the key for hours
  async play(world, show) {
    const stacks = new Stacks(world);
    const weights = `s3://${world.weights.bucket}/${world.weights.prefix}`;
    const models = { stack: stacks.name('P'), weights, keyAndVpc: true, expect: '', team: 'platform', publishTo: `/acceptance/${world.run}/llama` };
    const reader = { stack: stacks.name('R'), readFrom: models.publishTo };
    const tagsOf = async (resourceARN: string) => (await world.aws.bedrock.listTagsForResource({ resourceARN })).tags ?? [];

    await stacks.deploy(models);
    const first = await stacks.output(models.stack, 'ModelArn');
    await stacks.untilModels(first);
    const { modelKmsKeyArn, modelDataSource } = await world.aws.bedrock.getImportedModel({ modelIdentifier: first });
    assert.match(modelKmsKeyArn ?? '', /^arn:[^:]+:kms:/);
    assert.ok((await tagsOf(first)).some(({ key, value }) => key === 'team' && value === 'platform'));
    show('deployed', `${first}, from ${modelDataSource?.s3DataSource?.s3Uri}, with a key, in a VPC, verified`);

    assert.match(await stacks.deploy(models), /\(no changes\)/);
    show('unchanged', 'the CLI says "no changes"');

    await stacks.deploy({ ...models, team: 'research' });
    assert.equal(await stacks.output(models.stack, 'ModelArn'), first);
    await stacks.untilJobs('Completed'); // other tags have started no import
    await stacks.until('the new tag', 2, async () => (await tagsOf(first)).some(({ key, value }) => key === 'team' && value === 'research'));
    show('other tags', 'on the same model, without an import');

    await stacks.deploy(reader);
    assert.equal(await stacks.output(reader.stack, 'ModelArn'), first);
    await stacks.deploy({ ...models, team: 'research', version: 2 });
    const second = await stacks.output(models.stack, 'ModelArn');
    assert.notEqual(second, first);
    await stacks.untilModels(second);
    await stacks.untilJobs('Completed', 'Completed');
    show('new weights', `${second}; the old model is deleted`);

    assert.equal(await stacks.output(reader.stack, 'ModelArn'), first, 'the reader was not deployed again');
    await stacks.deploy(reader);
    assert.equal(await stacks.output(reader.stack, 'ModelArn'), second);
    assert.deepEqual(await resourcesOf(world, await stacks.output(reader.stack, 'CallerName')), [second]);
    show('shared', 'the reader has the new ARN in its output and in its policy after its next deployment');

    await stacks.destroy(reader);
    await stacks.destroy(models);
    await stacks.untilModels();
    show('destroyed', 'no model is left');
  },
};

/** The resources that the policies of a role allow to use. */
async function resourcesOf({ aws: { iam } }: World, RoleName: string): Promise<unknown[]> {
  const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName });
  const policies = await Promise.all(PolicyNames.map(async PolicyName => (await iam.getRolePolicy({ RoleName, PolicyName })).PolicyDocument!));
  const statementsIn = (policy: string) => (JSON.parse(decodeURIComponent(policy)) as { Statement: { Resource: unknown }[] }).Statement;
  return policies.flatMap(policy => statementsIn(policy).map(({ Resource }) => Resource));
}
