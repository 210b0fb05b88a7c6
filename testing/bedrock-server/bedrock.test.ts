import type { CreateModelImportJobRequest, Tag } from '@aws-sdk/client-bedrock';
import type { BedrockOptions } from './bedrock';
import { behaviourOf } from './behaviour';
import { CARRIERS, type Client, type Session, refusal } from './carriers';
import { OPERATIONS, type Operation } from './constraints';

const MINUTE = 60_000;
const ROLE = 'arn:aws:iam::111122223333:role/import';
const KEY = '01234567-89ab-cdef-0123-456789abcdef';
const ABSENT_JOB = 'arn:aws:bedrock:us-east-1:111122223333:model-import-job/absent000000';
const ABSENT_MODEL = 'arn:aws:bedrock:us-east-1:111122223333:imported-model/absent000000';

function request(more: Partial<CreateModelImportJobRequest> = {}): CreateModelImportJobRequest {
  return {
    jobName: 'job-1',
    importedModelName: 'model-1',
    roleArn: ROLE,
    modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/llama/' } },
    ...more,
  };
}

/** A request with a different job name and model name. */
function numbered(number: number, more: Partial<CreateModelImportJobRequest> = {}): CreateModelImportJobRequest {
  return request({ jobName: `job-${number}`, importedModelName: `model-${number}`, ...more });
}

function tags(count: number, prefix = 'key'): Tag[] {
  return Array.from({ length: count }, (_, index) => ({ key: `${prefix}${index}`, value: 'value' }));
}

describe.each(Object.keys(CARRIERS))('Bedrock %s', (carrier) => {
  let session: Session;
  let client: Client;

  async function open(options: Omit<BedrockOptions, 'clock'> = {}): Promise<Session> {
    session = await CARRIERS[carrier](options);
    client = session.client;
    return session;
  }

  async function importModel(asked: CreateModelImportJobRequest): Promise<{ readonly jobArn: string; readonly modelArn: string }> {
    const { jobArn } = await client.createModelImportJob(asked);
    session.bedrock.completeJob(jobArn as string);
    const { importedModelArn } = await client.getModelImportJob({ jobIdentifier: jobArn });
    return { jobArn: jobArn as string, modelArn: importedModelArn as string };
  }

  async function tagsOf(resourceARN: string): Promise<Tag[] | undefined> {
    return (await client.listTagsForResource({ resourceARN })).tags;
  }

  afterEach(async () => session.close());

  describe('an import', () => {
    test('is in progress, then completed', async () => {
      const { clock } = await open();
      const created = new Date(clock.now());
      const { jobArn } = await client.createModelImportJob(request());
      expect(jobArn).toMatch(/^arn:aws:bedrock:us-east-1:111122223333:model-import-job\/[a-z0-9]{12}$/);

      const inProgress = {
        jobArn,
        jobName: 'job-1',
        importedModelName: 'model-1',
        roleArn: ROLE,
        modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/llama/' } },
        status: 'InProgress',
        creationTime: created,
        lastModifiedTime: created,
      };
      clock.advance(16 * MINUTE - 1);
      expect(await client.getModelImportJob({ jobIdentifier: jobArn })).toEqual(inProgress);
      expect(await client.getModelImportJob({ jobIdentifier: 'job-1' })).toEqual(inProgress);
      await expect(client.getImportedModel({ modelIdentifier: 'model-1' })).rejects.toEqual(refusal('ResourceNotFoundException', /model-1/, 404));

      clock.advance(MINUTE);
      const ended = new Date(created.getTime() + 16 * MINUTE);
      expect(await client.getModelImportJob({ jobIdentifier: jobArn })).toEqual({
        ...inProgress,
        status: 'Completed',
        lastModifiedTime: ended,
        endTime: ended,
        importedModelArn: expect.stringMatching(/^arn:aws:bedrock:us-east-1:111122223333:imported-model\/[a-z0-9]{12}$/),
      });
    });

    test('creates a model', async () => {
      const { clock } = await open({
        planImport: () => ({ durationMs: MINUTE, modelArchitecture: 'qwen2', instructSupported: false, customModelUnitsPerModelCopy: 8 }),
      });
      const { jobArn } = await client.createModelImportJob(request());
      const ended = new Date(clock.now() + MINUTE);
      clock.advance(5 * MINUTE);

      const { importedModelArn } = await client.getModelImportJob({ jobIdentifier: jobArn });
      const model = await client.getImportedModel({ modelIdentifier: importedModelArn });
      expect(model).toEqual({
        modelArn: importedModelArn,
        modelName: 'model-1',
        jobArn,
        jobName: 'job-1',
        modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/llama/' } },
        creationTime: ended,
        modelArchitecture: 'qwen2',
        instructSupported: false,
        customModelUnits: { customModelUnitsPerModelCopy: 8, customModelUnitsVersion: 'v1.0' },
      });
      expect(await client.getImportedModel({ modelIdentifier: 'model-1' })).toEqual(model);
    });

    test('that fails reports the reason and creates no model', async () => {
      const { clock } = await open({ planImport: () => ({ durationMs: MINUTE, failureMessage: 'Unsupported architecture' }) });
      await client.createModelImportJob(request());
      clock.advance(MINUTE);
      const job = await client.getModelImportJob({ jobIdentifier: 'job-1' });
      expect(job).toMatchObject({ status: 'Failed', failureMessage: 'Unsupported architecture', endTime: new Date(clock.now()) });
      expect(job.importedModelArn).toBeUndefined();
      expect((await client.listImportedModels({})).modelSummaries).toEqual([]);
    });

    test('that fails truncates a long reason', async () => {
      const { bedrock } = await open();
      await client.createModelImportJob(request());
      bedrock.failJob('job-1', 'No '.repeat(1000));
      expect((await client.getModelImportJob({ jobIdentifier: 'job-1' })).failureMessage).toHaveLength(2048);
    });

    test('has the outcome that is planned for the request', async () => {
      const { clock } = await open({
        maxRunningJobs: 2,
        planImport: ({ jobName }) => ({ durationMs: jobName === 'job-1' ? 2 * MINUTE : MINUTE }),
      });
      await client.createModelImportJob(numbered(1));
      await client.createModelImportJob(numbered(2));
      clock.advance(2 * MINUTE);
      const { modelSummaries } = await client.listImportedModels({ sortOrder: 'Ascending' });
      expect(modelSummaries?.map(({ modelName }) => modelName)).toEqual(['model-2', 'model-1']);
    });

    test('runs in the requested VPC', async () => {
      await open();
      const vpcConfig = { subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-1'] };
      await client.createModelImportJob(request({ vpcConfig }));
      expect(await client.getModelImportJob({ jobIdentifier: 'job-1' })).toMatchObject({ vpcConfig });
    });

    test('is not affected by changes of the caller to a request or response', async () => {
      await open();
      const subnetIds = ['subnet-1'];
      await client.createModelImportJob(request({ vpcConfig: { subnetIds, securityGroupIds: ['sg-1'] } }));
      subnetIds.push('subnet-2');
      const { vpcConfig } = await client.getModelImportJob({ jobIdentifier: 'job-1' });
      expect(vpcConfig?.subnetIds).toEqual(['subnet-1']);
      try {
        vpcConfig?.subnetIds?.push('subnet-2');
      } catch {
        // The response of a direct call is frozen; that of the SDK is a copy.
      }
      expect(await client.getModelImportJob({ jobIdentifier: 'job-1' })).toMatchObject({ vpcConfig: { subnetIds: ['subnet-1'] } });
    });

    test.each([
      ['a key id', KEY, `arn:aws:kms:us-east-1:111122223333:key/${KEY}`],
      ['a key ARN', `arn:aws:kms:us-east-1:444455556666:key/${KEY}`, `arn:aws:kms:us-east-1:444455556666:key/${KEY}`],
      ['an alias', 'alias/models/llama', /^arn:aws:kms:us-east-1:111122223333:key\/[0-9a-f-]{36}$/],
      ['an alias ARN', 'arn:aws:kms:us-east-1:444455556666:alias/llama', /^arn:aws:kms:us-east-1:444455556666:key\/[0-9a-f-]{36}$/],
    ])('accepts %s and returns the ARN of the key', async (_, importedModelKmsKeyId, expected) => {
      await open();
      await importModel(request({ importedModelKmsKeyId }));
      const { importedModelKmsKeyArn } = await client.getModelImportJob({ jobIdentifier: 'job-1' });
      expect(importedModelKmsKeyArn).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
      expect(await client.getImportedModel({ modelIdentifier: 'model-1' })).toMatchObject({ modelKmsKeyArn: importedModelKmsKeyArn });
    });

    test('is in the partition, Region and account of the service', async () => {
      await open({ partition: 'aws-us-gov', region: 'us-gov-west-1', account: '444455556666' });
      const { jobArn, modelArn } = await importModel(request({ importedModelKmsKeyId: KEY }));
      expect(jobArn).toMatch(/^arn:aws-us-gov:bedrock:us-gov-west-1:444455556666:model-import-job\//);
      expect(modelArn).toMatch(/^arn:aws-us-gov:bedrock:us-gov-west-1:444455556666:imported-model\//);
      expect(await client.getImportedModel({ modelIdentifier: modelArn }))
        .toMatchObject({ modelKmsKeyArn: `arn:aws-us-gov:kms:us-gov-west-1:444455556666:key/${KEY}` });
    });
  });

  describe('refuses', () => {
    test.each<[string, Partial<CreateModelImportJobRequest>, RegExp]>([
      ['a missing member', { roleArn: undefined }, /^1 validation error detected: Value null at 'roleArn' .* must not be null$/],
      ['a name with an underscore for a job', { jobName: 'job_1' }, /'job_1' at 'jobName' .* must satisfy regular expression pattern/],
      ['an empty job name', { jobName: '' }, /at 'jobName' .* must have length greater than or equal to 1/],
      ['a long job name', { jobName: 'j'.repeat(64) }, /at 'jobName' .* must have length less than or equal to 63/],
      ['a dot in a model name', { importedModelName: 'llama-3.1' }, /at 'importedModelName'/],
      ['two hyphens in a model name', { importedModelName: 'llama--8b' }, /at 'importedModelName'/],
      ['a user as a role', { roleArn: 'arn:aws:iam::111122223333:user/me' }, /at 'roleArn'/],
      ['an upper-case URI scheme', { modelDataSource: { s3DataSource: { s3Uri: 'S3://bucket/key' } } }, /at 'modelDataSource\.s3DataSource\.s3Uri'/],
      ['no URI', { modelDataSource: { s3DataSource: { s3Uri: undefined } } }, /Value null at 'modelDataSource\.s3DataSource\.s3Uri'/],
      ['a token that ends in a hyphen', { clientRequestToken: 'token-' }, /at 'clientRequestToken'/],
      ['an invalid KMS key', { importedModelKmsKeyId: 'key' }, /at 'importedModelKmsKeyId'/],
      ['a VPC without security groups', { vpcConfig: { subnetIds: ['subnet-1'], securityGroupIds: [] } }, /at 'vpcConfig\.securityGroupIds' .* length greater than or equal to 1/],
      ['too many subnets', { vpcConfig: { subnetIds: Array(17).fill('s'), securityGroupIds: ['sg'] } }, /at 'vpcConfig\.subnetIds' .* less than or equal to 16/],
      ['a tag without a value', { jobTags: [{ key: 'team', value: undefined }] }, /Value null at 'jobTags\.1\.member\.value'/],
      ['a tag key with a comma', { importedModelTags: [{ key: 'a,b', value: '' }] }, /at 'importedModelTags\.1\.member\.key'/],
      ['a reserved tag key', { jobTags: [{ key: 'AWS:team', value: '' }] }, /'aws:'/],
      ['a tag key given twice', { importedModelTags: [...tags(1), ...tags(1)] }, /more than once/],
      ['two mistakes', { jobName: '_', roleArn: '_' }, /^2 validation errors detected: .*'jobName'.*'roleArn'/],
    ])('%s', async (_, wrong, message) => {
      const { bedrock } = await open();
      await expect(client.createModelImportJob(request(wrong))).rejects.toEqual(refusal('ValidationException', message));
      expect(bedrock.snapshot()).toMatchObject({ jobs: [], models: [] });
    });

    test.each<[string, (using: Client) => Promise<unknown>, RegExp]>([
      ['an invalid job identifier', async (using) => using.getModelImportJob({ jobIdentifier: 'job_1' }), /'jobIdentifier'/],
      ['an invalid model identifier', async (using) => using.getImportedModel({ modelIdentifier: 'llama-3.1' }), /'modelIdentifier'/],
      ['the ARN of a job instead of a model', async (using) => using.deleteImportedModel({ modelIdentifier: ABSENT_JOB }), /'modelIdentifier'/],
      ['an empty page size', async (using) => using.listModelImportJobs({ maxResults: 0 }), /Value 0 at 'maxResults'/],
      ['a page size that is too large', async (using) => using.listImportedModels({ maxResults: 1001 }), /Value 1001 at 'maxResults'/],
      ['an invalid status', async (using) => using.listModelImportJobs({ statusEquals: 'Complete' as 'Completed' }), /enum value set: \[InProgress, Completed, Failed\]/],
      ['an unknown nextToken', async (using) => using.listImportedModels({ nextToken: 'abc' }), /nextToken/],
      ['to tag the ARN of another service', async (using) => using.tagResource({ resourceARN: 'arn:aws:s3:::amzn-s3-demo-bucket', tags: [] }), /'resourceARN'/],
      ['to untag without tag keys', async (using) => using.untagResource({ resourceARN: ABSENT_JOB, tagKeys: undefined }), /Value null at 'tagKeys'/],
    ])('%s', async (_, call, message) => {
      await open();
      await expect(call(client)).rejects.toEqual(refusal('ValidationException', message));
    });

    test.each<[Operation, (using: Client) => Promise<unknown>]>([
      ['GetModelImportJob', async (using) => using.getModelImportJob({ jobIdentifier: ABSENT_JOB })],
      ['GetModelImportJob', async (using) => using.getModelImportJob({ jobIdentifier: 'absent' })],
      ['GetImportedModel', async (using) => using.getImportedModel({ modelIdentifier: ABSENT_MODEL })],
      ['DeleteImportedModel', async (using) => using.deleteImportedModel({ modelIdentifier: 'absent' })],
      ['TagResource', async (using) => using.tagResource({ resourceARN: ABSENT_MODEL, tags: tags(1) })],
      ['UntagResource', async (using) => using.untagResource({ resourceARN: ABSENT_JOB, tagKeys: ['key0'] })],
      ['ListTagsForResource', async (using) => using.listTagsForResource({ resourceARN: ABSENT_MODEL })],
    ])('%s of a missing resource', async (operation, call) => {
      const { bedrock } = await open();
      await expect(call(client)).rejects.toEqual(refusal('ResourceNotFoundException', /absent/, 404));
      expect(OPERATIONS[operation].errors).toContain('ResourceNotFoundException');
      expect(bedrock.countCalls(operation, 'ResourceNotFoundException')).toBe(1);
    });
  });

  describe('names', () => {
    const JOB_NAME_IN_USE = refusal('ValidationException', 'The provided job name is currently in use.');

    test('a job name cannot be reused', async () => {
      const { bedrock } = await open();
      await client.createModelImportJob(request());
      await expect(client.createModelImportJob(request({ importedModelName: 'other' }))).rejects.toEqual(JOB_NAME_IN_USE);
      bedrock.failJob('job-1', 'No weights');
      await expect(client.createModelImportJob(request())).rejects.toEqual(JOB_NAME_IN_USE);
    });

    test('a job name cannot be reused after its model was deleted', async () => {
      await open();
      const { modelArn } = await importModel(request());
      await client.deleteImportedModel({ modelIdentifier: modelArn });
      await expect(client.createModelImportJob(request())).rejects.toEqual(JOB_NAME_IN_USE);
    });

    test('a model name is in use from the start of the import until the model is deleted', async () => {
      const { bedrock } = await open({ maxRunningJobs: 2 });
      const taken = refusal('ValidationException', "Model with name 'model-1' already exists");
      const again = (jobName: string) => client.createModelImportJob(request({ jobName }));
      await client.createModelImportJob(request());
      await expect(again('job-2')).rejects.toEqual(taken);
      bedrock.completeJob('job-1');
      await expect(again('job-2')).rejects.toEqual(taken);
      await client.deleteImportedModel({ modelIdentifier: 'model-1' });
      await expect(again('job-2')).resolves.toEqual({ jobArn: expect.any(String) });
    });

    test('a model name can be reused after a failed import', async () => {
      const { bedrock } = await open();
      await client.createModelImportJob(request());
      bedrock.failJob('job-1', 'No weights');
      await expect(client.createModelImportJob(request({ jobName: 'job-2' }))).resolves.toEqual({ jobArn: expect.any(String) });
    });
  });

  describe('clientRequestToken', () => {
    const clientRequestToken = '6c1d61e1-9f4d-4a3c-8f9a-1d2c3b4a5968';

    test('the same request again returns its job', async () => {
      const { bedrock } = await open();
      const first = await client.createModelImportJob(request({ clientRequestToken, jobTags: tags(1) }));
      bedrock.completeJob('job-1');
      expect(await client.createModelImportJob(request({ clientRequestToken, jobTags: tags(1) }))).toEqual(first);
      expect(bedrock.snapshot().jobs).toHaveLength(1);
    });

    test('another request with the same token is refused', async () => {
      await open();
      await client.createModelImportJob(request({ clientRequestToken }));
      await expect(client.createModelImportJob(request({ clientRequestToken, jobName: 'job-2' })))
        .rejects.toEqual(refusal('ValidationException', /clientRequestToken/));
    });

    test('a rejected request does not consume its token', async () => {
      const { bedrock } = await open();
      await client.createModelImportJob(numbered(2));
      await expect(client.createModelImportJob(request({ clientRequestToken }))).rejects.toMatchObject({ name: 'ServiceQuotaExceededException' });
      bedrock.completeJob('job-2');
      await expect(client.createModelImportJob(request({ clientRequestToken }))).resolves.toEqual({ jobArn: expect.any(String) });
    });
  });

  describe('quotas', () => {
    const BUSY = refusal('ServiceQuotaExceededException', /request a quota increase for Concurrent model import jobs$/);
    const FULL = refusal('ServiceQuotaExceededException', /request a quota increase for Imported models per account$/);

    test('one import at a time', async () => {
      const { clock } = await open();
      await client.createModelImportJob(numbered(1));
      await expect(client.createModelImportJob(numbered(2))).rejects.toEqual(BUSY);
      clock.advance(16 * MINUTE);
      await expect(client.createModelImportJob(numbered(2))).resolves.toEqual({ jobArn: expect.any(String) });
    });

    test('three models', async () => {
      await open();
      for (const number of [1, 2, 3]) await importModel(numbered(number));
      await expect(client.createModelImportJob(numbered(4))).rejects.toEqual(FULL);
      await client.deleteImportedModel({ modelIdentifier: 'model-2' });
      await expect(client.createModelImportJob(numbered(4))).resolves.toEqual({ jobArn: expect.any(String) });
    });

    test('an import in progress counts toward the model quota', async () => {
      const { bedrock } = await open({ maxRunningJobs: 2, maxModels: 2 });
      bedrock.seedModel('seeded');
      await client.createModelImportJob(numbered(1));
      await expect(client.createModelImportJob(numbered(2))).rejects.toEqual(FULL);
      bedrock.failJob('job-1', 'No weights');
      await expect(client.createModelImportJob(numbered(2))).resolves.toEqual({ jobArn: expect.any(String) });
    });

    test('are as configured', async () => {
      await open({ maxRunningJobs: 2, maxModels: 5 });
      await client.createModelImportJob(numbered(1));
      await client.createModelImportJob(numbered(2));
      await expect(client.createModelImportJob(numbered(3))).rejects.toEqual(BUSY);
    });
  });

  describe('a role', () => {
    const INVALID_ROLE = refusal('ValidationException', 'The provided role ARN is invalid');

    test('is invalid until it has propagated since its first use', async () => {
      const { clock, bedrock } = await open({ rolePropagationMs: 2 * MINUTE });
      await expect(client.createModelImportJob(request())).rejects.toEqual(INVALID_ROLE);
      clock.advance(2 * MINUTE - 1);
      await expect(client.createModelImportJob(request())).rejects.toEqual(INVALID_ROLE);
      clock.advance(1);
      await expect(client.createModelImportJob(request())).resolves.toEqual({ jobArn: expect.any(String) });
      expect(bedrock.countCalls('CreateModelImportJob', 'ValidationException')).toBe(2);
    });

    test('propagates since the operator added it', async () => {
      const { clock, bedrock } = await open({ rolePropagationMs: 2 * MINUTE });
      bedrock.addRole(ROLE);
      clock.advance(2 * MINUTE);
      await expect(client.createModelImportJob(request({ roleArn: `${ROLE}-2` }))).rejects.toEqual(INVALID_ROLE);
      await expect(client.createModelImportJob(request())).resolves.toEqual({ jobArn: expect.any(String) });
    });
  });

  describe('DeleteImportedModel', () => {
    test.each(['ARN', 'name'])('by %s', async (by) => {
      await open();
      const { jobArn, modelArn } = await importModel(request());
      const modelIdentifier = by === 'ARN' ? modelArn : 'model-1';
      expect(await client.deleteImportedModel({ modelIdentifier })).toEqual({});
      await expect(client.getImportedModel({ modelIdentifier })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
      await expect(client.deleteImportedModel({ modelIdentifier })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
      expect(await client.getModelImportJob({ jobIdentifier: jobArn })).toMatchObject({ status: 'Completed', importedModelArn: modelArn });
    });

    test('conflicts for a number of attempts', async () => {
      await open({ deleteConflict: ({ attempt }) => attempt <= 2 });
      await importModel(request());
      const attempt = async () => client.deleteImportedModel({ modelIdentifier: 'model-1' });
      const conflict = refusal('ConflictException', /model-1/);
      await expect(attempt()).rejects.toEqual(conflict);
      await expect(attempt()).rejects.toEqual(conflict);
      await expect(attempt()).resolves.toEqual({});
    });

    test('conflicts for some time', async () => {
      const { clock } = await open({ deleteConflict: ({ modelName, modelAgeMs }) => modelName === 'model-1' && modelAgeMs < MINUTE });
      await importModel(request());
      await expect(client.deleteImportedModel({ modelIdentifier: 'model-1' })).rejects.toMatchObject({ name: 'ConflictException' });
      clock.advance(MINUTE);
      await expect(client.deleteImportedModel({ modelIdentifier: 'model-1' })).resolves.toEqual({});
    });
  });

  describe('lists', () => {
    /** Five jobs, a minute apart: the second failed, the last is running, and the model of the first was deleted. */
    async function openWithJobs(): Promise<Date[]> {
      const { bedrock, clock } = await open({ planImport: () => ({ durationMs: Infinity }), maxModels: 10 });
      const times: Date[] = [];
      for (const number of [1, 2, 3, 4, 5]) {
        clock.advance(MINUTE);
        times.push(new Date(clock.now()));
        await client.createModelImportJob(numbered(number, { jobName: number % 2 ? `odd-${number}` : `even-${number}` }));
        if (number === 2) bedrock.failJob('even-2', 'No weights');
        else if (number < 5) bedrock.completeJob(number % 2 ? `odd-${number}` : `even-${number}`);
      }
      bedrock.deleteModelByHand('model-1');
      return times;
    }

    async function allJobs(query: Parameters<Client['listModelImportJobs']>[0]): Promise<(string | undefined)[]> {
      const names: (string | undefined)[] = [];
      let nextToken: string | undefined;
      do {
        const page = await client.listModelImportJobs({ ...query, nextToken });
        names.push(...page.modelImportJobSummaries?.map(({ jobName }) => jobName) ?? []);
        nextToken = page.nextToken;
      } while (nextToken);
      return names;
    }

    test('summarize jobs', async () => {
      const times = await openWithJobs();
      const { modelImportJobSummaries, nextToken } = await client.listModelImportJobs({ sortBy: 'CreationTime', sortOrder: 'Ascending' });
      expect(nextToken).toEqual(expect.any(String));
      expect(modelImportJobSummaries).toEqual([
        expect.objectContaining({ jobName: 'odd-1', status: 'Completed', importedModelArn: expect.any(String) }),
        {
          jobArn: expect.any(String),
          jobName: 'even-2',
          status: 'Failed',
          creationTime: times[1],
          lastModifiedTime: times[1],
          endTime: times[1],
          importedModelName: 'model-2',
        },
      ]);
    });

    test('summarize models', async () => {
      const times = await openWithJobs();
      expect((await client.listImportedModels({})).modelSummaries).toEqual([
        expect.objectContaining({ modelName: 'model-4' }),
        { modelArn: expect.any(String), modelName: 'model-3', creationTime: times[2], instructSupported: true, modelArchitecture: 'llama' },
      ]);
    });

    test.each<[string, (times: Date[]) => Parameters<Client['listModelImportJobs']>[0], string[]]>([
      ['newest first', () => ({}), ['odd-5', 'even-4', 'odd-3', 'even-2', 'odd-1']],
      ['oldest first', () => ({ sortOrder: 'Ascending' }), ['odd-1', 'even-2', 'odd-3', 'even-4', 'odd-5']],
      ['one by one', () => ({ maxResults: 1 }), ['odd-5', 'even-4', 'odd-3', 'even-2', 'odd-1']],
      ['by name', () => ({ nameContains: 'odd' }), ['odd-5', 'odd-3', 'odd-1']],
      ['by status', () => ({ statusEquals: 'Completed' }), ['even-4', 'odd-3', 'odd-1']],
      ['after a time', (times) => ({ creationTimeAfter: times[2] }), ['odd-5', 'even-4']],
      ['before a time', (times) => ({ creationTimeBefore: times[2] }), ['even-2', 'odd-1']],
      ['by everything', (times) => ({
        nameContains: 'odd', statusEquals: 'Completed', creationTimeAfter: times[0], creationTimeBefore: times[4], sortOrder: 'Ascending',
      }), ['odd-3']],
      ['nothing', () => ({ nameContains: 'none' }), []],
    ])('jobs: %s', async (_, query, expected) => {
      expect(await allJobs(query(await openWithJobs()))).toEqual(expected);
    });

    test.each<[string, (times: Date[]) => Parameters<Client['listImportedModels']>[0], string[]]>([
      ['newest first', () => ({}), ['model-4', 'model-3']],
      ['oldest first', () => ({ sortBy: 'CreationTime', sortOrder: 'Ascending' }), ['model-3', 'model-4']],
      ['by name', () => ({ nameContains: '3' }), ['model-3']],
      ['after a time', (times) => ({ creationTimeAfter: times[2] }), ['model-4']],
      ['before a time', (times) => ({ creationTimeBefore: times[3] }), ['model-3']],
    ])('models: %s', async (_, query, expected) => {
      const times = await openWithJobs();
      const { modelSummaries, nextToken } = await client.listImportedModels(query(times));
      expect(modelSummaries?.map(({ modelName }) => modelName)).toEqual(expected);
      expect(nextToken).toBeUndefined();
    });

    test('return at most one page, even if maxResults is larger', async () => {
      await openWithJobs();
      expect((await client.listModelImportJobs({ maxResults: 1000 })).modelImportJobSummaries).toHaveLength(2);
    });

    test('continue after a deleted item', async () => {
      const { bedrock } = await open({ pageSize: 1 });
      for (const name of ['a', 'b', 'c']) bedrock.seedModel(name);
      const { nextToken } = await client.listImportedModels({ sortOrder: 'Ascending' });
      bedrock.deleteModelByHand('a');
      expect((await client.listImportedModels({ sortOrder: 'Ascending', nextToken })).modelSummaries).toMatchObject([{ modelName: 'b' }]);
    });

    test('refuse the nextToken of another query', async () => {
      await openWithJobs();
      const { nextToken } = await client.listModelImportJobs({ nameContains: 'odd' });
      await expect(client.listModelImportJobs({ nextToken })).rejects.toEqual(refusal('ValidationException', /nextToken/));
    });
  });

  describe('tags', () => {
    test('are added to the job and to the model', async () => {
      await open();
      const { jobArn, modelArn } = await importModel(request({
        jobTags: [{ key: 'of', value: 'job' }],
        importedModelTags: [{ key: 'of', value: 'model' }, { key: 'empty', value: '' }],
      }));
      expect(await tagsOf(jobArn)).toEqual([{ key: 'of', value: 'job' }]);
      expect(await tagsOf(modelArn)).toEqual([{ key: 'of', value: 'model' }, { key: 'empty', value: '' }]);
    });

    test.each<'jobArn' | 'modelArn'>(['jobArn', 'modelArn'])('are added, changed and removed by %s', async (which) => {
      await open();
      const { [which]: resourceARN } = await importModel(request());
      expect(await tagsOf(resourceARN)).toEqual([]);
      expect(await client.tagResource({ resourceARN, tags: [{ key: 'a', value: '1' }, { key: 'b', value: '2' }] })).toEqual({});
      await client.tagResource({ resourceARN, tags: [{ key: 'b', value: '3' }] });
      expect(await tagsOf(resourceARN)).toEqual([{ key: 'a', value: '1' }, { key: 'b', value: '3' }]);
      expect(await client.untagResource({ resourceARN, tagKeys: ['a', 'never-there'] })).toEqual({});
      expect(await tagsOf(resourceARN)).toEqual([{ key: 'b', value: '3' }]);
    });

    test('are not shared with another model that has the same tags', async () => {
      await open();
      const one = await importModel(numbered(1, { importedModelTags: tags(1) }));
      const other = await importModel(numbered(2, { importedModelTags: tags(1) }));
      await client.untagResource({ resourceARN: one.modelArn, tagKeys: ['key0'] });
      expect(await tagsOf(other.modelArn)).toEqual(tags(1));
    });

    test('are limited to fifty, including existing ones', async () => {
      await open();
      const tooMany = refusal('TooManyTagsException', /at most 50/);
      await expect(client.createModelImportJob(request({ jobTags: tags(51) }))).rejects.toEqual(tooMany);
      await expect(client.createModelImportJob(request({ importedModelTags: tags(51) }))).rejects.toEqual(tooMany);
      const { modelArn: resourceARN } = await importModel(request({ importedModelTags: tags(49) }));
      await expect(client.tagResource({ resourceARN, tags: tags(2, 'more') })).rejects.toEqual(tooMany);
      await client.tagResource({ resourceARN, tags: [...tags(49), ...tags(1, 'more')] });
      expect(await tagsOf(resourceARN)).toHaveLength(50);
    });

    test('with a reserved key are refused', async () => {
      await open();
      const { modelArn: resourceARN } = await importModel(request());
      await expect(client.tagResource({ resourceARN, tags: [{ key: 'aws:cloudformation:stack-name', value: 'x' }] }))
        .rejects.toEqual(refusal('ValidationException', /aws:cloudformation:stack-name/));
    });

    test('are deleted with their model', async () => {
      await open();
      const { modelArn } = await importModel(request({ importedModelTags: tags(1) }));
      await client.deleteImportedModel({ modelIdentifier: modelArn });
      await expect(tagsOf(modelArn)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    });
  });

  describe('the log of calls', () => {
    test('contains every call with its time and outcome', async () => {
      const { bedrock, clock } = await open();
      await client.createModelImportJob(request());
      clock.advance(MINUTE);
      await client.getImportedModel({ modelIdentifier: 'model-1' }).catch(() => {});
      expect(bedrock.calls).toEqual([
        { operation: 'CreateModelImportJob', input: request(), at: clock.now() - MINUTE, outcome: 'ok' },
        { operation: 'GetImportedModel', input: { modelIdentifier: 'model-1' }, at: clock.now(), outcome: 'ResourceNotFoundException' },
      ]);
    });

    test('counts calls and can be cleared', async () => {
      const { bedrock } = await open();
      await client.getModelImportJob({ jobIdentifier: 'absent' }).catch(() => {});
      await client.listModelImportJobs({});
      await client.listModelImportJobs({});
      expect(bedrock.countCalls('ListModelImportJobs')).toBe(2);
      expect(bedrock.countCalls('GetModelImportJob', 'ok')).toBe(0);
      bedrock.clearCalls();
      expect(bedrock.countCalls('ListModelImportJobs')).toBe(0);
    });
  });

  describe('faults', () => {
    // Compare only the message: in jest, errors of Node.js have another Error class, and the SDK wraps errors of another class.
    const LOST = expect.objectContaining({ message: expect.stringMatching(/socket hang up$/) });

    test('before: the call has no effect', async () => {
      const { bedrock } = await open();
      bedrock.failNext('CreateModelImportJob', { name: 'ThrottlingException', message: 'Too fast' });
      await expect(client.createModelImportJob(request())).rejects.toEqual(refusal('ThrottlingException', 'Too fast', 429));
      expect(bedrock.snapshot().jobs).toEqual([]);
      await expect(client.createModelImportJob(request())).resolves.toEqual({ jobArn: expect.any(String) });
    });

    test('after: the call takes effect, and its response is lost', async () => {
      const { bedrock } = await open();
      bedrock.failNext('CreateModelImportJob', { name: 'InternalServerException', when: 'after' });
      await expect(client.createModelImportJob(request())).rejects.toEqual(refusal('InternalServerException', /Scripted/, 500));
      expect(bedrock.snapshot().jobs).toMatchObject([{ jobName: 'job-1', status: 'InProgress' }]);
      expect(bedrock.countCalls('CreateModelImportJob', 'InternalServerException')).toBe(1);
    });

    test('after: an error response is lost as well', async () => {
      const { bedrock } = await open();
      bedrock.failNext('DeleteImportedModel', { name: 'InternalServerException', when: 'after' });
      await expect(client.deleteImportedModel({ modelIdentifier: 'absent' })).rejects.toMatchObject({ name: 'InternalServerException' });
    });

    test.each<['before' | 'after', number]>([['before', 0], ['after', 1]])('the connection breaks %s the call takes effect', async (when, jobs) => {
      const { bedrock } = await open();
      bedrock.failNext('*', { name: 'ConnectionLost', when });
      await expect(client.createModelImportJob(request())).rejects.toEqual(LOST);
      expect(bedrock.snapshot().jobs).toHaveLength(jobs);
      expect(bedrock.countCalls('CreateModelImportJob', 'ConnectionLost')).toBe(1);
    });

    test('affect any operation or a given one, a number of times', async () => {
      const { bedrock } = await open();
      bedrock.failNext('ListImportedModels', { name: 'AccessDeniedException' });
      bedrock.failNext('*', { name: 'ThrottlingException', times: 2 });
      await expect(client.listModelImportJobs({})).rejects.toMatchObject({ name: 'ThrottlingException' });
      await expect(client.listImportedModels({})).rejects.toMatchObject({ name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } });
      expect(bedrock.pendingFaults()).toEqual([{ operation: '*', name: 'ThrottlingException', left: 1 }]);
      await expect(client.listImportedModels({})).rejects.toMatchObject({ name: 'ThrottlingException' });
      await expect(client.listImportedModels({})).resolves.toEqual({ modelSummaries: [] });
      expect(bedrock.pendingFaults()).toEqual([]);
    });

    test('affect matching calls for some time', async () => {
      const { bedrock, clock } = await open();
      const end = clock.now() + MINUTE;
      bedrock.failNext('*', { name: 'AccessDeniedException', times: Infinity, matches: ({ operation, at }) => operation.startsWith('List') && at < end });
      await expect(client.listImportedModels({})).rejects.toMatchObject({ name: 'AccessDeniedException' });
      await expect(client.createModelImportJob(request())).resolves.toBeDefined();
      clock.advance(MINUTE);
      await expect(client.listImportedModels({})).resolves.toBeDefined();
      bedrock.clearFaults();
      expect(bedrock.pendingFaults()).toEqual([]);
    });

    test('can be errors that are not in the model, with a status code', async () => {
      const { bedrock } = await open();
      bedrock.failNext('*', { name: 'ServiceUnavailableException', statusCode: 503 });
      await expect(client.listImportedModels({})).rejects.toEqual(refusal('ServiceUnavailableException', /Scripted/, 503));
      expect(() => bedrock.failNext('*', { name: 'ThrotlingException' })).toThrow('give its statusCode');
      expect(bedrock.pendingFaults()).toEqual([]);
    });
  });

  describe('the operator', () => {
    test('sets the outcome of the next import', async () => {
      const { bedrock, clock } = await open();
      bedrock.planNextImport({ durationMs: MINUTE, failureMessage: 'No weights' });
      await client.createModelImportJob(numbered(1));
      clock.advance(MINUTE);
      await client.createModelImportJob(numbered(2));
      clock.advance(16 * MINUTE);
      expect((await client.listModelImportJobs({})).modelImportJobSummaries).toMatchObject([
        { jobName: 'job-2', status: 'Completed' },
        { jobName: 'job-1', status: 'Failed' },
      ]);
    });

    test('ends a job only once', async () => {
      const { bedrock } = await open();
      const { jobArn } = await client.createModelImportJob(numbered(1));
      bedrock.failJob(jobArn as string, 'No weights');
      await client.createModelImportJob(numbered(2));
      bedrock.completeJob('job-2');
      expect(bedrock.snapshot()).toMatchObject({
        jobs: [{ status: 'Failed', failureMessage: 'No weights' }, { status: 'Completed' }],
        models: [{ modelName: 'model-2' }],
      });
      expect(() => bedrock.completeJob('job-1')).toThrow('has ended already');
      expect(() => bedrock.completeJob('absent')).toThrow('absent');
    });

    test('adds models without a call, regardless of quotas', async () => {
      const { bedrock } = await open({ maxModels: 1 });
      const modelArn = bedrock.seedModel('one_model', { importedModelTags: tags(1) });
      bedrock.seedModel('another', { jobName: 'another-job' });
      expect(bedrock.calls).toEqual([]);
      expect(await client.getImportedModel({ modelIdentifier: 'another' })).toMatchObject({ jobName: 'another-job' });
      expect(await tagsOf(modelArn)).toEqual(tags(1));
      expect(() => bedrock.seedModel('another')).toThrow('already exists');
      expect(() => bedrock.seedModel('no.such.name')).toThrow("'importedModelName'");
    });

    test('deletes a model without the client', async () => {
      const { bedrock } = await open({ deleteConflict: () => true });
      bedrock.seedModel('llama');
      bedrock.deleteModelByHand('llama');
      await expect(client.getImportedModel({ modelIdentifier: 'llama' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
      expect(() => bedrock.deleteModelByHand('llama')).toThrow('llama');
    });

    test('reads the current state', async () => {
      const { bedrock, clock } = await open();
      const { jobArn } = await client.createModelImportJob(request({ jobTags: tags(1), importedModelTags: tags(2) }));
      clock.advance(16 * MINUTE);
      expect(bedrock.snapshot()).toMatchObject({
        now: new Date(clock.now()),
        jobs: [{ jobArn, status: 'Completed', tags: tags(1) }],
        models: [{ jobArn, modelName: 'model-1', tags: tags(2) }],
      });
    });

    test('resets the state and repeats the same IDs', async () => {
      const { bedrock } = await open();
      const first = await client.createModelImportJob(request({ clientRequestToken: 'token' }));
      bedrock.failNext('*', { name: 'ThrottlingException' });
      bedrock.reset();
      expect(bedrock.calls).toEqual([]);
      expect(bedrock.snapshot()).toMatchObject({ jobs: [], models: [] });
      expect(await client.createModelImportJob(request({ clientRequestToken: 'token' }))).toEqual(first);
      expect(bedrock.snapshot().jobs).toHaveLength(1);
    });
  });
});

describe('a behaviour of the command line', () => {
  test('has the type of what is assumed', () => {
    expect(behaviourOf(['earlierToken=another job', 'tagLagSeconds=45', 'roleIsReturned=false', 'roleRefusal=ValidationException: a=b'])).toEqual({
      earlierToken: 'another job', tagLagSeconds: 45, roleIsReturned: false, roleRefusal: 'ValidationException: a=b',
    });
  });

  test.each([
    ['unknown=1', 'unknown=1 is no behaviour of Bedrock. There are: earlierToken=its job, '],
    ['earlierToken', 'earlierToken is no behaviour of Bedrock'],
    ['tagLagSeconds=true', 'tagLagSeconds=true is not a number'],
    ['roleIsReturned=1', 'roleIsReturned=1 is not a boolean'],
    ['tagLagSeconds=many', 'tagLagSeconds=many is not a number'],
    ['earlierToken=lost', 'earlierToken=lost is none of earlierToken=its job, earlierToken=refused, '],
  ])('%s is refused', (setting, message) => {
    expect(() => behaviourOf([setting])).toThrow(message);
  });
});
