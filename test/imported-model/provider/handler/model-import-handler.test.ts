import type { IsCompleteRequest, OnEventResponse } from '../../../../src/imported-model/provider/handler/event';
import { FULL_ACCOUNT_PATIENCE, PROPAGATION_PATIENCE } from '../../../../src/imported-model/provider/patience';
import { CONNECTION_LOST } from '../../../../testing/bedrock-server/faults';
import { Deployment, type LinkProperties, request } from '../../../../testing/support/deployment';

/*
 * The protocol: events, physical ids, attributes, the log, responses that fit, and the requests to Bedrock; and a few whole deployments.
 * decide.test.ts has the decisions.
 */
const MINUTE = 60_000;

let deployment: Deployment;
const start = async (...options: Parameters<typeof Deployment.start>) => (deployment = await Deployment.start(...options));
const created = () => deployment.bedrock.calls.filter(call => call.operation === 'CreateModelImportJob' && call.outcome === 'ok');
const modelNames = () => deployment.bedrock.snapshot().models.map(model => model.modelName);

afterEach(async () => deployment.stop());

describe('create', () => {
  test('imports the model and responds with its attributes', async () => {
    const { bedrock } = await start();
    const answer = await deployment.deploy('Create');

    const [model] = bedrock.snapshot().models;
    expect(answer).toMatchObject({ status: 'SUCCESS', physicalResourceId: model.modelName });
    expect(answer.data).toEqual({
      ModelArn: model.modelArn,
      ImportedModelName: model.modelName,
      JobArn: model.jobArn,
      JobName: model.jobName,
      ModelArchitecture: 'llama',
      InstructSupported: 'true',
      CustomModelUnitsPerModelCopy: '2',
      CustomModelUnitsVersion: 'v1.0',
    });
  });

  test('passes every property to Bedrock, and makes the request idempotent', async () => {
    await start();
    const key = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    await deployment.deploy('Create', {
      properties: {
        ImportedModelKmsKeyId: key,
        ImportedModelName: 'my-llama',
        JobNamePrefix: 'nightly',
        SubnetIds: ['subnet-1', 'subnet-2'],
        SecurityGroupIds: ['sg-1'],
        ImportedModelTags: [{ key: 'team', value: 'platform' }],
        JobTags: [{ key: 'cost-center', value: '42' }],
      },
    });

    expect(created()[0].input).toEqual({
      jobName: expect.stringMatching(/^nightly-[a-z2-7]{16}-[a-z2-7]{8}-[a-z2-7]{8}$/),
      importedModelName: 'my-llama',
      clientRequestToken: expect.stringMatching(/^[a-z2-7]{16}-[a-z2-7]{8}-[a-z2-7]{8}$/),
      roleArn: 'arn:aws:iam::111122223333:role/ModelStack-LlamaServiceRole-ABCDEFGHIJKL',
      modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/llama/' } },
      importedModelKmsKeyId: key,
      vpcConfig: { subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-1'] },
      importedModelTags: [{ key: 'team', value: 'platform' }],
      jobTags: [{ key: 'cost-center', value: '42' }],
    });
  });

  test('imports once if the event is delivered twice', async () => {
    const { handler } = await start();
    const event = request('Create');
    const first = { ...event, ...await handler.handle(event) as OnEventResponse };
    const second = { ...event, ...await handler.handle(event) as OnEventResponse };
    await Promise.all([handler.handle(first), handler.handle(second)]);

    const answers = [await deployment.poll(first), await deployment.poll(second)];
    expect(answers).toMatchObject(Array(2).fill({ status: 'SUCCESS', data: { JobName: deployment.bedrock.snapshot().jobs[0].jobName } }));
    expect(deployment.bedrock.snapshot().jobs).toHaveLength(1);
  });

  test('responds to both deliveries of an event with the same start, because the framework refuses different responses', async () => {
    const { handler, clock } = await start();
    const event = { ...request('Create'), ResponseURL: 'https://example.com/?X-Amz-Date=20260101T000000Z&X-Amz-Signature=secret' };
    clock.advance(90_500);
    const first = await handler.handle(event);
    clock.advance(MINUTE);
    expect(await handler.handle(event)).toEqual(first);
    expect(first).toMatchObject({ StartedAt: Date.UTC(2026, 0, 1) });
  });

  test.each(['20250101T000000Z', '20270101T000000Z'])('ignores a start that is impossible (%s)', async date => {
    const { handler, clock } = await start();
    expect(await handler.handle({ ...request('Create'), ResponseURL: `https://example.com/?X-Amz-Date=${date}` })).toMatchObject({ StartedAt: clock.now() });
  });

  test('does not import again if the response of CreateModelImportJob was lost', async () => {
    const { bedrock } = await start();
    bedrock.failNext('CreateModelImportJob', { name: CONNECTION_LOST, when: 'after' });
    expect(await deployment.deploy('Create')).toMatchObject({ status: 'SUCCESS', reason: '' });
    expect(bedrock.snapshot().jobs).toHaveLength(1);
  });

  test('adopts the import of an earlier deployment that was cancelled', async () => {
    const { handler, bedrock } = await start();
    const cancelled = request('Create');
    await handler.handle({ ...cancelled, ...await handler.handle(cancelled) as OnEventResponse });
    expect(await deployment.deploy('Create')).toMatchObject({ status: 'SUCCESS' });
    expect(bedrock.snapshot().jobs).toHaveLength(1);
  });

  test('succeeds despite throttling, server errors and lost connections', async () => {
    const { bedrock } = await start();
    let calls = 0;
    const two = () => calls++ % 3 !== 2;
    bedrock.failNext('*', { name: 'ThrottlingException', times: 9, matches: two });
    bedrock.failNext('*', { name: 'InternalServerException', times: 9, matches: two });
    bedrock.failNext('*', { name: CONNECTION_LOST, times: 9, matches: two });
    expect(await deployment.deploy('Create')).toMatchObject({ status: 'SUCCESS' });
    expect(bedrock.snapshot().jobs).toHaveLength(1);
    expect(bedrock.calls.filter(call => call.outcome !== 'ok').length).toBeGreaterThan(20);
  });

  test('fails for a role that Bedrock cannot assume, with the remedy, before the import times out', async () => {
    const { clock } = await start({ rolePropagationMs: Infinity });
    const begin = clock.now();
    const answer = await deployment.deploy('Create');
    expect(answer.status).toBe('FAILED');
    expect(answer.reason).toMatch(/The provided role ARN is invalid.*trust policy/);
    expect(clock.now() - begin).toBe(PROPAGATION_PATIENCE);
    expect(deployment.bedrock.snapshot().jobs).toEqual([]);
  });

  test('waits for a permission that has not propagated', async () => {
    const { bedrock } = await start();
    bedrock.failNext('CreateModelImportJob', { name: 'AccessDeniedException', times: 5 });
    expect(await deployment.deploy('Create')).toMatchObject({ status: 'SUCCESS' });
  });

  test('fails after importTimeout, and the rollback waits for the import and deletes its model', async () => {
    const { bedrock } = await start({ planImport: () => ({ durationMs: 40 * MINUTE }) });
    const answer = await deployment.deploy('Create', { properties: { WindowMinutes: '10', ImportTimeoutMinutes: '20' } });
    expect(answer.status).toBe('FAILED');
    expect(answer.reason).toMatch(/not imported within 20 minutes \(importTimeout\)/);

    expect(await deployment.destroy({ id: answer.physicalResourceId })).toMatchObject({ status: 'SUCCESS' });
    expect(bedrock.snapshot().models).toEqual([]);
    expect(bedrock.snapshot().jobs[0].status).toBe('Completed');
  });
});

describe('an import that fails', () => {
  test('fails the deployment with the ARN of the job and the reason of Bedrock, and the next deployment starts another job', async () => {
    const { bedrock } = await start();
    bedrock.planNextImport({ durationMs: 3 * MINUTE, failureMessage: 'Amazon Bedrock does not support the architecture (qwen9)' });
    const answer = await deployment.deploy('Create');
    const [job] = bedrock.snapshot().jobs;
    expect(answer.status).toBe('FAILED');
    expect(answer.reason).toContain(job.jobArn);
    expect(answer.reason).toMatch(/does not support the architecture \(qwen9\)/);

    await deployment.destroy({ id: answer.physicalResourceId });
    expect(await deployment.deploy('Create')).toMatchObject({ status: 'SUCCESS' });
    expect(bedrock.snapshot().jobs).toHaveLength(2);
  });

  test.each([['ASCII', 'x'], ['four bytes each', '\u{1F4A5}'], ['escaped in JSON', '"'], ['six characters in JSON', '\u0001']])(
    'has a response of less than 4096 bytes for a long reason (%s)', async (_, character) => {
      const { bedrock } = await start();
      bedrock.planNextImport({ durationMs: MINUTE, failureMessage: character.repeat(2048 / character.length) });
      const answer = await deployment.deploy('Create');
      expect(answer.status).toBe('FAILED');
      expect(answer.reason).toContain(bedrock.snapshot().jobs[0].jobArn);
      expect(answer.bytes).toBeLessThan(4096);
    });
});

describe('update', () => {
  test.each([
    ['version of the source', { SourceVersion: '2' }],
    ['exact name', { ImportedModelName: 'another-name' }],
  ])('another %s replaces the model: the new one is imported, then the old one is deleted', async (_, properties) => {
    const { bedrock } = await start();
    const { physicalResourceId: oldId, data: oldModel } = await deployment.deploy('Create');

    const update = await deployment.deploy('Update', { id: oldId, properties, old: {} });
    expect(update.status).toBe('SUCCESS');
    expect(update.physicalResourceId).not.toBe(oldId);
    expect(update.data?.ModelArn).not.toBe(oldModel?.ModelArn);
    expect(modelNames()).toEqual(expect.arrayContaining([oldId, update.physicalResourceId]));

    expect(await deployment.cleanUp(oldId)).toMatchObject({ status: 'SUCCESS' });
    expect(modelNames()).toEqual([update.physicalResourceId]);
    expect(bedrock.snapshot().jobs).toHaveLength(2);
  });

  test('another role changes in place, at the first poll, without an import', async () => {
    await start();
    const { physicalResourceId: id, data } = await deployment.deploy('Create');
    expect(await deployment.deploy('Update', { id, properties: { RoleArn: 'arn:aws:iam::111122223333:role/another' }, old: {} }))
      .toMatchObject({ status: 'SUCCESS', physicalResourceId: id, data, polls: 1 });
    expect(created()).toHaveLength(1);
  });

  test('a model that is not found while it is tagged is read again', async () => {
    const { bedrock } = await start();
    const { physicalResourceId: id, data } = await deployment.deploy('Create');
    bedrock.failNext('TagResource', { name: 'ResourceNotFoundException' });

    expect(await deployment.deploy('Update', { id, properties: { ImportedModelTags: [{ key: 'team', value: 'platform' }] }, old: {} }))
      .toMatchObject({ status: 'SUCCESS', physicalResourceId: id, data, polls: 2 });
  });

  test('changes the tags of the model and of the job, and keeps those of other owners', async () => {
    const { bedrock } = await start();
    const before = { ImportedModelTags: [{ key: 'team', value: 'research' }, { key: 'former', value: '1' }], JobTags: [{ key: 'former', value: '1' }] };
    const { physicalResourceId: id, data } = await deployment.deploy('Create', { properties: before });
    bedrock.tagResource({ resourceARN: data!.ModelArn, tags: [{ key: 'by-hand', value: '1' }] });

    const after = { ImportedModelTags: [{ key: 'team', value: 'platform' }], JobTags: [{ key: 'new', value: '2' }] };
    await deployment.deploy('Update', { id, properties: after, old: before });
    const { models: [model], jobs: [job] } = bedrock.snapshot();
    expect(model.tags).toEqual(expect.arrayContaining([{ key: 'by-hand', value: '1' }, { key: 'team', value: 'platform' }]));
    expect(model.tags).toHaveLength(2);
    expect(job.tags).toEqual([{ key: 'new', value: '2' }]);
  });
});

describe('the rollback of an update', () => {
  const after = { SourceVersion: '2' };

  test('finds the old model at the first poll if the new import has failed', async () => {
    const { bedrock } = await start();
    const { physicalResourceId: id, data } = await deployment.deploy('Create');
    bedrock.planNextImport({ durationMs: MINUTE, failureMessage: 'no' });
    const failed = await deployment.deploy('Update', { id, properties: after, old: {} });
    expect(failed.status).toBe('FAILED');

    expect(await deployment.deploy('Update', { id, old: after })).toMatchObject({ status: 'SUCCESS', physicalResourceId: id, data, polls: 1 });
    expect(created()).toHaveLength(2);
    expect(modelNames()).toEqual([id]);
  });

  test('finds the old model at the first poll if another resource has failed, and the new model is deleted', async () => {
    await start();
    const { physicalResourceId: oldId, data } = await deployment.deploy('Create');
    const { physicalResourceId: newId } = await deployment.deploy('Update', { id: oldId, properties: after, old: {} });

    expect(await deployment.deploy('Update', { id: newId, old: after }))
      .toMatchObject({ status: 'SUCCESS', physicalResourceId: oldId, data, polls: 1 });
    await deployment.cleanUp(newId, { properties: after });
    expect(created()).toHaveLength(2);
    expect(modelNames()).toEqual([oldId]);
  });
});

describe('delete', () => {
  test('does not delete a model whose job has the owner hash of the stack in its prefix only', async () => {
    const { bedrock } = await start();
    const { physicalResourceId: id } = await deployment.deploy('Create');
    const owner = id.split('-').at(-2);
    bedrock.seedModel('theirs', { jobName: `llama-${owner}-0000000000-1111111111-2222222222` });

    expect(await deployment.destroy({ id })).toMatchObject({ status: 'SUCCESS' });
    expect(bedrock.snapshot().models.map(({ modelName }) => modelName)).toEqual(['theirs']);
  });

  test('reads the model again after its deletion', async () => {
    const { bedrock } = await start();
    const { physicalResourceId: id } = await deployment.deploy('Create');
    bedrock.clearCalls();
    expect(await deployment.cleanUp(id)).toMatchObject({ status: 'SUCCESS', physicalResourceId: id });
    expect(bedrock.calls.map(call => [call.operation, call.outcome]).slice(-2)).toEqual([['GetImportedModel', 'ResourceNotFoundException'], ['ListModelImportJobs', 'ok']]);
    expect(bedrock.snapshot().models).toEqual([]);
  });

  test('repeats DeleteImportedModel after a ConflictException', async () => {
    await start({ deleteConflict: ({ attempt }) => attempt < 4 });
    const { physicalResourceId: id } = await deployment.deploy('Create');
    expect(await deployment.destroy({ id })).toMatchObject({ status: 'SUCCESS' });
    expect(modelNames()).toEqual([]);
  });

  test('needs no property except the logical id of the first link', async () => {
    await start();
    const { physicalResourceId: id } = await deployment.deploy('Create');
    expect(await deployment.send({ ...request('Delete', { id }), ResourceProperties: { ...{ Unknown: 'x' }, ImportLogicalId: 'LlamaImport0AC200D6F' } })).toMatchObject({ status: 'SUCCESS' });
    expect(modelNames()).toEqual([]);
  });
});

describe('an import that takes longer than a wait window', () => {
  const chain = { WindowMinutes: '55', ImportTimeoutMinutes: '165' };

  test('is continued by the next links, and the last one has the attributes', async () => {
    const { bedrock, clock } = await start({ planImport: () => ({ durationMs: 130 * MINUTE }) });
    const begin = clock.now();
    const first = await deployment.send(request('Create', { properties: chain }));
    expect(clock.now() - begin).toBe(55 * MINUTE);
    const jobName = first.data?.JobName;
    expect(await deployment.send(request('Create', { properties: chain, link: 'wait', jobName }))).toMatchObject({ status: 'SUCCESS' });
    bedrock.clearCalls();
    const last = await deployment.send(request('Create', { properties: chain, link: 'model', jobName }));

    expect(last).toMatchObject({ status: 'SUCCESS', data: { ModelArn: bedrock.snapshot().models[0].modelArn } });
    expect(bedrock.snapshot().jobs).toHaveLength(1);
    // A poll of a running import is one call.
    expect(new Set(bedrock.calls.slice(0, 2 * 19).map(call => call.operation))).toEqual(new Set(['GetModelImportJob']));
  });

  test('of another model can take the first window: the next link starts the import, once', async () => {
    const { bedrock } = await start();
    const properties = { WindowMinutes: '30', ImportTimeoutMinutes: '60' };
    bedrock.planNextImport({ durationMs: 40 * MINUTE });
    bedrock.createModelImportJob({
      jobName: 'other', importedModelName: 'other', roleArn: 'arn:aws:iam::111122223333:role/other', modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/other/' } },
    });
    const { data } = await deployment.send(request('Create', { properties }));
    expect(await deployment.send(request('Create', { properties, link: 'model', jobName: data?.JobName }))).toMatchObject({ status: 'SUCCESS' });
    expect(bedrock.snapshot().jobs.map(({ jobName }) => jobName)).toEqual(['other', data?.JobName]);
    expect(bedrock.countCalls('CreateModelImportJob')).toBe(2);
  });

  test('delays the deletion of each link, which deletes its model at the end', async () => {
    const { bedrock, handler } = await start({ planImport: () => ({ durationMs: 150 * MINUTE }) });
    const event = request('Create', { properties: chain });
    await handler.handle({ ...event, ...await handler.handle(event) as OnEventResponse });

    const deletions = [
      await deployment.send(request('Delete', { link: 'model', id: 'ModelStack-Llama0AC200D6F-1ABCDEFGHIJKL' })),
      await deployment.send(request('Delete', { link: 'wait', id: 'wait' })),
      await deployment.send(request('Delete', { link: 'wait', id: 'wait' })),
      await deployment.send(request('Delete', { link: 'import', id: 'import' })),
    ];
    expect(deletions.map(deletion => deletion.status)).toEqual(Array(4).fill('SUCCESS'));
    expect(bedrock.snapshot()).toMatchObject({ models: [], jobs: [{ status: 'Completed' }] });
  });
});

test('fails when the model quota is exhausted, with the models of the account and the remedies', async () => {
  const { bedrock, clock } = await start();
  ['one', 'two', 'three'].forEach(name => bedrock.seedModel(name));
  const begin = clock.now();
  const answer = await deployment.deploy('Create');
  expect(answer.status).toBe('FAILED');
  expect(answer.reason).toMatch(/three, two, one|one, two, three/);
  expect(answer.reason).toMatch(/DELETE_FIRST/);
  expect(clock.now() - begin).toBe(FULL_ACCOUNT_PATIENCE);
});

test('keeps an exact name with other content with DELETE_FIRST', async () => {
  await start();
  const before = { ImportedModelName: 'my-llama', ReplacementStrategy: 'DELETE_FIRST' } as const;
  const first = await deployment.deploy('Create', { properties: before });
  const updated = await deployment.deploy('Update', { id: 'my-llama', properties: { ...before, SourceVersion: '2' }, old: before });
  expect(updated).toMatchObject({ status: 'SUCCESS', physicalResourceId: 'my-llama' });
  expect(updated.data?.ModelArn).not.toBe(first.data?.ModelArn);
  expect(modelNames()).toEqual(['my-llama']);
});

test('a deployment deletes the orphan of an interrupted replacement, but no model of another owner and none that a rollback may need', async () => {
  const { bedrock, clock, handler } = await start({ maxModels: 5 });
  bedrock.seedModel('other');
  const { physicalResourceId: id } = await deployment.deploy('Create');
  // A rollback has restored the first model during the import of the second.
  const event = request('Update', { properties: { SourceVersion: 'orphan' }, old: {}, id: 'import' });
  await handler.handle({ ...event, ...await handler.handle(event) as OnEventResponse });
  bedrock.completeJob(bedrock.snapshot().jobs.find(job => job.status === 'InProgress')!.jobName!);
  clock.advance(MINUTE);
  expect(modelNames()).toHaveLength(3);

  const { physicalResourceId: newId } = await deployment.deploy('Update', { id, properties: { SourceVersion: '2' }, old: {} });
  expect(modelNames().sort()).toEqual([id, newId, 'other'].sort());
});

// Values with tokens, which synthesis cannot validate. api-constraints.test.ts has the rules.
describe('a value that Bedrock would refuse', () => {
  const many = (count: number, id: string) => Array.from({ length: count }, (_, n) => `${id}${n}`);

  test.each<[string, LinkProperties, RegExp]>([
    ['source', { S3Uri: 's3://amzn-s3-demo-bucket/my model/' }, /source: "s3:\/\/amzn-s3-demo-bucket\/my model\/" must be an S3 URI.*Copy the model/],
    ['source.version', { SourceVersion: 'v'.repeat(257) }, /source\.version: "v{119}.* must be a string of 1 to 256 characters/],
    ['importedModelName', { ImportedModelName: 'my--model' }, /importedModelName: "my--model" must be 1 to 63 letters.*Choose another name/],
    ['jobNamePrefix', { JobNamePrefix: 'a_b' }, /jobNamePrefix: "a_b" must be.*Shorten or change/],
    ['role', { RoleArn: 'import' }, /role: "import" must be the ARN of an IAM role/],
    ['encryption', { ImportedModelKmsKeyId: 'key' }, /encryption: "key" must be a KMS key ARN/],
    ['importedModelTags', { ImportedModelTags: [{ key: 'team', value: 'Köln' }] }, /importedModelTags\["team"\]: "Köln" must be at most 256/],
    ['jobTags', { JobTags: many(51, 'k').map(key => ({ key, value: '' })) }, /jobTags: got 51 tags, Bedrock accepts 0 to 50\. Remove tags/],
    ['vpcSubnets', { SubnetIds: many(17, 'subnet_'), SecurityGroupIds: ['sg-1'] }, /vpcSubnets: got 17 subnets, Bedrock accepts 1 to 16.*vpcSubnets: "subnet_0" must be an id/],
    ['securityGroups', { SubnetIds: ['subnet-1'], SecurityGroupIds: many(6, 'sg_') }, /securityGroups: got 6 security groups, Bedrock accepts 1 to 5.*securityGroups: "sg_0" must be an id/],
    ['importTimeout', { ImportTimeoutMinutes: '721' }, /importTimeout: 721 must be a whole number of minutes, 1 to 720/],
    ['WindowMinutes', { WindowMinutes: '56' }, /WindowMinutes: 56 must be a whole number of minutes, 1 to 55/],
    ['NameBase', { NameBase: 'a--b' }, /NameBase: "a--b" must be/],
  ])('fails the deployment with the message of the synthesis, without a call: %s', async (_, properties, message) => {
    const { bedrock } = await start();
    const answer = await deployment.deploy('Create', { properties });
    expect(answer).toMatchObject({ status: 'FAILED', polls: 0 });
    expect(answer.reason).toMatch(message);
    expect(bedrock.calls).toEqual([]);
  });
});

describe('the log', () => {
  test('has one line for each step, with its reason, and never the response URL', async () => {
    await start();
    await deployment.deploy('Create');
    const link = { request: 'Create', resource: 'LlamaImport0AC200D6F' };
    expect(deployment.log).toContainEqual(expect.objectContaining({ ...link, step: 'CreateModelImportJob', minutes: 0, job: expect.stringContaining('ModelStackLlama') }));
    expect(deployment.log).toContainEqual(expect.objectContaining({ ...link, step: 'wait', why: expect.stringMatching(/is running/) }));
    expect(deployment.log).toContainEqual(expect.objectContaining({ step: 'succeed', minutes: 16 }));
    expect(JSON.stringify(deployment.log)).not.toMatch(/ResponseURL|Signature/);
  });

  test('an error of the program is not an error of Bedrock', async () => {
    const { handler } = await start();
    const event = { ...request('Create'), PhysicalResourceId: 'x', StartedAt: 0 } as IsCompleteRequest;
    const broken = Object.assign(Object.create(Object.getPrototypeOf(handler)), handler, {
      apis: { bedrock: { getJob: () => { throw new TypeError('undefined is not a function'); } } },
    });
    await expect(broken.handle(event)).rejects.toThrow(TypeError);
  });
});
