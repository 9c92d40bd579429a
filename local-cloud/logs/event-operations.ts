// Writing and reading log events.
//   A position in a stream is a gap between events, written as the id of the first event after it: `f/ID` reads on from there,
//   `b/ID` reads what lies before. At either end the same token comes back, which is how a reader knows that it is there.
import type {
  FilterLogEventsCommandOutput,
  FilterLogEventsRequest,
  GetLogEventsCommandOutput,
  GetLogEventsRequest,
  PutLogEventsCommandOutput,
  PutLogEventsRequest,
} from '@aws-sdk/client-cloudwatch-logs';
import { refuseUnknown } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import { groupNameIn, groupResource, streamResource } from './arns.ts';
import { invalidParameter, streamNotFound } from './faults.ts';
import { parseFilterPattern } from './filter-pattern.ts';
import type { LogEvent, LogStore, LogStream } from './log-store.ts';

export interface LogParts {
  kernel: Kernel;
  store: LogStore;
}

const EVENTS_PER_READ_MAX = 10_000;
const EVENTS_PER_PUT_MAX = 10_000;
const DAY_MS = 86_400_000;
const TOO_OLD_MS = 14 * DAY_MS;
const TOO_NEW_MS = 2 * 3_600_000;

export const eventOperations = (parts: LogParts): Record<string, Operation> => ({
  PutLogEvents: putLogEvents(parts),
  GetLogEvents: getLogEvents(parts),
  FilterLogEvents: filterLogEvents(parts),
});

function putLogEvents({ kernel, store }: LogParts): Operation<PutLogEventsRequest, Answer<PutLogEventsCommandOutput>> {
  return {
    permissions: (input) => [{ action: 'logs:PutLogEvents', resource: streamResource(kernel, input.logGroupName, input.logStreamName) }],
    handle: (input) => {
      refuseUnknown('PutLogEvents', input, ['logGroupName', 'logStreamName', 'logEvents', 'sequenceToken']);
      const group = store.group(input.logGroupName ?? '');
      const stream = store.stream(group.name, input.logStreamName ?? '');
      const events = (input.logEvents ?? []).map(({ timestamp, message }) => ({ timestampMs: timestamp ?? 0, message: message ?? '' }));
      if (events.length === 0 || events.length > EVENTS_PER_PUT_MAX) throw invalidParameter(`A batch holds between 1 and ${EVENTS_PER_PUT_MAX} log events.`);
      const unordered = events.some((event, index) => event.timestampMs < (events[index - 1]?.timestampMs ?? 0));
      if (unordered) throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.');
      const nowMs = kernel.clock.nowMs();
      const expiredMs = nowMs - (group.retentionDays ?? Infinity) * DAY_MS;
      const oldest = (limitMs: number): number => events.filter((event) => event.timestampMs < limitMs).length;
      const tooNew = events.findIndex((event) => event.timestampMs > nowMs + TOO_NEW_MS);
      const tooOld = oldest(nowMs - TOO_OLD_MS);
      const expired = oldest(expiredMs);
      const accepted = events.slice(Math.max(tooOld, expired), tooNew === -1 ? undefined : tooNew);
      for (const event of accepted) store.append(stream, event, nowMs);
      const rejected = {
        ...(tooNew !== -1 && { tooNewLogEventStartIndex: tooNew }),
        ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
        ...(expired > 0 && { expiredLogEventEndIndex: expired }),
      };
      return { rejectedLogEventsInfo: Object.keys(rejected).length > 0 ? rejected : undefined };
    },
  };
}

function getLogEvents({ kernel, store }: LogParts): Operation<GetLogEventsRequest, Answer<GetLogEventsCommandOutput>> {
  return {
    permissions: (input) => [{ action: 'logs:GetLogEvents', resource: streamResource(kernel, groupNameIn(input), input.logStreamName) }],
    handle: (input) => {
      refuseUnknown('GetLogEvents', input, ['logGroupName', 'logGroupIdentifier', 'logStreamName', 'startTime', 'endTime', 'nextToken', 'limit', 'startFromHead']);
      const stream = streamIn({ kernel, store }, groupNameIn(input), input.logStreamName ?? '');
      const inRange = stream.events.filter((event) => event.timestampMs >= (input.startTime ?? 0) && event.timestampMs < (input.endTime ?? Infinity));
      const limit = limitOf(input.limit);
      const token = input.nextToken === undefined ? undefined : gapIn(input.nextToken);
      const before = token ? inRange.filter((event) => event.id < token.gap) : inRange;
      const after = token ? inRange.filter((event) => event.id >= token.gap) : inRange;
      const forward = token ? token.forward : (input.startFromHead ?? false);
      const events = forward ? after.slice(0, limit) : before.slice(-limit);
      // An empty page stays where it is.
      const here = token?.gap ?? 0n;
      const first = events[0]?.id ?? here;
      const last = events.at(-1);
      return {
        events: events.map((event) => ({ timestamp: event.timestampMs, message: event.message, ingestionTime: event.ingestedMs })),
        nextForwardToken: `f/${digits(last ? last.id + 1n : here)}`,
        nextBackwardToken: `b/${digits(first)}`,
      };
    },
  };
}

function filterLogEvents({ kernel, store }: LogParts): Operation<FilterLogEventsRequest, Answer<FilterLogEventsCommandOutput>> {
  return {
    permissions: (input) => [{ action: 'logs:FilterLogEvents', resource: groupResource(kernel, groupNameIn(input)) }],
    handle: (input) => {
      const known = ['logGroupName', 'logGroupIdentifier', 'logStreamNames', 'logStreamNamePrefix', 'startTime', 'endTime', 'filterPattern', 'nextToken', 'limit', 'interleaved'];
      refuseUnknown('FilterLogEvents', input, known);
      if (input.logStreamNames && input.logStreamNamePrefix !== undefined) throw invalidParameter('logStreamNames and logStreamNamePrefix cannot be given together.');
      const group = store.group(groupNameIn(input));
      store.expire(group, kernel.clock.nowMs());
      const matches = parseFilterPattern(input.filterPattern);
      const absent = input.logStreamNames?.some((name) => !group.streams.has(name));
      if (absent) throw streamNotFound();
      const from = input.nextToken === undefined ? 0n : gapIn(input.nextToken).gap;
      const found = [...group.streams.values()]
        .filter((stream) => (input.logStreamNames ?? [stream.name]).includes(stream.name) && stream.name.startsWith(input.logStreamNamePrefix ?? ''))
        .flatMap((stream) => stream.events.map((event) => ({ stream, event })))
        .filter(({ event }) => event.id >= from && event.timestampMs >= (input.startTime ?? 0) && event.timestampMs <= (input.endTime ?? Infinity) && matches(event.message))
        .sort((a, b) => (a.event.id < b.event.id ? -1 : 1));
      const page = found.slice(0, limitOf(input.limit));
      const next = found[page.length];
      return { events: page.map(({ stream, event }) => filtered(stream, event)), searchedLogStreams: [], nextToken: next && `f/${digits(next.event.id)}` };
    },
  };
}

const filtered = (stream: LogStream, event: LogEvent) => ({
  logStreamName: stream.name,
  timestamp: event.timestampMs,
  message: event.message,
  ingestionTime: event.ingestedMs,
  eventId: digits(event.id),
});

function streamIn({ kernel, store }: LogParts, groupName: string, streamName: string): LogStream {
  store.expire(store.group(groupName), kernel.clock.nowMs());
  return store.stream(groupName, streamName);
}

function limitOf(limit: number | undefined): number {
  if (limit !== undefined && (limit < 1 || limit > EVENTS_PER_READ_MAX)) throw invalidParameter(`limit must be between 1 and ${EVENTS_PER_READ_MAX}.`);
  return limit ?? EVENTS_PER_READ_MAX;
}

const digits = (id: bigint): string => id.toString().padStart(56, '0');

function gapIn(token: string): { forward: boolean; gap: bigint } {
  const [, direction, gap] = /^([fb])\/(\d{56})$/.exec(token) ?? [];
  if (gap === undefined) throw invalidParameter('The specified nextToken is invalid.');
  return { forward: direction === 'f', gap: BigInt(gap) };
}
