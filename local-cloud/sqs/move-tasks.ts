// Redrive: moving what lies in a dead-letter queue back to where it came from, or to a queue the caller names.
import type * as sqs from '@aws-sdk/client-sqs';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import { uuid } from '../kernel/random.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import { redriveOf } from './attributes.ts';
import { queueArnOf, queueNameOfArn } from './names.ts';
import type { Queue } from './queue.ts';
import type { QueueStore } from './queue-store.ts';

interface MoveTask {
  handle: string;
  sourceArn: string;
  destinationArn: string | undefined;
  perSecond: number;
  toMove: number;
  moved: number;
  startedAtMs: number;
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  failureReason?: string;
}

/** SQS's own choice when the caller gives no rate; the real one adapts. */
const DEFAULT_PER_SECOND = 500;

class MoveTasks {
  readonly tasks: MoveTask[] = [];
  private readonly store: QueueStore;

  constructor(store: QueueStore) {
    this.store = store;
  }

  start(source: Queue, destinationArn: string | undefined, perSecond: number): MoveTask {
    if (this.tasks.some((task) => task.sourceArn === source.arn && task.status === 'RUNNING')) {
      throw new AwsError('UnsupportedOperation', 'There is already a task running. Only one active task is allowed for a source queue arn at a given time.');
    }
    const { clock, random } = this.store.kernel;
    const task: MoveTask = {
      handle: Buffer.from(JSON.stringify({ taskId: uuid(random), sourceArn: source.arn })).toString('base64'),
      sourceArn: source.arn,
      destinationArn,
      perSecond,
      toMove: source.counts().visible,
      moved: 0,
      startedAtMs: clock.nowMs(),
      status: 'RUNNING',
    };
    this.tasks.unshift(task);
    this.schedule(task, source);
    return task;
  }

  private schedule(task: MoveTask, source: Queue): void {
    this.store.kernel.clock.after(1000, () => {
      if (task.status !== 'RUNNING') return;
      const batch = source.takeVisible(task.perSecond);
      for (const message of batch) {
        const target = this.store.queues.get(queueNameOfArn(task.destinationArn ?? message.deadLetterSourceArn ?? ''));
        if (target) {
          target.adopt(message, undefined);
          task.moved += 1;
          this.store.recordDepth(target);
          continue;
        }
        source.adopt(message, message.deadLetterSourceArn);
        task.status = 'FAILED';
        task.failureReason = task.destinationArn ?? message.deadLetterSourceArn ? 'AWS.SimpleQueueService.NonExistentQueue' : 'CouldNotDetermineMessageSource';
      }
      this.store.recordDepth(source);
      if (task.status !== 'RUNNING') return;
      if (batch.length < task.perSecond) task.status = 'COMPLETED';
      else this.schedule(task, source);
    });
  }
}

export function moveOperations(store: QueueStore): Record<string, Operation> {
  const moves = new MoveTasks(store);
  const sourceOf = (arn: string | undefined): Queue => {
    const queue = store.queues.get(queueNameOfArn(arn ?? ''));
    if (!queue) throw new AwsError('ResourceNotFoundException', 'The resource that you specified for the SourceArn parameter doesn\'t exist.');
    return queue;
  };
  const on = (action: string, arn: string | undefined): Permission => ({ action: `sqs:${action}`, resource: arn ?? '*' });

  /** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html names these. */
  const start: Operation<sqs.StartMessageMoveTaskCommandInput, Answer<sqs.StartMessageMoveTaskCommandOutput>> = {
    permissions: (input) => [
      ...['StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((action) => on(action, input.SourceArn)),
      ...destinations(input).map((arn) => on('SendMessage', arn)),
    ],
    handle: (input) => {
      refuseUnknown('StartMessageMoveTask', input, ['SourceArn', 'DestinationArn', 'MaxNumberOfMessagesPerSecond']);
      const source = sourceOf(input.SourceArn);
      if (destinationsByDefault(source.arn).length === 0) throw new AwsError('InvalidParameterValueException', 'Source queue must be configured as a Dead Letter Queue.');
      if (input.DestinationArn !== undefined) sourceOf(input.DestinationArn);
      return { TaskHandle: moves.start(source, input.DestinationArn, input.MaxNumberOfMessagesPerSecond ?? DEFAULT_PER_SECOND).handle };
    },
  };
  const destinationsByDefault = (deadLetterArn: string): string[] =>
    [...store.queues.values()].filter((queue) => redriveOf(queue.attributes.get('RedrivePolicy'))?.deadLetterTargetArn === deadLetterArn).map((queue) => queue.arn);
  const destinations = (input: sqs.StartMessageMoveTaskCommandInput): string[] =>
    input.DestinationArn === undefined ? destinationsByDefault(input.SourceArn ?? '') : [input.DestinationArn];

  const list: Operation<sqs.ListMessageMoveTasksCommandInput, Answer<sqs.ListMessageMoveTasksCommandOutput>> = {
    permissions: (input) => [on('ListMessageMoveTasks', input.SourceArn)],
    handle: (input) => {
      const source = sourceOf(input.SourceArn);
      const Results = moves.tasks.filter((task) => task.sourceArn === source.arn).slice(0, input.MaxResults ?? 1);
      return {
        Results: Results.map((task) => ({
          ...(task.status === 'RUNNING' ? { TaskHandle: task.handle } : {}),
          Status: task.status,
          SourceArn: task.sourceArn,
          DestinationArn: task.destinationArn,
          MaxNumberOfMessagesPerSecond: task.perSecond,
          ApproximateNumberOfMessagesMoved: task.moved,
          ApproximateNumberOfMessagesToMove: task.toMove,
          FailureReason: task.failureReason,
          StartedTimestamp: task.startedAtMs,
        })),
      };
    },
  };

  const cancel: Operation<sqs.CancelMessageMoveTaskCommandInput, Answer<sqs.CancelMessageMoveTaskCommandOutput>> = {
    permissions: (input) => [on('CancelMessageMoveTask', moves.tasks.find((task) => task.handle === input.TaskHandle)?.sourceArn ?? queueArnOf(store.kernel, '*'))],
    handle: (input) => {
      const task = moves.tasks.find((candidate) => candidate.handle === input.TaskHandle && candidate.status === 'RUNNING');
      if (!task) throw new AwsError('ResourceNotFoundException', 'Task does not exist.');
      task.status = 'CANCELLED';
      return { ApproximateNumberOfMessagesMoved: task.moved };
    },
  };

  return { StartMessageMoveTask: start, ListMessageMoveTasks: list, CancelMessageMoveTask: cancel };
}
