// The operations on subscriptions. E-mail subscriptions count as confirmed at once: there is nobody to click the link.
import type * as sns from '@aws-sdk/client-sns';
import { NotModelled, refuseUnknown } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { uuid } from '../kernel/random.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import { parseFilterPolicy } from './filter-policy.ts';
import type { FilterScope } from './filter-policy.ts';
import { invalidParameter, topicArnOfSubscription } from './topic.ts';
import type { Protocol, Subscription, Topics } from './topic.ts';
import { onTopic, paged } from './topic-operations.ts';

const SETTABLE = ['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery', 'RedrivePolicy', 'DeliveryPolicy'];

function checkedProtocol(protocol: string | undefined, endpoint: string | undefined): Protocol {
  switch (protocol) {
    case 'lambda':
    case 'sqs':
      if (!endpoint?.startsWith(`arn:aws:${protocol}:`)) throw invalidParameter(`Endpoint Reason: ${protocol} endpoint ARN`);
      return protocol;
    case 'email':
    case 'email-json':
      if (!endpoint?.includes('@')) throw invalidParameter('Email address');
      return protocol;
    default:
      throw new NotModelled(`SNS subscriptions with the protocol ${protocol}`);
  }
}

/** Writes the attributes and derives the filter; nothing is written when one of them is wrong. */
function applyAttributes(subscription: Subscription, changes: Record<string, string | undefined>): void {
  const next = new Map(subscription.attributes);
  for (const [name, value] of Object.entries(changes)) {
    if (!SETTABLE.includes(name)) throw invalidParameter('AttributeName');
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  const scope = next.get('FilterPolicyScope') ?? 'MessageAttributes';
  if (scope !== 'MessageAttributes' && scope !== 'MessageBody') throw invalidParameter('FilterPolicyScope: Invalid value');
  if (next.get('RawMessageDelivery') === 'true' && subscription.protocol !== 'sqs') throw invalidParameter(`Delivery protocol [${subscription.protocol}] does not support raw message delivery.`);
  checkRedrive(next.get('RedrivePolicy'));
  const policy = next.get('FilterPolicy');
  subscription.filter = policy === undefined ? undefined : parseFilterPolicy(policy, scope satisfies FilterScope);
  subscription.attributes = next;
}

function checkRedrive(policy: string | undefined): void {
  if (policy === undefined) return;
  try {
    const parsed = JSON.parse(policy) as { deadLetterTargetArn?: unknown };
    if (typeof parsed.deadLetterTargetArn === 'string' && parsed.deadLetterTargetArn.startsWith('arn:aws:sqs:')) return;
  } catch {
    // falls through to the refusal
  }
  throw invalidParameter('RedrivePolicy: deadLetterTargetArn must be an SQS queue ARN');
}

/** Subscriptions have no ARN type in IAM: their permissions are on the topic. */
const onSubscription = (action: string, subscriptionArn: string | undefined): Permission => onTopic(action, topicArnOfSubscription(subscriptionArn ?? ''));

export function subscriptionOperations(kernel: Kernel, topics: Topics): Record<string, Operation> {
  const toApi = (subscription: Subscription): sns.Subscription => ({
    SubscriptionArn: subscription.arn,
    Owner: kernel.accountId,
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    TopicArn: subscription.topicArn,
  });

  const subscribe: Operation<sns.SubscribeCommandInput, Answer<sns.SubscribeCommandOutput>> = {
    permissions: (input) => [{ ...onTopic('Subscribe', input.TopicArn), context: { 'sns:Protocol': input.Protocol ?? '', 'sns:Endpoint': input.Endpoint ?? '' } }],
    handle: (input) => {
      refuseUnknown('Subscribe', input, ['TopicArn', 'Protocol', 'Endpoint', 'Attributes', 'ReturnSubscriptionArn']);
      const topic = topics.get(input.TopicArn);
      const protocol = checkedProtocol(input.Protocol, input.Endpoint);
      const endpoint = input.Endpoint ?? '';
      const existing = [...topic.subscriptions.values()].find((other) => other.protocol === protocol && other.endpoint === endpoint);
      if (existing) {
        if (Object.entries(input.Attributes ?? {}).some(([name, value]) => existing.attributes.get(name) !== value)) {
          throw invalidParameter('Attributes Reason: Subscription already exists with different attributes');
        }
        return { SubscriptionArn: existing.arn };
      }
      const subscription: Subscription = { arn: `${topic.arn}:${uuid(kernel.random)}`, topicArn: topic.arn, protocol, endpoint, attributes: new Map(), filter: undefined };
      applyAttributes(subscription, input.Attributes ?? {});
      topic.subscriptions.set(subscription.arn, subscription);
      return { SubscriptionArn: subscription.arn };
    },
  };

  const unsubscribe: Operation<sns.UnsubscribeCommandInput, object> = {
    permissions: (input) => [onSubscription('Unsubscribe', input.SubscriptionArn)],
    handle: (input) => {
      const subscription = topics.subscription(input.SubscriptionArn);
      topics.get(subscription.topicArn).subscriptions.delete(subscription.arn);
      return {};
    },
  };

  const getAttributes: Operation<sns.GetSubscriptionAttributesCommandInput, Answer<sns.GetSubscriptionAttributesCommandOutput>> = {
    permissions: (input) => [onSubscription('GetSubscriptionAttributes', input.SubscriptionArn)],
    handle: (input) => {
      const subscription = topics.subscription(input.SubscriptionArn);
      return {
        Attributes: {
          ...(toApi(subscription) as Record<string, string>),
          ConfirmationWasAuthenticated: 'true',
          PendingConfirmation: 'false',
          RawMessageDelivery: 'false',
          ...(subscription.filter ? { FilterPolicyScope: 'MessageAttributes' } : {}),
          ...Object.fromEntries(subscription.attributes),
        },
      };
    },
  };

  const setAttributes: Operation<sns.SetSubscriptionAttributesCommandInput, object> = {
    permissions: (input) => [onSubscription('SetSubscriptionAttributes', input.SubscriptionArn)],
    handle: (input) => {
      applyAttributes(topics.subscription(input.SubscriptionArn), { [input.AttributeName ?? '']: input.AttributeValue });
      return {};
    },
  };

  const list: Operation<sns.ListSubscriptionsCommandInput, Answer<sns.ListSubscriptionsCommandOutput>> = {
    permissions: () => [{ action: 'sns:ListSubscriptions', resource: '*' }],
    handle: (input) => {
      const all = [...topics.all.values()].flatMap((topic) => [...topic.subscriptions.values()]);
      const page = paged(all, input.NextToken);
      return { Subscriptions: page.items.map(toApi), NextToken: page.nextToken };
    },
  };

  const listByTopic: Operation<sns.ListSubscriptionsByTopicCommandInput, Answer<sns.ListSubscriptionsByTopicCommandOutput>> = {
    permissions: (input) => [onTopic('ListSubscriptionsByTopic', input.TopicArn)],
    handle: (input) => {
      const page = paged([...topics.get(input.TopicArn).subscriptions.values()], input.NextToken);
      return { Subscriptions: page.items.map(toApi), NextToken: page.nextToken };
    },
  };

  return {
    Subscribe: subscribe,
    Unsubscribe: unsubscribe,
    GetSubscriptionAttributes: getAttributes,
    SetSubscriptionAttributes: setAttributes,
    ListSubscriptions: list,
    ListSubscriptionsByTopic: listByTopic,
  };
}
