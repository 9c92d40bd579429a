// Who hears about executions: EventBridge, CloudWatch metrics and, for machines that log, CloudWatch Logs.
import type { HistoryEventType, LogLevel } from '@aws-sdk/client-sfn';
import type { EventSource, LogSink, MetricSink } from '../kernel/ports.ts';
import { hexId } from '../kernel/random.ts';
import type { Random } from '../kernel/random.ts';
import type { Execution } from './engine/execution.ts';
import type { RecordedEvent } from './engine/history.ts';

export interface StepFunctionsPorts {
  events: EventSource;
  metrics?: MetricSink;
  logs?: LogSink;
}

/** Input and output are left out of an event when they would not fit. https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
const EVENT_DATA_LIMIT_BYTES = 248 * 1024;

export class Observers {
  private readonly ports: StepFunctionsPorts;
  private readonly streams = new WeakMap<Execution, string>();
  private readonly random: Random;

  constructor(ports: StepFunctionsPorts, random: Random) {
    this.ports = ports;
    this.random = random;
  }

  /** The execution has begun, ended or begun again. */
  statusChanged(execution: Execution): void {
    this.emitEvent(execution);
    this.recordMetrics(execution);
  }

  private emitEvent(execution: Execution): void {
    const { arn, stateMachineArn, name, status, startMs, stopMs, inputText, outputText, error, cause } = execution;
    this.ports.events.emit({
      source: 'aws.states',
      detailType: 'Step Functions Execution Status Change',
      resources: [arn],
      detail: {
        executionArn: arn,
        stateMachineArn,
        name,
        status,
        startDate: startMs,
        stopDate: stopMs ?? null,
        ...eventData('input', inputText),
        ...(outputText === undefined ? { output: null, outputDetails: null } : eventData('output', outputText)),
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      },
    });
  }

  private recordMetrics({ stateMachineArn, status, startMs, stopMs, redriveCount }: Execution): void {
    const record = (metricName: string, value: number, unit: string) =>
      this.ports.metrics?.record({ namespace: 'AWS/States', metricName, dimensions: { StateMachineArn: stateMachineArn }, value, unit });
    if (status === 'RUNNING') record(redriveCount === 0 ? 'ExecutionsStarted' : 'ExecutionsRedriven', 1, 'Count');
    const metricName = ENDED_METRICS[status];
    if (metricName === undefined || stopMs === undefined) return;
    record(metricName, 1, 'Count');
    record('ExecutionTime', stopMs - startMs, 'Milliseconds');
  }

  /** One line per history event, as the machine's logging configuration asks. https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
  recorded(execution: Execution, event: RecordedEvent): void {
    const { level, includeExecutionData, destinations } = execution.revision.logging;
    const logGroupName = destinations?.[0]?.cloudWatchLogsLogGroup?.logGroupArn?.split(':')[6];
    if (!this.ports.logs || logGroupName === undefined || !isLogged(level, event.type)) return;
    const { arn, redriveCount } = execution;
    const message = () => lineOf(event, { arn, redriveCount, included: includeExecutionData ?? false });
    this.ports.logs.append({ logGroupName, logStreamName: this.streamOf(execution), message, timestampMs: event.timestamp.getTime() });
  }

  private streamOf(execution: Execution): string {
    const known = this.streams.get(execution);
    if (known !== undefined) return known;
    const { stateMachineArn, startMs } = execution;
    const minute = new Date(startMs).toISOString().slice(0, 16).replace(/[T:]/g, '-');
    const stream = `states/${stateMachineArn.split(':').at(-1) ?? ''}/${minute}/${hexId(this.random, 8)}`;
    this.streams.set(execution, stream);
    return stream;
  }
}

function lineOf({ id, type, previousEventId, timestamp, ...details }: RecordedEvent, { arn, redriveCount, included }: { arn: string; redriveCount: number; included: boolean }): string {
  const shown = Object.values(withoutData(details, included))[0] ?? {};
  return JSON.stringify({
    id: String(id),
    type,
    details: shown,
    redrive_count: String(redriveCount),
    previous_event_id: String(previousEventId),
    event_timestamp: String(timestamp.getTime()),
    execution_arn: arn,
  });
}

const ENDED_METRICS: Partial<Record<Execution['status'], string>> = {
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
};

function eventData(name: 'input' | 'output', text: string): Record<string, unknown> {
  // Escaped, a character takes six bytes at most.
  const included = 6 * text.length + 2 <= EVENT_DATA_LIMIT_BYTES || Buffer.byteLength(JSON.stringify(text)) <= EVENT_DATA_LIMIT_BYTES;
  return { [name]: included ? text : null, [`${name}Details`]: { included } };
}

const FATAL: readonly HistoryEventType[] = ['ExecutionAborted', 'ExecutionFailed', 'ExecutionTimedOut'];
const ERRORS = /(Failed|TimedOut|Aborted)$|^FailStateEntered$/;

function isLogged(level: LogLevel | undefined, type: HistoryEventType): boolean {
  switch (level) {
    case undefined:
    case 'OFF':
      return false;
    case 'FATAL':
      return FATAL.includes(type);
    case 'ERROR':
      return ERRORS.test(type);
    case 'ALL':
      return true;
  }
}

const DATA_MEMBERS = new Set(['input', 'inputDetails', 'output', 'outputDetails', 'parameters', 'assignedVariables', 'assignedVariablesDetails']);

/** The details of an event without what the execution handled, unless `included`. */
export function withoutData<Details extends object>(details: Details, included: boolean): Details {
  if (included) return details;
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null && !(value instanceof Date)
        ? Object.fromEntries(Object.entries(value as object).filter(([member]) => !DATA_MEMBERS.has(member)))
        : (value as unknown),
    ]),
  ) as Details;
}
