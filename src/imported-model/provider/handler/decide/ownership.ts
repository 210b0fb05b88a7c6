import type { Call, Facts, Goal } from './steps';
import { RETAIN_TAG, type Tag } from '../../contract';
import type { ImportJob, ModelSummary } from '../bedrock-api';
import { identityOfJob, identityOfName } from '../names';

/**
 * The existing models of this owner: those that its jobs have imported. Or the call that is needed to know them. A name alone proves nothing, so
 * a model that is named like one of this owner, but that none of its jobs has imported, is read in detail.
 */
export function ownedModels(goal: Goal, facts: Facts): ModelSummary[] | Call {
  const { models, ownJobs, looked = {} } = facts;
  if (models === undefined) return { do: 'ListImportedModels' };
  if (ownJobs === undefined) return listOwnJobs(goal);
  const imported = new Set(ownJobs.map(job => job.modelArn));
  const doubtful = models.find(({ arn, name }) => !imported.has(arn) && identityOfName(name)?.owner === goal.owner && looked[arn] === undefined);
  if (doubtful) return { do: 'GetImportedModel', into: 'looked', modelName: doubtful.arn };
  return models.filter(({ arn }) => {
    const model = looked[arn];
    return imported.has(arn) || (model !== undefined && model !== 'absent' && identityOfJob(model.jobName)?.owner === goal.owner);
  });
}

/** The call that lists all jobs of this owner. */
export function listOwnJobs(goal: Goal): Call {
  return { do: 'ListModelImportJobs', into: 'ownJobs', owner: goal.owner };
}

/** Whether a job was started with a service role of this stack. */
export function hasRoleOfStack(goal: Goal, { roleArn }: ImportJob): boolean {
  return roleArn !== undefined && goal.roles.includes(roleArn);
}

/**
 * Whether a model existed before this request began. Only such a model may be deleted by a deployment: the waiter of a deployment that
 * CloudFormation has given up must not delete what a later deployment has imported.
 */
export function isOlder(model: ModelSummary, goal: Goal): boolean {
  return model.creationTime <= goal.startedAt;
}

/** Whether a model that reads still return was deleted moments ago. Such a model has no tags, but it is not retained. */
export function isBeingDeleted({ tags, deleted }: Facts, { arn }: ModelSummary): boolean {
  return deleted?.[arn] === true || tags?.[arn] === 'absent';
}

/**
 * Deletes the first of these models that is not retained. Undefined if there is none.
 *
 * @param isKept Whether a model with these tags is kept for another reason
 */
export function deleteOne(facts: Facts, models: ModelSummary[], isKept: (tags: Tag[]) => boolean = () => false): Call | undefined {
  for (const model of models.filter(({ arn }) => !facts.deleted?.[arn])) {
    const modelTags = facts.tags?.[model.arn];
    if (modelTags === undefined) return { do: 'ListTagsForResource', resourceArn: model.arn };
    if (modelTags !== 'absent' && !modelTags.some(({ key }) => key === RETAIN_TAG.key) && !isKept(modelTags)) {
      return { do: 'DeleteImportedModel', modelArn: model.arn, modelName: model.name };
    }
  }
  return undefined;
}
