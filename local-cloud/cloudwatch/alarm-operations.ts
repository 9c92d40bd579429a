// The operations on alarms.
import type {
  DeleteAlarmsInput,
  DescribeAlarmHistoryCommandOutput,
  DescribeAlarmHistoryInput,
  DescribeAlarmsCommandOutput,
  DescribeAlarmsForMetricCommandOutput,
  DescribeAlarmsForMetricInput,
  DescribeAlarmsInput,
  EnableAlarmActionsInput,
  PutCompositeAlarmInput,
  PutMetricAlarmInput,
  SetAlarmStateInput,
  Tag,
} from '@aws-sdk/client-cloudwatch';
import { refuseUnknown } from '../kernel/errors.ts';
import { isJson } from '../kernel/json.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import { alarmArn, compositeAlarmFrom, metricAlarmFrom } from './alarm-record.ts';
import type { AlarmRecord, CompositeAlarmRecord, MetricAlarmRecord } from './alarm-record.ts';
import { compositeAlarmView, historyView, metricAlarmView } from './alarm-view.ts';
import type { Alarms } from './alarms.ts';
import { dimensionsOf } from './dimensions.ts';
import { alarmNotFound, invalidCombination, invalidValue, required, validationError } from './faults.ts';
import { evaluateQuery } from './metric-queries.ts';
import { metricKey } from './metric-store.ts';
import type { MetricStore } from './metric-store.ts';
import { pageOf } from './paging.ts';
import { requireTags } from './tags.ts';
import type { Tags } from './tags.ts';

export interface AlarmParts {
  kernel: Kernel;
  store: MetricStore;
  alarms: Alarms;
  tags: Tags;
}

const PAGE_SIZE = 100;

export const alarmOperations = (parts: AlarmParts): Record<string, Operation> => ({
  PutMetricAlarm: putMetricAlarm(parts),
  PutCompositeAlarm: putCompositeAlarm(parts),
  DescribeAlarms: describeAlarms(parts),
  DescribeAlarmsForMetric: describeAlarmsForMetric(parts),
  DescribeAlarmHistory: describeAlarmHistory(parts),
  DeleteAlarms: deleteAlarms(parts),
  SetAlarmState: setAlarmState(parts),
  EnableAlarmActions: switchActions(parts, 'EnableAlarmActions', true),
  DisableAlarmActions: switchActions(parts, 'DisableAlarmActions', false),
});

/** What saving an alarm needs; tags on it need their own permission. */
function permissionsToSave(parts: AlarmParts, action: string, input: PutMetricAlarmInput | PutCompositeAlarmInput): Permission[] {
  const resource = alarmArn(parts.kernel, input.AlarmName ?? '');
  const actions = [...(input.OKActions ?? []), ...(input.AlarmActions ?? []), ...(input.InsufficientDataActions ?? [])];
  const tags = Object.fromEntries((input.Tags ?? []).map((tag): [string, string] => [`aws:RequestTag/${tag.Key}`, tag.Value ?? '']));
  const context = { ...(actions.length > 0 && { 'cloudwatch:AlarmActions': actions }), ...tags };
  const save: Permission = { action, resource, context };
  return input.Tags?.length ? [save, { action: 'cloudwatch:TagResource', resource, context: tags }] : [save];
}

/** Tags given with an existing alarm are ignored, as CloudWatch ignores them. */
function save(parts: AlarmParts, record: AlarmRecord, tags: Tag[] | undefined): object {
  const isNew = !parts.alarms.get(record.name);
  if (tags) requireTags(tags);
  parts.alarms.put(record);
  if (isNew) parts.tags.replace(record.arn, tags ?? []);
  return {};
}

function putMetricAlarm(parts: AlarmParts): Operation<PutMetricAlarmInput, object> {
  return {
    permissions: (input) => permissionsToSave(parts, 'cloudwatch:PutMetricAlarm', input),
    handle: (input) => {
      const record = metricAlarmFrom(parts.kernel, input, parts.alarms.get(input.AlarmName ?? ''));
      // A trial run: what cannot be evaluated is refused now and not found out by a timer.
      const series = evaluateQuery(parts.store, record.judged, record.queries, { endSecond: 0, periodSeconds: record.periodSeconds, count: 1 });
      if (series.length !== 1) throw validationError('The expression of an alarm must give a single time series.');
      return save(parts, record, input.Tags);
    },
  };
}

function putCompositeAlarm(parts: AlarmParts): Operation<PutCompositeAlarmInput, object> {
  return {
    permissions: (input) => permissionsToSave(parts, 'cloudwatch:PutCompositeAlarm', input),
    handle: (input) => save(parts, compositeAlarmFrom(parts.kernel, input, parts.alarms.get(input.AlarmName ?? '')), input.Tags),
  };
}

/**
 * Composite alarms need a permission that is scoped to `*`; a listing without names is checked against `alarm:*`, one with names
 * against each alarm. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
function permissionsToDescribe(parts: AlarmParts, input: DescribeAlarmsInput): Permission[] {
  const action = 'cloudwatch:DescribeAlarms';
  if (input.AlarmTypes?.includes('CompositeAlarm')) return [{ action, resource: '*' }];
  if (!input.AlarmNames?.length) return [{ action, resource: alarmArn(parts.kernel, '*') }];
  return input.AlarmNames.map((name) => ({ action, resource: alarmArn(parts.kernel, name) }));
}

function describeAlarms(parts: AlarmParts): Operation<DescribeAlarmsInput, Answer<DescribeAlarmsCommandOutput>> {
  return {
    permissions: (input) => permissionsToDescribe(parts, input),
    handle: (input) => {
      refuseUnknown('DescribeAlarms', input, ['AlarmNames', 'AlarmNamePrefix', 'AlarmTypes', 'StateValue', 'ActionPrefix', 'MaxRecords', 'NextToken']);
      if (input.AlarmNames?.length && input.AlarmNamePrefix !== undefined)
        throw invalidCombination('The parameters AlarmNames and AlarmNamePrefix cannot be specified together.');
      if ((input.AlarmNames?.length ?? 0) > PAGE_SIZE) throw validationError(`AlarmNames can have at most ${PAGE_SIZE} members.`);
      // Without AlarmTypes, composite alarms are left out even when they are named.
      const types = input.AlarmTypes?.length ? input.AlarmTypes : ['MetricAlarm'];
      const matching = parts.alarms.all().filter(
        (record) =>
          types.includes(record.kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm') &&
          (!input.AlarmNames?.length || input.AlarmNames.includes(record.name)) &&
          record.name.startsWith(input.AlarmNamePrefix ?? '') &&
          (input.StateValue === undefined || record.state.value === input.StateValue) &&
          (input.ActionPrefix === undefined || Object.values(record.actions).flat().some((action) => action.startsWith(input.ActionPrefix ?? ''))),
      );
      const { page, nextToken } = pageOf(matching, pageSize(input.MaxRecords), input.NextToken);
      return { MetricAlarms: page.filter(isMetric).map(metricAlarmView), CompositeAlarms: page.filter(isComposite).map(compositeAlarmView), NextToken: nextToken };
    },
  };
}

function describeAlarmsForMetric(parts: AlarmParts): Operation<DescribeAlarmsForMetricInput, Answer<DescribeAlarmsForMetricCommandOutput>> {
  return {
    permissions: () => [{ action: 'cloudwatch:DescribeAlarmsForMetric', resource: '*' }],
    handle: (input) => {
      const wanted = metricKey({ namespace: required(input.Namespace, 'Namespace'), metricName: required(input.MetricName, 'MetricName'), dimensions: dimensionsOf(input.Dimensions) });
      const stat = input.Statistic ?? input.ExtendedStatistic;
      const matching = parts.alarms.all().filter(isMetric).filter(({ judged, given }) =>
        // Alarms on math are not found this way.
        !given.Metrics && judged.kind === 'metric' && metricKey(judged.metric) === wanted &&
        (stat === undefined || judged.stat === stat) && (input.Period === undefined || judged.periodSeconds === input.Period) && (input.Unit === undefined || judged.unit === input.Unit),
      );
      return { MetricAlarms: matching.map(metricAlarmView) };
    },
  };
}

function describeAlarmHistory(parts: AlarmParts): Operation<DescribeAlarmHistoryInput, Answer<DescribeAlarmHistoryCommandOutput>> {
  return {
    permissions: (input) => [{ action: 'cloudwatch:DescribeAlarmHistory', resource: alarmArn(parts.kernel, input.AlarmName ?? '*') }],
    handle: (input) => {
      refuseUnknown('DescribeAlarmHistory', input, ['AlarmName', 'AlarmTypes', 'HistoryItemType', 'StartDate', 'EndDate', 'MaxRecords', 'NextToken', 'ScanBy']);
      const types = input.AlarmTypes?.length ? input.AlarmTypes : ['MetricAlarm'];
      const matching = parts.alarms.history.filter(
        (item) =>
          types.includes(item.alarmType) &&
          (input.AlarmName === undefined || item.alarmName === input.AlarmName) &&
          (input.HistoryItemType === undefined || item.type === input.HistoryItemType) &&
          item.timeMs >= (input.StartDate?.getTime() ?? -Infinity) &&
          item.timeMs <= (input.EndDate?.getTime() ?? Infinity),
      );
      if (input.ScanBy !== 'TimestampAscending') matching.reverse();
      const { page, nextToken } = pageOf(matching, pageSize(input.MaxRecords), input.NextToken);
      return { AlarmHistoryItems: page.map(historyView), NextToken: nextToken };
    },
  };
}

function deleteAlarms(parts: AlarmParts): Operation<DeleteAlarmsInput, object> {
  return {
    permissions: (input) => onEach(parts, 'cloudwatch:DeleteAlarms', input.AlarmNames),
    handle: (input) => {
      const names = required(input.AlarmNames, 'AlarmNames');
      const absent = names.find((name) => !parts.alarms.get(name));
      if (absent !== undefined) throw alarmNotFound(absent);
      if (names.length > 1 && names.some((name) => parts.alarms.get(name)?.kind === 'composite'))
        throw validationError('A composite alarm must be deleted in a request of its own.');
      parts.alarms.remove(names);
      for (const name of names) parts.tags.drop(alarmArn(parts.kernel, name));
      return {};
    },
  };
}

function setAlarmState(parts: AlarmParts): Operation<SetAlarmStateInput, object> {
  return {
    permissions: (input) => [{ action: 'cloudwatch:SetAlarmState', resource: alarmArn(parts.kernel, input.AlarmName ?? '') }],
    handle: (input) => {
      refuseUnknown('SetAlarmState', input, ['AlarmName', 'StateValue', 'StateReason', 'StateReasonData']);
      const name = required(input.AlarmName, 'AlarmName');
      const text = required(input.StateReason, 'StateReason');
      const state = required(input.StateValue, 'StateValue');
      if (!['OK', 'ALARM', 'INSUFFICIENT_DATA'].includes(state)) throw invalidValue(`The value ${state} for parameter StateValue is invalid.`);
      if (!parts.alarms.get(name)) throw alarmNotFound(name);
      if (input.StateReasonData !== undefined && !isJson(input.StateReasonData)) throw invalidValue('StateReasonData was not in JSON format.');
      parts.alarms.setState(name, state, { text, data: input.StateReasonData });
      return {};
    },
  };
}

/** Unknown names are not an error here. */
function switchActions(parts: AlarmParts, operation: string, enabled: boolean): Operation<EnableAlarmActionsInput, object> {
  return {
    permissions: (input) => onEach(parts, `cloudwatch:${operation}`, input.AlarmNames),
    handle: (input) => {
      for (const name of required(input.AlarmNames, 'AlarmNames')) {
        const record = parts.alarms.get(name);
        if (record) record.actionsEnabled = enabled;
      }
      return {};
    },
  };
}

/** A request that names no alarm is checked against the empty name. */
const onEach = (parts: AlarmParts, action: string, names: string[] | undefined): Permission[] =>
  (names?.length ? names : ['']).map((name) => ({ action, resource: alarmArn(parts.kernel, name) }));

const isMetric = (record: AlarmRecord): record is MetricAlarmRecord => record.kind === 'metric';
const isComposite = (record: AlarmRecord): record is CompositeAlarmRecord => record.kind === 'composite';

function pageSize(given: number | undefined): number {
  if (given !== undefined && (given < 1 || given > PAGE_SIZE)) throw invalidValue(`MaxRecords must be between 1 and ${PAGE_SIZE}.`);
  return given ?? PAGE_SIZE;
}
