import fc from 'fast-check';
import type { Engine } from '../../../../src/batch-inference/contract';
import { JOB_STATUSES } from '../../../../src/batch-inference/job-statuses';
import { MAX_PART_BYTES, MAX_PART_RECORDS, MIN_JOB_RECORDS } from '../../../../src/batch-inference/library-limits';
import { entryPoint } from '../../../../src/batch-inference/records/handler/entry-point';
import { BUCKET, EXECUTION, type Execution, type Fate, type History, linesOf, play, SETTINGS } from '../../../../testing/support/batch-history';
import { MemoryStore } from '../../../../testing/support/memory-store';

/*
 * Histories of executions: records with any fate, jobs that end with any status, deadlines, lost responses. The function is the real one, and the state
 * machine and the engines are played by batch-history.ts. The quotas are small, so that a few records make several parts.
 */
jest.mock('../../../../src/batch-inference/library-limits', () => ({
  ...jest.requireActual('../../../../src/batch-inference/library-limits'),
  MIN_JOB_RECORDS: 3,
  MAX_PART_RECORDS: 7,
  MAX_PART_BYTES: 1800,
  MAX_INLINE_BYTES: 150,
}));

const HOUR = 3_600_000;

const FINAL_STATUSES = [...Object.entries(JOB_STATUSES).filter(([, route]) => route !== 'wait').map(([status]) => status), 'Invented'];

interface Case {
  readonly engine: Engine;
  readonly onDemand: boolean;
  readonly retryRounds: number;
  readonly tolerated: number;
  /** The lengths of the prompts of each file. */
  readonly files: number[][];
  readonly hasIds: boolean;
  /** Between the first and the second round. */
  readonly hasDeadline: boolean;
  readonly seed: number;
  readonly fates: Fate[];
  readonly statuses: string[];
}

/** The length of a prompt: mostly short. */
const length = fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, { weight: 2, arbitrary: fc.integer({ min: 1, max: 400 }) });

const cases: fc.Arbitrary<Case> = fc.record({
  engine: fc.constantFrom<Engine>('job', 'map'),
  onDemand: fc.boolean(),
  retryRounds: fc.integer({ min: 0, max: 3 }),
  tolerated: fc.integer({ min: 0, max: 5 }),
  files: fc.array(fc.array(length, { maxLength: 14 }), { minLength: 1, maxLength: 3 }).filter(files => files.flat().length > 0),
  hasIds: fc.boolean(),
  hasDeadline: fc.boolean(),
  seed: fc.nat(),
  fates: fc.array(fc.constantFrom<Fate>('success', 'success', 'success', 'error', 'missing', 'twice', 'tooLarge'), { minLength: 1, maxLength: 20 }),
  statuses: fc.array(fc.constantFrom('Completed', 'Completed', ...FINAL_STATUSES), { minLength: 1, maxLength: 5 }),
}).filter(({ engine, onDemand, files }) => engine === 'map' || onDemand || files.flat().length >= MIN_JOB_RECORDS);

/** The choice of a history for something: always the same for the same thing. */
function chosen<T>(items: readonly T[], ...what: (string | number)[]): T {
  const hash = [...what.join()].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, 7);
  return items[hash % items.length];
}

function historyOf({ fates, statuses, seed }: Case): History {
  let calls = 0;
  return {
    fate: (recordId, round) => chosen(fates, seed, recordId, round),
    jobStatus: (part, round) => chosen(statuses, seed, part, round),
    stopped: (part, round) => chosen([true, false], seed, part, round),
    time: round => new Date(Date.parse(EXECUTION.startTime) + round * HOUR).toISOString(),
    isLost: () => chosen([true, false, false], seed, calls++),
  };
}

function inputOf({ files, hasIds }: Case): { readonly [path: string]: string } {
  // The spaces and the number would not survive being parsed and written again.
  const lineOf = (id: string, letters: number) =>
    `{${hasIds ? `"recordId": "${id}", ` : ''}"modelInput": {"prompt": "${'x'.repeat(letters)}", "seed": 12345678901234567890}}\n`;
  return Object.fromEntries(files.map((lengths, file) =>
    [`${BUCKET}/in/${file}.jsonl`, lengths.map((letters, line) => lineOf(`${file}-${line}`, letters)).join('')]));
}

async function played(given: Case): Promise<{ readonly store: MemoryStore; readonly execution: Execution }> {
  const input = inputOf(given);
  const store = new MemoryStore(input);
  const { engine, onDemand, retryRounds, tolerated, hasDeadline } = given;
  const settings = { ...SETTINGS, engine, onDemand, retryRounds, toleratedFailureCount: tolerated, deadlineMinutes: hasDeadline ? 30 : undefined };
  return { store, execution: await play(entryPoint(() => store, () => {}), store, historyOf(given), settings) };
}

const property = (check: (given: Case, store: MemoryStore, execution: Execution) => void) => async () =>
  fc.assert(fc.asyncProperty(cases, async given => {
    try {
      const { store, execution } = await played(given);
      check(given, store, execution);
    } catch (error) {
      // Some records are too large to be split into parts that a job accepts, see prepare.test.ts.
      fc.pre(given.onDemand || !(error as Error).message.startsWith('BatchInference.InvalidInput: input: "a part of'));
      throw error;
    }
  }), { numRuns: 250 });

const resultsOf = (store: MemoryStore, { run }: Execution) =>
  [...store.objects].filter(([path]) => path.startsWith(`${BUCKET}/${run.results}`) && path.endsWith('.jsonl')).flatMap(([, text]) => linesOf(text));
const manifestOf = (store: MemoryStore, { run }: Execution) => JSON.parse(store.objects.get(`${BUCKET}/${run.results}manifest.json`)!);

describe('in every history', () => {
  test('each record of the input has exactly one line in the results, with its modelInput, and with an output or an error', property((given, store, execution) => {
    const results = resultsOf(store, execution);
    const total = given.files.flat().length;

    expect(results.length).toBe(total);
    expect(new Set(results.map(({ recordId }) => recordId)).size).toBe(total);
    for (const line of results) {
      expect(Object.keys(line).sort()).toEqual(['modelInput', 'modelOutput' in line ? 'modelOutput' : 'error', 'recordId'].sort());
    }
    expect(results.map(({ modelInput }) => (modelInput as { prompt: string }).prompt.length).sort()).toEqual(given.files.flat().sort());
  }));

  test('the manifest has the numbers of the lines, and names every file', property((_, store, execution) => {
    const results = resultsOf(store, execution);
    const manifest = manifestOf(store, execution);

    expect(manifest).toMatchObject({
      totalRecordCount: results.length,
      processedRecordCount: results.length,
      successRecordCount: results.filter(line => 'modelOutput' in line).length,
      errorRecordCount: results.filter(line => 'error' in line).length,
    });
    expect(manifest.files.flatMap((uri: string) => linesOf(store.objects.get(uri.replace('s3://', ''))!)).length).toBe(results.length);
    expect(new Set(manifest.files).size).toBe(manifest.files.length);
  }));

  test('no record is processed again after it had an output: nobody pays twice', property((given, _, { rounds }) => {
    const history = historyOf(given);
    const answered = new Set<string>();
    for (const { part, recordIds } of rounds) {
      for (const recordId of recordIds) {
        expect(answered.has(recordId)).toBe(false);
        const fate = history.fate(recordId, part.round);
        if (fate === 'success' || fate === 'twice') answered.add(recordId);
      }
    }
  }));

  test('a part has a limited number of rounds, and a round only records of the round before', property((given, _, { rounds, parts }) => {
    for (const { number } of parts) {
      const own = rounds.filter(({ part }) => part.number === number);
      expect(own.length).toBeLessThanOrEqual(given.retryRounds + 1 + (given.engine === 'job' ? 1 : 0));
      own.slice(1).forEach(({ recordIds }, index) => expect(own[index].recordIds).toEqual(expect.arrayContaining(recordIds)));
    }
  }));

  test('a job has as many records as Bedrock accepts, and InvokeModel is used only where it is allowed', property((given, store, { rounds }) => {
    for (const { part, recordIds } of rounds) {
      expect(part.recordCount).toBe(recordIds.length);
      expect(recordIds.length).toBeLessThanOrEqual(MAX_PART_RECORDS);
      const bytes = store.objects.get(`${BUCKET}/${part.inputKey}`)!.length;
      if (part.engine === 'job' && recordIds.length > 1) expect(bytes).toBeLessThanOrEqual(MAX_PART_BYTES);
      if (part.engine === 'job') expect(recordIds.length).toBeGreaterThanOrEqual(MIN_JOB_RECORDS);
      if (part.engine === 'map') expect(given.engine === 'map' || given.onDemand).toBe(true);
    }
  }));

  test('no job is started after the deadline, if the records can go to InvokeModel', property((given, _, { rounds }) => {
    const late = rounds.filter(({ part }) => given.hasDeadline && given.onDemand && part.round > 1);
    expect(late.filter(({ part }) => part.engine === 'job')).toEqual([]);
  }));

  test('each job has another name and another folder', property((_, __, { rounds }) => {
    expect(new Set(rounds.map(({ part }) => part.jobName)).size).toBe(rounds.length);
    expect(new Set(rounds.map(({ part }) => part.outputUri)).size).toBe(rounds.length);
    for (const { part } of rounds) expect(part.jobName).toMatch(/^nightly-[0-9a-f]{16}-[0-9]{4}-[0-9]$/);
  }));

  test('a job receives the lines as they were written', property((given, store, { rounds }) => {
    for (const { part } of rounds.filter(round => round.part.engine === 'job')) {
      for (const line of store.objects.get(`${BUCKET}/${part.inputKey}`)!.split('\n').slice(0, -1)) {
        expect(line).toContain('"modelInput": {"prompt": "x');
        expect(line).toContain('"seed": 12345678901234567890}');
        expect(line.startsWith(given.hasIds ? '{"recordId": "' : '{"recordId":"record-')).toBe(true);
      }
    }
  }));

  test('a record whose response did not fit the state goes by reference in the next round', property((given, store, { rounds }) => {
    const history = historyOf(given);
    for (const { part } of rounds.filter(round => round.part.engine === 'map' && round.part.round > 0)) {
      for (const line of linesOf(store.objects.get(`${BUCKET}/${part.inputKey}`)!)) {
        const before = rounds.find(round => round.part.number === part.number && round.part.round === part.round - 1)!;
        const wasTooLarge = before.part.engine === 'map' && history.fate(line.recordId!, before.part.round) === 'tooLarge';
        if (wasTooLarge) expect(line).toHaveProperty('modelInputUri');
      }
    }
  }));

  test('the execution fails if a job has failed, or if more records have no output than tolerated, and only then', property((given, _, execution) => {
    const failures = execution.parts.filter(({ failure }) => failure !== '');
    const { succeeded, error, result } = execution.result;

    const tooManyErrors = result.errorRecordCount > given.tolerated ? 'BatchInference.RecordsFailed' : '';
    expect(error).toBe(failures.length > 0 ? 'BatchInference.JobFailed' : tooManyErrors);
    expect(succeeded).toBe(error === '');
  }));

  test('a job that has not served its input is named in the failure, unless the deadline has stopped it', property((given, _, { rounds, parts }) => {
    const history = historyOf(given);
    for (const { number, failure } of parts) {
      const last = rounds.filter(({ part }) => part.number === number).at(-1)!.part;
      const status = last.engine === 'job' ? history.jobStatus(number, last.round) : undefined;
      const byDeadline = status === 'Stopped' && history.stopped(number, last.round);
      if (status === undefined || JOB_STATUSES[status] === 'retry' || byDeadline) expect(failure).toBe('');
      else expect(failure).toContain(`has the status ${status}`);
    }
  }));

  test('the input is not changed, and nothing is written outside the output', property((given, store, { run }) => {
    for (const [path, text] of Object.entries(inputOf(given))) expect(store.objects.get(path)).toBe(text);
    const others = [...store.objects.keys()].filter(path => !path.startsWith(`${BUCKET}/in/`));
    expect(others.filter(path => !path.startsWith(`${BUCKET}/${run.results}`) && !path.startsWith(`${BUCKET}/${run.work}`))).toEqual([]);
  }));
});
