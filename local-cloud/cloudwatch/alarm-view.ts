// Alarms and their history in the shapes of the API.
import type { AlarmHistoryItem, CompositeAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { CompositeAlarmRecord, MetricAlarmRecord } from './alarm-record.ts';
import type { HistoryItem } from './alarms.ts';

export function metricAlarmView(record: MetricAlarmRecord): MetricAlarm {
  return {
    ...commonView(record),
    MetricName: record.given.MetricName,
    Namespace: record.given.Namespace,
    Statistic: record.given.Statistic,
    ExtendedStatistic: record.given.ExtendedStatistic,
    Dimensions: record.given.Dimensions ?? [],
    Period: record.given.Period,
    Unit: record.given.Unit,
    EvaluationPeriods: record.rule.evaluationPeriods,
    DatapointsToAlarm: record.given.DatapointsToAlarm,
    Threshold: record.rule.threshold,
    ComparisonOperator: record.rule.comparison,
    TreatMissingData: record.given.TreatMissingData,
    EvaluateLowSampleCountPercentile: record.given.EvaluateLowSampleCountPercentile,
    Metrics: record.given.Metrics?.map((query) => ({ ...query, ReturnData: query.ReturnData ?? true })),
  };
}

export const compositeAlarmView = (record: CompositeAlarmRecord): CompositeAlarm => ({ ...commonView(record), AlarmRule: record.ruleText });

const commonView = (record: MetricAlarmRecord | CompositeAlarmRecord) => ({
  AlarmName: record.name,
  AlarmArn: record.arn,
  AlarmDescription: record.description,
  AlarmConfigurationUpdatedTimestamp: new Date(record.configuredMs),
  ActionsEnabled: record.actionsEnabled,
  OKActions: record.actions.OK,
  AlarmActions: record.actions.ALARM,
  InsufficientDataActions: record.actions.INSUFFICIENT_DATA,
  StateValue: record.state.value,
  StateReason: record.state.reason,
  StateReasonData: record.state.reasonData,
  StateUpdatedTimestamp: new Date(record.state.updatedMs),
  StateTransitionedTimestamp: new Date(record.state.transitionedMs),
});

export const historyView = (item: HistoryItem): AlarmHistoryItem => ({
  AlarmName: item.alarmName,
  AlarmType: item.alarmType,
  Timestamp: new Date(item.timeMs),
  HistoryItemType: item.type,
  HistorySummary: item.summary,
  HistoryData: JSON.stringify(item.data),
});
