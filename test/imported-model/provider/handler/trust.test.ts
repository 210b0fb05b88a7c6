import { ModelImportHandler } from '../../../../src/imported-model/provider/handler/model-import-handler';
import { contentOf } from '../../../../src/imported-model/provider/handler/names';
import type { Apis } from '../../../../src/imported-model/provider/handler/reconcile';
import { readRequest } from '../../../../src/imported-model/provider/handler/request';
import { servedStacks } from '../../../../src/imported-model/provider/handler/served-stacks';
import { Deployment, NAME_PREFIX, OWNER, request, STACK_ID } from '../../../../testing/support/deployment';

const HOUR = 60 * 60_000;
const OTHER_STACK = 'arn:aws:cloudformation:us-east-1:111122223333:stack/TenantB/99999999-0000-11f0-0000-0a0000000001';
const ATTACKER = { roleArn: 'arn:aws:iam::111122223333:role/attacker' };

let deployment: Deployment;
beforeEach(async () => {
  deployment = await Deployment.start({ maxModels: 10 });
});
afterEach(async () => deployment.stop());

const contentOfVersion = (SourceVersion: string) => contentOf(readRequest(request('Create', { properties: { SourceVersion } }).ResourceProperties));
const namesOfModels = () => deployment.bedrock.snapshot().models.map(({ modelName }) => modelName);

/** Starts an import with a name of the stack and a role of the attacker. */
function plant(version: string, s3Uri: string): string {
  const content = contentOfVersion(version);
  const importedModelName = `${NAME_PREFIX}-${content}`;
  deployment.bedrock.createModelImportJob({
    jobName: `x-${OWNER}-${content}-abcdefgh`, importedModelName, ...ATTACKER, modelDataSource: { s3DataSource: { s3Uri } },
  });
  return importedModelName;
}

// #16
describe('an attacker imports a model with the name of the next deployment', () => {
  test.each([
    ['from other weights', 's3://attacker-bucket/backdoored/', /was not imported from what/],
    ['from the source of the stack, before the new weights are uploaded', 's3://amzn-s3-demo-bucket/llama/', /service role .*attacker.*not started by this stack/],
  ])('%s: the deployment fails, and the model of the stack stays', async (_, s3Uri, reason) => {
    const first = await deployment.deploy('Create', { properties: { SourceVersion: '1' } });
    deployment.clock.advance(HOUR);
    const planted = plant('2', s3Uri);
    deployment.clock.advance(HOUR);

    const answer = await deployment.deploy('Update', { id: first.physicalResourceId, properties: { SourceVersion: '2' }, old: { SourceVersion: '1' } });
    expect(answer.status).toBe('FAILED');
    expect(answer.reason).toMatch(reason);
    expect(namesOfModels()).toEqual([first.physicalResourceId, planted]);
  });

  test('and the import is running: the deployment fails at its end', async () => {
    plant('1', 's3://attacker-bucket/backdoored/');
    const answer = await deployment.deploy('Create', { properties: { SourceVersion: '1' } });
    expect(answer).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/was not imported from what/) });
  });

  test('and the import does not block the deletion of the stack', async () => {
    const first = await deployment.deploy('Create', { properties: { SourceVersion: '1' } });
    deployment.clock.advance(HOUR);
    deployment.bedrock.planNextImport({ durationMs: Infinity });
    plant('2', 's3://attacker-bucket/backdoored/');
    const answer = await deployment.destroy({ id: first.physicalResourceId, properties: { SourceVersion: '1' } });
    expect(answer.status).toBe('SUCCESS');
    expect(namesOfModels()).toEqual([]);
  });
});

// #2
test('does not delete a model with a name of the stack that another job has imported', async () => {
  const first = await deployment.deploy('Create');
  deployment.clock.advance(HOUR);
  deployment.bedrock.seedModel(`copy-${OWNER}-abcdefgh`, { jobName: 'team-c-job' });
  expect((await deployment.destroy({ id: first.physicalResourceId })).status).toBe('SUCCESS');
  expect(namesOfModels()).toEqual([`copy-${OWNER}-abcdefgh`]);
});

test('deletes by ARN', async () => {
  const first = await deployment.deploy('Create');
  deployment.clock.advance(HOUR);
  await deployment.destroy({ id: first.physicalResourceId });
  const deletions = deployment.bedrock.calls.filter(({ operation }) => operation === 'DeleteImportedModel');
  expect(deletions.map(({ input }) => input)).toEqual([{ modelIdentifier: first.data?.ModelArn }]);
});

// #17
test.each(['victims-job', 'x-zzzzzzzzzzzzzzzz-abcdefgh-abcdefgh'])('refuses a job of another owner (%s)', async jobName => {
  const answer = await deployment.send(request('Create', { link: 'model', jobName }));
  expect(answer).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/JobName: "[\w-]+" must be a job of this model/) });
  expect(deployment.bedrock.calls).toEqual([]);
});

test.each([undefined, '', 'Victim-zzzzzzzzzzzzzzzz'])('refuses names of another stack (%s)', async NamePrefix => {
  const answer = await deployment.send(request('Create', { link: 'model', properties: { NamePrefix } }));
  expect(answer).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/NamePrefix/) });
});

// #19
describe('a stack that the provider does not serve', () => {
  const strict = (list: string) => new ModelImportHandler({} as Apis, () => deployment.clock.now(), () => undefined, servedStacks(list));
  const from = (StackId: string, type: 'Create' | 'Update' | 'Delete' = 'Create') => ({ ...request(type, { id: 'id' }), StackId });

  test.each(['Create', 'Update'] as const)('is refused (%s)', async type => {
    await expect(strict(STACK_ID).handle(from(OTHER_STACK, type))).rejects.toThrow(/StackId: .*TenantB.* must be a stack whose models use this provider.*a provider of its own/);
    const poll = { ...from(OTHER_STACK, type), PhysicalResourceId: 'id', StartedAt: 0 };
    await expect(strict(STACK_ID).handle(poll)).rejects.toThrow(/StackId/);
  });

  test('can be deleted, because a deletion affects only its own models', async () => {
    await expect(strict(STACK_ID).handle(from(OTHER_STACK, 'Delete'))).resolves.toMatchObject({ PhysicalResourceId: 'id' });
  });

  test('is a stack of another account, or without its id, name or name prefix in the list', () => {
    const serves = servedStacks(`${STACK_ID},Models,Parent-Nested*`);
    const idOf = (name: string, account = '111122223333') => `arn:aws:cloudformation:us-east-1:${account}:stack/${name}/99999999-0000-11f0-0000-0a0000000001`;
    expect([STACK_ID, idOf('Models'), idOf('Parent-Nested-ABCDEF')].map(serves)).toEqual([true, true, true]);
    expect([OTHER_STACK, idOf('Models2'), idOf('Model'), idOf('Parent'), idOf('ModelStack'), idOf('Models', '444455556666'), ''].map(serves)).not.toContain(true);
    expect(servedStacks(undefined)(STACK_ID)).toBe(false);
  });
});

// #1
describe('a model with the removal policy RETAIN', () => {
  const retained = { RemovalPolicy: 'RETAIN' } as const;

  test('stays after its replacement, also if the policy is changed to DESTROY and the stack is deleted later', async () => {
    const first = await deployment.deploy('Create', { properties: { SourceVersion: '1', ...retained } });
    deployment.clock.advance(HOUR);
    const second = await deployment.deploy('Update', { id: first.physicalResourceId, properties: { SourceVersion: '2', ...retained }, old: { SourceVersion: '1', ...retained } });
    deployment.clock.advance(HOUR);
    expect(second.status).toBe('SUCCESS'); // CloudFormation sends no Delete for the first

    const tagged = { SourceVersion: '2', ImportedModelTags: [{ key: 'a', value: 'b' }], ...retained };
    expect((await deployment.deploy('Update', { id: second.physicalResourceId, properties: tagged, old: { SourceVersion: '2', ...retained } })).status).toBe('SUCCESS');
    expect(namesOfModels()).toEqual([first.physicalResourceId, second.physicalResourceId]);

    deployment.clock.advance(HOUR);
    await deployment.deploy('Update', { id: second.physicalResourceId, properties: { SourceVersion: '2' }, old: tagged });
    deployment.clock.advance(HOUR);
    expect((await deployment.destroy({ id: second.physicalResourceId, properties: { SourceVersion: '2' } })).status).toBe('SUCCESS');
    expect(namesOfModels()).toEqual([first.physicalResourceId]);
  });

  test('stays if the policy is set in the update that replaces it', async () => {
    const first = await deployment.deploy('Create', { properties: { SourceVersion: '1' } });
    deployment.clock.advance(HOUR);
    const properties = { SourceVersion: '2', ...retained };
    const second = await deployment.deploy('Update', { id: first.physicalResourceId, properties, old: { SourceVersion: '1' } });
    deployment.clock.advance(HOUR);
    await deployment.deploy('Update', { id: second.physicalResourceId, properties: { SourceVersion: '2' }, old: properties });
    expect((await deployment.destroy({ id: second.physicalResourceId, properties: { SourceVersion: '2' } })).status).toBe('SUCCESS');
    expect(namesOfModels()).toEqual([first.physicalResourceId]);
  });
});

// #4
test('a construct that is moved without a change of its logical ids keeps its physical id and its model', async () => {
  const first = await deployment.deploy('Create');
  for (const NameBase of ['MovedOnce', 'MovedTwice']) {
    deployment.clock.advance(HOUR);
    const moved = await deployment.send(request('Update', { link: 'import', id: NAME_PREFIX, properties: { NameBase }, old: {} }));
    expect(moved).toMatchObject({ status: 'SUCCESS', physicalResourceId: NAME_PREFIX, data: { JobName: first.data?.JobName } });
  }
  expect(deployment.bedrock.countCalls('CreateModelImportJob')).toBe(1);
});

// #6
test.each([
  'Could not validate GetObject permissions to access Amazon S3 bucket: weights',
  'The KMS key cannot be used by the provided role: access denied',
  'User is not authorized to perform kms:CreateGrant',
])('waits ten minutes for a refusal that propagation can cause (%s)', async message => {
  deployment.bedrock.failNext('CreateModelImportJob', { name: 'ValidationException', message, times: 10 });
  expect((await deployment.deploy('Create')).status).toBe('SUCCESS');
});

test('fails the deployment after ten minutes of such refusals, with the remedy', async () => {
  deployment.bedrock.failNext('CreateModelImportJob', { name: 'ValidationException', message: 'Could not validate GetObject permissions', times: Infinity });
  const answer = await deployment.deploy('Create');
  expect(answer).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/for 10 minutes.*policies of the provider's role and of the service role.*bucket and KMS key/) });
  expect(deployment.bedrock.snapshot().jobs).toEqual([]);
});

test('fails at the first poll for a value that does not satisfy a constraint', async () => {
  deployment.bedrock.failNext('CreateModelImportJob', { name: 'ValidationException', message: 'Value \'s3://bucket/x\' at \'s3Uri\' failed to satisfy constraint' });
  expect(await deployment.deploy('Create')).toMatchObject({ status: 'FAILED', polls: 1 });
});

// #13: Fn::If and an empty parameter leave an empty string.
test('an empty string of any property is no value', () => {
  const optional = ['ImportLogicalId', 'NamePrefix', 'JobName', 'SourceVersion', 'ImportedModelKmsKeyId', 'ImportedModelName', 'NameBase', 'JobNamePrefix', 'RemovalPolicy'];
  const read = (value: unknown) => readRequest({ ...request('Create').ResourceProperties, ...Object.fromEntries(optional.map(name => [name, value])) });
  expect(read('')).toEqual(read(undefined));
  expect(read('')).toMatchObject({ sourceVersion: undefined, importedModelKmsKeyId: undefined, jobName: undefined, retain: false });
});

// #15
test('each link deletes a model of one hour ago at the first poll', async () => {
  const first = await deployment.deploy('Create');
  deployment.clock.advance(HOUR);
  expect(await deployment.send(request('Delete', { link: 'model', id: first.physicalResourceId }))).toMatchObject({ status: 'SUCCESS', polls: 1 });
  expect(await deployment.send(request('Delete', { link: 'import', id: NAME_PREFIX }))).toMatchObject({ status: 'SUCCESS', polls: 1 });
  expect(namesOfModels()).toEqual([]);
});

