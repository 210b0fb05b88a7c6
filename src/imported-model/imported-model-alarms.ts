import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { IImportedModel } from './imported-model-base';

/**
 * Properties for defining the alarms of an imported model.
 */
export interface ImportedModelAlarmsProps {
  /** The model to monitor. */
  readonly model: IImportedModel;

  /**
   * Server errors per five minutes at which the alarm breaches (2 of 3 periods).
   *
   * @default 5
   */
  readonly serverErrors?: number;

  /**
   * Throttled invocations per five minutes at which the alarm breaches (3 of 3 periods). An idle model throttles its first invocations until it is
   * loaded, which takes less than that.
   *
   * @default 5
   */
  readonly throttles?: number;

  /**
   * The p90 latency at which the alarm breaches (3 of 3 periods of five minutes).
   *
   * @default - no alarm, because a reasonable latency depends on the model and on the length of its responses
   */
  readonly latency?: Duration;
}

/**
 * CloudWatch alarms for an imported model in production: server errors, throttling and latency. Periods without invocations do not breach.
 *
 * @example
 * declare const model: ImportedModel;
 * declare const topic: sns.Topic;
 *
 * const alarms = new ImportedModelAlarms(this, 'Alarms', { model, latency: Duration.seconds(20) });
 * alarms.addAlarmAction(new actions.SnsAction(topic));
 */
export class ImportedModelAlarms extends Construct {
  /** The alarm for server errors. */
  public readonly serverErrors: cloudwatch.Alarm;

  /** The alarm for throttled invocations. */
  public readonly throttles: cloudwatch.Alarm;

  /** The alarm for the latency, if a latency was given. */
  public readonly latency?: cloudwatch.Alarm;

  constructor(scope: Construct, id: string, props: ImportedModelAlarmsProps) {
    super(scope, id);
    const { model } = props;
    const alarm = (name: string, metric: cloudwatch.Metric, threshold: number, alarmDescription: string, datapointsToAlarm: number) =>
      new cloudwatch.Alarm(this, name, {
        metric,
        threshold,
        alarmDescription,
        evaluationPeriods: 3,
        datapointsToAlarm,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });
    const name = model.node.path;
    this.serverErrors = alarm('ServerErrors', model.metricInvocationServerErrors(), props.serverErrors ?? 5,
      `Amazon Bedrock fails to run the imported model ${name}`, 2);
    this.throttles = alarm('Throttles', model.metricInvocationThrottles(), props.throttles ?? 5,
      `The imported model ${name} is invoked more often than its copies can answer`, 3);
    this.latency = props.latency && alarm('Latency', model.metricInvocationLatency({ statistic: 'p90' }), props.latency.toMilliseconds(),
      `The imported model ${name} answers slowly`, 3);
  }

  /**
   * Adds actions to all alarms.
   *
   * @param actions The actions, for example `SnsAction`
   */
  public addAlarmAction(...actions: cloudwatch.IAlarmAction[]): void {
    for (const alarm of [this.serverErrors, this.throttles, this.latency]) alarm?.addAlarmAction(...actions);
  }
}
