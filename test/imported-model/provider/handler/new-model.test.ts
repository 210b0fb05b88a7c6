import { RETAIN_TAG, type Tag, VERIFICATION_TAG } from '../../../../src/imported-model/provider/contract';
import type { Answer } from '../../../../src/imported-model/provider/handler/decide/steps';
import type { Finding, ModelCheck } from '../../../../src/model-format';
import { Deployment, type LinkProperties, OWNER, request } from '../../../../testing/support/deployment';

/*
 * What only a new model needs: the check of its files before the import, its verification after it, and the former model that is kept. Against the
 * strict server; Amazon S3 and the model are fakes here, s3-and-bedrock.test.ts has the real clients.
 */

let deployment: Deployment;
beforeEach(async () => { deployment = await Deployment.start(); });
afterEach(async () => deployment.stop());

const jobs = () => deployment.bedrock.snapshot().jobs;
const models = () => deployment.bedrock.snapshot().models.map(({ modelName }) => modelName);
const arnOf = (name: string) => deployment.bedrock.snapshot().models.find(({ modelName }) => modelName === name)!.modelArn!;
const tagsOf = (name: string) => deployment.bedrock.listTagsForResource({ resourceARN: arnOf(name) }).tags;
const setTags = (resourceARN: string, tags: Tag[]) => {
  deployment.bedrock.untagResource({ resourceARN, tagKeys: [VERIFICATION_TAG.key] });
  if (tags.length > 0) deployment.bedrock.tagResource({ resourceARN, tags });
};
const weights = (version: string, more: LinkProperties = {}): LinkProperties => ({ SourceVersion: version, ...more });

describe('the check of the files', () => {
  const finding: Finding = {
    rule: 'unsupported-architecture',
    severity: 'error',
    file: 'config.json',
    message: '"architectures" is ["GemmaForCausalLM"].',
    remedy: 'Choose another model.',
    source: 'https://docs.aws.amazon.com/',
    acknowledged: false,
  };
  const found = (...findings: Finding[]): ModelCheck =>
    ({ findings, passed: findings.every(({ severity, acknowledged }) => severity !== 'error' || acknowledged), digest: 'd1', files: 5, weightBytes: 1 });
  const see = (check: ModelCheck) => { deployment.newModel = { ...deployment.newModel, checkFiles: async () => check }; };
  const check = (type: 'Create' | 'Update' | 'Delete' = 'Create', properties: LinkProperties = {}) => deployment.send(request(type, { link: 'check', properties, id: 'id' }));

  test('is told the location, and the rules that the user has acknowledged', async () => {
    const seen: unknown[] = [];
    deployment.newModel = {
      ...deployment.newModel,
      checkFiles: async files => {
        seen.push(files);
        return found();
      },
    };
    await check('Create', { AcknowledgedRules: ['unsupported-architecture'] });

    expect(seen).toEqual([{ s3Uri: 's3://amzn-s3-demo-bucket/llama/', acknowledgedRules: ['unsupported-architecture'] }]);
  });

  test('succeeds with the digest, without a call of Bedrock', async () => {
    expect(await check()).toMatchObject({ status: 'SUCCESS', data: { FilesDigest: 'd1' }, polls: 1 });
    expect(deployment.bedrock.calls).toEqual([]);
  });

  test.each([{ severity: 'warning' }, { severity: 'info' }, { acknowledged: true }] as const)('lets %j pass, and writes it to the log', async change => {
    see(found({ ...finding, ...change }));

    expect(await check()).toMatchObject({ status: 'SUCCESS', data: { FilesDigest: 'd1' } });
    expect(deployment.log).toContainEqual(expect.objectContaining({
      rule: 'unsupported-architecture', file: 'config.json', message: finding.message, remedy: finding.remedy, ...change,
    }));
  });

  test('fails in the first poll, with every error and its remedy', async () => {
    see(found(finding, { ...finding, rule: 'missing-file', file: undefined, message: 'tokenizer.json is missing.', remedy: 'Upload it.' }, { ...finding, severity: 'warning', rule: 'x' }));
    const answer = await check();

    expect(answer).toMatchObject({ status: 'FAILED', polls: 1 });
    expect(answer.reason).toMatch('source: Bedrock cannot import the model at s3://amzn-s3-demo-bucket/llama/. '
      + '[unsupported-architecture] config.json: "architectures" is ["GemmaForCausalLM"]. Choose another model. '
      + '[missing-file] tokenizer.json is missing. Upload it. '
      + 'Nothing was imported. To import it nevertheless, acknowledge the ids in formatCheck.');
  });

  test('names every error in a response that fits, however many there are', async () => {
    const many = [...Array(40).keys()].map(n => ({ ...finding, rule: `rule-${n}`, message: 'm'.repeat(250), remedy: 'r'.repeat(250) }));
    see(found(...many));
    const answer = await check();

    expect(answer.bytes).toBeLessThan(4096);
    expect(answer.reason).toMatch(`[rule-0] config.json: ${'m'.repeat(250)} ${'r'.repeat(250)}`);
    expect(answer.reason).toMatch(/Also \[rule-3\], .*\[rule-39\]: the log of the provider has every finding\. Nothing was imported/);
    many.forEach(({ rule }) => expect(answer.reason).toContain(`[${rule}]`));
    expect(answer.reason).toMatch(/acknowledge the ids in formatCheck/);
  });

  test('tries for a minute to read the files, then the import goes on without it', async () => {
    deployment.newModel = { ...deployment.newModel, checkFiles: async () => { throw Object.assign(new Error('not authorized'), { name: 'AccessDenied' }); } };
    const began = deployment.clock.now();

    expect(await check()).toMatchObject({ status: 'SUCCESS', data: { FilesDigest: 'NOT_CHECKED' } });
    expect(deployment.clock.now() - began).toBe(60_000);
    expect(deployment.log).toContainEqual(expect.objectContaining({ step: 'succeed', why: expect.stringContaining('imported without a check: AccessDenied: not authorized') }));
  });

  test('a bug of the check stops no import', async () => {
    deployment.newModel = { ...deployment.newModel, checkFiles: async () => { throw new TypeError('undefined is not a function'); } };

    expect(await check()).toMatchObject({ status: 'SUCCESS', data: { FilesDigest: 'NOT_CHECKED' } });
  });

  // A rollback, also with DELETE_FIRST, and going back to former weights: whatever has become of the files.
  test.each([true, false])('succeeds if these files have been imported before (the model exists: %s)', async exists => {
    await deployment.deploy('Create');
    if (!exists) deployment.bedrock.deleteModelByHand(models()[0]!);
    see(found(finding));

    expect(await check('Update')).toMatchObject({ status: 'SUCCESS', data: { FilesDigest: 'd1' } });
    expect(await check('Update', { SourceVersion: '2' })).toMatchObject({ status: 'FAILED' });
  });

  test('succeeds while these files are being imported', async () => {
    await deployment.handler.handle({ ...request('Create'), PhysicalResourceId: `x-${OWNER}`, StartedAt: deployment.clock.now() });
    see(found(finding));

    expect(jobs()).toMatchObject([{ status: 'InProgress' }]);
    expect(await check('Update')).toMatchObject({ status: 'SUCCESS' });
  });

  test('fails if Bedrock has refused these files before', async () => {
    deployment.bedrock.planNextImport({ failureMessage: 'not supported' });
    await deployment.deploy('Create');
    see(found(finding));

    expect(await check('Update')).toMatchObject({ status: 'FAILED' });
  });

  test('succeeds if it cannot be known for a minute whether these files have been imported before', async () => {
    deployment.bedrock.failNext('ListModelImportJobs', { name: 'ThrottlingException', times: Infinity });
    see(found(finding));

    expect(await check('Update')).toMatchObject({ status: 'SUCCESS' });
    expect(deployment.log).toContainEqual(expect.objectContaining({ rule: 'unsupported-architecture' }));
  });

  test('deletes nothing', async () => {
    await deployment.deploy('Create');
    deployment.bedrock.clearCalls();

    expect(await check('Delete')).toMatchObject({ status: 'SUCCESS' });
    expect(deployment.bedrock.calls).toEqual([]);
  });
});

const VERIFIED: LinkProperties = { Verified: 'true', VerificationBody: '{"prompt":"Hello"}', VerificationExpect: 'Hi' };
const GOOD: Answer = { is: 'good' };
const BAD: Answer = { is: 'bad', why: 'its answer does not contain "Hi": "..."' };
const LATE: Answer = { is: 'late', why: 'InvokeModel was refused: ModelNotReadyException' };

/** The model gives these answers, the last one repeatedly. Returns the models that were asked. */
function answers(...all: Answer[]): string[] {
  const asked: string[] = [];
  deployment.newModel = {
    ...deployment.newModel,
    verify: async arn => {
      asked.push(arn);
      return all[Math.min(asked.length, all.length) - 1];
    },
  };
  return asked;
}

describe('the verification of a new model', () => {
  test('asks the model once, and marks it', async () => {
    const asked = answers(GOOD);
    const { data, status } = await deployment.deploy('Create', { properties: VERIFIED });

    expect(status).toBe('SUCCESS');
    expect(asked).toEqual([data?.ModelArn]);
    expect(tagsOf(data!.ImportedModelName!)).toEqual([{ key: VERIFICATION_TAG.key, value: 'PASSED' }]);
  });

  test('is pending from the start of the import', async () => {
    await deployment.send(request('Create', { properties: VERIFIED }));

    expect(tagsOf(models()[0]!)).toEqual([{ key: VERIFICATION_TAG.key, value: 'PENDING' }]);
  });

  test('waits for a model that is being loaded', async () => {
    const asked = answers(LATE, LATE, LATE, GOOD);

    expect(await deployment.deploy('Create', { properties: VERIFIED })).toMatchObject({ status: 'SUCCESS' });
    expect(asked).toHaveLength(4);
    expect(jobs()).toHaveLength(1);
  });

  test('gives up after 15 minutes, also if the time for the import has elapsed before', async () => {
    answers(LATE);
    await deployment.send(request('Create', { properties: VERIFIED }));
    const began = deployment.clock.now();
    const answer = await deployment.send(request('Create', { link: 'model', jobName: jobs()[0].jobName, properties: { ...VERIFIED, WindowMinutes: '1' } }));

    expect(answer).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/was imported, but InvokeModel was refused: ModelNotReadyException\. It has been deleted/) });
    expect(deployment.clock.now() - began).toBe(15 * 60_000);
  });

  test('deletes a model that answers badly, and the former model serves on', async () => {
    const former = await deployment.deploy('Create', { properties: weights('1') });
    answers(BAD);
    const answer = await deployment.deploy('Update', { old: weights('1'), properties: weights('2', VERIFIED), id: former.physicalResourceId });

    expect(answer).toMatchObject({
      status: 'FAILED',
      reason: expect.stringMatching(
        /verification: model "[^"]+" was imported, but its answer does not contain "Hi": "\.\.\."\. It has been deleted, so that it replaces no model\. Correct the model or the verification/),
    });
    expect(models()).toEqual([former.physicalResourceId]);
    expect(jobs()).toHaveLength(2);
  });

  // The service that answers may not know a model yet that another one has just listed.
  test('waits two minutes when a call is refused as invalid', async () => {
    const refused: Answer = { is: 'refused', why: 'InvokeModel was refused: ValidationException' };
    const asked = answers(refused, refused, GOOD);

    expect(await deployment.deploy('Create', { properties: VERIFIED })).toMatchObject({ status: 'SUCCESS' });
    expect(asked).toHaveLength(3);

    answers(refused);
    const began = deployment.clock.now();
    expect(await deployment.deploy('Update', { old: VERIFIED, properties: weights('2', VERIFIED), id: models()[0] }))
      .toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/was imported, but InvokeModel was refused: ValidationException\. It has been deleted/) });
    expect(deployment.clock.now() - began).toBeLessThan(30 * 60_000);
  });

  // The waiter of a cancelled deployment goes on, and asks what nobody wants to know any more.
  test('deletes no model that another request has imported', async () => {
    answers(BAD);
    await deployment.send(request('Create', { properties: VERIFIED }));
    const event = request('Create', { link: 'model', jobName: jobs()[0].jobName!.replace(/.{8}$/, 'aaaaaaaa'), properties: VERIFIED });

    expect(await deployment.send(event)).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/It has not been deleted, but it replaces no model/) });
    expect(models()).toHaveLength(1);
  });

  // A rollback imports the former model, and verifies it: one that says nothing is better than none.
  test.each([[LATE, 1], [BAD, 0]])('with DELETE_FIRST deletes only a model that answers badly (%j)', async (answer, left) => {
    answers(answer);

    expect(await deployment.deploy('Create', { properties: { ...VERIFIED, ReplacementStrategy: 'DELETE_FIRST' } })).toMatchObject({ status: 'FAILED' });
    expect(models()).toHaveLength(left);
  });

  test('deletes nothing with RETAIN', async () => {
    answers(BAD);
    const answer = await deployment.deploy('Create', { properties: { ...VERIFIED, RemovalPolicy: 'RETAIN' } });

    expect(answer).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/It has not been deleted, but it replaces no model/) });
    expect(models()).toHaveLength(1);
  });

  // Another poll of the same request, or a user who has removed the tag.
  test.each(['PASSED', undefined])('deletes no model whose tag is %s by the time of the answer', async value => {
    deployment.newModel = {
      ...deployment.newModel,
      verify: async arn => {
        setTags(arn, value === undefined ? [] : [{ key: VERIFICATION_TAG.key, value }]);
        return BAD;
      },
    };
    const { status } = await deployment.deploy('Create', { properties: VERIFIED });

    expect(status).toBe(value === undefined ? 'FAILED' : 'SUCCESS');
    expect(models()).toHaveLength(1);
  });

  test('asks no model that was the stack\'s before, when it is added or changed', async () => {
    const { physicalResourceId: id } = await deployment.deploy('Create');
    const asked = answers(BAD);

    expect(await deployment.deploy('Update', { old: {}, properties: VERIFIED, id })).toMatchObject({ status: 'SUCCESS' });
    expect(asked).toEqual([]);
    // Then a rollback finds that it need not be asked.
    expect(tagsOf(id)).toEqual([{ key: VERIFICATION_TAG.key, value: 'PASSED' }]);
  });

  test('asks no model to which a rollback returns', async () => {
    const former = await deployment.deploy('Create', { properties: weights('1', VERIFIED) });
    const failed = await deployment.deploy('Update', { old: weights('1', VERIFIED), properties: weights('2', VERIFIED), id: former.physicalResourceId });
    const asked = answers(BAD);
    const back = await deployment.deploy('Update', { old: weights('2', VERIFIED), properties: weights('1', VERIFIED), id: failed.physicalResourceId });

    expect(back).toMatchObject({ status: 'SUCCESS', physicalResourceId: former.physicalResourceId });
    expect(asked).toEqual([]);
  });

  test('asks a model that an earlier deployment has left behind', async () => {
    await deployment.send(request('Create', { properties: VERIFIED }));
    const asked = answers(GOOD);

    expect(await deployment.deploy('Create', { properties: VERIFIED })).toMatchObject({ status: 'SUCCESS' });
    expect(asked).toHaveLength(1);
    expect(jobs()).toHaveLength(1);
  });

  test('removes its tag when it is removed', async () => {
    const { physicalResourceId: id } = await deployment.deploy('Create', { properties: VERIFIED });
    await deployment.deploy('Update', { old: VERIFIED, properties: {}, id });

    expect(tagsOf(id)).toEqual([]);
  });

  test('fails if the failed model cannot be deleted, after a while and with the reason', async () => {
    answers(BAD);
    await deployment.send(request('Create', { properties: VERIFIED }));
    deployment.bedrock.failNext('DeleteImportedModel', { name: 'ConflictException', times: Infinity });
    const answer = await deployment.send(request('Create', { link: 'model', jobName: jobs()[0].jobName, properties: VERIFIED }));

    expect(answer).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/its answer does not contain "Hi".*It has not been deleted/) });
  });

  test.each(['not JSON', '[]', ''])('is refused with a body that is %s', async VerificationBody => {
    expect(await deployment.send(request('Create', { link: 'model', properties: { ...VERIFIED, VerificationBody } })))
      .toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/verification\.body: .* must be a JSON object of at most 4096 bytes/) });
  });
});

describe('keepPrevious', () => {
  const KEEP: LinkProperties = { KeepPrevious: 'true' };
  const properties = (version: string) => weights(version, KEEP);
  const create = async (version: string) => (await deployment.deploy('Create', { properties: properties(version) })).physicalResourceId;

  /** An update with its cleanup. */
  async function replace(from: string, to: string, id: string, change: LinkProperties = {}): Promise<string> {
    const answer = await deployment.deploy('Update', { old: properties(from), properties: { ...properties(to), ...change }, id });
    expect(answer.status).toBe('SUCCESS');
    expect(await deployment.cleanUp(id, { properties: properties(from) })).toMatchObject({ status: 'SUCCESS' });
    return answer.physicalResourceId;
  }

  test('keeps the former model until the next replacement is complete', async () => {
    const one = await create('1');
    const two = await replace('1', '2', one);
    expect(models().sort()).toEqual([one, two].sort());

    const update = await deployment.deploy('Update', { old: properties('2'), properties: properties('3'), id: two });
    const three = update.physicalResourceId;
    expect(models().sort()).toEqual([one, two, three].sort());

    await deployment.cleanUp(two, { properties: properties('2') });
    expect(models().sort()).toEqual([two, three].sort());
  });

  test('goes back without an import, any number of times', async () => {
    const one = await create('1');
    const two = await replace('1', '2', one);

    expect(await replace('2', '1', two)).toBe(one);
    expect(await replace('1', '2', one)).toBe(two);
    expect(models().sort()).toEqual([one, two].sort());
    expect(jobs()).toHaveLength(2);
  });

  test('a rollback keeps what was there, and deletes the model that failed', async () => {
    const one = await create('1');
    const two = await replace('1', '2', one);
    const { physicalResourceId: three } = await deployment.deploy('Update', { old: properties('2'), properties: properties('3'), id: two });

    await deployment.deploy('Update', { old: properties('3'), properties: properties('2'), id: three });
    await deployment.cleanUp(three, { properties: properties('3') });
    expect(models().sort()).toEqual([one, two].sort());
    // And then the next replacement works as before.
    const four = await replace('2', '4', two);
    expect(models().sort()).toEqual([two, four].sort());
  });

  test('deletes the former model when it is removed', async () => {
    const one = await create('1');
    const two = await replace('1', '2', one);
    await deployment.deploy('Update', { old: properties('2'), properties: weights('2'), id: two });

    expect(models()).toEqual([two]);
  });

  test('is not in the way of a replacement without it', async () => {
    const one = await create('1');
    const two = await replace('1', '2', one);
    const three = await replace('2', '3', two, { KeepPrevious: undefined });

    expect(models()).toEqual([three]);
  });

  test('deletes everything with the stack', async () => {
    const one = await create('1');
    const id = await replace('1', '2', one);

    expect(await deployment.destroy({ properties: properties('2'), id })).toMatchObject({ status: 'SUCCESS' });
    expect(models()).toEqual([]);
  });

  test('never deletes a former model that was retained', async () => {
    const one = await create('1');
    const two = await replace('1', '2', one);
    setTags(arnOf(one), [RETAIN_TAG]);
    const three = await replace('2', '3', two);

    expect(models().sort()).toEqual([one, two, three].sort());
  });

  test('still deletes what a failed deployment has left behind', async () => {
    const one = await create('1');
    await deployment.send(request('Update', { properties: properties('orphan'), old: properties('1'), id: `x-${OWNER}` }));
    deployment.clock.advance(60_000);
    const two = await replace('1', '2', one);

    expect(models().sort()).toEqual([one, two].sort());
  });

  test('is refused with DELETE_FIRST', async () => {
    expect(await deployment.deploy('Create', { properties: { ...KEEP, ReplacementStrategy: 'DELETE_FIRST' } }))
      .toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/keepPrevious: true must be false with ReplacementStrategy\.DELETE_FIRST/) });
  });
});
