// Where the outcome of an asynchronous invocation goes: destinations and dead-letter targets, sent with the function's own role.
import { AwsError, NotModelled } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { MetricSink } from '../kernel/ports.ts';
import { queueNameOfArn, queueUrlOf } from '../sqs/names.ts';
import type { FunctionRecord } from './function-record.ts';
import { iso } from './function-record.ts';
import { invalidParameter } from './function-store.ts';
import type { InvocationResult } from './invoker.ts';

export type Condition = 'Success' | 'RetriesExhausted' | 'EventAgeExceeded' | 'ZeroReservedConcurrency';

export interface FinishedEvent {
  requestId: string;
  payload: string;
  condition: Condition;
  /** Times the function was run. */
  invokeCount: number;
  /** Of the last run; undefined when the function never ran. */
  result: InvocationResult | undefined;
  errorMessage: string;
}

type TargetKind = 'sqs' | 'sns' | 'lambda' | 'events';

function kindOf(targetArn: string): TargetKind {
  const service = targetArn.split(':')[2] ?? '';
  if (service === 'sqs' || service === 'sns' || service === 'lambda' || service === 'events') return service;
  throw new NotModelled(`Lambda destinations of the kind ${service}`);
}

const ACTIONS: Record<TargetKind, { action: string; verb: string }> = {
  sqs: { action: 'sqs:SendMessage', verb: 'SendMessage' },
  sns: { action: 'sns:Publish', verb: 'Publish' },
  lambda: { action: 'lambda:InvokeFunction', verb: 'Invoke' },
  events: { action: 'events:PutEvents', verb: 'PutEvents' },
};

export class Destinations {
  private readonly kernel: Kernel;
  private readonly metrics: MetricSink | undefined;

  constructor(kernel: Kernel, metrics: MetricSink | undefined) {
    this.kernel = kernel;
    this.metrics = metrics;
  }

  /** Lambda refuses a target that the function's role could not reach. */
  check(roleArn: string, targetArn: string, purpose: 'DLQ' | 'destination'): void {
    const kind = kindOf(targetArn);
    const { action, verb } = ACTIONS[kind];
    try {
      this.kernel.authorize(this.kernel.assumeRole(roleArn, 'lambda.amazonaws.com', 'check'), [{ action, resource: targetArn }]);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw invalidParameter(
        purpose === 'DLQ'
          ? `The provided execution role does not have permissions to call ${verb} on ${kind.toUpperCase()}`
          : `The function's execution role does not have permissions to call ${verb} on ${targetArn}`,
      );
    }
  }

  async finish(record: FunctionRecord, event: FinishedEvent): Promise<void> {
    if (event.condition === 'Success') {
      if (record.invokeConfig?.onSuccessArn) await this.sendRecord(record, record.invokeConfig.onSuccessArn, event);
      return;
    }
    this.measure(record, 'AsyncEventsDropped');
    if (record.invokeConfig?.onFailureArn) await this.sendRecord(record, record.invokeConfig.onFailureArn, event);
    if (record.deadLetterTargetArn) await this.sendDeadLetter(record, record.deadLetterTargetArn, event);
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-async-destinations */
  private async sendRecord(record: FunctionRecord, targetArn: string, event: FinishedEvent): Promise<void> {
    const body = {
      version: '1.0',
      timestamp: iso(this.kernel.clock.nowMs()),
      requestContext: { requestId: event.requestId, functionArn: `${record.arn}:$LATEST`, condition: event.condition, approximateInvokeCount: event.invokeCount },
      requestPayload: JSON.parse(event.payload) as unknown,
      ...(event.result
        ? {
            responseContext: { statusCode: 200, executedVersion: '$LATEST', ...(event.result.functionError ? { functionError: event.result.functionError } : {}) },
            responsePayload: JSON.parse(event.result.payload) as unknown,
          }
        : {}),
    };
    await this.guarded(record, 'DestinationDeliveryFailures', () => this.send(record, targetArn, JSON.stringify(body), undefined, event.condition === 'Success' ? 'Success' : 'Failure'));
  }

  /** A dead letter is the event itself; what went wrong is in the attributes. */
  private async sendDeadLetter(record: FunctionRecord, targetArn: string, event: FinishedEvent): Promise<void> {
    const attributes = {
      RequestID: { DataType: 'String', StringValue: event.requestId },
      ErrorCode: { DataType: 'Number', StringValue: event.result ? '200' : '429' },
      ErrorMessage: { DataType: 'String', StringValue: event.errorMessage.slice(0, 1_024) },
    };
    await this.guarded(record, 'DeadLetterErrors', () => this.send(record, targetArn, event.payload, attributes, 'Failure'));
  }

  private async send(record: FunctionRecord, targetArn: string, body: string, attributes: object | undefined, outcome: 'Success' | 'Failure'): Promise<void> {
    const session = this.kernel.assumeRole(record.role, 'lambda.amazonaws.com', record.name);
    const kind = kindOf(targetArn);
    switch (kind) {
      case 'sqs':
        await this.kernel.call(session, 'sqs', 'SendMessage', {
          QueueUrl: queueUrlOf(this.kernel, queueNameOfArn(targetArn)),
          MessageBody: body,
          ...(attributes ? { MessageAttributes: attributes } : {}),
        });
        return;
      case 'sns':
        await this.kernel.call(session, 'sns', 'Publish', { TopicArn: targetArn, Message: body, ...(attributes ? { MessageAttributes: attributes } : {}) });
        return;
      case 'lambda':
        await this.kernel.call(session, 'lambda', 'Invoke', { FunctionName: targetArn, InvocationType: 'Event', Payload: Buffer.from(body) });
        return;
      case 'events':
        await this.kernel.call(session, 'events', 'PutEvents', {
          Entries: [{ Source: 'lambda', DetailType: `Lambda Function Invocation Result - ${outcome}`, Resources: [`${record.arn}:$LATEST`, targetArn], Detail: body, EventBusName: targetArn }],
        });
        return;
    }
  }

  private async guarded(record: FunctionRecord, metricName: string, send: () => Promise<void>): Promise<void> {
    try {
      await send();
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      this.measure(record, metricName);
    }
  }

  private measure(record: FunctionRecord, metricName: string): void {
    this.metrics?.record({ namespace: 'AWS/Lambda', metricName, dimensions: { FunctionName: record.name }, value: 1, unit: 'Count' });
  }
}
