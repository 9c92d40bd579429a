// What CloudWatch remembers of an alarm, and how a request becomes that.
import type { MetricDataQuery, PutCompositeAlarmInput, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import { copyOf } from '../kernel/copy-of.ts';
import { NotModelled, refuseUnknown } from '../kernel/errors.ts';
import { arnOf } from '../kernel/kernel.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { AlarmState } from '../kernel/ports.ts';
import { uuid } from '../kernel/random.ts';
import { INITIAL_REASON } from './alarm-reason.ts';
import type { AlarmRule, MissingData } from './alarm-verdict.ts';
import { parseCompositeRule } from './composite-rule.ts';
import type { CompositeRule } from './composite-rule.ts';
import { dimensionsOf } from './dimensions.ts';
import { invalidCombination, required, validationError } from './faults.ts';
import { commonPeriodSeconds, dependenciesOf, parseQueries, requirePeriod } from './metric-queries.ts';
import type { Query } from './metric-queries.ts';
import { percentileOf } from './statistics.ts';

export interface StateRecord {
  value: AlarmState;
  reason: string;
  reasonData: string | undefined;
  updatedMs: number;
  /** When `value` last changed; `updatedMs` also moves with the reason. */
  transitionedMs: number;
}

interface AlarmCommon {
  name: string;
  arn: string;
  description: string | undefined;
  actionsEnabled: boolean;
  actions: Record<AlarmState, string[]>;
  configuredMs: number;
  state: StateRecord;
}

export interface MetricAlarmRecord extends AlarmCommon {
  kind: 'metric';
  /** The request's own fields, as DescribeAlarms gives them back. */
  given: PutMetricAlarmInput;
  queries: Query[];
  /** The query whose datapoints are judged. */
  judged: Query;
  periodSeconds: number;
  rule: AlarmRule;
  /** Names the metric in events when the request did not (single-metric alarms). */
  metricId: string;
  /** With too few samples for this percentile the alarm keeps its state. */
  samplesMin: number;
}

export interface CompositeAlarmRecord extends AlarmCommon {
  kind: 'composite';
  ruleText: string;
  rule: CompositeRule;
}

export type AlarmRecord = MetricAlarmRecord | CompositeAlarmRecord;

const DAY_SECONDS = 86_400;
const MATH_METRICS_MAX = 10;
const ACTIONS_MAX = 5;

const METRIC_ALARM_FIELDS = [
  ...['AlarmName', 'AlarmDescription', 'ActionsEnabled', 'OKActions', 'AlarmActions', 'InsufficientDataActions', 'Tags'],
  ...['MetricName', 'Namespace', 'Statistic', 'ExtendedStatistic', 'Dimensions', 'Period', 'Unit', 'Metrics'],
  ...['EvaluationPeriods', 'DatapointsToAlarm', 'Threshold', 'ComparisonOperator', 'TreatMissingData', 'EvaluateLowSampleCountPercentile'],
];
const COMPOSITE_ALARM_FIELDS = ['AlarmName', 'AlarmDescription', 'ActionsEnabled', 'OKActions', 'AlarmActions', 'InsufficientDataActions', 'Tags', 'AlarmRule'];

/** `previous` gives what outlives a change of configuration: the state. */
export function metricAlarmFrom(kernel: Kernel, input: PutMetricAlarmInput, previous: AlarmRecord | undefined): MetricAlarmRecord {
  refuseUnknown('PutMetricAlarm', input, METRIC_ALARM_FIELDS);
  const metricId = previous?.kind === 'metric' ? previous.metricId : uuid(kernel.random);
  const queries = parseQueries(input.Metrics ?? [singleMetric(input)]);
  const [judged, ...others] = queries.filter((query) => query.returnData);
  if (!judged || others.length > 0) throw validationError('Exactly one element of the metrics list should return data.');
  if (queries.filter((query) => query.kind === 'metric').length > MATH_METRICS_MAX)
    throw validationError(`An alarm can use at most ${MATH_METRICS_MAX} metrics.`);
  const periodSeconds = requirePeriod(commonPeriodSeconds(dependenciesOf(judged, queries), 'PutMetricAlarm'));
  const rule = ruleFrom(input);
  if (periodSeconds < 3600 && periodSeconds * rule.evaluationPeriods > DAY_SECONDS)
    throw validationError('Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).');
  const { Tags: _tags, ...given } = input;
  return {
    kind: 'metric',
    ...commonFrom(kernel, input, previous),
    given: copyOf(given),
    queries,
    judged,
    periodSeconds,
    rule,
    metricId,
    samplesMin: samplesMin(input),
  };
}

export function compositeAlarmFrom(kernel: Kernel, input: PutCompositeAlarmInput, previous: AlarmRecord | undefined): CompositeAlarmRecord {
  refuseUnknown('PutCompositeAlarm', input, COMPOSITE_ALARM_FIELDS);
  const ruleText = required(input.AlarmRule, 'AlarmRule');
  return { kind: 'composite', ...commonFrom(kernel, input, previous), ruleText, rule: parseCompositeRule(ruleText) };
}

export const alarmArn = (kernel: Kernel, name: string): string => arnOf(kernel, 'cloudwatch', `alarm:${name}`);

function commonFrom(kernel: Kernel, input: PutMetricAlarmInput | PutCompositeAlarmInput, previous: AlarmRecord | undefined): AlarmCommon {
  const name = required(input.AlarmName, 'AlarmName');
  const nowMs = kernel.clock.nowMs();
  const actions = { OK: input.OKActions ?? [], ALARM: input.AlarmActions ?? [], INSUFFICIENT_DATA: input.InsufficientDataActions ?? [] };
  for (const list of Object.values(actions)) {
    if (list.length > ACTIONS_MAX) throw validationError(`An alarm can have at most ${ACTIONS_MAX} actions for one state.`);
    for (const action of list)
      if (!/^arn:[^:]+:(sns|lambda):/.test(action)) throw new NotModelled(`the alarm action ${action} (only SNS topics and Lambda functions are)`);
  }
  return {
    name,
    arn: alarmArn(kernel, name),
    description: input.AlarmDescription,
    actionsEnabled: input.ActionsEnabled ?? true,
    actions,
    configuredMs: nowMs,
    state: previous?.state ?? { value: 'INSUFFICIENT_DATA', reason: INITIAL_REASON, reasonData: undefined, updatedMs: nowMs, transitionedMs: nowMs },
  };
}

/** A single-metric alarm as the query it stands for. */
function singleMetric(input: PutMetricAlarmInput): MetricDataQuery {
  if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined))
    throw invalidCombination('Exactly one of Statistic and ExtendedStatistic must be specified.');
  return {
    Id: 'm1',
    MetricStat: {
      Metric: {
        Namespace: required(input.Namespace, 'Namespace'),
        MetricName: required(input.MetricName, 'MetricName'),
        Dimensions: Object.entries(dimensionsOf(input.Dimensions)).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: required(input.Period, 'Period'),
      Stat: input.Statistic ?? input.ExtendedStatistic,
      Unit: input.Unit,
    },
  };
}

function ruleFrom(input: PutMetricAlarmInput): AlarmRule {
  if (input.Metrics) {
    const both = (['MetricName', 'Namespace', 'Statistic', 'ExtendedStatistic', 'Dimensions', 'Period', 'Unit'] as const).find((member) => input[member] !== undefined);
    if (both) throw invalidCombination(`The parameter ${both} cannot be specified when Metrics is specified.`);
  }
  const comparison = required(input.ComparisonOperator, 'ComparisonOperator');
  if (!/^(Greater|Less)Than(OrEqualTo)?Threshold$/.test(comparison)) throw new NotModelled(`anomaly detection alarms (${comparison})`);
  const evaluationPeriods = required(input.EvaluationPeriods, 'EvaluationPeriods');
  const datapointsToAlarm = input.DatapointsToAlarm ?? evaluationPeriods;
  if (!Number.isInteger(evaluationPeriods) || evaluationPeriods < 1) throw validationError('EvaluationPeriods must be at least 1.');
  if (datapointsToAlarm < 1 || datapointsToAlarm > evaluationPeriods)
    throw validationError('DatapointsToAlarm must be at least 1 and at most EvaluationPeriods.');
  return {
    comparison,
    threshold: required(input.Threshold, 'Threshold'),
    evaluationPeriods,
    datapointsToAlarm,
    missingData: missingDataFrom(input.TreatMissingData),
  };
}

function missingDataFrom(given: string | undefined): MissingData {
  const known = (['missing', 'ignore', 'breaching', 'notBreaching'] as const).find((value) => value === (given ?? 'missing'));
  if (!known) throw validationError(`The value ${given} for parameter TreatMissingData is not supported.`);
  return known;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html */
function samplesMin(input: PutMetricAlarmInput): number {
  const choice = input.EvaluateLowSampleCountPercentile ?? 'evaluate';
  if (choice !== 'evaluate' && choice !== 'ignore') throw validationError('EvaluateLowSampleCountPercentile must be evaluate or ignore.');
  if (choice === 'evaluate' || input.ExtendedStatistic === undefined) return 0;
  const share = percentileOf(input.ExtendedStatistic) / 100;
  return Math.ceil((share >= 0.5 ? 10 / (1 - share) : 10 / share) - 1e-6);
}
