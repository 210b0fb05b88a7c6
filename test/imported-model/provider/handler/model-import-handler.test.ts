import type { IsCompleteRequest, OnEventResponse } from '../../../../src/imported-model/provider/handler/event';
import { FULL_ACCOUNT_PATIENCE, PROPAGATION_PATIENCE } from '../../../../src/imported-model/provider/patience';
import { CONNECTION_LOST } from '../../../../testing/bedrock-server/faults';
import { Deployment, request } from '../../../../testing/support/deployment';

const MINUTE = 60_000;

let deployment: Deployment;
const start = async (...options: Parameters<typeof Deployment.start>) => (deployment = await Deployment.start(...options));
const created = () => deployment.bedrock.calls.filter(call => call.operation === 'CreateModelImportJob' && call.outcome === 'ok');
const modelNames = () => deployment.bedrock.snapshot().models.map(model => model.modelName);

afterEach(async () => deployment.stop());

describe('create', () => {
  test('imports the model and answers with everything that Bedrock says of it', async () => {
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

  test('a poll of a running import is one call of Bedrock', async () => {
    const { bedrock, clock, handler } = await start();
    const event = request('Create');
    const begun = { ...event, ...await handler.handle(event) as OnEventResponse };
    await handler.handle(begun);
    bedrock.clearCalls();
    for (let poll = 0; poll < 20; poll++) {
      clock.advance(MINUTE / 2);
      await handler.handle(begun);
    }
    expect(bedrock.calls.map(call => call.operation)).toEqual(Array(20).fill('GetModelImportJob'));
  });

  test('is delivered twice: two waiters, one import', async () => {
    const { handler } = await start();
    const event = request('Create');
    const first = { ...event, ...await handler.handle(event) as OnEventResponse };
    const second = { ...event, ...await handler.handle(event) as OnEventResponse };
    await Promise.all([handler.handle(first), handler.handle(second)]);

    const answers = [await deployment.poll(first), await deployment.poll(second)];
    expect(answers).toMatchObject(Array(2).fill({ status: 'SUCCESS', data: { JobName: deployment.bedrock.snapshot().jobs[0].jobName } }));
    expect(deployment.bedrock.snapshot().jobs).toHaveLength(1);
  });

  test('is delivered twice: the framework is told the same, for it takes two different answers for a mistake', async () => {
    const { handler, clock } = await start();
    const event = { ...request('Create'), ResponseURL: 'https://example.com/?X-Amz-Date=20260101T000000Z&X-Amz-Signature=secret' };
    clock.advance(90_500);
    const first = await handler.handle(event);
    clock.advance(MINUTE);
    expect(await handler.handle(event)).toEqual(first);
    expect(first).toMatchObject({ StartedAt: Date.UTC(2026, 0, 1) });
  });

  test.each(['20250101T000000Z', '20270101T000000Z'])('does not believe a start that cannot be (%s)', async date => {
    const { handler, clock } = await start();
    expect(await handler.handle({ ...request('Create'), ResponseURL: `https://example.com/?X-Amz-Date=${date}` })).toMatchObject({ StartedAt: clock.now() });
  });

  test('does not import again when the answer to the first call was lost', async () => {
    const { bedrock } = await start();
    bedrock.failNext('CreateModelImportJob', { name: CONNECTION_LOST, when: 'after' });
    expect(await deployment.deploy('Create')).toMatchObject({ status: 'SUCCESS', reason: '' });
    expect(bedrock.snapshot().jobs).toHaveLength(1);
  });

  test('adopts the import that an earlier, cancelled deployment has left running', async () => {
    const { handler, bedrock } = await start();
    const cancelled = request('Create');
    await handler.handle({ ...cancelled, ...await handler.handle(cancelled) as OnEventResponse });
    expect(await deployment.deploy('Create')).toMatchObject({ status: 'SUCCESS' });
    expect(bedrock.snapshot().jobs).toHaveLength(1);
  });

  test('waits for an import of somebody else: an account has one at a time', async () => {
    const { bedrock } = await start();
    bedrock.createModelImportJob({
      jobName: 'other', importedModelName: 'other', roleArn: 'arn:aws:iam::111122223333:role/other', modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/other/' } },
    });
    expect(await deployment.deploy('Create')).toMatchObject({ status: 'SUCCESS' });
    expect(modelNames()).toHaveLength(2);
  });

  test('survives a storm of throttling, server faults and lost connections', async () => {
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

  test('waits for a role that has not propagated', async () => {
    await start({ rolePropagationMs: 4 * MINUTE });
    expect(await deployment.deploy('Create')).toMatchObject({ status: 'SUCCESS' });
  });

  test('fails for a role that never will, with the remedy, long before the import could have timed out', async () => {
    const { clock } = await start({ rolePropagationMs: Infinity });
    const begin = clock.now();
    const answer = await deployment.deploy('Create');
    expect(answer.status).toBe('FAILED');
    expect(answer.reason).toMatch(/The provided role ARN is invalid.*trust policy/);
    expect(clock.now() - begin).toBe(PROPAGATION_PATIENCE);
    expect(deployment.bedrock.snapshot().jobs).toEqual([]);
  });

  test.each(['GetModelImportJob', 'GetImportedModel', 'ListModelImportJobs', 'CreateModelImportJob'] as const)(
    'waits for a permission for %s that has not propagated', async operation => {
      const { bedrock } = await start();
      bedrock.failNext(operation, { name: 'AccessDeniedException', times: 5 });
      expect(await deployment.deploy('Create')).toMatchObject({ status: 'SUCCESS' });
    });

  test('fails at once when Bedrock finds the request wrong', async () => {
    const { bedrock } = await start();
    bedrock.failNext('CreateModelImportJob', { name: 'ValidationException', message: 'The model architecture is not supported' });
    const answer = await deployment.deploy('Create');
    expect(answer).toMatchObject({ status: 'FAILED', polls: 1 });
    expect(answer.reason).toMatch(/CreateModelImportJob was refused: ValidationException: The model architecture is not supported/);
  });

  test('fails when the time is over, and the delete of the rollback waits for the import and removes its model', async () => {
    const { bedrock } = await start({ planImport: () => ({ durationMs: 40 * MINUTE }) });
    const answer = await deployment.deploy('Create', { properties: { WindowMinutes: '10', ImportTimeoutMinutes: '20' } });
    expect(answer.status).toBe('FAILED');
    expect(answer.reason).toMatch(/not imported within 20 minutes \(importTimeout\)/);

    expect(await deployment.destroy({ id: answer.physicalResourceId })).toMatchObject({ status: 'SUCCESS' });
    expect(bedrock.snapshot().models).toEqual([]);
    expect(bedrock.snapshot().jobs[0].status).toBe('Completed');
  });

  test('refuses an exact name that belongs to a model of somebody else, and leaves that model alone', async () => {
    const { bedrock } = await start();
    bedrock.seedModel('my-llama');
    const properties = { ImportedModelName: 'my-llama' };
    const answer = await deployment.deploy('Create', { properties });
    expect(answer.status).toBe('FAILED');
    expect(answer.reason).toMatch(/did not import/);

    expect(await deployment.destroy({ id: 'my-llama', properties })).toMatchObject({ status: 'SUCCESS' });
    expect(modelNames()).toEqual(['my-llama']);
  });
});

describe('an import that fails', () => {
  test('fails the deployment with the job\'s ARN and Bedrock\'s reason; the next deployment tries again', async () => {
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
    'answers in less than 4096 bytes, however long the reason (%s)', async (_, character) => {
      const { bedrock } = await start();
      bedrock.planNextImport({ durationMs: MINUTE, failureMessage: character.repeat(2048 / character.length) });
      const answer = await deployment.deploy('Create');
      expect(answer.status).toBe('FAILED');
      expect(answer.reason).toContain(bedrock.snapshot().jobs[0].jobArn);
      expect(answer.bytes).toBeLessThan(4096);
    });
});

describe('update', () => {
  const key = (n: number) => `arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-12345678900${n}`;

  test.each([
    ['another place', { S3Uri: 's3://amzn-s3-demo-bucket/llama-2/' }],
    ['another version in the same place', { SourceVersion: '2' }],
    ['another key', { ImportedModelKmsKeyId: key(1) }],
    ['another name', { ImportedModelName: 'another-name' }],
  ])('%s is another model: it is imported, then the old one is deleted', async (_, properties) => {
    const { bedrock } = await start();
    const { physicalResourceId: oldId, data: oldModel } = await deployment.deploy('Create');

    const update = await deployment.deploy('Update', { id: oldId, properties, old: {} });
    expect(update.status).toBe('SUCCESS');
    expect(update.physicalResourceId).not.toBe(oldId);
    expect(update.data?.ModelArn).not.toBe(oldModel?.ModelArn);
    expect(modelNames()).toEqual(expect.arrayContaining([oldId, update.physicalResourceId]));

    // CloudFormation cleans up.
    expect(await deployment.cleanUp(oldId)).toMatchObject({ status: 'SUCCESS' });
    expect(modelNames()).toEqual([update.physicalResourceId]);
    expect(bedrock.snapshot().jobs).toHaveLength(2);
  });

  test.each([
    ['role', { RoleArn: 'arn:aws:iam::111122223333:role/another' }],
    ['network', { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] }],
    ['timeout', { ImportTimeoutMinutes: '20' }],
    ['prefix of job names', { JobNamePrefix: 'another' }],
    ['tags', { ImportedModelTags: [{ key: 'team', value: 'platform' }], JobTags: [{ key: 'team', value: 'platform' }] }],
  ])('another %s changes in place, at the first poll, without an import', async (_, properties) => {
    await start();
    const { physicalResourceId: id, data } = await deployment.deploy('Create');
    expect(await deployment.deploy('Update', { id, properties, old: {} }))
      .toMatchObject({ status: 'SUCCESS', physicalResourceId: id, data, polls: 1 });
    expect(created()).toHaveLength(1);
  });

  test('a model that somebody deletes while it is tagged is looked at once more', async () => {
    const { bedrock } = await start();
    const { physicalResourceId: id, data } = await deployment.deploy('Create');
    bedrock.failNext('TagResource', { name: 'ResourceNotFoundException' });

    expect(await deployment.deploy('Update', { id, properties: { ImportedModelTags: [{ key: 'team', value: 'platform' }] }, old: {} }))
      .toMatchObject({ status: 'SUCCESS', physicalResourceId: id, data, polls: 2 });
  });

  test('tags of model and job follow the stack; those of others stay', async () => {
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

  test('an exact name that stays cannot change its content: refused, and the rollback finds the old model', async () => {
    await start();
    const before = { ImportedModelName: 'my-llama' };
    const after = { ImportedModelName: 'my-llama', SourceVersion: '2' };
    const { data } = await deployment.deploy('Create', { properties: before });

    const update = await deployment.deploy('Update', { id: 'my-llama', properties: after, old: before });
    expect(update.status).toBe('FAILED');
    expect(update.reason).toMatch(/Omit importedModelName/);
    expect(await deployment.deploy('Update', { id: 'my-llama', properties: before, old: after })).toMatchObject({ status: 'SUCCESS', data });
    expect(created()).toHaveLength(1);
  });
});

describe('rollback of an update', () => {
  const after = { SourceVersion: '2' };

  test('finds the old model at once when the new import has failed', async () => {
    const { bedrock } = await start();
    const { physicalResourceId: id, data } = await deployment.deploy('Create');
    bedrock.planNextImport({ durationMs: MINUTE, failureMessage: 'no' });
    const failed = await deployment.deploy('Update', { id, properties: after, old: {} });
    expect(failed.status).toBe('FAILED');

    expect(await deployment.deploy('Update', { id, old: after })).toMatchObject({ status: 'SUCCESS', physicalResourceId: id, data, polls: 1 });
    expect(created()).toHaveLength(2);
    expect(modelNames()).toEqual([id]);
  });

  test('finds the old model at once when a sibling has failed; the new one is deleted', async () => {
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
  test('leaves a model alone whose job only looks like one of ours: somebody has chosen our owner hash for a prefix', async () => {
    const { bedrock } = await start();
    const { physicalResourceId: id } = await deployment.deploy('Create');
    const owner = id.split('-').at(-2);
    bedrock.seedModel('theirs', { jobName: `llama-${owner}-0000000000-1111111111-2222222222` });

    expect(await deployment.destroy({ id })).toMatchObject({ status: 'SUCCESS' });
    expect(bedrock.snapshot().models.map(({ modelName }) => modelName)).toEqual(['theirs']);
  });

  test('answers only when the model is gone', async () => {
    const { bedrock } = await start();
    const { physicalResourceId: id } = await deployment.deploy('Create');
    bedrock.clearCalls();
    expect(await deployment.cleanUp(id)).toMatchObject({ status: 'SUCCESS', physicalResourceId: id });
    expect(bedrock.calls.map(call => [call.operation, call.outcome]).slice(-2)).toEqual([['GetImportedModel', 'ResourceNotFoundException'], ['ListModelImportJobs', 'ok']]);
    expect(bedrock.snapshot().models).toEqual([]);
  });

  test('waits for a running import, one call a poll, and then deletes its model', async () => {
    const { bedrock, handler } = await start();
    const event = request('Create');
    const begun = { ...event, ...await handler.handle(event) as OnEventResponse };
    await handler.handle(begun);
    bedrock.clearCalls();

    expect(await deployment.send(request('Delete', { id: begun.PhysicalResourceId }))).toMatchObject({ status: 'SUCCESS' });
    expect(bedrock.snapshot().models).toEqual([]);
    const first = bedrock.calls.findIndex(call => call.operation !== 'ListModelImportJobs');
    expect(first).toBe(16 * 2 + 1); // every half minute of the sixteen that the import takes
  });

  test('of a model that is gone already succeeds', async () => {
    const { bedrock } = await start();
    const { physicalResourceId: id } = await deployment.deploy('Create');
    bedrock.deleteModelByHand(id);
    deployment.clock.advance(MINUTE);
    expect(await deployment.cleanUp(id)).toMatchObject({ status: 'SUCCESS', polls: 1 });
  });

  test('goes on as long as Bedrock answers with a conflict', async () => {
    await start({ deleteConflict: ({ attempt }) => attempt < 4 });
    const { physicalResourceId: id } = await deployment.deploy('Create');
    expect(await deployment.destroy({ id })).toMatchObject({ status: 'SUCCESS' });
    expect(modelNames()).toEqual([]);
  });

  test('needs hardly any of the properties, of whatever age they are', async () => {
    await start();
    const { physicalResourceId: id } = await deployment.deploy('Create');
    expect(await deployment.send({ ...request('Delete', { id }), ResourceProperties: { ...{ Modell: 'of 2019' }, ImportLogicalId: 'LlamaImport0AC200D6F' } })).toMatchObject({ status: 'SUCCESS' });
    expect(modelNames()).toEqual([]);
  });
});

describe('an import that takes longer than a window', () => {
  const chain = { WindowMinutes: '55', ImportTimeoutMinutes: '165' };

  test('is handed on from link to link, and the last one has the attributes', async () => {
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
    // Whichever link polls, a poll of a running import is one call.
    expect(new Set(bedrock.calls.slice(0, 2 * 19).map(call => call.operation))).toEqual(new Set(['GetModelImportJob']));
  });

  test('that fails later fails the link that waits for it, with the reason', async () => {
    await start({ planImport: () => ({ durationMs: 70 * MINUTE, failureMessage: 'too large' }) });
    const answer = await deployment.deploy('Create', { properties: chain });
    expect(answer).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/too large/) });
  });

  test('of somebody else can take the whole first window: the next link then starts the import, once', async () => {
    const { bedrock } = await start();
    bedrock.planNextImport({ durationMs: 80 * MINUTE });
    bedrock.createModelImportJob({
      jobName: 'other', importedModelName: 'other', roleArn: 'arn:aws:iam::111122223333:role/other', modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/other/' } },
    });
    expect(await deployment.deploy('Create', { properties: chain })).toMatchObject({ status: 'SUCCESS' });
    expect(bedrock.snapshot().jobs).toHaveLength(2);
    expect(bedrock.countCalls('CreateModelImportJob')).toBe(2);
  });

  test('is waited out by the deletion, from link to link, and nothing is left', async () => {
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

describe('an account whose places for models are all taken', () => {
  const fill = () => ['one', 'two'].forEach(name => deployment.bedrock.seedModel(name));

  test('fails the deployment after a while, with the models that hold the places and the ways out', async () => {
    const { bedrock, clock } = await start();
    fill();
    bedrock.seedModel('three');
    const begin = clock.now();
    const answer = await deployment.deploy('Create');
    expect(answer.status).toBe('FAILED');
    expect(answer.reason).toMatch(/three, two, one|one, two, three/);
    expect(answer.reason).toMatch(/DELETE_FIRST/);
    expect(clock.now() - begin).toBe(FULL_ACCOUNT_PATIENCE);
  });

  test('lets a deployment go on that gets a place in time', async () => {
    const { bedrock, handler, clock } = await start();
    fill();
    bedrock.seedModel('three');
    const event = request('Create');
    const begun = { ...event, ...await handler.handle(event) as OnEventResponse };
    await handler.handle(begun);
    clock.advance(FULL_ACCOUNT_PATIENCE - MINUTE);
    bedrock.deleteModelByHand('two');
    expect(await deployment.poll(begun)).toMatchObject({ status: 'SUCCESS' });
  });

  test('has room for a replacement that deletes first', async () => {
    await start();
    fill();
    const strategy = { ReplacementStrategy: 'DELETE_FIRST' } as const;
    const { physicalResourceId: oldId } = await deployment.deploy('Create', { properties: strategy });
    const update = await deployment.deploy('Update', { id: oldId, properties: { ...strategy, SourceVersion: '2' }, old: strategy });
    expect(update.status).toBe('SUCCESS');
    expect(modelNames().sort()).toEqual([update.physicalResourceId, 'one', 'two'].sort());
  });
});

test('with DELETE_FIRST, an exact name stays while its content changes', async () => {
  await start();
  const before = { ImportedModelName: 'my-llama', ReplacementStrategy: 'DELETE_FIRST' } as const;
  const first = await deployment.deploy('Create', { properties: before });
  const updated = await deployment.deploy('Update', { id: 'my-llama', properties: { ...before, SourceVersion: '2' }, old: before });
  expect(updated).toMatchObject({ status: 'SUCCESS', physicalResourceId: 'my-llama' });
  expect(updated.data?.ModelArn).not.toBe(first.data?.ModelArn);
  expect(modelNames()).toEqual(['my-llama']);
});

describe('an orphan, which an interrupted replacement has left,', () => {
  /** A rollback has brought the first model back while the import of the second was running. */
  const leaveOrphan = async () => {
    const { physicalResourceId: id } = await deployment.deploy('Create');
    const event = request('Update', { properties: { SourceVersion: 'orphan' }, old: {}, id: 'import' });
    await deployment.handler.handle({ ...event, ...await deployment.handler.handle(event) as OnEventResponse });
    deployment.bedrock.completeJob(deployment.bedrock.snapshot().jobs.find(job => job.status === 'InProgress')!.jobName!);
    deployment.clock.advance(MINUTE);
    expect(deployment.bedrock.snapshot().jobs.filter(job => job.status === 'InProgress')).toEqual([]);
    return id;
  };

  test('is removed by the next deployment that succeeds, the models of others and what a rollback may need are not', async () => {
    const { bedrock } = await start({ maxModels: 5 });
    bedrock.seedModel('other');
    const id = await leaveOrphan();
    const { physicalResourceId: newId } = await deployment.deploy('Update', { id, properties: { SourceVersion: '2' }, old: {} });
    expect(modelNames().sort()).toEqual([id, newId, 'other'].sort());
  });

  test('does not keep a deployment from succeeding when it cannot be removed', async () => {
    await start({ deleteConflict: () => true });
    const id = await leaveOrphan();
    expect(await deployment.deploy('Update', { id, properties: { RoleArn: 'arn:aws:iam::111122223333:role/other' }, old: {} })).toMatchObject({ status: 'SUCCESS' });
  });

  test('is removed with the stack', async () => {
    await start();
    const id = await leaveOrphan();
    expect(await deployment.destroy({ id })).toMatchObject({ status: 'SUCCESS' });
    expect(modelNames()).toEqual([]);
  });
});

test('a waiter that has outlived its deployment does not remove what a later one has made', async () => {
  const { handler, clock } = await start();
  const { physicalResourceId: id } = await deployment.deploy('Create');
  clock.advance(MINUTE);
  const outdated = request('Update', { properties: {}, old: {}, id, link: 'model' });
  const begun = { ...outdated, ...await handler.handle(outdated) as OnEventResponse };
  clock.advance(MINUTE);
  const { physicalResourceId: newId } = await deployment.deploy('Update', { id, properties: { SourceVersion: '2' }, old: {} });
  await deployment.poll(begun);
  expect(modelNames()).toContain(newId);
});

describe('bad values that only the deployment knows', () => {
  test.each([
    ['a source with a space', { S3Uri: 's3://amzn-s3-demo-bucket/my model/' }, /source: "s3:\/\/amzn-s3-demo-bucket\/my model\/" must be an S3 URI.*Copy the model/],
    ['a name with two hyphens', { ImportedModelName: 'my--model' }, /importedModelName: "my--model" must be 1 to 63 letters.*Choose another name/],
    ['a job prefix with an underscore', { JobNamePrefix: 'a_b' }, /jobNamePrefix: "a_b" must be.*Shorten or change/],
    ['no role', { RoleArn: 'import' }, /role: "import" must be the ARN of an IAM role/],
    ['no key', { ImportedModelKmsKeyId: 'key' }, /encryption: "key" must be a KMS key ARN/],
    ['a tag with an umlaut', { ImportedModelTags: [{ key: 'team', value: 'Köln' }] }, /importedModelTags\["team"\]: "Köln" must be at most 256/],
    ['a reserved tag', { JobTags: [{ key: 'aws:x', value: '' }] }, /jobTags key: "aws:x" must be .*Rename the tag/],
    ['too many tags', { JobTags: Array.from({ length: 51 }, (_, n) => ({ key: `k${n}`, value: '' })) }, /jobTags: got 51 tags, Bedrock accepts 0 to 50\. Remove tags/],
    ['too many subnets', { SubnetIds: Array.from({ length: 17 }, (_, n) => `subnet-${n}`), SecurityGroupIds: ['sg-1'] }, /vpcSubnets: got 17 subnets, Bedrock accepts 1 to 16/],
    ['no security group', { SubnetIds: ['subnet-1'] }, /securityGroups: got 0 security groups, Bedrock accepts 1 to 5/],
    ['an id that is none', { SubnetIds: ['subnet_1'], SecurityGroupIds: ['sg-1'] }, /vpcSubnets: "subnet_1" must be an id/],
    ['a timeout that is too long', { ImportTimeoutMinutes: '721' }, /importTimeout: 721 must be a whole number of minutes, 1 to 720/],
    ['a window that is too long', { WindowMinutes: '56' }, /WindowMinutes: 56 must be a whole number of minutes, 1 to 55/],
    ['a timeout that is no number', { ImportTimeoutMinutes: 'long' }, /importTimeout: null must be|importTimeout: "?NaN"? must be/],
  ])('%s: the same message as at synthesis, and Bedrock is not called', async (_, properties, message) => {
    const { bedrock } = await start();
    const answer = await deployment.deploy('Create', { properties });
    expect(answer).toMatchObject({ status: 'FAILED', polls: 0 });
    expect(answer.reason).toMatch(message);
    expect(bedrock.calls).toEqual([]);
  });

  test('all at once, so that one deployment tells everything', async () => {
    await start();
    const { reason } = await deployment.deploy('Create', { properties: { S3Uri: 'x', RoleArn: 'y' } });
    expect(reason).toMatch(/source: .*role: /);
  });
});

describe('the log', () => {
  test('has one line for each step, with what was decided and why, and never the response URL', async () => {
    await start();
    await deployment.deploy('Create');
    const link = { request: 'Create', resource: 'LlamaImport0AC200D6F' };
    expect(deployment.log).toContainEqual(expect.objectContaining({ ...link, step: 'CreateModelImportJob', minutes: 0, job: expect.stringContaining('ModelStackLlama') }));
    expect(deployment.log).toContainEqual(expect.objectContaining({ ...link, step: 'wait', why: expect.stringMatching(/is running/) }));
    expect(deployment.log).toContainEqual(expect.objectContaining({ step: 'succeed', minutes: 16 }));
    expect(JSON.stringify(deployment.log)).not.toMatch(/ResponseURL|Signature/);
  });

  test('a fault of the program itself is not taken for one of Bedrock', async () => {
    const { handler } = await start();
    const event = { ...request('Create'), PhysicalResourceId: 'x', StartedAt: 0 } as IsCompleteRequest;
    const broken = Object.assign(Object.create(Object.getPrototypeOf(handler)), handler, {
      bedrock: { getJob: () => { throw new TypeError('undefined is not a function'); } },
    });
    await expect(broken.handle(event)).rejects.toThrow(TypeError);
  });
});
