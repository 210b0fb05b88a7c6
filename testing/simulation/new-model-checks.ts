import type { Stack } from './cloudformation';
import type { InvariantName } from './invariants';
import { type CfnRequest, describeRequest, weightsOf } from './request';
import type { World } from './world';
import { REPLACED_BY_TAG, RETAIN_TAG, VERIFICATION_TAG } from '../../src/imported-model/provider/contract';
import type { ModelCheck } from '../../src/model-format';
import type { Snapshot } from '../bedrock-server/bedrock';
import type { Tag } from '../bedrock-server/tags';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The documented time limits. Repeats the constants of the handler on purpose, to detect a change by mistake. */
const PATIENCE = {
  /** Files that cannot be read. */
  files: MINUTE,
  /** A model that does not answer yet. */
  answer: 15 * MINUTE,
  known: 2 * MINUTE,
  /** The longest window of a link. */
  window: 55 * MINUTE,
};

type Model = Snapshot['models'][number];

/** What the other checks know. */
export interface Truth {
  readonly chainOf: (model: Model) => string | undefined;
  readonly contentOfModel: (model: Model) => string | undefined;
  /** The request that started the import of a model. */
  readonly starterOf: (model: Model) => CfnRequest | undefined;
  /** The model of a chain before the current operation. */
  readonly formerArn: (chain: string) => string | undefined;
  /** Whether a stack has ever used the model. */
  readonly hasServed: (arn: string) => boolean;
  /** Whether a request that nobody waits for has changed its tags. */
  readonly isTaggedByZombie: (arn: string) => boolean;
  /** Whether a resource of the chain was ever skipped in a rollback. */
  readonly wasSkipped: (chain: string) => boolean;
  readonly deleteRefusedAt: (chain: string) => number;
  /** Whether an import of these weights started until a time, and has not failed. */
  readonly isAccepted: (chain: string, weights: string, until: number) => boolean;
  readonly lag: () => number;
  readonly violate: (invariant: InvariantName, detail: string) => never;
}

/** What a request has learned from a model. */
interface Asked {
  readonly arn: string;
  readonly createdAt: number;
  readonly is: 'good' | 'bad' | 'refused' | 'late';
  /** When it last did not answer yet. */
  readonly lateAt: number;
  /** Since when every answer was bad, or every call was refused. */
  readonly badSince: number;
}

/** What a request has learned of the files. */
interface Read {
  readonly passed: boolean;
  /** Since when every result was the same. */
  readonly since: number;
}

/** Observes what only concerns new models: the check of their files, their verification, and the models that they replace. */
export class NewModelChecks {
  private readonly reads = new Map<number, Read>();
  private readonly asked = new Map<number, Asked>();
  private readonly answeredWell = new Set<string>();
  /** Models that a stack has used with a verification. */
  private readonly trusted = new Set<string>();
  /** Models that were deleted because of their answer. */
  private readonly rejected = new Set<string>();
  /** The model that must be kept for each chain. */
  private readonly previous = new Map<string, string>();
  /** The model that may be kept. */
  private readonly mayBeKept = new Map<string, string>();
  /** Chains whose last replacement looked like a rollback, see `Checks.isUnsure`. */
  private readonly unsure = new Set<string>();

  constructor(private readonly world: World, private readonly truth: Truth) {}

  // --- The check of the files ---

  /** A check has read the files. */
  public read(request: CfnRequest, { passed }: ModelCheck): void {
    const before = this.reads.get(request.number);
    this.world.count(passed ? 'files are good' : 'files are bad');
    this.reads.set(request.number, { passed, since: before?.passed === passed ? before.since : this.world.now });
  }

  /** The check link succeeds. */
  public checkPassed(request: CfnRequest): void {
    this.checkPromptCheck(request);
    const read = this.reads.get(request.number);
    if (read === undefined) this.world.count('imported without a check');
    if (read?.passed !== false) return;
    if (this.isAccepted(request)) {
      this.world.count('bad files of a former import');
      return;
    }
    const { deniedUntil } = request.stack;
    if (Math.max(request.lastFaultAt, deniedUntil) >= (request.startedAt ?? 0) || request.seen.size > 0) {
      this.world.count('bad files, and nothing is known of models');
      return;
    }
    this.truth.violate('checked-first', `${describeRequest(request)} succeeded, although the files cannot be imported`);
  }

  /** Why a check link has failed. */
  public causeOfRefusedFiles(request: CfnRequest, reason: string): string {
    const read = this.reads.get(request.number);
    if (read?.passed !== false) this.truth.violate('check-never-blocks', `${describeRequest(request)} failed: ${reason.slice(0, 300)}`);
    const unseen = this.truth.lag() + 10 * SECOND + (this.world.now - request.lastFaultAt < 2 * MINUTE ? MINUTE : 0);
    if (this.isAccepted(request, unseen)) {
      this.truth.violate('check-never-blocks', `${describeRequest(request)} failed, although these files have been imported before`);
    }
    if (!/\[(unsupported-architecture|rule-1)\]/.test(reason)) this.truth.violate('reason-given', `of the check, for ${describeRequest(request)}: ${reason.slice(0, 300)}`);
    const since = Math.max(read.since, request.lastFaultAt, request.stack.deniedUntil);
    if (this.world.now > since + this.slack()) this.truth.violate('fails-at-first-look', `${describeRequest(request)} reports late that the files are bad`);
    return 'files refused';
  }

  private checkPromptCheck(request: CfnRequest): void {
    const since = Math.max(request.startedAt ?? request.sentAt, request.lastFaultAt, request.stack.deniedUntil);
    if (request.excuses.size === 0 && this.world.now > since + PATIENCE.files + this.slack() + 90 * SECOND) {
      this.truth.violate('check-never-blocks', `${describeRequest(request)} delayed the import`);
    }
  }

  /** Whether an import of these files has been accepted, at least a time ago. */
  private isAccepted({ chain, event }: CfnRequest, ago = 0): boolean {
    return this.truth.isAccepted(chain, weightsOf(event.ResourceProperties), this.world.now - ago);
  }

  // --- Verification ---

  /** A model is about to be invoked. */
  public invoking(request: CfnRequest, model: Model | undefined): void {
    const { awaited, chain, event, link, operation, stack } = request;
    const arn = model?.modelArn ?? '';
    if (event.ResourceProperties.VerificationBody === undefined || link !== 'model' || event.RequestType === 'Delete') {
      this.truth.violate('invoked-only-if-new', `${describeRequest(request)} invokes a model without a verification`);
    }
    if (model && this.truth.chainOf(model) !== chain) this.truth.violate('hands-off', `${describeRequest(request)} invokes ${model.modelName}`);
    const wasInUse = this.truth.formerArn(chain) === arn && !this.truth.wasSkipped(chain) && !this.truth.isTaggedByZombie(arn);
    if (awaited && operation === stack.operation && wasInUse) {
      this.truth.violate('invoked-only-if-new', `${describeRequest(request)} invokes ${model?.modelName}, which the stack had before`);
    }
  }

  /** The handler has received the answer of a model, or none. */
  public answered(request: CfnRequest, model: Model | undefined, is: Asked['is']): void {
    if (!model?.modelArn) return;
    const { now } = this.world;
    const before = this.asked.get(request.number);
    if (is === 'good') this.answeredWell.add(model.modelArn);
    this.asked.set(request.number, {
      arn: model.modelArn,
      createdAt: model.creationTime?.getTime() ?? 0,
      is,
      lateAt: is === 'late' ? now : before?.lateAt ?? 0,
      badSince: before?.is === is ? before.badSince : now,
    });
  }

  /** When the model of a request last did not answer yet. */
  public lastLate({ number }: CfnRequest): number {
    return this.asked.get(number)?.lateAt ?? 0;
  }

  /** A link starts to use a model. */
  public serves(request: CfnRequest, model: Model): void {
    const { chain, event } = request;
    const arn = model.modelArn ?? '';
    if (event.ResourceProperties.VerificationBody === undefined) return;
    const isGood = this.answeredWell.has(arn) || this.trusted.has(arn) || this.truth.formerArn(chain) === arn || this.truth.isTaggedByZombie(arn);
    if (!isGood && event.RequestType === 'Update' && this.truth.starterOf(model)?.event.ResourceProperties.Verified === undefined) {
      // The former template had lost its model, and an update without a verification has imported it again.
      this.world.count('assumed: a lost model that was imported again is not verified');
    } else if (!isGood) {
      this.truth.violate('unverified-never-serves', `${describeRequest(request)} responds with ${arn}, which never answered well`);
    }
    this.trusted.add(arn);
    this.world.count('verified');
  }

  /** A model is about to be deleted by the request that asks for it. */
  public rejecting(request: CfnRequest, model: Model): void {
    const tag = model.tags.find(({ key }) => key === VERIFICATION_TAG.key)?.value;
    const asked = this.asked.get(request.number);
    if (asked === undefined || asked.is === 'good' || tag !== VERIFICATION_TAG.pending) {
      this.truth.violate('model-kept', `${describeRequest(request)} deletes its own model ${model.modelName}, whose verification is ${tag}`);
    }
    this.rejected.add(model.modelArn ?? '');
    this.world.count('rejected');
  }

  /** Whether a model was deleted because of its answer. */
  public wasRejected(arn: string): boolean {
    return this.rejected.has(arn);
  }

  /** Whether another request has deleted the model that this one was asking. */
  public lostItsModel({ number }: CfnRequest): boolean {
    return this.rejected.has(this.asked.get(number)?.arn ?? '');
  }

  /** Why a verification has failed. Undefined if it must not fail. */
  public causeOfRejection(request: CfnRequest, reason: string): string | undefined {
    const asked = this.asked.get(request.number);
    if (asked === undefined || asked.is === 'good') return undefined;
    const { now } = this.world;
    if (asked.is !== 'bad' && now < this.endOfPatience(request, asked)) return undefined;
    if (asked.is !== 'late' && !/Lyon|no text|Malformed/.test(reason)) {
      this.truth.violate('reason-given', `of the verification, for ${describeRequest(request)}: ${reason.slice(0, 300)}`);
    }
    const since = Math.max(asked.is === 'late' ? 0 : asked.badSince, asked.is === 'bad' ? 0 : this.endOfPatience(request, asked));
    const refusedAt = Math.max(this.truth.deleteRefusedAt(request.chain), request.lastFaultAt, request.stack.deniedUntil);
    // An invocation can take a minute.
    if (now > since + this.slack() + 2 * MINUTE && refusedAt < since) {
      this.truth.violate(asked.is === 'bad' ? 'fails-at-first-look' : 'bounded-patience', `${describeRequest(request)} reports late that its verification failed`);
    }
    const model = this.world.bedrock.snapshot().models.find(({ modelArn }) => modelArn === asked.arn);
    const starter = model && this.truth.starterOf(model);
    const { JobName, RemovalPolicy, ReplacementStrategy } = request.event.ResourceProperties;
    const isOwn = model?.jobName === JobName || starter?.number === request.number;
    const hasRetainTag = model?.tags.some(({ key }) => key === RETAIN_TAG.key);
    const isBetterThanNone = ReplacementStrategy === 'DELETE_FIRST' && asked.is !== 'bad';
    if (starter?.event.ResourceProperties.Verified === 'true' && RemovalPolicy !== 'RETAIN' && refusedAt < since && isOwn && !hasRetainTag && !isBetterThanNone
      && !this.truth.hasServed(asked.arn) && !this.truth.isTaggedByZombie(asked.arn)) {
      this.truth.violate('failed-model-deleted', `${model?.modelName} exists after ${describeRequest(request)} has failed`);
    }
    return asked.is === 'late' ? 'no answer' : 'verification failed';
  }

  /** Whether a request has given up although its model had time to answer. */
  public gaveUpEarly(request: CfnRequest, deadline: number): boolean {
    const asked = this.asked.get(request.number);
    const isLive = this.world.bedrock.snapshot().models.some(({ modelArn }) => modelArn === asked?.arn);
    return asked?.is === 'late' && isLive && asked.createdAt + this.truth.lag() + this.slack() < deadline && this.world.now < this.endOfPatience(request, asked);
  }

  private endOfPatience({ sentAt, startedAt = sentAt }: CfnRequest, { createdAt, is }: Asked): number {
    return Math.min(Math.max(startedAt, createdAt) + (is === 'refused' ? PATIENCE.known : PATIENCE.answer), startedAt + PATIENCE.window);
  }

  // --- The former model ---

  /** An operation on the model of a chain begins. */
  public begun(chain: string, keepsPrevious: boolean): void {
    if (!keepsPrevious) this.previous.delete(chain);
  }

  /** An update of a chain is complete; its former model is about to be removed, unless it is kept. */
  public replaced(chain: string, formerArn: string | undefined, keepsPrevious: boolean, isUnsure: boolean): void {
    this.previous.delete(chain);
    this.mayBeKept.delete(chain);
    if (!keepsPrevious || formerArn === undefined) return;
    this.mayBeKept.set(chain, formerArn);
    this.unsure[isUnsure ? 'add' : 'delete'](chain);
    if (isUnsure) return;
    this.world.count('previous model kept');
    this.previous.set(chain, formerArn);
  }

  /** Everything of a stack or a chain may be deleted. */
  public released(prefix: string): void {
    for (const map of [this.previous, this.mayBeKept]) {
      for (const chain of map.keys()) if (chain.startsWith(prefix)) map.delete(chain);
    }
  }

  public deleting(request: CfnRequest, { modelArn, modelName }: Model): void {
    if (this.previous.get(request.chain) !== modelArn) return;
    this.truth.violate('previous-kept', `${describeRequest(request)} deletes ${modelName}, which is kept until the next replacement is complete`);
  }

  public deletedByHand(arn: string): void {
    for (const [chain, previous] of this.previous) if (previous === arn) this.previous.delete(chain);
  }

  /** Whether this model is left on purpose. */
  public isPrevious(chain: string, arn: string | undefined): boolean {
    return this.mayBeKept.get(chain) === arn || this.unsure.has(chain);
  }

  /** A stack is at rest. */
  public rests(stack: Stack, chain: string, servingArn: string | undefined, hasReimported: boolean): void {
    const previous = this.previous.get(chain);
    const { models } = this.world.bedrock.snapshot();
    if (previous !== undefined && !models.some(({ modelArn }) => modelArn === previous)) {
      this.truth.violate('previous-kept', `${stack.name} is ${stack.status}, but the previous model of ${chain} does not exist`);
    }
    const extra = models.find(model => this.truth.chainOf(model) === chain && isKeptForSuccessor(model.tags) && !isRetained(model.tags)
      && model.modelArn !== servingArn
      && !this.isPrevious(chain, model.modelArn));
    if (extra && hasReimported) {
      this.world.count('assumed: a rollback of DELETE_FIRST keeps what failed');
      this.mayBeKept.set(chain, extra.modelArn ?? '');
      return;
    }
    if (extra) this.truth.violate('previous-removed', `${stack.name} is ${stack.status}, but ${extra.modelName} is kept`);
  }

  private slack(): number {
    return 2 * this.world.script.world.pollSeconds * SECOND + MINUTE + this.truth.lag();
  }
}

/** Whether a model has the tag of one that is kept, or will be. */
export function isKeptForSuccessor(tags: readonly Tag[]): boolean {
  return tags.some(({ key, value }) => key === REPLACED_BY_TAG.key && /^(KEPT|REPLACING):/.test(value));
}

function isRetained(tags: readonly Tag[]): boolean {
  return tags.some(({ key }) => key === RETAIN_TAG.key);
}
