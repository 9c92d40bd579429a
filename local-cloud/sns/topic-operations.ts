// The operations on topics: create, describe, set, list, tag, delete.
import type * as sns from '@aws-sdk/client-sns';
import { NotModelled, refuseUnknown } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { policyDocument } from '../kernel/policy-documents.ts';
import type { Answer, Operation, Permission, PolicyDocument } from '../kernel/service.ts';
import { defaultPolicy, invalidParameter, topicArnOf } from './topic.ts';
import type { Topic, Topics } from './topic.ts';

const SETTABLE = ['DisplayName', 'Policy', 'DeliveryPolicy', 'KmsMasterKeyId', 'TracingConfig', 'SignatureVersion'];
const FIFO = ['FifoTopic', 'ContentBasedDeduplication', 'ArchivePolicy', 'FifoThroughputScope'];

export const onTopic = (action: string, topicArn: string | undefined): Permission => ({ action: `sns:${action}`, resource: topicArn ?? '' });

export const policyOf = (topic: Topic): PolicyDocument => policyDocument(topic.attributes.get('Policy') ?? '{"Statement":[]}');

function setAttribute(topic: Topic, name: string | undefined, value: string | undefined): void {
  if (name !== undefined && FIFO.includes(name) && value !== 'false') throw new NotModelled(`FIFO topics (${name})`);
  if (name === undefined || !SETTABLE.includes(name)) throw invalidParameter('AttributeName');
  if (name === 'Policy' && value) {
    try {
      JSON.parse(value);
    } catch {
      throw invalidParameter('Policy Error: null');
    }
  }
  if (value) topic.attributes.set(name, value);
  else topic.attributes.delete(name);
}

export function topicOperations(kernel: Kernel, topics: Topics): Record<string, Operation> {
  const createTopic: Operation<sns.CreateTopicCommandInput, Answer<sns.CreateTopicCommandOutput>> = {
    permissions: (input) => [onTopic('CreateTopic', topicArnOf(kernel, input.Name ?? '')), ...(input.Tags?.length ? [onTopic('TagResource', topicArnOf(kernel, input.Name ?? ''))] : [])],
    handle: (input) => {
      refuseUnknown('CreateTopic', input, ['Name', 'Attributes', 'Tags']);
      const name = input.Name ?? '';
      if (name.endsWith('.fifo')) throw new NotModelled('FIFO topics');
      if (!/^[A-Za-z0-9_-]{1,256}$/.test(name)) throw invalidParameter('Topic Name');
      const arn = topicArnOf(kernel, name);
      const existing = topics.all.get(arn);
      const wanted = Object.entries(input.Attributes ?? {});
      if (existing) {
        // Creating again is fine with the same attributes; other ones are refused.
        if (wanted.some(([attribute, value]) => existing.attributes.get(attribute) !== value)) throw invalidParameter('Attributes Reason: Topic already exists with different attributes');
        return { TopicArn: arn };
      }
      const topic: Topic = {
        name,
        arn,
        attributes: new Map([['Policy', JSON.stringify(defaultPolicy(arn, kernel.accountId))]]),
        tags: new Map((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
        subscriptions: new Map(),
      };
      for (const [attribute, value] of wanted) setAttribute(topic, attribute, value);
      topics.all.set(arn, topic);
      return { TopicArn: arn };
    },
  };

  const getAttributes: Operation<sns.GetTopicAttributesCommandInput, Answer<sns.GetTopicAttributesCommandOutput>> = {
    permissions: (input) => [onTopic('GetTopicAttributes', input.TopicArn)],
    handle: (input) => {
      const topic = topics.get(input.TopicArn);
      return {
        Attributes: {
          TopicArn: topic.arn,
          Owner: kernel.accountId,
          DisplayName: '',
          SubscriptionsConfirmed: String(topic.subscriptions.size),
          SubscriptionsPending: '0',
          SubscriptionsDeleted: '0',
          ...Object.fromEntries(topic.attributes),
        },
      };
    },
  };

  const setAttributes: Operation<sns.SetTopicAttributesCommandInput, object> = {
    permissions: (input) => [onTopic('SetTopicAttributes', input.TopicArn)],
    handle: (input) => {
      setAttribute(topics.get(input.TopicArn), input.AttributeName, input.AttributeValue);
      return {};
    },
  };

  const listTopics: Operation<sns.ListTopicsCommandInput, Answer<sns.ListTopicsCommandOutput>> = {
    permissions: () => [{ action: 'sns:ListTopics', resource: '*' }],
    handle: (input) => {
      const page = paged([...topics.all.keys()], input.NextToken);
      return { Topics: page.items.map((TopicArn) => ({ TopicArn })), NextToken: page.nextToken };
    },
  };

  const deleteTopic: Operation<sns.DeleteTopicCommandInput, object> = {
    permissions: (input) => [onTopic('DeleteTopic', input.TopicArn)],
    handle: (input) => {
      topics.all.delete(input.TopicArn ?? ''); // deleting a topic that is not there is no error
      return {};
    },
  };

  const tagResource: Operation<sns.TagResourceCommandInput, object> = {
    permissions: (input) => [onTopic('TagResource', input.ResourceArn)],
    handle: (input) => {
      const { tags } = topics.get(input.ResourceArn);
      for (const tag of input.Tags ?? []) tags.set(tag.Key ?? '', tag.Value ?? '');
      return {};
    },
  };

  const untagResource: Operation<sns.UntagResourceCommandInput, object> = {
    permissions: (input) => [onTopic('UntagResource', input.ResourceArn)],
    handle: (input) => {
      const { tags } = topics.get(input.ResourceArn);
      for (const key of input.TagKeys ?? []) tags.delete(key);
      return {};
    },
  };

  const listTags: Operation<sns.ListTagsForResourceCommandInput, Answer<sns.ListTagsForResourceCommandOutput>> = {
    permissions: (input) => [onTopic('ListTagsForResource', input.ResourceArn)],
    handle: (input) => ({ Tags: [...topics.get(input.ResourceArn).tags].map(([Key, Value]) => ({ Key, Value })) }),
  };

  return {
    CreateTopic: createTopic,
    GetTopicAttributes: getAttributes,
    SetTopicAttributes: setAttributes,
    ListTopics: listTopics,
    DeleteTopic: deleteTopic,
    TagResource: tagResource,
    UntagResource: untagResource,
    ListTagsForResource: listTags,
  };
}

export function paged<Item>(items: Item[], token: string | undefined): { items: Item[]; nextToken: string | undefined } {
  const start = Number(token ?? 0);
  return { items: items.slice(start, start + 100), nextToken: start + 100 < items.length ? String(start + 100) : undefined };
}
