import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { mockClient } from 'aws-sdk-client-mock';
import { alarmsIn } from './alarms.ts';
import { imagesIn } from './images.ts';

const GROUP = 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web-a/abc';
const NOON = Date.UTC(2026, 10, 23, 12);
const cloudWatch = mockClient(CloudWatchClient);
const ecr = mockClient(ECRClient);
beforeEach(() => {
  cloudWatch.reset();
  ecr.reset();
});

describe('alarms', () => {
  const states = (names: string[]) => alarmsIn(new CloudWatchClient({})).states(names);

  it('are told one for each name, in order; what does not exist is missing', async () => {
    cloudWatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [{ AlarmName: 'b', StateValue: 'ALARM', StateReason: 'hot' }], CompositeAlarms: [{ AlarmName: 'a', StateValue: 'INSUFFICIENT_DATA' }] });
    expect(await states(['a', 'b', 'c'])).toEqual([{ name: 'a', state: 'INSUFFICIENT_DATA', reason: '' }, { name: 'b', state: 'ALARM', reason: 'hot' }, { name: 'c', state: 'MISSING', reason: '' }]);
    expect(cloudWatch.commandCalls(DescribeAlarmsCommand)[0]?.args[0].input).toMatchObject({ AlarmNames: ['a', 'b', 'c'], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] });
  });

  it('none ask nothing', async () => {
    expect(await states([])).toEqual([]);
    expect(cloudWatch.calls()).toHaveLength(0);
  });

  it('many are asked for in parts', async () => {
    cloudWatch.on(DescribeAlarmsCommand).resolves({});
    await states(Array.from({ length: 250 }, (_, index) => `a${index}`));
    expect(cloudWatch.commandCalls(DescribeAlarmsCommand).map((call) => call.args[0].input.AlarmNames?.length)).toEqual([100, 100, 50]);
  });
});

describe('requests', () => {
  const requests = (sinceMs: number, nowMs: number) => alarmsIn(new CloudWatchClient({})).requests(GROUP, sinceMs, nowMs);

  it('are counted in whole minutes since the rung was reached', async () => {
    cloudWatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [{ Values: [10, 20.5] }] });
    expect(await requests(NOON + 1, NOON + 180_000)).toBe(30.5);
    const { StartTime, EndTime, MetricDataQueries } = cloudWatch.commandCalls(GetMetricDataCommand)[0]!.args[0].input;
    expect([StartTime?.getTime(), EndTime?.getTime()]).toEqual([NOON + 60_000, NOON + 180_000]);
    expect(MetricDataQueries?.[0]?.MetricStat).toMatchObject({ Metric: { Namespace: 'AWS/ApplicationELB', Dimensions: [{ Name: 'TargetGroup', Value: 'targetgroup/web-a/abc' }] }, Period: 60, Stat: 'Sum' });
  });

  it.each([1, 30_000, 60_000])('are none in the first minute (%d ms), without asking for a range that ends before it starts', async (afterMs) => {
    expect(await requests(NOON + 1, NOON + afterMs)).toBe(0);
    expect(cloudWatch.calls()).toHaveLength(0);
  });

  it('of a group without data are none', async () => {
    cloudWatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [{}] });
    expect(await requests(NOON, NOON + 120_000)).toBe(0);
  });
});

describe('images', () => {
  const find = (id: { imageTag: string } | { imageDigest: string }) => imagesIn(new ECRClient({})).find('shop/checkout', id);

  it('are found by tag and by digest', async () => {
    ecr.on(DescribeImagesCommand).resolves({ imageDetails: [{ imageDigest: 'sha256:a', imageTags: ['v2', 'v1'], imagePushedAt: new Date(5) }] });
    expect(await find({ imageTag: 'v1' })).toEqual({ digest: 'sha256:a', tag: 'v1', pushedAtMs: 5 });
    expect(await find({ imageDigest: 'sha256:a' })).toEqual({ digest: 'sha256:a', tag: 'v2', pushedAtMs: 5 });
  });

  it.each(['ImageNotFoundException', 'RepositoryNotFoundException'])('that are not there are undefined: %s', async (name) => {
    ecr.on(DescribeImagesCommand).rejects(Object.assign(new Error('x'), { name }));
    expect(await find({ imageTag: 'v1' })).toBeUndefined();
  });

  it('that may not be seen are an error', async () => {
    ecr.on(DescribeImagesCommand).rejects(Object.assign(new Error('x'), { name: 'AccessDeniedException' }));
    await expect(find({ imageTag: 'v1' })).rejects.toThrow('x');
  });
});
