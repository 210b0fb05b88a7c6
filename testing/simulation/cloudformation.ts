import { isDeepStrictEqual } from 'node:util';
import { Graph, type GraphOutcome } from './graph';
import { Provider } from './provider';
import { type Answer, type CfnRequest, contentOf, describeRequest } from './request';
import type { DeployScript } from './script';
import { changed, type Definition, type Properties, type Template, templateOf } from './template';
import type { World } from './world';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** `ServiceTimeout`. */
const HOUR = 60 * MINUTE;

export type StackStatus =
  | 'none' | 'CREATE_COMPLETE' | 'ROLLBACK_COMPLETE' | 'ROLLBACK_FAILED' | 'UPDATE_COMPLETE' | 'UPDATE_ROLLBACK_COMPLETE'
  | 'UPDATE_ROLLBACK_FAILED' | 'DELETE_COMPLETE' | 'DELETE_FAILED';

/** The phase of an operation. In `cleanup`, CloudFormation deletes replaced and removed resources. */
export type Phase = 'idle' | 'create' | 'update' | 'rollback' | 'cleanup' | 'delete';

/** A resource as recorded by CloudFormation. */
export interface Resource {
  readonly definition: Definition;
  readonly physicalId: string;
  readonly properties: Properties;
  readonly attributes: { readonly [name: string]: string };
}

type Change = 'created' | 'updated';

interface Removal {
  readonly definition: Definition;
  readonly physicalId: string;
  readonly properties: Properties;
}

/** The state of an update that a rollback needs. */
interface Rollback {
  readonly template: Template;
  /** The template of the update. */
  readonly attempted: Template;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly touched: ReadonlyMap<string, Change>;
  /** The resources that the update replaced. */
  readonly removals: Removal[];
  /** The resources that the rollback replaced. */
  readonly undone: Removal[];
}

/** A stack and its operations in CloudFormation: one at a time, each ends with a stack status. */
export class Stack {
  public status: StackStatus = 'none';
  public phase: Phase = 'idle';
  /** The number of operations. A deployment and its rollback count as one. */
  public operation = 0;
  public template: Template = { models: [], definitions: new Map() };
  /** The template of the current operation. */
  public target: Template = this.template;
  public resources = new Map<string, Resource>();
  public stackId = '';
  /** Until when the provider is not authorized to create jobs, or to call Bedrock at all if `deniedAll`. */
  public deniedUntil = 0;
  public deniedAll = false;
  private provider: Provider;
  private generation = 0;
  private rollbackState?: Rollback;
  private failedToRestore: ReadonlySet<string> = new Set();
  private graph?: Graph;
  private cancelled = false;
  private readonly requests = new Set<CfnRequest>();

  constructor(private readonly world: World, public readonly name: string) {
    this.provider = new Provider(world);
  }

  public get exists(): boolean {
    return this.status !== 'none' && this.status !== 'DELETE_COMPLETE';
  }

  /** Creates or updates the stack, which must be in a status that allows it. */
  public deploy(script: DeployScript, settled: () => void): void {
    const models = changed(this.exists ? this.template.models : [], script);
    this.operation += 1;
    this.cancelled = false;
    const { world } = this;
    const serial = world.nextNumber();
    this.target = templateOf(world.script.world, this.name, models, script.sibling, serial);
    this.deniedUntil = world.now + (script.deniedMinutes ?? 0) * MINUTE;
    this.deniedAll = !this.exists && (script.deniedMinutes ?? 0) < 60;
    if (script.cancelAfterSeconds !== undefined) world.scheduler.after(script.cancelAfterSeconds * SECOND, this.canceller(this.operation));
    if (!this.exists) {
      this.generation += 1;
      this.stackId = `arn:aws:cloudformation:us-east-1:111122223333:stack/${this.name}/3a0b6f10-0000-11f0-000${this.generation}-0a0000000001`;
      this.provider = new Provider(world);
      this.create(settled);
    } else if (isDeepStrictEqual(models, this.template.models) && !script.sibling) {
      world.scheduler.after(SECOND, settled); // "No updates are to be performed"
    } else {
      this.update(settled);
    }
  }

  /** Deletes the stack. The user can retry after a failure. */
  public destroy(settled: () => void): void {
    this.operation += 1;
    this.begin('delete');
    this.target = { models: [], definitions: new Map() };
    this.deniedUntil = 0;
    this.deleteAll([...this.resources.keys()], failed => {
      this.end(failed ? 'DELETE_FAILED' : 'DELETE_COMPLETE', settled);
    });
  }

  /** ContinueUpdateRollback. */
  public continueRollback(settled: () => void, skipFailed = false): void {
    if (!this.rollbackState) throw new Error('No rollback to continue');
    this.operation += 1;
    this.world.count('rollback continued');
    if (skipFailed) this.world.count('rollback continued without what failed');
    this.rollBackUpdate(this.rollbackState, settled, skipFailed ? this.failedToRestore : new Set());
  }

  private canceller(operation: number): () => void {
    return () => {
      if (this.operation !== operation || (this.phase !== 'create' && this.phase !== 'update')) return;
      this.world.count('cancelled');
      this.world.trace.say('user', () => `cancels the deployment of ${this.name}`);
      this.cancelled = true;
      this.graph?.abort();
    };
  }

  // --- Create ---

  private create(settled: () => void): void {
    this.begin('create');
    const attempted = new Set<string>();
    this.start({
      nodes: [...this.target.definitions.keys()],
      before: node => this.target.definitions.get(node)?.dependsOn ?? [],
      stopsAtFailure: true,
      start: (node, done) => {
        attempted.add(node);
        this.createResource(definitionOf(this.target, node), done);
      },
      settled: outcome => {
        if (isFine(outcome) && !this.cancelled) {
          this.template = this.target;
          this.end('CREATE_COMPLETE', settled);
          return;
        }
        this.world.count('rollback of a create');
        this.abandonRequests(outcome);
        this.begin('rollback');
        const nodes = [...attempted];
        for (const node of nodes) this.resources.get(node) ?? this.resources.set(node, this.invented(definitionOf(this.target, node)));
        this.template = this.target;
        this.deleteAll(nodes, failed => this.end(failed ? 'ROLLBACK_FAILED' : 'ROLLBACK_COMPLETE', settled));
      },
    });
  }

  private createResource(definition: Definition, done: (ok: boolean) => void): void {
    const properties = definition.properties(this.getAtt);
    const made = (physicalId: string, attributes: Resource['attributes'] = {}): void => {
      this.resources.set(definition.logicalId, { definition, physicalId, properties, attributes });
    };
    switch (definition.kind) {
      case 'role':
        this.createRole(definition, arn => {
          made(arn, { Arn: arn });
          done(true);
        });
        return;
      case 'sibling':
        this.world.scheduler.after((definition.seconds ?? 0) * SECOND, () => {
          if (this.phase !== 'create' && this.phase !== 'update') return;
          if (definition.fails) this.world.count('sibling failed');
          this.world.trace.say('stack', () => `${this.name}.Sibling ${definition.fails ? 'fails' : 'is ready'}`);
          made('sibling');
          done(!definition.fails);
        });
        return;
      case 'link':
        this.request('Create', definition, undefined, properties, undefined, answer => {
          made(answer?.PhysicalResourceId ?? this.inventedId(definition), answer?.Status === 'SUCCESS' ? answer.Data ?? {} : {});
          done(answer?.Status === 'SUCCESS');
        });
    }
  }

  // --- Update ---

  private update(settled: () => void): void {
    this.begin('update');
    const touched = new Map<string, Change>();
    const { target } = this;
    const rollback: Rollback = { template: this.template, attempted: target, resources: new Map(this.resources), touched, removals: [], undone: [] };
    this.start({
      nodes: [...target.definitions.keys()],
      before: node => target.definitions.get(node)?.dependsOn ?? [],
      stopsAtFailure: true,
      start: (node, done) => this.updateResource(definitionOf(target, node), rollback, touched, done),
      settled: outcome => {
        if (!isFine(outcome) || this.cancelled) {
          this.world.count('rollback of an update');
          this.abandonRequests(outcome);
          for (const node of [...outcome.unfinished, ...outcome.failed]) {
            if (touched.get(node) === 'created' && !this.resources.has(node)) this.resources.set(node, this.invented(definitionOf(target, node)));
          }
          this.rollBackUpdate(rollback, settled);
          return;
        }
        this.template = target;
        const removed = [...rollback.resources.values()].filter(({ definition }) => !target.definitions.has(definition.logicalId));
        removed.forEach(({ definition }) => this.resources.delete(definition.logicalId));
        this.cleanUp([...rollback.removals, ...removed], [rollback.template, target], () => this.end('UPDATE_COMPLETE', settled));
      },
    });
  }

  private updateResource(definition: Definition, rollback: Rollback, touched: Map<string, Change>, done: (ok: boolean) => void): void {
    const { logicalId } = definition;
    const old = this.resources.get(logicalId);
    if (!old) {
      touched.set(logicalId, 'created');
      this.createResource(definition, done);
      return;
    }
    const properties = definition.properties(this.getAtt);
    if (isDeepStrictEqual(properties, old.properties)) {
      this.resources.set(logicalId, { ...old, definition });
      this.world.scheduler.after(1, () => done(true));
      return;
    }
    touched.set(logicalId, 'updated');
    switch (definition.kind) {
      case 'role':
        this.createRole(definition, arn => {
          this.resources.set(logicalId, { definition, physicalId: arn, properties, attributes: { Arn: arn } });
          rollback.removals.push(old);
          done(true);
        });
        return;
      case 'sibling':
        this.createResource(definition, done);
        return;
      case 'link':
        this.request('Update', definition, old.physicalId, properties, old.properties, answer => {
          if (answer?.Status === 'SUCCESS') {
            this.resources.set(logicalId, { definition, physicalId: answer.PhysicalResourceId, properties, attributes: answer.Data ?? {} });
            if (answer.PhysicalResourceId !== old.physicalId) {
              this.world.count('replacement');
              rollback.removals.push(old);
            }
          } else {
            const physicalId = this.world.script.world.failedUpdateRecords === 'new' ? answer?.PhysicalResourceId ?? old.physicalId : old.physicalId;
            if (physicalId !== old.physicalId) this.world.count('failed update recorded the new id');
            this.resources.set(logicalId, { ...old, definition, physicalId, properties });
          }
          done(answer?.Status === 'SUCCESS');
        });
    }
  }

  /** Restores updated resources with an Update from the new to the old properties, then deletes new resources. */
  private rollBackUpdate(rollback: Rollback, settled: () => void, skipped: ReadonlySet<string> = new Set()): void {
    this.begin('rollback');
    const old = rollback.template;
    const { attempted, undone } = rollback;
    const restored = new Set<string>();
    this.target = old;
    this.start({
      nodes: [...old.definitions.keys()],
      before: node => old.definitions.get(node)?.dependsOn ?? [],
      stopsAtFailure: false,
      start: (node, done) => {
        const before = rollback.resources.get(node);
        const current = this.resources.get(node);
        if (!before || !current) throw new Error(`${node} does not exist`);
        const { definition } = before;
        const properties = definition.properties(this.getAtt);
        const follows = this.world.script.world.rollbackFollows && definition.kind === 'link' && !isDeepStrictEqual(properties, before.properties);
        if (skipped.has(node)) {
          this.world.checks.skipped(this, definition);
          this.resources.set(node, { ...current, definition, properties: before.properties });
          this.world.scheduler.after(1, () => done(true));
          return;
        }
        if (rollback.touched.get(node) !== 'updated' && !follows) {
          this.resources.set(node, { ...current, definition });
          this.world.scheduler.after(1, () => done(true));
          return;
        }
        if (follows) this.world.count('rollback follows');
        if (definition.kind !== 'link') {
          this.world.scheduler.after(SECOND, () => {
            if (current.physicalId !== before.physicalId) undone.push(current);
            this.resources.set(node, before);
            restored.add(node);
            done(true);
          });
          return;
        }
        // A cancelled update is not recorded; its properties come from the attempted template.
        const tried = isDeepStrictEqual(current.properties, before.properties)
          ? attempted.definitions.get(node)?.properties(this.getAtt) ?? current.properties
          : current.properties;
        this.request('Update', definition, current.physicalId, properties, tried, answer => {
          if (answer?.Status !== 'SUCCESS') {
            done(false);
            return;
          }
          this.resources.set(node, { definition, physicalId: answer.PhysicalResourceId, properties, attributes: answer.Data ?? {} });
          restored.add(node);
          if (answer.PhysicalResourceId !== current.physicalId) undone.push({ ...current, definition });
          // Keep the resource that the update replaced, if it is restored. Otherwise, delete it.
          if (before.physicalId !== answer.PhysicalResourceId && before.physicalId !== current.physicalId) undone.push(before);
          done(true);
        });
      },
      settled: ({ failed }) => {
        if (failed.length > 0) {
          const touched = new Map([...rollback.touched].filter(([node, change]) => change === 'created' || !restored.has(node)));
          this.failedToRestore = new Set(failed);
          this.rollbackState = { ...rollback, touched };
          this.end('UPDATE_ROLLBACK_FAILED', settled);
          return;
        }
        this.rollbackState = undefined;
        this.template = old;
        const created = [...rollback.touched].filter(([, change]) => change === 'created').flatMap(([node]) => this.resources.get(node) ?? []);
        created.forEach(({ definition }) => this.resources.delete(definition.logicalId));
        this.cleanUp([...undone, ...created], [old, attempted], () => this.end('UPDATE_ROLLBACK_COMPLETE', settled));
      },
    });
  }

  // --- Delete ---

  /** Deletes resources of the stack, dependents first. A resource that fails and its dependencies are not deleted. */
  private deleteAll(nodes: string[], settled: (failed: boolean) => void): void {
    const recorded = new Map([...this.resources].map(([node, { definition }]) => [node, definition]));
    const dependents = dependentsIn([this.template, { models: [], definitions: recorded }]);
    this.start({
      nodes,
      before: dependents,
      stopsAtFailure: false,
      start: (node, done) => {
        const resource = this.resources.get(node);
        if (!resource) throw new Error(`No resource ${node}`);
        if (this.retains(resource)) {
          this.resources.delete(node);
          done(true);
          return;
        }
        this.deleteResource(resource, resource.properties, ok => {
          if (ok) this.resources.delete(node);
          done(ok);
        });
      },
      settled: outcome => settled(!isFine(outcome)),
    });
  }

  /** Deletes replaced and removed resources. A resource that fails is abandoned. */
  private cleanUp(all: readonly Removal[], templates: readonly Template[], settled: () => void): void {
    this.phase = 'cleanup';
    const removals = all.filter(removal => !this.retains(removal));
    this.world.checks.cleaning(this, removals.flatMap(({ definition }) => definition.link === 'import' ? definition.importLogicalId ?? [] : []));
    const nodes = [...new Set(removals.map(({ definition }) => definition.logicalId))];
    const dependents = dependentsIn(templates);
    this.start({
      nodes,
      before: dependents,
      stopsAtFailure: false,
      start: (node, done) => {
        const ofNode = removals.filter(({ definition }) => definition.logicalId === node);
        const next = (index: number, fine: boolean): void => {
          if (index === ofNode.length) {
            done(fine);
            return;
          }
          const carried = this.world.script.world.cleanupCarries === 'new' ? this.resources.get(node)?.properties : undefined;
          this.deleteResource(ofNode[index], carried ?? ofNode[index].properties, ok => {
            if (!ok) this.world.count('abandoned in cleanup');
            if (!ok) this.world.checks.abandoned(this, ofNode[index].definition);
            next(index + 1, fine && ok);
          });
        };
        next(0, true);
      },
      settled: ({ failed, notStarted }) => {
        // CloudFormation continues with the other resources after a failure.
        if (failed.length > 0 && notStarted.length > 0) {
          this.cleanUp(removals.filter(({ definition }) => notStarted.includes(definition.logicalId)), [], settled);
        } else {
          settled();
        }
      },
    });
  }

  /** Whether CloudFormation retains a resource in cleanup or when the stack is deleted. */
  private retains({ definition, physicalId }: Removal): boolean {
    const now = this.template.definitions.get(definition.logicalId);
    const retained = (this.world.script.world.replacePolicyOf === 'new' ? now : undefined)?.retained ?? definition.retained ?? false;
    if (retained) this.world.checks.retained(this, definition, physicalId);
    return retained;
  }

  private deleteResource({ definition, physicalId }: Removal, properties: Properties, done: (ok: boolean) => void): void {
    if (definition.kind === 'link') {
      this.request('Delete', definition, physicalId, properties, undefined, answer => done(answer?.Status === 'SUCCESS'));
      return;
    }
    this.world.scheduler.after(5 * SECOND, () => {
      if (definition.kind === 'role') this.world.removeRole(physicalId);
      done(true);
    });
  }

  // --- Requests ---

  private request(
    type: 'Create' | 'Update' | 'Delete', definition: Definition, physicalId: string | undefined,
    properties: Properties, oldProperties: Properties | undefined, answered: (answer: Answer | undefined) => void,
  ): void {
    const { world } = this;
    const number = world.nextRequest();
    const chain = `${this.stackId}|${definition.importLogicalId}`;
    const ResourceProperties = stringified(properties);
    const timeout = world.scheduler.after(HOUR, () => {
      if (!request.awaited) return;
      world.count('service timeout');
      world.trace.say('stack', () => `times out waiting for ${describeRequest(request)}`);
      this.requests.delete(request);
      request.awaited = false;
      world.checks.unanswered(request);
      answered(undefined);
    });
    const request: CfnRequest = {
      number,
      stack: this,
      operation: this.operation,
      link: definition.link ?? 'model',
      chain,
      content: contentOf(ResourceProperties),
      sentAt: world.now,
      awaited: true,
      answers: 0,
      submitted: 0,
      waiters: 0,
      excuses: new Set(),
      lastFaultAt: 0,
      answerOf: 0,
      seen: new Map(),
      event: {
        RequestType: type,
        RequestId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
        StackId: this.stackId,
        LogicalResourceId: definition.logicalId,
        PhysicalResourceId: physicalId,
        ResourceProperties,
        OldResourceProperties: oldProperties && stringified(oldProperties),
        ...{ ResponseURL: responseUrl(world.now) },
      },
      answered: answer => {
        request.answers += 1;
        if (!request.awaited) {
          world.count('answer to nobody');
          return;
        }
        timeout.cancelled = true;
        request.awaited = false;
        this.requests.delete(request);
        answered(answer);
      },
    };
    this.requests.add(request);
    world.trace.say('stack', () => `sends ${describeRequest(request)} ${physicalId ?? ''} ${describeProperties(type, ResourceProperties)}`);
    world.checks.sent(request);
    this.provider.send(request);
  }

  /** Stops waiting for unfinished requests. Their waiters continue. */
  private abandonRequests({ unfinished }: GraphOutcome): void {
    for (const request of [...this.requests]) {
      if (!unfinished.includes(request.event.LogicalResourceId)) continue;
      request.awaited = false;
      this.requests.delete(request);
      this.world.count(request.event.RequestType === 'Create' ? 'cancelled create' : 'cancelled update');
      this.world.trace.say('stack', () => `stops waiting for ${describeRequest(request)}`);
    }
  }

  private invented(definition: Definition): Resource {
    return { definition, physicalId: this.inventedId(definition), properties: definition.properties(this.getAtt), attributes: {} };
  }

  private inventedId({ logicalId, kind }: Definition): string {
    if (kind === 'link') this.world.count('invented id');
    return `${this.name}-${logicalId}-1ABCDEFGH${String(this.world.nextNumber()).padStart(4, '0')}`;
  }

  private createRole(definition: Definition, done: (arn: string) => void): void {
    this.world.scheduler.after(3 * SECOND, () => {
      const arn = `arn:aws:iam::111122223333:role/${this.name}-${definition.logicalId}-${this.world.nextNumber()}`;
      this.world.addRole(arn);
      done(arn);
    });
  }

  private readonly getAtt = (logicalId: string, attribute: string): string => {
    const resource = this.resources.get(logicalId);
    return (attribute === 'Ref' ? resource?.physicalId : resource?.attributes[attribute]) ?? '';
  };

  // --- Operations ---

  private start(plan: ConstructorParameters<typeof Graph>[0]): void {
    this.graph = new Graph(plan);
    this.world.scheduler.after(SECOND, () => this.graph?.run());
  }

  private begin(phase: Phase): void {
    this.phase = phase;
    this.world.trace.say('stack', () => `${this.name}: ${phase} begins (operation ${this.operation})`);
    this.world.checks.begun(this);
  }

  private end(status: StackStatus, settled: () => void): void {
    this.status = status;
    this.phase = 'idle';
    this.world.count(status);
    this.world.trace.say('stack', () => `${this.name} is ${status}`);
    // The provider is deleted last, after the resources that depend on it.
    if ((status === 'DELETE_COMPLETE' || status === 'ROLLBACK_COMPLETE') && !this.world.script.world.providerElsewhere) this.provider.alive = false;
    this.world.checks.settled(this);
    settled();
  }
}

function definitionOf(template: Template, logicalId: string): Definition {
  const definition = template.definitions.get(logicalId);
  if (!definition) throw new Error(`No resource ${logicalId} in the template`);
  return definition;
}

/** The dependents of a resource in any of the templates. */
function dependentsIn(templates: readonly Template[]): (node: string) => string[] {
  const dependents = new Map<string, Set<string>>();
  for (const { definitions } of templates) {
    for (const { logicalId, dependsOn } of definitions.values()) {
      for (const other of dependsOn) dependents.set(other, (dependents.get(other) ?? new Set()).add(logicalId));
    }
  }
  return node => [...dependents.get(node) ?? []];
}

function isFine({ failed, unfinished, notStarted }: GraphOutcome): boolean {
  return failed.length + unfinished.length + notStarted.length === 0;
}

/** CloudFormation sends numbers and booleans as strings. */
function stringified(properties: Properties): Properties {
  const scalar = (_: string, value: unknown): unknown => typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return JSON.parse(JSON.stringify(properties, scalar)) as Properties;
}

function responseUrl(now: number): string {
  const date = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  return `https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/request?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=${date}&X-Amz-Expires=7200`;
}

function describeProperties(type: string, properties: Properties): string {
  const { WindowMinutes, S3Uri, SourceVersion, RoleArn, JobName, ReplacementStrategy, ImportedModelName } = properties;
  if (type === 'Delete') return '';
  return Object.entries({
    uri: String(S3Uri).replace('s3://amzn-s3-demo-bucket/', ''),
    version: SourceVersion,
    name: ImportedModelName,
    role: String(RoleArn).replace(/^.*role\//, ''),
    window: `${String(WindowMinutes)}m`,
    strategy: ReplacementStrategy,
    job: JobName,
  }).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${String(value)}`).join(' ');
}
