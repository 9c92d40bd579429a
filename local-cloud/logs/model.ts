// Amazon CloudWatch Logs: groups, streams, events and simple filtering; also where the awslogs driver, Lambda and Step Functions put
// their lines. Metric filters, subscriptions, Insights and live tail are not modelled.
import type { Kernel } from '../kernel/kernel.ts';
import type { LogSink } from '../kernel/ports.ts';
import type { Operation, ServiceModel } from '../kernel/service.ts';
import { eventOperations } from './event-operations.ts';
import { groupOperations } from './group-operations.ts';
import { LogStore } from './log-store.ts';

export class LogsModel implements ServiceModel, LogSink {
  readonly signingName = 'logs';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly kernel: Kernel;
  private readonly store = new LogStore();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    const parts = { kernel, store: this.store };
    this.operations = { ...groupOperations(parts), ...eventOperations(parts) };
  }

  append(entry: Parameters<LogSink['append']>[0]): void {
    const nowMs = this.kernel.clock.nowMs();
    const group = this.store.find(entry.logGroupName) ?? this.store.createGroup(entry.logGroupName, nowMs);
    const stream = group.streams.get(entry.logStreamName) ?? this.store.createStream(group, entry.logStreamName, nowMs);
    this.store.append(stream, { timestampMs: Math.floor(entry.timestampMs ?? nowMs), message: entry.message }, nowMs);
  }

  /** The messages of a group in order of time, over all streams or those with the prefix: for tests and the demo. */
  messages(logGroupName: string, logStreamNamePrefix = ''): string[] {
    const streams = [...(this.store.find(logGroupName)?.streams.values() ?? [])];
    return streams
      .filter((stream) => stream.name.startsWith(logStreamNamePrefix))
      .flatMap((stream) => stream.events)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map((event) => event.message);
  }
}
