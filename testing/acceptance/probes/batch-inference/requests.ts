import { randomUUID } from 'node:crypto';
import { batchRequest, createWithNewRole, createWorkplace, hasEnded, lines, readJob, saysNothing, upload, whyNoBatch } from './batch-jobs';
import { LIST_LAG, PROPAGATION } from '../../../../src/batch-inference/patience';
import type { World } from '../../world';
import { outcomeOf } from '../bedrock/imports';
import type { Probe } from '../probe';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const LOOK_MS = 10 * SECOND;
const STOP_PATIENCE_MS = 60 * MINUTE;

/** The time that the library waits for a role, on average: half of the longest waits, because of their jitter. */
const { attempts, interval, maxDelay } = PROPAGATION;
const LONGEST_WAITS = Array.from({ length: attempts }, (_, attempt) => Math.min(interval * 2 ** attempt, maxDelay));
const ROLE_MS = SECOND / 2 * LONGEST_WAITS.reduce((sum, wait) => sum + wait);

/** Requests for batch inference jobs, most of which Bedrock refuses, and one job that is stopped. */
export const batchRequests: Probe = {
  name: 'batch-requests',
  title: 'Request batch inference jobs that Bedrock refuses, and stop one before it starts',
  ids: ['SRB-1', 'SRB-2', 'SRB-3', 'SRB-18', 'SRB-19', 'BAT-1', 'BAT-2', 'BAT-3', 'BAT-4', 'BAT-5', 'BAT-10', 'BAT-17'],
  makes: 'a role, a bucket and a batch inference job that is stopped',
  minutes: 90,
  cents: 1,
  async run(world, report) {
    const { bedrock } = world.aws;
    const reason = await whyNoBatch(world);
    if (reason !== undefined) {
      for (const id of this.ids) report.notObserved(id, reason);
      return;
    }
    const { bucket, roleArn } = await createWorkplace(world, 'batch-requests');
    const places = await upload(world, bucket, 'stopped', { 'records.jsonl': lines(world, 100, () => ({})) });
    /** Judges by the outcome of a request, unless nothing is learned from it. */
    const judge = (ids: readonly string[], outcome: Outcome, holds: boolean, text = outcome.text) => ids.forEach((id) => {
      if (saysNothing(outcome.error)) report.notObserved(id, text); else report.judge(id, holds, text);
    });

    const request = batchRequest(world, roleArn, places);
    const { jobArn, waitedMs, refusals } = await createWithNewRole(world, request);
    if (refusals.length === 0) {
      report.notObserved('BAT-5', 'the new role was accepted at once');
    } else {
      const texts = [...new Set(refusals.map(({ name, message }) => `${name}: ${message}`))].join('; ');
      const asExpected = refusals.every(({ name }) => name === 'ValidationException' || name === 'AccessDeniedException');
      report.judge('BAT-5', asExpected && waitedMs <= ROLE_MS, `${texts}; accepted after ${waitedMs / SECOND} s`);
    }

    const { summary, afterMs } = await listed(world, request.jobName);
    const uri = summary?.outputDataConfig?.s3OutputDataConfig?.s3Uri;
    report.judge('BAT-3', afterMs <= LIST_LAG * SECOND && uri === places.output,
      summary ? `listed after ${afterMs / SECOND} s with the output ${uri}` : `not listed after ${afterMs / SECOND} s`);

    const repeated = await outcomeOf(bedrock.createModelInvocationJob(request));
    const isSame = repeated.result?.jobArn === jobArn;
    judge(['BAT-1'], repeated, isSame, `${repeated.text}${isSame ? ' with the same jobArn' : ''}`);

    const { clientRequestToken } = request;
    const other = await outcomeOf(bedrock.createModelInvocationJob(batchRequest(world, roleArn, places, { clientRequestToken })));
    judge(['SRB-2'], other, other.error?.name === 'ValidationException', `another request with the token: ${other.text}`);

    const ofRunning = await outcomeOf(bedrock.createModelInvocationJob({ ...request, clientRequestToken: randomUUID() }));
    judge(['BAT-4'], ofRunning, ofRunning.error !== undefined);
    judge(['SRB-1', 'BAT-2'], ofRunning, ofRunning.error?.name === 'ConflictException', `while the job runs: ${ofRunning.text}`);

    // The form of the ID, or name, of an imported model. An existing one is not used: if it were accepted, it would be invoked.
    const unknown = await outcomeOf(bedrock.createModelInvocationJob(batchRequest(world, roleArn, places, { modelId: 'acceptance00' })));
    judge(['SRB-3'], unknown, unknown.error !== undefined, `for the model acceptance00: ${unknown.text}`);

    const dated = { ...places, output: places.output.replace('/out/', '/date=2026-11-26/') };
    const equals = await outcomeOf(bedrock.createModelInvocationJob(batchRequest(world, roleArn, dated)));
    judge(['BAT-10'], equals, equals.error?.name === 'ValidationException', `for ${dated.output}: ${equals.text}`);

    const { status } = await readJob(world, jobArn);
    const stop = await outcomeOf(bedrock.stopModelInvocationJob({ jobIdentifier: jobArn }));
    if (status !== 'Submitted' && status !== 'Validating' && status !== 'Scheduled') {
      report.notObserved('SRB-19', `the job was ${status} before it could be stopped`);
    } else {
      judge(['SRB-19'], stop, stop.error === undefined, `Stop of a job that is ${status}: ${stop.text}`);
    }

    const second = await outcomeOf(bedrock.stopModelInvocationJob({ jobIdentifier: jobArn }));
    const isStopping = (await readJob(world, jobArn)).status === 'Stopping';
    if (stop.error || !isStopping) report.notObserved('SRB-18', 'the job was not Stopping');
    else judge(['SRB-18'], second, second.error?.name === 'ConflictException', `Stop of a job that is Stopping: ${second.text}`);

    const ended = await lastStatus(world, jobArn);
    if (!hasEnded(ended)) throw new Error(`the job was still ${ended} ${STOP_PATIENCE_MS / MINUTE} minutes after it was stopped`);
    const late = await outcomeOf(bedrock.stopModelInvocationJob({ jobIdentifier: jobArn }));
    judge(['BAT-17'], late, late.error?.name === 'ConflictException', `Stop of a job that is ${ended}: ${late.text}`);
    const ofEnded = await outcomeOf(bedrock.createModelInvocationJob({ ...request, clientRequestToken: randomUUID() }));
    judge(['BAT-4'], ofEnded, ofEnded.error !== undefined);
    judge(['SRB-1', 'BAT-2'], ofEnded, ofEnded.error?.name === 'ConflictException', `after the job is ${ended}: ${ofEnded.text}`);
  },
};

type Outcome = Awaited<ReturnType<typeof outcomeOf>>;

/** Looks for a job in the list by its name, for five times as long as the library waits. */
async function listed({ aws: { bedrock }, time }: World, nameContains: string) {
  const began = time.now();
  for (;;) {
    const { invocationJobSummaries: [summary] = [] } = await bedrock.listModelInvocationJobs({ nameContains });
    const afterMs = time.now() - began;
    if (summary || afterMs > 5 * LIST_LAG * SECOND) return { summary, afterMs };
    await time.sleep(LOOK_MS);
  }
}

async function lastStatus(world: World, jobArn: string) {
  const { time } = world;
  const deadline = time.now() + STOP_PATIENCE_MS;
  for (;;) {
    const { status } = await readJob(world, jobArn);
    if (hasEnded(status) || time.now() > deadline) return status;
    await time.sleep(LOOK_MS);
  }
}
