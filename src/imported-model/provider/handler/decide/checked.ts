import { listOwnJobs } from './ownership';
import type { Checked, Facts, Step } from './steps';
import { identityOfJob } from '../names';
import { refusalOfFiles } from '../refused-files';

/**
 * Create and Update of the `check` link: the next step until it is known whether Bedrock can import the files.
 *
 * A check must never stop what Bedrock would do. Files that cannot be read are imported without one, and files that this stack has imported before
 * need none: so a rollback succeeds whatever has become of the files, and whatever a later version of this library thinks of them.
 */
export function decideChecked(goal: Checked, facts: Facts): Step {
  const { files, now, ownJobs, refusal } = facts;
  if (files === undefined) return { do: 'CheckModelFiles', files: goal.files };
  if ('unreadable' in files) {
    const why = `The files could not be read, so they are imported without a check: ${files.unreadable}`;
    return now < goal.deadline ? { do: 'wait', why } : { do: 'succeed', why };
  }
  if (files.passed) return { do: 'succeed', files };
  if (refusal) {
    const why = `It is not known whether these files have been imported before: ${refusal.operation} was refused: ${refusal.message}`;
    return now < goal.deadline ? { do: 'wait', why } : { do: 'succeed', files, why };
  }
  if (ownJobs === undefined) return listOwnJobs(goal);

  const accepted = ownJobs.find(({ name, status }) => identityOfJob(name)?.content === goal.content && status !== 'Failed');
  return accepted
    ? { do: 'succeed', files, why: `Import job ${accepted.arn} has imported this version of the files before, or does so now` }
    : { do: 'fail', files, why: refusalOfFiles(goal.files.s3Uri, files) };
}
