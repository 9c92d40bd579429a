// The operations on metrics: putting data, reading statistics and math, listing what there is.
import type {
  Datapoint,
  GetMetricDataCommandOutput,
  GetMetricDataInput,
  GetMetricStatisticsCommandOutput,
  GetMetricStatisticsInput,
  ListMetricsCommandOutput,
  ListMetricsInput,
  MetricDataResult,
  MetricDatum,
  PutMetricDataInput,
} from '@aws-sdk/client-cloudwatch';
import { refuseUnknown } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import { dimensionList, dimensionsOf } from './dimensions.ts';
import { invalidCombination, invalidValue, required, validationError } from './faults.ts';
import { commonPeriodSeconds, dependenciesOf, evaluateQuery, gridOf, parseQueries, requirePeriod } from './metric-queries.ts';
import type { Query, Windows } from './metric-queries.ts';
import type { MetricStore } from './metric-store.ts';
import type { MetricTime } from './metric-time.ts';
import { pageOf, positionOf, tokenOf } from './paging.ts';
import type { SampleSet } from './statistics.ts';
import { isSimpleStatistic, percentileOf } from './statistics.ts';

export interface MetricParts {
  kernel: Kernel;
  store: MetricStore;
  time: MetricTime;
  /** Adds one metric's samples, waking the alarms on it. */
  put(metric: { namespace: string; metricName: string; dimensions: Record<string, string>; unit?: string; timestampMs?: number }, add: (samples: SampleSet) => void): void;
}

const DATAPOINTS_MAX = 100_800;
const STATISTICS_DATAPOINTS_MAX = 1_440;
const METRICS_PER_PAGE = 500;
const VALUES_MAX = 150;
const TWO_WEEKS_MS = 14 * 86_400_000;
const TWO_HOURS_MS = 2 * 3_600_000;

export const metricOperations = (parts: MetricParts): Record<string, Operation> => ({
  PutMetricData: putMetricData(parts),
  GetMetricData: getMetricData(parts),
  GetMetricStatistics: getMetricStatistics(parts),
  ListMetrics: listMetrics(parts),
});

function putMetricData(parts: MetricParts): Operation<PutMetricDataInput, object> {
  return {
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
    permissions: (input) => [{ action: 'cloudwatch:PutMetricData', resource: '*', context: { 'cloudwatch:namespace': input.Namespace ?? '' } }],
    handle: (input) => {
      refuseUnknown('PutMetricData', input, ['Namespace', 'MetricData']);
      const namespace = required(input.Namespace, 'Namespace');
      if (namespace.startsWith('AWS/')) throw invalidValue('The value AWS/ for parameter Namespace is invalid.');
      const additions = required(input.MetricData, 'MetricData').map((datum) => additionOf(parts, namespace, datum));
      for (const { metric, add } of additions) parts.put(metric, add);
      return {};
    },
  };
}

function additionOf(parts: MetricParts, namespace: string, datum: MetricDatum) {
  refuseUnknown('MetricDatum', datum, ['MetricName', 'Dimensions', 'Timestamp', 'Value', 'Values', 'Counts', 'StatisticValues', 'Unit', 'StorageResolution']);
  const timestampMs = datum.Timestamp?.getTime();
  const ageMs = parts.kernel.clock.nowMs() - (timestampMs ?? parts.kernel.clock.nowMs());
  if (ageMs > TWO_WEEKS_MS || ageMs < -TWO_HOURS_MS)
    throw invalidValue('The parameter MetricData.member.1.Timestamp must specify a time no more than two hours in the future and within the past two weeks.');
  const metric = { namespace, metricName: required(datum.MetricName, 'MetricData.member.1.MetricName'), dimensions: dimensionsOf(datum.Dimensions), unit: datum.Unit, timestampMs };
  return { metric, add: adderOf(datum) };
}

function adderOf(datum: MetricDatum): (samples: SampleSet) => void {
  const given = [datum.Value, datum.Values, datum.StatisticValues].filter((value) => value !== undefined);
  if (given.length !== 1) throw invalidCombination('Exactly one of the parameters Value, Values and StatisticValues must be specified.');
  const { Value, Values, Counts, StatisticValues } = datum;
  if (Value !== undefined) {
    requireFinite(Value);
    return (samples) => samples.add(Value);
  }
  if (Values) {
    if (Values.length > VALUES_MAX) throw validationError(`The collection MetricData.member.1.Values must not have a size greater than ${VALUES_MAX}.`);
    if (Counts && Counts.length !== Values.length) throw invalidValue('The parameters Values and Counts must have the same length.');
    Values.forEach(requireFinite);
    return (samples) => Values.forEach((value, index) => samples.add(value, Counts?.[index] ?? 1));
  }
  const set = {
    count: required(StatisticValues?.SampleCount, 'StatisticValues.SampleCount'),
    sum: required(StatisticValues?.Sum, 'StatisticValues.Sum'),
    minimum: required(StatisticValues?.Minimum, 'StatisticValues.Minimum'),
    maximum: required(StatisticValues?.Maximum, 'StatisticValues.Maximum'),
  };
  if (set.maximum < set.minimum) throw invalidValue('StatisticValues.Maximum must not be less than StatisticValues.Minimum.');
  return (samples) => samples.addStatistics(set);
}

function requireFinite(value: number): void {
  if (!Number.isFinite(value)) throw invalidValue(`The value ${value} for parameter MetricData.member.1.Value is invalid.`);
}

function getMetricData(parts: MetricParts): Operation<GetMetricDataInput, Answer<GetMetricDataCommandOutput>> {
  return {
    permissions: () => [{ action: 'cloudwatch:GetMetricData', resource: '*' }],
    handle: (input) => {
      refuseUnknown('GetMetricData', input, ['MetricDataQueries', 'StartTime', 'EndTime', 'NextToken', 'ScanBy', 'MaxDatapoints']);
      const queries = parseQueries(required(input.MetricDataQueries, 'MetricDataQueries'));
      const results = queries.filter((query) => query.returnData).flatMap((query) => resultsOf(parts, query, queries, input));
      return cutToPage(results, input.MaxDatapoints ?? DATAPOINTS_MAX, input.NextToken);
    },
  };
}

function resultsOf(parts: MetricParts, query: Query, all: Query[], input: GetMetricDataInput): MetricDataResult[] {
  const periodSeconds = commonPeriodSeconds(dependenciesOf(query, all), 'GetMetricData');
  const windows = windowsOf(parts.time, { from: required(input.StartTime, 'StartTime'), to: required(input.EndTime, 'EndTime'), periodSeconds });
  const order = input.ScanBy === 'TimestampAscending' ? 1 : -1;
  return evaluateQuery(parts.store, query, all, windows).map((points) => {
    const sorted = [...points].sort(([a], [b]) => (a - b) * order);
    return {
      Id: query.id,
      Label: query.label ?? (query.kind === 'metric' ? query.metric.metricName : query.id),
      Timestamps: sorted.map(([second]) => new Date(parts.time.startMs(second))),
      Values: sorted.map(([, value]) => value),
      StatusCode: 'Complete' as const,
    };
  });
}

/** A page holds a number of datapoints over all results, in order; a result that is cut says `PartialData`. */
function cutToPage(results: MetricDataResult[], pageSize: number, token: string | undefined): Answer<GetMetricDataCommandOutput> {
  const from = token === undefined ? 0 : positionOf(token);
  const to = from + pageSize;
  const page: MetricDataResult[] = [];
  let at = 0;
  for (const result of results) {
    const length = result.Values?.length ?? 0;
    const [start, end] = [Math.max(0, from - at), Math.min(length, to - at)];
    at += length;
    if (start < end || (length === 0 && token === undefined)) {
      const cut = { Timestamps: result.Timestamps?.slice(start, end), Values: result.Values?.slice(start, end) };
      page.push({ ...result, ...cut, StatusCode: end < length ? 'PartialData' : 'Complete' });
    }
  }
  return { MetricDataResults: page, NextToken: at > to ? tokenOf(to) : undefined, Messages: [] };
}

function getMetricStatistics(parts: MetricParts): Operation<GetMetricStatisticsInput, Answer<GetMetricStatisticsCommandOutput>> {
  return {
    permissions: () => [{ action: 'cloudwatch:GetMetricStatistics', resource: '*' }],
    handle: (input) => {
      refuseUnknown('GetMetricStatistics', input, ['Namespace', 'MetricName', 'Dimensions', 'StartTime', 'EndTime', 'Period', 'Statistics', 'ExtendedStatistics', 'Unit']);
      const { Statistics: simple = [], ExtendedStatistics: extended = [] } = input;
      if (simple.length + extended.length === 0) throw invalidCombination('At least one of Statistics and ExtendedStatistics must be specified.');
      for (const name of simple) if (!isSimpleStatistic(name)) throw invalidValue(`The value ${name} for parameter Statistics is invalid.`);
      extended.forEach(percentileOf);
      const metric = { namespace: required(input.Namespace, 'Namespace'), metricName: required(input.MetricName, 'MetricName'), dimensions: dimensionsOf(input.Dimensions) };
      const periodSeconds = requirePeriod(required(input.Period, 'Period'));
      const windows = windowsOf(parts.time, { from: required(input.StartTime, 'StartTime'), to: required(input.EndTime, 'EndTime'), periodSeconds });
      if (windows.count > STATISTICS_DATAPOINTS_MAX)
        throw invalidCombination(`You have requested up to ${windows.count} datapoints, which exceeds the limit of ${STATISTICS_DATAPOINTS_MAX}.`);
      const unit = input.Unit ?? parts.store.unitOf(metric);
      const datapoints = gridOf(windows).flatMap((fromSecond): Datapoint[] => {
        const samples = parts.store.read(metric, { fromSecond, toSecond: fromSecond + periodSeconds }, input.Unit);
        if (!samples) return [];
        const percentiles = extended.flatMap((name): [string, number][] => {
          const value = samples.statistic(name);
          return value === undefined ? [] : [[name, value]];
        });
        return [
          {
            Timestamp: new Date(parts.time.startMs(fromSecond)),
            ...Object.fromEntries(simple.map((name) => [name, samples.statistic(name)])),
            ...(extended.length > 0 && { ExtendedStatistics: Object.fromEntries(percentiles) }),
            Unit: unit as Datapoint['Unit'],
          },
        ];
      });
      return { Label: metric.metricName, Datapoints: datapoints };
    },
  };
}

function listMetrics(parts: MetricParts): Operation<ListMetricsInput, Answer<ListMetricsCommandOutput>> {
  return {
    permissions: () => [{ action: 'cloudwatch:ListMetrics', resource: '*' }],
    handle: (input) => {
      refuseUnknown('ListMetrics', input, ['Namespace', 'MetricName', 'Dimensions', 'NextToken', 'RecentlyActive']);
      const activeSince = input.RecentlyActive === undefined ? -Infinity : parts.time.secondAt(parts.kernel.clock.nowMs()) - 3 * 3600;
      const matching = parts.store.metrics().filter(
        ({ metric, newestSecond }) =>
          newestSecond >= activeSince &&
          (input.Namespace === undefined || metric.namespace === input.Namespace) &&
          (input.MetricName === undefined || metric.metricName === input.MetricName) &&
          (input.Dimensions ?? []).every(({ Name = '', Value }) => Name in metric.dimensions && (Value === undefined || metric.dimensions[Name] === Value)),
      );
      const { page, nextToken } = pageOf(matching, METRICS_PER_PAGE, input.NextToken);
      return {
        Metrics: page.map(({ metric }) => ({ Namespace: metric.namespace, MetricName: metric.metricName, Dimensions: dimensionList(metric.dimensions) })),
        NextToken: nextToken,
      };
    },
  };
}

/** The periods that a request covers: its start is rounded down to a period, its end is exclusive. */
function windowsOf(time: MetricTime, range: { from: Date; to: Date; periodSeconds: number }): Windows {
  const { periodSeconds } = range;
  if (range.from >= range.to) throw validationError('The parameter StartTime must be less than the parameter EndTime.');
  const first = Math.floor(time.secondAt(range.from.getTime()) / periodSeconds);
  // The last period is the one that contains the instant before the end.
  const last = Math.floor(time.secondAt(range.to.getTime() - 1) / periodSeconds);
  return { endSecond: (last + 1) * periodSeconds, periodSeconds, count: last - first + 1 };
}
