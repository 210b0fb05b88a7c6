import type { Absent, ImportJob, Model, ModelSummary } from './bedrock-api';
import { identityOf, type Names } from './names';
import type { Refusal } from './refusal';
import type { ModelImportRequest } from './request';
import type { Link, Tag } from '../contract/custom-resource';
import { checkString, IMPORTED_MODEL_NAME } from '../contract/rules';

/**
 * The lifecycle of an imported model, in one pure function: from what should be (the goal) and what is known (the
 * facts) to the next step. It asks for the facts it needs, cheapest first, so that a poll of a running import is one call.
 *
 * It knows nothing of the past: called any number of times, twice at once, after a crash or a rollback, it does the next
 * right thing. docs/lifecycle.md has the picture.
 */
export type Goal = Present | Absence;

interface Waiting {
  readonly link: Link;
  /** Whose models and jobs these are; nobody else's are ever touched. */
  readonly owner: string;
  readonly startedAt: number;
  /** When the window of this link closes. */
  readonly deadline: number;
}

/** Create and Update: a model with this content and these tags. */
export interface Present extends Waiting {
  readonly kind: 'present';
  readonly names: Names;
  readonly request: ModelImportRequest;
  /** The model that was asked for before: a rollback may need it. */
  readonly formerModelName?: string;
  /** Tags that an earlier request put there; those that are asked for no more are removed, all others left alone. */
  readonly formerTagKeys: TagKeys;
}

/**
 * Delete, which is a different thing for each link: `model` removes this one model, `import` everything of this owner,
 * `wait` nothing. All wait for running jobs first: a job cannot be stopped, and brings its model when it ends.
 */
export interface Absence extends Waiting {
  readonly kind: 'absent';
  readonly modelName: string;
  /** The deletion of a link that was never completed. */
  readonly cancelledCreate?: CancelledCreate;
}

/**
 * CloudFormation has given up a Create, and made up an id to delete. The framework still polls that Create, until its window
 * closes; as long as it has not started its job, it can do so at any time.
 */
export interface CancelledCreate {
  /** The job that it would start; undefined for the `import` link, whose request nobody knows any more... */
  readonly jobName?: string;
  /** ...but only what it would be made of... */
  readonly content: string;
  /** ...and when it can have begun, and must have ended. */
  readonly since: number;
  readonly until: number;
}

/** What is known; a member that is missing has not been looked at. */
export interface Facts {
  readonly now: number;
  /** The job that this deployment follows. */
  readonly job?: ImportJob | Absent;
  /** The job of this very request, where the other one is history. */
  readonly ownJob?: ImportJob | Absent;
  /** All running imports of the account. */
  readonly running?: ImportJob[];
  readonly model?: Model | Absent;
  readonly modelTags?: Tag[] | Absent;
  readonly jobTags?: Tag[] | Absent;
  /** The tags have just been changed. */
  readonly retagged?: boolean;
  /** The jobs of the account that began within a day. */
  readonly recent?: ImportJob[];
  /** All models of the account. */
  readonly models?: ModelSummary[];
  /** All jobs of this owner that ever were. */
  readonly ownJobs?: ImportJob[];
  /** The last call was refused. */
  readonly refusal?: Refusal;
}

/** A call of Bedrock, by the name of its operation. Those that look end in a fact; the others change what is. */
export type Call =
  | { readonly do: 'GetModelImportJob'; readonly into: 'job' | 'ownJob'; readonly jobName: string }
  | { readonly do: 'GetImportedModel'; readonly modelName: string }
  | { readonly do: 'ListModelImportJobs'; readonly into: 'running'; readonly status: 'InProgress' }
  | { readonly do: 'ListModelImportJobs'; readonly into: 'recent'; readonly since: number }
  | { readonly do: 'ListModelImportJobs'; readonly into: 'ownJobs'; readonly owner: string }
  | { readonly do: 'ListImportedModels' }
  | { readonly do: 'ListTagsForResource'; readonly into: 'modelTags' | 'jobTags'; readonly resourceArn: string }
  | { readonly do: 'CreateModelImportJob'; readonly jobName: string; readonly names: Names; readonly request: ModelImportRequest }
  | { readonly do: 'TagResource'; readonly changes: TagChange[] }
  | { readonly do: 'DeleteImportedModel'; readonly modelName: string };

/** How a poll ends. */
export type End =
  | { readonly do: 'wait'; readonly why: string }
  /** Without a model when the window of a link has closed and the next link goes on, and when a deletion is done. */
  | { readonly do: 'succeed'; readonly model?: Model; readonly jobName?: string; readonly why?: string }
  | { readonly do: 'fail'; readonly why: string };

/** What to do next. */
export type Step = Call | End;

export interface TagKeys {
  readonly model: string[];
  readonly job: string[];
}

export interface TagChange {
  readonly resourceArn: string;
  readonly put: Tag[];
  readonly remove: string[];
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** How long a new role or permission may take to reach Bedrock before it counts as missing. "Several minutes" are reported. */
export const PROPAGATION_PATIENCE = 10 * MINUTE;

/** How long Bedrock may take to show everywhere what it has just made or removed. */
export const VISIBILITY_PATIENCE = 2 * MINUTE;

/** How long an account without a free place for a model may take to get one: another stack may be about to delete its old model. */
export const FULL_ACCOUNT_PATIENCE = 15 * MINUTE;

/** How long a deletion looks, at the least, for what was only just made and cannot be seen yet. */
export const QUIET_TIME = 30 * SECOND;

/** How long to try to remove an orphan; what is left then is removed next time. */
export const ORPHAN_PATIENCE = 5 * MINUTE;

/** A job that ended this long before a request began has nothing to do with it. The links of a chain follow within seconds. */
export const HISTORY = 10 * MINUTE;

const LOOK_FOR_RUNNING: Call = { do: 'ListModelImportJobs', into: 'running', status: 'InProgress' };

/** The next step from the facts towards the goal. */
export function decide(goal: Goal, facts: Facts): Step {
  return goal.kind === 'present' ? decidePresent(goal, facts) : decideAbsent(goal, facts);
}

// --- A model should be there ---

function decidePresent(goal: Present, facts: Facts): Step {
  const { names } = goal;
  if (facts.refusal && !leavesOrphan(goal, facts)) return decideRefusal(goal, facts, facts.refusal);
  if (facts.job === undefined) return { do: 'GetModelImportJob', into: 'job', jobName: names.jobName };
  if (!isHistory(goal, facts.job)) return decideWithJob(goal, facts, facts.job, names.jobName);

  if (facts.model === undefined) return { do: 'GetImportedModel', modelName: names.modelName };
  if (facts.model !== 'absent') return decideFound(goal, facts.model, facts);
  if (facts.ownJob === undefined) return { do: 'GetModelImportJob', into: 'ownJob', jobName: names.ownJobName };
  return decideWithJob(goal, facts, facts.ownJob, names.ownJobName);
}

/**
 * A later link is told its job once, and again and again when CloudFormation repeats the request, for example to continue a
 * rollback. A job that ended long before is not the one of this deployment.
 */
function isHistory(goal: Present, job: ImportJob | Absent): boolean {
  return goal.names.jobName !== goal.names.ownJobName && job !== 'absent' && job.status !== 'InProgress'
    && (job.endTime ?? goal.startedAt) < goal.startedAt - HISTORY;
}

function decideWithJob(goal: Present, facts: Facts, job: ImportJob | Absent, jobName: string): Step {
  const { model, running } = facts;
  const { names } = goal;

  if (job !== 'absent' && job.status === 'InProgress') return waitForImport(goal, facts.now, job);
  if (job !== 'absent' && job.status === 'Failed') {
    return fail(`Import job ${job.arn} failed: ${job.failureMessage ?? 'Bedrock gave no reason'}. `
      + 'Correct the model or the permissions of its service role, then deploy again: that starts a new job.');
  }

  if (model === undefined) return { do: 'GetImportedModel', modelName: names.modelName };
  if (model !== 'absent') return decideFound(goal, model, facts);

  if (job !== 'absent') {
    return facts.now < (job.endTime ?? goal.startedAt) + VISIBILITY_PATIENCE
      ? wait(goal, facts.now, `Import job ${job.arn} has completed, its model is not visible yet`)
      : fail(`Import job ${job.arn} has completed, but its model "${names.modelName}" is gone: somebody deleted it. `
        + 'Change the version of the source and deploy again to import it again.');
  }

  if (running === undefined) return LOOK_FOR_RUNNING;
  // An exact name can be that of another content, too.
  const adopted = running.find(other => {
    const identity = identityOf({ jobName: other.name });
    return other.modelName === names.modelName && identity?.owner === names.owner && identity.content === names.content;
  });
  if (adopted) return waitForImport(goal, facts.now, adopted);

  // At once, not when its turn has come: by then CloudFormation may have gone back to the old model.
  if (goal.request.replacementStrategy === 'DELETE_FIRST') {
    const owned = ownedModels(goal, facts);
    if (!Array.isArray(owned)) return owned;
    const obsolete = owned.find(other => isOlder(other, goal));
    if (obsolete) return { do: 'DeleteImportedModel', modelName: obsolete.name };
  }

  if (running.length > 0) return waitForTurn(goal, facts.now, running);
  // A deletion of what CloudFormation has cancelled relies on this.
  if (facts.now >= goal.deadline) return wait(goal, facts.now, 'The import has not been started');
  return { do: 'CreateModelImportJob', jobName, names, request: goal.request };
}

function decideFound(goal: Present, model: Model, facts: Facts): Step {
  const { names, request } = goal;
  const identity = identityOf(model);
  if (identity?.owner !== names.owner) {
    return fail(`importedModelName: "${names.modelName}" is the name of a model that this resource did not import (${model.arn}). `
      + 'Choose another name, omit it to have one generated, or delete that model.');
  }
  if (identity.content !== names.content) return decideSameName(goal, model);
  // The earlier links only wait; what remains to be done is done once, by the last.
  if (goal.link !== 'model') return { do: 'succeed', model };

  // What an interrupted replacement has left, and nobody wants any more.
  const owned = ownedModels(goal, facts);
  if (!Array.isArray(owned)) return owned;
  const orphan = owned.find(other => other.name !== names.modelName && other.name !== goal.formerModelName && isOlder(other, goal));
  if (orphan && !leavesOrphan(goal, facts)) return { do: 'DeleteImportedModel', modelName: orphan.name };

  // Tags come last, and end the request: a poll that comes after a rollback must not find any to put back.
  if (facts.retagged) return { do: 'succeed', model };
  if (facts.modelTags === undefined) return { do: 'ListTagsForResource', into: 'modelTags', resourceArn: model.arn };
  if (facts.jobTags === undefined) return { do: 'ListTagsForResource', into: 'jobTags', resourceArn: model.jobArn };
  const changes = [
    tagChange(model.arn, facts.modelTags, request.importedModelTags, goal.formerTagKeys.model),
    tagChange(model.jobArn, facts.jobTags, request.jobTags, goal.formerTagKeys.job),
  ].filter(change => change.put.length + change.remove.length > 0);
  return changes.length > 0 ? { do: 'TagResource', changes } : { do: 'succeed', model };
}

/** The model is there: an orphan that cannot be removed for a while is no reason to fail. */
function leavesOrphan(goal: Present, { model, now, refusal }: Facts): boolean {
  return refusal?.operation === 'DeleteImportedModel' && now >= goal.startedAt + ORPHAN_PATIENCE
    && model !== undefined && model !== 'absent' && identityOf(model)?.content === goal.names.content;
}

/** An exact name that stays, while the content changes: two models cannot have it at once. */
function decideSameName(goal: Present, model: Model): Step {
  if (goal.request.replacementStrategy === 'CREATE_FIRST' || !isOlder(model, goal)) {
    return fail(`importedModelName: "${model.name}" is taken by the model that would be replaced (${model.arn}): the new one cannot be imported `
      + 'before the old one is gone. Omit importedModelName to have one generated, change it together with the model, or choose '
      + 'ReplacementStrategy.DELETE_FIRST.');
  }
  return { do: 'DeleteImportedModel', modelName: model.name };
}

// --- A model should be gone ---

function decideAbsent(goal: Absence, facts: Facts): Step {
  const { model, now, running } = facts;
  if (facts.refusal) return decideRefusal(goal, facts, facts.refusal);

  if (running === undefined) return LOOK_FOR_RUNNING;
  const own = [...running, ...facts.ownJobs ?? []].find(job => job.status === 'InProgress'
    && identityOf({ jobName: job.name })?.owner === goal.owner && (goal.link !== 'model' || job.modelName === goal.modelName));
  if (own) return waitForImport(goal, now, own);

  // What is there goes at once; only then it is time to wait for what may come.
  if (goal.link === 'import') {
    const owned = ownedModels(goal, facts);
    if (!Array.isArray(owned)) return owned;
    if (owned.length > 0) return { do: 'DeleteImportedModel', modelName: owned[0].name };
  }

  if (goal.cancelledCreate && now < goal.cancelledCreate.until) {
    const { jobName, content, since } = goal.cancelledCreate;
    if (facts.ownJobs === undefined) return lookForOwnJobs(goal);
    // What ended longer ago may be of an earlier life of the chain, which ended with a deletion of at least that time.
    const hasStarted = (job: ImportJob) => jobName === undefined
      ? job.creationTime >= since && (job.endTime ?? now) >= goal.startedAt - QUIET_TIME && identityOf({ jobName: job.name })?.content === content
      : job.name === jobName;
    if (!facts.ownJobs.some(hasStarted)) return wait(goal, now, 'The request that was cancelled can still start its import; waiting until it has ended');
  }

  switch (goal.link) {
    case 'wait':
      return { do: 'succeed' };
    case 'model':
      // CloudFormation makes up an id for a Create that it has cancelled; what that one has left, the import link removes.
      if (checkString('PhysicalResourceId', goal.modelName, IMPORTED_MODEL_NAME)) return { do: 'succeed' };
      if (model === undefined) return { do: 'GetImportedModel', modelName: goal.modelName };
      if (model === 'absent') return facts.ownJobs ? succeedWhenQuiet(goal, now, facts.ownJobs) : lookForOwnJobs(goal);
      // A name that another resource has taken over is not ours to delete.
      return identityOf(model)?.owner === goal.owner ? { do: 'DeleteImportedModel', modelName: goal.modelName } : { do: 'succeed' };
    case 'import':
      return now < goal.startedAt + QUIET_TIME
        ? wait(goal, now, 'Nothing is left; looking once more, for what was only just made')
        : succeedWhenQuiet(goal, now, facts.ownJobs ?? []);
  }
}

/** A model may be seen later than the end of its job. */
function succeedWhenQuiet(goal: Absence, now: number, ownJobs: ImportJob[]): Step {
  const recent = ownJobs.find(job => job.status === 'Completed' && (goal.link === 'import' || job.modelName === goal.modelName)
    && now < (job.endTime ?? 0) + QUIET_TIME);
  return recent ? wait(goal, now, `Import job ${recent.arn} has only just completed; looking once more for its model`) : { do: 'succeed' };
}

// --- What both need ---

/**
 * Whether a model was there before this request began. Only such a one may have to give way: a waiter can outlive its
 * deployment, which CloudFormation has given up, and must not remove what a later deployment has made.
 */
function isOlder(model: ModelSummary, goal: Goal): boolean {
  return model.creationTime <= goal.startedAt;
}

/** The models of this owner that are there, or the call that tells them: models by generated names, others by the jobs that made them. */
function ownedModels(goal: Goal, facts: Facts): ModelSummary[] | Call {
  if (facts.models === undefined) return { do: 'ListImportedModels' };
  if (facts.ownJobs === undefined) return lookForOwnJobs(goal);
  const made = new Set(facts.ownJobs.map(job => job.modelArn));
  return facts.models.filter(model => made.has(model.arn) || identityOf(model)?.owner === goal.owner);
}

function lookForOwnJobs(goal: Goal): Call {
  return { do: 'ListModelImportJobs', into: 'ownJobs', owner: goal.owner };
}

function decideRefusal(goal: Goal, facts: Facts, refusal: Refusal): Step {
  const { now } = facts;
  const said = `${refusal.operation} was refused: ${refusal.message}`;
  const isPatient = (patience: number) => now < goal.startedAt + patience;

  switch (refusal.kind) {
    case 'transient':
    case 'busy':
      return wait(goal, now, said);
    case 'quota':
      return decideQuota(goal, facts, said);
    case 'role':
      return isPatient(PROPAGATION_PATIENCE) ? wait(goal, now, said) : fail(`${said} (for ${PROPAGATION_PATIENCE / MINUTE} minutes, so this is no delay `
        + 'of a new role). Check that the trust policy of the service role lets bedrock.amazonaws.com assume it, and that the role exists.');
    case 'access':
      return isPatient(PROPAGATION_PATIENCE) ? wait(goal, now, said) : fail(`${said} (for ${PROPAGATION_PATIENCE / MINUTE} minutes, so this is no delay `
        + 'of a new policy). Check the policy of the provider\'s role, permissions boundaries, service control policies and the policy of the KMS key.');
    case 'final':
      return fail(`${said}. Correct the property and deploy again.`);
  }
}

/** The one import of the account has gone to another, who was quicker, or the account has no free place for a model. */
function decideQuota(goal: Goal, facts: Facts, said: string): Step {
  const { recent, models, now } = facts;
  if (recent === undefined) return { do: 'ListModelImportJobs', into: 'recent', since: now - DAY };
  const running = recent.filter(job => job.status === 'InProgress');
  if (running.length > 0) return waitForTurn(goal, now, running);
  if (models === undefined) return { do: 'ListImportedModels' };
  // Places come and go with imports and models, and patience begins anew with each. So it does when another was quicker by
  // so little that its job cannot be seen yet: this one had been waiting for an import that has only just ended.
  const since = Math.max(goal.startedAt, ...recent.map(job => job.endTime ?? job.creationTime), ...models.map(model => model.creationTime));
  if (now < since + FULL_ACCOUNT_PATIENCE || models.length === 0) return wait(goal, now, said);
  return fail(`${said}. No import is running, and for ${FULL_ACCOUNT_PATIENCE / MINUTE} minutes the account has had no free place for a model. Its models: `
    + `${models.map(model => model.name).join(', ')}. Delete one, raise the quota "Imported models per account", or choose `
    + 'ReplacementStrategy.DELETE_FIRST to replace a model in its own place.');
}

function waitForImport(goal: Goal, now: number, job: ImportJob): Step {
  const step = wait(goal, now, `Import job ${job.arn} is running`);
  return step.do === 'succeed' ? { ...step, jobName: job.name } : step;
}

/** An account has one running import. */
function waitForTurn(goal: Goal, now: number, running: ImportJob[]): Step {
  return wait(goal, now, `Waiting for the import of another model: ${running.map(job => `${job.modelName} (${job.arn})`).join(', ')}`);
}

/**
 * Not yet. When the window closes, the next link goes on: at create after `import` and `wait`, at delete, which runs the other
 * way, after `model` and `wait`. The last one fails.
 */
function wait(goal: Goal, now: number, why: string): Step {
  if (now < goal.deadline) return { do: 'wait', why };
  const last = goal.kind === 'present' ? 'model' : 'import';
  if (goal.link !== last) return { do: 'succeed', why: `This window has closed, the next link goes on. ${why}` };
  return fail(goal.kind === 'present'
    ? `The model was not imported within ${goal.request.importTimeoutMinutes} minutes (importTimeout). ${why}. `
      + 'A running import cannot be stopped: its model is deleted with the stack, or by the next deployment that succeeds.'
    : `The model was not deleted in time. ${why}. Delete the stack again when the import has ended.`);
}

function fail(why: string): Step {
  return { do: 'fail', why };
}

/** From the tags that are there to those that should be; a resource that is gone has none to change. */
function tagChange(resourceArn: string, actual: Tag[] | Absent, wanted: Tag[], formerKeys: string[]): TagChange {
  if (actual === 'absent') return { resourceArn, put: [], remove: [] };
  const have = new Map(actual.map(tag => [tag.key, tag.value]));
  const want = new Set(wanted.map(tag => tag.key));
  return {
    resourceArn,
    put: wanted.filter(tag => have.get(tag.key) !== tag.value),
    remove: formerKeys.filter(key => have.has(key) && !want.has(key)),
  };
}
