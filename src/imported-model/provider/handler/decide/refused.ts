import type { Facts, Goal, Step } from './steps';
import { fail, wait, waitForTurn } from './wait';
import { FULL_ACCOUNT_PATIENCE, MINUTE, PROPAGATION_PATIENCE, RECENT_JOBS } from '../../patience';
import type { Refusal } from '../bedrock-error';

/** Bedrock has refused a call: wait, or fail with what to do. */
export function decideRefused(goal: Goal, facts: Facts, refusal: Refusal): Step {
  const { now } = facts;
  const said = `${refusal.operation} was refused: ${refusal.message}`;
  switch (refusal.kind) {
    case 'transient':
    case 'busy':
      return wait(goal, now, said);
    case 'quota':
      return decideQuota(goal, facts, said);
    case 'role':
      return waitForPropagation(goal, now, said, 'role', 'Check that the trust policy of the service role lets bedrock.amazonaws.com assume it, and that the role exists.');
    case 'access':
      return waitForPropagation(goal, now, said, 'policy', 'Check the policies of the provider\'s role and of the service role, permissions boundaries, '
        + 'service control policies, and the policies of bucket and KMS key.');
    case 'final':
      return fail(`${said}. ${goal.kind === 'present' ? 'Correct the property and deploy again.' : 'Remove the cause, then delete the stack again.'}`);
  }
}

function waitForPropagation(goal: Goal, now: number, said: string, what: 'role' | 'policy', remedy: string): Step {
  if (now < goal.startedAt + PROPAGATION_PATIENCE) return wait(goal, now, said);
  return fail(`${said} (for ${PROPAGATION_PATIENCE / MINUTE} minutes, which is longer than a new ${what} takes to propagate). ${remedy}`);
}

/** Either another import was faster, or the account has as many models as its quota allows. */
function decideQuota(goal: Goal, facts: Facts, said: string): Step {
  const { recent, models, now } = facts;
  if (recent === undefined) return { do: 'ListModelImportJobs', into: 'recent', since: now - RECENT_JOBS };
  const running = recent.filter(job => job.status === 'InProgress');
  if (running.length > 0) return waitForTurn(goal, now, running);
  if (models === undefined) return { do: 'ListImportedModels' };
  // Imports and models come and go, and each restarts the patience: also the import of another stack that is too new to be listed, because it
  // can only have been faster when one has just ended.
  const since = Math.max(goal.startedAt, ...recent.map(job => job.endTime ?? job.creationTime), ...models.map(model => model.creationTime));
  if (now < since + FULL_ACCOUNT_PATIENCE || models.length === 0) return wait(goal, now, said);
  return fail(`${said}. No import is running, and the model quota of the account has been exhausted for ${FULL_ACCOUNT_PATIENCE / MINUTE} minutes. Its models: `
    + `${models.map(model => model.name).join(', ')}. Delete one, raise the quota "Imported models per account", or choose `
    + 'ReplacementStrategy.DELETE_FIRST to delete the old model first.');
}
