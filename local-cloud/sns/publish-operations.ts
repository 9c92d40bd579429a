// Publish and PublishBatch.
import type * as sns from '@aws-sdk/client-sns';
import { AwsError, NotModelled, refuseUnknown } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { uuid } from '../kernel/random.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import { keyPermissions } from '../sqs/encryption.ts';
import type { Deliveries, Message } from './delivery.ts';
import { invalidParameter } from './topic.ts';
import type { Topic, Topics } from './topic.ts';
import { onTopic } from './topic-operations.ts';

const SIZE_LIMIT_BYTES = 262_144;
const BATCH_MAX = 10;

type Entry = Pick<sns.PublishBatchRequestEntry, 'Message' | 'Subject' | 'MessageStructure' | 'MessageAttributes'>;

export function publishOperations(kernel: Kernel, topics: Topics, deliveries: Deliveries): Record<string, Operation> {
  const permissions = async (topicArn: string | undefined): Promise<Permission[]> => {
    const keyId = topics.all.get(topicArn ?? '')?.attributes.get('KmsMasterKeyId');
    return [onTopic('Publish', topicArn), ...(await keyPermissions(kernel, { service: 'sns', arn: topicArn ?? '', keyId }, ['kms:GenerateDataKey', 'kms:Decrypt']))];
  };

  const send = (topic: Topic, entry: Entry): string => {
    const message: Message = {
      id: uuid(kernel.random),
      topicArn: topic.arn,
      subject: checkedSubject(entry.Subject),
      bodyFor: bodiesOf(entry),
      attributes: entry.MessageAttributes ?? {},
      publishedAtMs: kernel.clock.nowMs(),
    };
    for (const subscription of topic.subscriptions.values()) deliveries.begin(message, subscription);
    return message.id;
  };

  const publish: Operation<sns.PublishCommandInput, Answer<sns.PublishCommandOutput>> = {
    permissions: (input) => permissions(input.TopicArn ?? input.TargetArn),
    handle: (input) => {
      refuseUnknown('Publish', input, ['TopicArn', 'TargetArn', 'Message', 'Subject', 'MessageStructure', 'MessageAttributes']);
      return { MessageId: send(topics.get(input.TopicArn ?? input.TargetArn), input) };
    },
  };

  const publishBatch: Operation<sns.PublishBatchCommandInput, Answer<sns.PublishBatchCommandOutput>> = {
    permissions: (input) => permissions(input.TopicArn),
    handle: (input) => {
      const topic = topics.get(input.TopicArn);
      const entries = input.PublishBatchRequestEntries ?? [];
      if (entries.length === 0) throw new AwsError('EmptyBatchRequestException', "The batch request doesn't contain any entries.", { httpStatus: 400 });
      if (entries.length > BATCH_MAX) throw new AwsError('TooManyEntriesInBatchRequestException', 'The batch request contains more entries than permissible.', { httpStatus: 400 });
      if (new Set(entries.map((entry) => entry.Id)).size < entries.length) throw new AwsError('BatchEntryIdsNotDistinctException', 'Two or more batch entries in the request have the same Id.', { httpStatus: 400 });
      const Successful: sns.PublishBatchResultEntry[] = [];
      const Failed: sns.BatchResultErrorEntry[] = [];
      for (const entry of entries) {
        refuseUnknown('PublishBatch', entry, ['Id', 'Message', 'Subject', 'MessageStructure', 'MessageAttributes']);
        try {
          Successful.push({ Id: entry.Id, MessageId: send(topic, entry) });
        } catch (error) {
          if (!(error instanceof AwsError) || error instanceof NotModelled) throw error;
          Failed.push({ Id: entry.Id, Code: 'InvalidParameter', Message: error.message, SenderFault: true });
        }
      }
      return { Successful, Failed };
    },
  };

  return { Publish: publish, PublishBatch: publishBatch };
}

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: up to 100 characters of ASCII, no line breaks, no control characters. */
function checkedSubject(subject: string | undefined): string | undefined {
  if (subject === undefined) return undefined;
  if (!/^[\x21-\x7e][\x20-\x7e]{0,98}$/.test(subject)) throw invalidParameter('Subject');
  return subject;
}

function bodiesOf(entry: Entry): (protocol: string) => string {
  const text = entry.Message ?? '';
  if (text === '') throw invalidParameter('Empty message');
  let bytes = Buffer.byteLength(text);
  for (const [name, value] of Object.entries(entry.MessageAttributes ?? {})) bytes += Buffer.byteLength(name + (value.DataType ?? '') + (value.StringValue ?? '')) + (value.BinaryValue?.length ?? 0);
  if (bytes > SIZE_LIMIT_BYTES) throw invalidParameter('Message too long');
  if (entry.MessageStructure === undefined) return () => text;
  if (entry.MessageStructure !== 'json') throw invalidParameter('MessageStructure');
  let byProtocol: Record<string, unknown>;
  try {
    byProtocol = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw invalidParameter('Message Structure - JSON message body failed to parse');
  }
  const fallback = byProtocol.default;
  if (typeof fallback !== 'string') throw invalidParameter('Message Structure - No default entry in JSON message body');
  return (protocol) => {
    const own = byProtocol[protocol];
    return typeof own === 'string' ? own : fallback;
  };
}
