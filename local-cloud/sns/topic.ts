// Topics and subscriptions as records, and how they are found.
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { arnOf } from '../kernel/kernel.ts';
import type { PolicyDocument } from '../kernel/service.ts';
import type { MessageFilter } from './filter-policy.ts';

export type Protocol = 'lambda' | 'sqs' | 'email' | 'email-json';

export interface Subscription {
  arn: string;
  topicArn: string;
  protocol: Protocol;
  endpoint: string;
  attributes: Map<string, string>;
  filter: MessageFilter | undefined;
}

export interface Topic {
  name: string;
  arn: string;
  attributes: Map<string, string>;
  tags: Map<string, string>;
  subscriptions: Map<string, Subscription>;
}

export const topicArnOf = (kernel: Pick<Kernel, 'accountId' | 'region'>, name: string): string => arnOf(kernel, 'sns', name);

export const notFound = (message: string): AwsError => new AwsError('NotFoundException', message, { httpStatus: 404 });

export const invalidParameter = (message: string): AwsError => new AwsError('InvalidParameterException', `Invalid parameter: ${message}`, { httpStatus: 400 });

export class Topics {
  readonly all = new Map<string, Topic>();

  get(arn: string | undefined): Topic {
    const topic = this.all.get(arn ?? '');
    if (!topic) throw notFound('Topic does not exist');
    return topic;
  }

  subscription(arn: string | undefined): Subscription {
    const topic = this.all.get(topicArnOfSubscription(arn ?? ''));
    const subscription = topic?.subscriptions.get(arn ?? '');
    if (!subscription) throw notFound('Subscription does not exist');
    return subscription;
  }
}

/** A subscription's ARN is its topic's and one segment more. */
export const topicArnOfSubscription = (subscriptionArn: string): string => subscriptionArn.split(':').slice(0, 6).join(':');

/** The policy CreateTopic gives when the caller names none: everything, to the owner. */
export function defaultPolicy(topicArn: string, accountId: string): PolicyDocument {
  const actions = ['GetTopicAttributes', 'SetTopicAttributes', 'AddPermission', 'RemovePermission', 'DeleteTopic', 'Subscribe', 'ListSubscriptionsByTopic', 'Publish'];
  return {
    Version: '2008-10-17',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: actions.map((action) => `SNS:${action}`),
        Resource: topicArn,
        Condition: { StringEquals: { 'AWS:SourceOwner': accountId } },
      },
    ],
  };
}
