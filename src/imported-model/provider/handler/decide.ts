import type { Absent, ImportJob, Model, ModelSummary } from './bedrock-api';
import { identityOfJob, identityOfName, type Names, withoutSlash } from './names';
import type { Refusal } from './refusal';
import type { ModelImportRequest } from './request';
import { checkString, IMPORTED_MODEL_NAME } from '../../../shared/validation/api-constraints';
import { type Link, RETAIN_TAG, type Tag } from '../contract';

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
  /**
   * The service roles that a job of this stack can have. A job's name can be chosen by anybody, but only the provider passes these roles, so
   * the role is what tells a job of this stack from one that was named like it.
   */
  readonly roles: string[];
  readonly startedAt: number;
  /** When the window of this link closes. */
  readonly deadline: number;
}

/** Create and Update: a model with this content and these tags. */
export interface Present extends Waiting {
  readonly kind: 'present';
  readonly names: Names;
  readonly request: ModelImportRequest;
  /** The models that were asked for before: a rollback may need them. */
  readonly formerModelNames: string[];
  /** The model that CloudFormation takes this one to replace. What a failed update has asked for is none. */
  readonly replacedModelName?: string;
  /** The job that made the model of this link, when the request before asked for the same model: it was verified then. */
  readonly verifiedJobName?: string;
  readonly tags: { readonly model: Tag[]; readonly job: Tag[] };
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
  /** Jobs that were looked at more closely than a list does, by ARN. */
  readonly jobs?: ByArn<ImportJob | Absent>;
  /** Models that were, by ARN. */
  readonly looked?: ByArn<Model | Absent>;
  /** The tags of models and jobs, by ARN. */
  readonly tags?: ByArn<Tag[] | Absent>;
  /** What this poll has deleted, by ARN: reads may still show it. */
  readonly deleted?: ByArn<true>;
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

interface ByArn<T> {
  readonly [arn: string]: T | undefined;
}

/** A call of Bedrock, by the name of its operation. Those that look end in a fact; the others change what is. */
export type Call =
  | { readonly do: 'GetModelImportJob'; readonly into: 'job' | 'ownJob' | 'jobs'; readonly jobName: string }
  | { readonly do: 'GetImportedModel'; readonly into: 'model' | 'looked'; readonly modelName: string }
  | { readonly do: 'ListModelImportJobs'; readonly into: 'running'; readonly status: 'InProgress' }
  | { readonly do: 'ListModelImportJobs'; readonly into: 'recent'; readonly since: number }
  | { readonly do: 'ListModelImportJobs'; readonly into: 'ownJobs'; readonly owner: string }
  | { readonly do: 'ListImportedModels' }
  | { readonly do: 'ListTagsForResource'; readonly resourceArn: string }
  | { readonly do: 'CreateModelImportJob'; readonly jobName: string; readonly names: Names; readonly request: ModelImportRequest }
  | { readonly do: 'TagResource'; readonly changes: TagChange[] }
  | { readonly do: 'DeleteImportedModel'; readonly modelArn: string; readonly modelName: string };

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

/** For so long after the end of a job, a deletion looks again for its model, which reads may not show yet. */
export const QUIET_TIME = 30 * SECOND;

/** How long to try to remove an orphan; what is left then is removed next time. */
export const ORPHAN_PATIENCE = 5 * MINUTE;

/**
 * How long DELETE_FIRST tries to delete the old model: longer than a permission needs to be in force. A waiter can outlive its deployment, and
 * must not delete, whenever it can at last, the model that a rollback has gone back to.
 */
export const GIVE_WAY_PATIENCE = PROPAGATION_PATIENCE + MINUTE;

/** A job that ended this long before a request began has nothing to do with it. The links of a chain follow within seconds. */
export const HISTORY = 10 * MINUTE;

/** So long before a deletion must end, it looks whether the import that it waits for is one of this stack at all. */
export const LAST_LOOKS = 10 * MINUTE;

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

  if (facts.model === undefined) return { do: 'GetImportedModel', into: 'model', modelName: names.modelName };
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

  if (job !== 'absent') {
    switch (job.status) {
      case 'InProgress':
        return waitForImport(goal, facts.now, job);
      case 'Failed':
        return fail(`Import job ${job.arn} failed: ${job.failureMessage ?? 'Bedrock gave no reason'}. `
          + 'Correct the model or the permissions of its service role, then deploy again: that starts a new job.');
      case 'Completed':
        break;
      default:
        return fail(`Import job ${job.arn} has the status "${String(job.status)}", which this version of cdk-bedrock-model-import does not know. `
          + 'Look at the job in the Bedrock console, and upgrade the library.');
    }
  }

  if (model === undefined) return { do: 'GetImportedModel', into: 'model', modelName: names.modelName };
  if (model !== 'absent') return decideFound(goal, model, facts);

  if (job !== 'absent') {
    return facts.now < (job.endTime ?? goal.startedAt) + VISIBILITY_PATIENCE
      ? wait(goal, facts.now, `Import job ${job.arn} has completed, its model is not visible yet`)
      : fail(`Import job ${job.arn} has completed, but its model "${names.modelName}" is gone: somebody deleted it. `
        + 'Change the version of the source and deploy again to import it again.');
  }

  if (running === undefined) return LOOK_FOR_RUNNING;

  // At once, not when its turn has come: by then CloudFormation may have gone back to the old model.
  if (goal.request.replacementStrategy === 'DELETE_FIRST' && !goal.request.retain && facts.now < goal.startedAt + GIVE_WAY_PATIENCE) {
    const owned = ownedModels(goal, facts);
    if (!Array.isArray(owned)) return owned;
    const deletion = deleteOne(facts, owned.filter(other => isOlder(other, goal)));
    if (deletion) return deletion;
  }

  if (running.length > 0) return waitForTurn(goal, facts.now, running);
  // Never after the deadline: `decideAbsent` relies on it that a cancelled Create no longer starts its job then.
  if (facts.now >= goal.deadline) return wait(goal, facts.now, 'The import has not been started');
  return { do: 'CreateModelImportJob', jobName, names, request: goal.request };
}

function decideFound(goal: Present, model: Model, facts: Facts): Step {
  const { names, request } = goal;
  const identity = identityOfJob(model.jobName);
  if (identity?.owner !== names.owner) {
    return fail(`importedModelName: "${names.modelName}" is the name of a model that this resource did not import (${model.arn}). `
      + 'Choose another name, omit it to have one generated, or delete that model.');
  }
  if (identity.content !== names.content) return decideSameName(goal, model, facts);
  // The earlier links only wait; what remains to be done is done once, by the last.
  if (goal.link !== 'model') return { do: 'succeed', model };

  const doubt = doubtOf(goal, model, facts);
  if (doubt) return doubt;

  // What an interrupted replacement has left, and nobody wants any more; with RETAIN nothing is deleted, and what is replaced is marked.
  const changes: TagChange[] = [];
  const { replacedModelName } = goal;
  if (!request.retain || (replacedModelName !== undefined && replacedModelName !== names.modelName)) {
    const owned = ownedModels(goal, facts);
    if (!Array.isArray(owned)) return owned;
    const others = owned.filter(other => other.name !== names.modelName);
    const isFormer = (other: ModelSummary) => goal.formerModelNames.includes(other.name);
    if (request.retain) {
      const replaced = others.filter(({ name }) => name === replacedModelName);
      changes.push(...replaced.map(({ arn }) => ({ resourceArn: arn, put: [RETAIN_TAG], remove: [] })));
    } else if (!leavesOrphan(goal, facts)) {
      const deletion = deleteOne(facts, others.filter(other => !isFormer(other) && isOlder(other, goal)));
      if (deletion) return deletion;
    }
  }

  // Tags come last, and end the request: a poll that comes after a rollback must not find any to put back.
  if (facts.retagged) return { do: 'succeed', model };
  const modelTags = facts.tags?.[model.arn];
  if (modelTags === undefined) return { do: 'ListTagsForResource', resourceArn: model.arn };
  const jobTags = facts.tags?.[model.jobArn];
  if (jobTags === undefined) return { do: 'ListTagsForResource', resourceArn: model.jobArn };
  changes.push(
    tagChange(model.arn, modelTags, goal.tags.model, goal.formerTagKeys.model),
    tagChange(model.jobArn, jobTags, goal.tags.job, goal.formerTagKeys.job),
  );
  const needed = changes.filter(change => change.put.length + change.remove.length > 0);
  return needed.length > 0 ? { do: 'TagResource', changes: needed } : { do: 'succeed', model };
}

/**
 * A job's name says what a model was made of, and anybody who may import can choose it. So the model becomes the stack's only if Bedrock
 * says the same of its source and key, and if the job had a service role of the stack. Undefined when all is well.
 */
function doubtOf(goal: Present, model: Model, facts: Facts): Step | undefined {
  const { request } = goal;
  const remedy = 'Find out who made it (CloudTrail has the CreateModelImportJob call), delete it, and deploy again.';
  if (model.s3Uri !== undefined && withoutSlash(model.s3Uri) !== withoutSlash(request.s3Uri)) {
    return fail(`Model "${model.name}" (${model.arn}) was not imported from what the name of its job says: its source is ${model.s3Uri} instead of `
      + `${request.s3Uri}. ${remedy}`);
  }
  const key = request.importedModelKmsKeyId;
  if (key !== undefined && (key.includes(':key/') ? model.kmsKeyArn !== key : model.kmsKeyArn === undefined)) {
    return fail(`Model "${model.name}" (${model.arn}) is encrypted with ${model.kmsKeyArn ?? 'an AWS owned key'} instead of ${key}. ${remedy}`);
  }
  if (goal.verifiedJobName !== undefined && goal.verifiedJobName === model.jobName) return undefined;
  const job = facts.job !== undefined && facts.job !== 'absent' && facts.job.arn === model.jobArn ? facts.job : facts.jobs?.[model.jobArn];
  if (job === undefined) return { do: 'GetModelImportJob', into: 'jobs', jobName: model.jobArn };
  // Nobody can delete a job: one that is not there any more is older than Bedrock remembers.
  if (job === 'absent' || isOfRole(goal, job)) return undefined;
  return fail(`Model "${model.name}" (${model.arn}) was imported with the service role ${String(job.roleArn)}, and not with ${goal.roles.join(' or ')}: its job `
    + `${job.name} was not started by this stack. ${remedy}`);
}

/** Whether a job was started with a service role of this stack. */
function isOfRole(goal: Goal, { roleArn }: ImportJob): boolean {
  return roleArn !== undefined && goal.roles.includes(roleArn);
}

/** The model is there: an orphan that cannot be removed for a while is no reason to fail. */
function leavesOrphan(goal: Present, { model, now, refusal }: Facts): boolean {
  return refusal?.operation === 'DeleteImportedModel' && now >= goal.startedAt + ORPHAN_PATIENCE
    && model !== undefined && model !== 'absent' && identityOfJob(model.jobName)?.content === goal.names.content;
}

/** An exact name that stays, while the content changes: two models cannot have it at once. */
function decideSameName(goal: Present, model: Model, facts: Facts): Step {
  if (goal.request.replacementStrategy === 'CREATE_FIRST' || !isOlder(model, goal)) {
    return fail(`importedModelName: "${model.name}" is taken by the model that would be replaced (${model.arn}): the new one cannot be imported `
      + 'before the old one is gone. Omit importedModelName to have one generated, change it together with the model, or choose '
      + 'ReplacementStrategy.DELETE_FIRST.');
  }
  if (isGoing(facts, model)) return wait(goal, facts.now, `Model ${model.arn} is being deleted`);
  if (facts.now >= goal.startedAt + GIVE_WAY_PATIENCE) {
    return fail(`importedModelName: "${model.name}" is still taken by the model that was to make way (${model.arn}): it could not be deleted within `
      + `${GIVE_WAY_PATIENCE / MINUTE} minutes. Delete it, or find out why it cannot be deleted, and deploy again.`);
  }
  return deleteOne(facts, [model]) ?? fail(`importedModelName: "${model.name}" is taken by a model that was retained (${model.arn}). `
    + `Choose another name, delete that model, or remove its tag "${RETAIN_TAG.key}".`);
}

// --- A model should be gone ---

function decideAbsent(goal: Absence, facts: Facts): Step {
  const { model, now, running } = facts;
  if (facts.refusal) return decideRefusal(goal, facts, facts.refusal);

  if (running === undefined) return LOOK_FOR_RUNNING;
  const own = [...running, ...facts.ownJobs ?? []].find(job => isRunning(job) && identityOfJob(job.name)?.owner === goal.owner
    && (goal.link !== 'model' || job.modelName === goal.modelName) && !isForeign(goal, facts, job));
  if (own && goal.link === 'import' && now >= goal.deadline - LAST_LOOKS && facts.jobs?.[own.arn] === undefined) {
    return { do: 'GetModelImportJob', into: 'jobs', jobName: own.arn };
  }
  // An update was rolled back that had made the chain longer: its model serves, and the next success removes what the import brings.
  if (goal.link === 'wait' && (own || goal.cancelledCreate) && now < goal.startedAt + VISIBILITY_PATIENCE) {
    const owned = ownedModels(goal, facts);
    if (!Array.isArray(owned)) return owned;
    if (owned.length > 0) return { do: 'succeed', why: `${owned[0].arn} serves, so this is not the end of the stack` };
  }
  if (own) return waitForImport(goal, now, own);

  // What is there goes at once; only then it is time to wait for what may come.
  if (goal.link === 'import') {
    const owned = ownedModels(goal, facts);
    if (!Array.isArray(owned)) return owned;
    const deletion = deleteOne(facts, owned);
    if (deletion) return deletion;
    if (facts.deleted) return wait(goal, now, 'Looking once more, whether what has just been deleted is gone');
  }

  if (goal.cancelledCreate && now < goal.cancelledCreate.until) {
    const { jobName, content, since } = goal.cancelledCreate;
    if (facts.ownJobs === undefined) return lookForOwnJobs(goal);
    // What ended longer ago may be of an earlier life of the chain, which ended with a deletion of at least that time.
    const hasStarted = (job: ImportJob) => jobName === undefined
      ? job.creationTime >= since && (job.endTime ?? now) >= goal.startedAt - QUIET_TIME && identityOfJob(job.name)?.content === content
      : job.name === jobName;
    if (!facts.ownJobs.some(hasStarted)) return wait(goal, now, 'The request that was cancelled can still start its import; waiting until it has ended');
  }

  switch (goal.link) {
    case 'wait':
      return { do: 'succeed' };
    case 'model':
      // CloudFormation makes up an id for a Create that it has cancelled; what that one has left, the import link removes.
      if (checkString('PhysicalResourceId', goal.modelName, IMPORTED_MODEL_NAME)) return { do: 'succeed' };
      if (model === undefined) return { do: 'GetImportedModel', into: 'model', modelName: goal.modelName };
      if (model === 'absent') return facts.ownJobs ? succeedWhenQuiet(goal, now, facts.ownJobs) : lookForOwnJobs(goal);
      if (isGoing(facts, model)) return wait(goal, now, `Model ${model.arn} is being deleted`);
      // A name that another resource has taken over is not ours to delete.
      if (identityOfJob(model.jobName)?.owner !== goal.owner) return { do: 'succeed', why: `${model.arn} is not a model of this resource` };
      return deleteOne(facts, [model]) ?? { do: 'succeed', why: `${model.arn} is retained` };
    case 'import':
      return succeedWhenQuiet(goal, now, facts.ownJobs ?? []);
  }
}

/** A status that this version does not know may be one of a job that goes on. */
function isRunning({ status }: ImportJob): boolean {
  return status !== 'Completed' && status !== 'Failed';
}

/**
 * A job that is named like one of this stack, and has another service role: named so by somebody else, or started before the role was
 * changed. It is waited for like the others, and when the time is up, it does not keep the stack from being deleted.
 */
function isForeign(goal: Goal, facts: Facts, job: ImportJob): boolean {
  const started = facts.jobs?.[job.arn];
  return started !== undefined && started !== 'absent' && !isOfRole(goal, started);
}

/**
 * A model may be seen later than the end of its job, and a job later than its start. A chain that was ever complete has a job; of one without,
 * the first may have been started a moment ago.
 */
function succeedWhenQuiet(goal: Absence, now: number, ownJobs: ImportJob[]): Step {
  if (goal.link === 'import' && ownJobs.length === 0 && now < goal.startedAt + QUIET_TIME) {
    return wait(goal, now, 'No import job is there; looking once more, for one that was only just started');
  }
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

/**
 * The models of this owner that are there, or the call that tells more of them: those that its jobs have made. A name alone proves nothing, so
 * a model that is named like one of this owner, but that none of these jobs has made, is looked at.
 */
function ownedModels(goal: Goal, facts: Facts): ModelSummary[] | Call {
  const { models, ownJobs, looked = {} } = facts;
  if (models === undefined) return { do: 'ListImportedModels' };
  if (ownJobs === undefined) return lookForOwnJobs(goal);
  const made = new Set(ownJobs.map(job => job.modelArn));
  const doubtful = models.find(({ arn, name }) => !made.has(arn) && identityOfName(name)?.owner === goal.owner && looked[arn] === undefined);
  if (doubtful) return { do: 'GetImportedModel', into: 'looked', modelName: doubtful.arn };
  return models.filter(({ arn }) => {
    const model = looked[arn];
    return made.has(arn) || (model !== undefined && model !== 'absent' && identityOfJob(model.jobName)?.owner === goal.owner);
  });
}

/** Whether a model that is still seen has been deleted: a look that comes seconds later may find it, but no tags of it. It is not retained. */
function isGoing({ tags, deleted }: Facts, { arn }: ModelSummary): boolean {
  return deleted?.[arn] === true || tags?.[arn] === 'absent';
}

/** Deletes the first of these models that may be deleted; undefined when there is none. What was retained is not touched. */
function deleteOne({ tags = {}, deleted = {} }: Facts, models: ModelSummary[]): Call | undefined {
  for (const model of models.filter(({ arn }) => !deleted[arn])) {
    const modelTags = tags[model.arn];
    if (modelTags === undefined) return { do: 'ListTagsForResource', resourceArn: model.arn };
    if (modelTags !== 'absent' && !modelTags.some(({ key }) => key === RETAIN_TAG.key)) {
      return { do: 'DeleteImportedModel', modelArn: model.arn, modelName: model.name };
    }
  }
  return undefined;
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
        + 'of a new policy). Check the policies of the provider\'s role and of the service role, permissions boundaries, service control policies, and the '
        + 'policies of bucket and KMS key.');
    case 'final':
      return fail(`${said}. ${goal.kind === 'present' ? 'Correct the property and deploy again.' : 'Remove the cause, then delete the stack again.'}`);
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
    ? `The model was not imported within ${String(goal.request.importTimeoutMinutes)} minutes (importTimeout). ${why}. `
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
