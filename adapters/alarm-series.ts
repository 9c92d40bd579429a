// CloudWatch: what alarms have judged over a stretch of time, as curves with their threshold.
import type { CloudWatchClient, MetricAlarm, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { seriesWanted, thinned, type AlarmQuery, type Point } from '../core/metrics/alarm-series.ts';
import type { AlarmMetricsView, AlarmSeriesView } from '../core/view/metrics.ts';

export interface Span {
  fromMs: number;
  toMs: number;
}

export type AlarmSeries = ReturnType<typeof alarmSeriesIn>;

const NAMES_PER_CALL = 100;
const POINTS_MAX = 400;

const SIGNS: Record<string, string> = {
  GreaterThanThreshold: '>',
  GreaterThanOrEqualToThreshold: '>=',
  LessThanThreshold: '<',
  LessThanOrEqualToThreshold: '<=',
};

export function alarmSeriesIn(client: CloudWatchClient) {
  return {
    /** @param newTargetGroups `targetgroup/NAME/ID` of the new revision; none when it is not known. */
    async of(names: readonly string[], newTargetGroups: readonly string[], span: Span): Promise<AlarmMetricsView[]> {
      const found = new Map<string, AlarmMetricsView>();
      for (let start = 0; start < names.length; start += NAMES_PER_CALL) {
        const AlarmNames = names.slice(start, start + NAMES_PER_CALL);
        const { MetricAlarms = [], CompositeAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: NAMES_PER_CALL }));
        for (const { AlarmName = '', StateValue } of CompositeAlarms) found.set(AlarmName, { name: AlarmName, state: StateValue ?? 'MISSING', series: [] });
        for (const view of await Promise.all(MetricAlarms.map((alarm) => viewOf(alarm, newTargetGroups, span)))) found.set(view.name, view);
      }
      return names.map((name) => found.get(name) ?? { name, state: 'MISSING', series: [] });
    },
  };

  async function viewOf(alarm: MetricAlarm, newTargetGroups: readonly string[], span: Span): Promise<AlarmMetricsView> {
    const sign = SIGNS[alarm.ComparisonOperator ?? ''];
    return {
      name: alarm.AlarmName ?? '',
      state: alarm.StateValue ?? 'MISSING',
      ...(alarm.Threshold === undefined ? {} : { threshold: alarm.Threshold }),
      ...(sign === undefined ? {} : { comparison: sign }),
      series: await seriesOf(queriesOf(alarm), newTargetGroups, span, sign?.startsWith('<') ? 'lowest' : 'highest'),
    };
  }

  async function seriesOf(queries: MetricDataQuery[], newTargetGroups: readonly string[], span: Span, worst: 'highest' | 'lowest'): Promise<AlarmSeriesView[]> {
    const wanted = seriesWanted(queries.map(choosable), newTargetGroups);
    if (wanted.length === 0) return [];
    const asked = queries.map((query) => ({ ...query, ReturnData: wanted.some(({ id }) => id === query.Id) }));
    const points = new Map<string, Point[]>();
    let NextToken: string | undefined;
    do {
      const page = await client.send(
        new GetMetricDataCommand({ MetricDataQueries: asked, StartTime: new Date(span.fromMs), EndTime: new Date(span.toMs), ScanBy: 'TimestampAscending', NextToken }),
      );
      for (const { Id = '', Timestamps = [], Values = [] } of page.MetricDataResults ?? []) {
        const added = Timestamps.map((at, index): Point => [at.getTime(), Values[index] ?? 0]);
        points.set(Id, [...(points.get(Id) ?? []), ...added]);
      }
      NextToken = page.NextToken;
    } while (NextToken);
    return wanted.map(({ id, label, of }) => ({ label, of, points: thinned(points.get(id) ?? [], POINTS_MAX, worst) }));
  }
}

/** An alarm on one metric, written as the query that an alarm on metric math would hold. */
function queriesOf(alarm: MetricAlarm): MetricDataQuery[] {
  if (alarm.Metrics !== undefined && alarm.Metrics.length > 0) return alarm.Metrics;
  const Stat = alarm.Statistic ?? alarm.ExtendedStatistic;
  if (alarm.MetricName === undefined || Stat === undefined) return [];
  const Metric = { Namespace: alarm.Namespace, MetricName: alarm.MetricName, Dimensions: alarm.Dimensions };
  return [{ Id: 'judged', Label: alarm.MetricName, MetricStat: { Metric, Period: alarm.Period ?? 60, Stat, ...(alarm.Unit === undefined ? {} : { Unit: alarm.Unit }) }, ReturnData: true }];
}

const choosable = (query: MetricDataQuery): AlarmQuery => ({
  id: query.Id ?? '',
  label: query.Label,
  expression: query.Expression,
  targetGroup: query.MetricStat?.Metric?.Dimensions?.find(({ Name }) => Name === 'TargetGroup')?.Value,
  returnData: query.ReturnData ?? true,
});
