// One standard queue: which message is visible when. Owns visibility, retention, redrive counting and long polls; knows nothing of
// the API's shapes or of permissions.
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { Clock } from '../kernel/clock.ts';
import { AwsError } from '../kernel/errors.ts';
import type { Random } from '../kernel/random.ts';
import { base64urlId, uuid } from '../kernel/random.ts';

export interface StoredMessage {
  id: string;
  body: string;
  attributes: Record<string, MessageAttributeValue> | undefined;
  sentAtMs: number;
  visibleAtMs: number;
  receiveCount: number;
  firstReceivedAtMs: number | undefined;
  /** The newest handle; older ones still delete (as in SQS) but `receipts` decides. */
  receipts: Set<string>;
  senderId: string;
  deadLetterSourceArn: string | undefined;
}

export interface QueueCounts {
  visible: number;
  inFlight: number;
  delayed: number;
  oldestAgeMs: number;
}

export class Queue {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  readonly attributes: Map<string, string>;
  readonly tags = new Map<string, string>();
  modifiedAtMs: number;
  private messages: StoredMessage[] = [];
  private readonly wakeUps = new Set<() => void>();
  private readonly clock: Clock;
  private readonly random: Random;
  private deleted = false;

  constructor(options: { name: string; arn: string; attributes: Map<string, string>; clock: Clock; random: Random }) {
    this.name = options.name;
    this.arn = options.arn;
    this.attributes = options.attributes;
    this.clock = options.clock;
    this.random = options.random;
    this.createdAtMs = this.modifiedAtMs = options.clock.nowMs();
  }

  seconds(attribute: string): number {
    return Number(this.attributes.get(attribute) ?? 0);
  }

  send(message: { body: string; attributes: StoredMessage['attributes']; delaySeconds: number | undefined; senderId: string }): StoredMessage {
    const nowMs = this.clock.nowMs();
    const stored: StoredMessage = {
      id: uuid(this.random),
      body: message.body,
      attributes: message.attributes,
      sentAtMs: nowMs,
      visibleAtMs: nowMs + (message.delaySeconds ?? this.seconds('DelaySeconds')) * 1000,
      receiveCount: 0,
      firstReceivedAtMs: undefined,
      receipts: new Set(),
      senderId: message.senderId,
      deadLetterSourceArn: undefined,
    };
    this.messages.push(stored);
    this.wake();
    return stored;
  }

  /** Takes a message over from another queue, keeping its id and age (a dead letter, or a redrive). */
  adopt(message: StoredMessage, deadLetterSourceArn: string | undefined): void {
    this.messages.push({ ...message, visibleAtMs: this.clock.nowMs(), receiveCount: 0, firstReceivedAtMs: undefined, receipts: new Set(), deadLetterSourceArn });
    this.wake();
  }

  /** Hides up to `max` visible messages and hands them out. Messages received too often go to `bury` instead. */
  receive(max: number, visibilitySeconds: number, redrive: { maxReceiveCount: number; bury: (message: StoredMessage) => void } | undefined): { message: StoredMessage; receiptHandle: string }[] {
    this.expire();
    const nowMs = this.clock.nowMs();
    const received: { message: StoredMessage; receiptHandle: string }[] = [];
    for (const message of [...this.messages]) {
      if (received.length === max) break;
      if (message.visibleAtMs > nowMs) continue;
      if (redrive && message.receiveCount >= redrive.maxReceiveCount) {
        this.drop(message);
        redrive.bury(message);
        continue;
      }
      message.receiveCount += 1;
      message.firstReceivedAtMs ??= nowMs;
      message.visibleAtMs = nowMs + visibilitySeconds * 1000;
      const receiptHandle = base64urlId(this.random, 88);
      message.receipts.add(receiptHandle);
      received.push({ message, receiptHandle });
    }
    return received;
  }

  /** Resolves when a message may have become visible, at `untilMs` at the latest, or when the queue is deleted. */
  async waitForMessage(untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    const nowMs = this.clock.nowMs();
    const nextMs = Math.min(untilMs, ...this.messages.map((message) => message.visibleAtMs).filter((atMs) => atMs > nowMs));
    await new Promise<void>((resolve) => {
      const done = () => {
        this.wakeUps.delete(done);
        timer?.cancel();
        resolve();
      };
      const timer = nextMs === Number.POSITIVE_INFINITY ? undefined : this.clock.after(nextMs - nowMs, done);
      this.wakeUps.add(done);
    });
  }

  /** Deleting a message that is gone is no error in SQS. */
  delete(receiptHandle: string): void {
    const message = this.messages.find((candidate) => candidate.receipts.has(receiptHandle));
    if (message) this.drop(message);
  }

  changeVisibility(receiptHandle: string, seconds: number): void {
    const message = this.messages.find((candidate) => candidate.receipts.has(receiptHandle));
    if (!message) throw new AwsError('ReceiptHandleIsInvalid', `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`);
    const nowMs = this.clock.nowMs();
    if (message.visibleAtMs <= nowMs) throw new AwsError('MessageNotInflight', 'The specified message is not in flight.');
    message.visibleAtMs = nowMs + seconds * 1000;
    this.wake();
  }

  purge(): void {
    this.messages = [];
  }

  /** Removes and answers every message that is visible now: what a redrive moves. */
  takeVisible(max: number): StoredMessage[] {
    this.expire();
    const nowMs = this.clock.nowMs();
    const taken = this.messages.filter((message) => message.visibleAtMs <= nowMs).slice(0, max);
    this.messages = this.messages.filter((message) => !taken.includes(message));
    return taken;
  }

  markDeleted(): void {
    this.deleted = true;
    this.wake();
  }

  isDeleted(): boolean {
    return this.deleted;
  }

  counts(): QueueCounts {
    this.expire();
    const nowMs = this.clock.nowMs();
    const hidden = this.messages.filter((message) => message.visibleAtMs > nowMs);
    const oldestMs = Math.min(nowMs, ...this.messages.map((message) => message.sentAtMs));
    const inFlight = hidden.filter((message) => message.receiveCount > 0).length;
    return { visible: this.messages.length - hidden.length, inFlight, delayed: hidden.length - inFlight, oldestAgeMs: nowMs - oldestMs };
  }

  contents(): { body: string; attributes: Record<string, string> }[] {
    this.expire();
    return this.messages.map((message) => ({
      body: message.body,
      attributes: Object.fromEntries(Object.entries(message.attributes ?? {}).map(([name, value]) => [name, value.StringValue ?? ''])),
    }));
  }

  private drop(message: StoredMessage): void {
    this.messages = this.messages.filter((candidate) => candidate !== message);
  }

  private expire(): void {
    const oldestMs = this.clock.nowMs() - this.seconds('MessageRetentionPeriod') * 1000;
    if (this.messages.some((message) => message.sentAtMs < oldestMs)) this.messages = this.messages.filter((message) => message.sentAtMs >= oldestMs);
  }

  private wake(): void {
    for (const wakeUp of [...this.wakeUps]) wakeUp();
  }
}
