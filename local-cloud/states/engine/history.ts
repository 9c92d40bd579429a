// The event history of one execution, in GetExecutionHistory's shapes.
import type { HistoryEvent, HistoryEventType } from '@aws-sdk/client-sfn';
import type { Clock } from '../../kernel/clock.ts';
import { StatesError } from '../language/errors.ts';

/** The 25,000th event is always the execution's failure. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const HISTORY_LIMIT = 25_000;

type Details = Omit<HistoryEvent, 'timestamp' | 'type' | 'id' | 'previousEventId'>;
/** What is recorded always has a time, a type and an id. */
export type RecordedEvent = Details & { timestamp: Date; type: HistoryEventType; id: number; previousEventId: number };

export const NOT_TRUNCATED = { truncated: false };

export class History {
  readonly events: RecordedEvent[] = [];
  private readonly clock: Clock;
  private readonly onEvent: (event: RecordedEvent) => void;

  constructor(clock: Clock, onEvent: (event: RecordedEvent) => void) {
    this.clock = clock;
    this.onEvent = onEvent;
  }

  get lastEventId(): number {
    return this.events.length;
  }

  get hasRoom(): boolean {
    return this.events.length < HISTORY_LIMIT - 1;
  }

  /** Appends an event and answers its id. The last place is kept for the end of the execution. */
  add(type: HistoryEventType, previousEventId: number, details: Details = {}): number {
    if (!this.hasRoom) {
      throw new StatesError('States.Runtime', `The execution reached the maximum number of history events (${HISTORY_LIMIT}).`);
    }
    return this.append(type, previousEventId, details);
  }

  /** Records that something was aborted, unless the history is full. */
  addAborted(type: HistoryEventType, previousEventId: number, details: Details = {}): void {
    if (this.hasRoom) this.append(type, previousEventId, details);
  }

  /** The end of the execution. One that comes from outside (a stop, the machine's timeout) follows no event: its previous id is 0. */
  addFinal(type: HistoryEventType, details: Details): void {
    const fromOutside = type === 'ExecutionTimedOut' || type === 'ExecutionAborted';
    this.append(type, fromOutside ? 0 : this.events.length, details);
  }

  private append(type: HistoryEventType, previousEventId: number, details: Details): number {
    const event: RecordedEvent = { timestamp: new Date(this.clock.nowMs()), type, id: this.events.length + 1, previousEventId, ...details };
    this.events.push(event);
    this.onEvent(event);
    return event.id;
  }
}
