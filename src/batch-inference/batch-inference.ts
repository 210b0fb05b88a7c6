import { ArnFormat, PhysicalName, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import { Construct } from 'constructs';
import type { BatchEngine } from './batch-engine';
import { BatchInferenceFragment } from './batch-inference-fragment';
import type { BatchInferenceProps } from './batch-inference-props';
import { ON_OBJECTS } from './batch-location';
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
 * Its output has `manifestUri`, `resultsUri`, `totalRecordCount`, `processedRecordCount`, `successRecordCount` and `errorRecordCount`. It fails with
 * `BatchInference.InvalidInput` before anything is invoked, with `BatchInference.JobFailed` or with `BatchInference.RecordsFailed`, and with the error
 * of an AWS service if that lasts; then redriving the execution goes on where it stopped.
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
export class BatchInference extends Construct {
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

  private readonly fragment: BatchInferenceFragment;

  constructor(scope: Construct, id: string, props: BatchInferenceProps) {
    super(scope, id);
    const { stateMachineName, tracingEnabled, ...options } = props;
    this.fragment = new BatchInferenceFragment(this, 'Workflow', { ...options, optionsPath: '$' });
    this.engine = this.fragment.engine;
    this.handler = this.fragment.handler;
    this.role = this.fragment.role;
    this.jobNamePrefix = this.fragment.jobNamePrefix;
    this.stateMachine = new sfn.StateMachine(this, 'StateMachine', {
      stateMachineName,
      tracingEnabled,
      // The policies of a bucket in another account name it.
      role: new iam.Role(this, 'StateMachineRole', { assumedBy: new iam.ServicePrincipal('states.amazonaws.com'), roleName: PhysicalName.GENERATE_IF_NEEDED }),
      definitionBody: sfn.DefinitionBody.fromChainable(this.fragment),
      comment: `Batch inference (${this.node.path})`,
      // Without the data of executions: records may be confidential.
      logs: { destination: this.fragment.logGroup, level: sfn.LogLevel.ERROR, includeExecutionData: false },
    });
    this.fragment._output.admit(this.stateMachine.role, true);
    this.allowMapRuns();
    this.node.defaultChild = this.stateMachine;
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
    const output = this.fragment._output;
    const grants = [output.objects(ON_OBJECTS.read), output.list()].map(({ actions, resources, conditions }) =>
      iam.Grant.addToPrincipalOrResource({ grantee, actions, resourceArns: resources, conditions, resource: output.bucket }));
    if (output.encryptionKey) grants.push(output.encryptionKey.grantDecrypt(grantee));
    return grants.reduce((all, grant) => all.combine(grant));
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
      expression: 'failed + aborted + timedOut',
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
   * @param props Properties of the alarm. Default: it breaches with one failed execution in five minutes
   */
  public addFailureAlarm(id: string, props: cloudwatch.CreateAlarmOptions = { threshold: 1, evaluationPeriods: 1 }): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, id, {
      metric: this.metricFailedExecutions(),
      alarmDescription: `Batch inference fails (${this.node.path})`,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      ...props,
    });
  }

  /**
   * Adds a rule for the events of executions of this state machine, and of no other.
   *
   * @param id The id of the rule in this construct
   * @param options Options of the rule, like its target. `eventPattern.detail` limits it further, for example to `{ status: ['FAILED'] }`
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
   * @param options Options of the rule, like its target. `eventPattern.detail` limits it further, for example to `{ status: ['Failed'] }`
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-eventbridge.html
   */
  public onJobStateChange(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.rule(id, options, {
      source: ['aws.bedrock'],
      detailType: ['Batch Inference Job State Change'],
      detail: { batchJobName: [{ prefix: `${this.jobNamePrefix}-` }] },
    });
  }

  private rule(id: string, { target, eventPattern, ...options }: events.OnEventOptions, own: events.EventPattern): events.Rule {
    const rule = new events.Rule(this, id, { ...options, eventPattern: own });
    if (eventPattern) rule.addEventPattern({ detail: eventPattern.detail });
    if (target) rule.addTarget(target);
    return rule;
  }

  private recordsMetric(metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRICS.namespace, metricName, dimensionsMap: { [METRICS.dimension]: this.jobNamePrefix }, statistic: cloudwatch.Stats.SUM, ...props,
    }).attachTo(this);
  }

  /** What CDK grants names the state machine, and not its executions. */
  private allowMapRuns(): void {
    const stack = Stack.of(this);
    const { stateMachineName } = this.stateMachine;
    const executions = (resourceName: string) => stack.formatArn({ service: 'states', resource: 'execution', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    this.stateMachine.role.attachInlinePolicy(new iam.Policy(this, 'MapRunsPolicy', {
      statements: [
        // Those of the state machine, as documented, and those of its map runs.
        new iam.PolicyStatement({
          actions: ['states:DescribeExecution', 'states:StopExecution'],
          resources: [executions(`${stateMachineName}:*`), executions(`${stateMachineName}/*`)],
        }),
        new iam.PolicyStatement({ actions: ['states:RedriveExecution'], resources: [executions(`${stateMachineName}/*`)] }),
      ],
    }));
  }
}
