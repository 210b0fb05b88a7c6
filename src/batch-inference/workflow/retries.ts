import { Duration } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { BUSY, COLD_START, FUNCTION_FAULT, MODEL_FAULT, PROPAGATION, QUOTA, type RetryTimes, THROTTLED } from '../patience';

/**
 * The errors of Bedrock, and how they are retried. An error that is not listed ends the execution, which can be redriven.
 *
 * Step Functions gives an error the name of the service, and there are two: SDK integrations of the runtime use `BedrockRuntime`, and public
 * definitions with the optimized integration use `Bedrock`.
 */
const bedrock = (...names: string[]) => names.flatMap(name => [`Bedrock.${name}`, `BedrockRuntime.${name}`]);

/** Throttling, server errors, and calls without a response. */
const TRANSIENT = [
  ...bedrock('ThrottlingException', 'TooManyRequestsException', 'InternalServerException', 'ServiceUnavailableException', 'SdkClientException'),
];

/** The errors of a record: the same request would fail again, so the record has no output. */
export const RECORD_ERRORS = [
  ...bedrock('ValidationException', 'ModelErrorException', 'ModelTimeoutException'),
  'States.Timeout',
  // The response is too large for the state. In the next round, the record goes by reference.
  'States.DataLimitExceeded',
];

/** The name of a job is in use. */
export const CONFLICT = bedrock('ConflictException');

/** Retries of CreateModelInvocationJob. */
export function retryCreation(task: sfn.TaskStateBase): void {
  retry(task, bedrock('ServiceQuotaExceededException'), QUOTA);
  retry(task, [...TRANSIENT, 'States.Timeout'], BUSY);
  // A role that Bedrock does not know yet is a ValidationException, like everything that is wrong for ever.
  retry(task, bedrock('AccessDeniedException', 'ValidationException'), PROPAGATION);
}

/** Retries of the other calls of the control plane. */
export function retryControl(task: sfn.TaskStateBase): void {
  retry(task, [...TRANSIENT, 'States.Timeout'], BUSY);
  retry(task, bedrock('AccessDeniedException'), PROPAGATION);
}

/** Retries of InvokeModel. */
export function retryInvocation(task: sfn.TaskStateBase): void {
  retry(task, bedrock('ModelNotReadyException'), COLD_START);
  retry(task, [...TRANSIENT, ...bedrock('ServiceQuotaExceededException')], THROTTLED);
  retry(task, [...bedrock('ModelErrorException', 'ModelTimeoutException'), 'States.Timeout'], MODEL_FAULT);
  retry(task, bedrock('AccessDeniedException'), PROPAGATION);
}

/** Retries of the function that reads and writes records. */
export function retryFunction(task: sfn.TaskStateBase): void {
  retry(task, ['Lambda.TooManyRequestsException', 'Lambda.ServiceException', 'Lambda.AWSLambdaException', 'Lambda.SdkClientException'], BUSY);
  retry(task, ['States.ALL'], FUNCTION_FAULT);
}

function retry(task: sfn.TaskStateBase, errors: string[], { interval, maxDelay, attempts }: RetryTimes): void {
  task.addRetry({
    errors,
    interval: Duration.seconds(interval),
    maxDelay: Duration.seconds(maxDelay),
    maxAttempts: attempts,
    backoffRate: 2,
    jitterStrategy: sfn.JitterType.FULL,
  });
}
