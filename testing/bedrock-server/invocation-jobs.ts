import type {
  CreateModelInvocationJobRequest,
  CreateModelInvocationJobResponse,
  GetModelInvocationJobRequest,
  GetModelInvocationJobResponse,
  ListModelInvocationJobsRequest,
  ListModelInvocationJobsResponse,
  StopModelInvocationJobRequest,
  StopModelInvocationJobResponse,
} from '@aws-sdk/client-bedrock';
import { failure, outputFiles, recordFiles, recordIdOf, type BatchRecord, type RecordFile, type TextFile } from './batch-files';
import { quotaRefusal, type Behaviour } from './behaviour';
import type { Clock } from './clock';
import { BedrockError, found, invalid, refusal, UNKNOWN_ROLE } from './errors';
import { copied, refuseOtherRequest } from './idempotency';
import { isCatalogueModel } from './identifiers';
import type { Inference, JsonObject } from './inference';
import {
  DEFAULT_INVOCATION_PLAN,
  describeInvocationJob,
  endTime,
  hasEnded,
  hasOutput,
  phasesOf,
  phaseAt,
  processedRecords,
  recordCounts,
  type InvocationJob,
  type InvocationPlan,
  type InvocationRequest,
} from './invocation-job';
import { pageOf, Registry, type Resource } from './registry';
import type { Valid } from './resources';
import { withTags } from './tags';

export interface InvocationJobOptions {
  /** The quota of jobs of a model that are submitted or in progress. @default 100 */
  readonly maxInvocationJobs?: number;
  /** The quota of records of a job: fewer fail it. @default 100 */
  readonly minRecords?: number;
  /** The quota of records of a file: more fail the job. @default 100,000 */
  readonly maxRecordsPerFile?: number;
  /** The course of a batch inference job. @default - it completes, see `InvocationPlan` */
  readonly planInvocationJob?: (request: CreateModelInvocationJobRequest) => Partial<InvocationPlan>;
}

/** The rest of the in-memory Bedrock, for its batch inference. */
export interface Surroundings {
  readonly clock: Clock;
  readonly inference: Inference;
  readonly pageSize: number;
  readonly anyModel: boolean;
  readonly behaviour: Behaviour;
  readonly account: string;
  /** The ARN and number of a new resource. */
  identify(): Pick<Resource, 'arn' | 'sequence'>;
  hasPropagated(roleArn: string): boolean;
  /** The time of the state that a Get or List returns. */
  seenTime(operation: 'GetModelInvocationJob' | 'ListModelInvocationJobs'): number;
}

/**
 * The batch inference jobs of the account. Their status is a function of the time (see `InvocationJob`).
 *
 * Without I/O: if the input comes from an object store, `BatchTransfer` passes it with `supplyInput` and writes what `outputOf` returns.
 */
export class InvocationJobs {
  private readonly options: Required<InvocationJobOptions>;
  private jobs = new Registry<InvocationJob>();
  private jobsByToken = new Map<string, InvocationJob>();
  private plans: Partial<InvocationPlan>[] = [];
  private readonly unread = new Set<InvocationJob>();
  private readonly unwritten = new Set<InvocationJob>();
  private hasStore = false;

  public constructor(private readonly surroundings: Surroundings, options: InvocationJobOptions) {
    this.options = {
      maxInvocationJobs: options.maxInvocationJobs ?? 100,
      minRecords: options.minRecords ?? 100,
      maxRecordsPerFile: options.maxRecordsPerFile ?? 100_000,
      planInvocationJob: options.planInvocationJob ?? (() => ({})),
    };
  }

  // --- The operations, for valid requests. ---

  public create(request: InvocationRequest): CreateModelInvocationJobResponse {
    withTags(new Map(), request.tags); // validates the tags before anything changes
    const { anyModel, behaviour } = this.surroundings;
    const earlier = behaviour.batchEarlierToken === 'its job' ? this.jobsByToken.get(request.clientRequestToken ?? '') : undefined;
    if (earlier) {
      if (behaviour.batchTokenOfOtherRequest === 'refused') refuseOtherRequest(earlier, request);
      return { jobArn: earlier.arn };
    }
    this.refuseMembers(request);
    if (!this.surroundings.hasPropagated(request.roleArn)) throw new BedrockError(behaviour.batchNewRole, UNKNOWN_ROLE);
    if (!anyModel && behaviour.batchUnknownModel === 'refused' && !isCatalogueModel(request.modelId)) {
      throw invalid('The provided model identifier is invalid.');
    }
    if (this.jobs.named(request.jobName)) refuseUnless(behaviour.batchNameInUse, 'The provided job name is currently in use.');
    this.refuseAboveQuota(request.modelId);
    return { jobArn: this.start(request).arn };
  }

  public get({ jobIdentifier }: Valid<GetModelInvocationJobRequest>): GetModelInvocationJobResponse {
    const time = this.surroundings.seenTime('GetModelInvocationJob');
    const job = this.find(jobIdentifier);
    return this.describe(found(job.creationTime <= time ? job : undefined, 'model invocation job', jobIdentifier), time);
  }

  public list(query: Valid<ListModelInvocationJobsRequest>): ListModelInvocationJobsResponse {
    const { statusEquals, submitTimeAfter, submitTimeBefore, ...rest } = query;
    const time = this.surroundings.seenTime('ListModelInvocationJobs') - this.surroundings.behaviour.batchListLagSeconds * 1000;
    const jobs = this.jobs.all().filter(({ creationTime }) => creationTime <= time);
    // `pageOf` does not use the status, but a nextToken is valid only for the same one.
    const pageQuery = { ...rest, statusEquals, creationTimeAfter: submitTimeAfter, creationTimeBefore: submitTimeBefore };
    const hasStatus = (job: InvocationJob): boolean => !statusEquals || phaseAt(job, this.visibleTime(job, time)).status === statusEquals;
    const page = pageOf(jobs, pageQuery, { ...this.surroundings.behaviour, pageSize: this.surroundings.pageSize }, hasStatus);
    return { nextToken: page.nextToken, invocationJobSummaries: page.items.map((job) => this.describe(job, time)) };
  }

  public stop({ jobIdentifier }: Valid<StopModelInvocationJobRequest>): StopModelInvocationJobResponse {
    const job = this.find(jobIdentifier);
    const time = this.visibleTime(job, this.now);
    const { batchSecondStop, batchStopAfterEnd, batchStopBeforeStart } = this.surroundings.behaviour;
    const message = `The job '${job.name}' is ${phaseAt(job, time).status} and cannot be stopped`;
    if (hasEnded(job, time)) {
      refuseUnless(batchStopAfterEnd, message);
    } else if (job.stopTime !== undefined) {
      refuseUnless(batchSecondStop, message);
    } else {
      if (batchStopBeforeStart === 'refused' && phaseAt(job, time).status !== 'InProgress') throw new BedrockError('ConflictException', message);
      job.stopTime = time;
    }
    return {};
  }

  // --- For tests and for tags. ---

  /** Sets the course of the next job. What it does not set is as in `planInvocationJob`. */
  public planNext(plan: Partial<InvocationPlan>): void {
    this.plans.push(plan);
  }

  public withArn(arn: string): InvocationJob | undefined {
    return this.jobs.withArn(arn);
  }

  /** All jobs, oldest first. */
  public all(): GetModelInvocationJobResponse[] {
    return this.jobs.all().map((job) => this.describe(job, this.now));
  }

  public reset(): void {
    this.jobs = new Registry();
    this.jobsByToken = new Map();
    this.plans = [];
    this.unread.clear();
    this.unwritten.clear();
  }

  // --- Input and output, if there is an object store. ---

  /** From now on, the input of a job is what `supplyInput` passes, and a job does not end before `confirmOutput`. */
  public useStore(): void {
    this.hasStore = true;
  }

  /** The jobs whose input is to be read now. */
  public awaitingInput(): InvocationJob[] {
    return [...this.unread].filter((job) => phaseAt(job, this.now).status !== 'Submitted');
  }

  /** Validates the input of a job. A text is the reason why it could not be read. */
  public supplyInput(job: InvocationJob, files: readonly TextFile[] | string): void {
    this.unread.delete(job);
    job.input = typeof files === 'string' ? { files: [], problem: files } : this.inputOf(files, job.request.modelId, job.plan);
  }

  /** The jobs whose output is to be written now. */
  public awaitingOutput(): InvocationJob[] {
    return [...this.unwritten].filter((job) => !this.unread.has(job) && hasEnded(job, this.now));
  }

  /** The output of a job that has ended. Empty if it has none. */
  public outputOf(job: InvocationJob): TextFile[] {
    if (!hasOutput(job)) return [];
    const end = endTime(job);
    const processed = processedRecords(job, end);
    return outputFiles(job.input.files, recordCounts(job, end), (record) => processed.has(record), this.surroundings.behaviour);
  }

  /** Ends a job whose output is written, or could not be for a reason. */
  public confirmOutput(job: InvocationJob, problem?: string): void {
    this.unwritten.delete(job);
    if (this.surroundings.behaviour.batchUnwritable === 'Failed') job.outputProblem = problem;
  }

  // --- Private. ---

  private get now(): number {
    return this.surroundings.clock.now();
  }

  private refuseMembers({ inputDataConfig, outputDataConfig, vpcConfig }: InvocationRequest): void {
    const { account, behaviour: { batchKeyAndVpc, batchOwnAccountAsOwner } } = this.surroundings;
    const [input, output] = [inputDataConfig.s3InputDataConfig, outputDataConfig.s3OutputDataConfig];
    if (batchKeyAndVpc === 'required' && !(output?.s3EncryptionKeyId && vpcConfig)) throw invalid('s3EncryptionKeyId and vpcConfig are required');
    if (batchOwnAccountAsOwner === 'refused' && [input, output].some((data) => data?.s3BucketOwner === account)) {
      throw invalid('s3BucketOwner must be another account');
    }
  }

  private start(request: InvocationRequest): InvocationJob {
    const plan = this.planOf(request);
    const job: InvocationJob = {
      ...this.surroundings.identify(),
      name: request.jobName,
      creationTime: this.now,
      request: copied(request),
      plan,
      behaviour: this.surroundings.behaviour,
      tags: withTags(new Map(), request.tags),
      input: this.hasStore ? { files: [] } : this.plannedInput(request.modelId, plan),
    };
    this.jobs.add(job);
    if (request.clientRequestToken !== undefined) this.jobsByToken.set(request.clientRequestToken, job);
    if (this.hasStore) {
      this.unread.add(job);
      this.unwritten.add(job);
    }
    return job;
  }

  private planOf(request: InvocationRequest): InvocationPlan {
    const general = this.options.planInvocationJob(request);
    const next = this.plans.shift() ?? {};
    if (!this.surroundings.behaviour.batchRoleSuffices) {
      return { ...DEFAULT_INVOCATION_PLAN, finalStatus: 'Failed', message: `${request.roleArn} is not authorized to perform: bedrock:InvokeModel` };
    }
    return { ...DEFAULT_INVOCATION_PLAN, ...general, ...next, durationsMs: { ...general.durationsMs, ...next.durationsMs } };
  }

  private refuseAboveQuota(modelId: string): void {
    const { maxInvocationJobs } = this.options;
    const active = this.jobs.all().filter((job) => job.request.modelId === modelId && !hasEnded(job, this.visibleTime(job, this.now)));
    if (active.length >= maxInvocationJobs) {
      throw refusal(quotaRefusal('Sum of in-progress and submitted batch inference jobs using a base model'), { limit: maxInvocationJobs });
    }
  }

  /** Get and Stop accept the ARN or the ID at its end, but not the name. */
  private find(identifier: string): InvocationJob {
    const job = this.jobs.withArn(identifier) ?? this.jobs.all().find(({ arn }) => arn.endsWith(`/${identifier}`));
    return found(job, 'model invocation job', identifier);
  }

  private describe(job: InvocationJob, time: number): ReturnType<typeof describeInvocationJob> {
    return describeInvocationJob(job, this.visibleTime(job, time));
  }

  /** Not later than the input and output allow: a client that sees the end of a job must find its output. */
  private visibleTime(job: InvocationJob, time: number): number {
    const blocked = this.unread.has(job) ? phasesOf(job)[2].from : this.unwritten.has(job) ? endTime(job) : Infinity;
    return Math.max(job.creationTime, Math.min(time, blocked - 1));
  }

  private plannedInput(modelId: string, plan: InvocationPlan): InvocationJob['input'] {
    const lines = Array.from({ length: plan.records ?? this.options.minRecords }, (_, index) =>
      JSON.stringify({ recordId: recordIdOf(index + 1), modelInput: { prompt: `Record ${index + 1}` } }));
    return this.inputOf([{ name: '00001.jsonl', body: lines.join('\n') }], modelId, plan);
  }

  private inputOf(files: readonly TextFile[], modelId: string, plan: InvocationPlan): InvocationJob['input'] {
    const failing = new Set(plan.errorRecordIds);
    try {
      const read = recordFiles(files, (recordId, modelInput) =>
        failing.has(recordId) ? failure(invalid('The record cannot be processed')) : this.process(modelId, modelInput), this.surroundings.behaviour);
      this.refuseRecordCounts(read);
      return { files: read };
    } catch (error) {
      if (error instanceof RangeError) return { files: [], problem: error.message };
      throw error;
    }
  }

  private process(modelId: string, modelInput: JsonObject): BatchRecord['result'] {
    try {
      return { modelOutput: this.surroundings.inference.answer(modelId, modelInput) };
    } catch (error) {
      if (error instanceof BedrockError) return failure(error);
      throw error;
    }
  }

  private refuseRecordCounts(files: readonly RecordFile[]): void {
    const { minRecords, maxRecordsPerFile } = this.options;
    const large = files.find(({ records }) => records.length > maxRecordsPerFile);
    if (large) throw new RangeError(`${large.name} contains more records (${large.records.length}) than the maximum of: ${maxRecordsPerFile}`);
    const total = files.reduce((sum, { records }) => sum + records.length, 0);
    const isEnforced = this.surroundings.behaviour.batchMinimumIsEnforced;
    if (total < minRecords && isEnforced) throw new RangeError(`The job contains less records (${total}) than the required minimum of: ${minRecords}`);
  }
}

/** Throws the error of a behaviour, unless it is `accepted`. */
function refuseUnless(behaviour: string, message: string): void {
  if (behaviour !== 'accepted') throw new BedrockError(behaviour, message);
}
