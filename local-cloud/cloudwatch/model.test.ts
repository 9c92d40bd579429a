import type { MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { testKernel } from '../testing/kernel.ts';
import { CloudWatchModel } from './index.ts';

const NOON = Date.UTC(2026, 0, 15, 12);
const at = (seconds: number) => new Date(NOON + seconds * 1000);

function setUp(metricTimeScale = 1) {
  const cloud = testKernel({ startMs: NOON, physics: { metricTimeScale } });
  const model = new CloudWatchModel(cloud.kernel, { events: { emit: () => undefined } });
  cloud.register(model);
  const call = (operation: string, input: object) => cloud.call('monitoring', operation, input);
  const record = (value: number, seconds: number, dimensions: Record<string, string> = {}) =>
    model.record({ namespace: 'AWS/ApplicationELB', metricName: 'Time', dimensions, value, timestampMs: NOON + seconds * 1000 });
  const stat = (Stat: string, Period = 60, Dimensions: object[] = []) => ({ Metric: { Namespace: 'AWS/ApplicationELB', MetricName: 'Time', Dimensions }, Period, Stat });
  const getData = async (MetricDataQueries: object[], input: object = {}) =>
    (await call('GetMetricData', { MetricDataQueries, StartTime: at(0), EndTime: at(300), ...input })) as { MetricDataResults: MetricDataResult[]; NextToken?: string };
  return { ...cloud, model, call, record, stat, getData };
}

describe('GetMetricData', () => {
  test('gives each period its statistic, newest first', async () => {
    const { record, getData, stat } = setUp();
    for (const [value, seconds] of [[1, 0], [3, 59], [5, 60], [7, 180]] as const) record(value, seconds);
    const { MetricDataResults } = await getData([{ Id: 'm1', MetricStat: stat('Average') }]);
    expect(MetricDataResults).toEqual([{ Id: 'm1', Label: 'Time', Timestamps: [at(180), at(60), at(0)], Values: [7, 5, 2], StatusCode: 'Complete' }]);
  });

  test('rounds its start down to a period and leaves out what begins at its end', async () => {
    const { record, getData, stat } = setUp();
    record(1, 10);
    record(2, 120);
    const { MetricDataResults } = await getData([{ Id: 'm1', MetricStat: stat('Sum') }], { StartTime: at(30), EndTime: at(120) });
    expect(MetricDataResults[0]).toMatchObject({ Timestamps: [at(0)], Values: [1] });
  });

  test.each([
    ['p50', 50],
    ['p99', 99],
    ['p99.9', 100],
    ['p100', 100],
    ['Minimum', 1],
    ['SampleCount', 100],
  ])('%s of 1..100 is %d', async (name, want) => {
    const { record, getData, stat } = setUp();
    for (let value = 100; value >= 1; value--) record(value, value % 60);
    expect((await getData([{ Id: 'm1', MetricStat: stat(name) }])).MetricDataResults[0]?.Values).toEqual([want]);
  });

  test('works out expressions of expressions and hides what returns no data', async () => {
    const { record, getData, stat } = setUp();
    record(4, 0);
    const { MetricDataResults } = await getData([
      { Id: 'twice', Expression: 'half * 4', Label: 'doubled' },
      { Id: 'half', Expression: 'm1 / 2', ReturnData: false },
      { Id: 'm1', MetricStat: stat('Sum'), ReturnData: false },
    ]);
    expect(MetricDataResults).toMatchObject([{ Id: 'twice', Label: 'doubled', Values: [8] }]);
  });

  test('cuts long answers into pages whose results say that they are partial', async () => {
    const { record, getData, stat } = setUp();
    for (const minute of [0, 1, 2]) record(minute, minute * 60);
    const queries = [{ Id: 'a', MetricStat: stat('Sum') }, { Id: 'b', MetricStat: stat('Maximum') }];
    const first = await getData(queries, { MaxDatapoints: 4, ScanBy: 'TimestampAscending' });
    expect(first.MetricDataResults).toMatchObject([{ Id: 'a', Values: [0, 1, 2], StatusCode: 'Complete' }, { Id: 'b', Values: [0], StatusCode: 'PartialData' }]);
    const second = await getData(queries, { MaxDatapoints: 4, ScanBy: 'TimestampAscending', NextToken: first.NextToken });
    expect(second.MetricDataResults).toMatchObject([{ Id: 'b', Values: [1, 2], StatusCode: 'Complete' }]);
    expect(second.NextToken).toBeUndefined();
  });

  test('counts periods in scaled time and timestamps in the time of the clock', async () => {
    const { record, getData, stat } = setUp(1 / 30);
    record(1, 1.999);
    record(2, 2);
    expect((await getData([{ Id: 'm1', MetricStat: stat('Sum') }], { EndTime: at(10) })).MetricDataResults[0]).toMatchObject({ Timestamps: [at(2), at(0)], Values: [2, 1] });
  });

  test.each<[string, object[]]>([
    ['an unknown id', [{ Id: 'a', Expression: 'b + 1' }]],
    ['a cycle', [{ Id: 'a', Expression: 'b + 1', Period: 60 }, { Id: 'b', Expression: 'a + 1' }]],
    ['two queries of one id', [{ Id: 'a', Expression: '1', Period: 60 }, { Id: 'a', Expression: '2' }]],
    ['an id that starts with a capital', [{ Id: 'A', Expression: '1', Period: 60 }]],
  ])('refuses %s', async (_what, queries) => {
    await expect(setUp().getData(queries)).rejects.toMatchObject({ code: 'ValidationError' });
  });

  test('says so when a statistic is not modelled', async () => {
    const { getData, stat } = setUp();
    await expect(getData([{ Id: 'm1', MetricStat: stat('tm99') }])).rejects.toMatchObject({ code: 'NotImplemented' });
  });
});

describe('PutMetricData', () => {
  const read = async (call: (operation: string, input: object) => Promise<unknown>, extended: string[] = []) =>
    call('GetMetricStatistics', {
      ...{ Namespace: 'Shop', MetricName: 'Size', StartTime: at(0), EndTime: at(60), Period: 60 },
      ...{ Statistics: ['Sum', 'SampleCount', 'Minimum', 'Maximum'], ExtendedStatistics: extended.length ? extended : undefined },
    });

  test.each<[string, object, object]>([
    ['one value', { Value: 4, Unit: 'Bytes' }, { Sum: 4, SampleCount: 1, Minimum: 4, Maximum: 4, Unit: 'Bytes' }],
    ['values with counts', { Values: [1, 10], Counts: [3, 1] }, { Sum: 13, SampleCount: 4, Minimum: 1, Maximum: 10 }],
    ['statistics', { StatisticValues: { SampleCount: 5, Sum: 20, Minimum: 2, Maximum: 9 } }, { Sum: 20, SampleCount: 5, Minimum: 2, Maximum: 9 }],
  ])('takes %s', async (_what, datum, want) => {
    const { call } = setUp();
    await call('PutMetricData', { Namespace: 'Shop', MetricData: [{ MetricName: 'Size', ...datum }] });
    expect(await read(call)).toMatchObject({ Label: 'Size', Datapoints: [{ Timestamp: at(0), ...want }] });
  });

  test('leaves percentiles of statistics out, because the values are not known', async () => {
    const { call } = setUp();
    await call('PutMetricData', { Namespace: 'Shop', MetricData: [{ MetricName: 'Size', StatisticValues: { SampleCount: 5, Sum: 20, Minimum: 2, Maximum: 9 } }] });
    expect(await read(call, ['p50'])).toMatchObject({ Datapoints: [{ ExtendedStatistics: {} }] });
  });

  test('is checked with the namespace as its condition, and refuses the namespaces of AWS', async () => {
    const { call, calls } = setUp();
    await expect(call('PutMetricData', { Namespace: 'AWS/Shop', MetricData: [] })).rejects.toMatchObject({ code: 'InvalidParameterValueException' });
    expect(calls[0]?.permissions).toEqual([{ action: 'cloudwatch:PutMetricData', resource: '*', context: { 'cloudwatch:namespace': 'AWS/Shop' } }]);
  });
});

test('a metric is its dimensions in any order; each set of dimensions is another metric', async () => {
  const { record, call, getData, stat } = setUp();
  record(1, 0, { A: '1', B: '2' });
  record(2, 0, { B: '2', A: '1' });
  record(9, 0, { A: '1' });
  const both = [{ Name: 'B', Value: '2' }, { Name: 'A', Value: '1' }];
  expect((await getData([{ Id: 'm1', MetricStat: stat('Sum', 60, both) }])).MetricDataResults[0]?.Values).toEqual([3]);
  expect(await call('ListMetrics', { Dimensions: [{ Name: 'B' }] })).toMatchObject({ Metrics: [{ Namespace: 'AWS/ApplicationELB', MetricName: 'Time', Dimensions: [{ Name: 'A' }, { Name: 'B' }] }] });
});

test('data older than the retention is dropped as new data comes', async () => {
  const { record, model } = setUp();
  record(1, 0);
  for (let hour = 1; hour <= 24; hour++) record(hour, hour * 3600);
  const sum = model.statistic({ namespace: 'AWS/ApplicationELB', metricName: 'Time', dimensions: {}, stat: 'Sum', fromMs: NOON, toMs: NOON + 25 * 3_600_000 });
  expect(sum).toBeLessThan((24 * 25) / 2);
  expect(sum).toBeGreaterThanOrEqual(19 + 20 + 21 + 22 + 23 + 24);
});

describe('DescribeAlarms', () => {
  const alarm = (AlarmName: string) => ({ AlarmName, Namespace: 'Shop', MetricName: 'Errors', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: 'GreaterThanThreshold' });

  async function withAlarms() {
    const cloud = setUp();
    for (const name of ['web-a', 'web-b', 'job']) await cloud.call('PutMetricAlarm', alarm(name));
    await cloud.call('PutCompositeAlarm', { AlarmName: 'web-any', AlarmRule: 'ALARM("web-a") OR ALARM("web-b")' });
    const names = async (input: object) => {
      const answer = (await cloud.call('DescribeAlarms', input)) as Record<'MetricAlarms' | 'CompositeAlarms', { AlarmName: string }[]>;
      return [...answer.MetricAlarms, ...answer.CompositeAlarms].map((found) => found.AlarmName);
    };
    return { ...cloud, names };
  }

  test.each<[string, object, string[]]>([
    ['everything but composite alarms by default', {}, ['job', 'web-a', 'web-b']],
    ['named alarms', { AlarmNames: ['web-b', 'absent', 'web-any'] }, ['web-b']],
    ['a prefix', { AlarmNamePrefix: 'web', AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }, ['web-a', 'web-b', 'web-any']],
    ['a state', { StateValue: 'ALARM' }, ['web-a']],
  ])('finds %s', async (_what, input, want) => {
    const { names, model } = await withAlarms();
    model.setState('web-a', 'ALARM');
    expect(await names(input)).toEqual(want);
  });

  test('pages', async () => {
    const { call } = await withAlarms();
    const first = (await call('DescribeAlarms', { MaxRecords: 2 })) as { NextToken: string };
    expect(await call('DescribeAlarms', { MaxRecords: 2, NextToken: first.NextToken })).toMatchObject({ MetricAlarms: [{ AlarmName: 'web-b' }], NextToken: undefined });
    await expect(call('DescribeAlarms', { NextToken: 'nonsense' })).rejects.toMatchObject({ code: 'InvalidNextToken' });
  });

  test.each<[string, object, string[]]>([
    ['the alarms that are named', { AlarmNames: ['web-a', 'job'] }, ['arn:aws:cloudwatch:eu-west-1:123456789012:alarm:web-a', 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:job']],
    ['all alarms when none is named', { AlarmNamePrefix: 'web' }, ['arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*']],
    ['everything for composite alarms', { AlarmNames: ['web-any'], AlarmTypes: ['CompositeAlarm'] }, ['*']],
  ])('asks for permission on %s', async (_what, input, want) => {
    const { call, calls } = await withAlarms();
    await call('DescribeAlarms', input);
    expect(calls.at(-1)?.permissions.map((permission) => permission.resource)).toEqual(want);
  });
});

describe('PutMetricAlarm', () => {
  const good = { AlarmName: 'errors', Namespace: 'Shop', MetricName: 'Errors', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: 'GreaterThanThreshold' };
  const math = { AlarmName: 'errors', EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: 'GreaterThanThreshold' };

  test.each<[string, object, string]>([
    ['a period of 7 s', { ...good, Period: 7 }, 'ValidationError'],
    ['no statistic', { ...good, Statistic: undefined }, 'InvalidParameterCombinationException'],
    ['both statistics', { ...good, ExtendedStatistic: 'p99' }, 'InvalidParameterCombinationException'],
    ['more datapoints than periods', { ...good, DatapointsToAlarm: 2 }, 'ValidationError'],
    ['more than a day', { ...good, Period: 300, EvaluationPeriods: 300 }, 'ValidationError'],
    ['an unknown treatment of missing data', { ...good, TreatMissingData: 'good' }, 'ValidationError'],
    ['an expression that gives several series', { ...math, Metrics: [{ Id: 'e', Expression: '[m, m]' }, { Id: 'm', ReturnData: false, MetricStat: { Metric: { Namespace: 'Shop', MetricName: 'Errors' }, Period: 60, Stat: 'Sum' } }] }, 'ValidationError'],
    ['two queries that return data', { ...math, Metrics: [{ Id: 'a', Expression: '1', Period: 60 }, { Id: 'b', Expression: '2', Period: 60 }] }, 'ValidationError'],
    ['a function that is not modelled', { ...math, Metrics: [{ Id: 'e', Expression: 'RATE(m)' }, { Id: 'm', ReturnData: false, MetricStat: { Metric: { Namespace: 'Shop', MetricName: 'Errors' }, Period: 60, Stat: 'Sum' } }] }, 'NotImplemented'],
    ['anomaly detection', { ...good, ComparisonOperator: 'LessThanLowerThreshold' }, 'NotImplemented'],
    ['a field that is not modelled', { ...good, ThresholdMetricId: 'x' }, 'NotImplemented'],
    ['an action that is not modelled', { ...good, AlarmActions: ['arn:aws:automate:eu-west-1:ec2:stop'] }, 'NotImplemented'],
  ])('refuses %s', async (_what, input, code) => {
    const { call, model } = setUp();
    await expect(call('PutMetricAlarm', input)).rejects.toMatchObject({ code });
    expect(model.alarm('errors')).toBeUndefined();
  });

  test('needs TagResource too when it brings tags, which can be read and changed afterwards', async () => {
    const { call, calls } = setUp();
    await call('PutMetricAlarm', { ...good, Tags: [{ Key: 'team', Value: 'shop' }] });
    expect(calls[0]?.permissions.map((permission) => permission.action)).toEqual(['cloudwatch:PutMetricAlarm', 'cloudwatch:TagResource']);
    const ResourceARN = 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors';
    await call('TagResource', { ResourceARN, Tags: [{ Key: 'tier', Value: '1' }] });
    await call('UntagResource', { ResourceARN, TagKeys: ['team'] });
    expect(await call('ListTagsForResource', { ResourceARN })).toEqual({ Tags: [{ Key: 'tier', Value: '1' }] });
  });

  test('is found by its metric, and its history tells what became of it', async () => {
    const { call } = setUp();
    await call('PutMetricAlarm', good);
    await call('SetAlarmState', { AlarmName: 'errors', StateValue: 'OK', StateReason: 'drill' });
    expect(await call('DescribeAlarmsForMetric', { Namespace: 'Shop', MetricName: 'Errors' })).toMatchObject({ MetricAlarms: [{ AlarmName: 'errors', StateValue: 'OK' }] });
    await call('DeleteAlarms', { AlarmNames: ['errors'] });
    expect(await call('DescribeAlarmHistory', { AlarmName: 'errors' })).toMatchObject({
      AlarmHistoryItems: [
        { HistoryItemType: 'ConfigurationUpdate', HistorySummary: 'Alarm "errors" deleted' },
        { HistoryItemType: 'StateUpdate', HistorySummary: 'Alarm updated from INSUFFICIENT_DATA to OK' },
        { HistoryItemType: 'ConfigurationUpdate', HistorySummary: 'Alarm "errors" created' },
      ],
    });
    await expect(call('DeleteAlarms', { AlarmNames: ['errors'] })).rejects.toMatchObject({ code: 'ResourceNotFound' });
  });
});
