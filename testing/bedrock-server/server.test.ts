import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { runtimeClient, sdkClient } from './carriers';
import { SystemClock, VirtualClock } from './clock';
import { BedrockError } from './errors';
import { HANG, type When } from './faults';
import { MemoryObjects } from './objects';
import { startBedrockServer, type BedrockServer, type BedrockServerOptions } from './server';

const IMPORT = {
  jobName: 'job-1',
  importedModelName: 'model-1',
  roleArn: 'arn:aws:iam::111122223333:role/import',
  modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/llama/' } },
};

const BATCH = {
  jobName: 'job-1',
  modelId: 'anthropic.claude-3-haiku-20240307-v1:0',
  roleArn: 'arn:aws:iam::111122223333:role/batch',
  inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://amzn-s3-demo-bucket/in/' } },
  outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://amzn-s3-demo-bucket/out/' } },
};

const INVOKE = `/model/${encodeURIComponent(BATCH.modelId)}/invoke`;

let server: BedrockServer;

async function start(options: BedrockServerOptions = {}): Promise<void> {
  server = await startBedrockServer({ clock: new VirtualClock(Date.UTC(2026, 10, 21, 8, 30)), ...options });
}

/** A response without the headers that every response has. */
interface Reply {
  readonly status: number;
  readonly errorType: string | null;
  readonly body: unknown;
}

/** Sends requests without the SDK, which would not send invalid ones. */
async function say(method: string, path: string, body?: unknown): Promise<Reply> {
  const response = await fetch(server.url + path, { method, body: typeof body === 'string' ? body : JSON.stringify(body) });
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  return { status: response.status, errorType: response.headers.get('x-amzn-errortype'), body: await response.json() };
}

async function control(method: string, path: string, body?: object): Promise<Reply> {
  return say(method, `/_control/${path}`, body);
}

function ok(body: unknown = {}): Reply {
  return { status: 200, errorType: null, body };
}

/** A POST without a response, or with an incomplete one. */
function hang(path: string, body: object) {
  const call = request(server.url + path, { method: 'POST' });
  let isOpen = true;
  const broken = new Promise<Error>((resolve) => {
    const end = (error: Error): void => {
      isOpen = false;
      resolve(error);
    };
    call.once('error', end);
    call.once('response', (response) => response.once('error', end));
  });
  const firstBytes = (async () => {
    const [response] = await once(call, 'response') as [IncomingMessage];
    const [bytes] = await once(response, 'data') as [Buffer];
    return { status: response.statusCode, bytes: bytes.toString() };
  })();
  firstBytes.catch(() => undefined); // no response at all
  const sent = new Promise<void>((resolve) => call.end(JSON.stringify(body), () => resolve()));
  return { firstBytes, sent, broken, isOpen: () => isOpen, giveUp: () => call.destroy() };
}

/** Waits until the server has received a call. */
async function untilCalled(): Promise<void> {
  while (server.bedrock.calls.length === 0) await setImmediate();
}

afterEach(async () => server.close());

describe('the protocol', () => {
  test('responds with the status code of the operation, and dates as text', async () => {
    await start();
    expect(await say('POST', '/model-import-jobs', IMPORT)).toEqual({ status: 201, errorType: null, body: { jobArn: expect.any(String) } });
    expect(await say('GET', '/model-import-jobs/job-1')).toMatchObject(ok({ creationTime: '2026-11-21T08:30:00.000Z', status: 'InProgress' }));
  });

  test('requires ARNs in a path to be percent-encoded', async () => {
    await start();
    const arn = server.bedrock.seedModel('llama');
    expect(await say('GET', `/imported-models/${encodeURIComponent(arn)}`)).toMatchObject(ok({ modelName: 'llama' }));
    expect(await say('GET', `/imported-models/${arn}`)).toMatchObject({ status: 404, errorType: 'UnknownOperationException' });
  });

  test('treats a null member as absent', async () => {
    await start();
    expect(await say('POST', '/model-import-jobs', { ...IMPORT, vpcConfig: null })).toMatchObject({ status: 201 });
    expect(await say('POST', '/model-import-jobs', { ...IMPORT, jobName: null })).toMatchObject({ status: 400, errorType: 'ValidationException' });
  });

  test.each<[string, string, string, unknown, number, string]>([
    ['no such path', 'GET', '/', undefined, 404, 'UnknownOperationException'],
    ['no such method', 'PUT', '/model-import-jobs', IMPORT, 404, 'UnknownOperationException'],
    ['an operation of Bedrock that is not served', 'GET', '/custom-models', undefined, 404, 'UnknownOperationException'],
    ['a body that is not JSON', 'POST', '/model-import-jobs', '{"jobName":', 400, 'SerializationException'],
    ['a body that is not an object', 'POST', '/tagResource', [], 400, 'SerializationException'],
    ['no body', 'POST', '/untagResource', undefined, 400, 'SerializationException'],
    ['a label that is not UTF-8', 'GET', '/imported-models/%ff', undefined, 400, 'SerializationException'],
    ['an invalid number', 'GET', '/imported-models?maxResults=ten', undefined, 400, 'ValidationException'],
    ['an invalid time', 'GET', '/model-import-jobs?creationTimeAfter=yesterday', undefined, 400, 'ValidationException'],
    ['an unknown member', 'POST', '/model-import-jobs', { ...IMPORT, VpcConfig: {} }, 400, 'ValidationException'],
    ['a member of the wrong type', 'POST', '/model-import-jobs', { ...IMPORT, jobName: 7 }, 400, 'ValidationException'],
    ['a missing resource', 'GET', '/model-import-jobs/absent', undefined, 404, 'ResourceNotFoundException'],
    ['a body for a model that is not JSON', 'POST', INVOKE, '{"prompt":', 400, 'ValidationException'],
    ['a body for a model that is not an object', 'POST', INVOKE, [], 400, 'ValidationException'],
    ['an operation of the runtime that is not served', 'POST', INVOKE.replace('invoke', 'converse'), {}, 404, 'UnknownOperationException'],
    ['an unknown model', 'POST', '/model/llama/invoke', {}, 400, 'ValidationException'],
  ])('%s', async (_, method, path, body, status, errorType) => {
    await start();
    expect(await say(method, path, body)).toEqual({ status, errorType, body: { message: expect.any(String) } });
  });

  test('receives filters of the SDK to the millisecond', async () => {
    await start();
    const sdk = sdkClient(server.url);
    const query = {
      creationTimeAfter: new Date(1_700_000_000_123),
      creationTimeBefore: new Date(1_800_000_000_000),
      nameContains: 'a+b.c',
      maxResults: 5,
      statusEquals: 'Failed',
      sortBy: 'CreationTime',
      sortOrder: 'Ascending',
    } as const;
    await sdk.listModelImportJobs(query);
    expect(server.bedrock.calls).toMatchObject([{ input: query }]);
    sdk.destroy();
  });

  test('passes the body to a model as it is, and its headers', async () => {
    await start();
    const response = await fetch(server.url + INVOKE, {
      method: 'POST', headers: { 'content-type': 'application/json', 'accept': '*/*', 'X-Amzn-Bedrock-Trace': 'ENABLED' }, body: '{"prompt":null}',
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.json()).toMatchObject({ generation: 'Echo: ""' });
    expect(server.bedrock.calls).toMatchObject([{
      operation: 'InvokeModel', input: { modelId: BATCH.modelId, contentType: 'application/json', accept: '*/*', trace: 'ENABLED', body: Buffer.from('{"prompt":null}') },
    }]);
  });

  test('waits as long as a model takes, unless time advances only on request', async () => {
    const realMs = jest.fn(() => 1);
    await start({ clock: { now: () => 0, realMs }, invokeLatencyMs: 1234 });
    expect(await say('POST', INVOKE, {})).toMatchObject({ status: 200 });
    expect(await say('GET', '/imported-models')).toMatchObject({ status: 200 });
    expect(realMs.mock.calls).toEqual([[1234]]);
  });

  test.each(['ConnectionLost', 'Hang'])('breaks a connection of HTTP/2: %s', async (name) => {
    await start();
    const runtime = runtimeClient(server.url);
    server.bedrock.failNext('InvokeModel', { name, when: 'after' });
    const call = runtime.invokeModel({ modelId: BATCH.modelId, body: '{}' });
    call.catch(() => {});
    await untilCalled();
    expect(await say('GET', '/imported-models')).toMatchObject({ status: 200 }); // other calls are served
    if (name === 'Hang') await server.close();
    await expect(call).rejects.toThrow();
    runtime.destroy();
    if (name === 'Hang') await start(); // for afterEach to close
  });

  test('logs a bug of the test server and responds with a distinct error', async () => {
    const aloud = jest.spyOn(console, 'error').mockImplementation(() => {});
    await start({ planImport: () => { throw new TypeError('Oops'); } });
    expect(await say('POST', '/model-import-jobs', IMPORT)).toEqual({ status: 500, errorType: 'InternalFailure', body: { message: 'TypeError: Oops' } });
    expect(aloud).toHaveBeenCalledWith(expect.objectContaining({ message: 'Oops' }));
    aloud.mockRestore();
  });

  test('survives a client that disconnects in the middle of a request', async () => {
    await start();
    await new Promise<void>((resolve) => {
      const half = request(`${server.url}/model-import-jobs`, { method: 'POST', headers: { 'content-length': '1000' } });
      half.on('error', () => resolve());
      half.write('{', () => half.destroy(new Error('Hung up')));
    });
    expect(await control('GET', 'calls')).toEqual(ok([]));
  });
});

test('close ends open connections', async () => {
  await start();
  const half = request(`${server.url}/model-import-jobs`, { method: 'POST', headers: { 'content-length': '1000' } });
  const broken = once(half, 'error');
  await new Promise<void>((resolve) => half.write('{', () => resolve()));
  await server.close();
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }]);
  await start(); // for afterEach to close
});

test.each<When>(['before', 'during', 'after'])('close ends a call that hangs %s it takes effect', async (when) => {
  await start();
  server.bedrock.failNext('*', { name: HANG, when });
  const hung = hang('/model-import-jobs', IMPORT);
  await untilCalled();
  await server.close();
  expect(await hung.broken).toMatchObject({ code: 'ECONNRESET' });
  await start(); // for afterEach to close
});

describe('the address', () => {
  test('is loopback, on a free port', async () => {
    await start();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test('is the requested one', async () => {
    await start({ host: 'localhost' });
    const { port } = new URL(server.url);
    await expect(startBedrockServer({ host: 'localhost', port: Number(port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test.each(['0.0.0.0', '::', '192.0.2.1', 'example.com', ''])('is not %p', async (host) => {
    await start();
    await expect(startBedrockServer({ host })).rejects.toThrow('loopback addresses only');
  });
});

describe('authorization', () => {
  const denied = new BedrockError('AccessDeniedException', 'No');

  test.each<[string, BedrockServerOptions, number[]]>([
    ['nothing', {}, [200, 200, 200]],
    ['calls of imports, and so none of invocations', { authorize: async () => undefined }, [200, 403, 403]],
    ['calls of invocations', { authorizeInvocation: async ({ operation }) => operation === 'InvokeModel' ? denied : undefined }, [200, 200, 403]],
    ['both', { authorize: async () => denied, authorizeInvocation: async () => undefined }, [403, 200, 200]],
  ])('of %s', async (_, options, statuses) => {
    await start(options);
    const replies = [await say('GET', '/model-import-jobs'), await say('GET', '/model-invocation-jobs'), await say('POST', INVOKE, {})];
    expect(replies.map(({ status }) => status)).toEqual(statuses);
  });
});

test('a bug in the output of a model does not stop the server', async () => {
  const aloud = jest.spyOn(console, 'error').mockImplementation(() => {});
  const objects = new MemoryObjects();
  await objects.put('amzn-s3-demo-bucket', 'in/a.jsonl', '{"modelInput":{}}');
  await start({ objects, respond: () => { throw new TypeError('Oops'); } });
  await say('POST', '/model-invocation-job', BATCH);
  await control('POST', 'clock/advance', { ms: 600_000 });
  expect(await say('GET', '/model-invocation-jobs')).toMatchObject({ status: 500, errorType: 'InternalFailure' });
  expect(aloud).toHaveBeenCalled();
  aloud.mockRestore();
});

describe('the control API', () => {
  test('plans the next batch inference job and lists all', async () => {
    await start();
    expect(await control('POST', 'invocation-jobs/plan', {
      durationsMs: { Submitted: 1, Validating: 2, Scheduled: 3, InProgress: 4, Stopping: 5 },
      finalStatus: 'PartiallyCompleted',
      message: 'Late',
      records: 200,
      processedShare: 0.75,
      errorRecordIds: ['CALL0000001'],
      missingRecordIds: ['CALL0000002'],
    })).toEqual(ok());
    await say('POST', '/model-invocation-job', BATCH);
    await control('POST', 'clock/advance', { ms: 10 });
    expect(await control('GET', 'invocation-jobs')).toMatchObject(ok([{
      jobName: 'job-1',
      status: 'PartiallyCompleted',
      message: 'Late',
      endTime: '2026-11-21T08:30:00.010Z',
      totalRecordCount: 200,
      processedRecordCount: 149,
      successRecordCount: 148,
      errorRecordCount: 1,
    }]));
  });

  test('poisons inputs, and counts the invocations', async () => {
    await start();
    expect(await control('POST', 'poisons', { marker: 'apple', error: 'ModelErrorException' })).toEqual(ok());
    expect(await control('POST', 'poisons', { marker: 'pear' })).toEqual(ok());
    expect(await say('POST', INVOKE, { prompt: 'an apple' })).toMatchObject({ status: 424, errorType: 'ModelErrorException' });
    expect(await say('POST', INVOKE, { prompt: 'a pear' })).toMatchObject({ status: 400, errorType: 'ValidationException' });
    expect(await control('DELETE', 'poisons')).toEqual(ok());
    await say('POST', INVOKE, { prompt: 'an apple' });
    await say('POST', INVOKE, { prompt: 'a pear' });
    await say('POST', '/model/llama/invoke', {});
    await say('GET', '/imported-models');
    expect(await control('GET', 'invocations')).toEqual(ok({
      [BATCH.modelId]: { ModelErrorException: 1, ValidationException: 1, ok: 2 },
      llama: { ValidationException: 1 },
    }));
    const { body: calls } = await control('GET', 'calls');
    expect(calls).toContainEqual(expect.objectContaining({ operation: 'InvokeModel', input: expect.objectContaining({ body: '{"prompt":"a pear"}' }) }));
  });

  test('sets how imported models are served', async () => {
    await start();
    const invoke = `/model/${encodeURIComponent(server.bedrock.seedModel('llama'))}/invoke`;
    expect(await control('POST', 'serving', { idleMs: 1000, coldStartMs: 0, copyConcurrency: 1, invokeLatencyMs: 100 })).toEqual(ok());
    expect(await say('POST', invoke, {})).toMatchObject({ status: 200 });
    expect(await say('POST', invoke, {})).toMatchObject({ status: 429, errorType: 'ThrottlingException' });
    await control('POST', 'serving', { coldStartMs: 50 });
    await control('POST', 'clock/advance', { ms: 1001 });
    expect(await say('POST', invoke, {})).toMatchObject({ status: 429, errorType: 'ModelNotReadyException' });
  });

  test('reports its health and the time', async () => {
    await start();
    expect(await control('GET', 'health')).toEqual(ok({ status: 'ok', now: '2026-11-21T08:30:00.000Z' }));
  });

  test('advances the time and returns the state', async () => {
    await start();
    await say('POST', '/model-import-jobs', IMPORT);
    expect(await control('GET', 'state')).toMatchObject(ok({ jobs: [{ jobName: 'job-1', status: 'InProgress' }], models: [] }));
    expect(await control('POST', 'clock/advance', { ms: 960_000 })).toEqual(ok());
    expect(await control('GET', 'state')).toMatchObject(ok({
      now: '2026-11-21T08:46:00.000Z',
      jobs: [{ status: 'Completed' }],
      models: [{ modelName: 'model-1', tags: [] }],
    }));
  });

  test('does not advance the system time', async () => {
    await start({ clock: new SystemClock() });
    expect(await control('POST', 'clock/advance', { ms: 1 })).toMatchObject({ status: 400, body: { message: expect.stringContaining('not virtual') } });
  });

  test('ends imports or sets their outcome', async () => {
    await start();
    await control('POST', 'imports/plan', { durationMs: 0, modelArchitecture: 'mistral', instructSupported: false, customModelUnitsPerModelCopy: 4 });
    await say('POST', '/model-import-jobs', IMPORT);
    await say('POST', '/model-import-jobs', { ...IMPORT, jobName: 'job-2', importedModelName: 'model-2' });
    expect(await control('POST', 'jobs/fail', { job: 'job-2', failureMessage: 'No weights' })).toEqual(ok());
    await say('POST', '/model-import-jobs', { ...IMPORT, jobName: 'job-3', importedModelName: 'model-2' });
    expect(await control('POST', 'jobs/complete', { job: 'job-3' })).toEqual(ok());
    expect(await control('GET', 'state')).toMatchObject(ok({
      jobs: [{ status: 'Completed' }, { status: 'Failed', failureMessage: 'No weights' }, { status: 'Completed' }],
      models: [
        { modelArchitecture: 'mistral', instructSupported: false, customModelUnits: { customModelUnitsPerModelCopy: 4 } },
        { modelArchitecture: 'llama', instructSupported: true },
      ],
    }));
  });

  test('adds and deletes models, and adds roles', async () => {
    await start({ rolePropagationMs: 1000 });
    expect(await control('POST', 'models/seed', { modelName: 'llama' })).toEqual(ok({ modelArn: expect.stringContaining(':imported-model/') }));
    expect(await say('GET', '/imported-models/llama')).toMatchObject({ status: 200 });
    expect(await control('POST', 'models/delete', { model: 'llama' })).toEqual(ok());
    expect(await say('GET', '/imported-models/llama')).toMatchObject({ status: 404 });

    await control('POST', 'roles', { roleArn: IMPORT.roleArn });
    await control('POST', 'clock/advance', { ms: 1000 });
    expect(await say('POST', '/model-import-jobs', IMPORT)).toMatchObject({ status: 201 });
  });

  test('scripts faults', async () => {
    await start();
    const fault = { operation: 'ListImportedModels', name: 'SlowDown', statusCode: 503, message: 'Later', times: 2, when: 'after' };
    expect(await control('POST', 'faults', fault)).toEqual(ok());
    expect(await control('GET', 'faults')).toEqual(ok([{ operation: 'ListImportedModels', name: 'SlowDown', left: 2 }]));
    expect(await say('GET', '/imported-models')).toEqual({ status: 503, errorType: 'SlowDown', body: { message: 'Later' } });
    expect(await control('DELETE', 'faults')).toEqual(ok());
    expect(await say('GET', '/imported-models')).toMatchObject({ status: 200 });

    await control('POST', 'faults', { name: 'ConnectionLost' });
    await expect(say('GET', '/model-import-jobs')).rejects.toThrow('fetch failed');
  });

  test.each<[When, number]>([['before', 0], ['during', 1], ['after', 1]])('scripts a call that hangs %s it takes effect', async (when, jobs) => {
    await start();
    await control('POST', 'faults', { operation: 'CreateModelImportJob', name: 'Hang', when });
    const hung = hang('/model-import-jobs', IMPORT);
    const seen = when === 'during' ? await hung.firstBytes : await hung.sent;
    expect(seen).toEqual(when === 'during' ? { status: 200, bytes: '{"' } : undefined);
    await untilCalled();

    expect(await control('GET', 'calls')).toMatchObject(ok([{ operation: 'CreateModelImportJob', outcome: 'Hang' }]));
    expect(await control('GET', 'state')).toMatchObject(ok({ jobs: Array(jobs).fill({ jobName: 'job-1' }) }));
    expect(await say('GET', '/imported-models')).toMatchObject({ status: 200 }); // other calls are served
    expect(hung.isOpen()).toBe(true);
    hung.giveUp();
  });

  test('returns and clears the calls of clients', async () => {
    await start();
    await say('GET', '/imported-models/absent');
    expect(await control('GET', 'calls')).toEqual(ok([{
      operation: 'GetImportedModel',
      input: { modelIdentifier: 'absent' },
      at: Date.UTC(2026, 10, 21, 8, 30),
      outcome: 'ResourceNotFoundException',
    }]));
    expect(await control('DELETE', 'calls')).toEqual(ok());
    expect(await control('GET', 'calls')).toEqual(ok([]));
  });

  test('resets the state', async () => {
    await start();
    await control('POST', 'models/seed', { modelName: 'llama' });
    expect(await control('POST', 'reset')).toEqual(ok());
    expect(await control('GET', 'state')).toMatchObject(ok({ jobs: [], models: [] }));
  });

  test.each<[string, string, object | undefined, RegExp]>([
    ['GET', 'nonsense', undefined, /There is only: GET health, /],
    ['GET', 'toString', undefined, /There is only/],
    ['POST', 'faults', { operation: 'DeleteEverything', name: 'X' }, /DeleteEverything is no operation/],
    ['POST', 'faults', { name: 'Unheard' }, /give its statusCode/],
    ['POST', 'faults', { name: 'ConflictException', when: 'never' }, /when must be before, during or after/],
    ['POST', 'faults', { name: 'ConflictException', when: 'during' }, /Only Hang can come during an answer/],
    ['POST', 'faults', {}, /name must be a string/],
    ['POST', 'jobs/complete', { job: 'absent' }, /absent/],
    ['POST', 'models/seed', { modelName: 'no.dots' }, /importedModelName/],
    ['POST', 'imports/plan', { durationMs: 'short' }, /durationMs must be a number/],
    ['POST', 'imports/plan', { instructSupported: 1 }, /instructSupported must be true or false/],
    ['POST', 'invocation-jobs/plan', { durationsMs: 5 }, /durationsMs must be an object/],
    ['POST', 'invocation-jobs/plan', { durationsMs: { Submitted: 'short' } }, /Submitted must be a number/],
    ['POST', 'invocation-jobs/plan', { errorRecordIds: 'a' }, /errorRecordIds must be a list of strings/],
    ['POST', 'poisons', { marker: 'a', error: 'ThrottlingException' }, /error must be one of ValidationException, /],
    ['POST', 'serving', { idleMs: '1' }, /idleMs must be a number/],
    ['POST', 'clock/advance', { ms: -1 }, /does not go back/],
  ])('refuses %s %s %j', async (method, path, body, message) => {
    await start();
    expect(await control(method, path, body)).toEqual({ status: 400, errorType: null, body: { message: expect.stringMatching(message) } });
  });
});

// Otherwise, the SDK would attribute the errors of an accelerated server to clock skew, and call them transient.
test('the date of a response is that of the clock, if it runs by itself', async () => {
  const tomorrow = Date.now() + 24 * 60 * 60_000;
  await start({ clock: { now: () => tomorrow, realMs: ms => ms } });
  const { headers } = await fetch(`${server.url}/_control/health`);

  expect(Date.parse(headers.get('date')!)).toBe(Math.floor(tomorrow / 1000) * 1000);
});
