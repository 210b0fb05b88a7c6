import type { CreateModelInvocationJobRequest, GetModelInvocationJobResponse, ModelInvocationJobSummary } from '@aws-sdk/client-bedrock';
import { isSuccess, type BatchRecord, type RecordCounts, type RecordFile } from './batch-files';
import type { Behaviour } from './behaviour';
import type { Resource } from './registry';
import type { Valid } from './resources';
import type { Tags } from './tags';

/** How long a batch inference job is in the statuses before its last one. */
export interface InvocationDurations {
  readonly Submitted: number;
  readonly Validating: number;
  readonly Scheduled: number;
  readonly InProgress: number;
  /** After StopModelInvocationJob. */
  readonly Stopping: number;
}

/** The course of a batch inference job. */
export interface InvocationPlan {
  /** In milliseconds. `Infinity`: until the job is stopped or expires. @default - a few minutes in total */
  readonly durationsMs: Partial<InvocationDurations>;
  /**
   * The status at the end, which can be one that is not in the service model. A job that does not end before its timeout becomes
   * PartiallyCompleted or Expired instead.
   *
   * @default 'Completed'
   */
  readonly finalStatus: string;
  /** The message at the end. @default - none */
  readonly message?: string;
  /** The number of records, for a job whose input is not read from an object store. @default - the minimum of a job */
  readonly records?: number;
  /** The share of the records that the job processes before its end. @default - 0 if it fails or expires, 0.5 if it is stopped or completes partially, otherwise 1 */
  readonly processedShare?: number;
  /** The records that fail. @default - those for which the model throws */
  readonly errorRecordIds: readonly string[];
  /** The records that the job never processes, whatever its last status. @default - none */
  readonly missingRecordIds: readonly string[];
}

export const DEFAULT_INVOCATION_PLAN: InvocationPlan = {
  durationsMs: {},
  finalStatus: 'Completed',
  errorRecordIds: [],
  missingRecordIds: [],
};

const DEFAULT_DURATIONS: InvocationDurations = { Submitted: 10_000, Validating: 30_000, Scheduled: 20_000, InProgress: 120_000, Stopping: 10_000 };

const DEFAULT_SHARES: { readonly [finalStatus: string]: number } = { Failed: 0, Expired: 0, Stopped: 0.5, PartiallyCompleted: 0.5 };

const HOUR = 3_600_000;

/** The maximum length of `Message` in the service model. */
const MAX_MESSAGE = 2048;

export type InvocationRequest = Valid<CreateModelInvocationJobRequest>;

/** The input of a job: its records, or the reason why they are not valid. */
export interface BatchInput {
  readonly files: readonly RecordFile[];
  readonly problem?: string;
}

/** A job is what was asked and what happened. Its status follows from that and the time, so nothing has to be done when time passes. */
export interface InvocationJob extends Resource {
  readonly request: InvocationRequest;
  readonly plan: InvocationPlan;
  readonly behaviour: Behaviour;
  tags: Tags;
  input: BatchInput;
  /** When StopModelInvocationJob was called. */
  stopTime?: number;
  /** Why the output could not be written. */
  outputProblem?: string;
}

/** A status from a time until that of the next phase. The last phase has no end. */
export interface Phase {
  readonly status: string;
  readonly from: number;
  readonly message?: string;
}

/** The course of a job, as far as it is known: as planned, but not beyond its timeout, and not beyond a stop. */
export function phasesOf(job: InvocationJob): Phase[] {
  const phases = untilStopped(job, untilTimeout(job, planned(job)));
  const { from } = phases[phases.length - 1];
  return job.outputProblem === undefined ? phases : [...phases.slice(0, -1), { status: 'Failed', from, message: job.outputProblem }];
}

function planned({ creationTime, plan, input }: InvocationJob): Phase[] {
  const durations = { ...DEFAULT_DURATIONS, ...plan.durationsMs };
  const validating = creationTime + durations.Submitted;
  const validated = validating + durations.Validating;
  const running = validated + durations.Scheduled;
  const accepted = [{ status: 'Submitted', from: creationTime }, { status: 'Validating', from: validating }];
  if (input.problem !== undefined) return [...accepted, { status: 'Failed', from: validated, message: input.problem }];
  const last = { status: plan.finalStatus, message: plan.message };
  const scheduled = [...accepted, { status: 'Scheduled', from: validated }];
  // "Expired" is the status of a job that did not start in time.
  if (plan.finalStatus === 'Expired' && shareOf(plan) === 0) return [...scheduled, { ...last, from: running }];
  return [...scheduled, { status: 'InProgress', from: running }, { ...last, from: running + durations.InProgress }];
}

function untilTimeout(job: InvocationJob, phases: Phase[]): Phase[] {
  const timeout = expirationTime(job);
  if (phases[phases.length - 1].from <= timeout) return phases;
  const before = phases.filter(({ from }) => from < timeout);
  return before.some(isRunning)
    ? [...before, { status: 'PartiallyCompleted', from: timeout, message: 'The job timed out before all records were processed' }]
    : [...before, { status: 'Expired', from: timeout, message: 'The job timed out before it started' }];
}

function untilStopped({ stopTime, plan }: InvocationJob, phases: Phase[]): Phase[] {
  if (stopTime === undefined) return phases;
  const before = phases.filter(({ from }) => from <= stopTime);
  const stopped = stopTime + (plan.durationsMs.Stopping ?? DEFAULT_DURATIONS.Stopping);
  return [...before, { status: 'Stopping', from: stopTime }, { status: 'Stopped', from: stopped }];
}

function isRunning({ status }: Phase): boolean {
  return status === 'InProgress';
}

function shareOf({ processedShare, finalStatus }: InvocationPlan): number {
  return processedShare ?? DEFAULT_SHARES[finalStatus] ?? 1;
}

function timeoutHours({ request, behaviour }: InvocationJob): number {
  return request.timeoutDurationInHours ?? behaviour.batchTimeoutHours;
}

function expirationTime(job: InvocationJob): number {
  return job.creationTime + timeoutHours(job) * HOUR;
}

export function phaseAt(job: InvocationJob, time: number): Phase {
  const phases = phasesOf(job).filter(({ from }) => from <= time);
  return phases[phases.length - 1];
}

export function endTime(job: InvocationJob): number {
  const phases = phasesOf(job);
  return phases[phases.length - 1].from;
}

export function hasEnded(job: InvocationJob, time: number): boolean {
  return endTime(job) <= time;
}

/** Whether the job writes its output at its end. A failed job and one that never ran do not, as it is assumed. */
export function hasOutput(job: InvocationJob): boolean {
  const phases = phasesOf(job);
  const { status } = phases[phases.length - 1];
  switch (job.behaviour.batchOutputOf) {
    case 'all jobs': return true;
    case 'completed jobs': return status === 'Completed';
    case 'jobs that ran': return phases.some(isRunning) && status !== 'Failed';
  }
}

/** The records that are processed by a time: in the order of the input, at a constant speed, and without the missing ones. */
export function processedRecords(job: InvocationJob, time: number): Set<BatchRecord> {
  const records = job.input.files.flatMap((file) => file.records);
  const missing = new Set(job.plan.missingRecordIds);
  const reached = records.slice(0, Math.floor(records.length * processedShareAt(job, time)));
  return new Set(reached.filter(({ recordId }) => !missing.has(recordId)));
}

function processedShareAt(job: InvocationJob, time: number): number {
  const phases = phasesOf(job);
  const running = phases.findIndex(isRunning);
  if (running === -1 || phases[running].from > time) return 0;
  const elapsed = Math.min(time, phases[running + 1].from) - phases[running].from;
  const planMs = job.plan.durationsMs.InProgress ?? DEFAULT_DURATIONS.InProgress;
  return shareOf(job.plan) * (planMs === 0 ? 1 : Math.min(elapsed / planMs, 1));
}

/** The numbers of records at a time. All are zero until the input is validated, as in Bedrock. */
export function recordCounts(job: InvocationJob, time: number): RecordCounts {
  const processed = [...processedRecords(job, time)];
  const successRecordCount = processed.filter(isSuccess).length;
  const isValidated = phasesOf(job).some(({ status, from }) => status === job.behaviour.batchCountsFrom && from <= time);
  return {
    totalRecordCount: isValidated ? job.input.files.reduce((sum, { records }) => sum + records.length, 0) : 0,
    processedRecordCount: processed.length,
    successRecordCount,
    errorRecordCount: processed.length - successRecordCount,
  };
}

/** The representation of a job in Get and List, which is the same. */
export function describeInvocationJob(job: InvocationJob, time: number): GetModelInvocationJobResponse & ModelInvocationJobSummary {
  const { arn, name, request, creationTime, behaviour } = job;
  const { status, from, message } = phaseAt(job, time);
  return {
    jobArn: arn,
    jobName: name,
    modelId: request.modelId,
    clientRequestToken: request.clientRequestToken,
    roleArn: request.roleArn,
    status: (status === 'Scheduled' ? behaviour.batchScheduledIs : status) as GetModelInvocationJobResponse['status'], // a plan can have an unknown one
    message: message?.slice(0, MAX_MESSAGE),
    submitTime: new Date(creationTime),
    lastModifiedTime: new Date(from),
    endTime: hasEnded(job, time) ? new Date(from) : undefined,
    inputDataConfig: request.inputDataConfig,
    outputDataConfig: request.outputDataConfig,
    vpcConfig: request.vpcConfig,
    timeoutDurationInHours: timeoutHours(job),
    jobExpirationTime: new Date(expirationTime(job)),
    modelInvocationType: request.modelInvocationType ?? (behaviour.batchType === 'InvokeModel' ? 'InvokeModel' : undefined),
    ...recordCounts(job, time),
  };
}
