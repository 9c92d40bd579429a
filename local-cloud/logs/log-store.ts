// Log groups, their streams and the events in them. Memory is bounded: a stream keeps its latest events, a group its latest streams,
// and what is older than a group's retention is gone.
import { groupNotFound, streamNotFound } from './faults.ts';

export interface LogEvent {
  /** Orders events of one stream: by time, then by arrival. */
  id: bigint;
  timestampMs: number;
  ingestedMs: number;
  readonly message: string;
}

export interface LogStream {
  name: string;
  createdMs: number;
  lastIngestedMs: number | undefined;
  /** Of the events but the `unmeasured`, who are so until somebody asks. */
  measuredBytes: number;
  unmeasured: Set<LogEvent>;
  events: LogEvent[]; // ascending by id
}

export interface LogGroup {
  name: string;
  createdMs: number;
  retentionDays: number | undefined;
  kmsKeyId: string | undefined;
  tags: Map<string, string>;
  streams: Map<string, LogStream>;
}

const EVENTS_PER_STREAM_MAX = 10_000;
const STREAMS_PER_GROUP_MAX = 1_000;
const DAY_MS = 86_400_000;
/** CloudWatch Logs counts this much on top of each event's message. */
const EVENT_OVERHEAD_BYTES = 26;
const ARRIVALS_PER_MS = 10n ** 12n;

export class LogStore {
  private readonly groups = new Map<string, LogGroup>();
  private arrivals = 0n;

  all(): LogGroup[] {
    return [...this.groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(groupName: string): LogGroup | undefined {
    return this.groups.get(groupName);
  }

  group(groupName: string): LogGroup {
    const group = this.groups.get(groupName);
    if (!group) throw groupNotFound();
    return group;
  }

  stream(groupName: string, streamName: string): LogStream {
    const stream = this.group(groupName).streams.get(streamName);
    if (!stream) throw streamNotFound();
    return stream;
  }

  createGroup(name: string, nowMs: number): LogGroup {
    const group: LogGroup = { name, createdMs: nowMs, retentionDays: undefined, kmsKeyId: undefined, tags: new Map(), streams: new Map() };
    this.groups.set(name, group);
    return group;
  }

  createStream(group: LogGroup, name: string, nowMs: number): LogStream {
    if (group.streams.size >= STREAMS_PER_GROUP_MAX) dropLeastRecent(group);
    const stream: LogStream = { name, createdMs: nowMs, lastIngestedMs: undefined, measuredBytes: 0, unmeasured: new Set(), events: [] };
    group.streams.set(name, stream);
    return stream;
  }

  deleteGroup(name: string): void {
    this.groups.delete(name);
  }

  append(stream: LogStream, event: { timestampMs: number; message: string | (() => string) }, nowMs: number): void {
    const id = BigInt(event.timestampMs) * ARRIVALS_PER_MS + (this.arrivals++ % ARRIVALS_PER_MS);
    const entry = eventOf({ id, timestampMs: event.timestampMs, ingestedMs: nowMs }, event.message);
    let index = stream.events.length;
    while (index > 0 && (stream.events[index - 1]?.id ?? 0n) > id) index--;
    stream.events.splice(index, 0, entry);
    stream.lastIngestedMs = nowMs;
    stream.unmeasured.add(entry);
    // In gulps, so that a full stream is not copied for every line.
    if (stream.events.length > EVENTS_PER_STREAM_MAX * 1.1) drop(stream, stream.events.length - EVENTS_PER_STREAM_MAX);
  }

  /** Forgets what the retention of the group says is over. */
  expire(group: LogGroup, nowMs: number): void {
    if (group.retentionDays === undefined) return;
    const oldestMs = nowMs - group.retentionDays * DAY_MS;
    for (const stream of group.streams.values()) {
      const kept = stream.events.findIndex((event) => event.timestampMs >= oldestMs);
      drop(stream, kept === -1 ? stream.events.length : kept);
    }
  }
}

export const storedBytesOf = (group: LogGroup): number => [...group.streams.values()].reduce((sum, stream) => sum + bytesOf(stream), 0);

export function bytesOf(stream: LogStream): number {
  for (const event of stream.unmeasured) stream.measuredBytes += sizeOf(event);
  stream.unmeasured.clear();
  return stream.measuredBytes;
}

function eventOf(facts: Omit<LogEvent, 'message'>, message: string | (() => string)): LogEvent {
  if (typeof message === 'string') return { ...facts, message };
  let text: string | undefined;
  return {
    ...facts,
    get message() {
      return (text ??= message());
    },
  };
}

/** The first id that an event at or after the instant can have. */
export const firstIdAt = (timestampMs: number): bigint => BigInt(timestampMs) * ARRIVALS_PER_MS;

const sizeOf = (event: LogEvent): number => Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;

function drop(stream: LogStream, count: number): void {
  for (const event of stream.events.splice(0, count)) if (!stream.unmeasured.delete(event)) stream.measuredBytes -= sizeOf(event);
}

function dropLeastRecent(group: LogGroup): void {
  let oldest: LogStream | undefined;
  for (const stream of group.streams.values()) if (!oldest || lastActiveMs(stream) < lastActiveMs(oldest)) oldest = stream;
  if (oldest) group.streams.delete(oldest.name);
}

const lastActiveMs = (stream: LogStream): number => stream.lastIngestedMs ?? stream.createdMs;
