import { listOwnJobs, ownedModels } from './ownership';
import type { Checked, Facts, Step } from './steps';
import { identityOfJob } from '../names';
import { refusalOfFiles } from '../refused-files';

/**
 * Create and Update of the `check` link: the next step until it is known whether Bedrock can import the files.
 *
 * A check must never stop what Bedrock would do: files that cannot be read are imported without one, and a model that exists, or whose import is
 * running, needs none. So a rollback to a former model succeeds whatever has become of its files.
 */
export function decideChecked(goal: Checked, facts: Facts): Step {
  const { files, now } = facts;
  if (files === undefined) return { do: 'CheckModelFiles', files: goal.files };
  if ('unreadable' in files) {
    const why = `The files could not be read, so they are imported without a check: ${files.unreadable}`;
    return now < goal.deadline ? { do: 'wait', why } : { do: 'succeed', why };
  }
  if (files.passed) return { do: 'succeed', files };
  const existing = findExisting(goal, facts);
  if (existing === undefined) return { do: 'fail', why: refusalOfFiles(goal.files.s3Uri, files), files };
  return typeof existing === 'string' ? { do: 'succeed', files, why: existing } : existing;
}

/** Why no import is needed, or the next step to find out. Undefined if one is needed. */
function findExisting(goal: Checked, facts: Facts): Step | string | undefined {
  const { ownJobs, refusal } = facts;
  if (refusal) return facts.now < goal.deadline ? { do: 'wait', why: `${refusal.operation} was refused: ${refusal.message}` } : undefined;
  if (ownJobs === undefined) return listOwnJobs(goal);
  const jobs = ownJobs.filter(job => identityOfJob(job.name)?.content === goal.content);
  const running = jobs.find(({ status }) => status === 'InProgress');
  if (running) return `Import job ${running.arn} of these files is running`;
  if (jobs.length === 0) return undefined;
  const owned = ownedModels(goal, facts);
  if (!Array.isArray(owned)) return owned;
  const model = owned.find(({ arn }) => jobs.some(({ modelArn }) => modelArn === arn));
  return model && `Model ${model.arn} has been imported from these files`;
}
