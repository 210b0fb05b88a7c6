import { deleteOne, isBeingDeleted, isOlder, ownedModels } from './ownership';
import { inUse, isToBeKept, keptFor, replaced } from './previous';
import { decideRefused } from './refused';
import type { Call, Facts, Present, Step, TagChange } from './steps';
import { tagChange } from './tags';
import { afterDeletion, verifyAnswer, withTimeToAnswer } from './verification';
import { verify } from './verify';
import { fail, wait, waitForImport, waitForTurn } from './wait';
import { REPLACED_BY_TAG, RETAIN_TAG, type Tag, VERIFICATION_TAG } from '../../contract';
import { GIVE_WAY_PATIENCE, MINUTE, ORPHAN_PATIENCE, STALE_JOB_AGE, VISIBILITY_PATIENCE } from '../../patience';
import type { Absent, ImportJob, Model, ModelSummary } from '../bedrock-api';
import { identityOfJob } from '../names';

/** Create and Update: the next step towards a model. */
export function decidePresent(goal: Present, facts: Facts): Step {
  const { names } = goal;
  if (facts.refusal && !givesUpOrphan(goal, facts)) return decideRefused(withTimeToAnswer(goal), facts, facts.refusal);
  const failed = afterDeletion(goal, facts);
  if (failed) return failed;
  if (facts.job === undefined) return { do: 'GetModelImportJob', into: 'job', jobName: names.jobName };
  if (!isStale(goal, facts.job)) return decideWithJob(goal, facts, facts.job, names.jobName);

  if (facts.model === undefined) return { do: 'GetImportedModel', into: 'model', modelName: names.modelName };
  if (facts.model !== 'absent') return decideWithModel(goal, facts.model, facts);
  if (facts.ownJob === undefined) return { do: 'GetModelImportJob', into: 'ownJob', jobName: names.ownJobName };
  return decideWithJob(goal, facts, facts.ownJob, names.ownJobName);
}

/**
 * Whether a job belongs to an earlier deployment. A later link receives the name of its job once, and again when CloudFormation repeats the
 * request, for example to continue a rollback.
 */
function isStale(goal: Present, job: ImportJob | Absent): boolean {
  return goal.names.jobName !== goal.names.ownJobName && job !== 'absent' && job.status !== 'InProgress'
    && (job.endTime ?? goal.startedAt) < goal.startedAt - STALE_JOB_AGE;
}

function decideWithJob(goal: Present, facts: Facts, job: ImportJob | Absent, jobName: string): Step {
  const { model } = facts;
  const { names } = goal;
  if (job !== 'absent' && job.status !== 'Completed') return decideUnfinished(goal, facts, job);

  if (model === undefined) return { do: 'GetImportedModel', into: 'model', modelName: names.modelName };
  if (model !== 'absent') return decideWithModel(goal, model, facts);
  if (job === 'absent') return startImport(goal, facts, jobName);

  return facts.now < (job.endTime ?? goal.startedAt) + VISIBILITY_PATIENCE
    ? wait(goal, facts.now, `Import job ${job.arn} has completed, its model is not visible yet`)
    : fail(`Import job ${job.arn} has completed, but its model "${names.modelName}" is gone: somebody deleted it. `
      + 'Change the version of the source and deploy again to import it again.');
}

function decideUnfinished(goal: Present, { now }: Facts, job: ImportJob): Step {
  switch (job.status) {
    case 'InProgress':
      return waitForImport(goal, now, job);
    case 'Failed':
      return fail(`Import job ${job.arn} failed: ${job.failureMessage ?? 'Bedrock gave no reason'}. `
        + 'Correct the model or the permissions of its service role, then deploy again: that starts a new job.');
    default:
      return fail(`Import job ${job.arn} has the status "${String(job.status)}", which this version of cdk-bedrock-model-import does not know. `
        + 'Look at the job in the Bedrock console, and upgrade the library.');
  }
}

function startImport(goal: Present, facts: Facts, jobName: string): Step {
  const { names, request } = goal;
  const { running } = facts;
  if (running === undefined) return { do: 'ListModelImportJobs', into: 'running', status: 'InProgress' };

  // Before it is this model's turn: by then CloudFormation may have rolled back to the old model.
  if (request.replacementStrategy === 'DELETE_FIRST' && !request.retain && facts.now < goal.startedAt + GIVE_WAY_PATIENCE) {
    const owned = ownedModels(goal, facts);
    if (!Array.isArray(owned)) return owned;
    const deletion = deleteOne(facts, owned.filter(other => isOlder(other, goal)));
    if (deletion) return deletion;
  }

  if (running.length > 0) return waitForTurn(goal, facts.now, running);
  // Never after the deadline: `decideAbsent` relies on a cancelled Create not to start its job then.
  if (facts.now >= goal.deadline) return wait(goal, facts.now, 'The import has not been started');
  return { do: 'CreateModelImportJob', jobName, names, request };
}

function decideWithModel(goal: Present, model: Model, facts: Facts): Step {
  const { names } = goal;
  const identity = identityOfJob(model.jobName);
  if (identity?.owner !== names.owner) {
    return fail(`importedModelName: "${names.modelName}" is the name of a model that this resource did not import (${model.arn}). `
      + 'Choose another name, omit it to have one generated, or delete that model.');
  }
  if (identity.content !== names.content) return decideNameConflict(goal, model, facts);
  // The earlier links only wait. What remains to be done is done once, by the last link.
  if (goal.link !== 'model') return { do: 'succeed', model };
  return verify(goal, model, facts) ?? verifyAnswer(goal, model, facts) ?? cleanUp(goal, facts) ?? updateTags(goal, model, facts);
}

/** An exact name that stays while the content changes: two models cannot have the same name at once. */
function decideNameConflict(goal: Present, model: Model, facts: Facts): Step {
  if (goal.request.replacementStrategy === 'CREATE_FIRST' || !isOlder(model, goal)) {
    return fail(`importedModelName: "${model.name}" is taken by the model that would be replaced (${model.arn}): the new one cannot be imported `
      + 'before the old one is gone. Omit importedModelName to have one generated, change it together with the model, or choose '
      + 'ReplacementStrategy.DELETE_FIRST.');
  }
  if (isBeingDeleted(facts, model)) return wait(goal, facts.now, `Model ${model.arn} is being deleted`);
  if (facts.now >= goal.startedAt + GIVE_WAY_PATIENCE) {
    return fail(`importedModelName: "${model.name}" is still taken by the model that was to be deleted first (${model.arn}): it could not be deleted within `
      + `${GIVE_WAY_PATIENCE / MINUTE} minutes. Delete it, or find out why it cannot be deleted, and deploy again.`);
  }
  return deleteOne(facts, [model]) ?? fail(`importedModelName: "${model.name}" is taken by a model that was retained (${model.arn}). `
    + `Choose another name, delete that model, or remove its tag "${RETAIN_TAG.key}".`);
}

/** Deletes the models that an interrupted replacement has left behind. With RETAIN nothing is deleted. */
function cleanUp(goal: Present, facts: Facts): Call | undefined {
  const others = otherModels(goal, facts);
  if (!Array.isArray(others)) return others;
  if (goal.request.retain || givesUpOrphan(goal, facts)) return undefined;
  const candidates = others.filter(other => !goal.formerModelNames.includes(other.name) && isOlder(other, goal));
  return deleteOne(facts, candidates, tags => isPrevious(goal, tags));
}

/** Whether a model is kept, because it was replaced by the model of the stack, or by the one that this request replaces. */
function isPrevious({ formerModelNames, names, request }: Present, tags: Tag[]): boolean {
  const other = keptFor(tags);
  return request.keepPrevious && other !== undefined && [names.modelName, ...formerModelNames].includes(other);
}

/** The other models of this owner, as far as this request is concerned with any. */
function otherModels(goal: Present, facts: Facts): ModelSummary[] | Call {
  const { names, replacedModelName, request } = goal;
  const isReplacement = replacedModelName !== undefined && replacedModelName !== names.modelName;
  if (request.retain && !isReplacement) return [];
  const owned = ownedModels(goal, facts);
  return Array.isArray(owned) ? owned.filter(other => other.name !== names.modelName) : owned;
}

/** Whether the model exists and an orphan could not be deleted for a while: that is no reason to fail. */
function givesUpOrphan(goal: Present, { model, now, refusal }: Facts): boolean {
  return refusal?.operation === 'DeleteImportedModel' && now >= goal.startedAt + ORPHAN_PATIENCE
    && model !== undefined && model !== 'absent' && identityOfJob(model.jobName)?.content === goal.names.content;
}

/** Changes the tags last, and ends the request: a poll that comes after a rollback must find none to change back. */
function updateTags(goal: Present, model: Model, facts: Facts): Step {
  if (facts.retagged) return { do: 'succeed', model };
  const modelTags = facts.tags?.[model.arn];
  if (modelTags === undefined) return { do: 'ListTagsForResource', resourceArn: model.arn };
  const jobTags = facts.tags?.[model.jobArn];
  if (jobTags === undefined) return { do: 'ListTagsForResource', resourceArn: model.jobArn };
  const marked = markReplaced(goal, facts, modelTags);
  if (!Array.isArray(marked)) return marked;
  const wanted = [...goal.tags.model, ...goal.request.keepPrevious ? [inUse(known(modelTags))] : []];
  const changes = [
    ...marked,
    tagChange(model.arn, modelTags, wanted, [...goal.formerTagKeys.model, VERIFICATION_TAG.key, REPLACED_BY_TAG.key]),
    tagChange(model.jobArn, jobTags, goal.tags.job, goal.formerTagKeys.job),
  ].filter(change => change.put.length + change.remove.length > 0);
  return changes.length > 0 ? { do: 'TagResource', changes } : { do: 'succeed', model };
}

/**
 * Marks the replaced model, whose deletion CloudFormation requests with its own properties: with RETAIN, so that it is kept whatever the policy is
 * later, and with `keepPrevious`, so that it is kept until its successor is replaced.
 */
function markReplaced(goal: Present, facts: Facts, modelTags: Tag[] | Absent): TagChange[] | Call {
  const others = otherModels(goal, facts);
  if (!Array.isArray(others)) return others;
  const other = others.find(({ name }) => name === goal.replacedModelName);
  if (other === undefined) return [];
  if (goal.request.retain) return [{ resourceArn: other.arn, put: [RETAIN_TAG], remove: [] }];
  const tags = facts.tags?.[other.arn];
  if (tags === undefined) return { do: 'ListTagsForResource', resourceArn: other.arn };
  const isKept = goal.request.keepPrevious && isToBeKept(known(tags), goal.names.modelName, known(modelTags));
  return [tagChange(other.arn, tags, replaced(known(tags), goal.names.modelName, isKept), [])];
}

/** The tags of a model that was deleted moments ago are none. */
function known(tags: Tag[] | Absent): Tag[] {
  return tags === 'absent' ? [] : tags;
}
