import type { CreateModelInvocationJobRequest, GetModelInvocationJobResponse } from '@aws-sdk/client-bedrock';
import { CARRIERS, type Client, type Session, refusal } from './carriers';
import { OPERATIONS, type InvocationOperation } from './constraints';
import type { InvocationPlan } from './invocation-job';
import { MemoryObjects, type ObjectStore } from './objects';

const SECOND = 1000;
const HOUR = 3_600_000;
const MODEL = 'anthropic.claude-3-haiku-20240307-v1:0';
const ABSENT = 'arn:aws:bedrock:us-east-1:111122223333:model-invocation-job/absent000000';

/** Every status takes ten seconds. */
const DURATIONS = { Submitted: 10 * SECOND, Validating: 10 * SECOND, Scheduled: 10 * SECOND, InProgress: 10 * SECOND, Stopping: 10 * SECOND };

function request(more: Partial<CreateModelInvocationJobRequest> = {}): CreateModelInvocationJobRequest {
  return {
    jobName: 'job-1',
    modelId: MODEL,
    roleArn: 'arn:aws:iam::111122223333:role/batch',
    inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://amzn-s3-demo-bucket/in/' } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://amzn-s3-demo-bucket/out/' } },
    ...more,
  };
}

/** The ID at the end of an ARN. */
function idOf(jobArn: string): string {
  return jobArn.split('/')[1];
}

describe.each(Object.keys(CARRIERS))('batch inference %s', (carrier) => {
  let session: Session;
  let client: Client;

  async function open(options: Parameters<typeof CARRIERS[string]>[0] = {}, plan: Partial<InvocationPlan> = {}): Promise<Session> {
    session = await CARRIERS[carrier]({ planInvocationJob: () => ({ durationsMs: DURATIONS, ...plan }), ...options });
    client = session.client;
    return session;
  }

  async function create(more: Partial<CreateModelInvocationJobRequest> = {}): Promise<string> {
    return (await client.createModelInvocationJob(request(more))).jobArn as string;
  }

  async function get(jobIdentifier: string): Promise<GetModelInvocationJobResponse> {
    return client.getModelInvocationJob({ jobIdentifier });
  }

  /** The status and the numbers of records: total, processed, successful, failed. */
  async function progress(jobArn: string): Promise<unknown[]> {
    const { status, totalRecordCount, processedRecordCount, successRecordCount, errorRecordCount } = await get(jobArn);
    return [status, totalRecordCount, processedRecordCount, successRecordCount, errorRecordCount];
  }

  afterEach(async () => session.close());

  describe('a job', () => {
    test('passes through the statuses by the clock', async () => {
      const { clock } = await open();
      const jobArn = await create();
      expect(jobArn).toMatch(/^arn:aws:bedrock:us-east-1:111122223333:model-invocation-job\/[a-z0-9]{12}$/);
      const seen: unknown[] = [await progress(jobArn)];
      for (let step = 1; step <= 8; step += 1) {
        clock.advance(5 * SECOND);
        seen.push(await progress(jobArn));
      }
      expect(seen).toEqual([
        ['Submitted', 0, 0, 0, 0], ['Submitted', 0, 0, 0, 0],
        ['Validating', 0, 0, 0, 0], ['Validating', 0, 0, 0, 0],
        ['Scheduled', 100, 0, 0, 0], ['Scheduled', 100, 0, 0, 0],
        ['InProgress', 100, 0, 0, 0], ['InProgress', 100, 50, 50, 0],
        ['Completed', 100, 100, 100, 0],
      ]);
    });

    test('ends in a few minutes, unless planned otherwise', async () => {
      const { clock } = await open({ planInvocationJob: undefined });
      const jobArn = await create();
      clock.advance(180 * SECOND - 1);
      expect(await get(jobArn)).toMatchObject({ status: 'InProgress' });
      clock.advance(1);
      expect(await get(jobArn)).toMatchObject({ status: 'Completed' });
    });

    test('is described by Get with its ARN or ID, and by List', async () => {
      const { clock } = await open();
      const submitTime = new Date(clock.now());
      const asked = request({
        clientRequestToken: 'token-1',
        timeoutDurationInHours: 48,
        modelInvocationType: 'Converse',
        vpcConfig: { subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] },
        inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://amzn-s3-demo-bucket/in/a.jsonl', s3InputFormat: 'JSONL', s3BucketOwner: '111122223333' } },
      });
      const { tags, ...described } = asked;
      const { jobArn } = await client.createModelInvocationJob(asked);
      clock.advance(15 * SECOND);
      const job = {
        ...described,
        jobArn,
        status: 'Validating',
        submitTime,
        lastModifiedTime: new Date(submitTime.getTime() + 10 * SECOND),
        jobExpirationTime: new Date(submitTime.getTime() + 48 * HOUR),
        totalRecordCount: 0,
        processedRecordCount: 0,
        successRecordCount: 0,
        errorRecordCount: 0,
      };
      expect(await get(jobArn as string)).toEqual(job);
      expect(await get(idOf(jobArn as string))).toEqual(job);
      expect(await client.listModelInvocationJobs({})).toEqual({ invocationJobSummaries: [job] });
      clock.advance(25 * SECOND);
      expect(await get(jobArn as string)).toMatchObject({ status: 'Completed', endTime: new Date(submitTime.getTime() + 40 * SECOND) });
    });

    test('has the documented type and the shortest timeout, unless requested otherwise', async () => {
      await open();
      expect(await get(await create())).toMatchObject({ modelInvocationType: 'InvokeModel', timeoutDurationInHours: 24 });
    });

    test('has tags', async () => {
      await open();
      const resourceARN = await create({ tags: [{ key: 'team', value: 'a' }] });
      await client.tagResource({ resourceARN, tags: [{ key: 'stage', value: 'b' }] });
      expect((await client.listTagsForResource({ resourceARN })).tags).toEqual([{ key: 'team', value: 'a' }, { key: 'stage', value: 'b' }]);
    });
  });

  describe('a plan', () => {
    test.each<[string, Partial<InvocationPlan>, unknown[]]>([
      ['completes', {}, ['Completed', 100, 100, 100, 0]],
      ['completes partially', { finalStatus: 'PartiallyCompleted' }, ['PartiallyCompleted', 100, 50, 50, 0]],
      ['fails', { finalStatus: 'Failed', message: 'No capacity' }, ['Failed', 100, 0, 0, 0]],
      ['expires', { finalStatus: 'Expired' }, ['Expired', 100, 0, 0, 0]],
      ['is stopped by another user', { finalStatus: 'Stopped', processedShare: 0.25 }, ['Stopped', 100, 25, 25, 0]],
      ['has failing records', { errorRecordIds: ['CALL0000001', 'CALL0000100'] }, ['Completed', 100, 100, 98, 2]],
      ['has missing records', { missingRecordIds: ['CALL0000001', 'CALL0000100'] }, ['Completed', 100, 98, 98, 0]],
      ['has a number of records', { records: 250 }, ['Completed', 250, 250, 250, 0]],
    ])('of a job that %s', async (_, plan, expected) => {
      const { clock } = await open({}, plan);
      const jobArn = await create();
      clock.advance(60 * SECOND);
      expect(await progress(jobArn)).toEqual(expected);
      expect((await get(jobArn)).message).toBe(plan.message);
    });

    test('applies to the next job only, and keeps the general one otherwise', async () => {
      const { clock, bedrock } = await open();
      bedrock.invocationJobs.planNext({ finalStatus: 'Failed', message: 'No '.repeat(1000), durationsMs: { InProgress: 0 } });
      const [first, second] = [await create(), await create({ jobName: 'job-2' })];
      clock.advance(30 * SECOND);
      expect(await get(first)).toMatchObject({ status: 'Failed', message: expect.stringMatching(/^(No ){682}No$/) });
      expect(await get(second)).toMatchObject({ status: 'InProgress' });
    });

    test('can end with a status that is not in the service model', async () => {
      const { clock, bedrock } = await open({}, { finalStatus: 'Archived' });
      const jobArn = await create();
      clock.advance(60 * SECOND);
      expect(bedrock.invocationJobs.all()).toMatchObject([{ status: 'Archived' }]);
      await expect(get(jobArn)).rejects.toThrow("'Archived' at 'status' failed to satisfy constraint"); // by the tests, as the SDK accepts it
    });
  });

  describe('the timeout', () => {
    test('expires a job that has not started', async () => {
      const { clock } = await open({}, { durationsMs: { ...DURATIONS, Scheduled: Infinity } });
      const jobArn = await create();
      clock.advance(24 * HOUR - 1);
      expect(await get(jobArn)).toMatchObject({ status: 'Scheduled' });
      clock.advance(1);
      expect(await get(jobArn)).toMatchObject({ status: 'Expired', message: 'The job timed out before it started', endTime: new Date(clock.now()) });
    });

    test('ends a running job with the records that it has processed', async () => {
      const { clock } = await open({}, { durationsMs: { Submitted: 0, Validating: 0, Scheduled: 0, InProgress: 100 * HOUR } });
      const jobArn = await create({ timeoutDurationInHours: 25 });
      clock.advance(25 * HOUR);
      expect(await progress(jobArn)).toEqual(['PartiallyCompleted', 100, 25, 25, 0]);
    });
  });

  describe('StopModelInvocationJob', () => {
    test('stops a running job after some time', async () => {
      const { clock } = await open();
      const jobArn = await create();
      clock.advance(34 * SECOND);
      expect(await client.stopModelInvocationJob({ jobIdentifier: jobArn })).toEqual({});
      expect(await progress(jobArn)).toEqual(['Stopping', 100, 40, 40, 0]);
      clock.advance(10 * SECOND);
      expect(await progress(jobArn)).toEqual(['Stopped', 100, 40, 40, 0]);
      expect(await get(jobArn)).toMatchObject({ endTime: new Date(clock.now()) });
    });

    test('stops a job that has not started, by its ID', async () => {
      const { clock } = await open();
      const jobArn = await create();
      await client.stopModelInvocationJob({ jobIdentifier: idOf(jobArn) });
      clock.advance(60 * SECOND);
      expect(await progress(jobArn)).toEqual(['Stopped', 0, 0, 0, 0]);
    });

    test.each<[string, Partial<InvocationPlan>]>([['completed', {}], ['failed', { finalStatus: 'Failed' }], ['expired', { finalStatus: 'Expired' }]])(
      'conflicts if the job is %s', async (_, plan) => {
        const { clock } = await open({}, plan);
        const jobIdentifier = await create();
        clock.advance(60 * SECOND);
        await expect(client.stopModelInvocationJob({ jobIdentifier })).rejects.toEqual(refusal('ConflictException', /job-1/));
      });

    test('conflicts the second time', async () => {
      await open();
      const jobIdentifier = await create();
      await client.stopModelInvocationJob({ jobIdentifier });
      await expect(client.stopModelInvocationJob({ jobIdentifier })).rejects.toEqual(refusal('ConflictException', /is Stopping/));
    });
  });

  describe('refuses', () => {
    const IMPORTED = 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl';

    test.each<[string, Partial<CreateModelInvocationJobRequest>, RegExp]>([
      ['a missing member', { modelId: undefined }, /Value null at 'modelId'/],
      ['an imported model', { modelId: IMPORTED }, /at 'modelId' .* must satisfy regular expression pattern/],
      ['the name of a model', { modelId: 'llama-3' }, /The provided model identifier is invalid/],
      ['the ID of a model', { modelId: 'abcdefghijkl' }, /The provided model identifier is invalid/],
      ['a name with an underscore', { jobName: 'job_1' }, /at 'jobName'/],
      ['a short timeout', { timeoutDurationInHours: 23 }, /at 'timeoutDurationInHours' .* greater than or equal to 24/],
      ['a long timeout', { timeoutDurationInHours: 169 }, /at 'timeoutDurationInHours' .* less than or equal to 168/],
      ['another format', { inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://amzn-s3-demo-bucket/in/', s3InputFormat: 'CSV' as 'JSONL' } } }, /s3InputFormat/],
      ['no output', { outputDataConfig: { s3OutputDataConfig: { s3Uri: undefined } } }, /Value null at 'outputDataConfig\.s3OutputDataConfig\.s3Uri'/],
      ['a reserved tag key', { tags: [{ key: 'aws:team', value: '' }] }, /'aws:'/],
    ])('%s', async (_, wrong, message) => {
      const { bedrock } = await open();
      await expect(create(wrong)).rejects.toEqual(refusal('ValidationException', message));
      expect(bedrock.invocationJobs.all()).toEqual([]);
    });

    test('a role that has not propagated', async () => {
      const { clock } = await open({ rolePropagationMs: 60 * SECOND });
      await expect(create()).rejects.toEqual(refusal('ValidationException', 'The provided role ARN is invalid'));
      clock.advance(60 * SECOND);
      await expect(create()).resolves.toEqual(expect.any(String));
    });

    test('a name, for ever', async () => {
      const { clock } = await open();
      await create();
      clock.advance(60 * SECOND);
      await expect(create()).rejects.toEqual(refusal('ConflictException', 'The provided job name is currently in use.'));
    });

    test('a name instead of an identifier', async () => {
      await open();
      await create();
      await expect(get('job-1')).rejects.toEqual(refusal('ValidationException', /'jobIdentifier'/));
      await create({ jobName: 'twelve-chars' });
      await expect(get('twelve-chars')).rejects.toEqual(refusal('ValidationException', /'jobIdentifier'/));
      await create({ jobName: 'twelveletter' });
      await expect(get('twelveletter')).rejects.toEqual(refusal('ResourceNotFoundException', /twelveletter/, 404));
    });

    test.each<[InvocationOperation, (using: Client) => Promise<unknown>]>([
      ['GetModelInvocationJob', async (using) => using.getModelInvocationJob({ jobIdentifier: ABSENT })],
      ['StopModelInvocationJob', async (using) => using.stopModelInvocationJob({ jobIdentifier: idOf(ABSENT) })],
    ])('%s of a missing job', async (operation, call) => {
      const { bedrock } = await open();
      await expect(call(client)).rejects.toEqual(refusal('ResourceNotFoundException', /absent/, 404));
      expect(OPERATIONS[operation].errors).toContain('ResourceNotFoundException');
      expect(bedrock.countCalls(operation, 'ResourceNotFoundException')).toBe(1);
    });

    test('more jobs of a model than the quota', async () => {
      const { clock } = await open({ maxInvocationJobs: 2 });
      await create({ jobName: 'job-1' });
      await create({ jobName: 'job-2' });
      await expect(create({ jobName: 'job-3' })).rejects.toEqual(refusal('ServiceQuotaExceededException', /batch inference jobs using a base model$/));
      await create({ jobName: 'job-3', modelId: 'amazon.nova-lite-v1:0' });
      clock.advance(60 * SECOND);
      await expect(create({ jobName: 'job-4' })).resolves.toEqual(expect.any(String));
    });
  });

  test('accepts any identifier of a model if told so', async () => {
    await open({ anyModel: true });
    await expect(create({ modelId: 'llama-3' })).resolves.toEqual(expect.any(String));
  });

  describe('clientRequestToken', () => {
    const clientRequestToken = 'token-1';

    test('the same request again returns its job', async () => {
      const { bedrock, clock } = await open({ maxInvocationJobs: 1 });
      const jobArn = await create({ clientRequestToken });
      expect(await create({ clientRequestToken })).toBe(jobArn);
      clock.advance(60 * SECOND);
      expect(await create({ clientRequestToken })).toBe(jobArn);
      expect(bedrock.invocationJobs.all()).toHaveLength(1);
    });

    test('another request with the same token is refused', async () => {
      await open();
      await create({ clientRequestToken });
      await expect(create({ clientRequestToken, jobName: 'job-2' })).rejects.toEqual(refusal('ValidationException', /clientRequestToken/));
    });

    test('a rejected request does not consume its token', async () => {
      const { clock } = await open({ maxInvocationJobs: 1 });
      await create({ jobName: 'job-2' });
      await expect(create({ clientRequestToken })).rejects.toMatchObject({ name: 'ServiceQuotaExceededException' });
      clock.advance(60 * SECOND);
      await expect(create({ clientRequestToken })).resolves.toEqual(expect.any(String));
    });
  });

  describe('lists', () => {
    type Query = Parameters<Client['listModelInvocationJobs']>[0];

    /** Four jobs, a minute apart: the second failed and the last is submitted. */
    async function openWithJobs(): Promise<Date[]> {
      const { bedrock, clock } = await open();
      const times: Date[] = [];
      for (const number of [1, 2, 3, 4]) {
        clock.advance(60 * SECOND);
        times.push(new Date(clock.now()));
        if (number === 2) bedrock.invocationJobs.planNext({ finalStatus: 'Failed' });
        await create({ jobName: number % 2 ? `odd-${number}` : `even-${number}` });
      }
      return times;
    }

    async function allJobs(query: Query): Promise<(string | undefined)[]> {
      const names: (string | undefined)[] = [];
      let nextToken: string | undefined;
      do {
        const page = await client.listModelInvocationJobs({ ...query, nextToken });
        expect(page.invocationJobSummaries?.length).toBeLessThanOrEqual(2);
        names.push(...page.invocationJobSummaries?.map(({ jobName }) => jobName) ?? []);
        nextToken = page.nextToken;
      } while (nextToken);
      return names;
    }

    test.each<[string, (times: Date[]) => Query, string[]]>([
      ['newest first', () => ({ maxResults: 1000 }), ['even-4', 'odd-3', 'even-2', 'odd-1']],
      ['oldest first', () => ({ sortBy: 'CreationTime', sortOrder: 'Ascending' }), ['odd-1', 'even-2', 'odd-3', 'even-4']],
      ['one by one', () => ({ maxResults: 1 }), ['even-4', 'odd-3', 'even-2', 'odd-1']],
      ['by name', () => ({ nameContains: 'odd' }), ['odd-3', 'odd-1']],
      ['by status', () => ({ statusEquals: 'Completed' }), ['odd-3', 'odd-1']],
      ['by another status', () => ({ statusEquals: 'Submitted' }), ['even-4']],
      ['after a time', (times) => ({ submitTimeAfter: times[1] }), ['even-4', 'odd-3']],
      ['before a time', (times) => ({ submitTimeBefore: times[1] }), ['odd-1']],
      ['by everything', (times) => ({
        nameContains: 'odd', statusEquals: 'Completed', submitTimeAfter: times[0], submitTimeBefore: times[3], sortOrder: 'Ascending',
      }), ['odd-3']],
      ['nothing', () => ({ nameContains: 'none' }), []],
    ])('%s', async (_, query, expected) => {
      expect(await allJobs(query(await openWithJobs()))).toEqual(expected);
    });

    test('refuse the nextToken of another query', async () => {
      await openWithJobs();
      const { nextToken } = await client.listModelInvocationJobs({ submitTimeAfter: new Date(0) });
      await expect(client.listModelInvocationJobs({ nextToken })).rejects.toEqual(refusal('ValidationException', /nextToken/));
      await expect(client.listModelInvocationJobs({ nextToken, submitTimeAfter: new Date(0), statusEquals: 'Completed' }))
        .rejects.toEqual(refusal('ValidationException', /nextToken/));
    });
  });

  test('Get and List can lag behind', async () => {
    const { clock } = await open({ readLagMs: () => 15 * SECOND });
    const jobArn = await create();
    await expect(get(jobArn)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect((await client.listModelInvocationJobs({})).invocationJobSummaries).toEqual([]);
    clock.advance(30 * SECOND);
    expect(await get(jobArn)).toMatchObject({ status: 'Validating' });
  });

  describe('faults', () => {
    test('before: the call has no effect', async () => {
      const { bedrock } = await open();
      bedrock.failNext('CreateModelInvocationJob', { name: 'ThrottlingException' });
      await expect(create()).rejects.toEqual(refusal('ThrottlingException', /Scripted/, 429));
      expect(bedrock.invocationJobs.all()).toEqual([]);
    });

    test('after: the job starts, and the response is lost', async () => {
      const { bedrock } = await open();
      bedrock.failNext('CreateModelInvocationJob', { name: 'ConnectionLost', when: 'after' });
      await expect(create()).rejects.toThrow('socket hang up');
      expect(bedrock.invocationJobs.all()).toMatchObject([{ jobName: 'job-1' }]);
    });

    test.each<[InvocationOperation, (using: Client) => Promise<unknown>]>([
      ['GetModelInvocationJob', async (using) => using.getModelInvocationJob({ jobIdentifier: ABSENT })],
      ['ListModelInvocationJobs', async (using) => using.listModelInvocationJobs({})],
      ['StopModelInvocationJob', async (using) => using.stopModelInvocationJob({ jobIdentifier: ABSENT })],
    ])('of %s', async (operation, call) => {
      const { bedrock } = await open();
      bedrock.failNext(operation, { name: 'InternalServerException' });
      await expect(call(client)).rejects.toEqual(refusal('InternalServerException', /Scripted/, 500));
    });
  });

  test('reset removes the jobs', async () => {
    const { bedrock } = await open();
    const jobArn = await create({ clientRequestToken: 'token' });
    bedrock.invocationJobs.planNext({ finalStatus: 'Failed' });
    bedrock.reset();
    expect(bedrock.invocationJobs.all()).toEqual([]);
    expect(await create({ clientRequestToken: 'token' })).toBe(jobArn);
  });

  describe('the data', () => {
    const BUCKET = 'amzn-s3-demo-bucket';
    let objects: MemoryObjects;

    async function openWith(
      files: { readonly [key: string]: string }, plan: Partial<InvocationPlan> = {}, options: Parameters<typeof open>[0] = {},
    ): Promise<Session> {
      objects = new MemoryObjects();
      for (const [key, body] of Object.entries(files)) await objects.put(BUCKET, key, body);
      return open({ objects, minRecords: 1, ...options }, plan);
    }

    function lines(...ids: string[]): string {
      return ids.map((recordId) => `${JSON.stringify({ recordId, modelInput: { prompt: `Say ${recordId}`, max_gen_len: 10 } })}\n`).join('');
    }

    async function outputOf(jobArn: string): Promise<{ [name: string]: unknown }> {
      const folder = `out/${idOf(jobArn)}/`;
      const keys = await objects.list(BUCKET, folder);
      const contents = await Promise.all(keys.map(async (key) => {
        const body = await objects.get(BUCKET, key);
        return [key.slice(folder.length), body.split('\n').filter(Boolean).map((line) => JSON.parse(line) as unknown)];
      }));
      return Object.fromEntries(contents) as { [name: string]: unknown };
    }

    const answered = (recordId: string): object => ({
      recordId, modelInput: { prompt: `Say ${recordId}`, max_gen_len: 10 }, modelOutput: expect.objectContaining({ generation: `Echo: Say ${recordId}` }),
    });

    test('is every .jsonl below the folder, and has an output for each and a manifest', async () => {
      const { clock } = await openWith({ 'in/00001.jsonl': lines('a', 'b'), 'in/more/00002.jsonl': lines('c'), 'in/README.md': 'no', 'input.jsonl': lines('d') });
      const jobArn = await create();
      clock.advance(39 * SECOND);
      expect(await progress(jobArn)).toEqual(['InProgress', 3, 2, 2, 0]);
      expect(await outputOf(jobArn)).toEqual({});
      clock.advance(SECOND);
      expect(await progress(jobArn)).toEqual(['Completed', 3, 3, 3, 0]);
      expect(await outputOf(jobArn)).toEqual({
        '00001.jsonl.out': [answered('b'), answered('a')],
        'more/00002.jsonl.out': [answered('c')],
        'manifest.json.out': [{
          totalRecordCount: 3,
          processedRecordCount: 3,
          successRecordCount: 3,
          errorRecordCount: 0,
          inputTokenCount: expect.any(Number),
          outputTokenCount: expect.any(Number),
        }],
      });
    });

    test.each<[string, string, string]>([
      ['a file', 's3://amzn-s3-demo-bucket/in/b.jsonl', 's3://amzn-s3-demo-bucket/out'],
      ['a folder without a slash', 's3://amzn-s3-demo-bucket/in/b', 's3://amzn-s3-demo-bucket/out/'],
    ])('can be %s', async (_, input, output) => {
      const { clock } = await openWith({ 'in/a.jsonl': lines('a'), 'in/b.jsonl': lines('b'), 'in/b/b.jsonl': lines('b') });
      const jobArn = await create({
        inputDataConfig: { s3InputDataConfig: { s3Uri: input } }, outputDataConfig: { s3OutputDataConfig: { s3Uri: output } },
      });
      clock.advance(60 * SECOND);
      expect(await get(jobArn)).toMatchObject({ status: 'Completed' });
      expect(await outputOf(jobArn)).toMatchObject({ 'b.jsonl.out': [answered('b')] });
    });

    test('can be a whole bucket', async () => {
      const { clock } = await openWith({ 'a.jsonl': lines('a') });
      const jobArn = await create({
        inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://amzn-s3-demo-bucket' } }, outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://amzn-s3-demo-bucket' } },
      });
      clock.advance(60 * SECOND);
      await get(jobArn);
      expect(await objects.list(BUCKET, idOf(jobArn))).toEqual([`${idOf(jobArn)}/a.jsonl.out`, `${idOf(jobArn)}/manifest.json.out`]);
    });

    test('gets IDs if it has none, and the result of the model', async () => {
      const { clock } = await openWith(
        { 'in/a.jsonl': '{"modelInput":{"prompt":"one"}}\n{"modelInput":{"prompt":"two"}}' }, {},
        { respond: ({ prompt }, modelId) => ({ shout: `${prompt}!`, modelId }) },
      );
      const jobArn = await create();
      clock.advance(60 * SECOND);
      await get(jobArn);
      expect(await outputOf(jobArn)).toMatchObject({
        'a.jsonl.out': [
          { recordId: 'CALL0000002', modelOutput: { shout: 'two!', modelId: MODEL } },
          { recordId: 'CALL0000001', modelOutput: { shout: 'one!', modelId: MODEL } },
        ],
      });
    });

    test('has errors and gaps as planned, and errors of poisoned records', async () => {
      const { clock, bedrock } = await openWith({ 'in/a.jsonl': lines('a', 'b', 'c', 'd') }, { errorRecordIds: ['b'], missingRecordIds: ['c'] });
      bedrock.inference.poison('Say d', 'ModelErrorException');
      const jobArn = await create();
      clock.advance(60 * SECOND);
      expect(await progress(jobArn)).toEqual(['Completed', 4, 3, 1, 2]);
      expect(await outputOf(jobArn)).toMatchObject({
        'a.jsonl.out': [
          { recordId: 'd', error: { errorCode: 424, errorMessage: expect.stringContaining('Say d') } },
          { recordId: 'b', modelInput: { prompt: 'Say b' }, error: { errorCode: 400, errorMessage: expect.any(String) } },
          answered('a'),
        ],
        'manifest.json.out': [{ totalRecordCount: 4, processedRecordCount: 3, successRecordCount: 1, errorRecordCount: 2 }],
      });
    });

    test.each<[string, Partial<InvocationPlan>, string[] | undefined]>([
      ['PartiallyCompleted', { processedShare: 0.5 }, ['b', 'a']],
      ['Stopped', { processedShare: 0.75 }, ['c', 'b', 'a']],
      ['Expired', { processedShare: 0.25 }, ['a']],
      ['Expired', {}, undefined],
      ['Failed', { processedShare: 0.5 }, undefined],
    ])('of a job that is %s %j', async (finalStatus, plan, ids) => {
      const { clock } = await openWith({ 'in/a.jsonl': lines('a', 'b', 'c', 'd') }, { finalStatus, ...plan });
      const jobArn = await create();
      clock.advance(60 * SECOND);
      expect(await get(jobArn)).toMatchObject({ status: finalStatus });
      expect((await outputOf(jobArn))['a.jsonl.out']).toEqual(ids?.map(answered));
    });

    test('of a stopped job is written when it is stopped, as far as it is processed', async () => {
      const { clock } = await openWith({ 'in/a.jsonl': lines('a', 'b', 'c', 'd') });
      const jobArn = await create();
      clock.advance(35 * SECOND);
      await client.stopModelInvocationJob({ jobIdentifier: jobArn });
      clock.advance(9 * SECOND);
      expect(await get(jobArn)).toMatchObject({ status: 'Stopping' });
      expect(await outputOf(jobArn)).toEqual({});
      clock.advance(SECOND);
      expect(await get(jobArn)).toMatchObject({ status: 'Stopped' });
      expect(await outputOf(jobArn)).toMatchObject({ 'a.jsonl.out': [answered('b'), answered('a')] });
    });

    test('is read when the job is validated', async () => {
      const { clock } = await openWith({ 'in/a.jsonl': lines('a') });
      const jobArn = await create();
      await objects.put(BUCKET, 'in/a.jsonl', lines('b'));
      clock.advance(10 * SECOND);
      expect(await get(jobArn)).toMatchObject({ status: 'Validating' });
      await objects.put(BUCKET, 'in/a.jsonl', lines('c'));
      clock.advance(60 * SECOND);
      await get(jobArn);
      expect(await outputOf(jobArn)).toMatchObject({ 'a.jsonl.out': [answered('b')] });
    });

    test.each<[string, { readonly [key: string]: string }, RegExp]>([
      ['is missing', { 'in/a.json': lines('a') }, /^There is no \.jsonl file below s3:\/\/amzn-s3-demo-bucket\/in\/$/],
      ['is empty', { 'in/a.jsonl': '' }, /^a\.jsonl, line 1 is not valid JSON$/],
      ['is not JSON', { 'in/a.jsonl': `${lines('a')}{"recordId":` }, /^a\.jsonl, line 2 is not valid JSON$/],
      ['has a blank line', { 'in/a.jsonl': `${lines('a')}\n${lines('b')}` }, /^a\.jsonl, line 2 is not valid JSON$/],
      ['is not of objects', { 'in/a.jsonl': '[]' }, /^a\.jsonl, line 1 is not a JSON object$/],
      ['has no modelInput', { 'in/a.jsonl': '{"recordId":"a"}' }, /^a\.jsonl, line 1 has no modelInput/],
      ['has a modelInput that is no object', { 'in/a.jsonl': '{"modelInput":"a"}' }, /^a\.jsonl, line 1 has no modelInput, or it is not a JSON object$/],
      ['has an ID that is no text', { 'in/a.jsonl': '{"recordId":1,"modelInput":{}}' }, /^a\.jsonl, line 1: recordId is not a string$/],
      ['has a file that is too large', { 'in/a.jsonl': lines('a'), 'in/b.jsonl': lines('a', 'b', 'c', 'd') }, /^b\.jsonl contains more records \(4\) than the maximum of: 3$/],
    ])('fails the job if it %s', async (_, files, message) => {
      const { clock } = await openWith(files, {}, { maxRecordsPerFile: 3 });
      const jobArn = await create();
      clock.advance(19 * SECOND);
      expect(await get(jobArn)).toMatchObject({ status: 'Validating' });
      clock.advance(SECOND);
      expect(await get(jobArn)).toMatchObject({ status: 'Failed', message: expect.stringMatching(message), totalRecordCount: 0, endTime: new Date(clock.now()) });
      clock.advance(60 * SECOND);
      expect(await progress(jobArn)).toEqual(['Failed', 0, 0, 0, 0]);
      expect(await outputOf(jobArn)).toEqual({});
    });

    test('fails the job if it has less records than the minimum', async () => {
      const { clock } = await openWith({ 'in/a.jsonl': lines('a') }, {}, { minRecords: undefined });
      const jobArn = await create();
      clock.advance(60 * SECOND);
      expect(await get(jobArn)).toMatchObject({ status: 'Failed', message: 'The job contains less records (1) than the required minimum of: 100' });
    });

    test.each<[string, Partial<ObjectStore>]>([
      ['listed', { list: async () => Promise.reject(new Error('HTTP 403 AccessDenied')) }],
      ['read', { get: async () => Promise.reject(new Error('HTTP 403 AccessDenied')) }],
      ['written', { put: async () => Promise.reject(new Error('HTTP 403 AccessDenied')) }],
    ])('fails the job if it cannot be %s', async (_, broken) => {
      const store: ObjectStore = { list: async () => ['in/a.jsonl'], get: async () => lines('a'), put: async () => {}, ...broken };
      const { clock } = await open({ objects: store, minRecords: 1 });
      const jobArn = await create();
      clock.advance(60 * SECOND);
      expect(await get(jobArn)).toMatchObject({ status: 'Failed', message: 'HTTP 403 AccessDenied' });
    });

    test('fails the job if its file is missing', async () => {
      const { clock } = await openWith({ 'in/a.jsonl': lines('a') });
      const jobArn = await create({ inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://amzn-s3-demo-bucket/in/b.jsonl' } } });
      clock.advance(60 * SECOND);
      expect(await get(jobArn)).toMatchObject({ status: 'Failed', message: 'There is no object s3://amzn-s3-demo-bucket/in/b.jsonl' });
    });
  });
});

describe('a job without its data', () => {
  test('does not end, so that a client that sees the end finds the output', async () => {
    const { bedrock, clock, close } = await CARRIERS['called directly']({ objects: new MemoryObjects() });
    const { jobArn } = bedrock.createModelInvocationJob(request()); // without the transfer of data
    clock.advance(60_000);
    expect(bedrock.invocationJobs.all()).toMatchObject([{ status: 'Validating' }]);
    const [job] = bedrock.invocationJobs.awaitingInput();
    bedrock.invocationJobs.supplyInput(job, [{ name: 'a.jsonl', body: '{"modelInput":{}}\n'.repeat(100) }]);
    clock.advance(600_000);
    expect(bedrock.getModelInvocationJob({ jobIdentifier: jobArn })).toMatchObject({ status: 'InProgress' });
    bedrock.invocationJobs.confirmOutput(job);
    expect(bedrock.getModelInvocationJob({ jobIdentifier: jobArn })).toMatchObject({ status: 'Completed' });
    await close();
  });
});
