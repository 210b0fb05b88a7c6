import type { InvalidInputResponse, PrepareResponse, Settings } from '../../../../src/batch-inference/contract';
import { entryPoint } from '../../../../src/batch-inference/records/handler/entry-point';
import { BUCKET, EXECUTION, linesOf, SETTINGS } from '../../../../testing/support/batch-history';
import { MemoryStore } from '../../../../testing/support/memory-store';

const RECORD = '{"recordId":"a","modelInput":{"prompt":"Hello"}}\n';
const FILE = `${BUCKET}/in/a.jsonl`;

function records(count: number, from = 0): string {
  return Array.from({ length: count }, (_, index) => `{"recordId":"${from + index}","modelInput":{}}\n`).join('');
}

async function prepare(objects: { readonly [path: string]: string }, options: unknown = {}, settings: Partial<Settings> = {}) {
  const store = new MemoryStore(objects);
  const before = [...store.objects.keys()];
  const request = { action: 'prepare' as const, ...EXECUTION, options, settings: { ...SETTINGS, engine: 'map' as const, ...settings } };
  const response = await entryPoint(() => store)(request) as PrepareResponse | InvalidInputResponse;
  if (!('error' in response)) return { ...response, store };
  // Nothing is left behind.
  expect([...store.objects.keys()]).toEqual(before);
  return `${response.error}: ${response.cause}`;
}

const prepared = async (...args: Parameters<typeof prepare>) => {
  const response = await prepare(...args);
  if (typeof response === 'string') throw new Error(response);
  return { ...response, lines: linesOf(response.store.objects.get(`${BUCKET}/${response.parts[0].inputKey}`)!) };
};

describe('records are read from', () => {
  test('all .jsonl objects of a folder, and from no other object', async () => {
    const { run, lines } = await prepared({
      [`${BUCKET}/in/b.jsonl`]: records(1, 1), [`${BUCKET}/in/deep/c.jsonl`]: records(1, 2), [FILE]: records(1), [`${BUCKET}/in/notes.txt`]: 'no', [`${BUCKET}/in-other/d.jsonl`]: 'no',
    });

    expect(lines.map(({ recordId }) => recordId)).toEqual(['0', '1', '2']);
    expect(run.totalRecordCount).toBe(3);
  });

  test('one object', async () => {
    const { lines } = await prepared({ [FILE]: RECORD, [`${FILE}.jsonl`]: 'no' }, {}, { input: { bucket: BUCKET, key: 'in/a.jsonl' } });

    expect(lines).toEqual([JSON.parse(RECORD)]);
  });

  test('a place within the input location that the execution chooses', async () => {
    const { run, lines } = await prepared({ [`${BUCKET}/in/monday/a.jsonl`]: RECORD, [FILE]: 'no' }, { input: `s3://${BUCKET}/in/monday/`, output: `s3://${BUCKET}/out/monday` });

    expect(lines).toHaveLength(1);
    expect(run).toMatchObject({ results: 'out/monday/monday/', work: expect.stringMatching(/^out\/_work\/monday-[0-9a-f]{16}\/$/) });
  });
});

describe('a line', () => {
  test('may begin with a byte order mark, end with CR LF, and be empty', async () => {
    const { lines } = await prepared({ [FILE]: `\uFEFF${RECORD.replace('\n', '\r\n')}\r\n  \n${records(1)}` });

    expect(lines.map(({ recordId }) => recordId)).toEqual(['a', '0']);
  });

  test('without recordId gets one', async () => {
    const { lines } = await prepared({ [FILE]: '{"modelInput":{}}\n\n  { "modelInput" : {"a":1} }\n' });

    expect(lines).toEqual([{ recordId: 'record-0000000001', modelInput: {} }, { recordId: 'record-0000000003', modelInput: { a: 1 } }]);
  });

  test.each([
    // Without a piece of the record, which may be confidential.
    ['{"recordId":"secret"', /must be a JSON object, as \{"recordId": "\.\.\.", "modelInput": \{\.\.\.\}\}\. Write one record in each line\./],
    ['["a"]', /must be a JSON object, as \{"recordId": "\.\.\.", "modelInput": \{\.\.\.\}\}\. Write one record in each line\./],
    ['{"recordId":"a"}', /must have a modelInput that is a JSON object\. Write there what InvokeModel takes as its body\./],
    ['{"modelInput":"Hello"}', /must have a modelInput that is a JSON object\. Write there what InvokeModel takes as its body\./],
    ['{"recordId":7,"modelInput":{}}', /has a recordId that must be a string of at least one character, and is number\. Write it in quotation marks, or omit it\./],
    ['{"recordId":"","modelInput":{}}', /has a recordId that must be a string of at least one character, and is empty\. Write it in quotation marks, or omit it\./],
    // Would be invoked with an object that the sender of the record cannot read.
    ['{"modelInput":{},"modelInputUri":"s3://secret/key"}', /has the member "modelInputUri", but must have only recordId and modelInput\. Remove it\./],
  ])('%s is refused, with its number and its object', async (line, message) => {
    const problem = await prepare({ [FILE]: `${RECORD}${line}\n` });

    expect(problem).toMatch(new RegExp(`^BatchInference.InvalidInput: Line 2 of s3://${BUCKET}/in/a.jsonl ${message.source}$`));
  });

  test('of another object may not have the same recordId', async () => {
    expect(await prepare({ [FILE]: `\n${RECORD}`, [`${BUCKET}/in/b.jsonl`]: RECORD })).toBe('BatchInference.InvalidInput: '
      + `Line 1 of s3://${BUCKET}/in/b.jsonl has the recordId "a" of line 2 of s3://${BUCKET}/in/a.jsonl. It must be unique, because results are found by it. Change one of them.`);
  });

  test('is one of three in the message, if many are wrong', async () => {
    const problem = await prepare({ [FILE]: '[]\n'.repeat(9) });

    expect(problem).toMatch(/^BatchInference.InvalidInput: Line 1 .* Line 2 .* Line 3 .*\. 6 more lines are wrong\.$/);
    expect(problem).not.toMatch(/Line 4/);
  });
});

test.each([
  ['nothing', {}, `input: "s3://${BUCKET}/in/" must be a folder with objects whose key ends with .jsonl, or one such object. There is no object; check bucket and prefix.`],
  ['no .jsonl', { [`${BUCKET}/in/a.json`]: RECORD },
    `input: "s3://${BUCKET}/in/" must be a folder with objects whose key ends with .jsonl, or one such object. None of the 1 objects there has such a key.`],
  ['no records', { [FILE]: '\n \n' }, `input: "s3://${BUCKET}/in/" must be a place with at least one record. The objects there have no lines; write one record in each line.`],
  ['results of an execution of this name', { [FILE]: RECORD, [`${BUCKET}/out/monday/run.json`]: '{"id":"another"}' },
    `output: "s3://${BUCKET}/out/monday/run.json" must be an object that does not exist: another execution of this name writes its results there. `
    + 'Start the execution with another name, or choose another output.'],
])('a location with %s is refused', async (_, objects, message) => {
  expect(await prepare(objects as { [path: string]: string })).toBe(`BatchInference.InvalidInput: ${message}`);
});

describe('the input of the execution', () => {
  test.each<[unknown, string]>([
    ['text', 'The input of the execution: "text" must be a JSON object. Pass {} or an object with some of input, output, maxConcurrency, retryRounds, toleratedFailureCount, '
      + 'toleratedFailurePercentage, timeoutDurationInHours.'],
    [{ imput: 's3://a/b' }, 'The input of the execution: "imput" must be one of input, output, maxConcurrency, retryRounds, toleratedFailureCount, toleratedFailurePercentage, '
      + 'timeoutDurationInHours. Pass {} or an object with some of input, output, maxConcurrency, retryRounds, toleratedFailureCount, toleratedFailurePercentage, timeoutDurationInHours.'],
    [{ maxConcurrency: '5' }, 'maxConcurrency: "5" must be a number. Correct it in the input of the execution.'],
    [{ maxConcurrency: 0 }, 'maxConcurrency: 0 must be a whole number, 1 to 1000. Start with 2, and raise it while the model is not throttled.'],
    [{ retryRounds: 1.5 }, 'retryRounds: 1.5 must be a whole number, 0 to 3. A record that fails four times will fail again; 0 turns retries off.'],
    [{ timeoutDurationInHours: 23 }, 'timeoutDurationInHours: 23 must be whole hours, 24 to 168. Bedrock accepts one day to seven days; for less, set deadline.'],
    [{ toleratedFailurePercentage: 101 }, 'toleratedFailurePercentage: 101 must be a number, 0 to 100. Use 100 to succeed whatever the records.'],
    [{ toleratedFailureCount: 1, toleratedFailurePercentage: 1 }, 'toleratedFailurePercentage: 1 must be used without toleratedFailureCount. Set one of the two.'],
    [{ input: 'https://a/b' }, `input: "https://a/b" must be an S3 URI within s3://${BUCKET}/in/. Move the records there, or define the construct with a wider input location.`],
    [{ input: 's3://other/in/' }, `input: "s3://other/in/" must be an S3 URI within s3://${BUCKET}/in/. Move the records there, or define the construct with a wider input location.`],
    [{ input: `s3://${BUCKET}/in-other` }, `input: "s3://${BUCKET}/in-other" must be an S3 URI within s3://${BUCKET}/in/. Move the records there, or define the construct with a `
      + 'wider input location.'],
    [{ output: `s3://${BUCKET}/out/_work/` }, `output: "s3://${BUCKET}/out/_work/" must be outside s3://${BUCKET}/out/_work/, which may be deleted. Choose another folder.`],
    [{ output: `s3://${BUCKET}/outside/` }, `output: "s3://${BUCKET}/outside/" must be an S3 URI within s3://${BUCKET}/out/. Move the records there, or define the construct with a wider `
      + 'output location.'],
  ])('%j is refused', async (options, message) => {
    expect(await prepare({ [FILE]: RECORD }, options)).toBe(`BatchInference.InvalidInput: ${message}`);
  });

  test('may have what Step Functions and its console add', async () => {
    await prepared({ [FILE]: RECORD }, { Comment: 'Insert your JSON here', AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: 'arn' });
  });

  test('replaces the settings of the construct', async () => {
    const options = { maxConcurrency: 7, retryRounds: 0, toleratedFailurePercentage: 5, timeoutDurationInHours: 24 };
    const { run } = await prepared({ [FILE]: RECORD }, options, { toleratedFailureCount: 3 });

    expect(run).toMatchObject(options);
    expect(run.toleratedFailureCount).toBeUndefined();
  });

  test('cannot make an output that the next execution reads', async () => {
    const wide = { bucket: BUCKET, key: '' };

    expect(await prepare({ [`${BUCKET}/a.jsonl`]: RECORD }, { output: `s3://${BUCKET}/in/out/`, input: `s3://${BUCKET}/in/` }, { input: wide, output: wide })).toBe('BatchInference.InvalidInput: '
      + `output: "s3://${BUCKET}/in/out/monday/" must be outside the input s3://${BUCKET}/in/: the next execution would read the results as its input. Choose another prefix.`);
  });
});

test('a folder may be chosen without the slash at its end', async () => {
  const { run } = await prepared({ [`${BUCKET}/in/monday/a.jsonl`]: RECORD, [`${BUCKET}/in/monday-other/a.jsonl`]: 'no' }, { input: `s3://${BUCKET}/in/monday` });

  expect(run.input.key).toBe('in/monday/');
});

test('the results are described where they will be, for whoever looks for the jobs of an execution', async () => {
  const { run, store } = await prepared({ [FILE]: RECORD });

  expect(JSON.parse(store.objects.get(`${BUCKET}/out/monday/run.json`)!)).toEqual({
    ...EXECUTION, executionName: undefined, id: run.id, modelId: SETTINGS.modelId, jobNames: `nightly-${run.id}`, work: `s3://${BUCKET}/${run.work}`,
  });
});

test('a name that makes the results part of the input is refused', async () => {
  const settings = { input: { bucket: BUCKET, key: 'monday/' }, output: { bucket: BUCKET, key: '' } };

  for (const options of [{}, { input: `s3://${BUCKET}/monday/a/` }]) {
    const problem = await prepare({ [`${BUCKET}/monday/a/a.jsonl`]: RECORD }, options, settings);
    expect(problem).toMatch(/output: "s3:\/\/\S+\/monday\/" must be outside the input s3:\/\/\S+\/monday\/: /);
  }
});

test('a custom model is not invoked by its own ARN, also if the template did not know it', async () => {
  const modelId = 'arn:aws:bedrock:us-east-1:111122223333:custom-model/amazon.nova-lite-v1:0/abcdefghijkl';

  expect(await prepare({ [FILE]: RECORD }, {}, { modelId })).toBe(`BatchInference.InvalidInput: model: "${modelId}" must be a model that InvokeModel takes, and not a custom model. `
    + 'Pass the deployment of the custom model, or set engine to BatchEngine.MODEL_INVOCATION_JOB.');
  expect(await prepare({ [FILE]: RECORD }, {}, { modelId, engine: 'job' })).toMatch(/must be at least 100 records/);
});

test('a message is short, whatever the records', async () => {
  const recordId = 'x'.repeat(50_000);
  const problem = await prepare({ [FILE]: `{"recordId":"${recordId}","modelInput":{}}\n`.repeat(2) });

  expect(problem).toMatch(/has the recordId "x+\.\.\. \(50002 characters\) of line 1/);
});

describe('the engine', () => {
  test.each([
    'imported-model/abcdefghijkl', 'provisioned-model/abcdefghijkl', 'custom-model-deployment/abcdefghijkl',
  ])('of batch inference jobs refuses %s, if the template did not know the ARN', async (model) => {
    const modelId = `arn:aws:bedrock:us-east-1:111122223333:${model}`;

    expect(await prepare({ [FILE]: records(100) }, {}, { engine: 'job', modelId })).toBe(`BatchInference.InvalidInput: model: "${modelId}" must be a model that Bedrock accepts in batch `
      + `inference jobs, and not of the type ${model.split('/')[0]}. Set engine to BatchEngine.DISTRIBUTED_MAP, which invokes the model for each record.`);
  });

  test('is InvokeModel for fewer records than a job accepts', async () => {
    const { parts: [few] } = await prepared({ [FILE]: records(99) }, {}, { engine: 'job' });
    const { parts: [enough] } = await prepared({ [FILE]: records(100) }, {}, { engine: 'job' });

    expect([few.engine, enough.engine]).toEqual(['map', 'job']);
  });

  test('needs 100 records, if they cannot go to InvokeModel', async () => {
    expect(await prepare({ [FILE]: records(99) }, {}, { engine: 'job', onDemand: false })).toBe('BatchInference.InvalidInput: input: "99 records" must be at least 100 records, the minimum of a '
      + 'batch inference job. Add records, or use a model and an invocation type that InvokeModel takes.');
  });
});

test('records are split evenly into parts of at most 100,000', async () => {
  const { parts, run } = await prepared({ [FILE]: records(100_001) }, {}, { engine: 'job' });

  expect(parts.map(({ recordCount }) => recordCount)).toEqual([50_001, 50_000]);
  expect(run.maxConcurrentParts).toBe(10);
});

test('a large record goes by reference, because a state could not hold it', async () => {
  const prompt = 'x'.repeat(100_000);
  const { lines, run, store } = await prepared({ [FILE]: `${records(1)}{"recordId":"large","modelInput":{"prompt":"${prompt}"}}\n` });

  const folder = `${BUCKET}/${run.work}0001-0/large`;
  expect(lines[1]).toEqual({ recordId: 'large', modelInputUri: `s3://${folder}/1.json`, modelOutputUri: `s3://${folder}/1.out.json` });
  expect(JSON.parse(store.objects.get(`${folder}/1.json`)!)).toEqual({ prompt });
});

test('the deadline counts from the start of the execution', async () => {
  const { run } = await prepared({ [FILE]: RECORD }, {}, { deadlineMinutes: 90 });
  const { run: without } = await prepared({ [FILE]: RECORD });

  expect(run.deadline).toBe('2026-11-23T01:30:00.000Z');
  expect(without.deadline).toBe('9999-12-31T23:59:59Z');
});
