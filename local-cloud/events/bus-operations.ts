// Event buses, PutEvents, TestEventPattern and tags.
import type * as events from '@aws-sdk/client-eventbridge';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import { parseObject } from '../kernel/json.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { uuid } from '../kernel/random.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import type { EventEnvelope } from './event.ts';
import { eventTime } from './event.ts';
import { parsePattern } from './pattern.ts';
import type { Buses } from './rule.ts';
import { busArnOf, busNameOf, DEFAULT_BUS, validation } from './rule.ts';
import { paged } from './rule-operations.ts';

export interface BusPorts {
  kernel: Kernel;
  buses: Buses;
  route(busName: string, event: EventEnvelope): void;
}

const ENTRIES_MAX = 10;
const SIZE_LIMIT_BYTES = 1_048_576;

export function busOperations(ports: BusPorts): Record<string, Operation> {
  const { kernel, buses } = ports;
  const onBus = (action: string, given: string | undefined): Permission => ({ action: `events:${action}`, resource: busArnOf(kernel, busNameOf(given)) });

  const putEvents: Operation<events.PutEventsCommandInput, Answer<events.PutEventsCommandOutput>> = {
    permissions: (input) =>
      (input.Entries ?? []).map((entry) => ({
        ...onBus('PutEvents', entry.EventBusName),
        context: { 'events:source': entry.Source ?? '', 'events:detail-type': entry.DetailType ?? '' },
      })),
    handle: (input, context) => {
      refuseUnknown('PutEvents', input, ['Entries']);
      const entries = input.Entries ?? [];
      if (entries.length === 0 || entries.length > ENTRIES_MAX) throw validation(`1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${ENTRIES_MAX}`);
      if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > SIZE_LIMIT_BYTES) throw validation(`Total size of the entries in the request is over the limit.`);
      for (const entry of entries) buses.get(entry.EventBusName);
      const fromService = context.caller.kind === 'service';
      const Entries = entries.map((entry) => {
        const refused = refusalOf(entry, fromService);
        if (refused) return refused;
        const event: EventEnvelope = {
          version: '0',
          id: uuid(kernel.random),
          'detail-type': entry.DetailType ?? '',
          source: entry.Source ?? '',
          account: kernel.accountId,
          time: eventTime(entry.Time?.getTime() ?? kernel.clock.nowMs()),
          region: kernel.region,
          resources: entry.Resources ?? [],
          detail: JSON.parse(entry.Detail ?? '{}') as unknown,
        };
        ports.route(busNameOf(entry.EventBusName), event);
        return { EventId: event.id };
      });
      return { FailedEntryCount: Entries.filter((entry) => 'ErrorCode' in entry).length, Entries };
    },
  };

  const testEventPattern: Operation<events.TestEventPatternCommandInput, Answer<events.TestEventPatternCommandOutput>> = {
    permissions: () => [{ action: 'events:TestEventPattern', resource: '*' }],
    handle: (input) => {
      const matches = parsePattern(input.EventPattern ?? '');
      const event = parseObject(input.Event ?? '');
      const required = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type'];
      if (!event || required.some((member) => !(member in event))) throw validation('Parameter Event is not valid.');
      return { Result: matches(event) };
    },
  };

  const createBus: Operation<events.CreateEventBusCommandInput, Answer<events.CreateEventBusCommandOutput>> = {
    permissions: (input) => [onBus('CreateEventBus', input.Name), ...(input.Tags?.length ? [onBus('TagResource', input.Name)] : [])],
    handle: (input) => {
      refuseUnknown('CreateEventBus', input, ['Name', 'Description', 'Tags']);
      const name = input.Name ?? '';
      if (!/^[.\-_A-Za-z0-9]{1,256}$/.test(name)) throw validation(`Parameter Name is not valid.`);
      if (buses.all.has(name)) throw new AwsError('ResourceAlreadyExistsException', `Event bus ${name} already exists.`, { httpStatus: 400 });
      const arn = busArnOf(kernel, name);
      buses.all.set(name, {
        name,
        arn,
        description: input.Description,
        createdAtMs: kernel.clock.nowMs(),
        rules: new Map(),
        tags: new Map((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
      });
      return { EventBusArn: arn, ...(input.Description === undefined ? {} : { Description: input.Description }) };
    },
  };

  const describeBus: Operation<events.DescribeEventBusCommandInput, Answer<events.DescribeEventBusCommandOutput>> = {
    permissions: (input) => [onBus('DescribeEventBus', input.Name)],
    handle: (input) => {
      const bus = buses.get(input.Name);
      return { Name: bus.name, Arn: bus.arn, Description: bus.description, CreationTime: new Date(bus.createdAtMs), LastModifiedTime: new Date(bus.createdAtMs) };
    },
  };

  const deleteBus: Operation<events.DeleteEventBusCommandInput, object> = {
    permissions: (input) => [onBus('DeleteEventBus', input.Name)],
    handle: (input) => {
      if (busNameOf(input.Name) === DEFAULT_BUS) throw validation('Cannot delete event bus default.');
      const bus = buses.all.get(busNameOf(input.Name));
      if (!bus) return {};
      if (bus.rules.size > 0) throw validation(`Event bus ${bus.name} cannot be deleted since it has rules.`);
      buses.all.delete(bus.name);
      return {};
    },
  };

  const listBuses: Operation<events.ListEventBusesCommandInput, Answer<events.ListEventBusesCommandOutput>> = {
    permissions: () => [{ action: 'events:ListEventBuses', resource: '*' }],
    handle: (input) => {
      const found = [...buses.all.values()].filter((bus) => bus.name.startsWith(input.NamePrefix ?? ''));
      const page = paged(found, input.NextToken, input.Limit);
      return { EventBuses: page.items.map((bus) => ({ Name: bus.name, Arn: bus.arn, CreationTime: new Date(bus.createdAtMs) })), NextToken: page.nextToken };
    },
  };

  const tagResource: Operation<events.TagResourceCommandInput, object> = {
    permissions: (input) => [{ action: 'events:TagResource', resource: input.ResourceARN ?? '' }],
    handle: (input) => {
      const { tags } = buses.taggable(input.ResourceARN);
      for (const tag of input.Tags ?? []) tags.set(tag.Key ?? '', tag.Value ?? '');
      return {};
    },
  };

  const untagResource: Operation<events.UntagResourceCommandInput, object> = {
    permissions: (input) => [{ action: 'events:UntagResource', resource: input.ResourceARN ?? '' }],
    handle: (input) => {
      const { tags } = buses.taggable(input.ResourceARN);
      for (const key of input.TagKeys ?? []) tags.delete(key);
      return {};
    },
  };

  const listTags: Operation<events.ListTagsForResourceCommandInput, Answer<events.ListTagsForResourceCommandOutput>> = {
    permissions: (input) => [{ action: 'events:ListTagsForResource', resource: input.ResourceARN ?? '' }],
    handle: (input) => ({ Tags: [...buses.taggable(input.ResourceARN).tags].map(([Key, Value]) => ({ Key, Value })) }),
  };

  return {
    PutEvents: putEvents,
    TestEventPattern: testEventPattern,
    CreateEventBus: createBus,
    DescribeEventBus: describeBus,
    DeleteEventBus: deleteBus,
    ListEventBuses: listBuses,
    TagResource: tagResource,
    UntagResource: untagResource,
    ListTagsForResource: listTags,
  };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
function sizeOf(entry: events.PutEventsRequestEntry): number {
  const texts = [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])];
  return (entry.Time ? 14 : 0) + texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
}

function refusalOf(entry: events.PutEventsRequestEntry, mayUseServiceSources: boolean): { ErrorCode: string; ErrorMessage: string } | undefined {
  for (const member of ['Source', 'DetailType', 'Detail'] as const) {
    if (!entry[member]) return { ErrorCode: 'InvalidArgument', ErrorMessage: `Parameter ${member} is not valid. Reason: ${member} is a required argument.` };
  }
  if (!parseObject(entry.Detail ?? '')) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  if (entry.Source?.startsWith('aws.') && !mayUseServiceSources) return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  return undefined;
}
