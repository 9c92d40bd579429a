// How an alarm's change of state is told to others: the EventBridge event, the SNS message and the Lambda payload.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions.html
import type { Kernel } from '../kernel/kernel.ts';
import { offsetDate } from './alarm-reason.ts';
import type { AlarmRecord, MetricAlarmRecord, StateRecord } from './alarm-record.ts';
import type { Query } from './metric-queries.ts';

export interface StateChange {
  alarm: AlarmRecord;
  previous: StateRecord;
  current: StateRecord;
}

/** `detail` of `CloudWatch Alarm State Change`. */
export const eventDetail = ({ alarm, previous, current }: StateChange): Record<string, unknown> => ({
  alarmName: alarm.name,
  configuration: configurationOf(alarm),
  previousState: stateOf(previous),
  state: stateOf(current),
});

export const lambdaPayload = (kernel: Kernel, change: StateChange): Record<string, unknown> => ({
  source: 'aws.cloudwatch',
  alarmArn: change.alarm.arn,
  accountId: kernel.accountId,
  time: offsetDate(change.current.updatedMs),
  region: kernel.region,
  alarmData: {
    alarmName: change.alarm.name,
    state: stateOf(change.current),
    previousState: stateOf(change.previous),
    configuration: configurationOf(change.alarm),
  },
});

/** The region stands by its code where CloudWatch writes its name (`EU (Ireland)`). */
export function snsMessage(kernel: Kernel, { alarm, previous, current }: StateChange): { Subject: string; Message: string } {
  const message = {
    AlarmName: alarm.name,
    AlarmDescription: alarm.description ?? null,
    AWSAccountId: kernel.accountId,
    AlarmConfigurationUpdatedTimestamp: offsetDate(alarm.configuredMs),
    NewStateValue: current.value,
    NewStateReason: current.reason,
    StateChangeTime: offsetDate(current.updatedMs),
    Region: kernel.region,
    AlarmArn: alarm.arn,
    OldStateValue: previous.value,
    OKActions: alarm.actions.OK,
    AlarmActions: alarm.actions.ALARM,
    InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
    ...(alarm.kind === 'metric' ? { Trigger: triggerOf(alarm) } : { AlarmRule: alarm.ruleText }),
  };
  // SNS refuses subjects over 100 characters.
  return { Subject: `${current.value}: "${alarm.name}" in ${kernel.region}`.slice(0, 100), Message: JSON.stringify(message) };
}

const stateOf = (state: StateRecord): Record<string, unknown> => ({
  value: state.value,
  reason: state.reason,
  ...(state.reasonData !== undefined && { reasonData: state.reasonData }),
  timestamp: offsetDate(state.updatedMs),
});

function configurationOf(alarm: AlarmRecord): Record<string, unknown> {
  return {
    ...(alarm.description !== undefined && { description: alarm.description }),
    ...(alarm.kind === 'metric' ? { metrics: alarm.queries.map((query) => metricOf(query, alarm)) } : { alarmRule: alarm.ruleText }),
  };
}

function metricOf(query: Query, alarm: MetricAlarmRecord): Record<string, unknown> {
  const id = alarm.given.Metrics ? query.id : alarm.metricId;
  const label = query.label !== undefined && { label: query.label };
  if (query.kind === 'math') return { id, expression: query.expression, ...label, returnData: query.returnData };
  const { namespace, metricName, dimensions } = query.metric;
  return {
    id,
    metricStat: {
      metric: { namespace, name: metricName, dimensions: { ...dimensions } },
      period: query.periodSeconds,
      stat: query.stat,
      ...(query.unit !== undefined && { unit: query.unit }),
    },
    ...label,
    returnData: query.returnData,
  };
}

function triggerOf(alarm: MetricAlarmRecord): Record<string, unknown> {
  const { given, rule } = alarm;
  const common = {
    Period: alarm.periodSeconds,
    EvaluationPeriods: rule.evaluationPeriods,
    DatapointsToAlarm: rule.datapointsToAlarm,
    ComparisonOperator: rule.comparison,
    Threshold: rule.threshold,
    TreatMissingData: rule.missingData,
    EvaluateLowSampleCountPercentile: given.EvaluateLowSampleCountPercentile ?? '',
  };
  if (given.Metrics) return { ...common, Metrics: given.Metrics };
  return {
    MetricName: given.MetricName,
    Namespace: given.Namespace,
    ...(given.Statistic ? { StatisticType: 'Statistic', Statistic: STATISTIC_NAMES[given.Statistic] } : { StatisticType: 'ExtendedStatistic', ExtendedStatistic: given.ExtendedStatistic }),
    Unit: given.Unit ?? null,
    Dimensions: (given.Dimensions ?? []).map(({ Name, Value }) => ({ value: Value, name: Name })),
    ...common,
  };
}

const STATISTIC_NAMES = { SampleCount: 'SAMPLE_COUNT', Average: 'AVERAGE', Sum: 'SUM', Minimum: 'MINIMUM', Maximum: 'MAXIMUM' };
