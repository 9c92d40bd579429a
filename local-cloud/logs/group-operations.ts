// The operations on log groups and their streams.
import type {
  AssociateKmsKeyRequest,
  CreateLogGroupRequest,
  CreateLogStreamRequest,
  DeleteLogStreamRequest,
  DescribeLogGroupsCommandOutput,
  DescribeLogGroupsRequest,
  DescribeLogStreamsCommandOutput,
  DescribeLogStreamsRequest,
  ListTagsForResourceCommandOutput,
  ListTagsForResourceRequest,
  PutRetentionPolicyRequest,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-cloudwatch-logs';
import { refuseUnknown } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import { groupArn, groupNameIn, groupNameOf, groupResource, streamResource } from './arns.ts';
import type { LogParts } from './event-operations.ts';
import { groupExists, invalidParameter, streamExists } from './faults.ts';
import { storedBytesOf } from './log-store.ts';
import type { LogGroup } from './log-store.ts';

const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
const PAGE_MAX = 50;

export const groupOperations = (parts: LogParts): Record<string, Operation> => ({
  CreateLogGroup: createLogGroup(parts),
  DescribeLogGroups: describeLogGroups(parts),
  DeleteLogGroup: onGroup(parts, 'DeleteLogGroup', (group) => parts.store.deleteGroup(group.name)),
  PutRetentionPolicy: onGroup<PutRetentionPolicyRequest>(parts, 'PutRetentionPolicy', (group, { retentionInDays }) => {
    if (!RETENTION_DAYS.includes(retentionInDays ?? 0)) throw invalidParameter(`retentionInDays must be one of ${RETENTION_DAYS.join(', ')}.`);
    group.retentionDays = retentionInDays;
  }),
  DeleteRetentionPolicy: onGroup(parts, 'DeleteRetentionPolicy', (group) => {
    group.retentionDays = undefined;
  }),
  AssociateKmsKey: onGroup<AssociateKmsKeyRequest>(parts, 'AssociateKmsKey', (group, { kmsKeyId }) => {
    group.kmsKeyId = kmsKeyId;
  }),
  DisassociateKmsKey: onGroup(parts, 'DisassociateKmsKey', (group) => {
    group.kmsKeyId = undefined;
  }),
  CreateLogStream: createLogStream(parts),
  DescribeLogStreams: describeLogStreams(parts),
  DeleteLogStream: deleteLogStream(parts),
  TagResource: tagResource(parts),
  UntagResource: untagResource(parts),
  ListTagsForResource: listTagsForResource(parts),
});

function createLogGroup({ kernel, store }: LogParts): Operation<CreateLogGroupRequest, object> {
  return {
    permissions: (input) => {
      const create: Permission = { action: 'logs:CreateLogGroup', resource: groupResource(kernel, input.logGroupName), context: requestTags(input.tags) };
      return input.tags ? [create, { action: 'logs:TagResource', resource: groupArn(kernel, input.logGroupName ?? ''), context: requestTags(input.tags) }] : [create];
    },
    handle: (input) => {
      refuseUnknown('CreateLogGroup', input, ['logGroupName', 'kmsKeyId', 'tags', 'logGroupClass']);
      const name = input.logGroupName ?? '';
      if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) throw invalidParameter(`1 validation error detected: Value '${name}' at 'logGroupName' failed to satisfy constraint`);
      if (input.logGroupClass !== undefined && input.logGroupClass !== 'STANDARD') throw invalidParameter('Only the log group class STANDARD is modelled.');
      if (store.find(name)) throw groupExists();
      const group = store.createGroup(name, kernel.clock.nowMs());
      group.kmsKeyId = input.kmsKeyId;
      for (const [key, value] of Object.entries(input.tags ?? {})) group.tags.set(key, value);
      return {};
    },
  };
}

function describeLogGroups({ kernel, store }: LogParts): Operation<DescribeLogGroupsRequest, Answer<DescribeLogGroupsCommandOutput>> {
  return {
    permissions: () => [{ action: 'logs:DescribeLogGroups', resource: '*' }],
    handle: (input) => {
      refuseUnknown('DescribeLogGroups', input, ['logGroupNamePrefix', 'logGroupNamePattern', 'nextToken', 'limit']);
      const matching = store.all().filter(({ name }) => name.startsWith(input.logGroupNamePrefix ?? '') && name.toLowerCase().includes((input.logGroupNamePattern ?? '').toLowerCase()));
      const { page, nextToken } = pageOf(matching, input.limit, input.nextToken);
      return { logGroups: page.map((group) => groupView(kernel, group)), nextToken };
    },
  };
}

const groupView = (kernel: Kernel, group: LogGroup) => ({
  logGroupName: group.name,
  creationTime: group.createdMs,
  retentionInDays: group.retentionDays,
  metricFilterCount: 0,
  arn: `${groupArn(kernel, group.name)}:*`,
  logGroupArn: groupArn(kernel, group.name),
  storedBytes: storedBytesOf(group),
  kmsKeyId: group.kmsKeyId,
  logGroupClass: 'STANDARD' as const,
});

/** An operation that changes one group and answers nothing. */
function onGroup<Input extends { logGroupName?: string | undefined } = { logGroupName?: string | undefined }>(
  { kernel, store }: LogParts,
  operation: string,
  change: (group: LogGroup, input: Input) => void,
): Operation<Input, object> {
  return {
    permissions: (input) => [{ action: `logs:${operation}`, resource: groupResource(kernel, input.logGroupName) }],
    handle: (input) => {
      refuseUnknown(operation, input, ['logGroupName', 'retentionInDays', 'kmsKeyId']);
      change(store.group(input.logGroupName ?? ''), input);
      return {};
    },
  };
}

function createLogStream({ kernel, store }: LogParts): Operation<CreateLogStreamRequest, object> {
  return {
    permissions: (input) => [{ action: 'logs:CreateLogStream', resource: streamResource(kernel, input.logGroupName, input.logStreamName) }],
    handle: (input) => {
      const group = store.group(input.logGroupName ?? '');
      const name = input.logStreamName ?? '';
      if (!/^[^:*]{1,512}$/.test(name)) throw invalidParameter(`1 validation error detected: Value '${name}' at 'logStreamName' failed to satisfy constraint`);
      if (group.streams.has(name)) throw streamExists();
      store.createStream(group, name, kernel.clock.nowMs());
      return {};
    },
  };
}

function describeLogStreams({ kernel, store }: LogParts): Operation<DescribeLogStreamsRequest, Answer<DescribeLogStreamsCommandOutput>> {
  return {
    permissions: (input) => [{ action: 'logs:DescribeLogStreams', resource: groupResource(kernel, groupNameIn(input)) }],
    handle: (input) => {
      const group = store.group(groupNameIn(input));
      store.expire(group, kernel.clock.nowMs());
      if (input.orderBy === 'LastEventTime' && input.logStreamNamePrefix !== undefined) throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
      const lastMs = (name: string): number => group.streams.get(name)?.events.at(-1)?.timestampMs ?? 0;
      const streams = [...group.streams.values()].filter((stream) => stream.name.startsWith(input.logStreamNamePrefix ?? ''));
      streams.sort((a, b) => (input.orderBy === 'LastEventTime' ? lastMs(a.name) - lastMs(b.name) : a.name < b.name ? -1 : 1));
      if (input.descending) streams.reverse();
      const { page, nextToken } = pageOf(streams, input.limit, input.nextToken);
      const logStreams = page.map((stream) => ({
        logStreamName: stream.name,
        creationTime: stream.createdMs,
        firstEventTimestamp: stream.events[0]?.timestampMs,
        lastEventTimestamp: stream.events.at(-1)?.timestampMs,
        lastIngestionTime: stream.lastIngestedMs,
        arn: streamResource(kernel, group.name, stream.name),
        storedBytes: 0, // what CloudWatch Logs has answered for streams since 2019
      }));
      return { logStreams, nextToken };
    },
  };
}

function deleteLogStream({ kernel, store }: LogParts): Operation<DeleteLogStreamRequest, object> {
  return {
    permissions: (input) => [{ action: 'logs:DeleteLogStream', resource: streamResource(kernel, input.logGroupName, input.logStreamName) }],
    handle: (input) => {
      const stream = store.stream(input.logGroupName ?? '', input.logStreamName ?? '');
      store.group(input.logGroupName ?? '').streams.delete(stream.name);
      return {};
    },
  };
}

const tagResource = ({ store }: LogParts): Operation<TagResourceRequest, object> => ({
  permissions: (input) => [{ action: 'logs:TagResource', resource: input.resourceArn ?? '', context: requestTags(input.tags) }],
  handle: (input) => {
    const { tags } = store.group(groupNameOf(input.resourceArn ?? ''));
    for (const [key, value] of Object.entries(input.tags ?? {})) tags.set(key, value);
    return {};
  },
});

const untagResource = ({ store }: LogParts): Operation<UntagResourceRequest, object> => ({
  permissions: (input) => [{ action: 'logs:UntagResource', resource: input.resourceArn ?? '' }],
  handle: (input) => {
    const { tags } = store.group(groupNameOf(input.resourceArn ?? ''));
    for (const key of input.tagKeys ?? []) tags.delete(key);
    return {};
  },
});

const listTagsForResource = ({ store }: LogParts): Operation<ListTagsForResourceRequest, Answer<ListTagsForResourceCommandOutput>> => ({
  permissions: (input) => [{ action: 'logs:ListTagsForResource', resource: input.resourceArn ?? '' }],
  handle: (input) => ({ tags: Object.fromEntries(store.group(groupNameOf(input.resourceArn ?? '')).tags) }),
});

const requestTags = (tags: Record<string, string> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(tags ?? {}).map(([key, value]) => [`aws:RequestTag/${key}`, value]));

function pageOf<Item>(items: Item[], limit: number | undefined, token: string | undefined): { page: Item[]; nextToken: string | undefined } {
  if (limit !== undefined && (limit < 1 || limit > PAGE_MAX)) throw invalidParameter(`limit must be between 1 and ${PAGE_MAX}.`);
  if (token !== undefined && !/^\d+$/.test(token)) throw invalidParameter('The specified nextToken is invalid.');
  const from = Number(token ?? 0);
  const end = from + (limit ?? PAGE_MAX);
  return { page: items.slice(from, end), nextToken: end < items.length ? String(end) : undefined };
}
