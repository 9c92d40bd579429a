// The queues of the account, and what every operation needs to find, authorise and measure them.
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { MetricSink } from '../kernel/ports.ts';
import type { Permission } from '../kernel/service.ts';
import { redriveOf } from './attributes.ts';
import { keyPermissions } from './encryption.ts';
import { queueArnOf, queueNameOfArn, queueNameOfUrl } from './names.ts';
import type { Queue } from './queue.ts';

export class QueueStore {
  readonly kernel: Kernel;
  readonly queues = new Map<string, Queue>();
  private readonly metrics: MetricSink | undefined;

  constructor(kernel: Kernel, metrics: MetricSink | undefined) {
    this.kernel = kernel;
    this.metrics = metrics;
  }

  byUrl(queueUrl: string | undefined): Queue {
    if (!queueUrl) throw new AwsError('MissingRequiredParameterException', 'The request must contain the parameter QueueUrl.');
    return this.byName(queueNameOfUrl(queueUrl));
  }

  byName(name: string): Queue {
    const queue = this.queues.get(name);
    if (!queue) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  }

  permission(action: string, queueUrl: string | undefined): Permission {
    return { action: `sqs:${action}`, resource: queueArnOf(this.kernel, queueNameOfUrl(queueUrl ?? '')) };
  }

  /** The permission on the queue and those on its key. */
  async permissions(action: string, queueUrl: string | undefined, keyUses: Parameters<typeof keyPermissions>[2]): Promise<Permission[]> {
    const onQueue = this.permission(action, queueUrl);
    const keyId = this.queues.get(queueNameOfUrl(queueUrl ?? ''))?.attributes.get('KmsMasterKeyId');
    return [onQueue, ...(await keyPermissions(this.kernel, { service: 'sqs', arn: onQueue.resource, keyId }, keyUses))];
  }

  /** What receiving does with a message that was received too often. Without a living target, SQS leaves it where it is. */
  redriveFor(queue: Queue): { maxReceiveCount: number; bury: (message: Parameters<Queue['adopt']>[0]) => void } | undefined {
    const redrive = redriveOf(queue.attributes.get('RedrivePolicy'));
    const target = redrive && this.queues.get(queueNameOfArn(redrive.deadLetterTargetArn));
    if (!redrive || !target) return undefined;
    return {
      maxReceiveCount: redrive.maxReceiveCount,
      bury: (message) => {
        target.adopt(message, queue.arn);
        this.recordDepth(target);
      },
    };
  }

  recordDepth(queue: Queue): void {
    this.record(queue, 'ApproximateNumberOfMessagesVisible', queue.counts().visible, 'Count');
  }

  recordAll(): void {
    for (const queue of this.queues.values()) {
      const counts = queue.counts();
      this.record(queue, 'ApproximateNumberOfMessagesVisible', counts.visible, 'Count');
      this.record(queue, 'ApproximateNumberOfMessagesNotVisible', counts.inFlight, 'Count');
      this.record(queue, 'ApproximateNumberOfMessagesDelayed', counts.delayed, 'Count');
      this.record(queue, 'ApproximateAgeOfOldestMessage', Math.floor(counts.oldestAgeMs / 1000), 'Seconds');
    }
  }

  record(queue: Queue, metricName: string, value: number, unit: string): void {
    this.metrics?.record({ namespace: 'AWS/SQS', metricName, dimensions: { QueueName: queue.name }, value, unit });
  }
}
