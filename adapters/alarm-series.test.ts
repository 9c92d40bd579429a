import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { alarmSeriesIn } from './alarm-series.ts';

const cloudwatch = mockClient(CloudWatchClient);
beforeEach(() => cloudwatch.reset());

const SPAN = { fromMs: 0, toMs: 600_000 };
const plain: MetricAlarm = {
  AlarmName: 'errors', StateValue: 'ALARM', Threshold: 5, ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  Namespace: 'AWS/ApplicationELB', MetricName: 'HTTPCode_Target_5XX_Count', Statistic: 'Sum', Period: 60, Dimensions: [{ Name: 'TargetGroup', Value: 'targetgroup/green/1' }],
};
const of = (names: string[], groups: string[] = []) => alarmSeriesIn(new CloudWatchClient({ region: 'eu-west-1' })).of(names, groups, SPAN);

test('an alarm on one metric is asked for as the query it stands for, over every page', async () => {
  cloudwatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [plain] });
  cloudwatch
    .on(GetMetricDataCommand)
    .resolvesOnce({ MetricDataResults: [{ Id: 'judged', Timestamps: [new Date(60_000)], Values: [1] }], NextToken: 'more' })
    .resolvesOnce({ MetricDataResults: [{ Id: 'judged', Timestamps: [new Date(120_000)], Values: [9] }] });
  expect(await of(['errors'], ['targetgroup/green/1'])).toEqual([
    { name: 'errors', state: 'ALARM', threshold: 5, comparison: '>=', series: [{ label: 'HTTPCode_Target_5XX_Count', of: 'new', points: [[60_000, 1], [120_000, 9]] }] },
  ]);
  const asked = cloudwatch.commandCalls(GetMetricDataCommand).map((call) => call.args[0].input);
  expect(asked[0]).toMatchObject({ StartTime: new Date(0), EndTime: new Date(600_000), MetricDataQueries: [{ MetricStat: { Metric: { MetricName: 'HTTPCode_Target_5XX_Count' }, Period: 60, Stat: 'Sum' }, ReturnData: true }] });
  expect(asked[1]).toMatchObject({ NextToken: 'more' });
});

test('only the curves that are shown are asked for; what they are made of comes along without data', async () => {
  const metric = (Id: string, group: string) => ({ Id, ReturnData: false, MetricStat: { Stat: 'p99', Period: 60, Metric: { Namespace: 'n', MetricName: 'm', Dimensions: [{ Name: 'TargetGroup', Value: group }] } } });
  cloudwatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [{ AlarmName: 'slow', StateValue: 'OK', Metrics: [{ Id: 'worst', Expression: 'MAX([a, b])', ReturnData: true }, metric('a', 'blue'), metric('b', 'green')] }] });
  cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [] });
  const [view] = await of(['slow'], ['green']);
  expect(view).toEqual({ name: 'slow', state: 'OK', series: [{ label: 'a', of: 'old', points: [] }, { label: 'b', of: 'new', points: [] }] });
  const asked = cloudwatch.commandCalls(GetMetricDataCommand)[0]?.args[0].input.MetricDataQueries;
  expect(asked?.map(({ Id, ReturnData }) => `${Id} ${ReturnData}`)).toEqual(['worst false', 'a true', 'b true']);
});

test('composite alarms have a state and no curve, and an alarm that is gone is said to be missing', async () => {
  cloudwatch.on(DescribeAlarmsCommand).resolves({ CompositeAlarms: [{ AlarmName: 'both', StateValue: 'OK' }] });
  expect(await of(['gone', 'both'])).toEqual([{ name: 'gone', state: 'MISSING', series: [] }, { name: 'both', state: 'OK', series: [] }]);
  expect(cloudwatch.commandCalls(GetMetricDataCommand)).toHaveLength(0);
});
