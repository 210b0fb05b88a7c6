/**
 * What a batch inference job of each status means for an execution. Both programs read it: the state machine waits or goes on, and the function
 * that collects the results decides about the records that have none.
 *
 * - `wait`: the job is polled again.
 * - `retry`: the job has ended, and records without a result go into the next round.
 * - `fail`: the job has ended without serving all of its input. Its results are kept, and the execution fails with the message of the job.
 *
 * A status that is not listed fails the execution with its name.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetModelInvocationJob.html
 */
export const JOB_STATUSES: { readonly [status: string]: 'wait' | 'retry' | 'fail' } = {
  Submitted: 'wait',
  Validating: 'wait',
  Scheduled: 'wait',
  InProgress: 'wait',
  Stopping: 'wait',
  Completed: 'retry',
  PartiallyCompleted: 'retry',
  Failed: 'fail',
  Expired: 'fail',
  Stopped: 'fail',
};
