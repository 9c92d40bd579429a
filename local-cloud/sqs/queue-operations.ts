// The operations on queues themselves: create, find, describe, tag, delete.
import type * as sqs from '@aws-sdk/client-sqs';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import { applyAttributes, defaultAttributes, redriveOf } from './attributes.ts';
import { queueArnOf, queueUrlOf } from './names.ts';
import { Queue } from './queue.ts';
import type { QueueStore } from './queue-store.ts';

const NAME = /^[A-Za-z0-9_-]{1,80}$/;

const createQueue = (store: QueueStore): Operation<sqs.CreateQueueCommandInput, Answer<sqs.CreateQueueCommandOutput>> => ({
  permissions: (input) => [store.permission('CreateQueue', input.QueueName)],
  handle: (input) => {
    refuseUnknown('CreateQueue', input, ['QueueName', 'Attributes', 'tags']);
    const name = input.QueueName ?? '';
    if (!NAME.test(name) && !name.endsWith('.fifo')) {
      throw new AwsError('InvalidParameterValueException', 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
    }
    const changes = { ...input.Attributes, ...(name.endsWith('.fifo') ? { FifoQueue: 'true' } : {}) } as Record<string, string>;
    const attributes = defaultAttributes();
    applyAttributes(attributes, changes);
    const existing = store.queues.get(name);
    if (existing) refuseDifferent(existing, changes);
    else {
      const queue = new Queue({ name, arn: queueArnOf(store.kernel, name), attributes, clock: store.kernel.clock, random: store.kernel.random });
      for (const [key, value] of Object.entries(input.tags ?? {})) queue.tags.set(key, value);
      store.queues.set(name, queue);
    }
    return { QueueUrl: queueUrlOf(store.kernel, name) };
  },
});

/** Creating a queue again is fine as long as it asks for what is there. */
function refuseDifferent(queue: Queue, wanted: Record<string, string>): void {
  for (const [attribute, value] of Object.entries(wanted)) {
    if (queue.attributes.get(attribute) !== value) {
      throw new AwsError('QueueNameExists', `A queue already exists with the same name and a different value for attribute ${attribute}`);
    }
  }
}

const getQueueUrl = (store: QueueStore): Operation<sqs.GetQueueUrlCommandInput, Answer<sqs.GetQueueUrlCommandOutput>> => ({
  permissions: (input) => [store.permission('GetQueueUrl', input.QueueName)],
  handle: (input) => {
    refuseUnknown('GetQueueUrl', input, ['QueueName', 'QueueOwnerAWSAccountId']);
    return { QueueUrl: queueUrlOf(store.kernel, store.byName(input.QueueName ?? '').name) };
  },
});

const describe = (queue: Queue): Record<string, string> => {
  const counts = queue.counts();
  return {
    ...Object.fromEntries(queue.attributes),
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(counts.visible),
    ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
    ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAtMs / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAtMs / 1000)),
  };
};

const getQueueAttributes = (store: QueueStore): Operation<sqs.GetQueueAttributesCommandInput, Answer<sqs.GetQueueAttributesCommandOutput>> => ({
  permissions: (input) => [store.permission('GetQueueAttributes', input.QueueUrl)],
  handle: (input) => {
    const all = describe(store.byUrl(input.QueueUrl));
    const names: string[] = input.AttributeNames ?? [];
    const Attributes = names.includes('All') ? all : Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
    return Object.keys(Attributes).length > 0 ? { Attributes } : {};
  },
});

const setQueueAttributes = (store: QueueStore): Operation<sqs.SetQueueAttributesCommandInput, object> => ({
  permissions: (input) => [store.permission('SetQueueAttributes', input.QueueUrl)],
  handle: (input) => {
    const queue = store.byUrl(input.QueueUrl);
    applyAttributes(queue.attributes, (input.Attributes ?? {}));
    queue.modifiedAtMs = store.kernel.clock.nowMs();
    return {};
  },
});

const listQueues = (store: QueueStore): Operation<sqs.ListQueuesCommandInput, Answer<sqs.ListQueuesCommandOutput>> => ({
  permissions: () => [{ action: 'sqs:ListQueues', resource: '*' }],
  handle: (input) => {
    refuseUnknown('ListQueues', input, ['QueueNamePrefix', 'MaxResults', 'NextToken']);
    const names = [...store.queues.keys()].filter((name) => name.startsWith(input.QueueNamePrefix ?? '')).sort();
    const page = paged(names, input.NextToken, input.MaxResults ?? 1000);
    return { QueueUrls: page.items.map((name) => queueUrlOf(store.kernel, name)), NextToken: page.nextToken };
  },
});

/** Tokens are plain offsets: nothing is ever inserted in front of what a page has shown within one listing. */
function paged<Item>(items: Item[], token: string | undefined, size: number): { items: Item[]; nextToken: string | undefined } {
  const start = Number(token ?? 0);
  return { items: items.slice(start, start + size), nextToken: start + size < items.length ? String(start + size) : undefined };
}

const listDeadLetterSourceQueues = (store: QueueStore): Operation<sqs.ListDeadLetterSourceQueuesCommandInput, Answer<sqs.ListDeadLetterSourceQueuesCommandOutput>> => ({
  permissions: (input) => [store.permission('ListDeadLetterSourceQueues', input.QueueUrl)],
  handle: (input) => {
    const target = store.byUrl(input.QueueUrl);
    const sources = [...store.queues.values()].filter((queue) => redriveOf(queue.attributes.get('RedrivePolicy'))?.deadLetterTargetArn === target.arn);
    return { queueUrls: sources.map((queue) => queueUrlOf(store.kernel, queue.name)) };
  },
});

const deleteQueue = (store: QueueStore): Operation<sqs.DeleteQueueCommandInput, object> => ({
  permissions: (input) => [store.permission('DeleteQueue', input.QueueUrl)],
  handle: (input) => {
    const queue = store.byUrl(input.QueueUrl);
    store.queues.delete(queue.name);
    queue.markDeleted();
    return {};
  },
});

const purgeQueue = (store: QueueStore): Operation<sqs.PurgeQueueCommandInput, object> => ({
  permissions: (input) => [store.permission('PurgeQueue', input.QueueUrl)],
  handle: (input) => {
    const queue = store.byUrl(input.QueueUrl);
    queue.purge();
    store.recordDepth(queue);
    return {};
  },
});

const tagQueue = (store: QueueStore): Operation<sqs.TagQueueCommandInput, object> => ({
  permissions: (input) => [store.permission('TagQueue', input.QueueUrl)],
  handle: (input) => {
    const queue = store.byUrl(input.QueueUrl);
    for (const [key, value] of Object.entries(input.Tags ?? {})) queue.tags.set(key, value);
    return {};
  },
});

const untagQueue = (store: QueueStore): Operation<sqs.UntagQueueCommandInput, object> => ({
  permissions: (input) => [store.permission('UntagQueue', input.QueueUrl)],
  handle: (input) => {
    const queue = store.byUrl(input.QueueUrl);
    for (const key of input.TagKeys ?? []) queue.tags.delete(key);
    return {};
  },
});

const listQueueTags = (store: QueueStore): Operation<sqs.ListQueueTagsCommandInput, Answer<sqs.ListQueueTagsCommandOutput>> => ({
  permissions: (input) => [store.permission('ListQueueTags', input.QueueUrl)],
  handle: (input) => ({ Tags: Object.fromEntries(store.byUrl(input.QueueUrl).tags) }),
});

export const queueOperations = (store: QueueStore): Record<string, Operation> => ({
  CreateQueue: createQueue(store),
  GetQueueUrl: getQueueUrl(store),
  GetQueueAttributes: getQueueAttributes(store),
  SetQueueAttributes: setQueueAttributes(store),
  ListQueues: listQueues(store),
  ListDeadLetterSourceQueues: listDeadLetterSourceQueues(store),
  DeleteQueue: deleteQueue(store),
  PurgeQueue: purgeQueue(store),
  TagQueue: tagQueue(store),
  UntagQueue: untagQueue(store),
  ListQueueTags: listQueueTags(store),
});
