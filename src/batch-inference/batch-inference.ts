import { PhysicalName } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import { Construct } from 'constructs';
import { BatchEngine } from './batch-engine';
import { BatchInferenceFragment } from './batch-inference-fragment';
import type { BatchInferenceProps, FailureAlarmOptions } from './batch-inference-props';
import { METRICS } from './contract';

/**
 * Batch inference: runs a model for all records of a location in Amazon S3.
 *
 * Each execution of the state machine processes the input location, or a place within it, and writes one line for each record, whether the model is
 * imported or served by Bedrock. Its input is `{}`, or an object with some of these options, which replace those of the construct:
 *
 * - `input`, `output`: an S3 URI within the input and the output location
 * - `maxConcurrency`, `retryRounds`, `toleratedFailureCount`, `toleratedFailurePercentage`, `timeoutDurationInHours`: as the properties
 *
 * Its output has `manifestUri`, `resultsUri`, `totalRecordCount`, `processedRecordCount`, `successRecordCount` and `errorRecordCount`.
 *
 * With wrong options or records, it fails with `BatchInference.InvalidInput` before anything is invoked. If a job has failed or more records than
 * tolerated have no output, it fails at its end, with `BatchInference.JobFailed` or `BatchInference.RecordsFailed`. If the error of an AWS service
 * lasts, it fails with that error, and redriving the execution goes on where it stopped.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html
 *
 * @example
 * declare const model: ImportedModel;
 * declare const data: s3.Bucket;
 * declare const nightly: lambda.Function;
 *
 * const batch = new BatchInference(this, 'Answers', {
 *   model,
 *   input: BatchLocation.fromBucket(data, 'in/'),
 *   output: BatchLocation.fromBucket(data, 'out/'),
 * });
 * batch.grantStart(nightly);
 */
@propertyInjectable
export class BatchInference extends Construct implements ec2.IConnectable {
  /** The id by which property injectors refer to batch inference. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-bedrock-model-import.BatchInference';

  /** The state machine. Each of its executions is one batch. */
  public readonly stateMachine: sfn.StateMachine;

  /** The engine that runs the model. */
  public readonly engine: BatchEngine;

  /** The function that checks, splits and collects the records. */
  public readonly handler: lambda.IFunction;

  /** The service role of batch inference jobs. Undefined for the engine DISTRIBUTED_MAP. */
  public readonly role?: iam.IRole;

  /** The prefix of the names of batch inference jobs. */
  public readonly jobNamePrefix: string;

  /** The log group of the function and of the state machine. */
  public readonly logGroup: logs.ILogGroup;

  private readonly fragment: BatchInferenceFragment;

  constructor(scope: Construct, id: string, props: BatchInferenceProps) {
    super(scope, id);
    const { stateMachineName, tracingEnabled, ...options } = props;
    this.fragment = new BatchInferenceFragment(this, 'Workflow', { ...options, optionsPath: '$', statePrefix: '' });
    this.engine = this.fragment.engine;
    this.handler = this.fragment.handler;
    this.role = this.fragment.role;
    this.logGroup = this.fragment.logGroup;
    this.jobNamePrefix = this.fragment.jobNamePrefix;
    this.stateMachine = new sfn.StateMachine(this, 'StateMachine', {
      stateMachineName,
      // With a name, if the policy of a bucket of another account needs one.
      role: new iam.Role(this, 'StateMachineRole', { assumedBy: new iam.ServicePrincipal('states.amazonaws.com'), roleName: PhysicalName.GENERATE_IF_NEEDED }),
      tracingEnabled,
      definitionBody: sfn.DefinitionBody.fromChainable(this.fragment),
      comment: `Batch inference (${this.node.path})`,
      // Without the data of executions: records may be confidential.
      logs: { destination: this.logGroup, level: sfn.LogLevel.ERROR, includeExecutionData: false },
    });
    this.fragment.allowMapRuns(this.stateMachine);
    this.node.defaultChild = this.stateMachine.node.defaultChild;
  }

  /**
   * The network connections of batch inference jobs and of the function.
   *
   * Throws if there is no `vpc`.
   */
  public get connections(): ec2.Connections {
    return this.fragment.connections;
  }

  /**
   * Grants a principal to start executions.
   *
   * @param grantee The principal, for example a Lambda function
   */
  public grantStart(grantee: iam.IGrantable): iam.Grant {
    return this.stateMachine.grantStartExecution(grantee);
  }

  /**
   * Grants a principal to read the results, and to decrypt them with the customer managed key of the output location.
   *
   * @param grantee The principal, for example a Lambda function
   */
  public grantRead(grantee: iam.IGrantable): iam.Grant {
    return this.fragment.grantRead(grantee);
  }

  /**
   * The number of executions that failed, including those that were aborted or timed out.
   *
   * @param props Options of the metric. Default: the sum of five minutes
   */
  public metricFailedExecutions(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    const sum = { statistic: cloudwatch.Stats.SUM, ...props };
    return new cloudwatch.MathExpression({
      label: 'Failed executions',
      // A sum with a missing data point is missing as well, and then the alarm would not see the others.
      expression: 'SUM([FILL(failed, 0), FILL(aborted, 0), FILL(timedOut, 0)])',
      period: props?.period,
      usingMetrics: {
        failed: this.stateMachine.metricFailed(sum), aborted: this.stateMachine.metricAborted(sum), timedOut: this.stateMachine.metricTimedOut(sum),
      },
    });
  }

  /**
   * The number of records with an output, counted at the end of an execution.
   *
   * @param props Options of the metric. Default: the sum of five minutes
   */
  public metricSucceededRecords(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.recordsMetric(METRICS.succeeded, props);
  }

  /**
   * The number of records without an output, counted at the end of an execution.
   *
   * @param props Options of the metric. Default: the sum of five minutes
   */
  public metricFailedRecords(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.recordsMetric(METRICS.failed, props);
  }

  /**
   * Adds an alarm for failed executions.
   *
   * @param id The id of the alarm in this construct
   * @param options Options of the alarm. Default: it breaches with one failed execution in five minutes
   */
  public addFailureAlarm(id: string, options: FailureAlarmOptions = {}): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, id, {
      metric: this.metricFailedExecutions(),
      alarmDescription: `Batch inference fails (${this.node.path})`,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      threshold: options.threshold ?? 1,
      evaluationPeriods: options.evaluationPeriods ?? 1,
      alarmName: options.alarmName,
    });
  }

  /**
   * Adds a rule for the events of executions of this state machine, and of no other.
   *
   * @param id The id of the rule in this construct
   * @param options Options of the rule, like its target. `eventPattern` limits it further, for example `{ detail: { status: ['FAILED'] } }`; source
   * and type of the events are given
   * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
   */
  public onExecutionStatusChange(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.rule(id, options, {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [this.stateMachine.stateMachineArn] },
    });
  }

  /**
   * Adds a rule for the events of batch inference jobs that this batch has started. Bedrock sends them on a best-effort basis, and the state machine
   * does not depend on them.
   *
   * @param id The id of the rule in this construct
   * @param options Options of the rule, like its target. `eventPattern` limits it further, for example `{ detail: { status: ['Failed'] } }`; source
   * and type of the events are given
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-eventbridge.html
   */
  public onJobStateChange(id: string, options: events.OnEventOptions = {}): events.Rule {
    if (this.engine === BatchEngine.DISTRIBUTED_MAP) {
      throw new Error(`onJobStateChange: the engine ${this.engine} starts no batch inference jobs. Use onExecutionStatusChange(). [${this.node.path}]`);
    }
    return this.rule(id, options, {
      source: ['aws.bedrock'],
      detailType: ['Batch Inference Job State Change'],
      detail: { batchJobName: [{ prefix: `${this.jobNamePrefix}-` }] },
    });
  }

  private rule(id: string, { target, eventPattern, crossStackScope, ...options }: events.OnEventOptions, own: events.EventPattern): events.Rule {
    const pattern = { ...eventPattern, ...own, detail: { ...eventPattern?.detail, ...own.detail } };
    const rule = new events.Rule(crossStackScope ?? this, id, { ...options, eventPattern: pattern });
    if (target) rule.addTarget(target);
    return rule;
  }

  private recordsMetric(metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRICS.namespace, metricName, dimensionsMap: { [METRICS.dimension]: this.jobNamePrefix }, statistic: cloudwatch.Stats.SUM, ...props,
    }).attachTo(this);
  }
}
