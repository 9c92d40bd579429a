// The MD5 digests SQS answers with. The SDK compares them with its own and refuses an answer that differs.
import { createHash } from 'node:crypto';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';

const md5 = (bytes: Uint8Array | string): string => createHash('md5').update(bytes).digest('hex');

export const md5OfBody = (body: string): string => md5(body);

const STRING_VALUE = 1;
const BINARY_VALUE = 2;

function lengthPrefixed(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation */
export function md5OfAttributes(attributes: Record<string, MessageAttributeValue> | undefined): string | undefined {
  const names = Object.keys(attributes ?? {}).sort();
  if (!attributes || names.length === 0) return undefined;
  const parts: Buffer[] = [];
  for (const name of names) {
    const value = attributes[name];
    const binary = value?.BinaryValue;
    parts.push(lengthPrefixed(Buffer.from(name)), lengthPrefixed(Buffer.from(value?.DataType ?? '')));
    parts.push(Buffer.from([binary ? BINARY_VALUE : STRING_VALUE]), lengthPrefixed(binary ?? Buffer.from(value?.StringValue ?? '')));
  }
  return md5(Buffer.concat(parts));
}
