import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { IImportedModel } from './imported-model-base';

/**
 * What is too much. All numbers are for five minutes.
 */
export interface ImportedModelAlarmsProps {
  /** The model to watch. */
  readonly model: IImportedModel;

  /**
   * So many invocations that fail by an error of AWS are too many, in two of three periods.
   *
   * @default 5
   */
  readonly serverErrors?: number;

  /**
   * So many throttled invocations are too many, in all of three periods. A model that was idle throttles its first calls until it is
   * loaded, which takes less.
   *
   * @default 5
   */
  readonly throttles?: number;

  /**
   * So long a latency is too long for 9 of 10 invocations, in all of three periods.
   *
   * @default - no alarm: what is long depends on the model and on the length of its answers
   */
  readonly latency?: Duration;
}

/**
 * The alarms that every model in production should have. They are silent as long as nobody invokes the model.
 *
 * @example
 * declare const model: ImportedModel;
 * declare const topic: sns.Topic;
 *
 * const alarms = new ImportedModelAlarms(this, 'Alarms', { model, latency: Duration.seconds(20) });
 * alarms.addAlarmAction(new actions.SnsAction(topic));
 */
export class ImportedModelAlarms extends Construct {
  /** The alarm for errors of AWS. */
  public readonly serverErrors: cloudwatch.Alarm;

  /** The alarm for throttled invocations. */
  public readonly throttles: cloudwatch.Alarm;

  /** The alarm for the latency, if there is one. */
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
   * What happens when one of the alarms goes off.
   *
   * @param actions For example `SnsAction`
   */
  public addAlarmAction(...actions: cloudwatch.IAlarmAction[]): void {
    for (const alarm of [this.serverErrors, this.throttles, this.latency]) alarm?.addAlarmAction(...actions);
  }
}
