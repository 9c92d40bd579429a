// From a matched rule to its targets: the calls as events.amazonaws.com, the retries, and the dead letters.
//   no permission, no target, a bad request   straight to the dead-letter queue (or dropped)
//   throttled, or the target's service fails  again with backoff and jitter, 185 times or 24 h unless the target says less
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html, .../eb-rule-retry-policy.html
import type * as events from '@aws-sdk/client-eventbridge';
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { MetricSink } from '../kernel/ports.ts';
import { uuid } from '../kernel/random.ts';
import type { Caller } from '../kernel/service.ts';
import { queueNameOfArn, queueUrlOf } from '../sqs/names.ts';
import type { EventEnvelope } from './event.ts';
import { shapeInput } from './event.ts';
import type { Rule } from './rule.ts';

/** What a simulation may do to one delivery of one event to one target. */
export type DeliveryFate = 'deliver' | 'drop' | 'duplicate' | { delayMs: number };

export interface DeliveryFaults {
  deliver(event: EventEnvelope, to: { ruleName: string; targetArn: string }): DeliveryFate;
}

export type TargetKind = 'lambda' | 'sqs' | 'sns' | 'states' | 'logs';

export function targetKindOf(targetArn: string): TargetKind | undefined {
  const service = targetArn.split(':')[2];
  switch (service) {
    case 'lambda':
    case 'sqs':
    case 'sns':
    case 'states':
    case 'logs':
      return service;
    default:
      return undefined;
  }
}

const DEFAULT_ATTEMPTS = 185;
const DEFAULT_AGE_SECONDS = 86_400;
const BACKOFF_BASE_MS = 1_000;
const BACKOFF_CAP_MS = 600_000;

interface Delivery {
  event: EventEnvelope;
  rule: Rule;
  target: events.Target;
  ingestedMs: number;
  retries: number;
}

interface Failure {
  code: string;
  message: string;
  retriable: boolean;
}

export class Deliveries {
  private readonly kernel: Kernel;
  private readonly metrics: MetricSink | undefined;
  private readonly faults: DeliveryFaults | undefined;
  private open = 0;

  constructor(kernel: Kernel, metrics: MetricSink | undefined, faults: DeliveryFaults | undefined) {
    this.kernel = kernel;
    this.metrics = metrics;
    this.faults = faults;
  }

  /** Deliveries under way or waiting for a retry. */
  get pending(): number {
    return this.open;
  }

  begin(event: EventEnvelope, rule: Rule, target: events.Target): void {
    const fate = this.faults?.deliver(event, { ruleName: rule.name, targetArn: target.Arn ?? '' }) ?? 'deliver';
    if (fate === 'drop') return;
    const delayMs = this.kernel.physics.eventDeliveryMs + (typeof fate === 'object' ? fate.delayMs : 0);
    for (let copy = 0; copy < (fate === 'duplicate' ? 2 : 1); copy++) {
      this.open += 1;
      this.later({ event, rule, target, ingestedMs: this.kernel.clock.nowMs(), retries: 0 }, delayMs);
    }
  }

  private later(delivery: Delivery, delayMs: number): void {
    this.kernel.clock.after(delayMs, async () => {
      let finished = true;
      try {
        finished = await this.attempt(delivery);
      } finally {
        if (finished) this.open -= 1;
      }
    });
  }

  /** Answers whether the delivery is over, well or badly. */
  private async attempt(delivery: Delivery): Promise<boolean> {
    this.measure(delivery.rule, 'Invocations');
    const failure = await this.send(delivery);
    if (!failure) return true;
    const exhausted = failure.retriable ? this.retry(delivery) : 'notRetried';
    if (exhausted === undefined) return false;
    this.measure(delivery.rule, 'FailedInvocations');
    await this.bury(delivery, failure, exhausted);
    return true;
  }

  /** Schedules the next attempt, or answers which limit forbids it. */
  private retry(delivery: Delivery): 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds' | undefined {
    const { RetryPolicy: policy } = delivery.target;
    if (delivery.retries >= (policy?.MaximumRetryAttempts ?? DEFAULT_ATTEMPTS)) return 'MaximumRetryAttempts';
    const { clock, physics, random } = this.kernel;
    const ceilingMs = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** delivery.retries);
    const delayMs = ceilingMs * (0.5 + random.next() / 2) * physics.asyncRetryTimeScale;
    const ageLimitMs = (policy?.MaximumEventAgeInSeconds ?? DEFAULT_AGE_SECONDS) * 1000 * physics.asyncRetryTimeScale;
    if (clock.nowMs() + delayMs - delivery.ingestedMs > ageLimitMs) return 'MaximumEventAgeInSeconds';
    delivery.retries += 1;
    this.measure(delivery.rule, 'RetryInvocationAttempts');
    this.later(delivery, delayMs);
    return undefined;
  }

  private async send(delivery: Delivery): Promise<Failure | undefined> {
    const { target, rule, event } = delivery;
    const input = shapeInput(target, event, rule, delivery.ingestedMs);
    try {
      await this.call(target, rule, event, input);
      return undefined;
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return classify(error);
    }
  }

  private async call(target: events.Target, rule: Rule, event: EventEnvelope, input: string): Promise<void> {
    const arn = target.Arn ?? '';
    const asService = this.serviceCaller(rule);
    const kind = targetKindOf(arn);
    switch (kind) {
      case 'lambda':
        await this.kernel.call(asService, 'lambda', 'Invoke', { FunctionName: arn, InvocationType: 'Event', Payload: Buffer.from(input) });
        return;
      case 'sqs':
        await this.kernel.call(asService, 'sqs', 'SendMessage', { QueueUrl: queueUrlOf(this.kernel, queueNameOfArn(arn)), MessageBody: input });
        return;
      case 'sns':
        await this.kernel.call(asService, 'sns', 'Publish', { TopicArn: arn, Message: input });
        return;
      case 'states': {
        const session = this.kernel.assumeRole(target.RoleArn ?? '', 'events.amazonaws.com', `events-${rule.name}`.slice(0, 64));
        await this.kernel.call(session, 'states', 'StartExecution', { stateMachineArn: arn, input, name: `${event.id}_${uuid(this.kernel.random)}` });
        return;
      }
      case 'logs': {
        const logGroupName = /:log-group:([^:]+)/.exec(arn)?.[1] ?? '';
        await this.kernel.call(asService, 'logs', 'CreateLogStream', { logGroupName, logStreamName: event.id });
        await this.kernel.call(asService, 'logs', 'PutLogEvents', { logGroupName, logStreamName: event.id, logEvents: [{ timestamp: this.kernel.clock.nowMs(), message: input }] });
        return;
      }
      case undefined:
        throw new AwsError('ValidationException', `Target ${arn} is of no known kind.`);
    }
  }

  private serviceCaller(rule: Rule): Caller {
    return { kind: 'service', principal: 'events.amazonaws.com', sourceArn: rule.arn };
  }

  private async bury(delivery: Delivery, failure: Failure, exhausted: 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds' | 'notRetried'): Promise<void> {
    const { target, rule, event } = delivery;
    const deadLetterArn = target.DeadLetterConfig?.Arn;
    if (!deadLetterArn) return;
    const text = (value: string) => ({ DataType: 'String', StringValue: value });
    try {
      await this.kernel.call(this.serviceCaller(rule), 'sqs', 'SendMessage', {
        QueueUrl: queueUrlOf(this.kernel, queueNameOfArn(deadLetterArn)),
        MessageBody: JSON.stringify(event),
        MessageAttributes: {
          RULE_ARN: text(rule.arn),
          TARGET_ARN: text(target.Arn ?? ''),
          ERROR_CODE: text(failure.code),
          ERROR_MESSAGE: text(failure.message || failure.code),
          ...(exhausted === 'notRetried' ? {} : { EXHAUSTED_RETRY_CONDITION: text(exhausted), RETRY_ATTEMPTS: text(String(delivery.retries)) }),
        },
      });
      this.measure(rule, 'InvocationsSentToDlq');
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      this.measure(rule, 'InvocationsFailedToBeSentToDlq');
    }
  }

  measure(rule: Rule, metricName: string): void {
    this.metrics?.record({ namespace: 'AWS/Events', metricName, dimensions: { RuleName: rule.name }, value: 1, unit: 'Count' });
  }
}

const MISSING = ['ResourceNotFoundException', 'QueueDoesNotExist', 'NotFoundException', 'NotFound', 'StateMachineDoesNotExist'];
const THROTTLING = ['TooManyRequestsException', 'ThrottlingException', 'Throttling', 'RequestThrottled', 'ThrottledException', 'ExecutionLimitExceeded'];

function classify(error: AwsError): Failure {
  const { code, message } = error;
  if (code.includes('AccessDenied') || code.startsWith('AuthorizationError') || error.httpStatus === 403) return { code: 'NO_PERMISSIONS', message, retriable: false };
  if (MISSING.includes(code)) return { code: 'NO_RESOURCE', message, retriable: false };
  if (THROTTLING.includes(code)) return { code: 'THROTTLING', message, retriable: true };
  if (code !== 'NotImplemented' && (error.httpStatus ?? 400) >= 500) return { code: 'SERVICE_ERROR', message, retriable: true };
  return { code: 'SDK_CLIENT_ERROR', message: `${code}: ${message}`, retriable: false };
}
