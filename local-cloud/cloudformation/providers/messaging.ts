// AWS::SNS::Topic, Subscription and TopicPolicy; AWS::SQS::Queue and QueuePolicy; AWS::Events::Rule.
import { coerce, tagMap } from '../properties.ts';
import type { Properties } from '../properties.ts';
import type { Made, ProviderContext, ResourceProvider } from '../provider.ts';

/** SNS and SQS take every attribute as text, documents as JSON. */
const attributeTexts = (properties: Properties, names: string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (properties.has(name) ? [[name, properties.json(name) ?? '']] : [])));

const TOPIC_ATTRIBUTES = ['DisplayName', 'KmsMasterKeyId', 'FifoTopic', 'ContentBasedDeduplication', 'SignatureVersion', 'TracingConfig'];

const topic: ResourceProvider = {
  type: 'AWS::SNS::Topic',
  properties: ['TopicName', 'Subscription', 'Tags', ...TOPIC_ATTRIBUTES],
  nameProperty: 'TopicName',
  replacedBy: ['FifoTopic'],
  async create(properties, context) {
    const Name = properties.optionalText('TopicName') ?? context.generatedName(256);
    const Attributes = attributeTexts(properties, TOPIC_ATTRIBUTES);
    const tags = context.tags(properties.raw('Tags'));
    const answer = await context.call('sns', 'CreateTopic', {
      Name,
      ...(Object.keys(Attributes).length > 0 ? { Attributes } : {}),
      ...(tags.length > 0 ? { Tags: tags } : {}),
    });
    const TopicArn = String(answer['TopicArn']);
    await subscribe(TopicArn, properties, undefined, context);
    return { physicalId: TopicArn, attributes: { TopicArn, TopicName: Name } };
  },
  async update(properties, old, made, context) {
    for (const [AttributeName, AttributeValue] of Object.entries(attributeTexts(properties, TOPIC_ATTRIBUTES))) {
      if (old.json(AttributeName) !== AttributeValue) await context.call('sns', 'SetTopicAttributes', { TopicArn: made.physicalId, AttributeName, AttributeValue });
    }
    await subscribe(made.physicalId, properties, old, context);
    return made;
  },
  async remove(made, _properties, context) {
    await context.call('sns', 'DeleteTopic', { TopicArn: made.physicalId });
  },
};

async function subscribe(TopicArn: string, properties: Properties, old: Properties | undefined, context: ProviderContext): Promise<void> {
  const had = (old?.records('Subscription') ?? []).map((subscription) => JSON.stringify(subscription));
  for (const { Protocol, Endpoint } of properties.records('Subscription').filter((subscription) => !had.includes(JSON.stringify(subscription)))) {
    await context.call('sns', 'Subscribe', { TopicArn, Protocol, Endpoint, ReturnSubscriptionArn: true });
  }
}

const SUBSCRIPTION_ATTRIBUTES = ['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery', 'RedrivePolicy', 'DeliveryPolicy'];

const subscription: ResourceProvider = {
  type: 'AWS::SNS::Subscription',
  properties: ['TopicArn', 'Protocol', 'Endpoint', ...SUBSCRIPTION_ATTRIBUTES],
  replacedBy: ['TopicArn', 'Protocol', 'Endpoint'],
  async create(properties, context) {
    const Attributes = attributeTexts(properties, SUBSCRIPTION_ATTRIBUTES);
    const answer = await context.call('sns', 'Subscribe', {
      ...properties.pick('TopicArn', 'Protocol', 'Endpoint'),
      ReturnSubscriptionArn: true,
      ...(Object.keys(Attributes).length > 0 ? { Attributes } : {}),
    });
    return { physicalId: String(answer['SubscriptionArn']), attributes: { Arn: answer['SubscriptionArn'] } };
  },
  async update(properties, old, made, context) {
    for (const AttributeName of SUBSCRIPTION_ATTRIBUTES) {
      const AttributeValue = properties.json(AttributeName);
      if (AttributeValue !== old.json(AttributeName)) {
        await context.call('sns', 'SetSubscriptionAttributes', { SubscriptionArn: made.physicalId, AttributeName, AttributeValue: AttributeValue ?? '' });
      }
    }
    return made;
  },
  async remove(made, _properties, context) {
    await context.call('sns', 'Unsubscribe', { SubscriptionArn: made.physicalId });
  },
};

const setTopicPolicy = async (topicArns: string[], document: string, context: ProviderContext): Promise<void> => {
  for (const TopicArn of topicArns) await context.call('sns', 'SetTopicAttributes', { TopicArn, AttributeName: 'Policy', AttributeValue: document });
};

/** What SNS gives a topic that nobody wrote a policy for. */
const defaultTopicPolicy = (topicArn: string, accountId: string): string =>
  JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: ['SNS:Publish', 'SNS:RemovePermission', 'SNS:SetTopicAttributes', 'SNS:DeleteTopic', 'SNS:ListSubscriptionsByTopic', 'SNS:GetTopicAttributes', 'SNS:AddPermission', 'SNS:Subscribe'],
        Resource: topicArn,
        Condition: { StringEquals: { 'AWS:SourceOwner': accountId } },
      },
    ],
  });

const topicPolicy: ResourceProvider = {
  type: 'AWS::SNS::TopicPolicy',
  properties: ['PolicyDocument', 'Topics'],
  async create(properties, context) {
    await setTopicPolicy(properties.texts('Topics'), properties.json('PolicyDocument') ?? '', context);
    return { physicalId: context.generatedName(100), attributes: {} };
  },
  async update(properties, old, made, context) {
    await setTopicPolicy(properties.texts('Topics'), properties.json('PolicyDocument') ?? '', context);
    for (const arn of old.texts('Topics').filter((known) => !properties.texts('Topics').includes(known))) {
      await setTopicPolicy([arn], defaultTopicPolicy(arn, context.kernel.accountId), context);
    }
    return made;
  },
  async remove(_made, properties, context) {
    for (const arn of properties.texts('Topics')) await setTopicPolicy([arn], defaultTopicPolicy(arn, context.kernel.accountId), context);
  },
};

const QUEUE_ATTRIBUTES = [
  'VisibilityTimeout', 'MessageRetentionPeriod', 'DelaySeconds', 'MaximumMessageSize', 'ReceiveMessageWaitTimeSeconds', 'RedrivePolicy', 'RedriveAllowPolicy',
  'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled', 'FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit',
];

const queue: ResourceProvider = {
  type: 'AWS::SQS::Queue',
  properties: ['QueueName', 'Tags', ...QUEUE_ATTRIBUTES],
  nameProperty: 'QueueName',
  replacedBy: ['FifoQueue'],
  async create(properties, context) {
    const QueueName = properties.optionalText('QueueName') ?? context.generatedName(80);
    const Attributes = attributeTexts(properties, QUEUE_ATTRIBUTES);
    const tags = context.tags(properties.raw('Tags'));
    const answer = await context.call('sqs', 'CreateQueue', {
      QueueName,
      ...(Object.keys(Attributes).length > 0 ? { Attributes } : {}),
      ...(tags.length > 0 ? { tags: tagMap(tags) } : {}),
    });
    const QueueUrl = String(answer['QueueUrl']);
    const found = await context.call('sqs', 'GetQueueAttributes', { QueueUrl, AttributeNames: ['QueueArn'] });
    const arn = (found['Attributes'] as { QueueArn?: string } | undefined)?.QueueArn;
    return { physicalId: QueueUrl, attributes: { Arn: arn, QueueName, QueueUrl } };
  },
  async update(properties, _old, made, context) {
    const { FifoQueue: _fixed, ...Attributes } = attributeTexts(properties, QUEUE_ATTRIBUTES);
    await context.call('sqs', 'SetQueueAttributes', { QueueUrl: made.physicalId, Attributes });
    return made;
  },
  async remove(made, _properties, context) {
    await context.call('sqs', 'DeleteQueue', { QueueUrl: made.physicalId });
  },
};

const setQueuePolicy = async (urls: string[], document: string, context: ProviderContext): Promise<void> => {
  for (const QueueUrl of urls) await context.call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy: document } });
};

const queuePolicy: ResourceProvider = {
  type: 'AWS::SQS::QueuePolicy',
  properties: ['PolicyDocument', 'Queues'],
  async create(properties, context) {
    await setQueuePolicy(properties.texts('Queues'), properties.json('PolicyDocument') ?? '', context);
    return { physicalId: context.generatedName(100), attributes: {} };
  },
  async update(properties, old, made, context) {
    await setQueuePolicy(properties.texts('Queues'), properties.json('PolicyDocument') ?? '', context);
    await setQueuePolicy(old.texts('Queues').filter((url) => !properties.texts('Queues').includes(url)), '', context);
    return made;
  },
  remove: (_made, properties, context) => setQueuePolicy(properties.texts('Queues'), '', context),
};

const TARGET_NUMBERS = new Set(['MaximumRetryAttempts', 'MaximumEventAgeInSeconds']);

async function putRule(properties: Properties, name: string, context: ProviderContext): Promise<Made> {
  const tags = context.tags(properties.raw('Tags'));
  const bus = properties.pick('EventBusName');
  const answer = await context.call('events', 'PutRule', {
    Name: name,
    ...bus,
    ...properties.pick('Description', 'ScheduleExpression', 'State', 'RoleArn'),
    ...(properties.has('EventPattern') ? { EventPattern: properties.json('EventPattern') } : {}),
    ...(tags.length > 0 ? { Tags: tags } : {}),
  });
  const targets = properties.records('Targets').map((target) => coerce(target, TARGET_NUMBERS, new Set()));
  if (targets.length > 0) await context.call('events', 'PutTargets', { Rule: name, ...bus, Targets: targets });
  return { physicalId: name, attributes: { Arn: answer['RuleArn'] } };
}

const targetIds = (properties: Properties): string[] => properties.records('Targets').map((target) => String(target['Id']));

const rule: ResourceProvider = {
  type: 'AWS::Events::Rule',
  properties: ['Name', 'Description', 'EventBusName', 'EventPattern', 'ScheduleExpression', 'State', 'RoleArn', 'Targets', 'Tags'],
  nameProperty: 'Name',
  replacedBy: ['EventBusName'],
  create: (properties, context) => putRule(properties, properties.optionalText('Name') ?? context.generatedName(64), context),
  async update(properties, old, made, context) {
    const gone = targetIds(old).filter((id) => !targetIds(properties).includes(id));
    if (gone.length > 0) await context.call('events', 'RemoveTargets', { Rule: made.physicalId, ...properties.pick('EventBusName'), Ids: gone });
    return putRule(properties, made.physicalId, context);
  },
  async remove(made, properties, context) {
    const target = { ...properties.pick('EventBusName') };
    const ids = targetIds(properties);
    if (ids.length > 0) await context.call('events', 'RemoveTargets', { Rule: made.physicalId, ...target, Ids: ids });
    await context.call('events', 'DeleteRule', { Name: made.physicalId, ...target });
  },
};

export const messagingProviders: ResourceProvider[] = [topic, subscription, topicPolicy, queue, queuePolicy, rule];
