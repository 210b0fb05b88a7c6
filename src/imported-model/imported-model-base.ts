import { type IResource, Resource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import type * as bedrock from 'aws-cdk-lib/aws-bedrock';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';

/**
 * A model that was imported into Amazon Bedrock: of this stack, or of elsewhere.
 *
 * It fits wherever the CDK takes a Bedrock model, for one the Step Functions task `BedrockInvokeModel`.
 */
export interface IImportedModel extends IResource, bedrock.IModel {
  /**
   * What InvokeModel and Converse take for a `modelId`: the ARN of the model.
   *
   * It has this name in `IBedrockInvokable` of `@aws-cdk/aws-bedrock-alpha` as well.
   *
   * @attribute
   */
  readonly invokableArn: string;

  /** The customer managed key that encrypts the model, if there is one and it is known. */
  readonly encryptionKey?: kms.IKey;

  /**
   * Allows a principal to do something with the model.
   *
   * @param grantee The principal
   * @param actions What it may do, like `bedrock:InvokeModel`
   */
  grant(grantee: iam.IGrantable, ...actions: string[]): iam.Grant;

  /**
   * Allows a principal to invoke the model, with and without a response stream, and to decrypt with its key if it has a
   * customer managed one. The Converse API needs the same.
   *
   * @param grantee The principal, for example a Lambda function
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/invoke-imported-model.html
   */
  grantInvoke(grantee: iam.IGrantable): iam.Grant;

  /**
   * Allows a principal to read what Bedrock tells about the model, its tags among it.
   *
   * @param grantee The principal, for example the role of an inventory
   */
  grantRead(grantee: iam.IGrantable): iam.Grant;

  /**
   * A metric of Amazon Bedrock for this model, of the namespace `AWS/Bedrock`.
   *
   * The dimension is `ModelId` with the ARN of the model. AWS documents the dimension, but not its value for imported models.
   *
   * @param metricName The name of the metric
   * @param props Statistic, period and so on. By default the average of five minutes
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-runtime-metrics.html
   */
  metric(metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * How often the model was invoked with success.
   *
   * @param props By default the sum of five minutes
   */
  metricInvocations(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * How long an invocation took, in milliseconds.
   *
   * @param props By default the average of five minutes
   */
  metricInvocationLatency(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * How many invocations failed by an error of the caller.
   *
   * @param props By default the sum of five minutes
   */
  metricInvocationClientErrors(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * How many invocations failed by an error of AWS.
   *
   * @param props By default the sum of five minutes
   */
  metricInvocationServerErrors(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * How many invocations were throttled.
   *
   * @param props By default the sum of five minutes
   */
  metricInvocationThrottles(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * How many tokens were given to the model.
   *
   * @param props By default the sum of five minutes
   */
  metricInputTokenCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * How many tokens the model gave.
   *
   * @param props By default the sum of five minutes
   */
  metricOutputTokenCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * How long a stream took to its first token, in milliseconds.
   *
   * @param props By default the average of five minutes
   */
  metricTimeToFirstToken(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * How many copies of the model are running: what the price of its use depends on. After five idle minutes there is none.
   *
   * AWS names this metric in its guide to costs, and documents no dimension of it; `ModelId` is an assumption.
   *
   * @param props By default the maximum of five minutes
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/import-model-calculate-cost.html
   */
  metricModelCopy(props?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/**
 * What every imported model can do, knowing no more of it than its ARN and perhaps its key.
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
    const { account, region } = this.elsewhere();
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

  /** The account and Region of the model, where they are known not to be those of the stack. */
  private elsewhere(): { readonly account?: string; readonly region?: string } {
    const here = Stack.of(this);
    const other = (mine: string, its: string) => Token.compareStrings(mine, its) === TokenComparison.DIFFERENT ? mine : undefined;
    return { account: other(this.env.account, here.account), region: other(this.env.region, here.region) };
  }
}
