// Amazon SNS, standard topics. Subscriptions: Lambda, SQS and e-mail, which lands in an outbox. Not modelled: FIFO, HTTP(S), SMS, mobile
// push, confirmation, delivery policies, message signatures.
import type { Kernel } from '../kernel/kernel.ts';
import type { MetricSink } from '../kernel/ports.ts';
import type { Operation, PolicyDocument, ServiceModel } from '../kernel/service.ts';
import { Deliveries } from './delivery.ts';
import type { Email } from './delivery.ts';
import { publishOperations } from './publish-operations.ts';
import { subscriptionOperations } from './subscription-operations.ts';
import { policyOf, topicOperations } from './topic-operations.ts';
import { Topics } from './topic.ts';

export interface SnsPorts {
  metrics?: MetricSink;
}

export class SnsModel implements ServiceModel {
  readonly signingName = 'sns';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly topics = new Topics();
  private readonly deliveries: Deliveries;

  constructor(kernel: Kernel, ports: SnsPorts = {}) {
    const { topics } = this;
    this.deliveries = new Deliveries(kernel, ports.metrics, (subscription) => topics.all.get(subscription.topicArn)?.subscriptions.has(subscription.arn) ?? false);
    this.operations = { ...topicOperations(kernel, topics), ...subscriptionOperations(kernel, topics), ...publishOperations(kernel, topics, this.deliveries) };
  }

  resourcePolicy(resourceArn: string): PolicyDocument | undefined {
    const topic = this.topics.all.get(resourceArn);
    return topic && policyOf(topic);
  }

  /** Every e-mail sent so far, oldest first. */
  outbox(): readonly Email[] {
    return this.deliveries.outbox;
  }
}
