import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type IImportedModel, ImportedModel, ImportedModelAlarms, ImportedModelDashboard } from '../../src';
import { MODEL_ARN, newStack, weights } from '../../testing/support/stacks';
import { inTemplate, resourceOf, resourcesOf, statementsOf } from '../../testing/support/template';

const made = (stack: Stack): IImportedModel => new ImportedModel(stack, 'Llama', { source: weights() });
const roleIn = (stack: Stack) => new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });

describe('permissions', () => {
  test('for any action are for this model only', () => {
    const stack = newStack();
    const model = made(stack);
    const caller = roleIn(stack);
    model.grant(caller, 'bedrock:InvokeModel', 'bedrock:TagResource');

    expect(statementsOf(caller)).toEqual([
      { effect: 'Allow', actions: ['bedrock:InvokeModel', 'bedrock:TagResource'], resources: [inTemplate(stack, model.modelArn)] },
    ]);
  });

  test('to read include the model and its tags, and not inference', () => {
    const stack = newStack();
    const model = made(stack);
    const caller = roleIn(stack);
    model.grantRead(caller);

    expect(statementsOf(caller)).toEqual([
      { effect: 'Allow', actions: ['bedrock:GetImportedModel', 'bedrock:ListTagsForResource'], resources: [inTemplate(stack, model.modelArn)] },
    ]);
  });
});

describe('metrics', () => {
  test.each<[keyof IImportedModel & `metric${string}`, string, string]>([
    ['metricInvocations', 'Invocations', 'Sum'],
    ['metricInvocationLatency', 'InvocationLatency', 'Average'],
    ['metricInvocationClientErrors', 'InvocationClientErrors', 'Sum'],
    ['metricInvocationServerErrors', 'InvocationServerErrors', 'Sum'],
    ['metricInvocationThrottles', 'InvocationThrottles', 'Sum'],
    ['metricInputTokenCount', 'InputTokenCount', 'Sum'],
    ['metricOutputTokenCount', 'OutputTokenCount', 'Sum'],
    ['metricTimeToFirstToken', 'TimeToFirstToken', 'Average'],
    ['metricModelCopy', 'ModelCopy', 'Maximum'],
  ])('%s is the metric %s of AWS/Bedrock for this model, with the statistic %s by default', (method, metricName, statistic) => {
    const model = made(newStack());
    const metricOf = model[method] as (props?: cloudwatch.MetricOptions) => cloudwatch.Metric;

    expect(metricOf.call(model)).toMatchObject({ namespace: 'AWS/Bedrock', metricName, statistic, dimensions: { ModelId: model.modelArn } });
    expect(metricOf.call(model, { statistic: 'p99', period: Duration.minutes(1) })).toMatchObject({ statistic: 'p99', period: Duration.minutes(1) });
  });

  test('of a model of another Region have that Region', () => {
    const stack = newStack({ env: { account: '111122223333', region: 'eu-central-1' } });
    const model = ImportedModel.fromImportedModelArn(stack, 'Llama', MODEL_ARN);
    new cloudwatch.Dashboard(stack, 'Dashboard', { widgets: [[new cloudwatch.GraphWidget({ left: [model.metricInvocations()] })]] });

    expect(inTemplate(stack, resourceOf(stack, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody)).toContain('"region":"us-east-1"');
  });
});

describe('the dashboard', () => {
  test('has a row of graphs for each model, with every metric', () => {
    const stack = newStack();
    const [one, other] = [made(stack), ImportedModel.fromImportedModelArn(stack, 'Other', MODEL_ARN)];
    new ImportedModelDashboard(stack, 'Dashboard', { models: [one, other], dashboardName: 'models' });
    const { DashboardName, DashboardBody } = resourceOf(stack, 'AWS::CloudWatch::Dashboard').Properties;
    const { widgets } = JSON.parse(String(inTemplate(stack, DashboardBody))) as { widgets: { y: number; properties: { metrics: unknown[][] } }[] };

    expect(DashboardName).toBe('models');
    expect(widgets.map(({ y }) => y)).toEqual([0, 0, 0, 0, 6, 6, 6, 6]);
    const shown = widgets.slice(4).flatMap(({ properties }) => properties.metrics).map(metric => metric.slice(1, 4));
    expect([...new Set(shown.map(([name]) => name))].sort()).toEqual([
      'InputTokenCount', 'InvocationClientErrors', 'InvocationLatency', 'InvocationServerErrors', 'InvocationThrottles', 'Invocations', 'ModelCopy',
      'OutputTokenCount', 'TimeToFirstToken',
    ]);
    expect(new Set(shown.map(([, ...dimension]) => dimension.join('=')))).toEqual(new Set([`ModelId=${MODEL_ARN}`]));
  });
});

describe('the alarms', () => {
  const alarmsOf = (stack: Stack): { [metric: string]: { AlarmActions?: unknown } } => Object.fromEntries(resourcesOf(stack, 'AWS::CloudWatch::Alarm').map(({ Properties }) => [Properties.MetricName, Properties]));

  test('are for server errors and throttling, and not in alarm without invocations', () => {
    const stack = newStack();
    new ImportedModelAlarms(stack, 'Alarms', { model: made(stack) });

    expect(alarmsOf(stack)).toEqual({
      InvocationServerErrors: expect.objectContaining({ Threshold: 5, Statistic: 'Sum', Period: 300, EvaluationPeriods: 3, DatapointsToAlarm: 2, TreatMissingData: 'notBreaching' }),
      InvocationThrottles: expect.objectContaining({ Threshold: 5, Statistic: 'Sum', Period: 300, EvaluationPeriods: 3, DatapointsToAlarm: 3, TreatMissingData: 'notBreaching' }),
    });
  });

  test('have the given thresholds, and include the latency if it is given', () => {
    const stack = newStack();
    new ImportedModelAlarms(stack, 'Alarms', { model: made(stack), serverErrors: 1, throttles: 100, latency: Duration.seconds(20) });

    expect(alarmsOf(stack)).toMatchObject({
      InvocationServerErrors: { Threshold: 1 }, InvocationThrottles: { Threshold: 100 }, InvocationLatency: { Threshold: 20_000, ExtendedStatistic: 'p90' },
    });
  });

  test('all have an added alarm action', () => {
    const stack = newStack();
    const alarms = new ImportedModelAlarms(stack, 'Alarms', { model: made(stack), latency: Duration.seconds(20) });
    alarms.addAlarmAction({ bind: () => ({ alarmActionArn: 'arn:aws:sns:us-east-1:111122223333:topic' }) });

    expect(Object.values(alarmsOf(stack)).map(({ AlarmActions }) => AlarmActions)).toEqual(Array(3).fill(['arn:aws:sns:us-east-1:111122223333:topic']));
  });
});
