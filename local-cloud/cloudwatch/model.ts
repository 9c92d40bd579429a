// Amazon CloudWatch: metrics, metric math, alarms. Also the sink for the metrics of the other modelled services and the eye that
// ECS watches alarms with. Dashboards, anomaly detection, Metrics Insights, metric streams and mute rules are not modelled.
import type { CompositeAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { Kernel } from '../kernel/kernel.ts';
import type { AlarmState, AlarmStates, EventSource, MetricSink } from '../kernel/ports.ts';
import type { Operation, ServiceModel } from '../kernel/service.ts';
import { alarmOperations } from './alarm-operations.ts';
import { compositeAlarmView, metricAlarmView } from './alarm-view.ts';
import { Alarms } from './alarms.ts';
import type { HistoryItem } from './alarms.ts';
import { metricOperations } from './metric-operations.ts';
import type { MetricParts } from './metric-operations.ts';
import { metricKey, MetricStore } from './metric-store.ts';
import type { MetricName } from './metric-store.ts';
import { MetricTime } from './metric-time.ts';
import { Tags, tagOperations } from './tags.ts';

export class CloudWatchModel implements ServiceModel, MetricSink, AlarmStates {
  readonly signingName = 'monitoring';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly kernel: Kernel;
  private readonly store = new MetricStore();
  private readonly time: MetricTime;
  private readonly alarms: Alarms;

  constructor(kernel: Kernel, ports: { events: EventSource }) {
    this.kernel = kernel;
    this.time = new MetricTime(kernel.physics);
    this.alarms = new Alarms(kernel, { events: ports.events, store: this.store, time: this.time });
    const tags = new Tags();
    const put: MetricParts['put'] = (metric, add) => this.put(metric, add);
    this.operations = {
      ...metricOperations({ kernel, store: this.store, time: this.time, put }),
      ...alarmOperations({ kernel, store: this.store, alarms: this.alarms, tags }),
      ...tagOperations(tags),
    };
  }

  record(datum: Parameters<MetricSink['record']>[0]): void {
    this.put(datum, (samples) => samples.add(datum.value));
  }

  stateOf(alarmName: string): AlarmState | undefined {
    return this.alarms.get(alarmName)?.state.value;
  }

  /** Moves an alarm as SetAlarmState does, without a caller: for tests and rehearsals. */
  setState(alarmName: string, state: AlarmState, reason = 'set by hand'): void {
    if (!this.alarms.get(alarmName)) throw new Error(`no alarm named ${alarmName}`);
    this.alarms.setState(alarmName, state, { text: reason, data: undefined });
  }

  alarm(alarmName: string): MetricAlarm | CompositeAlarm | undefined {
    const record = this.alarms.get(alarmName);
    return record && (record.kind === 'metric' ? metricAlarmView(record) : compositeAlarmView(record));
  }

  /** What happened to the alarms, oldest first. */
  history(): readonly HistoryItem[] {
    return this.alarms.history;
  }

  /** A statistic over everything recorded in [fromMs, toMs), for tests and the demo's report; undefined without data. */
  statistic(metric: MetricName & { stat: string; fromMs: number; toMs: number }): number | undefined {
    const range = { fromSecond: this.time.secondAt(metric.fromMs), toSecond: this.time.secondAt(metric.toMs - 1) + 1 };
    return this.store.read(metric, range)?.statistic(metric.stat);
  }

  close(): void {
    this.alarms.close();
  }

  private put(...[metric, add]: Parameters<MetricParts['put']>): void {
    const second = this.time.secondAt(metric.timestampMs ?? this.kernel.clock.nowMs());
    const key = metricKey(metric);
    add(this.store.bucket(key, metric, second));
    this.alarms.wake(key);
  }
}
