// Amazon SQS, standard queues. Not modelled: FIFO, AddPermission/RemovePermission (set the Policy attribute), message system
// attributes other than those SQS sets itself.
import { every } from '../kernel/clock.ts';
import type { Timer } from '../kernel/clock.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { MetricSink, QueueArrivals } from '../kernel/ports.ts';
import type { Operation, PolicyDocument, ServiceModel } from '../kernel/service.ts';
import { policyOf } from './attributes.ts';
import { messageOperations } from './message-operations.ts';
import { moveOperations } from './move-tasks.ts';
import { queueNameOfArn } from './names.ts';
import { queueOperations } from './queue-operations.ts';
import { QueueStore } from './queue-store.ts';

export interface SqsPorts {
  metrics?: MetricSink;
}

export class SqsModel implements ServiceModel, QueueArrivals {
  readonly signingName = 'sqs';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly store: QueueStore;
  private readonly timer: Timer | undefined;

  constructor(kernel: Kernel, ports: SqsPorts = {}) {
    this.store = new QueueStore(kernel, ports.metrics);
    this.operations = { ...queueOperations(this.store), ...messageOperations(this.store), ...moveOperations(this.store) };
    if (ports.metrics) this.timer = every(kernel.clock, 60_000 * kernel.physics.metricTimeScale, () => this.store.recordAll());
  }

  resourcePolicy(resourceArn: string): PolicyDocument | undefined {
    const queue = this.store.queues.get(queueNameOfArn(resourceArn));
    return queue?.arn === resourceArn ? policyOf(queue.attributes) : undefined;
  }

  async arrival(queueArn: string): Promise<void> {
    await this.store.queues.get(queueNameOfArn(queueArn))?.waitForMessage();
  }

  /** What lies in a queue, for tests and the demo: bodies in order of arrival, whether visible or not. */
  peek(queueName: string): { body: string; attributes: Record<string, string> }[] {
    return this.store.queues.get(queueName)?.contents() ?? [];
  }

  close(): void {
    this.timer?.cancel();
    for (const queue of this.store.queues.values()) queue.markDeleted();
  }
}
