import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { Physics } from '../kernel/physics.ts';
import type { EventSource } from '../kernel/ports.ts';
import type { ServiceModel } from '../kernel/service.ts';
import { testKernel } from '../testing/kernel.ts';
import { CloudWatchModel } from './index.ts';

type Emitted = Parameters<EventSource['emit']>[0];

const MINUTE_MS = 60_000;
const NOON = Date.UTC(2026, 0, 15, 12); // on a minute, at any scale used here

/** CloudWatch with SNS and Lambda that keep what they are sent. */
function setUp(physics: Partial<Physics> = {}) {
  const cloud = testKernel({ startMs: NOON, physics });
  const emitted: (Emitted & { atMs: number })[] = [];
  const model = new CloudWatchModel(cloud.kernel, { events: { emit: (event) => void emitted.push({ ...event, atMs: cloud.clock.nowMs() }) } });
  const sink = (signingName: string, operation: string): ServiceModel => ({
    signingName,
    operations: { [operation]: { permissions: () => [], handle: () => ({}) } },
  });
  for (const each of [model, sink('sns', 'Publish'), sink('lambda', 'Invoke')]) cloud.register(each);
  const put = (input: Partial<PutMetricAlarmInput>) =>
    cloud.call('monitoring', 'PutMetricAlarm', {
      AlarmName: 'errors',
      Namespace: 'Shop',
      MetricName: 'Errors',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold',
      ...input,
    });
  const record = (value: number, metricName = 'Errors') => model.record({ namespace: 'Shop', metricName, dimensions: {}, value });
  const call = (operation: string, input: object) => cloud.call('monitoring', operation, input);
  const register = (other: ServiceModel) => cloud.register(other);
  return { clock: cloud.clock, calls: cloud.calls, crashes: cloud.crashes, call, register, model, emitted, put, record };
}

describe('a metric alarm', () => {
  test('starts as INSUFFICIENT_DATA, and is judged soon after its creation', async () => {
    const { clock, put, model } = setUp();
    await put({ TreatMissingData: 'notBreaching' });
    expect(model.alarm('errors')).toMatchObject({ StateValue: 'INSUFFICIENT_DATA', StateReason: 'Unchecked: Initial alarm creation' });
    await clock.advance(2_000);
    expect(model.alarm('errors')).toMatchObject({
      StateValue: 'OK',
      StateReason: 'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
    });
  });

  test('fires shortly after the period that breaches, and recovers with the next good one', async () => {
    const { clock, put, record, model, emitted } = setUp();
    await put({});
    await clock.advance(70_000);
    record(6);
    await clock.advance(51_999);
    expect(model.stateOf('errors')).toBe('INSUFFICIENT_DATA');
    await clock.advance(1);
    expect(model.stateOf('errors')).toBe('ALARM');
    record(5);
    await clock.advance(MINUTE_MS);
    expect(model.stateOf('errors')).toBe('OK');
    expect(emitted.map((event) => event.detail['state'])).toMatchObject([
      { value: 'ALARM', reason: 'Threshold Crossed: 1 out of the last 1 datapoints [6.0 (15/01/26 12:01:00)] was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).' },
      { value: 'OK' },
    ]);
  });

  test('tells EventBridge in the shape that CloudWatch gives its events', async () => {
    const { clock, put, model, emitted } = setUp();
    await put({ AlarmDescription: 'too many errors', Dimensions: [{ Name: 'Service', Value: 'checkout' }] });
    model.record({ namespace: 'Shop', metricName: 'Errors', dimensions: { Service: 'checkout' }, value: 9 });
    await clock.advance(MINUTE_MS + 2_000);
    expect(emitted).toMatchObject([
      {
        source: 'aws.cloudwatch',
        detailType: 'CloudWatch Alarm State Change',
        resources: ['arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors'],
        detail: {
          alarmName: 'errors',
          configuration: {
            description: 'too many errors',
            metrics: [
              {
                id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
                metricStat: { metric: { namespace: 'Shop', name: 'Errors', dimensions: { Service: 'checkout' } }, period: 60, stat: 'Sum' },
                returnData: true,
              },
            ],
          },
          previousState: { value: 'INSUFFICIENT_DATA', timestamp: '2026-01-15T12:00:00.000+0000' },
          state: { value: 'ALARM', timestamp: '2026-01-15T12:01:02.000+0000' },
        },
      },
    ]);
    const { reasonData } = emitted[0]?.detail['state'] as { reasonData: string };
    expect(JSON.parse(reasonData)).toMatchObject({ statistic: 'Sum', period: 60, recentDatapoints: [9], threshold: 5, startDate: '2026-01-15T12:00:00.000+0000' });
  });

  test('needs M breaching datapoints out of N', async () => {
    const { clock, put, record, model } = setUp();
    await put({ EvaluationPeriods: 3, DatapointsToAlarm: 2 });
    for (const value of [9, 1, 1, 9]) {
      record(value);
      await clock.advance(MINUTE_MS);
    }
    await clock.advance(2_000);
    expect(model.stateOf('errors')).toBe('OK');
    record(9);
    await clock.advance(MINUTE_MS);
    expect(model.stateOf('errors')).toBe('ALARM');
  });

  test('with a scale of 1/30 watches a 60 s period every 2 s', async () => {
    const { clock, put, record, emitted } = setUp({ metricTimeScale: 1 / 30 });
    await put({ TreatMissingData: 'notBreaching' });
    await clock.advance(500);
    record(6);
    await clock.advance(1_567);
    expect(emitted.map((event) => [(event.detail['state'] as { value: string }).value, event.atMs - NOON])).toEqual([
      ['OK', 67],
      ['ALARM', 2_067],
    ]);
  });

  test('judges a percentile of the exact values', async () => {
    const { clock, put, record, model } = setUp();
    await put({ Statistic: undefined, ExtendedStatistic: 'p99', Threshold: 98 });
    for (let value = 1; value <= 100; value++) record(value);
    await clock.advance(MINUTE_MS + 2_000);
    expect(model.alarm('errors')).toMatchObject({ StateValue: 'ALARM', StateReason: expect.stringContaining('[99.0 (') as unknown });
  });

  test('keeps its state on a percentile of too few samples when told to', async () => {
    const { clock, put, record, model } = setUp();
    await put({ Statistic: undefined, ExtendedStatistic: 'p90', EvaluateLowSampleCountPercentile: 'ignore' });
    for (let sample = 0; sample < 99; sample++) record(9);
    await clock.advance(MINUTE_MS + 2_000);
    expect(model.stateOf('errors')).toBe('INSUFFICIENT_DATA');
    for (let sample = 0; sample < 100; sample++) record(9);
    await clock.advance(MINUTE_MS);
    expect(model.stateOf('errors')).toBe('ALARM');
  });

  test('on metric math judges the share of errors over two target groups, whichever is live', async () => {
    const { clock, put, model } = setUp();
    const stat = (Id: string, MetricName: string, TargetGroup: string) => ({
      Id,
      MetricStat: { Metric: { Namespace: 'AWS/ApplicationELB', MetricName, Dimensions: [{ Name: 'TargetGroup', Value: TargetGroup }] }, Period: 60, Stat: 'Sum' },
      ReturnData: false,
    });
    const single = { MetricName: undefined, Namespace: undefined, Statistic: undefined, Period: undefined };
    await put({
      ...single,
      Metrics: [
        { Id: 'share', Expression: '100 * (FILL(e1, 0) + FILL(e2, 0)) / (FILL(r1, 0) + FILL(r2, 0))', Label: 'share of 5xx', ReturnData: true },
        ...[stat('e1', 'Errors', 'blue'), stat('e2', 'Errors', 'green'), stat('r1', 'Requests', 'blue'), stat('r2', 'Requests', 'green')],
      ],
      TreatMissingData: 'notBreaching',
    });
    const count = (metricName: string, TargetGroup: string, value: number) => model.record({ namespace: 'AWS/ApplicationELB', metricName, dimensions: { TargetGroup }, value });
    count('Requests', 'blue', 100);
    count('Errors', 'blue', 5);
    await clock.advance(MINUTE_MS + 2_000);
    expect(model.stateOf('errors')).toBe('OK');
    count('Requests', 'green', 100);
    count('Errors', 'green', 6);
    await clock.advance(MINUTE_MS);
    expect(model.alarm('errors')).toMatchObject({ StateValue: 'ALARM', StateReason: expect.stringContaining('[6.0 (') as unknown });
  });

  test('sleeps while there is no data, so that virtual time has nothing to do, and wakes with the first datum', async () => {
    const { clock, put, record, model } = setUp();
    await put({});
    record(6);
    await clock.advance(10 * MINUTE_MS);
    expect(model.stateOf('errors')).toBe('INSUFFICIENT_DATA');
    expect(clock.nextDueMs()).toBeUndefined();
    record(6);
    await clock.advance(MINUTE_MS + 2_000);
    expect(model.stateOf('errors')).toBe('ALARM');
  });

  test('re-evaluates its last datapoints for two periods after the metric has stopped', async () => {
    const { clock, put, record, model } = setUp();
    await put({ TreatMissingData: 'notBreaching' });
    record(6);
    await clock.advance(3 * MINUTE_MS + 2_000);
    expect(model.stateOf('errors')).toBe('ALARM');
    await clock.advance(MINUTE_MS);
    expect(model.stateOf('errors')).toBe('OK');
  });

  test('that is set by hand returns to what its data says at the next comparison', async () => {
    const { clock, put, call, model, emitted } = setUp();
    await put({ TreatMissingData: 'notBreaching' });
    await clock.advance(5 * MINUTE_MS + 10_000);
    await call('SetAlarmState', { AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'drill' });
    expect(model.alarm('errors')).toMatchObject({ StateValue: 'ALARM', StateReason: 'drill' });
    await clock.advance(52_000);
    expect(model.stateOf('errors')).toBe('OK');
    expect(emitted.map((event) => (event.detail['state'] as { value: string }).value)).toEqual(['OK', 'ALARM', 'OK']);
  });

  test('keeps its state when its configuration changes', async () => {
    const { clock, put, call, model } = setUp();
    await put({});
    await call('SetAlarmState', { AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'drill' });
    await put({ Threshold: 50, TreatMissingData: 'ignore' });
    expect(model.alarm('errors')).toMatchObject({ StateValue: 'ALARM', Threshold: 50 });
    await clock.advance(5 * MINUTE_MS);
    expect(model.stateOf('errors')).toBe('ALARM');
  });
});

describe('alarm actions', () => {
  const topic = 'arn:aws:sns:eu-west-1:123456789012:alarms';
  const lambda = 'arn:aws:lambda:eu-west-1:123456789012:function:repair';

  test('publish to the topic and invoke the function of the new state, as CloudWatch itself', async () => {
    const { put, call, calls } = setUp();
    await put({ AlarmActions: [topic, lambda], OKActions: [topic] });
    await call('SetAlarmState', { AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'drill' });
    const [publish, invoke] = calls.filter((made) => made.signingName !== 'monitoring');
    const sourceArn = 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors';
    expect(publish).toMatchObject({ operation: 'Publish', caller: { principal: 'cloudwatch.amazonaws.com', sourceArn }, input: { TopicArn: topic, Subject: 'ALARM: "errors" in eu-west-1' } });
    expect(JSON.parse((publish?.input as { Message: string }).Message)).toMatchObject({ AlarmName: 'errors', NewStateValue: 'ALARM', OldStateValue: 'INSUFFICIENT_DATA', Trigger: { MetricName: 'Errors', Statistic: 'SUM', Period: 60 } });
    expect(invoke).toMatchObject({ operation: 'Invoke', caller: { principal: 'lambda.alarms.cloudwatch.amazonaws.com', sourceArn }, input: { FunctionName: lambda, InvocationType: 'Event' } });
  });

  test('stay away while they are disabled', async () => {
    const { put, call, calls, emitted } = setUp();
    await put({ AlarmActions: [topic] });
    await call('DisableAlarmActions', { AlarmNames: ['errors'] });
    await call('SetAlarmState', { AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'drill' });
    expect(calls.filter((made) => made.signingName === 'sns')).toEqual([]);
    expect(emitted).toHaveLength(1);
  });

  test('that fail are written into the history and hurt nobody else', async () => {
    const { put, call, model, crashes, clock, register } = setUp();
    register({ signingName: 'sns', operations: {} });
    await put({ AlarmActions: [topic, lambda] });
    await call('SetAlarmState', { AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'drill' });
    await clock.advance(0);
    const summaries = model.history().flatMap((item) => (item.type === 'Action' ? [item.summary] : []));
    expect(summaries.sort()).toEqual([expect.stringContaining(`Failed to execute action ${topic}`), `Successfully executed action ${lambda}`]);
    expect(crashes).toEqual([]);
  });
});

describe('a composite alarm', () => {
  test('follows its children at once and tells its rule in the event', async () => {
    const { put, call, clock, model, emitted } = setUp();
    for (const AlarmName of ['errors', 'slow']) await put({ AlarmName });
    await call('PutCompositeAlarm', { AlarmName: 'both', AlarmRule: 'ALARM(errors) AND ALARM(slow)' });
    await clock.advance(2_000);
    expect(model.stateOf('both')).toBe('OK');
    for (const AlarmName of ['errors', 'slow']) await call('SetAlarmState', { AlarmName, StateValue: 'ALARM', StateReason: 'drill' });
    expect(model.stateOf('both')).toBe('ALARM');
    expect(emitted.at(-1)).toMatchObject({ detail: { alarmName: 'both', configuration: { alarmRule: 'ALARM(errors) AND ALARM(slow)' }, state: { value: 'ALARM' } } });
  });

  test('needs alarms that exist, and keeps them from being deleted', async () => {
    const { put, call } = setUp();
    await expect(call('PutCompositeAlarm', { AlarmName: 'both', AlarmRule: 'ALARM(absent)' })).rejects.toMatchObject({ code: 'ValidationError' });
    await put({});
    await call('PutCompositeAlarm', { AlarmName: 'both', AlarmRule: 'ALARM(errors)' });
    await expect(call('DeleteAlarms', { AlarmNames: ['errors'] })).rejects.toMatchObject({ message: expect.stringContaining('composite alarm(s) depending on it') as unknown });
  });
});
