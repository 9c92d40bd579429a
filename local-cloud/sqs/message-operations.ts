// The operations on messages: send, receive, delete, change visibility, each alone and in batches.
import type * as sqs from '@aws-sdk/client-sqs';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import type { Answer, CallContext, Caller, Operation } from '../kernel/service.ts';
import { md5OfAttributes, md5OfBody } from './checksum.ts';
import type { Queue, StoredMessage } from './queue.ts';
import type { QueueStore } from './queue-store.ts';

const BATCH_MAX = 10;
const RECEIVE_MAX = 10;

const invalid = (reason: string) => new AwsError('InvalidParameterValueException', reason);

function sizeOf(body: string, attributes: Record<string, sqs.MessageAttributeValue> | undefined): number {
  let bytes = Buffer.byteLength(body);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value.DataType ?? '') + (value.BinaryValue?.length ?? Buffer.byteLength(value.StringValue ?? ''));
  }
  return bytes;
}

const senderOf = (caller: Caller): string => (caller.kind === 'service' ? caller.principal : caller.arn);

type Entry = Pick<sqs.SendMessageBatchRequestEntry, 'MessageBody' | 'MessageAttributes' | 'DelaySeconds'>;

function send(queue: Queue, entry: Entry, context: CallContext): { MessageId: string; MD5OfMessageBody: string; MD5OfMessageAttributes?: string } {
  const body = entry.MessageBody;
  if (body === undefined || body === '') throw new AwsError('MissingRequiredParameterException', 'The request must contain the parameter MessageBody.');
  const largest = queue.seconds('MaximumMessageSize');
  if (sizeOf(body, entry.MessageAttributes) > largest) {
    throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${largest} bytes.`);
  }
  if (Object.keys(entry.MessageAttributes ?? {}).length > 10) throw invalid('Number of message attributes [more than 10] exceeds the allowed maximum [10].');
  const message = queue.send({ body, attributes: entry.MessageAttributes, delaySeconds: entry.DelaySeconds, senderId: senderOf(context.caller) });
  const attributesDigest = md5OfAttributes(entry.MessageAttributes);
  return { MessageId: message.id, MD5OfMessageBody: md5OfBody(body), ...(attributesDigest ? { MD5OfMessageAttributes: attributesDigest } : {}) };
}

const sendMessage = (store: QueueStore): Operation<sqs.SendMessageCommandInput, Answer<sqs.SendMessageCommandOutput>> => ({
  permissions: (input) => store.permissions('SendMessage', input.QueueUrl, ['kms:GenerateDataKey', 'kms:Decrypt']),
  handle: (input, context) => {
    refuseUnknown('SendMessage', input, ['QueueUrl', 'MessageBody', 'DelaySeconds', 'MessageAttributes']);
    const queue = store.byUrl(input.QueueUrl);
    const sent = send(queue, input, context);
    store.record(queue, 'NumberOfMessagesSent', 1, 'Count');
    store.recordDepth(queue);
    return sent;
  },
});

function checkBatch(entries: { Id: string | undefined }[] | undefined): void {
  if (!entries || entries.length === 0) throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > BATCH_MAX) {
    throw new AwsError('TooManyEntriesInBatchRequest', `Maximum number of entries per request are ${BATCH_MAX}. You have sent ${entries.length}.`);
  }
  if (new Set(entries.map((entry) => entry.Id)).size < entries.length) throw new AwsError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
}

/** Runs a batch entry by entry; a refused entry is part of the answer, not a refusal of the whole. */
function runBatch<Entry extends { Id: string | undefined }, Result>(entries: Entry[] | undefined, run: (entry: Entry) => Result): { Successful: (Result & { Id: string })[]; Failed: sqs.BatchResultErrorEntry[] } {
  checkBatch(entries);
  const Successful: (Result & { Id: string })[] = [];
  const Failed: sqs.BatchResultErrorEntry[] = [];
  for (const entry of entries ?? []) {
    const Id = entry.Id ?? '';
    try {
      Successful.push({ ...run(entry), Id });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id, SenderFault: true, Code: error.code, Message: error.message });
    }
  }
  return { Successful, Failed };
}

const sendMessageBatch = (store: QueueStore): Operation<sqs.SendMessageBatchCommandInput, Answer<sqs.SendMessageBatchCommandOutput>> => ({
  permissions: (input) => store.permissions('SendMessage', input.QueueUrl, ['kms:GenerateDataKey', 'kms:Decrypt']),
  handle: (input, context) => {
    const queue = store.byUrl(input.QueueUrl);
    const result = runBatch(input.Entries, (entry) => {
      refuseUnknown('SendMessageBatch', entry, ['Id', 'MessageBody', 'DelaySeconds', 'MessageAttributes']);
      return send(queue, entry, context);
    });
    store.record(queue, 'NumberOfMessagesSent', result.Successful.length, 'Count');
    store.recordDepth(queue);
    return result;
  },
});

function systemAttributes(message: StoredMessage): Record<string, string> {
  return {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAtMs),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs ?? 0),
    ...(message.deadLetterSourceArn ? { DeadLetterQueueSourceArn: message.deadLetterSourceArn } : {}),
  };
}

/** `All`, a full name, or a prefix ending in `.*`. */
const wanted = (name: string, filters: readonly string[]): boolean =>
  filters.some((filter) => filter === 'All' || filter === '.*' || filter === name || (filter.endsWith('.*') && name.startsWith(filter.slice(0, -2))));

function toMessage(stored: StoredMessage, receiptHandle: string, input: sqs.ReceiveMessageCommandInput): sqs.Message {
  const filters: string[] = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
  const system = Object.entries(systemAttributes(stored)).filter(([name]) => wanted(name, filters));
  const own = Object.entries(stored.attributes ?? {}).filter(([name]) => wanted(name, input.MessageAttributeNames ?? []));
  return {
    MessageId: stored.id,
    ReceiptHandle: receiptHandle,
    MD5OfBody: md5OfBody(stored.body),
    Body: stored.body,
    ...(system.length > 0 ? { Attributes: Object.fromEntries(system) } : {}),
    ...(own.length > 0 ? { MessageAttributes: Object.fromEntries(own), MD5OfMessageAttributes: md5OfAttributes(Object.fromEntries(own)) } : {}),
  };
}

const receiveMessage = (store: QueueStore): Operation<sqs.ReceiveMessageCommandInput, Answer<sqs.ReceiveMessageCommandOutput>> => ({
  permissions: (input) => store.permissions('ReceiveMessage', input.QueueUrl, ['kms:Decrypt']),
  handle: async (input) => {
    refuseUnknown('ReceiveMessage', input, [
      'QueueUrl', 'AttributeNames', 'MessageSystemAttributeNames', 'MessageAttributeNames', 'MaxNumberOfMessages', 'VisibilityTimeout', 'WaitTimeSeconds',
    ]);
    const queue = store.byUrl(input.QueueUrl);
    const max = input.MaxNumberOfMessages ?? 1;
    if (max < 1 || max > RECEIVE_MAX) {
      throw invalid(`Value ${max} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and ${RECEIVE_MAX}, if provided.`);
    }
    const waitSeconds = input.WaitTimeSeconds ?? queue.seconds('ReceiveMessageWaitTimeSeconds');
    if (waitSeconds < 0 || waitSeconds > 20) throw invalid(`Value ${waitSeconds} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.`);
    const untilMs = store.kernel.clock.nowMs() + waitSeconds * 1000;
    const visibilitySeconds = input.VisibilityTimeout ?? queue.seconds('VisibilityTimeout');
    for (;;) {
      const received = queue.receive(max, visibilitySeconds, store.redriveFor(queue));
      if (received.length > 0) {
        store.record(queue, 'NumberOfMessagesReceived', received.length, 'Count');
        store.recordDepth(queue);
        return { Messages: received.map(({ message, receiptHandle }) => toMessage(message, receiptHandle, input)) };
      }
      if (queue.isDeleted() || store.kernel.clock.nowMs() >= untilMs) return {};
      await queue.waitForMessage(untilMs);
    }
  },
});

const deleteMessage = (store: QueueStore): Operation<sqs.DeleteMessageCommandInput, object> => ({
  permissions: (input) => [store.permission('DeleteMessage', input.QueueUrl)],
  handle: (input) => {
    const queue = store.byUrl(input.QueueUrl);
    queue.delete(input.ReceiptHandle ?? '');
    store.record(queue, 'NumberOfMessagesDeleted', 1, 'Count');
    return {};
  },
});

const deleteMessageBatch = (store: QueueStore): Operation<sqs.DeleteMessageBatchCommandInput, Answer<sqs.DeleteMessageBatchCommandOutput>> => ({
  permissions: (input) => [store.permission('DeleteMessage', input.QueueUrl)],
  handle: (input) => {
    const queue = store.byUrl(input.QueueUrl);
    return runBatch(input.Entries, (entry) => {
      queue.delete(entry.ReceiptHandle ?? '');
      return {};
    });
  },
});

function changeVisibility(queue: Queue, entry: { ReceiptHandle?: string; VisibilityTimeout?: number }): object {
  const seconds = entry.VisibilityTimeout ?? queue.seconds('VisibilityTimeout');
  if (seconds < 0 || seconds > 43_200) throw invalid(`Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.`);
  queue.changeVisibility(entry.ReceiptHandle ?? '', seconds);
  return {};
}

const changeMessageVisibility = (store: QueueStore): Operation<sqs.ChangeMessageVisibilityCommandInput, object> => ({
  permissions: (input) => [store.permission('ChangeMessageVisibility', input.QueueUrl)],
  handle: (input) => {
    const queue = store.byUrl(input.QueueUrl);
    changeVisibility(queue, input);
    store.recordDepth(queue);
    return {};
  },
});

const changeMessageVisibilityBatch = (store: QueueStore): Operation<sqs.ChangeMessageVisibilityBatchCommandInput, Answer<sqs.ChangeMessageVisibilityBatchCommandOutput>> => ({
  permissions: (input) => [store.permission('ChangeMessageVisibility', input.QueueUrl)],
  handle: (input) => {
    const queue = store.byUrl(input.QueueUrl);
    return runBatch(input.Entries, (entry) => changeVisibility(queue, entry));
  },
});

export const messageOperations = (store: QueueStore): Record<string, Operation> => ({
  SendMessage: sendMessage(store),
  SendMessageBatch: sendMessageBatch(store),
  ReceiveMessage: receiveMessage(store),
  DeleteMessage: deleteMessage(store),
  DeleteMessageBatch: deleteMessageBatch(store),
  ChangeMessageVisibility: changeMessageVisibility(store),
  ChangeMessageVisibilityBatch: changeMessageVisibilityBatch(store),
});
