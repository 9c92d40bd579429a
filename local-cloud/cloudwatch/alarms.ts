// The alarms of the account: keeps them, looks at them when they are due, moves them between states and tells the world.
//   A1. An alarm is looked at once a period (at least once a minute), a moment after the period's end because data may be late.
//   A2. While none of an alarm's metrics has data within its evaluation range its state cannot change; it sleeps until data comes.
//   A3. A change of state is: record, history, EventBridge event, actions, composite alarms that depend on it. In this order.
import type { HistoryItemType } from '@aws-sdk/client-cloudwatch';
import type { Kernel } from '../kernel/kernel.ts';
import type { AlarmState, EventSource } from '../kernel/ports.ts';
import { lambdaPayload, eventDetail, snsMessage } from './alarm-notice.ts';
import type { StateChange } from './alarm-notice.ts';
import { reasonFor } from './alarm-reason.ts';
import type { Reason } from './alarm-reason.ts';
import type { AlarmRecord, CompositeAlarmRecord, MetricAlarmRecord } from './alarm-record.ts';
import { AlarmSchedule } from './alarm-schedule.ts';
import { evaluationRange, judge } from './alarm-verdict.ts';
import { alarmsIn, holds } from './composite-rule.ts';
import { metricKey } from './metric-store.ts';
import type { MetricStore } from './metric-store.ts';
import { dependenciesOf, evaluateQuery, gridOf } from './metric-queries.ts';
import type { MetricTime } from './metric-time.ts';
import { validationError } from './faults.ts';

export interface HistoryItem {
  alarmName: string;
  alarmType: 'MetricAlarm' | 'CompositeAlarm';
  timeMs: number;
  type: HistoryItemType;
  summary: string;
  data: Record<string, unknown>;
}

/** How long after the end of a period its data is awaited, in metric seconds. */
const GRACE_SECONDS = 2;
const HISTORY_MAX = 2_000;

export class Alarms {
  readonly history: HistoryItem[] = [];
  private readonly kernel: Kernel;
  private readonly events: EventSource;
  private readonly store: MetricStore;
  private readonly time: MetricTime;
  private readonly records = new Map<string, AlarmRecord>();
  private readonly schedule: AlarmSchedule;
  /** Sleeping alarms by the metrics that would wake them (A2). */
  private readonly sleepers = new Map<string, Set<string>>();

  constructor(kernel: Kernel, parts: { events: EventSource; store: MetricStore; time: MetricTime }) {
    this.kernel = kernel;
    this.events = parts.events;
    this.store = parts.store;
    this.time = parts.time;
    this.schedule = new AlarmSchedule(kernel.clock, (name) => this.evaluate(name));
  }

  get(name: string): AlarmRecord | undefined {
    return this.records.get(name);
  }

  /** By name, as DescribeAlarms lists them. */
  all(): AlarmRecord[] {
    return [...this.records.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  put(record: AlarmRecord): void {
    const previous = this.records.get(record.name);
    if (previous && previous.kind !== record.kind) throw validationError(`An alarm of another type with the name ${record.name} exists already.`);
    if (record.kind === 'composite') this.requireChildren(record);
    this.forget(record.name);
    this.records.set(record.name, record);
    if (record.kind === 'metric') this.store.keepSeconds((evaluationRange(record.rule) + 1) * record.periodSeconds);
    const verb = previous ? 'updated' : 'created';
    this.remember(record, 'ConfigurationUpdate', `Alarm "${record.name}" ${verb}`, { version: '1.0', type: previous ? 'Update' : 'Create' });
    this.lookSoon(record.name);
  }

  remove(names: string[]): void {
    const staying = this.all().filter((record) => !names.includes(record.name));
    for (const record of staying) {
      const needed = record.kind === 'composite' ? alarmsIn(record.rule).find((name) => names.includes(name)) : undefined;
      if (needed !== undefined) throw validationError(`Cannot delete ${needed} as there are composite alarm(s) depending on it.`);
    }
    for (const name of names) {
      const record = this.records.get(name);
      if (!record) continue;
      this.remember(record, 'ConfigurationUpdate', `Alarm "${name}" deleted`, { version: '1.0', type: 'Delete' });
      this.forget(name);
      this.records.delete(name);
    }
  }

  /** Moves the alarm now; its next evaluation may move it back, as with SetAlarmState. */
  setState(name: string, state: AlarmState, reason: Reason): void {
    const record = this.records.get(name);
    if (!record) return;
    this.moveTo(record, state, reason);
    if (record.kind === 'metric') this.schedule.atLatest(name, this.nextLookMs(record));
  }

  /** Data arrived: wakes the alarms that sleep on the metric of that key. */
  wake(key: string): void {
    const names = this.sleepers.get(key);
    if (!names) return;
    for (const name of [...names]) {
      const record = this.records.get(name);
      this.forget(name);
      if (record?.kind === 'metric') this.schedule.atLatest(name, this.nextLookMs(record));
    }
  }

  close(): void {
    this.schedule.close();
  }

  private evaluate(name: string): void {
    const record = this.records.get(name);
    if (!record) return;
    if (record.kind === 'composite') return this.evaluateComposite(record, undefined, new Set());
    this.evaluateMetric(record);
    const wakers = this.metricsIfQuiet(record);
    if (!wakers) return this.schedule.at(name, this.nextLookMs(record));
    for (const key of wakers) {
      const names = this.sleepers.get(key) ?? new Set();
      this.sleepers.set(key, names.add(name));
    }
  }

  private evaluateMetric(record: MetricAlarmRecord): void {
    const { rule, periodSeconds, judged, queries } = record;
    const windows = { endSecond: this.lastEndSecond(record), periodSeconds, count: evaluationRange(rule) };
    const [points, ...others] = evaluateQuery(this.store, judged, queries, windows);
    if (!points || others.length > 0) throw new Error(`alarm ${record.name}: its expression gives ${others.length + 1} series, not one`);
    const range = gridOf(windows)
      .reverse()
      .map((second) => ({ second, value: points.get(second) }));
    const verdict = judge(rule, range);
    if (verdict.state === undefined || verdict.state === record.state.value) return;
    if (record.samplesMin > 0 && judged.kind === 'metric') {
      const range = { fromSecond: windows.endSecond - periodSeconds * rule.evaluationPeriods, toSecond: windows.endSecond };
      if ((this.store.read(judged.metric, range)?.count ?? 0) < record.samplesMin) return;
    }
    const nowMs = this.kernel.clock.nowMs();
    const single = judged.kind === 'metric' && !record.given.Metrics ? judged : undefined;
    const unit = single && (single.unit ?? this.store.unitOf(single.metric));
    this.moveTo(record, verdict.state, reasonFor({ rule, verdict, state: verdict.state, nowMs, time: this.time, periodSeconds, statistic: single?.stat, unit }));
  }

  private evaluateComposite(record: CompositeAlarmRecord, cause: AlarmRecord | undefined, visited: Set<string>): void {
    const state = holds(record.rule, (name) => this.records.get(name)?.state.value) ? 'ALARM' : 'OK';
    if (state === record.state.value) return;
    const children = alarmsIn(record.rule).flatMap((name) => this.records.get(name) ?? []);
    const triggering = cause ? [cause] : children;
    const text = cause
      ? `${cause.arn} transitioned to ${cause.state.value} at ${new Date(cause.state.updatedMs).toUTCString()}`
      : `The alarm rule was evaluated to ${state} when the alarm was saved.`;
    const data = { triggeringAlarms: triggering.map(({ arn, state: of }) => ({ arn, state: { value: of.value, timestamp: new Date(of.updatedMs).toISOString() } })) };
    this.moveTo(record, state, { text, data: JSON.stringify(data) }, visited);
  }

  private moveTo(alarm: AlarmRecord, value: AlarmState, reason: Reason, visited = new Set<string>()): void {
    const previous = alarm.state;
    const nowMs = this.kernel.clock.nowMs();
    const transitionedMs = value === previous.value ? previous.transitionedMs : nowMs;
    const current = { value, reason: reason.text, reasonData: reason.data, updatedMs: nowMs, transitionedMs };
    alarm.state = current;
    if (value === previous.value) return;
    const change: StateChange = { alarm, previous, current };
    this.remember(alarm, 'StateUpdate', `Alarm updated from ${previous.value} to ${value}`, {
      version: '1.0',
      oldState: { stateValue: previous.value, stateReason: previous.reason },
      newState: { stateValue: value, stateReason: current.reason, ...(current.reasonData !== undefined && { stateReasonData: JSON.parse(current.reasonData) as unknown }) },
    });
    this.events.emit({ source: 'aws.cloudwatch', detailType: 'CloudWatch Alarm State Change', resources: [alarm.arn], detail: eventDetail(change) });
    if (alarm.actionsEnabled) for (const action of alarm.actions[value]) this.act(action, change).catch((error: unknown) => this.kernel.crash(error));
    // A cycle of composite alarms stops here, as CloudWatch stops evaluating one.
    visited.add(alarm.name);
    for (const parent of this.all())
      if (parent.kind === 'composite' && !visited.has(parent.name) && alarmsIn(parent.rule).includes(alarm.name)) this.evaluateComposite(parent, alarm, visited);
  }

  /** A failed action is written into the history and has no other consequence. */
  private async act(action: string, change: StateChange): Promise<void> {
    const { alarm } = change;
    try {
      if (action.split(':')[2] === 'sns')
        await this.kernel.call({ kind: 'service', principal: 'cloudwatch.amazonaws.com', sourceArn: alarm.arn }, 'sns', 'Publish', { TopicArn: action, ...snsMessage(this.kernel, change) });
      else
        await this.kernel.call({ kind: 'service', principal: 'lambda.alarms.cloudwatch.amazonaws.com', sourceArn: alarm.arn }, 'lambda', 'Invoke', {
          FunctionName: action,
          InvocationType: 'Event',
          Payload: new TextEncoder().encode(JSON.stringify(lambdaPayload(this.kernel, change))),
        });
      this.remember(alarm, 'Action', `Successfully executed action ${action}`, { actionState: 'Succeeded', notificationResource: action, stateUpdateTimestamp: change.current.updatedMs });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.remember(alarm, 'Action', `Failed to execute action ${action}. Received error: "${message}"`, { actionState: 'Failed', notificationResource: action, error: message });
    }
  }

  /** The metrics that would wake the alarm, if it has nothing to judge at the moment. */
  private metricsIfQuiet(record: MetricAlarmRecord): string[] | undefined {
    const fromSecond = this.lastEndSecond(record) - evaluationRange(record.rule) * record.periodSeconds;
    const metrics = dependenciesOf(record.judged, record.queries).flatMap((query) => (query.kind === 'metric' ? [query.metric] : []));
    const quiet = metrics.every((metric) => (this.store.newestSecond(metric) ?? -Infinity) < fromSecond);
    return quiet ? metrics.map(metricKey) : undefined;
  }

  /** Minute alarms are looked at every minute, high-resolution ones every 10 s or once a period if that is shorter. */
  private lookEverySeconds(record: MetricAlarmRecord): number {
    return Math.min(record.periodSeconds, record.periodSeconds < 60 ? 10 : 60);
  }

  /** Where the last period ends that is complete and has had its grace. */
  private lastEndSecond(record: MetricAlarmRecord): number {
    const every = this.lookEverySeconds(record);
    return Math.floor((this.nowSecond() - this.graceSeconds(record)) / every) * every;
  }

  private nextLookMs(record: MetricAlarmRecord): number {
    return this.time.startMs(this.lastEndSecond(record) + this.lookEverySeconds(record) + this.graceSeconds(record));
  }

  private graceSeconds(record: MetricAlarmRecord): number {
    return Math.min(GRACE_SECONDS, record.periodSeconds);
  }

  private lookSoon(name: string): void {
    this.schedule.at(name, this.time.startMs(this.nowSecond() + GRACE_SECONDS));
  }

  private nowSecond(): number {
    return this.time.secondAt(this.kernel.clock.nowMs());
  }

  private requireChildren(record: CompositeAlarmRecord): void {
    const absent = alarmsIn(record.rule).filter((name) => name !== record.name && !this.records.has(name));
    if (absent.length > 0) throw validationError(`Could not save the composite alarm as alarms [${absent.join(', ')}] in the alarm rule do not exist`);
  }

  private forget(name: string): void {
    this.schedule.drop(name);
    for (const [key, names] of this.sleepers) if (names.delete(name) && names.size === 0) this.sleepers.delete(key);
  }

  private remember(record: AlarmRecord, type: HistoryItemType, summary: string, data: Record<string, unknown>): void {
    const alarmType = record.kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm';
    this.history.push({ alarmName: record.name, alarmType, timeMs: this.kernel.clock.nowMs(), type, summary, data });
    if (this.history.length > HISTORY_MAX) this.history.splice(0, this.history.length - HISTORY_MAX);
  }
}
