import { type IResource, Resource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import type * as bedrock from 'aws-cdk-lib/aws-bedrock';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';

/**
 * A model that was imported into Amazon Bedrock, in this stack or elsewhere.
 *
 * It can be used wherever CDK accepts a Bedrock model, for example in the Step Functions task `BedrockInvokeModel`.
 */
export interface IImportedModel extends IResource, bedrock.IModel {
  /**
   * The `modelId` of InvokeModel and Converse: the ARN of the model.
   *
   * `IBedrockInvokable` of `@aws-cdk/aws-bedrock-alpha` has the same property.
   *
   * @attribute
   */
  readonly invokableArn: string;

  /** The customer managed key of the model, if it is known. */
  readonly encryptionKey?: kms.IKey;

  /**
   * Grants a principal actions on the model.
   *
   * @param grantee The principal
   * @param actions The actions, like `bedrock:InvokeModel`
   */
  grant(grantee: iam.IGrantable, ...actions: string[]): iam.Grant;

  /**
   * Grants a principal to invoke the model, with and without a response stream, and to decrypt with its customer managed key. The Converse API
   * needs the same permissions.
   *
   * @param grantee The principal, for example a Lambda function
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/invoke-imported-model.html
   */
  grantInvoke(grantee: iam.IGrantable): iam.Grant;

  /**
   * Grants a principal to read the description and the tags of the model.
   *
   * @param grantee The principal, for example the role of an inventory
   */
  grantRead(grantee: iam.IGrantable): iam.Grant;

  /**
   * A metric of this model in the namespace `AWS/Bedrock`.
   *
   * The dimension is `ModelId` with the ARN of the model. AWS documents the dimension, but not its value for imported models.
   *
   * @param metricName The name of the metric
   * @param props Options of the metric. Default: the average of five minutes
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-runtime-metrics.html
   */
  metric(metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * The number of successful invocations.
   *
   * @param props Options of the metric. Default: the sum of five minutes
   */
  metricInvocations(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * The latency of invocations, in milliseconds.
   *
   * @param props Options of the metric. Default: the average of five minutes
   */
  metricInvocationLatency(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * The number of invocations that failed with a client error.
   *
   * @param props Options of the metric. Default: the sum of five minutes
   */
  metricInvocationClientErrors(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * The number of invocations that failed with a server error.
   *
   * @param props Options of the metric. Default: the sum of five minutes
   */
  metricInvocationServerErrors(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * The number of throttled invocations.
   *
   * @param props Options of the metric. Default: the sum of five minutes
   */
  metricInvocationThrottles(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * The number of input tokens.
   *
   * @param props Options of the metric. Default: the sum of five minutes
   */
  metricInputTokenCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * The number of output tokens.
   *
   * @param props Options of the metric. Default: the sum of five minutes
   */
  metricOutputTokenCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * The time to the first token of a response stream, in milliseconds.
   *
   * @param props Options of the metric. Default: the average of five minutes
   */
  metricTimeToFirstToken(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * The number of active model copies, by which inference is billed. After five minutes without an invocation there is none.
   *
   * AWS names this metric in its guide to costs and documents no dimension of it; `ModelId` is an assumption.
   *
   * @param props Options of the metric. Default: the maximum of five minutes
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/import-model-calculate-cost.html
   */
  metricModelCopy(props?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/**
 * The base of all imported models: what follows from an ARN and a key.
 *
 * @internal
 */
export abstract class ImportedModelBase extends Resource implements IImportedModel {
  public abstract readonly modelArn: string;
  public abstract readonly encryptionKey?: kms.IKey;

  public get invokableArn(): string {
    return this.modelArn;
  }

  public grant(grantee: iam.IGrantable, ...actions: string[]): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [this.modelArn] });
  }

  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    const invoke = this.grant(grantee, 'bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream');
    return this.encryptionKey ? invoke.combine(this.encryptionKey.grant(grantee, 'kms:Decrypt')) : invoke;
  }

  public grantRead(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, 'bedrock:GetImportedModel', 'bedrock:ListTagsForResource');
  }

  public metric(metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const { account, region } = this.otherEnvironment();
    return new cloudwatch.Metric({ namespace: 'AWS/Bedrock', metricName, dimensionsMap: { ModelId: this.modelArn }, account, region, ...props })
      .attachTo(this);
  }

  public metricInvocations(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Invocations', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  public metricInvocationLatency(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('InvocationLatency', props);
  }

  public metricInvocationClientErrors(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('InvocationClientErrors', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  public metricInvocationServerErrors(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('InvocationServerErrors', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  public metricInvocationThrottles(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('InvocationThrottles', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  public metricInputTokenCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('InputTokenCount', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  public metricOutputTokenCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('OutputTokenCount', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  public metricTimeToFirstToken(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('TimeToFirstToken', props);
  }

  public metricModelCopy(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('ModelCopy', { statistic: cloudwatch.Stats.MAXIMUM, ...props });
  }

  /** The account and Region of the model, where they are known to differ from those of the stack. */
  private otherEnvironment(): { readonly account?: string; readonly region?: string } {
    const here = Stack.of(this);
    const other = (mine: string, its: string) => Token.compareStrings(mine, its) === TokenComparison.DIFFERENT ? mine : undefined;
    return { account: other(this.env.account, here.account), region: other(this.env.region, here.region) };
  }
}
