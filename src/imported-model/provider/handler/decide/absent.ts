import { deleteOne, hasRoleOfStack, isBeingDeleted, listOwnJobs, ownedModels } from './ownership';
import { kept, successorOf } from './previous';
import { decideRefused } from './refused';
import type { Absence, CancelledCreate, Facts, Goal, Step } from './steps';
import { wait, waitForImport } from './wait';
import type { Tag } from '../../contract';
import { FINAL_CHECKS, QUIET_TIME, VISIBILITY_PATIENCE } from '../../patience';
import type { ImportJob, Model } from '../bedrock-api';
import { identityOfJob } from '../names';

/** Delete: the next step until what the link has imported is gone. */
export function decideAbsent(goal: Absence, facts: Facts): Step {
  if (goal.link === 'check') return { do: 'succeed' };
  if (facts.refusal) return decideRefused(goal, facts, facts.refusal);
  return waitForOwnImport(goal, facts) ?? deleteAll(goal, facts) ?? waitForCancelledCreate(goal, facts) ?? deleteModel(goal, facts);
}

/** A running import cannot be stopped: its model is deleted when it ends. */
function waitForOwnImport(goal: Absence, facts: Facts): Step | undefined {
  const { now, running } = facts;
  if (running === undefined) return { do: 'ListModelImportJobs', into: 'running', status: 'InProgress' };
  const own = [...running, ...facts.ownJobs ?? []].find(job => isRunning(job) && identityOfJob(job.name)?.owner === goal.owner
    && (goal.link !== 'model' || job.modelName === goal.modelName) && !isForeign(goal, facts, job));
  if (own && goal.link === 'import' && now >= goal.deadline - FINAL_CHECKS && facts.jobs?.[own.arn] === undefined) {
    return { do: 'GetModelImportJob', into: 'jobs', jobName: own.arn };
  }
  // The rollback of an update that had made the chain longer. The model stays, and the next deployment that succeeds deletes what the import creates.
  if (goal.link === 'wait' && (own || goal.cancelledCreate) && now < goal.startedAt + VISIBILITY_PATIENCE) {
    const owned = ownedModels(goal, facts);
    if (!Array.isArray(owned)) return owned;
    if (owned.length > 0) return { do: 'succeed', why: `${owned[0].arn} serves, so the stack goes on` };
  }
  return own && waitForImport(goal, now, own);
}

/** A status that this version does not know may be that of a running job. */
function isRunning({ status }: ImportJob): boolean {
  return status !== 'Completed' && status !== 'Failed';
}

/**
 * Whether a job is named like one of this stack, but has another service role: it was started by somebody else, or before the role was changed. It
 * is waited for like the others, but does not block the deletion of the stack at the end of the window.
 */
function isForeign(goal: Goal, facts: Facts, job: ImportJob): boolean {
  const detail = facts.jobs?.[job.arn];
  return detail !== undefined && detail !== 'absent' && !hasRoleOfStack(goal, detail);
}

/** The `import` link deletes every model of its owner, before it waits for those that may still come. */
function deleteAll(goal: Absence, facts: Facts): Step | undefined {
  if (goal.link !== 'import') return undefined;
  const owned = ownedModels(goal, facts);
  if (!Array.isArray(owned)) return owned;
  return deleteOne(facts, owned)
    ?? (facts.deleted && wait(goal, facts.now, 'Checking once more that the deleted models are gone'));
}

function waitForCancelledCreate(goal: Absence, facts: Facts): Step | undefined {
  const { cancelledCreate } = goal;
  if (!cancelledCreate || facts.now >= cancelledCreate.until) return undefined;
  if (facts.ownJobs === undefined) return listOwnJobs(goal);
  return facts.ownJobs.some(job => isJobOf(cancelledCreate, job, goal, facts))
    ? undefined
    : wait(goal, facts.now, 'The cancelled request can still start its import; waiting until its window has ended');
}

function isJobOf({ content, jobName, since }: CancelledCreate, job: ImportJob, { startedAt }: Absence, { now }: Facts): boolean {
  if (jobName !== undefined) return job.name === jobName;
  // A job that ended earlier may belong to a former chain of the same name, whose deletion took at least that time.
  return job.creationTime >= since && (job.endTime ?? now) >= startedAt - QUIET_TIME && identityOfJob(job.name)?.content === content;
}

function deleteModel(goal: Absence, facts: Facts): Step {
  const { model, now } = facts;
  switch (goal.link) {
    case 'check':
    case 'wait':
      return { do: 'succeed' };
    case 'import':
      return succeedWhenQuiet(goal, now, facts.ownJobs ?? []);
    case 'model':
      // An invented id names no model; the import link deletes what the cancelled Create has imported.
      if (goal.modelName === undefined) return { do: 'succeed' };
      if (model === undefined) return { do: 'GetImportedModel', into: 'model', modelName: goal.modelName };
      if (model === 'absent') return facts.ownJobs ? succeedWhenQuiet(goal, now, facts.ownJobs) : listOwnJobs(goal);
      if (isBeingDeleted(facts, model)) return wait(goal, now, `Model ${model.arn} is being deleted`);
      // Another resource has taken over the name.
      if (identityOfJob(model.jobName)?.owner !== goal.owner) return { do: 'succeed', why: `${model.arn} is not a model of this resource` };
      return keepPrevious(goal, model, facts) ?? deleteOne(facts, [model]) ?? { do: 'succeed', why: `${model.arn} is retained` };
  }
}

/**
 * The update that has replaced a model is complete, and the model is kept until its successor is replaced: now the one that it has replaced itself is
 * no longer needed. Undefined if the model is not kept.
 */
function keepPrevious(goal: Absence, model: Model, facts: Facts): Step | undefined {
  const tags = facts.tags?.[model.arn];
  if (tags === undefined) return { do: 'ListTagsForResource', resourceArn: model.arn };
  const successor = tags === 'absent' ? undefined : successorOf(tags);
  if (successor === undefined) return undefined;
  const owned = ownedModels(goal, facts);
  if (!Array.isArray(owned)) return owned;
  // Not one that is only about to be replaced by this model: after a rollback it is in use.
  const isPredecessor = (others: Tag[]) => successorOf(others)?.name === model.name && successorOf(others)?.isComplete === true;
  const deletion = deleteOne(facts, owned.filter(({ arn }) => arn !== model.arn), others => !isPredecessor(others));
  if (deletion) return deletion;
  if (!successor.isComplete && !facts.retagged) {
    return { do: 'TagResource', changes: [{ resourceArn: model.arn, put: [kept(successor.name)], remove: [] }] };
  }
  return { do: 'succeed', why: `${model.arn} is kept until ${successor.name} is replaced` };
}

/**
 * A model may become visible after the end of its job, and a job after its start. A chain that was ever complete has a job; the first job of a chain
 * without any may have been started moments ago.
 */
function succeedWhenQuiet(goal: Absence, now: number, ownJobs: ImportJob[]): Step {
  if (goal.link === 'import' && ownJobs.length === 0 && now < goal.startedAt + QUIET_TIME) {
    return wait(goal, now, 'No import job exists; checking once more for one that was started moments ago');
  }
  const recent = ownJobs.find(job => job.status === 'Completed' && (goal.link === 'import' || job.modelName === goal.modelName)
    && now < (job.endTime ?? 0) + QUIET_TIME);
  return recent ? wait(goal, now, `Import job ${recent.arn} completed moments ago; checking once more for its model`) : { do: 'succeed' };
}
