import assert from 'node:assert/strict';
import type { BatchAccount, Ended, Line } from './account';
import { JOB_STATUSES } from '../../src/batch-inference/job-statuses';

/** What can happen to a batch. Each scenario has its own folder and execution, so that all of them use one account. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  play(account: BatchAccount, show: (label: string, value: string) => void): Promise<void>;
}

const MINUTE = 60_000;

const prompts = (count: number, of: (index: number) => string = index => `prompt ${index}`) => Array.from({ length: count }, (_, index) => of(index));

/** Asserts that every record has exactly one line, and returns the ids of those with an error. */
function failedOf({ lines }: Ended, total: number): string[] {
  assert.equal(lines.length, total);
  assert.equal(new Set(lines.map(({ recordId }) => recordId)).size, total);
  for (const line of lines) assert.ok((line.modelOutput === undefined) !== (line.error === undefined), JSON.stringify(line));
  return lines.flatMap((line: Line) => line.error ? [line.recordId] : []);
}

const statusScenarios = [...Object.keys(JOB_STATUSES).filter(status => JOB_STATUSES[status] !== 'wait'), 'Archived'].map((status): Scenario => ({
  name: `status-${status}`,
  title: `A job that ends with the status ${status}`,
  async play(account, show) {
    const input = await account.upload(this.name, prompts(200));
    account.bedrock.invocationJobs.planNext({ finalStatus: status, message: 'The message of the job', processedShare: status === 'Completed' ? 1 : 0.9 });

    const ended = await account.run('Served', this.name, { input });

    show('execution', `${ended.status} ${ended.error ?? ''}`);
    if (JOB_STATUSES[status] === 'retry') {
      assert.equal(ended.status, 'SUCCEEDED', ended.cause);
      assert.deepEqual(failedOf(ended, 200), []);
      assert.equal(ended.manifest.mapRuns, status === 'Completed' ? 0 : 1);
    } else {
      assert.equal(ended.status, 'FAILED');
      assert.equal(ended.error, 'BatchInference.JobFailed');
      const known = status in JOB_STATUSES ? '' : ', which this version does not know, so it may still run';
      const message = `^The job arn:aws:bedrock:\\S+ has the status ${status}${known}: The message of the job\\. \\d+ of 200 records have a result in s3://\\S+/\\.$`;
      assert.match(ended.cause!, new RegExp(message));
      show('cause', ended.cause!);
      failedOf(ended, 200); // what the job has processed is not lost
    }
  },
}));

export const SCENARIOS: readonly Scenario[] = [
  ...statusScenarios,
  {
    name: 'waiting',
    title: 'A job is polled in all statuses of a job that runs, in few calls',
    async play(account, show) {
      const input = await account.upload(this.name, prompts(100));
      const hours = { Submitted: 1, Validating: 1, Scheduled: 2, InProgress: 2, Stopping: 0 };
      const durationsMs = Object.fromEntries(Object.entries(hours).map(([status, value]) => [status, value * 60 * MINUTE]));
      account.bedrock.invocationJobs.planNext({ durationsMs });
      account.bedrock.clearCalls();

      const ended = await account.run('Served', this.name, { input });

      assert.equal(ended.status, 'SUCCEEDED', ended.cause);
      const polls = account.bedrock.countCalls('GetModelInvocationJob');
      assert.ok(polls > 12 && polls < 30, String(polls));
      show('polls', `${polls} in 6 hours`);
    },
  },
  {
    name: 'lost-response',
    title: 'The response to CreateModelInvocationJob is lost, and calls are throttled, fail and hang: one job, and not two',
    async play(account, show) {
      const input = await account.upload(this.name, prompts(100));
      const before = account.bedrock.invocationJobs.all().length;
      account.bedrock.failNext('CreateModelInvocationJob', { name: 'ThrottlingException', times: 6 });
      account.bedrock.failNext('CreateModelInvocationJob', { name: 'ServiceQuotaExceededException', times: 6 });
      account.bedrock.failNext('CreateModelInvocationJob', { name: 'InternalServerException', when: 'after', times: 2 });
      account.bedrock.failNext('GetModelInvocationJob', { name: 'ConnectionLost', times: 6 });

      const ended = await account.run('Served', this.name, { input });

      assert.equal(ended.status, 'SUCCEEDED', ended.cause);
      assert.equal(account.bedrock.invocationJobs.all().length, before + 1);
      assert.deepEqual(account.bedrock.pendingFaults(), []);
      show('jobs', '1');
    },
  },
  {
    name: 'name-in-use',
    title: 'Bedrock forgets the token of a request, and says that the name is in use: the job is found',
    async play(account, show) {
      const input = await account.upload(this.name, prompts(100));
      const before = account.bedrock.invocationJobs.all().length;
      account.bedrock.failNext('CreateModelInvocationJob', { name: 'ConflictException', when: 'after' });

      const ended = await account.run('Served', this.name, { input });

      assert.equal(ended.status, 'SUCCEEDED', ended.cause);
      assert.equal(account.bedrock.invocationJobs.all().length, before + 1);
      show('found', 'by its name and its output location');
    },
  },
  {
    name: 'deadline',
    title: 'The deadline stops a job that waits, and the records go to InvokeModel',
    async play(account, show) {
      const input = await account.upload(this.name, prompts(150));
      account.bedrock.invocationJobs.planNext({ durationsMs: { Scheduled: 50 * 60 * MINUTE } });
      // The job is stopped, and the response is lost: the next attempt is refused.
      account.bedrock.failNext('StopModelInvocationJob', { name: 'ValidationException', when: 'after' });

      const ended = await account.run('Hurried', this.name, { input });

      assert.equal(ended.status, 'SUCCEEDED', ended.cause);
      assert.deepEqual(failedOf(ended, 150), []);
      assert.deepEqual([ended.manifest.modelInvocationJobs, ended.manifest.mapRuns], [1, 1]);
      assert.equal(account.bedrock.invocationJobs.all().at(-1)!.status, 'Stopped');
      show('records', `${ended.lines.length} by InvokeModel`);
    },
  },
  {
    name: 'failed-records',
    title: 'Records fail in a job, and succeed in the next round, which is InvokeModel, because they are fewer than 100',
    async play(account, show) {
      const input = await account.upload(this.name, prompts(300));
      account.bedrock.invocationJobs.planNext({ errorRecordIds: ['r3', 'r33'], missingRecordIds: ['r7'] });

      const ended = await account.run('Served', this.name, { input });

      assert.equal(ended.status, 'SUCCEEDED', ended.cause);
      assert.deepEqual(failedOf(ended, 300), []);
      show('manifest', JSON.stringify({ jobs: ended.manifest.modelInvocationJobs, mapRuns: ended.manifest.mapRuns, success: ended.manifest.successRecordCount }));
    },
  },
  {
    name: 'cold-start',
    title: 'An imported model is not loaded, and throttles: every record waits for it',
    async play(account, show) {
      const input = await account.upload(this.name, prompts(40));
      account.bedrock.serving.configure({ idleMs: MINUTE, coldStartMs: 4 * MINUTE });
      account.bedrock.failNext('InvokeModel', { name: 'ThrottlingException', times: 20 });
      account.bedrock.clearCalls();

      const ended = await account.run('Imported', this.name, { input });

      account.bedrock.serving.configure({ idleMs: Infinity, coldStartMs: 0 });
      assert.equal(ended.status, 'SUCCEEDED', ended.cause);
      assert.deepEqual(failedOf(ended, 40), []);
      show('refused', `${account.bedrock.countCalls('InvokeModel', 'ModelNotReadyException')} not ready, ${account.bedrock.countCalls('InvokeModel', 'ThrottlingException')} throttled`);
    },
  },
  {
    name: 'poison',
    title: 'Three of 1,000 records are refused: they are tried twice, and have an error, and the others have an output',
    async play(account, show) {
      const poison = [5, 500, 999];
      const input = await account.upload(this.name, prompts(1000, index => poison.includes(index) ? `poison ${index}` : `prompt ${index}`));
      account.bedrock.inference.poison('poison', 'ValidationException');
      account.bedrock.clearCalls();

      const ended = await account.run('Imported', this.name, { input });

      assert.equal(ended.status, 'FAILED');
      assert.equal(ended.error, 'BatchInference.RecordsFailed');
      assert.match(ended.cause!, /^3 of 1000 records have no output, and 0 are tolerated\. All lines are in s3:\/\/\S+\/; those of the failed records have an "error"\. /);
      assert.deepEqual(failedOf(ended, 1000), poison.map(index => `r${index}`));
      assert.equal(ended.lines.find(({ recordId }) => recordId === 'r5')!.error!.errorCode, 400);
      assert.equal(account.bedrock.countCalls('InvokeModel'), 1003);
      show('error', JSON.stringify(ended.lines.find(({ recordId }) => recordId === 'r5')!.error));

      const tolerant = await account.run('Imported', 'poison-tolerated', { input, toleratedFailurePercentage: 0.5, retryRounds: 0 });
      account.bedrock.inference.clearPoisons();
      assert.equal(tolerant.status, 'SUCCEEDED', tolerant.cause);
      assert.equal(failedOf(tolerant, 1000).length, 3);
      show('tolerated', tolerant.output!);
    },
  },
  {
    name: 'redrive',
    title: 'A permission is missing in the middle: redriving the execution invokes only the records that have no output',
    async play(account, show) {
      const input = await account.upload(this.name, prompts(60));
      account.bedrock.clearCalls();
      // More than the retries of one record, after half of them.
      account.bedrock.failNext('InvokeModel', {
        name: 'AccessDeniedException', times: Infinity, matches: () => account.bedrock.countCalls('InvokeModel', 'ok') >= 30,
      });

      const failed = await account.run('Imported', this.name, { input });
      assert.equal(failed.status, 'FAILED');
      assert.equal(failed.error, 'States.ExceedToleratedFailureThreshold');
      assert.deepEqual(failed.lines, []);
      const answered = account.bedrock.countCalls('InvokeModel', 'ok');
      show('failed', `${answered} of 60 records had an output`);

      account.bedrock.clearFaults();
      await account.engine.redriveExecution(failed.executionArn);
      const ended = await account.ended(failed.executionArn);
      assert.equal(ended.status, 'SUCCEEDED', ended.cause);
      assert.deepEqual(failedOf(ended, 60), []);
      assert.equal(account.bedrock.countCalls('InvokeModel', 'ok'), 60);
      show('redriven', '60 of 60, and none was invoked twice');
    },
  },
  {
    name: 'other-places',
    title: 'An execution chooses one object, and a folder within the output location',
    async play(account, show) {
      const input = await account.upload(this.name, prompts(3));
      await account.uploadText(this.name, 'not read', 'other.jsonl');
      const output = input.replace(/\/in\/.*/, '/out/weekly/');

      const ended = await account.run('Imported', this.name, { input: `${input}records.jsonl`, output }, output);

      assert.equal(ended.status, 'SUCCEEDED', ended.cause);
      assert.deepEqual(failedOf(ended, 3), []);
      show('results', String((ended.manifest.files as string[])[0]));

      const again = await account.run('Served', this.name, { input: `${input}records.jsonl`, output }, output);
      assert.equal(again.error, 'BatchInference.InvalidInput');
      show('again', again.cause!.slice(0, 150));
    },
  },
  {
    name: 'large-record',
    title: 'A record that does not fit a state goes by reference',
    async play(account, show) {
      const large = 'x'.repeat(300_000);
      const input = await account.upload(this.name, ['small', large]);

      const ended = await account.run('Imported', this.name, { input });

      assert.equal(ended.status, 'SUCCEEDED', ended.cause);
      assert.deepEqual(failedOf(ended, 2), []);
      const line = ended.lines.find(({ recordId }) => recordId === 'r1')!;
      assert.equal(line.modelInput.prompt.length, 300_000);
      show('output', `${JSON.stringify(line.modelOutput).length} bytes`);
    },
  },
  {
    name: 'bad-input',
    title: 'Wrong options and wrong records fail the execution before anything is invoked',
    async play(account, show) {
      const input = await account.upload(this.name, ['fine']);
      const bad = await account.uploadText('bad-lines', '{"recordId":"a","modelInput":{}}\r\nno JSON\r\n{"recordId":"b"}\n');
      const cases: [string, object, RegExp][] = [
        ['misspelt option', { imput: input }, /^The input of the execution: "imput" must be one of input, output, /],
        ['other place', { input: 's3://amzn-s3-demo-bucket/secret/' }, /^input: "s3:\/\/amzn-s3-demo-bucket\/secret\/" must be an S3 URI within s3:\/\/\S+\/in\/\. /],
        ['no records', { input: `${input}empty/` }, /There is no object; check bucket and prefix\.$/],
        ['bad lines', { input: bad }, /^Line 2 of s3:\/\/\S+ must be a JSON object, .* Line 3 of s3:\/\/\S+ must have a modelInput that is a JSON object\./],
        ['hours', { input, timeoutDurationInHours: 12 }, /^timeoutDurationInHours: 12 must be whole hours, 24 to 168\. /],
      ];
      account.bedrock.clearCalls();
      for (const [label, options, message] of cases) {
        const ended = await account.run('Imported', `bad-input-${label.replaceAll(' ', '-')}`, options);
        assert.deepEqual([ended.status, ended.error], ['FAILED', 'BatchInference.InvalidInput']);
        assert.match(ended.cause!, message);
        show(label, ended.cause!.slice(0, 110));
      }
      assert.equal(account.bedrock.calls.length, 0);
    },
  },
];
