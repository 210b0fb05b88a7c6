import type { Absent, ImportJob, Model } from './bedrock-api';
import { identityOf, type Names } from './names';
import type { Refusal } from './refusal';
import type { ModelImportRequest } from './request';
import type { Tag } from '../contract/custom-resource';

/**
 * The lifecycle of an imported model, in one pure function: from what should be (the goal) and what is known (the
 * facts) to the next step. It asks for the facts it needs, cheapest first, so that a poll of a running import is one call.
 *
 * It knows nothing of the past: called any number of times, twice at once, after a crash or a rollback, it does the next
 * right thing.
 */
export type Goal = Present | Absence;

/** Create and Update: a model with this content and these tags. */
export interface Present {
  readonly kind: 'present';
  readonly names: Names;
  readonly request: ModelImportRequest;
  /** Tags that an earlier request put there; those that are asked for no more are removed, all others left alone. */
  readonly formerTagKeys: TagKeys;
  readonly startedAt: number;
  readonly deadline: number;
}

/** Delete: neither this model nor an import that would bring it back. */
export interface Absence {
  readonly kind: 'absent';
  readonly owner: string;
  readonly modelName: string;
  readonly startedAt: number;
  readonly deadline: number;
}

/** What is known; a member that is missing has not been looked at. */
export interface Facts {
  readonly now: number;
  /** The job of this very request. */
  readonly ownJob?: ImportJob | Absent;
  /** A running import of the same model that another request started. */
  readonly runningJob?: ImportJob | Absent;
  readonly model?: Model | Absent;
  readonly modelTags?: Tag[] | Absent;
  readonly jobTags?: Tag[] | Absent;
  /** The tags have just been changed. */
  readonly retagged?: boolean;
  /** The last call was refused. */
  readonly refusal?: Refusal;
}

/** A call of Bedrock, by the name of its operation. The first four look, and end in a fact; the others change what is. */
export type Call =
  | { readonly do: 'GetModelImportJob'; readonly jobName: string }
  | { readonly do: 'ListModelImportJobs'; readonly owner: string; readonly modelName: string }
  | { readonly do: 'GetImportedModel'; readonly modelName: string }
  | { readonly do: 'ListTagsForResource'; readonly of: 'modelTags' | 'jobTags'; readonly resourceArn: string }
  | { readonly do: 'CreateModelImportJob'; readonly names: Names; readonly request: ModelImportRequest }
  | { readonly do: 'TagResource'; readonly changes: TagChange[] }
  | { readonly do: 'DeleteImportedModel'; readonly modelName: string };

/** How a poll ends. */
export type End =
  | { readonly do: 'wait'; readonly why: string }
  | { readonly do: 'succeed'; readonly model?: Model }
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

const MINUTE = 60_000;

/** How long a new role or permission may take to reach Bedrock before it counts as missing. "Several minutes" are reported. */
export const PROPAGATION_PATIENCE = 10 * MINUTE;

/** How long a finished job's model may take to be seen before it counts as deleted by somebody else. */
export const VISIBILITY_PATIENCE = 5 * MINUTE;

/** The next step from the facts towards the goal. */
export function decide(goal: Goal, facts: Facts): Step {
  if (facts.refusal) return decideRefusal(goal, facts.now, facts.refusal);
  return goal.kind === 'present' ? decidePresent(goal, facts) : decideAbsent(goal, facts);
}

function decidePresent(goal: Present, facts: Facts): Step {
  const { ownJob, model, runningJob } = facts;

  if (ownJob === undefined) return { do: 'GetModelImportJob', jobName: goal.names.jobName };
  if (ownJob !== 'absent' && ownJob.status === 'InProgress') return waitForImport(goal, facts.now, ownJob);
  if (ownJob !== 'absent' && ownJob.status === 'Failed') {
    return fail(`Import job ${ownJob.arn} failed: ${ownJob.failureMessage ?? 'Bedrock gave no reason'}. `
      + 'Correct the model or the permissions of its service role, then deploy again: that starts a new job.');
  }

  if (model === undefined) return { do: 'GetImportedModel', modelName: goal.names.modelName };
  if (model !== 'absent') return decideFound(goal, model, facts);

  if (ownJob !== 'absent') {
    return facts.now < (ownJob.endTime ?? goal.startedAt) + VISIBILITY_PATIENCE
      ? wait(goal, facts.now, `Import job ${ownJob.arn} has completed, its model is not visible yet`)
      : fail(`Import job ${ownJob.arn} has completed, but its model "${goal.names.modelName}" is gone: somebody deleted it `
        + 'during the deployment. Deploy again to import it again.');
  }

  if (runningJob === undefined) return { do: 'ListModelImportJobs', owner: goal.names.owner, modelName: goal.names.modelName };
  if (runningJob !== 'absent') return waitForImport(goal, facts.now, runningJob);
  return { do: 'CreateModelImportJob', names: goal.names, request: goal.request };
}

function decideFound(goal: Present, model: Model, facts: Facts): Step {
  const { names, request } = goal;
  const identity = identityOf(model);
  if (identity?.owner !== names.owner) {
    return fail(`importedModelName: "${names.modelName}" is the name of a model that this resource did not import (${model.arn}). `
      + 'Choose another name, omit it to have one generated, or delete that model.');
  }
  if (identity.content !== names.content) {
    return fail(`importedModelName: "${names.modelName}" is taken by the model that would be replaced (${model.arn}): the new one cannot `
      + 'be imported before the old one is gone. Omit importedModelName to have one generated, or change it together with the model.');
  }

  if (facts.retagged) return { do: 'succeed', model };
  if (facts.modelTags === undefined) return { do: 'ListTagsForResource', of: 'modelTags', resourceArn: model.arn };
  if (facts.jobTags === undefined) return { do: 'ListTagsForResource', of: 'jobTags', resourceArn: model.jobArn };
  const changes = [
    tagChange(model.arn, facts.modelTags, request.importedModelTags, goal.formerTagKeys.model),
    tagChange(model.jobArn, facts.jobTags, request.jobTags, goal.formerTagKeys.job),
  ].filter(change => change.put.length + change.remove.length > 0);
  return changes.length > 0 ? { do: 'TagResource', changes } : { do: 'succeed', model };
}

function decideAbsent(goal: Absence, facts: Facts): Step {
  const { model, runningJob } = facts;

  // A job cannot be stopped, and brings the model when it ends: first wait it out.
  if (runningJob === undefined) return { do: 'ListModelImportJobs', owner: goal.owner, modelName: goal.modelName };
  if (runningJob !== 'absent') return waitForImport(goal, facts.now, runningJob);

  if (model === undefined) return { do: 'GetImportedModel', modelName: goal.modelName };
  if (model === 'absent') return { do: 'succeed' };
  // A name that another resource has taken over is not ours to delete.
  if (identityOf(model)?.owner !== goal.owner) return { do: 'succeed' };
  return { do: 'DeleteImportedModel', modelName: goal.modelName };
}

function decideRefusal(goal: Goal, now: number, refusal: Refusal): Step {
  const said = `${refusal.operation} was refused: ${refusal.message}`;
  const patient = now < goal.startedAt + PROPAGATION_PATIENCE;
  switch (refusal.kind) {
    case 'transient':
    case 'busy':
      return wait(goal, now, said);
    case 'role':
      return patient ? wait(goal, now, said) : fail(`${said} (for ${PROPAGATION_PATIENCE / MINUTE} minutes, so this is no delay of a new role). `
        + 'Check that the trust policy of the service role lets bedrock.amazonaws.com assume it, and that the role exists.');
    case 'access':
      return patient ? wait(goal, now, said) : fail(`${said} (for ${PROPAGATION_PATIENCE / MINUTE} minutes, so this is no delay of a new policy). `
        + 'Check the policy of the provider\'s role, permissions boundaries, service control policies and the policy of the KMS key.');
    case 'final':
      return fail(`${said}. Correct the property and deploy again.`);
  }
}

function waitForImport(goal: Goal, now: number, job: ImportJob): Step {
  return wait(goal, now, `Import job ${job.arn} is running`);
}

/** Not yet; unless the time that this request has is over. */
function wait(goal: Goal, now: number, why: string): Step {
  if (now < goal.deadline) return { do: 'wait', why };
  const minutes = Math.round((goal.deadline - goal.startedAt) / MINUTE);
  return fail(goal.kind === 'present'
    ? `The model was not imported within ${minutes} minutes (importTimeout). ${why}. A running import cannot be stopped: the rollback waits for it.`
    : `The model was not deleted within ${minutes} minutes. ${why}. Delete the stack again when the import has ended.`);
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
