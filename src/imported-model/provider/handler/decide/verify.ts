import { hasRoleOfStack } from './ownership';
import type { Facts, Present, Step } from './steps';
import { fail } from './wait';
import type { Model } from '../bedrock-api';
import { withoutSlash } from '../names';

/**
 * Verifies that a model is what its job's name says. Anybody who may import can choose a job's name, so a model becomes the stack's only if Bedrock
 * reports the same source and key, and if its job had a service role of the stack. Undefined if it is verified.
 */
export function verify(goal: Present, model: Model, facts: Facts): Step | undefined {
  const { request } = goal;
  const remedy = 'Find out who imported it (CloudTrail has the CreateModelImportJob call), delete it, and deploy again.';
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
  // Nobody can delete a job: one that is absent is older than Bedrock remembers.
  if (job === 'absent' || hasRoleOfStack(goal, job)) return undefined;
  return fail(`Model "${model.name}" (${model.arn}) was imported with the service role ${String(job.roleArn)}, and not with ${goal.roles.join(' or ')}: its job `
    + `${job.name} was not started by this stack. ${remedy}`);
}
