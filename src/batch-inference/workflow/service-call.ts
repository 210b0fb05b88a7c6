import { Aws, Duration } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';

export interface ServiceCallProps extends Pick<sfn.TaskStateBaseProps, 'comment' | 'resultPath' | 'resultSelector' | 'outputPath'> {
  /** The service integration, like `bedrock:invokeModel` or `aws-sdk:bedrock:createModelInvocationJob`. */
  readonly integration: string;
  readonly parameters: { readonly [name: string]: unknown };
  /** The permissions of the state machine. */
  readonly statements: iam.PolicyStatement[];
  /** The time limit in seconds, so that a hanging call is retried. */
  readonly timeout: number;
}

/**
 * A call of an AWS service. The tasks of CDK allow the optimized integration of Bedrock to read and write all buckets, and depend on feature flags of
 * the app.
 */
export class ServiceCall extends sfn.TaskStateBase {
  protected readonly taskMetrics = undefined;
  protected readonly taskPolicies: iam.PolicyStatement[];

  constructor(scope: Construct, id: string, private readonly call: ServiceCallProps) {
    const { comment, resultPath, resultSelector, outputPath, statements, timeout } = call;
    super(scope, id, { comment, resultPath, resultSelector, outputPath, taskTimeout: sfn.Timeout.duration(Duration.seconds(timeout)) });
    this.taskPolicies = statements;
  }

  /** What is specific to the task in its JSON. CDK calls it when it renders the state. */
  protected _renderTask(): object {
    const { integration, parameters } = this.call;
    return { Resource: `arn:${Aws.PARTITION}:states:::${integration}`, Parameters: sfn.FieldUtils.renderObject(parameters) };
  }
}
