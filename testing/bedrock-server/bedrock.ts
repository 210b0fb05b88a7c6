import type {
  CreateModelImportJobRequest,
  CreateModelImportJobResponse,
  CreateModelInvocationJobRequest,
  CreateModelInvocationJobResponse,
  DeleteImportedModelRequest,
  DeleteImportedModelResponse,
  GetImportedModelRequest,
  GetImportedModelResponse,
  GetModelImportJobRequest,
  GetModelImportJobResponse,
  GetModelInvocationJobRequest,
  GetModelInvocationJobResponse,
  ListImportedModelsRequest,
  ListImportedModelsResponse,
  ListModelImportJobsRequest,
  ListModelImportJobsResponse,
  ListModelInvocationJobsRequest,
  ListModelInvocationJobsResponse,
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  StopModelInvocationJobRequest,
  StopModelInvocationJobResponse,
  TagResourceRequest,
  TagResourceResponse,
  UntagResourceRequest,
  UntagResourceResponse,
} from '@aws-sdk/client-bedrock';
import type { InvokeModelRequest, InvokeModelResponse } from '@aws-sdk/client-bedrock-runtime';
import { ASSUMED, type Behaviour } from './behaviour';
import type { Clock } from './clock';
import { isUnknownMember, OPERATIONS, violations, type AnyOperation } from './constraints';
import { BedrockError, found, invalid, refusal } from './errors';
import { FaultScript, type Call, type Fault } from './faults';
import { copied, refuseOtherRequest } from './idempotency';
import { resourceId, type Place } from './identifiers';
import { Inference, type Respond } from './inference';
import type { InvocationJob } from './invocation-job';
import { InvocationJobs, type InvocationJobOptions } from './invocation-jobs';
import { ModelServing, type ServingOptions } from './invoke-model';
import { pageOf, Registry, type ListRules } from './registry';
import {
  DEFAULT_PLAN,
  describeJob,
  describeModel,
  dueTime,
  shown,
  statusOf,
  summarizeJob,
  summarizeModel,
  type ImportPlan,
  type ImportRequest,
  type Job,
  type Model,
  type Valid,
} from './resources';
import { tagList, withTags, type FormerTags, type Tag, type Tags } from './tags';

/** An attempt of a client to delete a model. */
export interface DeleteAttempt {
  readonly modelName: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The age of the model. */
  readonly modelAgeMs: number;
}

export interface BedrockOptions extends InvocationJobOptions, ServingOptions {
  readonly clock: Clock;
  /** @default 'aws' */
  readonly partition?: string;
  /** @default 'us-east-1' */
  readonly region?: string;
  /** @default '111122223333' */
  readonly account?: string;
  /** The quota of concurrent import jobs. @default 1 */
  readonly maxRunningJobs?: number;
  /** The quota of imported models, including imports in progress. @default 3 */
  readonly maxModels?: number;
  /** How long a role is invalid after it is added or first used. @default 0 */
  readonly rolePropagationMs?: number;
  /** The maximum number of items in a List response, even if `maxResults` is larger. Small, so that clients must paginate. @default 2 */
  readonly pageSize?: number;
  /** The outcome of an import. @default - it succeeds, see `ImportPlan` */
  readonly planImport?: (request: CreateModelImportJobRequest) => Partial<ImportPlan>;
  /** Whether the deletion of a model conflicts. @default - it does not */
  readonly deleteConflict?: (attempt: DeleteAttempt) => boolean;
  /** What Bedrock may not do for an import: read the weights, or use the key. @default - it may do both */
  readonly missingAccess?: (request: CreateModelImportJobRequest) => 'weights' | 'key' | undefined;
  /** How long a Get or List lags behind changes. Writes do not lag. @default 0 */
  readonly readLagMs?: (operation: AnyOperation) => number;
  /** What differs from the assumptions. @default - nothing */
  readonly behaviour?: Partial<Behaviour>;
  /** Whether any identifier is that of a model that can be used. @default false, only an imported model and those of the catalogue */
  readonly anyModel?: boolean;
  /** The output of the models, in InvokeModel and in batch inference. @default - the prompt */
  readonly respond?: Respond;
}

/** A call with its outcome. */
export interface LoggedCall extends Call {
  /** The name of the error that the client saw, or `ok`. */
  readonly outcome: string;
}

/** The state of the account. */
export interface Snapshot {
  readonly now: Date;
  readonly jobs: (GetModelImportJobResponse & { readonly tags: Tag[] })[];
  readonly models: (GetImportedModelResponse & { readonly tags: Tag[] })[];
}

/** All state that calls or time can change. */
interface State {
  sequence: number;
  /** Jobs cannot be deleted, so their names cannot be reused. */
  readonly jobs: Registry<Job>;
  readonly running: Set<Job>;
  readonly models: Registry<Model>;
  /** Deleted models that are still readable because of read lag. */
  readonly ghosts: { readonly model: Model; readonly deletedAt: number }[];
  readonly jobsByToken: Map<string, Job>;
  readonly usedTokens: Set<string>;
  readonly usedModelNames: Set<string>;
  readonly rolesFirstSeen: Map<string, number>;
  readonly rolesRemoved: Map<string, number>;
  /** The newest last. */
  readonly formerTags: Map<string, FormerTags[]>;
  readonly plannedImports: Partial<ImportPlan>[];
}

/** The maximum length of `ErrorMessage` in the service model. */
const MAX_FAILURE_MESSAGE = 2048;

/**
 * An in-memory Amazon Bedrock in one account and Region: Custom Model Import, batch inference and InvokeModel.
 *
 * Strict where the behaviour of the service is documented, and otherwise as strict as the service could be (see README.md).
 * Has one public method for each operation, and hooks for tests: the operator, time, and faults.
 */
export class Bedrock {
  public readonly clock: Clock;
  /** Batch inference. */
  public readonly invocationJobs: InvocationJobs;
  /** InvokeModel. */
  public readonly serving: ModelServing;
  public readonly inference: Inference;
  private readonly options: Required<Pick<BedrockOptions,
  'maxRunningJobs' | 'rolePropagationMs' | 'pageSize' | 'planImport' | 'deleteConflict' | 'missingAccess' | 'readLagMs'>> & { maxModels: number };
  private readonly behaviour: Behaviour;
  private readonly place: Place;
  private readonly faults = new FaultScript();
  private log: LoggedCall[] = [];
  private state = emptyState();

  public constructor(options: BedrockOptions) {
    this.clock = options.clock;
    this.place = {
      partition: options.partition ?? 'aws',
      region: options.region ?? 'us-east-1',
      account: options.account ?? '111122223333',
    };
    this.options = {
      maxRunningJobs: options.maxRunningJobs ?? 1,
      maxModels: options.maxModels ?? 3,
      rolePropagationMs: options.rolePropagationMs ?? 0,
      pageSize: options.pageSize ?? 2,
      planImport: options.planImport ?? (() => ({})),
      deleteConflict: options.deleteConflict ?? (() => false),
      missingAccess: options.missingAccess ?? (() => undefined),
      readLagMs: options.readLagMs ?? (() => 0),
    };
    this.behaviour = { ...ASSUMED, ...options.behaviour };
    this.inference = new Inference(options.respond);
    const { anyModel = false } = options;
    const models = { any: anyModel, find: (identifier: string) => this.state.models.find(identifier)?.arn };
    this.serving = new ModelServing(this.clock, this.inference, models, this.behaviour, options);
    this.invocationJobs = new InvocationJobs({
      clock: this.clock,
      inference: this.inference,
      pageSize: this.options.pageSize,
      anyModel,
      behaviour: this.behaviour,
      account: this.place.account,
      identify: () => this.identify('model-invocation-job'),
      hasPropagated: (roleArn) => this.hasPropagated(roleArn),
      seenTime: (operation) => this.seenTime(operation),
    }, options);
  }

  // --- The operations. Times are Dates, as in the SDK. ---

  public createModelImportJob(input: CreateModelImportJobRequest): CreateModelImportJobResponse {
    return this.serve('CreateModelImportJob', input, (request) => {
      withTags(new Map(), request.jobTags, this.behaviour); // validates the tags before anything changes
      withTags(new Map(), request.importedModelTags, this.behaviour);
      // "If this token matches a previous request, Amazon Bedrock ignores the request, but does not return an error."
      // Assumption, because the response is not documented: the ARN of the job that the previous request started.
      const earlier = this.state.jobsByToken.get(request.clientRequestToken ?? '');
      if (earlier && this.behaviour.earlierToken !== 'another job') {
        if (this.behaviour.earlierToken === 'refused') throw invalid('The provided clientRequestToken was used before');
        if (this.behaviour.earlierTokenOfAnother === 'refused') refuseOtherRequest(earlier, request);
        return { jobArn: earlier.arn };
      }
      this.refuseUsedToken(request);
      if (this.behaviour.checkedLast !== 'role') this.refuseUnpropagatedRole(request.roleArn);
      const failure = this.refuseWithoutAccess(request);
      this.refuseTakenNames(request);
      this.refuseAboveQuotas();
      if (this.behaviour.checkedLast === 'role') this.refuseUnpropagatedRole(request.roleArn);
      const plan = this.state.plannedImports.shift() ?? this.options.planImport(request);
      return { jobArn: this.startJob(request, failure === undefined ? plan : { ...plan, failureMessage: failure }).arn };
    });
  }

  public getModelImportJob(input: GetModelImportJobRequest): GetModelImportJobResponse {
    return this.serve('GetModelImportJob', input, ({ jobIdentifier }) => {
      const job = this.seenJob(this.job(jobIdentifier), this.seenTime('GetModelImportJob'));
      return describeJob(found(job, 'model import job', jobIdentifier));
    });
  }

  public listModelImportJobs(input: ListModelImportJobsRequest): ListModelImportJobsResponse {
    return this.serve('ListModelImportJobs', input, (query) => {
      const { statusEquals } = query;
      const seenTime = this.seenTime('ListModelImportJobs');
      const jobs = this.state.jobs.all().flatMap((job) => this.seenJob(job, seenTime) ?? []);
      const page = pageOf(jobs, query, this.listRules, (job) => !statusEquals || statusOf(job) === statusEquals);
      return { nextToken: page.nextToken, modelImportJobSummaries: page.items.map(summarizeJob) };
    });
  }

  public getImportedModel(input: GetImportedModelRequest): GetImportedModelResponse {
    return this.serve('GetImportedModel', input, ({ modelIdentifier }) => {
      const lagging = this.seenModels(this.seenTime('GetImportedModel'))
        .find(({ arn, name }) => arn === modelIdentifier || name === modelIdentifier);
      return describeModel(found(lagging, 'imported model', modelIdentifier));
    });
  }

  public listImportedModels(input: ListImportedModelsRequest): ListImportedModelsResponse {
    return this.serve('ListImportedModels', input, (query) => {
      const page = pageOf(this.seenModels(this.seenTime('ListImportedModels')), query, this.listRules);
      return { nextToken: page.nextToken, modelSummaries: page.items.map(summarizeModel) };
    });
  }

  public deleteImportedModel(input: DeleteImportedModelRequest): DeleteImportedModelResponse {
    return this.serve('DeleteImportedModel', input, ({ modelIdentifier }) => {
      const model = this.model(modelIdentifier);
      model.deleteAttempts += 1;
      const { deleteAttempts: attempt } = model;
      const modelAgeMs = this.clock.now() - model.creationTime;
      const conflicts = attempt <= this.behaviour.leastDeleteConflicts || this.options.deleteConflict({ modelName: model.name, attempt, modelAgeMs });
      if (conflicts || model.deletedTime !== undefined) throw new BedrockError('ConflictException', `Model '${model.name}' cannot be deleted now`);
      if (this.behaviour.deletionSeconds > 0) model.deletedTime = this.clock.now() + this.behaviour.deletionSeconds * 1000;
      else this.removeModel(model);
      return {};
    });
  }

  public tagResource(input: TagResourceRequest): TagResourceResponse {
    return this.serve('TagResource', input, ({ resourceARN, tags }) => {
      const resource = this.taggable(resourceARN);
      this.changeTags(resource, withTags(resource.tags, tags, this.behaviour));
      return {};
    });
  }

  public untagResource(input: UntagResourceRequest): UntagResourceResponse {
    return this.serve('UntagResource', input, ({ resourceARN, tagKeys }) => {
      const resource = this.taggable(resourceARN);
      this.changeTags(resource, new Map([...resource.tags].filter(([key]) => !tagKeys.includes(key))));
      return {};
    });
  }

  public listTagsForResource(input: ListTagsForResourceRequest): ListTagsForResourceResponse {
    return this.serve('ListTagsForResource', input, ({ resourceARN }) => ({ tags: tagList(this.seenTags(this.taggable(resourceARN))) }));
  }

  public createModelInvocationJob(input: CreateModelInvocationJobRequest): CreateModelInvocationJobResponse {
    return this.serve('CreateModelInvocationJob', input, (request) => this.invocationJobs.create(request));
  }

  public getModelInvocationJob(input: GetModelInvocationJobRequest): GetModelInvocationJobResponse {
    return this.serve('GetModelInvocationJob', input, (request) => this.invocationJobs.get(request));
  }

  public listModelInvocationJobs(input: ListModelInvocationJobsRequest): ListModelInvocationJobsResponse {
    return this.serve('ListModelInvocationJobs', input, (query) => this.invocationJobs.list(query));
  }

  public stopModelInvocationJob(input: StopModelInvocationJobRequest): StopModelInvocationJobResponse {
    return this.serve('StopModelInvocationJob', input, (request) => this.invocationJobs.stop(request));
  }

  public invokeModel(input: InvokeModelRequest): InvokeModelResponse {
    return this.serve('InvokeModel', input, (request) => this.serving.invoke(request));
  }

  // --- Call log and faults. ---

  /** All calls so far, with their inputs as passed. */
  public get calls(): readonly LoggedCall[] {
    return this.log;
  }

  /** Counts the calls of an operation, optionally with a given outcome. */
  public countCalls(operation: AnyOperation, outcome?: string): number {
    return this.log.filter((call) => call.operation === operation && (outcome ?? call.outcome) === call.outcome).length;
  }

  public clearCalls(): void {
    this.log = [];
  }

  /** Injects a fault into the next calls of an operation, or of any operation. */
  public failNext(operation: AnyOperation | '*', fault: Fault): void {
    this.faults.add(operation, fault);
  }

  public pendingFaults(): ReturnType<FaultScript['pending']> {
    return this.faults.pending();
  }

  public clearFaults(): void {
    this.faults.clear();
  }

  // --- Operator actions. They are not calls: not affected by faults, and not logged. ---

  /** Starts the propagation of a role. */
  public addRole(roleArn: string): void {
    this.seeRole(roleArn);
  }

  /** Deletes a role: no import can start with it. */
  public removeRole(roleArn: string): void {
    this.state.rolesRemoved.set(roleArn, this.clock.now());
    if (!this.behaviour.importsNeedTheirRole) return;
    this.settle();
    const jobs = [...this.state.running].filter((job) => job.request.roleArn === roleArn);
    jobs.forEach((job) => this.endJob(job, this.clock.now(), 'The role of the import job was deleted'));
  }

  /** Changes the model quota. Existing models are kept. */
  public setModelQuota(maxModels: number): void {
    this.options.maxModels = maxModels;
  }

  /** Sets the outcome of the next import that starts. Takes precedence over `planImport`. */
  public planNextImport(plan: Partial<ImportPlan>): void {
    this.state.plannedImports.push(plan);
  }

  public completeJob(nameOrArn: string): void {
    this.endJobNow(nameOrArn, undefined);
  }

  public failJob(nameOrArn: string, failureMessage: string): void {
    this.endJobNow(nameOrArn, failureMessage);
  }

  /** Adds an existing model with its completed job, regardless of quotas. Returns the ARN of the model. */
  public seedModel(modelName: string, more: Partial<CreateModelImportJobRequest> = {}): string {
    const request: CreateModelImportJobRequest = {
      jobName: `seed-${this.state.sequence}`,
      roleArn: `arn:${this.place.partition}:iam::${this.place.account}:role/seed`,
      modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/seed/' } },
      ...more,
      importedModelName: modelName,
    };
    const wrong = violations('CreateModelImportJobRequest', request);
    if (wrong.length > 0) throw new Error(wrong.join('; '));
    this.settle();
    this.refuseTakenNames(request as ImportRequest);
    const job = this.startJob(request as ImportRequest, {});
    return this.endJob(job, this.clock.now(), undefined) as string;
  }

  /** Deletes a model without the client. */
  public deleteModelByHand(nameOrArn: string): void {
    this.settle();
    this.removeModel(this.model(nameOrArn));
  }

  /** The imports in progress. Much cheaper than a snapshot. */
  public inProgress(): GetModelImportJobResponse[] {
    this.settle();
    return [...this.state.running].map((job) => describeJob(job));
  }

  public snapshot(): Snapshot {
    this.settle();
    return {
      now: new Date(this.clock.now()),
      jobs: this.state.jobs.all().map((job) => ({ ...describeJob(job), tags: tagList(job.tags) })),
      models: this.state.models.all().map((model) => ({ ...describeModel(model), tags: tagList(model.tags) })),
    };
  }

  /** Resets all state except the time, the quotas, and how models are served. */
  public reset(): void {
    this.state = emptyState();
    this.invocationJobs.reset();
    this.serving.reset();
    this.inference.clearPoisons();
    this.clearFaults();
    this.clearCalls();
  }

  // --- Processing of a call. ---

  private serve<Input extends object, Output>(
    operation: AnyOperation,
    input: Input,
    perform: (request: Valid<Input>) => Output,
  ): Output {
    const at = this.clock.now();
    const fault = this.faults.meet({ operation, input, at });
    const answer = fault?.when === 'before' ? fault.error : this.answer(operation, input, perform);
    const seen = fault?.error ?? answer;
    const refused = seen instanceof Error;
    this.log.push({ operation, input, at, outcome: fault?.name ?? (refused ? seen.name : 'ok') });
    if (refused) throw seen;
    return seen;
  }

  private answer<Input extends object, Output>(
    operation: AnyOperation,
    input: Input,
    perform: (request: Valid<Input>) => Output,
  ): Output | BedrockError {
    const wrong = violations(OPERATIONS[operation].input, input).filter((violation) => !this.isAllowed(violation));
    if (wrong.length > 0) {
      return invalid(`${wrong.length} validation error${wrong.length > 1 ? 's' : ''} detected: ${wrong.join('; ')}`);
    }
    this.settle();
    try {
      return perform(input as Valid<Input>);
    } catch (error) {
      if (error instanceof BedrockError) return error;
      throw error;
    }
  }

  /** Whether a violation of the service model is accepted nevertheless. */
  private isAllowed(violation: string): boolean {
    const { batchUris, unknownMembers } = this.behaviour;
    return (unknownMembers === 'ignored' && isUnknownMember(violation)) || (batchUris === 'any' && violation.includes('DataConfig.s3Uri'));
  }

  // --- Preconditions of a job, in the order in which they are checked (the order is an assumption). ---

  private refuseUsedToken({ clientRequestToken: token }: ImportRequest): void {
    if (this.behaviour.refusedTokensStayValid || token === undefined) return;
    if (this.state.usedTokens.has(token)) throw invalid('The provided clientRequestToken was used before');
    this.state.usedTokens.add(token);
  }

  private refuseUnpropagatedRole(roleArn: string): void {
    if (!this.hasPropagated(roleArn)) throw refusal(this.behaviour.roleRefusal, { name: roleArn });
  }

  private hasPropagated(roleArn: string): boolean {
    const { leastRoleMinutes, deletedRoleSeconds } = this.behaviour;
    const now = this.clock.now();
    const propagationMs = Math.max(this.options.rolePropagationMs, leastRoleMinutes * 60_000);
    const removed = this.state.rolesRemoved.get(roleArn) ?? Infinity;
    return now - this.seeRole(roleArn) >= propagationMs && now - removed < deletedRoleSeconds * 1000;
  }

  /** Returns the failure of the job, if it starts although the access is missing. */
  private refuseWithoutAccess(request: ImportRequest): string | undefined {
    const missing = this.options.missingAccess(request);
    if (missing === undefined) return undefined;
    const refused = refusal(missing === 'weights' ? this.behaviour.weightsRefusal : this.behaviour.keyRefusal);
    if (this.behaviour.accessIsChecked === 'at the start') throw refused;
    return refused.message;
  }

  private refuseTakenNames({ jobName, importedModelName }: ImportRequest): void {
    if (this.state.jobs.named(jobName)) {
      throw refusal(this.behaviour.jobNameRefusal, { name: jobName });
    }
    // Assumption (not documented): Get and Delete accept the name, so it has to be unique.
    const beingImported = [...this.state.running].some((job) => job.request.importedModelName === importedModelName);
    const { modelNamesAreUnique, deletedNamesAreFree, modelNameRefusal } = this.behaviour;
    const exists = beingImported || this.state.models.named(importedModelName) !== undefined;
    if (modelNamesAreUnique && exists || !deletedNamesAreFree && this.state.usedModelNames.has(importedModelName)) {
      throw refusal(modelNameRefusal, { name: importedModelName });
    }
  }

  private refuseAboveQuotas(): void {
    const { running, models } = this.state;
    const { importQuotaRefusal, modelQuotaIsChecked, modelQuotaRefusal } = this.behaviour;
    if (running.size >= this.options.maxRunningJobs) throw refusal(importQuotaRefusal, { limit: this.options.maxRunningJobs });
    // Assumption: a job counts toward the model quota when it starts, because it could not be rejected later.
    if (modelQuotaIsChecked === 'at the start' && models.size + running.size >= this.options.maxModels) {
      throw refusal(modelQuotaRefusal, { limit: this.options.maxModels });
    }
  }

  /** When the role was added or first used. */
  private seeRole(roleArn: string): number {
    const seen = this.state.rolesFirstSeen.get(roleArn) ?? this.clock.now();
    this.state.rolesFirstSeen.set(roleArn, seen);
    return seen;
  }

  // --- Lifecycle of a job: ended by the clock or by the operator. ---

  private startJob(request: ImportRequest, plan: Partial<ImportPlan>): Job {
    const job: Job = {
      ...this.identify('model-import-job'),
      name: request.jobName,
      request: copied(request),
      plan: { ...DEFAULT_PLAN, ...plan },
      shown: shown(request, this.place, this.behaviour),
      creationTime: this.clock.now(),
      tags: withTags(new Map(), request.jobTags, this.behaviour),
    };
    this.state.jobs.add(job);
    this.state.running.add(job);
    if (request.clientRequestToken !== undefined) this.state.jobsByToken.set(request.clientRequestToken, job);
    return job;
  }

  /** Ends the jobs and deletions that are due. */
  private settle(): void {
    const now = this.clock.now();
    if (this.behaviour.deletionSeconds > 0) {
      this.state.models.all().filter(({ deletedTime = Infinity }) => deletedTime <= now).forEach((model) => this.removeModel(model));
    }
    const due = [...this.state.running].filter((job) => dueTime(job) <= now).sort((one, other) => dueTime(one) - dueTime(other));
    due.forEach((job) => this.endJob(job, dueTime(job), job.plan.failureMessage));
  }

  private endJobNow(nameOrArn: string, failureMessage: string | undefined): void {
    this.settle();
    const job = this.job(nameOrArn);
    if (job.end) throw new Error(`The import job ${job.name} has ended already`);
    this.endJob(job, this.clock.now(), failureMessage);
  }

  private endJob(job: Job, time: number, plannedFailure: string | undefined): string | undefined {
    const { importFailure, modelQuotaIsChecked, modelQuotaRefusal, modelsAreCreated } = this.behaviour;
    const { maxModels } = this.options;
    const full = modelQuotaIsChecked === 'at the end' && this.state.models.size >= maxModels;
    const failureMessage = plannedFailure ?? (importFailure || (full ? refusal(modelQuotaRefusal, { limit: maxModels }).message : undefined));
    const creationTime = modelsAreCreated === 'at the end of the job' ? time : job.creationTime;
    const modelArn = failureMessage === undefined ? this.addModel(job, creationTime).arn : undefined;
    job.end = { time, failureMessage: failureMessage?.slice(0, MAX_FAILURE_MESSAGE), modelArn };
    this.state.running.delete(job);
    return modelArn;
  }

  private addModel(job: Job, creationTime: number): Model {
    const model: Model = {
      ...this.identify('imported-model'),
      name: job.request.importedModelName,
      job,
      creationTime,
      deleteAttempts: 0,
      tags: withTags(new Map(), job.request.importedModelTags, this.behaviour),
    };
    this.state.models.add(model);
    if (this.behaviour.modelTagsAfterSeconds > 0) this.keepTags(model, new Map(), this.clock.now() + this.behaviour.modelTagsAfterSeconds * 1000);
    return model;
  }

  // --- Lookup and naming. ---

  private job(identifier: string): Job {
    return found(this.state.jobs.find(identifier), 'model import job', identifier);
  }

  private model(identifier: string): Model {
    return found(this.state.models.find(identifier), 'imported model', identifier);
  }

  private removeModel(model: Model): void {
    this.state.models.remove(model);
    this.state.usedModelNames.add(model.name);
    if (!this.behaviour.jobsKeepModelArns && model.job.end) model.job.end = { ...model.job.end, modelArn: undefined };
    this.state.ghosts.push({ model, deletedAt: this.clock.now() });
  }

  // --- Read lag: reads return an earlier state. ---

  private seenTime(operation: AnyOperation): number {
    return this.clock.now() - Math.max(this.options.readLagMs(operation), this.behaviour.leastReadLagSeconds * 1000);
  }

  /** The job as it was at a time. Undefined if it did not exist. */
  private seenJob(job: Job, time: number): Job | undefined {
    if (job.creationTime > time || job.end && time - job.end.time > this.behaviour.endedJobMinutes * 60_000) return undefined;
    return job.end && job.end.time > time ? { ...job, end: undefined } : job;
  }

  private seenModels(time: number): Model[] {
    const seen = this.state.models.all().filter((model) => model.creationTime <= time);
    const ghosts = this.state.ghosts.filter(({ model, deletedAt }) => deletedAt > time && model.creationTime <= time);
    return ghosts.length === 0 ? seen : [...seen, ...ghosts.map(({ model }) => model)].sort((one, other) => one.sequence - other.sequence);
  }

  private get listRules(): ListRules {
    return { ...this.behaviour, pageSize: this.options.pageSize };
  }

  // --- Tags. ---

  private changeTags(resource: Job | Model | InvocationJob, tags: Tags): void {
    if (this.behaviour.tagLagSeconds > 0) this.keepTags(resource, resource.tags, this.clock.now() + this.behaviour.tagLagSeconds * 1000);
    resource.tags = tags;
  }

  private keepTags({ arn }: Job | Model | InvocationJob, tags: Tags, until: number): void {
    this.state.formerTags.set(arn, [...this.state.formerTags.get(arn) ?? [], { tags, until }]);
  }

  private seenTags({ arn, tags }: Job | Model | InvocationJob): Tags {
    return this.state.formerTags.get(arn)?.find(({ until }) => until > this.clock.now())?.tags ?? tags;
  }

  private taggable(arn: string): Job | Model | InvocationJob {
    const { jobs, models } = this.state;
    return found<Job | Model | InvocationJob>(jobs.withArn(arn) ?? models.withArn(arn) ?? this.invocationJobs.withArn(arn), 'resource', arn);
  }

  private identify(type: 'model-import-job' | 'imported-model' | 'model-invocation-job'): Pick<Job, 'arn' | 'sequence'> {
    this.state.sequence += 1;
    const { sequence } = this.state;
    const { partition, region, account } = this.place;
    return { sequence, arn: `arn:${partition}:bedrock:${region}:${account}:${type}/${resourceId(sequence)}` };
  }
}

function emptyState(): State {
  return {
    sequence: 0,
    jobs: new Registry(),
    running: new Set(),
    models: new Registry(),
    ghosts: [],
    jobsByToken: new Map(),
    usedTokens: new Set(),
    usedModelNames: new Set(),
    rolesFirstSeen: new Map(),
    rolesRemoved: new Map(),
    formerTags: new Map(),
    plannedImports: [],
  };
}
