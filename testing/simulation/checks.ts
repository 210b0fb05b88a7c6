import { keepsPrevious } from './chain';
import type { Resource, Stack } from './cloudformation';
import { type InvariantName, Violation } from './invariants';
import { isKeptForSuccessor, NewModelChecks } from './new-model-checks';
import type { Polled } from './provider';
import { type Answer, type CfnRequest, contentOf, CREATE_FAILED, describeRequest, shortContent } from './request';
import type { Definition, Template } from './template';
import type { World } from './world';
import { REPLACED_BY_TAG, RETAIN_TAG, VERIFICATION_TAG } from '../../src/imported-model/provider/contract';
import type { Snapshot } from '../bedrock-server/bedrock';
import type { Operation } from '../bedrock-server/constraints';
import type { BedrockError } from '../bedrock-server/errors';
import type { Tag } from '../bedrock-server/tags';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * The documented time limits. Repeats the constants of the handler on purpose, to detect a change by mistake.
 */
export const PATIENCE = {
  /** The propagation of a new role or permission. */
  propagation: 10 * MINUTE,
  /** A model quota that is exhausted. */
  fullAccount: 15 * MINUTE,
  /** A model that is not visible although its job has completed. */
  visibility: 2 * MINUTE,
  /** An orphan that cannot be deleted. */
  orphan: 5 * MINUTE,
  /** The old model of a DELETE_FIRST update that cannot be deleted. */
  giveWay: 11 * MINUTE,
  /** From the end of a job to the request of the link that reports its failure. */
  handOver: 10 * MINUTE,
  /** The window of a Delete. */
  delete: 55 * MINUTE,
};

type Model = Snapshot['models'][number];
type Job = Snapshot['jobs'][number];

/** The actual owner and content of a job, derived from the calling request instead of its name. */
interface JobTruth {
  readonly chain: string;
  readonly content: string;
  readonly stack: Stack;
  readonly operation: number;
  readonly startedAt: number;
  /** Started by a request that CloudFormation no longer waited for. */
  readonly forgotten: boolean;
}

/** The model of a chain before the update. */
interface Before {
  readonly arn: string;
  /** The update is allowed to delete it before the new model exists. */
  readonly deletesFirst: boolean;
  readonly tagKeys: { readonly model: readonly string[]; readonly job: readonly string[] };
}

/** A deleted model. */
interface Deletion {
  readonly at: number;
  readonly chain: string;
  readonly content?: string;
  /** A later request can still read the model because of read lag. */
  readonly excuses: boolean;
  readonly operation: number;
  /** Deleted by a request that CloudFormation no longer waits for. */
  readonly cancelled: boolean;
}

const ATTRIBUTES = [
  'ModelArn', 'ImportedModelName', 'JobArn', 'JobName', 'ModelArchitecture', 'InstructSupported', 'CustomModelUnitsPerModelCopy',
  'CustomModelUnitsVersion',
];

/** Tags that are not in the properties of a model. */
const OWN_TAGS = ['by-hand', RETAIN_TAG.key, VERIFICATION_TAG.key, REPLACED_BY_TAG.key];

/** Observes a history, tracks the owner of every resource, and reports violated invariants. */
export class Checks {
  /** The checks of files, verifications and former models. */
  public readonly newModels: NewModelChecks;
  private readonly jobs = new Map<string, JobTruth>();
  private readonly handDeleted = new Set<string>();
  private readonly handTagged = new Set<string>();
  /** Models that must not be deleted: ARN to the chain that needs it. */
  private readonly kept = new Map<string, string>();
  /** The model of each chain before the current operation. */
  private readonly before = new Map<string, Before>();
  /** The name of the model of each chain before the current operation. */
  private readonly formerNames = new Map<string, string>();
  private readonly rolesMade = new Map<string, number>();
  /** Chains with a resource that CloudFormation abandoned in cleanup. */
  private readonly abandonedChains = new Set<string>();
  /** ARNs of deleted models that a stack still refers to, see `isStaleByDesign`. */
  private readonly staleArns = new Set<string>();
  /** Chains without any resource left in the stack. */
  private readonly forgottenChains = new Set<string>();
  /** Create requests that failed because of the provider framework or Lambda. */
  private readonly forgottenRequests = new Set<number>();
  private readonly deleted = new Map<string, Deletion>();
  /** When the first link of a chain last succeeded. */
  private readonly importAnswered = new Map<string, { readonly operation: number; readonly at: number; readonly lastFaultAt: number }>();
  private readonly zombieTagged = new Set<string>();
  /** When the first link of a chain was last deleted. */
  private readonly deletedChains = new Map<string, number>();
  private readonly deleteRefusedAt = new Map<string, number>();
  /** When the user last stopped retaining a model, by ARN. */
  private readonly unmarkedAt = new Map<string, number>();
  private readonly rolesGone = new Set<string>();
  /** The number of the request that started a job. */
  private readonly startedBy = new Map<string, number>();
  /** When the latest successful request of the last link of a chain began. */
  private readonly succeededFrom = new Map<string, { readonly operation: number; readonly at: number }>();
  private readonly requests: CfnRequest[] = [];
  /** The ARNs of models that CloudFormation retained. */
  private readonly retainedArns = new Set<string>();
  /** The ARNs of all models that a stack ever used. */
  private readonly served = new Set<string>();
  /** Those whose last response was with RETAIN. */
  private readonly retainAnswered = new Set<string>();
  /** Jobs of another principal with a job name of a stack. */
  private readonly planted = new Set<string>();
  /** Those with only a model name of a stack. */
  private readonly plantedByName = new Set<string>();
  /** Chains with a resource that was skipped in a rollback, and the operation. */
  private readonly skippedChains = new Map<string, number>();
  private readonly onceSkipped = new Set<string>();
  private readonly rollsBack = new Map<Stack, boolean>();

  constructor(private readonly world: World) {
    this.newModels = new NewModelChecks(world, {
      chainOf: model => this.chainOf(model),
      contentOfModel: model => this.contentOfModel(model),
      starterOf: ({ jobName }) => this.requests[this.startedBy.get(jobName ?? '') ?? -1],
      formerArn: chain => this.before.get(chain)?.arn,
      hasServed: arn => this.served.has(arn),
      isTaggedByZombie: arn => this.zombieTagged.has(arn),
      wasSkipped: chain => this.onceSkipped.has(chain),
      deleteRefusedAt: chain => this.deleteRefusedAt.get(chain) ?? 0,
      isAccepted: (...which) => this.isAccepted(...which),
      lag: () => this.lag(),
      violate: (...violation) => this.violate(...violation),
    });
  }

  // --- Events of the world ---

  public sent(request: CfnRequest): void {
    this.requests.push(request);
    if (request.event.RequestType === 'Delete' && request.link === 'import') {
      this.release(request.chain);
      this.newModels.released(request.chain);
    }
  }

  public submitted(request: CfnRequest, answer: Answer): void {
    const { event } = request;
    const body = { ...answer, StackId: event.StackId, RequestId: event.RequestId, LogicalResourceId: event.LogicalResourceId };
    const bytes = Buffer.byteLength(JSON.stringify(body));
    if (bytes > 4096) this.violate('answer-fits', `${bytes} bytes for ${describeRequest(request)}`);
    if (!answer.PhysicalResourceId || answer.PhysicalResourceId.length > 1024) this.violate('answer-fits', `id "${answer.PhysicalResourceId}" for ${describeRequest(request)}`);
    if (event.RequestType === 'Delete' && answer.PhysicalResourceId !== event.PhysicalResourceId) this.violate('answer-fits', `another id for ${describeRequest(request)}`);
    if (event.RequestType === 'Update' && request.link !== 'model' && answer.PhysicalResourceId !== event.PhysicalResourceId) {
      this.violate('rollback-restores', `the id of ${describeRequest(request)} changed, which makes CloudFormation delete the chain`);
    }
    request.submitted += 1;
    if (request.submitted > 2 && !request.excuses.has('framework killed')) this.violate('answered-once', describeRequest(request));
    if (!request.awaited || request.submitted > 1) return; // CloudFormation accepts the first response
    if (answer.Status === 'SUCCESS') {
      this.checkSuccess(request, answer);
    } else {
      this.checkFailure(request, answer);
    }
  }

  /** An invocation timed out. */
  public timedOut(request: CfnRequest): void {
    this.violate('within-time-out', `${describeRequest(request)}: task timed out`);
  }

  /** A request timed out without a response. */
  public unanswered(request: CfnRequest): void {
    if (!request.excuses.has('framework killed')) this.violate('answered', `${describeRequest(request)} has no response after one hour`);
  }

  /** A poll ended with `IsComplete: false`. */
  public polled(request: CfnRequest, former: Polled | undefined, polled: Polled): void {
    if (!former || former.disturbed || polled.disturbed) return;
    // The first polls of a Delete of a wait link also check whether the stack keeps a model.
    const isFirst = request.link === 'wait' && request.event.RequestType === 'Delete' && polled.at < (request.startedAt ?? 0) + PATIENCE.visibility + MINUTE;
    const isLast = request.link === 'import' && request.event.RequestType === 'Delete' && polled.at > (request.startedAt ?? 0) + PATIENCE.delete - 12 * MINUTE;
    const limit = isLast ? 24 : !former.running || !polled.running ? 24 : isFirst ? 8 : 1;
    if (polled.calls > limit) this.violate('one-call-per-poll', `${polled.calls} calls in one poll for ${describeRequest(request)}, although nothing changed`);
  }

  /** Whether the job of this request is running and visible. */
  public ownJobRunning(request: CfnRequest): boolean {
    const { world } = this.world.script;
    const lag = Math.max(world.getLagSeconds, world.listLagSeconds) * SECOND;
    const name = request.event.ResourceProperties.JobName;
    return this.runningJobs().some(job => {
      const truth = this.jobs.get(job.jobName ?? '');
      if (!truth || truth.chain !== request.chain || (job.creationTime?.getTime() ?? 0) + lag > this.world.now) return false;
      if (request.event.RequestType === 'Delete') return request.link !== 'model' || job.importedModelName === request.event.PhysicalResourceId;
      if (truth.content !== request.content || !rolesOf(request).includes(job.roleArn)) return false;
      if (request.link === 'import') return this.startedBy.get(job.jobName ?? '') === request.number;
      return job.jobName === name;
    });
  }

  /** Whether this is an Update that is no longer awaited, of a chain whose last Delete is complete. */
  public isDeleted({ event, awaited, chain }: CfnRequest): boolean {
    return event.RequestType === 'Update' && !awaited && this.deletedChains.has(chain);
  }

  /** Before a call that changes a resource. */
  public changing(request: CfnRequest, operation: Operation, input: object): void {
    const { models, jobs } = this.world.bedrock.snapshot();
    if (request.event.RequestType !== 'Delete' && this.isStranger(request)) this.violate('bound', `${operation} for ${describeRequest(request)}`);
    if (operation === 'DeleteImportedModel') {
      const { modelIdentifier } = input as { modelIdentifier: string };
      const model = models.find(({ modelArn, modelName }) => modelArn === modelIdentifier || modelName === modelIdentifier);
      if (!model) return;
      if (request.event.RequestType !== 'Delete' && request.event.ResourceProperties.RemovalPolicy === 'RETAIN') {
        this.violate('retained', `${describeRequest(request)} deletes ${model.modelName} although the policy is RETAIN`);
      }
      const isUnmarked = this.zombieTagged.has(model.modelArn ?? '') && !hasMark(model.tags);
      if (isUnmarked && this.retainedArns.has(model.modelArn ?? '')) this.world.count('assumed: a zombie removes a mark');
      else if (this.retainedArns.has(model.modelArn ?? '')) this.violate('retained', `${describeRequest(request)} deletes ${model.modelName}, which CloudFormation retained`);
      if (this.planted.has(model.jobName ?? '') && !this.plantedByName.has(model.jobName ?? '')) {
        this.world.count('planted model deleted');
        return;
      }
      if (this.chainOf(model) !== request.chain) this.violate('hands-off', `${describeRequest(request)} deletes ${model.modelName} of ${this.describeOwner(model)}`);
      const keeper = this.kept.get(model.modelArn ?? '');
      const isRace = this.isRaceOfDeleteFirst(request, model.modelArn ?? '');
      // After a failed update of a link that was once skipped, CloudFormation can send an ID that was never that of its model.
      const isLost = this.onceSkipped.has(request.chain) && request.event.PhysicalResourceId !== model.modelName;
      if (keeper !== undefined && isLost) this.world.count('assumed: a skipped resource has lost its id');
      if (keeper !== undefined && !isRace && !isLost && !this.isDoneAlready(request)) {
        this.violate('model-kept', `${describeRequest(request)} deletes ${model.modelName}, which is needed`);
      }
      this.newModels.deleting(request, model);
      if (isAskedFor(request, model.modelName) && this.contentOfModel(model) === request.content) this.newModels.rejecting(request, model);
      this.deleted.set(model.modelArn ?? '', {
        at: this.world.now,
        chain: request.chain,
        content: this.contentOfModel(model),
        excuses: request.event.ResourceProperties.ReplacementStrategy === 'DELETE_FIRST' || (request.event.RequestType === 'Delete' && request.submitted > 0),
        operation: request.operation,
        cancelled: !request.awaited,
      });
      if (keeper !== undefined || isRace) this.staleArns.add(model.modelArn ?? '');
      this.kept.delete(model.modelArn ?? '');
      if (request.link === 'wait' && request.event.RequestType === 'Delete') this.violate('model-kept', `${describeRequest(request)} deletes ${model.modelName}`);
    } else if (operation === 'TagResource' || operation === 'UntagResource') {
      const { resourceARN } = input as { resourceARN: string };
      const model = models.find(({ modelArn }) => modelArn === resourceARN);
      const job = jobs.find(({ jobArn }) => jobArn === resourceARN);
      if (!request.awaited) {
        this.zombieTagged.add(resourceARN);
        this.world.count('assumed: zombie tags');
      }
      const owner = model ? this.chainOf(model) : this.jobs.get(job?.jobName ?? '')?.chain;
      // CloudFormation sent the ID of a failed update. A model with that name could belong to the stack, imported with an earlier role.
      const isToldSo = this.planted.has(model?.jobName ?? '') && model?.modelName === request.event.PhysicalResourceId
        && operation === 'TagResource' && (input as { tags: Tag[] }).tags.every(({ key }) => [RETAIN_TAG.key, REPLACED_BY_TAG.key].includes(key));
      if (isToldSo) this.world.count('assumed: a planted model is marked');
      else if ((model || job) && owner !== request.chain) this.violate('hands-off', `${describeRequest(request)} changes tags of ${resourceARN}`);
      if (operation === 'TagResource') {
        const { tags } = input as { tags: Tag[] };
        const isKept = request.event.ResourceProperties.RemovalPolicy === 'RETAIN';
        if (hasMark(tags) && !isKept) this.violate('tags', `${describeRequest(request)} adds the retain tag to ${resourceARN}`);
      }
      if (operation === 'UntagResource') {
        const { tagKeys: keys } = input as { tagKeys: string[] };
        const isGivenUp = request.event.OldResourceProperties?.RemovalPolicy === 'RETAIN' && request.event.ResourceProperties.RemovalPolicy !== 'RETAIN';
        if (keys.includes(RETAIN_TAG.key)) {
          if (!isGivenUp) this.violate('retained', `${describeRequest(request)} removes the retain tag of ${resourceARN}`);
          this.retainedArns.delete(resourceARN);
          this.unmarkedAt.set(resourceARN, this.world.now);
          this.world.count('mark removed');
        }
        const { tagKeys } = input as { tagKeys: string[] };
        if (tagKeys.includes('by-hand')) this.violate('tags', `${describeRequest(request)} removes a tag that another principal set`);
      }
    }
  }

  /** Whether the provider has not served the stack for longer than the duration of an invocation. */
  private isStranger({ stack }: CfnRequest): boolean {
    return this.world.isUnserved(stack) && this.world.isUnserved(stack, this.world.now - 3 * MINUTE);
  }

  /** Whether a Delete is polled again after its response: the framework crashed, or it was delivered twice (assumptions.md). */
  private isDoneAlready({ event, submitted }: CfnRequest): boolean {
    const isDone = event.RequestType === 'Delete' && submitted > 0;
    if (isDone) this.world.count('assumed: a deletion polls again');
    return isDone;
  }

  /**
   * A DELETE_FIRST update that was cancelled during its first polls, or while Bedrock rejected its calls. Its waiter cannot be
   * stopped (assumptions.md).
   */
  private isRaceOfDeleteFirst({ awaited, event, sentAt, startedAt, chain, lastFaultAt }: CfnRequest, modelArn: string): boolean {
    const polls = (2 * this.world.script.world.pollSeconds + 150) * SECOND;
    // It retries while the deletion is rejected or the model is retained, up to a limit.
    const triedAt = Math.max(this.deleteRefusedAt.get(chain) ?? 0, this.unmarkedAt.get(modelArn) ?? 0);
    const until = Math.min(Math.max(sentAt, triedAt, lastFaultAt) + polls, (startedAt ?? sentAt) + PATIENCE.giveWay + MINUTE);
    const isRace = !awaited && event.ResourceProperties.ReplacementStrategy === 'DELETE_FIRST' && this.world.now <= until;
    if (isRace) this.world.count('assumed: cancelled DELETE_FIRST deletes');
    return isRace;
  }

  /** After a call that changed a resource. */
  public changed(request: CfnRequest, operation: Operation, input: object): void {
    if (operation !== 'CreateModelImportJob') {
      if (operation === 'DeleteImportedModel' && !request.awaited) this.world.count('zombie deletes');
      if (operation === 'DeleteImportedModel' && request.event.RequestType !== 'Delete') this.world.count('orphan or old model deleted');
      return;
    }
    const { jobName } = input as { jobName: string };
    const { stack, chain, content, operation: stackOperation } = request;
    if (this.jobs.has(jobName)) return; // the client request token matched the job of an earlier call
    this.world.count('imports');
    if (!request.awaited) this.world.count('zombie imports');
    const { models } = this.world.bedrock.snapshot();
    const same = models.find(model => this.chainOf(model) === chain && this.contentOfModel(model) === content);
    // The model that a failed Create left under another construct path has a different name.
    const { NameBase, NamePrefix } = request.event.ResourceProperties;
    const isMoved = request.event.RequestType === 'Create' && same !== undefined && !same.modelName?.startsWith(String(NameBase ?? NamePrefix));
    if (isMoved) this.world.count('assumed: a Create under another path');
    if (same && !isMoved) this.violate('needless-import', `${describeRequest(request)} imports ${shortContent(content)}, which exists as ${same.modelName}`);
    for (const [name, truth] of this.jobs) {
      if (truth.chain !== chain || truth.content !== content) continue;
      const job = this.job(name);
      if (job?.status === 'InProgress') this.violate('needless-import', `${describeRequest(request)} imports ${shortContent(content)}, which is being imported by ${name}`);
      if (job?.status === 'Failed' && this.startedBy.get(name) === request.number) {
        this.violate('needless-import', `${describeRequest(request)} retries a failed import`);
      }
      if (stack.phase === 'rollback' && this.newModels.wasRejected(job?.importedModelArn ?? '')) {
        this.world.count('assumed: a rollback imports again what was rejected');
      } else if (truth.operation === stackOperation && job?.status === 'Completed' && !this.handDeleted.has(job.importedModelArn ?? '')) {
        this.violate('needless-import', `${describeRequest(request)} imports ${shortContent(content)} again, in the same operation`);
      }
    }
    if (request.event.RequestType === 'Delete') this.violate('needless-import', `${describeRequest(request)} imports`);
    this.jobs.set(jobName, { chain, content, stack, operation: stackOperation, startedAt: this.world.now, forgotten: !request.awaited });
    this.startedBy.set(jobName, request.number);
  }

  /** Bedrock rejected a call of the handler (not an injected fault). */
  public refused(request: CfnRequest, operation: Operation, error: BedrockError): void {
    const fact = this.factOf(operation, error);
    if (operation === 'DeleteImportedModel') this.deleteRefusedAt.set(request.chain, this.world.now);
    if (!fact) return;
    this.world.count(`refused: ${fact}`);
    const { pollSeconds } = this.world.script.world;
    const slack = 2 * pollSeconds * SECOND + MINUTE;
    const seen = request.seen.get(fact);
    const since = seen && this.world.now <= seen.last + slack ? seen.since : this.world.now;
    request.seen.set(fact, { since, last: this.world.now });
    const start = request.startedAt ?? request.sentAt;
    const limit = fact === 'full' ? Math.max(start, since, this.lastTaken()) + PATIENCE.fullAccount : Math.max(start, since) + PATIENCE.propagation;
    if (this.world.now > limit + slack && request.lastFaultAt < limit - slack) {
      this.violate('bounded-patience', `${describeRequest(request)} still retries a call that was rejected (${fact}) since its minute ${Math.round((since - start) / MINUTE)}`);
    }
  }

  public roleMade(arn: string): void {
    this.rolesMade.set(arn, this.world.now);
  }

  public roleGone(arn: string): void {
    this.rolesGone.add(arn);
  }

  public deletedByHand(arn: string): void {
    this.handDeleted.add(arn);
    this.newModels.deletedByHand(arn);
    const model = this.world.bedrock.snapshot().models.find(({ modelArn }) => modelArn === arn);
    const chain = model && this.chainOf(model);
    const content = model && this.contentOfModel(model);
    if (chain) this.deleted.set(arn, { at: this.world.now, chain, content, excuses: true, operation: 0, cancelled: false });
    this.kept.delete(arn);
  }

  public taggedByHand(arn: string): void {
    this.handTagged.add(arn);
  }

  /** CloudFormation abandons a resource that it could not delete in cleanup. */
  public abandoned(stack: Stack, { importLogicalId, link }: Definition): void {
    // Models that the last link leaves behind are removed by a later Delete of the first link.
    if (link === 'import') {
      this.forgottenChains.add(`${stack.stackId}|${importLogicalId}`);
      this.world.count('assumed: chain abandoned in cleanup');
    }
    this.abandonedChains.add(`${stack.stackId}|${importLogicalId}`);
  }

  /** CloudFormation retains a resource because of its policy. */
  public retained(stack: Stack, { importLogicalId, link }: Definition, physicalId: string): void {
    const chain = `${stack.stackId}|${importLogicalId}`;
    if (link === 'import') this.forgottenChains.add(chain);
    if (link !== 'model') return;
    const model = this.world.bedrock.snapshot().models.find(one => one.modelName === physicalId && this.chainOf(one) === chain);
    if (!model || !this.served.has(model.modelArn ?? '')) return;
    if (!this.retainAnswered.has(model.modelArn ?? '')) {
      this.world.count('assumed: retained before the handler could know');
      return;
    }
    this.world.count('model retained');
    this.retainedArns.add(model.modelArn ?? '');
    this.kept.delete(model.modelArn ?? '');
  }

  public plantedJob(jobName: string, byName: boolean): void {
    this.planted.add(jobName);
    if (byName) this.plantedByName.add(jobName);
  }

  /** The user skips a resource that cannot be rolled back. */
  public skipped(stack: Stack, { importLogicalId }: Definition): void {
    if (!importLogicalId) return;
    this.skippedChains.set(`${stack.stackId}|${importLogicalId}`, stack.operation);
    this.onceSkipped.add(`${stack.stackId}|${importLogicalId}`);
  }

  /** An operation of a stack or its rollback begins. */
  public begun(stack: Stack): void {
    if (stack.phase === 'update') this.remember(stack);
    if (stack.phase === 'delete') {
      this.release(stack.stackId);
      this.newModels.released(stack.stackId);
    }
    this.rollsBack.set(stack, stack.phase === 'rollback');
    if (stack.phase !== 'rollback') return;
    this.release(stack.stackId);
    for (const [chain, { arn, deletesFirst }] of this.before) {
      if (chain.startsWith(stack.stackId) && !deletesFirst && !this.handDeleted.has(arn)) this.kept.set(arn, chain);
    }
  }

  /** Cleanup begins: CloudFormation deletes replaced resources and removed chains. */
  public cleaning(stack: Stack, removedChains: readonly string[]): void {
    this.keepRecorded(stack, new Set(removedChains));
    if (this.rollsBack.get(stack)) return;
    for (const chain of importLinks(stack.template)) {
      const key = `${stack.stackId}|${chain}`;
      const { attributes, properties } = this.recorded(stack, chain) ?? {};
      const name = this.formerNames.get(key);
      // By its name: after a rollback of DELETE_FIRST, it can have another ARN than the stack knows.
      const { models } = this.world.bedrock.snapshot();
      const former = models.find(model => model.modelName === name && this.chainOf(model) === key);
      const serving = models.find(({ modelArn }) => modelArn === attributes?.ModelArn);
      if (name === undefined || name === attributes?.ImportedModelName) continue;
      const isNeeded = properties?.KeepPrevious === 'true' && properties.RemovalPolicy !== 'RETAIN';
      this.newModels.replaced(key, former?.modelArn, isNeeded, isNeeded && this.isUnsure(key, former, serving));
    }
  }

  /** Whether it cannot be known that the former model of a chain is to be kept, or its own predecessor to be deleted. */
  private isUnsure(chain: string, former: Model | undefined, serving: Model | undefined): boolean {
    const reason = this.abandonedChains.has(chain) ? 'a former model whose deletion was abandoned'
      : hasMark([...former?.tags ?? [], ...serving?.tags ?? []]) ? 'a retained model is replaced or returns'
        : (former?.creationTime?.getTime() ?? 0) + this.lag() + MINUTE > this.world.now ? 'a former model that is too new to be seen' : undefined;
    if (reason) this.world.count(`assumed: ${reason}`);
    return reason !== undefined;
  }

  /** An operation of a stack has ended. */
  public settled(stack: Stack): void {
    switch (stack.status) {
      case 'CREATE_COMPLETE':
      case 'UPDATE_COMPLETE':
        this.keepRecorded(stack, new Set());
        this.checkRecorded(stack);
        this.checkOrphans(stack);
        this.checkPrevious(stack);
        return;
      case 'UPDATE_ROLLBACK_COMPLETE':
        this.keepRecorded(stack, new Set());
        this.checkRecorded(stack);
        this.checkRestored(stack);
        this.checkPrevious(stack);
        return;
      case 'DELETE_COMPLETE':
      case 'ROLLBACK_COMPLETE':
        this.checkNothingLeft(stack.stackId, `when ${stack.name} is ${stack.status}`);
    }
  }

  public neverDeleted(stack: Stack): void {
    this.violate('destroy-ends', `${stack.name} cannot be deleted, even after retries`);
  }

  public endless(request: CfnRequest): void {
    this.violate('terminates', `too many calls, the last for ${describeRequest(request)}`);
  }

  /** No actions are left. */
  public over(finished: boolean): void {
    if (!finished) this.violate('terminates', 'no actions are left, but the user is not done');
    this.checkNothingLeft('', 'at the end of the history');
  }

  /** A description of the models and jobs in Bedrock. */
  public whatIs(): string {
    const { models } = this.world.bedrock.snapshot();
    const jobs = this.runningJobs().map(job => `${this.describeJob(job.jobName)}`);
    return `running [${jobs.join(', ')}] models [${models.map(model => `${this.describeJob(model.jobName)} as ${model.modelName}`).join(', ')}]`;
  }

  // --- A request succeeds ---

  private checkSuccess(request: CfnRequest, answer: Answer): void {
    if (request.event.RequestType === 'Delete') {
      this.checkDeleted(request);
      return;
    }
    const { link, event } = request;
    if (link === 'check') {
      if (!answer.Data?.FilesDigest) this.violate('attributes', `no FilesDigest from ${describeRequest(request)}`);
      this.newModels.checkPassed(request);
      return;
    }
    if (link === 'import' && !answer.Data?.JobName) this.violate('attributes', `no JobName from ${describeRequest(request)}`);
    if (link === 'import') this.importAnswered.set(request.chain, { operation: request.operation, at: this.world.now, lastFaultAt: request.lastFaultAt });
    const model = this.modelFor(request, answer.Data?.ModelArn);
    if (!model && this.seesGhost(request, content => content === request.content)) return;
    if (link !== 'model') {
      // Only the last link verifies source and role.
      const isPlanted = this.world.bedrock.snapshot().models.some(({ jobName }) => this.planted.has(jobName ?? ''));
      if (!model && !isPlanted && this.world.now < (request.startedAt ?? 0) + Number(event.ResourceProperties.WindowMinutes) * MINUTE) {
        this.violate('arn-live', `${describeRequest(request)} succeeded before its wait window elapsed, but the model does not exist`);
      }
      if (!model) this.world.count('window handed over');
      return;
    }
    for (const name of ATTRIBUTES) {
      if (typeof answer.Data?.[name] !== 'string' || answer.Data[name] === '') this.violate('attributes', `no ${name} from ${describeRequest(request)}`);
    }
    const answered = this.world.bedrock.snapshot().models.find(({ modelArn }) => modelArn === answer.Data?.ModelArn);
    const isReplanted = [...this.deleted]
      .some(([arn, one]) => one.chain === request.chain && one.content === request.content && this.handDeleted.has(arn));
    if (answered && isReplanted && this.planted.has(answered.jobName ?? '')) {
      this.world.count('assumed: planted in place of a model that was deleted by hand');
      this.handDeleted.add(answered.modelArn ?? '');
    } else if (answered && this.planted.has(answered.jobName ?? '')) {this.violate('genuine', `${describeRequest(request)} responds with ${answered.modelName}, which was planted`);}
    if ((this.skippedChains.get(request.chain) ?? Infinity) < request.operation) this.skippedChains.delete(request.chain);
    if (this.handDeleted.has(answer.Data?.ModelArn ?? '')) return;
    if (!model) this.violate('arn-live', `${describeRequest(request)} succeeded, but no model with its content exists`);
    if (model.modelArn !== answer.Data?.ModelArn) this.violate('arn-live', `${describeRequest(request)} responds with a different model than ${model.modelName}`);
    this.newModels.serves(request, model);
    this.kept.set(model.modelArn ?? '', request.chain);
    this.served.add(model.modelArn ?? '');
    this.retainAnswered[event.ResourceProperties.RemovalPolicy === 'RETAIN' ? 'add' : 'delete'](model.modelArn ?? '');
    this.succeededFrom.set(request.chain, { operation: request.operation, at: request.startedAt ?? request.sentAt });
    this.checkPromptness(request, model);
  }

  /** Whether a model was just deleted (by an operator, a cancelled DELETE_FIRST or a rollback), but is still readable (assumptions.md). */
  private seesGhost({ chain, operation }: CfnRequest, isGhost: (content: string | undefined, arn: string) => boolean): boolean {
    const ghost = [...this.deleted].find(([arn, one]) => one.chain === chain && isGhost(one.content, arn)
      && (one.excuses || one.operation < operation) && this.world.now <= one.at + this.lag() + 15 * SECOND);
    if (!ghost) return false;
    this.staleArns.add(ghost[0]);
    this.world.count('assumed: sees a ghost');
    return true;
  }

  private checkPromptness(request: CfnRequest, model: Model): void {
    const { world } = this.world.script;
    const lag = Math.max(world.getLagSeconds, world.listLagSeconds) * SECOND;
    const { lastFaultAt, stack, startedAt = 0 } = request;
    const since = Math.max(model.creationTime?.getTime() ?? 0, startedAt, lastFaultAt, stack.deniedUntil, this.newModels.lastLate(request)) + lag;
    const limit = since + PATIENCE.orphan + 8 * world.pollSeconds * SECOND + MINUTE;
    if (this.world.now > limit && request.excuses.size === 0 && !this.deleteRefusedAt.has(request.chain)) {
      this.violate('prompt', `${describeRequest(request)} reports late that ${model.modelName} exists`);
    }
  }

  private checkDeleted(request: CfnRequest): void {
    const { link, event, chain } = request;
    if (link === 'import') this.deletedChains.set(chain, this.world.now);
    if (link === 'import') this.forgetSecondDelivery(chain);
    if (link === 'wait' && request.stack.phase === 'cleanup' && request.excuses.size === 0) this.checkPromptCleanUp(request);
    // The framework responds to the Delete of a Create that failed before it had a physical ID, and so created nothing.
    if (link === 'check' || link === 'wait' || event.PhysicalResourceId === CREATE_FAILED) return;
    if (link === 'model' && this.world.now >= (request.startedAt ?? request.sentAt) + PATIENCE.delete) {
      this.world.count('assumed: last link gives up its delete');
      return;
    }
    const left = this.world.bedrock.snapshot().models.filter(model => this.chainOf(model) === chain && !hasMark(model.tags)
      && (link === 'import' || (model.modelName === event.PhysicalResourceId && !isKeptForSuccessor(model.tags))));
    if (left.length > 0 && !this.hasZombie(chain)) this.violate('delete-verified', `${describeRequest(request)} succeeded, but ${left[0].modelName} still exists`);
    const own = this.runningJobs().filter(job => this.jobs.get(job.jobName ?? '')?.chain === chain);
    if (link === 'import' && own.length > 0 && this.world.now >= (request.startedAt ?? request.sentAt) + PATIENCE.delete - 11 * MINUTE
      && own.every(({ roleArn }) => roleArn !== event.ResourceProperties.RoleArn)) {
      this.world.count('assumed: an import of a former role outlives its chain');
      this.forgottenChains.add(chain);
      return;
    }
    const running = own.length > 0;
    if (running && link === 'import' && !this.hasZombie(chain)) this.violate('delete-verified', `${describeRequest(request)} succeeded, but its import is still running`);
  }

  /** In cleanup, the stack already has its restored or new model, so a Delete must not wait for an import. */
  private checkPromptCleanUp(request: CfnRequest): void {
    const { stack, chain } = request;
    const arn = this.recorded(stack, chain.replace(/^.*\|/, ''))?.attributes.ModelArn;
    const start = Math.max(request.startedAt ?? request.sentAt, request.lastFaultAt);
    const limit = start + 2 * this.world.script.world.pollSeconds * SECOND + MINUTE + this.lag();
    if (arn && this.isLive(arn) && this.world.now > limit) this.violate('rollback-prompt', `${describeRequest(request)} delayed the stack`);
  }

  /** A Create was delivered twice and failed once: it has a response, but its second waiter continues (assumptions.md). */
  private forgetSecondDelivery(chain: string): void {
    const create = this.requests.filter(request => request.chain === chain && request.event.RequestType === 'Create').pop();
    if (create && create.excuses.size > 0) this.forgottenRequests.add(create.number);
  }

  // --- A request fails ---

  private checkFailure(request: CfnRequest, { Reason }: Answer): void {
    const cause = request.event.RequestType === 'Delete' ? this.causeOfFailedDelete(request) : this.causeOfFailure(request, Reason);
    if (cause === undefined) this.violate('needless-failure', `${describeRequest(request)}: ${Reason.slice(0, 300)}`);
    this.world.count(`failed: ${cause}`);
  }

  private causeOfFailedDelete(request: CfnRequest): string | undefined {
    if (request.excuses.size > 0) return [...request.excuses][0];
    const start = request.startedAt ?? request.sentAt;
    if (request.link === 'import' && this.world.now >= start + PATIENCE.delete) {
      const running = this.runningJobs().map(({ jobName }) => jobName ?? '');
      // Also a job that ended just now.
      const own = [...this.jobs].some(([name, { chain }]) => chain === request.chain
        && (running.includes(name) || (this.job(name)?.endTime?.getTime() ?? 0) >= this.world.now - 12 * MINUTE));
      const wasDisturbed = request.lastFaultAt >= this.world.now - 12 * MINUTE;
      if (!own && !wasDisturbed && running.some(name => this.planted.has(name))) this.violate('destroy-ends', `${describeRequest(request)} waits for an import of another owner`);
      return 'delete timed out';
    }
    return undefined;
  }

  private causeOfFailure(request: CfnRequest, reason: string): string | undefined {
    const { event, stack, chain, content, link } = request;
    const { now } = this.world;
    if (request.excuses.size > 0) return [...request.excuses][0];
    if (/my model/.test(String(event.ResourceProperties.S3Uri))) return 'invalid property';
    const wasStranger = this.world.isUnserved(stack) || this.world.isUnserved(stack, now - 3 * MINUTE);
    if (/a stack whose models use this provider/.test(reason) && wasStranger) return 'not served';
    if (link === 'check') return this.newModels.causeOfRefusedFiles(request, reason);
    const start = request.startedAt ?? request.sentAt;

    const window = Number(event.ResourceProperties.WindowMinutes) * MINUTE;
    const timedOut = link === 'model' && now >= start + window;
    if (/verification: model/.test(reason)) return this.newModels.causeOfRejection(request, reason);
    if (timedOut && this.newModels.lostItsModel(request)) return 'verification failed for another waiter';
    if (timedOut && this.newModels.gaveUpEarly(request, start + window)) return undefined;
    const failed = [...this.jobs].map(([name, truth]) => ({ job: this.job(name), truth }))
      .find(({ job, truth }) => job?.status === 'Failed' && truth.chain === chain && truth.content === content
        && (truth.operation === request.operation || (job.endTime?.getTime() ?? 0) >= start - PATIENCE.handOver) && reason.includes(job.jobArn ?? '-'));
    const unseen = (failed?.job?.endTime?.getTime() ?? 0) + this.lag() >= request.answerOf;
    if (failed?.job && !(timedOut && unseen)) {
      if (!reason.includes('The weights are unreadable')) this.violate('reason-given', `of the failed job, for ${describeRequest(request)}: ${reason.slice(0, 300)}`);
      const since = Math.max(failed.job.endTime?.getTime() ?? 0, start, request.lastFaultAt, stack.deniedUntil) + this.lag();
      const { pollSeconds } = this.world.script.world;
      if (now > since + 2 * pollSeconds * SECOND + MINUTE) this.violate('fails-at-first-look', `${describeRequest(request)} reports late that its job failed`);
      return 'job failed';
    }
    // Its turn came too late, or a fault took the time. A link with time for one poll only cannot take two steps.
    const whole = Number(event.ResourceProperties.ImportTimeoutMinutes) * MINUTE;
    const seen = [...request.seen.values()].map(({ last }) => last);
    const wasDisturbed = Math.max(request.lastFaultAt, stack.deniedUntil, ...seen) >= start
      || (this.deleteRefusedAt.get(chain) ?? 0) >= start - whole;
    const hadToWait = wasDisturbed || this.runningJobs().length > 0 || this.lastTaken() >= start - whole
      || window <= 2 * this.world.script.world.pollSeconds * SECOND;
    if (timedOut && hadToWait) return 'import timeout';

    const role = String(event.ResourceProperties.RoleArn);
    const madeAt = this.rolesMade.get(role);
    const propagated = madeAt !== undefined && now >= madeAt + PATIENCE.propagation;
    if (/role ARN is invalid/.test(reason) && now >= start + PATIENCE.propagation && (role.endsWith('missing') || propagated || this.rolesGone.has(role))) return 'role invalid';
    if (/AccessDenied/.test(reason) && now >= start + PATIENCE.propagation) return 'access denied';

    // Quota that became available after the error is too late; the calls after the error can take as long as an invocation.
    const wasFull = (request.seen.get('full')?.last ?? 0) >= now - 2 * MINUTE;
    if (/limit of/.test(reason) && wasFull && now >= Math.max(start, this.lastTaken(now - this.lag())) + PATIENCE.fullAccount) return 'account full';
    const wasKept = Math.max(request.lastFaultAt, stack.deniedUntil, request.seen.get('full')?.last ?? 0) >= now - PATIENCE.fullAccount;
    if (/limit of/.test(reason) && this.isRivalUnseen() && wasKept && now >= start + PATIENCE.fullAccount) {
      this.world.count('assumed: rival too late to be seen');
      return 'account seems full';
    }

    const isAccused = /would be replaced|with the service role/.test(reason);
    if (isAccused && this.seesGhost(request, (_, arn) => reason.includes(arn))) return 'model gone a moment ago';
    if (/not imported from what|instead of|imported with the service role|did not import/.test(reason)) {
      const accused = this.world.bedrock.snapshot().models.find(({ modelArn }) => reason.includes(modelArn ?? '-'));
      // The planted model might already be deleted.
      const isPlanted = this.world.bedrock.snapshot().jobs.some(({ jobName, importedModelArn }) => this.planted.has(jobName ?? '')
        && reason.includes(importedModelArn ?? '-'));
      if (isPlanted) return 'name planted';
      const startedWith = accused && this.job(accused.jobName ?? '')?.roleArn;
      if (accused && this.chainOf(accused) === chain && link === 'model' && /with the service role/.test(reason) && !rolesOf(request).includes(startedWith)) {
        this.world.count('assumed: a model of a former role');
        return 'model of a former role';
      }
    }

    const { models } = this.world.bedrock.snapshot();
    const name = event.ResourceProperties.ImportedModelName;
    // Two models with the same exact name are a user error, also if one of them was just deleted.
    if (name !== undefined && /is the name of a model/.test(reason)
      && [...this.jobs.values()].some(other => other.chain !== chain && (JSON.parse(other.content) as unknown[])[3] === name)) {
      this.world.count('assumed: one name for two models');
      return 'name taken';
    }
    const holder = models.find(({ modelName }) => name !== undefined && modelName === name);
    if (holder && hasMark(holder.tags) && this.contentOfModel(holder) !== content) return 'name retained';
    if (holder && (this.chainOf(holder) !== chain || (this.contentOfModel(holder) !== content
      && (event.ResourceProperties.ReplacementStrategy !== 'DELETE_FIRST' || (holder.creationTime?.getTime() ?? 0) > start)))) return 'name taken';

    if (/is gone/.test(reason)) {
      const gone = [...this.jobs].find(([jobName, truth]) => truth.chain === chain && truth.content === content
        && this.handDeleted.has(this.job(jobName)?.importedModelArn ?? ''));
      if (gone) return 'deleted by hand';
      const isRejected = [...this.jobs].some(([jobName, truth]) => truth.chain === chain && truth.content === content
        && this.newModels.wasRejected(this.job(jobName)?.importedModelArn ?? ''));
      if (isRejected) return 'verification failed without a response';
      const told = this.importAnswered.get(chain);
      // The other links use the model that existed before. Ten minutes after the end of its job, the first link imports again.
      const since = told?.operation === request.operation ? told.at : link === 'import' ? start : 0;
      const isRaced = [...this.deleted].some(([arn, one]) => one.chain === chain && one.content === content
        && ((one.excuses && one.cancelled) || this.staleArns.has(arn)) && one.at >= since - this.lag());
      if (isRaced) {
        this.world.count('assumed: model goes between two links');
        return 'deleted by a request that nobody waits for';
      }
    }
    return undefined;
  }

  // --- The end of an operation ---

  private checkRecorded(stack: Stack): void {
    const { models, jobs } = this.world.bedrock.snapshot();
    for (const chain of importLinks(stack.template)) {
      const recorded = this.recorded(stack, chain);
      const arn = recorded?.attributes.ModelArn;
      if (this.skippedChains.has(`${stack.stackId}|${chain}`)) {
        this.world.count('assumed: a skipped resource is not what the template says');
        continue;
      }
      if (!recorded || !arn) this.violate('arn-live', `${stack.name} is ${stack.status}, but has no model for ${chain}`);
      if (this.handDeleted.has(arn) || this.isStaleByDesign(stack, chain, arn)) continue;
      const model = models.find(({ modelArn }) => modelArn === arn);
      const content = contentOf(recorded.properties);
      if (!model) this.violate('arn-live', `${stack.name} is ${stack.status}, but ${recorded.attributes.ImportedModelName} of ${chain} does not exist`);
      if (this.contentOfModel(model) !== content || this.chainOf(model) !== `${stack.stackId}|${chain}`) {
        this.violate('arn-live', `${stack.name} is ${stack.status}, but ${model.modelName} has the content ${shortContent(this.contentOfModel(model) ?? '[]')} instead of ${shortContent(content)}`);
      }
      const { ImportedModelTags, JobTags, RemovalPolicy, VerificationBody } = recorded.properties as RecordedProperties;
      const verification = model.tags.find(({ key }) => key === VERIFICATION_TAG.key)?.value;
      const wanted = VerificationBody === undefined ? undefined : VERIFICATION_TAG.passed;
      if (verification !== wanted && !this.zombieTagged.has(arn) && !this.hasZombieOf(stack)) {
        this.violate('tags', `the verification of ${model.modelName} is ${verification}`);
      }
      if (RemovalPolicy === 'RETAIN' && !hasMark(model.tags) && !this.zombieTagged.has(arn)) this.violate('retained', `${model.modelName} has no retain tag`);
      if (RemovalPolicy !== 'RETAIN' && hasMark(model.tags)) this.world.count('a retained model serves again');
      // A model that was imported by a cancelled deployment and adopted by this one can have additional tags.
      const before = this.before.get(`${stack.stackId}|${chain}`);
      const known = before?.arn === arn ? before.tagKeys : { model: [], job: [] };
      const job = jobs.find(({ jobArn }) => jobArn === model.jobArn);
      if (!this.zombieTagged.has(arn)) this.checkTags(stack, model.modelName, known.model, RemovalPolicy === 'RETAIN' ? [...ImportedModelTags ?? [], RETAIN_TAG] : ImportedModelTags, model.tags);
      if (!this.zombieTagged.has(job?.jobArn ?? '')) this.checkTags(stack, model.jobName, known.job, JobTags, job?.tags ?? []);
      if (this.handTagged.has(arn) && !model.tags.some(({ key }) => key === 'by-hand')) this.violate('tags', `the tag of an operator on ${model.modelName} was removed`);
    }
  }

  /**
   * DELETE_FIRST deleted the old model, and the rollback imported it again with another ARN. CloudFormation did not update the
   * last link, because the update had not reached it (assumptions.md).
   */
  private isStaleByDesign(stack: Stack, chain: string, arn: string): boolean {
    const before = this.before.get(`${stack.stackId}|${chain}`);
    const stale = stack.status === 'UPDATE_ROLLBACK_COMPLETE' && !this.world.script.world.rollbackFollows && (before?.deletesFirst ?? false) && before?.arn === arn
      && !this.isLive(arn);
    if (stale) {
      this.staleArns.add(arn);
      this.world.count('assumed: stale ARN after a rollback of DELETE_FIRST');
    }
    return this.staleArns.has(arn);
  }

  private checkTags(stack: Stack, name: string | undefined, known: readonly string[], wanted: readonly Tag[] = [], actual: readonly Tag[]): void {
    if (this.hasZombieOf(stack)) return;
    const missing = wanted.find(({ key, value }) => !actual.some(tag => tag.key === key && tag.value === value));
    if (missing) this.violate('tags', `${missing.key}=${missing.value} is missing on ${name}`);
    const extra = actual.find(({ key }) => known.includes(key) && !wanted.some(tag => tag.key === key));
    if (extra) this.violate('tags', `${extra.key}=${extra.value} is still on ${name}`);
    if (actual.some(({ key }) => !OWN_TAGS.includes(key) && !wanted.some(tag => tag.key === key))) this.world.count('assumed: tags of an adopted model');
  }

  private checkRestored(stack: Stack): void {
    for (const chain of importLinks(stack.template)) {
      const key = `${stack.stackId}|${chain}`;
      const before = this.before.get(key);
      const recorded = this.recorded(stack, chain);
      if (!before || !recorded || this.handDeleted.has(before.arn) || this.skippedChains.has(key)) continue;
      if (recorded.attributes.ModelArn !== before.arn && !before.deletesFirst && !this.staleArns.has(before.arn)) {
        this.violate('rollback-restores', `${stack.name}: ${chain} is ${recorded.attributes.ModelArn} instead of ${before.arn}`);
      }
    }
  }

  /** Checks that no models of the chain are left that are older than the deployment and not in use. */
  private checkOrphans(stack: Stack): void {
    for (const chain of importLinks(stack.template)) {
      const key = `${stack.stackId}|${chain}`;
      const start = this.succeededFrom.get(key);
      if (start === undefined || start.operation !== stack.operation || this.abandonedChains.has(key) || this.hasZombie(key)) continue;
      const refused = (this.deleteRefusedAt.get(key) ?? 0) + PATIENCE.orphan + 2 * MINUTE;
      if (refused >= start.at) continue;
      const recorded = this.recorded(stack, chain);
      const orphan = this.world.bedrock.snapshot().models.find(model => this.chainOf(model) === key
        && recorded?.properties.RemovalPolicy !== 'RETAIN' && !hasMark(model.tags) && !this.onceSkipped.has(key)
        && model.modelArn !== recorded?.attributes.ModelArn
        && !(recorded?.properties.KeepPrevious === 'true' && this.newModels.isPrevious(key, model.modelArn))
        && (model.creationTime?.getTime() ?? 0) + this.lag() < start.at);
      if (orphan) this.violate(isKeptForSuccessor(orphan.tags) ? 'previous-removed' : 'orphan-removed', `${stack.name} is ${stack.status}, but the orphan ${orphan.modelName} of ${chain} exists`);
    }
  }

  private checkPrevious(stack: Stack): void {
    for (const chain of importLinks(stack.template)) {
      const key = `${stack.stackId}|${chain}`;
      const recorded = this.recorded(stack, chain);
      if (recorded?.properties.RemovalPolicy === 'RETAIN' || this.onceSkipped.has(key) || this.abandonedChains.has(key)) continue;
      const hasReimported = stack.status === 'UPDATE_ROLLBACK_COMPLETE' && this.before.get(key)?.arn !== recorded?.attributes.ModelArn;
      this.newModels.rests(stack, key, recorded?.attributes.ModelArn, hasReimported);
    }
  }

  private checkNothingLeft(stackId: string, when: string): void {
    // Resources that CloudFormation abandoned after a reported failure are left to the user (assumptions.md).
    const ours = (name: string | undefined): boolean => {
      const truth = this.jobs.get(name ?? '');
      return truth !== undefined && truth.chain.startsWith(stackId) && !this.forgottenChains.has(truth.chain)
        && !this.isTooLate(truth, name) && !this.isOfSecondDelivery(name);
    };
    const { models } = this.world.bedrock.snapshot();
    const left = models.find(({ jobName, tags }) => ours(jobName) && !hasMark(tags));
    if (left && !this.hasZombie(stackId)) this.violate('nothing-left', `${left.modelName} exists ${when}`);
    const running = this.runningJobs().find(({ jobName }) => ours(jobName));
    if (running && !this.hasZombie(stackId)) this.violate('nothing-left', `${running.jobName} is running ${when}`);
  }

  /** Whether a request that is no longer awaited started the job too shortly before its chain was deleted to be listed (assumptions.md). */
  private isTooLate({ chain, startedAt, forgotten }: JobTruth, jobName: string | undefined): boolean {
    const starter = this.requests[this.startedBy.get(jobName ?? '') ?? -1];
    const deletedAt = this.deletedChains.get(chain);
    if (this.world.script.world.providerElsewhere && forgotten && deletedAt !== undefined && startedAt > deletedAt) {
      this.world.count('assumed: zombie of a provider elsewhere');
      return true;
    }
    // The response comes after the list was read, by a call or two.
    const { callMs, listLagSeconds } = this.world.script.world;
    const unseenFrom = (deletedAt ?? 0) - listLagSeconds * SECOND - 2 * callMs;
    const tooLate = (forgotten || starter?.awaited === false) && deletedAt !== undefined && startedAt <= deletedAt && startedAt >= unseenFrom;
    if (tooLate) this.world.count('assumed: import of a zombie, too late to be seen');
    return tooLate;
  }

  private isOfSecondDelivery(jobName: string | undefined): boolean {
    const hidden = this.forgottenRequests.has(this.startedBy.get(jobName ?? '') ?? -1);
    if (hidden) this.world.count('assumed: second delivery of a Create that failed');
    return hidden;
  }

  // --- Records ---

  /** Records the models of a stack before an update. */
  private remember(stack: Stack): void {
    for (const chain of importLinks(stack.template)) {
      const key = `${stack.stackId}|${chain}`;
      const arn = this.recorded(stack, chain)?.attributes.ModelArn;
      // With DELETE_FIRST, the old model can be deleted as soon as another one is requested.
      const deletesFirst = stack.target.models[indexOf(chain)]?.strategy === 'DELETE_FIRST';
      const spec = stack.target.models[indexOf(chain)];
      this.newModels.begun(key, spec !== undefined && keepsPrevious(spec));
      this.before.delete(key);
      const name = this.recorded(stack, chain)?.attributes.ImportedModelName;
      this.formerNames.delete(key);
      if (name) this.formerNames.set(key, name);
      if (arn && this.isLive(arn)) this.before.set(key, { arn, deletesFirst, tagKeys: tagKeysOf(this.recorded(stack, chain)) });
      if (deletesFirst) this.release(key);
    }
  }

  private keepRecorded(stack: Stack, except: ReadonlySet<string>): void {
    this.release(stack.stackId);
    for (const chain of importLinks(stack.template)) {
      const arn = this.recorded(stack, chain)?.attributes.ModelArn;
      if (arn && !except.has(chain) && !this.handDeleted.has(arn)) this.kept.set(arn, `${stack.stackId}|${chain}`);
    }
  }

  private release(prefix: string): void {
    for (const [arn, chain] of this.kept) {
      if (chain.startsWith(prefix)) this.kept.delete(arn);
    }
  }

  // --- Queries ---

  private recorded(stack: Stack, chain: string): Resource | undefined {
    return stack.resources.get(chain.replace(/Import$/, 'Resource'));
  }

  /** The model of a request. If two have the same content, the one in the response. */
  private modelFor({ chain, content }: CfnRequest, answered?: string): Model | undefined {
    const models = this.world.bedrock.snapshot().models.filter(model => this.chainOf(model) === chain && this.contentOfModel(model) === content);
    return models.find(({ modelArn }) => modelArn === answered) ?? models[0];
  }

  private isLive(arn: string): boolean {
    return this.world.bedrock.snapshot().models.some(({ modelArn }) => modelArn === arn);
  }

  private chainOf({ jobName }: Model): string | undefined {
    return this.jobs.get(jobName ?? '')?.chain;
  }

  private contentOfModel({ jobName }: Model): string | undefined {
    return this.jobs.get(jobName ?? '')?.content;
  }

  private describeOwner(model: Model): string {
    return this.chainOf(model)?.replace(/^.*stack\//, '') ?? 'another';
  }

  private describeJob(jobName: string | undefined): string {
    const truth = this.jobs.get(jobName ?? '');
    return truth ? `${truth.stack.name}.${truth.chain.replace(/^.*\|/, '').replace(/Import$/, '')}: ${shortContent(truth.content)}` : jobName ?? '';
  }

  private job(name: string): Job | undefined {
    return this.world.bedrock.snapshot().jobs.find(({ jobName }) => jobName === name);
  }

  private runningJobs(): ReturnType<World['bedrock']['inProgress']> {
    return this.world.bedrock.inProgress();
  }

  /** Whether an import of these weights started until a time, and has not failed. */
  private isAccepted(chain: string, weights: string, until: number): boolean {
    return [...this.jobs].some(([name, truth]) => truth.chain === chain && truth.startedAt <= until && this.job(name)?.status !== 'Failed'
      && weights === JSON.stringify((JSON.parse(truth.content) as unknown[]).slice(0, 3)));
  }

  private isRivalUnseen(): boolean {
    const seenUntil = this.world.now - this.world.script.world.listLagSeconds * SECOND;
    return this.runningJobs().some(({ creationTime }) => (creationTime?.getTime() ?? 0) >= seenUntil);
  }

  /** When an import last ended or a model was last created, up to the given time. */
  private lastTaken(seenUntil = Infinity): number {
    const { models, jobs } = this.world.bedrock.snapshot();
    const times = [...models.map(({ creationTime }) => creationTime), ...jobs.map(({ endTime }) => endTime)].map(time => time?.getTime() ?? 0);
    return Math.max(0, ...times.filter(time => time <= seenUntil));
  }

  private lag(): number {
    const { getLagSeconds, listLagSeconds } = this.world.script.world;
    return Math.max(getLagSeconds, listLagSeconds) * SECOND;
  }

  private factOf(operation: Operation, { name, message }: BedrockError): 'role' | 'denied' | 'full' | undefined {
    if (name === 'AccessDeniedException') return 'denied';
    if (operation !== 'CreateModelImportJob') return undefined;
    if (/role ARN is invalid/.test(message)) return 'role';
    return name === 'ServiceQuotaExceededException' && this.runningJobs().length === 0 ? 'full' : undefined;
  }

  /** Whether a Create or Update that is no longer awaited still has a waiter. */
  private hasZombie(prefix: string): boolean {
    return this.requests.some(({ chain, awaited, waiters, event }) => !awaited && waiters > 0 && chain.startsWith(prefix) && event.RequestType !== 'Delete');
  }

  private hasZombieOf(stack: Stack): boolean {
    return this.hasZombie(stack.stackId);
  }

  private violate(invariant: InvariantName, detail: string): never {
    throw new Violation(invariant, detail);
  }
}

function importLinks({ definitions }: Template): string[] {
  return [...definitions.values()].filter(({ link }) => link === 'import').map(({ logicalId }) => logicalId);
}

function tagKeysOf(resource: Resource | undefined): Before['tagKeys'] {
  const { ImportedModelTags = [], JobTags = [], RemovalPolicy } = (resource?.properties ?? {}) as RecordedProperties;
  return { model: [...ImportedModelTags.map(({ key }) => key), ...RemovalPolicy === 'RETAIN' ? [RETAIN_TAG.key] : []], job: JobTags.map(({ key }) => key) };
}

/** The index of the model in the template, from the logical ID of its first link. */
function indexOf(chain: string): number {
  return Number(/^M(\d+)/.exec(chain)?.[1]);
}

interface RecordedProperties {
  readonly ImportedModelTags?: Tag[];
  readonly JobTags?: Tag[];
  readonly RemovalPolicy?: string;
  readonly VerificationBody?: string;
}

/** Whether a Create or Update asks for a model of this name. */
function isAskedFor({ event: { RequestType, ResourceProperties: { ImportedModelName, NamePrefix } } }: CfnRequest, name = ''): boolean {
  return RequestType !== 'Delete' && (ImportedModelName === undefined ? name.startsWith(`${String(NamePrefix)}-`) : name === ImportedModelName);
}

function hasMark(tags: readonly Tag[]): boolean {
  return tags.some(({ key }) => key === RETAIN_TAG.key);
}

/** The service roles that identify a job as belonging to the chain of a request. */
function rolesOf({ event }: CfnRequest): unknown[] {
  return [event.ResourceProperties.RoleArn, event.OldResourceProperties?.RoleArn];
}
