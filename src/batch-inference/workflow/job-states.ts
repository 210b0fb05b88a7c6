import { Duration } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { createJob, type CreateJobProps, findJob, getJob, stopJob } from './job-calls';
import { CONFLICT } from './retries';
import type { Ending } from '../contract';
import { JOB_STATUSES } from '../job-statuses';
import { LIST_LAG, POLL } from '../patience';

export interface JobStatesProps extends CreateJobProps {
  readonly hasDeadline: boolean;
  /** The state after the job has ended. */
  readonly next: sfn.IChainable;
}

/**
 * The states of a batch inference job: create, poll until it has ended, and stop it at the deadline. They expect `$.run` and `$.part`, and leave the
 * ending of the job in `$.ending`.
 */
export function jobStates(scope: Construct, props: JobStatesProps): sfn.State {
  const create = createJob(scope, props);
  const poll = pollStates(scope, props);
  create.addCatch(adoptStates(scope, poll), { errors: CONFLICT, resultPath: '$.conflict' });
  create.next(poll);
  return create;
}

/** The states after a name was found to be in use: go on with the job if it is ours, which its output says. */
function adoptStates(scope: Construct, poll: sfn.IChainable): sfn.IChainable {
  const isOurs = sfn.Condition.and(
    sfn.Condition.isPresent(`${FOUND}.JobArn`),
    sfn.Condition.stringEqualsJsonPath(`${FOUND}.OutputDataConfig.S3OutputDataConfig.S3Uri`, '$.part.outputUri'),
  );
  const adopt = new sfn.Pass(scope, 'Job was found', { parameters: { JobArn: sfn.JsonPath.stringAt(`${FOUND}.JobArn`) }, resultPath: '$.job' });
  const wait = new sfn.Wait(scope, 'Wait for list', { time: sfn.WaitTime.duration(Duration.seconds(LIST_LAG)), comment: 'A list may lag behind' });
  return wait.next(findJob(scope)).next(new sfn.Choice(scope, 'Is it the job of this part')
    .when(isOurs, adopt.next(poll))
    .otherwise(new sfn.Fail(scope, 'Job name is in use', { errorPath: '$.conflict.Error', causePath: '$.conflict.Cause' })));
}

/** The job with the name: names are unique. */
const FOUND = '$.found.InvocationJobSummaries[0]';

/** Whether the deadline of the run has passed. */
export function isLate(): sfn.Condition {
  return sfn.Condition.timestampGreaterThanEqualsJsonPath('$$.State.EnteredTime', '$.run.deadline');
}

/** The state instead of a job that would start after the deadline, because its part has waited for its turn: as if it had been stopped at once. */
export function tooLate(scope: Construct, next: sfn.IChainable): sfn.IChainable {
  const ending: Ending = { engine: 'job', jobArn: '', state: { Status: 'Stopped' }, stopped: true };
  return new sfn.Pass(scope, 'Too late for a job', { parameters: ending, resultPath: '$.ending' }).next(next);
}

/** The polling loop. Each wait is twice the one before, up to a limit. */
function pollStates(scope: Construct, { hasDeadline, next }: JobStatesProps): sfn.IChainable {
  const start = new sfn.Pass(scope, 'Start polling', { parameters: { wait: POLL.first, stopped: false }, resultPath: '$.poll' });
  const wait = new sfn.Wait(scope, 'Wait for job', { time: sfn.WaitTime.secondsPath('$.poll.wait') });
  const waitLonger = new sfn.Pass(scope, 'Wait longer', {
    parameters: {
      wait: sfn.JsonPath.mathAdd(sfn.JsonPath.numberAt('$.poll.wait'), sfn.JsonPath.numberAt('$.poll.wait')),
      stopped: sfn.JsonPath.objectAt('$.poll.stopped'),
    },
    resultPath: '$.poll',
  });
  const ended = new sfn.Pass(scope, 'Job has ended', {
    parameters: {
      engine: 'job',
      jobArn: sfn.JsonPath.stringAt('$.job.JobArn'),
      state: sfn.JsonPath.objectAt('$.job.State'),
      stopped: sfn.JsonPath.objectAt('$.poll.stopped'),
    },
    resultPath: '$.ending',
  });

  const isRunning = sfn.Condition.or(...Object.entries(JOB_STATUSES).filter(([, route]) => route === 'wait')
    .map(([status]) => sfn.Condition.stringEquals('$.job.State.Status', status)));
  const route = new sfn.Choice(scope, 'Is the job running', { comment: 'An unknown status ends the polling, as those do that have ended' });
  if (hasDeadline) {
    route.when(sfn.Condition.and(isRunning, sfn.Condition.booleanEquals('$.poll.stopped', false), isLate()), stopStates(scope, wait));
  }
  route
    .when(sfn.Condition.and(isRunning, sfn.Condition.numberLessThan('$.poll.wait', POLL.last)), waitLonger)
    .when(isRunning, wait)
    .otherwise(ended.next(next));

  waitLonger.next(wait);
  wait.next(getJob(scope)).next(route);
  return start.next(wait);
}

/** The states after the deadline. Whatever keeps Bedrock from stopping the job, the next polls say how it goes on: it may have ended meanwhile. */
function stopStates(scope: Construct, wait: sfn.State): sfn.IChainable {
  const stopping = new sfn.Pass(scope, 'Job is stopping', { parameters: { wait: POLL.first, stopped: true }, resultPath: '$.poll' });
  const stop = stopJob(scope).addCatch(stopping, { resultPath: sfn.JsonPath.DISCARD });
  stop.next(stopping).next(wait);
  return stop;
}
