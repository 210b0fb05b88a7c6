import type { Duration } from 'aws-cdk-lib';
import type * as bedrock from 'aws-cdk-lib/aws-bedrock';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { BatchEngine, ModelInvocationType } from './batch-engine';
import type { BatchLocation } from './batch-location';

/**
 * Options of batch inference, for a state machine of its own and for a fragment of another one.
 */
export interface BatchInferenceOptions {
  /**
   * The model: an imported model, a foundation model, a custom model, or `InferenceProfileModel`.
   */
  readonly model: bedrock.IModel;

  /**
   * The records: `.jsonl` objects with one `{"recordId": "...", "modelInput": {...}}` in each line. Other objects are ignored.
   *
   * `modelInput` is the body of InvokeModel, see `modelInvocationType`. A record without `recordId` gets one. An execution can choose a place within
   * this location.
   */
  readonly input: BatchLocation;

  /**
   * The location of the results. Must be outside the input.
   *
   * An execution writes into the folder `<execution name>/`: `manifest.json` with the numbers of records, and `*.jsonl` with one line for each
   * record, which has `recordId`, `modelInput`, and `modelOutput` or `error`. At its start it writes `run.json`, with the beginning of the names of
   * its jobs. An execution that finds the `run.json` of another one fails.
   *
   * What the engines read and write is in `_work/<execution name>-<16 characters>/` below this location, also if an execution chooses another output
   * within it. Delete it with a lifecycle rule whose prefix is the prefix of this location, followed by `_work/`, for example `out/_work/`.
   */
  readonly output: BatchLocation;

  /**
   * The engine that runs the model.
   *
   * @default - DISTRIBUTED_MAP for an imported model, MODEL_INVOCATION_JOB for others
   */
  readonly engine?: BatchEngine;

  /**
   * The number of records that are sent to InvokeModel at the same time: 1 to 1000.
   *
   * One copy of an imported model is reported to answer about one request a second. More requests than the model can answer are throttled and
   * repeated, which costs time and state transitions. Raise it while `InvocationThrottles` of the model stays low.
   *
   * With the engine MODEL_INVOCATION_JOB, it applies to each part, and as many parts as `maxConcurrentJobs` can be at InvokeModel at the same time.
   *
   * @default 2
   */
  readonly maxConcurrency?: number;

  /**
   * The number of batch inference jobs of an execution that are submitted at the same time: 1 to 100. Each has at most 100,000 records.
   *
   * @default 10
   */
  readonly maxConcurrentJobs?: number;

  /**
   * How often records without an output are tried again: 0 to 3.
   *
   * Fewer than 100 records are too few for a job: they go to InvokeModel, at its price. The records of jobs with the status Failed, Expired or
   * Stopped are not tried again, unless the `deadline` has stopped them.
   *
   * @default 1
   */
  readonly retryRounds?: number;

  /**
   * The number of records without an output with which an execution still succeeds. The results are written in any case.
   *
   * @default 0
   */
  readonly toleratedFailureCount?: number;

  /**
   * The percentage of records without an output with which an execution still succeeds: 0 to 100. The results are written in any case.
   *
   * @default - `toleratedFailureCount` is used
   */
  readonly toleratedFailurePercentage?: number;

  /**
   * The API whose body a record has.
   *
   * With `CONVERSE`, records cannot go to InvokeModel: an execution needs at least 100 records, and fewer failed records are not tried again. This
   * parameter is newer than the rest of the API: if Step Functions does not know it yet in a Region, a state machine with `CONVERSE` cannot be
   * deployed there.
   *
   * @default ModelInvocationType.INVOKE_MODEL
   */
  readonly modelInvocationType?: ModelInvocationType;

  /**
   * The time after which Bedrock ends a batch inference job: whole hours, 24 to 168.
   *
   * @default Duration.hours(72)
   * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html
   */
  readonly timeoutDuration?: Duration;

  /**
   * The time after the start of an execution at which its jobs are stopped, and the records without an output go to InvokeModel, at its price: 10
   * minutes to 168 hours. No job is started after it.
   *
   * A job is polled every 32 minutes at the latest, so it may be stopped that much later. The deadline does not interrupt the wait for the quota of
   * jobs, and it does not limit the time that InvokeModel takes. Not for custom models, which InvokeModel does not take, and not with `CONVERSE`.
   *
   * @default - jobs run until they end by themselves
   */
  readonly deadline?: Duration;

  /**
   * The prefix of job names: 1 to 39 letters and digits. The rest of a job name is always generated.
   *
   * The events of these jobs are recognized by it, so it must be unique in the account.
   *
   * @default - generated from the construct path
   */
  readonly jobNamePrefix?: string;

  /**
   * Tags of batch inference jobs, in addition to those of `Tags.of(batch)`, which they override. At most 50 in total.
   *
   * @default - only the tags of `Tags.of()`
   */
  readonly jobTags?: { [key: string]: string };

  /**
   * The service role that Bedrock assumes to run a batch inference job.
   *
   * The permissions that a job needs are attached to it as a policy. Its trust policy is not changed.
   *
   * @default - a new role that only batch inference jobs of this account and Region can assume
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/batch-iam-sr.html
   */
  readonly role?: iam.IRole;

  /**
   * The VPC of batch inference jobs, and of the function that reads and writes the records. It needs a route to Amazon S3, for example a gateway
   * endpoint.
   *
   * @default - the jobs run in the network of Bedrock, and the function in that of Lambda
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/batch-vpc.html
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets: 1 to 16.
   *
   * @default - the private subnets with egress if there are any, otherwise the isolated ones, otherwise the public ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups: 1 to 5.
   *
   * @default - a new security group that allows outbound HTTPS only
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The log group of the function, and of the state machine if it has none of its own.
   *
   * @default - a new log group with a retention of one month, which is deleted with the stack
   */
  readonly logGroup?: logs.ILogGroup;
}

/**
 * Properties for defining batch inference with a state machine of its own.
 */
export interface BatchInferenceProps extends BatchInferenceOptions {
  /**
   * The name of the state machine.
   *
   * @default - generated by CloudFormation
   */
  readonly stateMachineName?: string;

  /**
   * Whether executions are traced with AWS X-Ray.
   *
   * @default false
   */
  readonly tracingEnabled?: boolean;
}

/**
 * Properties for defining batch inference as a part of another state machine.
 */
export interface BatchInferenceFragmentProps extends BatchInferenceOptions {
  /**
   * The path of the options in the input of the first state, like `$.batch`: an object as described at `BatchInference`.
   *
   * @default - no options; every execution processes the whole input location
   */
  readonly optionsPath?: string;

  /**
   * The prefix of the names of the states: at most 50 characters. Names must be unique in a state machine.
   *
   * @default - the id of the fragment, like `Answers: `
   */
  readonly statePrefix?: string;
}

/**
 * Options of the alarm for failed executions.
 */
export interface FailureAlarmOptions {
  /**
   * The number of failed executions in five minutes at which the alarm breaches.
   *
   * @default 1
   */
  readonly threshold?: number;

  /**
   * The number of periods of five minutes that must breach.
   *
   * @default 1
   */
  readonly evaluationPeriods?: number;

  /**
   * The name of the alarm.
   *
   * @default - generated by CloudFormation
   */
  readonly alarmName?: string;
}
