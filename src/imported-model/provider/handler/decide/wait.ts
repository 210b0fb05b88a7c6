import type { Goal, Step } from './steps';
import type { ImportJob } from '../bedrock-api';

/**
 * Not complete yet. When the wait window of a link has elapsed, the next link of the chain continues: after `import` and `wait` on a Create, after
 * `model` and `wait` on a Delete, which runs through the chain in reverse. The last link fails.
 */
export function wait(goal: Goal, now: number, why: string): Step {
  if (now < goal.deadline) return { do: 'wait', why };
  const lastLink = goal.kind === 'present' ? 'model' : 'import';
  if (goal.link !== lastLink) return { do: 'succeed', why: `Wait window elapsed; the next resource in the chain continues. ${why}` };
  return fail(goal.kind === 'present'
    ? `The model was not imported within ${String(goal.request.importTimeoutMinutes)} minutes (importTimeout). ${why}. `
      + 'A running import cannot be stopped: its model is deleted with the stack, or by the next deployment that succeeds.'
    : `The model was not deleted in time. ${why}. Delete the stack again when the import has ended.`);
}

/** Waits for an import of this owner. */
export function waitForImport(goal: Goal, now: number, job: ImportJob): Step {
  const step = wait(goal, now, `Import job ${job.arn} is running`);
  return step.do === 'succeed' ? { ...step, jobName: job.name } : step;
}

/** Waits for the imports of others: an account has one running import. */
export function waitForTurn(goal: Goal, now: number, running: ImportJob[]): Step {
  return wait(goal, now, `Waiting for the import of another model: ${running.map(job => `${job.modelName} (${job.arn})`).join(', ')}`);
}

export function fail(why: string): Step {
  return { do: 'fail', why };
}
