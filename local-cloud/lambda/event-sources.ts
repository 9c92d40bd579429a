// Event source mappings from SQS queues: Lambda polls with the function's role, invokes with batches, and deletes what succeeded.
// Between polls it waits for the queue itself, as long as it takes: what a long poll of 20 s after the other would find, without them.
// Not modelled: other sources, filters, batching windows, batches over 10, more than one poller.
import type * as lambda from '@aws-sdk/client-lambda';
import type * as sqs from '@aws-sdk/client-sqs';
import { AwsError, NotModelled, refuseUnknown } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { QueueArrivals } from '../kernel/ports.ts';
import { arnOf } from '../kernel/kernel.ts';
import { uuid } from '../kernel/random.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import { queueNameOfArn, queueUrlOf } from '../sqs/names.ts';
import type { FunctionRecord } from './function-record.ts';
import type { FunctionStore } from './function-store.ts';
import { conflict, invalidParameter, notFound } from './function-store.ts';
import type { Invoker } from './invoker.ts';
import { functionArnOf, parseFunctionName } from './names.ts';

interface Mapping {
  uuid: string;
  queueArn: string;
  functionName: string;
  batchSize: number;
  reportsItemFailures: boolean;
  enabled: boolean;
  modifiedAtMs: number;
  lastResult: string;
  /** Grows when the mapping is switched off or deleted; a poller of an older generation stops. */
  generation: number;
}

const POLL_ERROR_DELAY_MS = 5_000;

export class EventSources {
  readonly operations: Record<string, Operation>;
  private readonly store: FunctionStore;
  private readonly kernel: Kernel;
  private readonly invoker: Invoker;
  private readonly queues: QueueArrivals;
  private readonly mappings = new Map<string, Mapping>();

  constructor(store: FunctionStore, invoker: Invoker, queues: QueueArrivals) {
    this.store = store;
    this.kernel = store.kernel;
    this.invoker = invoker;
    this.queues = queues;
    this.operations = {
      CreateEventSourceMapping: this.create(),
      GetEventSourceMapping: this.get(),
      UpdateEventSourceMapping: this.update(),
      DeleteEventSourceMapping: this.remove(),
      ListEventSourceMappings: this.list(),
    };
  }

  close(): void {
    for (const mapping of this.mappings.values()) mapping.generation += 1;
  }

  // ---- operations ---------------------------------------------------------------------------------------------------------------

  private create(): Operation<lambda.CreateEventSourceMappingCommandInput, lambda.EventSourceMappingConfiguration> {
    return {
      permissions: (input) => [
        { action: 'lambda:CreateEventSourceMapping', resource: '*', context: { 'lambda:FunctionArn': functionArnOf(this.kernel, parseFunctionName(input.FunctionName ?? '').name) } },
      ],
      handle: (input) => {
        refuseUnknown('CreateEventSourceMapping', input, ['EventSourceArn', 'FunctionName', 'Enabled', 'BatchSize', 'FunctionResponseTypes', 'MaximumBatchingWindowInSeconds', 'Tags']);
        const queueArn = input.EventSourceArn ?? '';
        if (queueArn.split(':')[2] !== 'sqs') throw new NotModelled(`event source mappings from ${queueArn.split(':')[2] ?? 'nothing'}`);
        if (input.MaximumBatchingWindowInSeconds) throw new NotModelled('CreateEventSourceMapping: the field MaximumBatchingWindowInSeconds');
        const batchSize = checkedBatchSize(input.BatchSize ?? 10);
        const record = this.store.get(input.FunctionName);
        if ([...this.mappings.values()].some((mapping) => mapping.queueArn === queueArn && mapping.functionName === record.name)) {
          throw conflict(`An event source mapping with SQS arn (" ${queueArn} ") and function (" ${record.name} ") already exists. Please update or delete the existing mapping.`);
        }
        this.checkRole(record, queueArn);
        const mapping: Mapping = {
          uuid: uuid(this.kernel.random),
          queueArn,
          functionName: record.name,
          batchSize,
          reportsItemFailures: input.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
          enabled: input.Enabled ?? true,
          modifiedAtMs: this.kernel.clock.nowMs(),
          lastResult: 'No records processed',
          generation: 0,
        };
        this.mappings.set(mapping.uuid, mapping);
        if (mapping.enabled) this.startPolling(mapping);
        return this.toApi(mapping);
      },
    };
  }

  private get(): Operation<lambda.GetEventSourceMappingCommandInput, lambda.EventSourceMappingConfiguration> {
    return { permissions: (input) => this.permission('GetEventSourceMapping', input.UUID), handle: (input) => this.toApi(this.find(input.UUID)) };
  }

  private update(): Operation<lambda.UpdateEventSourceMappingCommandInput, lambda.EventSourceMappingConfiguration> {
    return {
      permissions: (input) => this.permission('UpdateEventSourceMapping', input.UUID),
      handle: (input) => {
        refuseUnknown('UpdateEventSourceMapping', input, ['UUID', 'FunctionName', 'Enabled', 'BatchSize', 'FunctionResponseTypes']);
        const mapping = this.find(input.UUID);
        if (input.FunctionName !== undefined) mapping.functionName = this.store.get(input.FunctionName).name;
        if (input.BatchSize !== undefined) mapping.batchSize = checkedBatchSize(input.BatchSize);
        if (input.FunctionResponseTypes) mapping.reportsItemFailures = input.FunctionResponseTypes.includes('ReportBatchItemFailures');
        mapping.modifiedAtMs = this.kernel.clock.nowMs();
        if (input.Enabled !== undefined && input.Enabled !== mapping.enabled) {
          mapping.enabled = input.Enabled;
          mapping.generation += 1;
          if (mapping.enabled) this.startPolling(mapping);
        }
        return this.toApi(mapping);
      },
    };
  }

  private remove(): Operation<lambda.DeleteEventSourceMappingCommandInput, lambda.EventSourceMappingConfiguration> {
    return {
      permissions: (input) => this.permission('DeleteEventSourceMapping', input.UUID),
      handle: (input) => {
        const mapping = this.find(input.UUID);
        mapping.generation += 1;
        this.mappings.delete(mapping.uuid);
        return { ...this.toApi(mapping), State: 'Deleting' };
      },
    };
  }

  private list(): Operation<lambda.ListEventSourceMappingsCommandInput, Answer<lambda.ListEventSourceMappingsCommandOutput>> {
    return {
      permissions: () => [{ action: 'lambda:ListEventSourceMappings', resource: '*' }],
      handle: (input) => {
        const name = input.FunctionName === undefined ? undefined : parseFunctionName(input.FunctionName).name;
        const chosen = [...this.mappings.values()].filter((mapping) => (name === undefined || mapping.functionName === name) && (input.EventSourceArn === undefined || mapping.queueArn === input.EventSourceArn));
        return { EventSourceMappings: chosen.map((mapping) => this.toApi(mapping)) };
      },
    };
  }

  private find(id: string | undefined): Mapping {
    const mapping = this.mappings.get(id ?? '');
    if (!mapping) throw notFound('The resource you requested does not exist.');
    return mapping;
  }

  private permission(action: string, id: string | undefined): Permission[] {
    const functionName = this.mappings.get(id ?? '')?.functionName;
    return [
      {
        action: `lambda:${action}`,
        resource: this.arnOf(id ?? ''),
        ...(functionName ? { context: { 'lambda:FunctionArn': functionArnOf(this.kernel, functionName) } } : {}),
      },
    ];
  }

  private arnOf(id: string): string {
    return arnOf(this.kernel, 'lambda', `event-source-mapping:${id}`);
  }

  private checkRole(record: FunctionRecord, queueArn: string): void {
    for (const action of ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes']) {
      try {
        this.kernel.authorize(this.kernel.assumeRole(record.role, 'lambda.amazonaws.com', 'check'), [{ action: `sqs:${action}`, resource: queueArn }]);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        throw invalidParameter(`The function execution role does not have permissions to call ${action} on SQS`);
      }
    }
  }

  private toApi(mapping: Mapping): lambda.EventSourceMappingConfiguration {
    return {
      UUID: mapping.uuid,
      BatchSize: mapping.batchSize,
      MaximumBatchingWindowInSeconds: 0,
      EventSourceArn: mapping.queueArn,
      FunctionArn: functionArnOf(this.kernel, mapping.functionName),
      LastModified: new Date(mapping.modifiedAtMs),
      LastProcessingResult: mapping.lastResult,
      State: mapping.enabled ? 'Enabled' : 'Disabled',
      StateTransitionReason: 'USER_INITIATED',
      FunctionResponseTypes: mapping.reportsItemFailures ? ['ReportBatchItemFailures'] : [],
      EventSourceMappingArn: this.arnOf(mapping.uuid),
    };
  }

  // ---- polling --------------------------------------------------------------------------------------------------------------------

  private startPolling(mapping: Mapping): void {
    const { generation } = mapping;
    const turn = async (): Promise<void> => {
      if (mapping.generation !== generation) return;
      const pauseMs = await this.poll(mapping);
      if (mapping.generation === generation) this.kernel.clock.after(pauseMs, turn);
    };
    this.kernel.clock.after(0, turn);
  }

  /** One batch. Answers how long to wait before the next. */
  private async poll(mapping: Mapping): Promise<number> {
    const record = this.store.functions.get(mapping.functionName);
    if (!record) return POLL_ERROR_DELAY_MS;
    const QueueUrl = queueUrlOf(this.kernel, queueNameOfArn(mapping.queueArn));
    try {
      const session = this.kernel.assumeRole(record.role, 'lambda.amazonaws.com', record.name);
      const received = (await this.kernel.call(session, 'sqs', 'ReceiveMessage', {
        QueueUrl,
        MaxNumberOfMessages: mapping.batchSize,
        WaitTimeSeconds: 0,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      })) as sqs.ReceiveMessageCommandOutput;
      const messages = received.Messages ?? [];
      if (messages.length === 0) {
        await this.queues.arrival(mapping.queueArn);
        return 0;
      }
      const done = await this.hand(mapping, record, messages);
      mapping.lastResult = done.length === messages.length ? 'OK' : 'PROBLEM: Function call failed';
      if (done.length > 0) {
        const Entries = done.map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle }));
        await this.kernel.call(session, 'sqs', 'DeleteMessageBatch', { QueueUrl, Entries });
      }
      return 0;
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      mapping.lastResult = `PROBLEM: ${error.message}`;
      return POLL_ERROR_DELAY_MS;
    }
  }

  /** Answers the messages that may be deleted; the others come back when their visibility timeout is over. */
  private async hand(mapping: Mapping, record: FunctionRecord, messages: sqs.Message[]): Promise<sqs.Message[]> {
    const payload = JSON.stringify({ Records: messages.map((message) => this.toRecord(mapping, message)) });
    const result = await this.invoker.invoke(record, { requestId: uuid(this.kernel.random), payload });
    if (result.functionError) return [];
    if (!mapping.reportsItemFailures) return messages;
    const failed = failedItems(result.payload, messages);
    return messages.filter((message) => !failed.has(message.MessageId ?? ''));
  }

  private toRecord(mapping: Mapping, message: sqs.Message): object {
    const messageAttributes = Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
        name,
        {
          ...(value.StringValue === undefined ? {} : { stringValue: value.StringValue }),
          ...(value.BinaryValue === undefined ? {} : { binaryValue: Buffer.from(value.BinaryValue).toString('base64') }),
          stringListValues: [],
          binaryListValues: [],
          dataType: value.DataType,
        },
      ]),
    );
    return {
      messageId: message.MessageId,
      receiptHandle: message.ReceiptHandle,
      body: message.Body,
      attributes: message.Attributes ?? {},
      messageAttributes,
      md5OfBody: message.MD5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: mapping.queueArn,
      awsRegion: this.kernel.region,
    };
  }
}

function checkedBatchSize(size: number): number {
  if (size > 10) throw new NotModelled('SQS batches of more than 10 messages (BatchSize)');
  if (size < 1) throw invalidParameter('BatchSize must be at least 1.');
  return size;
}

/** An answer that is no proper failure report counts as a failure of the whole batch. */
function failedItems(payload: string, messages: sqs.Message[]): Set<string> {
  const all = new Set(messages.map((message) => message.MessageId ?? ''));
  const answer = JSON.parse(payload) as { batchItemFailures?: { itemIdentifier?: unknown }[] | null } | null;
  const failures = answer?.batchItemFailures;
  if (!failures) return new Set();
  if (!Array.isArray(failures)) return all;
  const failed = new Set<string>();
  for (const { itemIdentifier } of failures) {
    if (typeof itemIdentifier !== 'string' || !all.has(itemIdentifier)) return all;
    failed.add(itemIdentifier);
  }
  return failed;
}
