// From a published message to each subscription: filters, the shape each protocol gets, retries and dead letters.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html: to AWS endpoints 3 immediate attempts, 2 after 1 s, 10 with
// exponential backoff from 1 s to 20 s, then every 20 s, 100,015 attempts in all over 23 days.
import type { MessageAttributeValue } from '@aws-sdk/client-sns';
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { MetricSink } from '../kernel/ports.ts';
import type { Caller } from '../kernel/service.ts';
import { queueNameOfArn, queueUrlOf } from '../sqs/names.ts';
import type { Subscription } from './topic.ts';

export interface Message {
  id: string;
  topicArn: string;
  subject: string | undefined;
  /** What each protocol is sent (MessageStructure `json`), or the same for all. */
  bodyFor(protocol: string): string;
  attributes: Record<string, MessageAttributeValue>;
  publishedAtMs: number;
}

export interface Email {
  to: string;
  subject: string;
  body: string;
  topicArn: string;
  sentAtMs: number;
}

const ATTEMPTS_MAX = 100_015;
const LATENCY_MS = 20;

/** The wait before attempt `attempt` (the first is 1). */
export function waitBeforeMs(attempt: number): number {
  if (attempt <= 3) return 0;
  if (attempt <= 5) return 1_000;
  return Math.min(20_000, 1_000 * 2 ** (attempt - 6));
}

export class Deliveries {
  readonly outbox: Email[] = [];
  private readonly kernel: Kernel;
  private readonly metrics: MetricSink | undefined;
  private readonly latencyMs: number;
  private readonly isCurrent: (subscription: Subscription) => boolean;

  constructor(kernel: Kernel, metrics: MetricSink | undefined, isCurrent: (subscription: Subscription) => boolean) {
    this.kernel = kernel;
    this.metrics = metrics;
    this.isCurrent = isCurrent;
    this.latencyMs = LATENCY_MS * kernel.physics.asyncRetryTimeScale;
  }

  begin(message: Message, subscription: Subscription): void {
    if (subscription.filter && !subscription.filter.accepts({ body: message.bodyFor(subscription.protocol), attributes: message.attributes })) {
      this.measure(message, 'NumberOfNotificationsFilteredOut');
      return;
    }
    this.later(message, subscription, 1, this.latencyMs);
  }

  private later(message: Message, subscription: Subscription, attempt: number, delayMs: number): void {
    this.kernel.clock.after(delayMs, () => this.attempt(message, subscription, attempt));
  }

  private async attempt(message: Message, subscription: Subscription, attempt: number): Promise<void> {
    if (!this.isCurrent(subscription)) return;
    try {
      await this.send(message, subscription);
      this.measure(message, 'NumberOfNotificationsDelivered');
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (isServerSide(error) && attempt < ATTEMPTS_MAX) {
        this.later(message, subscription, attempt + 1, waitBeforeMs(attempt + 1) * this.kernel.physics.asyncRetryTimeScale);
        return;
      }
      this.measure(message, 'NumberOfNotificationsFailed');
      await this.bury(message, subscription);
    }
  }

  private async send(message: Message, subscription: Subscription): Promise<void> {
    const caller = this.serviceCaller(message.topicArn);
    switch (subscription.protocol) {
      case 'lambda':
        await this.kernel.call(caller, 'lambda', 'Invoke', {
          FunctionName: subscription.endpoint,
          InvocationType: 'Event',
          Payload: Buffer.from(JSON.stringify({ Records: [lambdaRecord(message, subscription)] })),
        });
        return;
      case 'sqs':
        await this.toQueue(caller, subscription.endpoint, message, subscription);
        return;
      case 'email':
      case 'email-json': {
        const body = subscription.protocol === 'email-json' ? JSON.stringify(envelope(message, subscription)) : message.bodyFor('email');
        this.outbox.push({ to: subscription.endpoint, subject: message.subject ?? 'AWS Notification Message', body, topicArn: message.topicArn, sentAtMs: this.kernel.clock.nowMs() });
        return;
      }
    }
  }

  private async toQueue(caller: Caller, queueArn: string, message: Message, subscription: Subscription): Promise<void> {
    const raw = subscription.attributes.get('RawMessageDelivery') === 'true';
    const attributes = Object.keys(message.attributes).length > 0 ? { MessageAttributes: message.attributes } : {};
    await this.kernel.call(caller, 'sqs', 'SendMessage', {
      QueueUrl: queueUrlOf(this.kernel, queueNameOfArn(queueArn)),
      MessageBody: raw ? message.bodyFor('sqs') : JSON.stringify(envelope(message, subscription), null, 2),
      ...(raw ? attributes : {}),
    });
  }

  /** A dead letter is what the endpoint would have got, with the reason left out, as SNS does it. */
  private async bury(message: Message, subscription: Subscription): Promise<void> {
    const policy = subscription.attributes.get('RedrivePolicy');
    if (!policy) return;
    const { deadLetterTargetArn } = JSON.parse(policy) as { deadLetterTargetArn: string };
    try {
      await this.toQueue(this.serviceCaller(message.topicArn), deadLetterTargetArn, message, subscription);
      this.measure(message, 'NumberOfNotificationsRedrivenToDlq');
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      this.measure(message, 'NumberOfNotificationsFailedToRedriveToDlq');
    }
  }

  private serviceCaller(topicArn: string): Caller {
    return { kind: 'service', principal: 'sns.amazonaws.com', sourceArn: topicArn };
  }

  private measure(message: Message, metricName: string): void {
    const TopicName = message.topicArn.slice(message.topicArn.lastIndexOf(':') + 1);
    this.metrics?.record({ namespace: 'AWS/SNS', metricName, dimensions: { TopicName }, value: 1, unit: 'Count' });
  }
}

/** Client-side errors (a deleted endpoint, a missing permission) are not retried. */
const isServerSide = (error: AwsError): boolean =>
  error.code !== 'NotImplemented' && ((error.httpStatus ?? 400) >= 500 || error.code.includes('Throttl') || error.code === 'TooManyRequestsException');

const timestampOf = (message: Message): string => new Date(message.publishedAtMs).toISOString();

// Nobody here can verify a signature of AWS; the members are there because readers expect them.
const SIGNATURE = 'not-signed-by-the-local-cloud';

const attributesOf = (message: Message): Record<string, { Type: string; Value: string }> =>
  Object.fromEntries(
    Object.entries(message.attributes).map(([name, value]) => [
      name,
      { Type: value.DataType ?? 'String', Value: value.BinaryValue ? Buffer.from(value.BinaryValue).toString('base64') : (value.StringValue ?? '') },
    ]),
  );

function envelope(message: Message, subscription: Subscription): object {
  const attributes = attributesOf(message);
  return {
    Type: 'Notification',
    MessageId: message.id,
    TopicArn: message.topicArn,
    ...(message.subject === undefined ? {} : { Subject: message.subject }),
    Message: message.bodyFor(subscription.protocol),
    Timestamp: timestampOf(message),
    SignatureVersion: '1',
    Signature: SIGNATURE,
    SigningCertURL: 'https://sns.amazonaws.com/SimpleNotificationService.pem',
    UnsubscribeURL: `https://sns.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${subscription.arn}`,
    ...(Object.keys(attributes).length > 0 ? { MessageAttributes: attributes } : {}),
  };
}

/** Lambda gets the same facts under slightly other names. */
function lambdaRecord(message: Message, subscription: Subscription): object {
  return {
    EventSource: 'aws:sns',
    EventVersion: '1.0',
    EventSubscriptionArn: subscription.arn,
    Sns: {
      Type: 'Notification',
      MessageId: message.id,
      TopicArn: message.topicArn,
      Subject: message.subject ?? null,
      Message: message.bodyFor('lambda'),
      Timestamp: timestampOf(message),
      SignatureVersion: '1',
      Signature: SIGNATURE,
      SigningCertUrl: 'https://sns.amazonaws.com/SimpleNotificationService.pem',
      UnsubscribeUrl: `https://sns.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${subscription.arn}`,
      MessageAttributes: attributesOf(message),
    },
  };
}
