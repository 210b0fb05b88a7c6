import type { Settings, PrepareResponse } from '../../../../src/batch-inference/contract';
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
  try {
    return { ...await entryPoint(() => store)(request) as PrepareResponse, store };
  } catch (error) {
    // Nothing is left behind.
    expect([...store.objects.keys()]).toEqual(before);
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
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
    expect(run).toMatchObject({ results: 'out/monday/monday/', work: 'out/_work/monday/' });
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
    ['{"recordId":"a"', /must be JSON, but .*\. Write one record in each line, as \{"recordId": "\.\.\.", "modelInput": \{\.\.\.\}\}\./],
    ['["a"]', /must be a JSON object, as \{"recordId": "\.\.\.", "modelInput": \{\.\.\.\}\}\. Write one record in each line\./],
    ['{"recordId":"a"}', /must have a modelInput that is a JSON object\. Write there what InvokeModel takes as its body\./],
    ['{"modelInput":"Hello"}', /must have a modelInput that is a JSON object\. Write there what InvokeModel takes as its body\./],
    ['{"recordId":7,"modelInput":{}}', /has a recordId that must be a string, and is 7\. Write it in quotation marks, or omit it to have one generated\./],
    ['{"recordId":"","modelInput":{}}', /has a recordId that must be a string, and is ""\. Write it in quotation marks, or omit it to have one generated\./],
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
  ['results of an execution of this name', { [FILE]: RECORD, [`${BUCKET}/out/monday/manifest.json`]: '{}' },
    `output: "s3://${BUCKET}/out/monday/manifest.json" must be an object that does not exist: another execution of this name has written its results there. `
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
    [{ retryRounds: 1.5 }, 'retryRounds: 1.5 must be a whole number, 0 to 5. A record that fails five times will fail again; 0 turns retries off.'],
    [{ timeoutDurationInHours: 23 }, 'timeoutDurationInHours: 23 must be whole hours, 24 to 168. Bedrock accepts one day to seven days; for less, set deadline.'],
    [{ toleratedFailurePercentage: 101 }, 'toleratedFailurePercentage: 101 must be a number, 0 to 100. Use 100 to succeed whatever the records.'],
    [{ toleratedFailureCount: 1, toleratedFailurePercentage: 1 }, 'toleratedFailurePercentage: 1 must be used without toleratedFailureCount. Set one of the two.'],
    [{ input: 'https://a/b' }, `input: "https://a/b" must be an S3 URI within s3://${BUCKET}/in/. Move the records there, or define the construct with a wider input location.`],
    [{ input: 's3://other/in/' }, `input: "s3://other/in/" must be an S3 URI within s3://${BUCKET}/in/. Move the records there, or define the construct with a wider input location.`],
    [{ input: `s3://${BUCKET}/in` }, `input: "s3://${BUCKET}/in" must be an S3 URI within s3://${BUCKET}/in/. Move the records there, or define the construct with a wider input location.`],
    [{ output: `s3://${BUCKET}/outside/` }, `output: "s3://${BUCKET}/outside/" must be an S3 URI within s3://${BUCKET}/out/. Move the records there, or define the construct with a wider `
      + 'output location.'],
  ])('%j is refused', async (options, message) => {
    expect(await prepare({ [FILE]: RECORD }, options)).toBe(`BatchInference.InvalidInput: ${message}`);
  });

  test('may have what Step Functions and its console add', async () => {
    await prepared({ [FILE]: RECORD }, { Comment: 'Insert your JSON here', AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: 'arn' });
  });

  test('replaces the settings of the construct', async () => {
    const { run } = await prepared({ [FILE]: RECORD }, { maxConcurrency: 7, retryRounds: 0, toleratedFailurePercentage: 5, timeoutDurationInHours: 24 }, { toleratedFailureCount: 3 });

    expect(run).toMatchObject({ maxConcurrency: 7, retryRounds: 0, toleratedFailurePercentage: 5, timeoutDurationInHours: 24 });
    expect(run.toleratedFailureCount).toBeUndefined();
  });

  test('cannot make an output that the next execution reads', async () => {
    const wide = { bucket: BUCKET, key: '' };

    expect(await prepare({ [`${BUCKET}/a.jsonl`]: RECORD }, { output: `s3://${BUCKET}/in/out/`, input: `s3://${BUCKET}/in/` }, { input: wide, output: wide })).toBe('BatchInference.InvalidInput: '
      + `output: "s3://${BUCKET}/in/out/" must be outside the input s3://${BUCKET}/in/: the next execution would read the results as its input. Choose another prefix.`);
  });
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
      + 'batch inference job. Add records, or let fewer go to InvokeModel, which needs the invocation type InvokeModel.');
  });
});

test('records are split evenly into parts of at most 100,000', async () => {
  const { parts, run } = await prepared({ [FILE]: records(100_001) }, {}, { engine: 'job' });

  expect(parts.map(({ recordCount }) => recordCount)).toEqual([50_001, 50_000]);
  expect(run.maxConcurrentParts).toBe(10);
});

test('a large record goes by reference, because a state could not hold it', async () => {
  const prompt = 'x'.repeat(100_000);
  const { lines, store } = await prepared({ [FILE]: `${records(1)}{"recordId":"large","modelInput":{"prompt":"${prompt}"}}\n` });

  const folder = `${BUCKET}/out/_work/monday/0001-0/large`;
  expect(lines[1]).toEqual({ recordId: 'large', modelInputUri: `s3://${folder}/1.json`, modelOutputUri: `s3://${folder}/1.out.json` });
  expect(JSON.parse(store.objects.get(`${folder}/1.json`)!)).toEqual({ prompt });
});

test('the deadline counts from the start of the execution', async () => {
  const { run } = await prepared({ [FILE]: RECORD }, {}, { deadlineMinutes: 90 });
  const { run: without } = await prepared({ [FILE]: RECORD });

  expect(run.deadline).toBe('2026-11-23T01:30:00.000Z');
  expect(without.deadline).toBe('9999-12-31T23:59:59Z');
});
