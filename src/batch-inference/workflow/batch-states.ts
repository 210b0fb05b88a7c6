import { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { isLate, jobStates, type JobStatesProps, tooLate } from './job-states';
import { mapStates, type MapStatesProps } from './map-states';
import { prefixStatesOf } from './prefix';
import { retryFunction } from './retries';
import type { FinishedPart, Settings } from '../contract';
import { FUNCTION_TIMEOUT, MINUTE } from '../patience';

export interface BatchStatesProps {
  /** The function that reads and writes records. */
  readonly handler: lambda.IFunction;
  readonly settings: Settings;
  /** The path of the options of an execution. Undefined if it has none. */
  readonly optionsPath?: string;
  /** What the names of the states start with. */
  readonly statePrefix: string;
  /** Undefined if there are no jobs. */
  readonly job?: Omit<JobStatesProps, 'next'>;
  /** Undefined if no record goes to InvokeModel. */
  readonly map?: Omit<MapStatesProps, 'next' | 'statePrefix'>;
}

/** The states of a batch: prepare the records, process each part, write the manifest. `end` is the one with the result. */
export function batchStates(scope: Construct, props: BatchStatesProps): { readonly start: sfn.State; readonly end: sfn.Pass } {
  const end = new sfn.Pass(scope, 'Results', { outputPath: '$.result' });
  const parts = partStates(scope, props);
  const start = prepareState(scope, props, parts.next(finishStates(scope, props, end)));
  prefixStatesOf(scope, props.statePrefix);
  return { start, end };
}

/** The first state checks the options and the records, and splits the records into parts. */
function prepareState(scope: Construct, { handler, settings, optionsPath }: BatchStatesProps, next: sfn.IChainable): sfn.State {
  const prepare = recordsState(scope, 'Prepare records', handler, {
    action: 'prepare',
    executionArn: sfn.JsonPath.executionId,
    executionName: sfn.JsonPath.executionName,
    startTime: sfn.JsonPath.executionStartTime,
    options: optionsPath === undefined ? {} : sfn.JsonPath.objectAt(optionsPath),
    settings,
  });
  prepare.next(new sfn.Choice(scope, 'Is the input valid')
    .when(sfn.Condition.isPresent('$.error'), new sfn.Fail(scope, 'Input is invalid', { errorPath: '$.error', causePath: '$.cause' }))
    .otherwise(next));
  return prepare;
}

/** Each part is processed in rounds, in an execution of its own, because one execution could not hold the events of all jobs. */
function partStates(scope: Construct, { handler, statePrefix, job, map }: BatchStatesProps): sfn.DistributedMap {
  const finished = new sfn.Pass(scope, 'Part is finished', { parameters: FINISHED_PART });
  const next = new sfn.Choice(scope, 'Choose engine');
  const collect = recordsState(scope, 'Collect results', handler, {
    action: 'collect',
    run: sfn.JsonPath.objectAt('$.run'),
    part: sfn.JsonPath.objectAt('$.part'),
    ending: sfn.JsonPath.objectAt('$.ending'),
    time: sfn.JsonPath.stateEnteredTime,
  });
  if (job) {
    const isJob = sfn.Condition.stringEquals('$.part.engine', 'job');
    const create = jobStates(scope, { ...job, next: collect });
    if (job.hasDeadline) next.when(sfn.Condition.and(isJob, isLate()), tooLate(scope, collect));
    next.when(isJob, create);
  }
  if (map) next.when(sfn.Condition.stringEquals('$.part.engine', 'map'), mapStates(scope, { ...map, statePrefix, next: collect }));
  next.otherwise(finished);
  collect.next(next);
  prefixStatesOf(scope, statePrefix);
  return new sfn.DistributedMap(scope, 'For each part', {
    itemsPath: '$.parts',
    itemSelector: { run: sfn.JsonPath.objectAt('$.run'), part: sfn.JsonPath.objectAt('$$.Map.Item.Value') },
    maxConcurrencyPath: '$.run.maxConcurrentParts',
    resultPath: '$.parts',
  }).itemProcessor(next);
}

/** The last states write the manifest and decide whether the execution succeeds. */
function finishStates(scope: Construct, { handler }: BatchStatesProps, end: sfn.Pass): sfn.Chain {
  const payload = { action: 'finish', run: sfn.JsonPath.objectAt('$.run'), parts: sfn.JsonPath.objectAt('$.parts') };
  return recordsState(scope, 'Write manifest', handler, payload).next(new sfn.Choice(scope, 'Has it succeeded')
    .when(sfn.Condition.booleanEquals('$.succeeded', true), end)
    .otherwise(new sfn.Fail(scope, 'Batch has failed', { errorPath: '$.error', causePath: '$.cause' })));
}

function recordsState(scope: Construct, id: string, handler: lambda.IFunction, payload: { readonly [name: string]: unknown }): tasks.LambdaInvoke {
  const task = new tasks.LambdaInvoke(scope, id, {
    lambdaFunction: handler,
    payload: sfn.TaskInput.fromObject(payload),
    outputPath: '$.Payload',
    retryOnServiceExceptions: false,
    // After that of the function: no retry begins while the function still writes.
    taskTimeout: sfn.Timeout.duration(Duration.seconds(FUNCTION_TIMEOUT + MINUTE)),
  });
  retryFunction(task);
  return task;
}

/** What the manifest needs of a part. All parts must fit the state of the execution. */
const FINISHED_PART: { readonly [member in keyof FinishedPart]: unknown } = {
  successRecordCount: sfn.JsonPath.numberAt('$.part.successRecordCount'),
  errorRecordCount: sfn.JsonPath.numberAt('$.part.errorRecordCount'),
  inputTokenCount: sfn.JsonPath.numberAt('$.part.inputTokenCount'),
  outputTokenCount: sfn.JsonPath.numberAt('$.part.outputTokenCount'),
  files: sfn.JsonPath.listAt('$.part.files'),
  jobs: sfn.JsonPath.numberAt('$.part.jobs'),
  mapRuns: sfn.JsonPath.numberAt('$.part.mapRuns'),
  failure: sfn.JsonPath.stringAt('$.part.failure'),
};
