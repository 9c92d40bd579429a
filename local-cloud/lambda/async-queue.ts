// Asynchronous invocations: Lambda's internal queue, its two kinds of retry, and the end of an event that never succeeded.
//   function error     the code ran and failed: again after 1 min, then 2 min, at most MaximumRetryAttempts times
//   throttle, outage   the code did not run: again with exponential backoff from 1 s to 5 min, for MaximumEventAge
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Condition, Destinations } from './destinations.ts';
import type { FunctionRecord } from './function-record.ts';
import type { FunctionStore } from './function-store.ts';
import type { InvocationResult, Invoker } from './invoker.ts';

const FUNCTION_RETRY_DELAYS_MS = [60_000, 120_000];
const DEFAULT_RETRIES = 2;
const DEFAULT_AGE_SECONDS = 21_600;
const BACKOFF_CAP_MS = 300_000;

interface QueuedEvent {
  functionName: string;
  requestId: string;
  payload: string;
  clientContext: string | undefined;
  queuedAtMs: number;
  runs: number;
  refusals: number;
  lastResult: InvocationResult | undefined;
  lastMessage: string;
}

export class AsyncQueue {
  private readonly store: FunctionStore;
  private readonly invoker: Invoker;
  private readonly destinations: Destinations;
  private readonly kernel: Kernel;
  private waiting = 0;

  constructor(store: FunctionStore, invoker: Invoker, destinations: Destinations) {
    this.store = store;
    this.invoker = invoker;
    this.destinations = destinations;
    this.kernel = store.kernel;
  }

  /** Events accepted and neither done nor given up. */
  get depth(): number {
    return this.waiting;
  }

  accept(record: FunctionRecord, event: { requestId: string; payload: string; clientContext?: string }): void {
    this.waiting += 1;
    const queued: QueuedEvent = {
      functionName: record.name,
      requestId: event.requestId,
      payload: event.payload,
      clientContext: event.clientContext,
      queuedAtMs: this.kernel.clock.nowMs(),
      runs: 0,
      refusals: 0,
      lastResult: undefined,
      lastMessage: '',
    };
    this.later(queued, 0);
  }

  private later(event: QueuedEvent, delayMs: number): void {
    this.kernel.clock.after(delayMs, () => this.attempt(event));
  }

  private async attempt(event: QueuedEvent): Promise<void> {
    const record = this.store.functions.get(event.functionName);
    if (!record) {
      this.waiting -= 1;
      return;
    }
    try {
      const result = await this.invoker.invoke(record, event);
      event.runs += 1;
      event.lastResult = result;
      if (!result.functionError) return await this.finish(record, event, 'Success');
      event.lastMessage = messageOf(result);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return this.refused(record, event, error);
    }
    const retries = record.invokeConfig?.maximumRetryAttempts ?? DEFAULT_RETRIES;
    if (event.runs > retries) return this.finish(record, event, 'RetriesExhausted');
    return this.retry(record, event, FUNCTION_RETRY_DELAYS_MS[event.runs - 1] ?? BACKOFF_CAP_MS);
  }

  private refused(record: FunctionRecord, event: QueuedEvent, error: AwsError): Promise<void> {
    event.lastMessage = error.message;
    if (record.reservedConcurrency === 0) return this.finish(record, event, 'ZeroReservedConcurrency');
    const ceilingMs = Math.min(BACKOFF_CAP_MS, 1_000 * 2 ** event.refusals);
    event.refusals += 1;
    return this.retry(record, event, ceilingMs * (0.5 + this.kernel.random.next() / 2));
  }

  private async retry(record: FunctionRecord, event: QueuedEvent, delayMs: number): Promise<void> {
    const scale = this.kernel.physics.asyncRetryTimeScale;
    const ageLimitMs = (record.invokeConfig?.maximumEventAgeSeconds ?? DEFAULT_AGE_SECONDS) * 1000 * scale;
    const nextMs = this.kernel.clock.nowMs() + delayMs * scale;
    if (nextMs - event.queuedAtMs > ageLimitMs) return this.finish(record, event, 'EventAgeExceeded');
    this.later(event, delayMs * scale);
  }

  private async finish(record: FunctionRecord, event: QueuedEvent, condition: Condition): Promise<void> {
    this.waiting -= 1;
    await this.destinations.finish(record, {
      requestId: event.requestId,
      payload: event.payload,
      condition,
      invokeCount: event.runs,
      result: event.lastResult,
      errorMessage: event.lastMessage,
    });
  }
}

function messageOf(result: InvocationResult): string {
  const fault = JSON.parse(result.payload) as { errorMessage?: string } | null;
  return fault?.errorMessage ?? '';
}
