import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import { Checks } from './checks';
import { Stack } from './cloudformation';
import { FaultPlan } from './fault-plan';
import { Answers, bodyOf, Files, verdictOf } from './files-and-answers';
import { AbortError, type HandlerCode, Invocation, type NewModelCall, type Outcome, type PendingCall } from './lambda';
import type { Polled } from './provider';
import { type CfnRequest, describeRequest } from './request';
import { type Scheduled, Scheduler } from './scheduler';
import type { OtherScript, Script } from './script';
import { roleArnOf } from './template';
import { Trace } from './trace';
import { User } from './user';
import type { FilesToCheck } from '../../src/imported-model/provider/handler/decide/steps';
import { contentOf, ownerOf } from '../../src/imported-model/provider/handler/names';
import { FUNCTION_TIMEOUT } from '../../src/imported-model/provider/patience';
import type { ModelCheck } from '../../src/model-format';
import { Bedrock } from '../bedrock-server/bedrock';
import type { Behaviour } from '../bedrock-server/behaviour';
import type { Operation } from '../bedrock-server/constraints';
import { BedrockError } from '../bedrock-server/errors';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The number of calls after which a history counts as endless. */
const MAX_CALLS = 60_000;

/** Exceeds the size limit of a response. Contains characters of more than one byte. */
const LONG_MESSAGE = ` ${'"\u00e9\u4e16\\" '.repeat(300)}`;

const CHANGES: readonly Operation[] = ['CreateModelImportJob', 'DeleteImportedModel', 'TagResource', 'UntagResource'];

/** The method of `Bedrock` that implements an operation. */
type Method = Uncapitalize<Operation>;

export interface PlayOptions {
  readonly traced?: boolean;
  /** What Bedrock does otherwise than assumed. @default - nothing */
  readonly behaviour?: Partial<Behaviour>;
}

/** One history: an account, its stacks, and all events. */
export class World {
  public readonly scheduler = new Scheduler();
  public readonly bedrock: Bedrock;
  public readonly files: Files;
  public readonly faults: FaultPlan;
  public readonly trace: Trace;
  public readonly checks: Checks;
  public readonly stacks: Stack[];
  /** The number of occurrences by label. */
  public readonly counts = new Map<string, number>();
  private readonly answers = new Answers();
  /** What a model that is being loaded answers, unless as assumed. */
  private readonly loading?: string;
  private readonly began: number;
  private imports = 0;
  /** The duration in minutes of the import that is currently being planted. */
  private planted?: number;
  private numbers = 0;
  private requests = 0;
  private calls = 0;

  constructor(public readonly script: Script, private readonly code: HandlerCode, { traced = false, behaviour = {} }: PlayOptions) {
    const { world } = script;
    this.began = this.now;
    this.files = new Files(world.files, this.began);
    this.faults = new FaultPlan(script.faults);
    this.trace = new Trace(() => this.now, traced);
    this.bedrock = new Bedrock({
      clock: this.scheduler.clock,
      maxModels: world.maxModels,
      rolePropagationMs: world.rolePropagationMinutes * MINUTE,
      readLagMs: operation => (operation.startsWith('List') ? world.listLagSeconds : world.getLagSeconds) * SECOND,
      deleteConflict: ({ attempt }) => attempt <= world.deleteConflicts,
      planImport: request => this.planImport(request),
      behaviour,
    });
    this.loading = behaviour.loadingRefusal;
    this.stacks = script.stacks.map((_, index) => new Stack(this, 'AB'[index]));
    this.checks = new Checks(this);
  }

  public get now(): number {
    return this.scheduler.now;
  }

  public get calledBedrock(): number {
    return this.calls;
  }

  /** Plays the script until no actions are left. */
  public async play(): Promise<void> {
    this.bedrock.removeRole(roleArnOf({ role: 'missing' }));
    for (const role of ['user-1', 'user-2', 'other', 'planter'] as const) this.bedrock.addRole(`arn:aws:iam::111122223333:role/${role}`);
    const settledRoles = this.script.world.rolePropagationMinutes * MINUTE;
    this.script.others.forEach(other => this.scheduler.after(settledRoles + other.atMinute * MINUTE, () => this.playOther(other)));
    const users = this.script.stacks.map(({ operations }, index) => new User(this, this.stacks[index], operations));
    this.scheduler.after(settledRoles, () => users.forEach(user => user.next()));
    await this.scheduler.run();
    this.checks.over(users.every(user => user.isDone));
  }

  public count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  public nextNumber(): number {
    return this.numbers++;
  }

  public nextRequest(): number {
    return this.requests++;
  }

  public addRole(arn: string): void {
    this.bedrock.addRole(arn);
    this.checks.roleMade(arn);
  }

  public removeRole(arn: string): void {
    this.bedrock.removeRole(arn);
    this.checks.roleGone(arn);
  }

  // --- Lambda ---

  /** Invokes the handler. Calls `ended` when it has ended or was killed. */
  public invoke(request: CfnRequest, event: object, ended: (outcome: Outcome, polled: Polled) => void): void {
    const throttles = this.faults.throttlesInvocation();
    if (throttles > 0) this.count('invocation throttled');
    if (throttles > 1) {
      request.excuses.add('invocation throttled');
      this.scheduler.after(25 * SECOND, () => ended({ error: new Error('Rate exceeded') }, { at: this.now, calls: 0, disturbed: true, running: false }));
      return;
    }
    const invocation = new Invocation();
    const timers: Scheduled[] = [];
    const run: Run = {
      request,
      invocation,
      calls: 0,
      mostCalls: 0,
      disturbed: false,
      running: this.checks.ownJobRunning(request),
      over: false,
      askedAt: this.now,
      end: (outcome, polled) => {
        if (run.over) return;
        run.over = true;
        timers.forEach(timer => { timer.cancelled = true; });
        ended(outcome, { at: this.now, calls: Math.max(run.calls, run.mostCalls), disturbed: run.disturbed, running: false, ...polled });
      },
    };
    this.scheduler.after(throttles > 0 ? SECOND : 0, async () => {
      // Always a violation, whatever faults were injected.
      timers.push(this.scheduler.after(FUNCTION_TIMEOUT, () => this.checks.timedOut(request)));
      const abortAfter = (ms: number): AbortSignal => {
        const controller = new AbortController();
        timers.push(this.scheduler.after(ms, async () => this.abort(run, controller)));
        return controller.signal;
      };
      await invocation.start(this.code, event, { now: () => this.now, abortAfter, serves: this.code.servedStacks(this.servedList(request)) });
      this.goOn(run);
    });
  }

  /** The served stacks in the environment of the provider's function. */
  private servedList({ stack: { stackId } }: CfnRequest): string {
    if (!this.script.world.providerElsewhere) return stackId;
    const names = this.stacks.filter(stack => !this.isUnserved(stack)).map(({ name }) => name);
    return ['arn:aws:cloudformation:us-east-1:111122223333:stack/Provider/3a0b6f10-0000-11f0-0000-0a0000000001', ...names].join(',');
  }

  /** Whether a provider in another stack does not serve a stack at a time. */
  public isUnserved(stack: Stack, at = this.now): boolean {
    const { providerElsewhere, unserved } = this.script.world;
    if (!providerElsewhere || !unserved || this.stacks[unserved.stack] !== stack) return false;
    const from = this.began + unserved.fromMinute * MINUTE;
    return at >= from && at < from + unserved.minutes * MINUTE;
  }

  private goOn(run: Run): void {
    const { request, invocation } = run;
    const { outcome, call, sleep } = invocation;
    if (outcome) {
      run.end(outcome, { running: run.running && this.checks.ownJobRunning(request) });
    } else if (call) {
      this.scheduler.after(this.script.world.callMs, async () => this.carryOut(run, call));
    } else if (sleep) {
      this.count('looks again in one invocation');
      run.mostCalls = Math.max(run.calls, run.mostCalls);
      run.calls = 0;
      this.scheduler.after(sleep.ms, async () => {
        if (run.over) return;
        await invocation.wake();
        this.goOn(run);
      });
    } else {
      throw new Error('The handler waits for something other than a Bedrock call or a sleep');
    }
  }

  /** The handler aborts the pending call. */
  private async abort(run: Run, controller: AbortController): Promise<void> {
    const { call } = run.invocation;
    controller.abort();
    if (call?.signal !== controller.signal) return;
    this.count('call aborted');
    run.request.lastFaultAt = this.now;
    await this.tell(run, call, new AbortError(), undefined);
  }

  private async carryOut(run: Run, call: PendingCall): Promise<void> {
    const { request } = run;
    if (run.over || run.invocation.call !== call) return;
    const { operation, input } = call;
    this.calls += 1;
    run.calls += 1;
    run.askedAt = this.now;
    if (this.calls > MAX_CALLS) this.checks.endless(request);
    const met = this.faults.nextCall(operation, (this.now - this.began) / MINUTE);
    // A retry with the same client request token returns the job that the first call started.
    const fault = met.name === 'refusedForGood' && this.hasStarted(input) ? {} : met;
    if (fault.name) {
      this.count(`fault: ${fault.name}`);
      run.disturbed = true;
      request.lastFaultAt = this.now;
      if (fault.name === 'refusedForGood') request.excuses.add('refused for good');
      this.trace.say('fault', () => `${fault.name} affects ${operation} for ${describeRequest(request)}`);
    }
    let result: Result | undefined;
    if (fault.killed !== 'before' && (!fault.error || fault.after)) {
      result = operation === 'CheckModelFiles' || operation === 'InvokeModel'
        ? this.callForNewModel(request, operation, input)
        : this.callBedrock(request, operation, input);
    }
    if (fault.killed) {
      request.excuses.add('handler killed');
      run.invocation.call = undefined;
      this.scheduler.after(SECOND, () => run.end({ error: new Error('2026-01-01T00:00:00.000Z 12345678-1234-1234-1234-123456789012 Runtime exited') }));
      return;
    }
    if (fault.lasts === Infinity) return; // pending until it is aborted
    const lasts = Math.max(fault.lasts ?? 0, result?.lasts ?? 0);
    if (lasts > 0) {
      this.scheduler.after(lasts, async () => {
        if (fault.lasts) request.lastFaultAt = this.now;
        await this.tell(run, call, fault.error, result);
      });
      return;
    }
    await this.tell(run, call, fault.error, result);
  }

  private hasStarted(input: object): boolean {
    const { jobName } = input as { jobName?: string };
    return this.bedrock.snapshot().jobs.some(job => job.jobName === jobName);
  }

  /** Delivers the response or the error to the handler, unless it aborted the call. */
  private async tell(run: Run, call: PendingCall, lost: Error | undefined, result: Result | undefined): Promise<void> {
    if (run.over || run.invocation.call !== call) return;
    run.request.answerOf = run.askedAt;
    this.observe(run, call, lost, result);
    await run.invocation.answer(({ answer, refuse }) => {
      if (lost) {
        refuse(lost);
      } else if (result && 'error' in result) {
        refuse(result.error);
      } else {
        answer(result?.value);
      }
    });
    this.goOn(run);
  }

  /** What the handler learns about a new model. */
  private observe({ request }: Run, { operation, input }: PendingCall, lost: Error | undefined, result: Result | undefined): void {
    const { newModels } = this.checks;
    if (operation === 'CheckModelFiles' && !lost && result && 'value' in result) newModels.read(request, result.value as ModelCheck);
    if (operation === 'InvokeModel') newModels.answered(request, this.modelOf(input), lost ? 'late' : result?.verdict ?? 'late');
  }

  private modelOf(input: object): ReturnType<Bedrock['snapshot']>['models'][number] | undefined {
    const { modelId } = input as { modelId: string };
    return this.bedrock.snapshot().models.find(({ modelArn }) => modelArn === modelId);
  }

  /** Calls Bedrock with the permissions of the stack's provider. */
  private callBedrock(request: CfnRequest, operation: Operation, input: object): Result {
    const { stack } = request;
    let result: Result;
    const changes = CHANGES.includes(operation);
    if (changes) this.checks.changing(request, operation, input);
    if (this.now < stack.deniedUntil && (stack.deniedAll || operation === 'CreateModelImportJob')) {
      this.count('access denied');
      result = { error: new BedrockError('AccessDeniedException', `You are not authorized to perform bedrock:${operation}`) };
    } else if (operation === 'CreateModelImportJob' && this.checks.isDeleted(request)
      && !(this.script.world.providerElsewhere && String(request.event.ResourceProperties.RoleArn).includes('role/user-'))) {
      // Assumption: the waiter of a cancelled Update cannot import after its chain was deleted (assumptions.md).
      this.count('assumed: zombie of a deleted chain');
      result = { error: new BedrockError('ValidationException', 'The provided role ARN is invalid') };
    } else {
      const method = `${operation[0].toLowerCase()}${operation.slice(1)}` as Method;
      try {
        result = { value: (this.bedrock[method] as (argument: object) => unknown)(input) };
      } catch (error) {
        result = { error };
      }
    }
    const refused = 'error' in result ? result.error as BedrockError : undefined;
    if (changes) {
      this.trace.say('Bedrock', () => `${operation} ${JSON.stringify(input).slice(0, 230)} for ${describeRequest(request)}: ${refused ? `${refused.name}: ${refused.message}` : 'ok'}`);
    } else if (refused) {
      this.trace.say('Bedrock', () => `${operation} ${JSON.stringify(input).slice(0, 120)} for ${describeRequest(request)}: ${refused.name}`);
    }
    if (refused) this.checks.refused(request, operation, refused);
    else if (changes) this.checks.changed(request, operation, input);
    this.bedrock.clearCalls();
    if (this.trace.enabled) this.trace.holds(() => this.checks.whatIs());
    return result;
  }

  /** Reads the files in Amazon S3, or invokes the model. */
  private callForNewModel(request: CfnRequest, operation: NewModelCall, input: object): Result {
    const { ResourceProperties } = request.event;
    const { stack } = request;
    const model = operation === 'InvokeModel' ? this.modelOf(input) : undefined;
    if (operation === 'InvokeModel') this.checks.newModels.invoking(request, model);
    if (this.now < stack.deniedUntil && stack.deniedAll) {
      this.count('access denied');
      return { error: new BedrockError('AccessDeniedException', `You are not authorized to perform ${operation}`) };
    }
    try {
      if (operation === 'CheckModelFiles') {
        return { value: this.files.check(input as FilesToCheck, ResourceProperties.SourceVersion as string | undefined, this.now) };
      }
      return this.invokeModel(request, model);
    } catch (error) {
      return { error };
    }
  }

  private invokeModel(request: CfnRequest, model: ReturnType<World['modelOf']>): Result {
    if (!model?.modelArn) throw new BedrockError('ResourceNotFoundException', 'The model does not exist');
    const answer = this.answers.next(model.jobName ?? '', model.modelArn);
    const more = { lasts: answer.seconds * SECOND, verdict: verdictOf(answer) };
    this.count(`answer: ${answer.is}`);
    this.trace.say('model', () => `${model.modelName} for ${describeRequest(request)}: ${answer.is}`);
    try {
      return { value: bodyOf(answer, this.loading), ...more };
    } catch (error) {
      return { error, ...more };
    }
  }

  private planImport({ jobName }: CreateModelImportJobRequest): { durationMs: number; failureMessage?: string } {
    const { imports } = this.script.world;
    if (this.planted !== undefined) return { durationMs: this.planted * MINUTE };
    if (jobName?.startsWith('other')) {
      const [, , minutes, fails] = jobName.split('-');
      return { durationMs: Number(minutes) * MINUTE, failureMessage: fails === 'fails' ? 'other reasons' : undefined };
    }
    const { minutes, fails, answers } = imports[Math.min(this.imports++, imports.length - 1)] ?? { minutes: 3 };
    this.answers.plan(jobName ?? '', answers);
    return { durationMs: minutes * MINUTE, failureMessage: fails ? `The weights are unreadable${minutes % 4 === 0 ? LONG_MESSAGE : ''}` : undefined };
  }

  // --- Other users of the account ---

  /** Starts an import with the name that a stack could use next, and with another service role. */
  private plant({ stack: index, model, version, minutes, genuineSource, otherJob }: Extract<OtherScript, { do: 'plant' }>, serial: number): void {
    const stack = this.stacks[index % this.stacks.length];
    const importLink = stack.resources.get(`M${model}Import`);
    if (!importLink) return;
    const { properties, physicalId } = importLink;
    const s3Uri = String(properties.S3Uri);
    const key = properties.ImportedModelKmsKeyId as string | undefined;
    const owner = ownerOf({ stackId: stack.stackId, importLogicalId: `M${model}Import` });
    const content = contentOf({ s3Uri, sourceVersion: version === 0 ? undefined : String(version), importedModelKmsKeyId: key });
    const jobName = otherJob ? `team-c-job-${serial}` : `x-${owner}-${content}-planted${'abcdefgh'[serial % 8]}`;
    this.planted = minutes;
    try {
      this.bedrock.createModelImportJob({
        jobName,
        importedModelName: properties.ImportedModelName as string | undefined ?? `${physicalId}-${content}`,
        roleArn: 'arn:aws:iam::111122223333:role/planter',
        modelDataSource: { s3DataSource: { s3Uri: genuineSource ? s3Uri : 's3://amzn-s3-demo-bucket/planted/' } },
        importedModelKmsKeyId: genuineSource ? key : undefined,
      });
      this.count('planted');
      this.checks.plantedJob(jobName, otherJob);
      this.trace.say('planter', () => `starts ${jobName} of ${minutes} minutes, named like one of ${stack.name}.M${model}`);
    } catch (error) {
      this.trace.say('planter', () => `cannot plant ${jobName}: ${(error as Error).message}`);
    } finally {
      this.planted = undefined;
    }
    this.bedrock.clearCalls();
  }

  private playOther(other: OtherScript): void {
    const serial = this.nextNumber();
    switch (other.do) {
      case 'import':
        try {
          this.bedrock.createModelImportJob({
            jobName: `other-${serial}-${other.minutes}-${other.fails ? 'fails' : 'succeeds'}`,
            importedModelName: `other-${serial}`,
            roleArn: 'arn:aws:iam::111122223333:role/other',
            modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/other/' } },
          });
          this.count('import of another');
          this.trace.say('other', () => `starts an import of ${other.minutes} minutes`);
        } catch {
          this.trace.say('other', () => 'cannot start an import');
        }
        return;
      case 'model':
        this.bedrock.seedModel(`other-${serial}`);
        this.count('model of another');
        this.trace.say('other', () => 'adds a model');
        return;
      case 'forget': {
        const mine = this.bedrock.snapshot().models.find(({ modelName }) => modelName?.startsWith('other'));
        if (!mine?.modelName) return;
        this.bedrock.deleteModelByHand(mine.modelName);
        this.trace.say('other', () => `deletes its model ${mine.modelName}`);
        return;
      }
      case 'quota':
        this.bedrock.setModelQuota(other.maxModels);
        this.count('quota changed');
        this.trace.say('other', () => `changes the model quota to ${other.maxModels}`);
        return;
      case 'plant':
        this.plant(other, serial);
        return;
      default: {
        const models = this.bedrock.snapshot().models.filter(({ modelName }) => !modelName?.startsWith('other'));
        const victim = models[other.which % Math.max(1, models.length)];
        if (!victim?.modelName || !victim.modelArn) return;
        if (other.do === 'deleteByHand') {
          this.checks.deletedByHand(victim.modelArn);
          this.bedrock.deleteModelByHand(victim.modelName);
          this.count('deleted by hand');
        } else {
          this.bedrock.tagResource({ resourceARN: victim.modelArn, tags: [{ key: 'by-hand', value: 'yes' }] });
          this.bedrock.clearCalls();
          this.checks.taggedByHand(victim.modelArn);
          this.count('tagged by hand');
        }
        this.trace.say('operator', () => `${other.do} ${victim.modelName}`);
      }
    }
  }
}

/** The response of Bedrock. */
type Result = ({ readonly value: unknown } | { readonly error: unknown }) & {
  /** The duration in milliseconds. */
  readonly lasts?: number;
  /** How the answer of a model must be judged. */
  readonly verdict?: ReturnType<typeof verdictOf>;
};

interface Run {
  readonly request: CfnRequest;
  readonly invocation: Invocation;
  readonly end: (outcome: Outcome, polled?: Partial<Polled>) => void;
  readonly running: boolean;
  /** Calls since the last sleep; `mostCalls` is the maximum of the earlier ones. */
  calls: number;
  mostCalls: number;
  disturbed: boolean;
  over: boolean;
  askedAt: number;
}
