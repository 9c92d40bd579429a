// CloudWatch: the state of alarms, and how many requests a target group has served.
import type { CloudWatchClient} from '@aws-sdk/client-cloudwatch';
import { DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { AlarmView } from '../core/assess/verdict.ts';

export type Alarms = ReturnType<typeof alarmsIn>;

/** DescribeAlarms takes at most 100 names. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
const NAMES_PER_CALL = 100;

export function alarmsIn(client: CloudWatchClient) {
  return {
    /** One view per name asked for; an alarm that does not exist is `MISSING`. */
    async states(names: readonly string[]): Promise<AlarmView[]> {
      const found = new Map<string, AlarmView>();
      for (let start = 0; start < names.length; start += NAMES_PER_CALL) {
        const AlarmNames = names.slice(start, start + NAMES_PER_CALL);
        const { MetricAlarms = [], CompositeAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: NAMES_PER_CALL }));
        for (const alarm of [...MetricAlarms, ...CompositeAlarms]) {
          if (alarm.AlarmName && alarm.StateValue) found.set(alarm.AlarmName, { name: alarm.AlarmName, state: alarm.StateValue, reason: alarm.StateReason ?? '' });
        }
      }
      return names.map((name) => found.get(name) ?? { name, state: 'MISSING', reason: '' });
    },

    /** Sum of RequestCount over the target group since `sinceMs`. CloudWatch counts by the minute, so whole minutes are asked for. */
    async requests(targetGroupArn: string, sinceMs: number, nowMs: number): Promise<number> {
      const fromMs = Math.ceil(sinceMs / 60_000) * 60_000;
      // No whole minute yet; CloudWatch refuses a time range that ends before it starts.
      if (nowMs <= fromMs) return 0;
      const targetGroup = targetGroupArn.split(':').at(-1) ?? '';
      const { MetricDataResults = [] } = await client.send(
        new GetMetricDataCommand({
          StartTime: new Date(fromMs),
          EndTime: new Date(nowMs),
          MetricDataQueries: [
            { Id: 'requests', MetricStat: { Metric: { Namespace: 'AWS/ApplicationELB', MetricName: 'RequestCount', Dimensions: [{ Name: 'TargetGroup', Value: targetGroup }] }, Period: 60, Stat: 'Sum' } },
          ],
        }),
      );
      return (MetricDataResults[0]?.Values ?? []).reduce((sum, value) => sum + value, 0);
    },
  };
}
