// Queue attributes: defaults, ranges, and what SetQueueAttributes may change.
import { AwsError, NotModelled } from '../kernel/errors.ts';
import { parseObject } from '../kernel/json.ts';
import { policyDocument } from '../kernel/policy-documents.ts';
import type { PolicyDocument } from '../kernel/service.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html; 1 MiB messages since 2025-08. */
const DEFAULTS: Record<string, string> = {
  VisibilityTimeout: '30',
  MessageRetentionPeriod: '345600',
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
};

const RANGES: Record<string, [number, number]> = {
  VisibilityTimeout: [0, 43_200],
  MessageRetentionPeriod: [60, 1_209_600],
  DelaySeconds: [0, 900],
  MaximumMessageSize: [1_024, 1_048_576],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  KmsDataKeyReusePeriodSeconds: [60, 86_400],
};

const FIFO = ['FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit'];
const SETTABLE = [...Object.keys(DEFAULTS), ...Object.keys(RANGES), 'Policy', 'RedrivePolicy', 'RedriveAllowPolicy', 'KmsMasterKeyId'];

export const defaultAttributes = (): Map<string, string> => new Map(Object.entries(DEFAULTS));

/** Checks new attributes and writes them over `attributes`. An empty Policy, RedrivePolicy or key removes it. */
export function applyAttributes(attributes: Map<string, string>, changes: Record<string, string>): void {
  for (const [name, value] of Object.entries(changes)) {
    if (FIFO.includes(name) && value !== 'false') throw new NotModelled(`FIFO queues (${name})`);
    if (!SETTABLE.includes(name)) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    checkValue(name, value);
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') attributes.delete(name);
    else attributes.set(name, value);
  }
  if (changes.KmsMasterKeyId) attributes.set('SqsManagedSseEnabled', 'false');
}

function checkValue(name: string, value: string): void {
  const invalid = () => new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
  const range = RANGES[name];
  if (range && (!/^\d+$/.test(value) || Number(value) < range[0] || Number(value) > range[1])) throw invalid();
  if (name === 'RedrivePolicy' && value !== '' && !redriveOf(value)) throw invalid();
  if ((name === 'Policy' || name === 'RedriveAllowPolicy') && value !== '' && parseObject(value) === undefined) throw invalid();
}

export interface Redrive {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
}

export function redriveOf(policy: string | undefined): Redrive | undefined {
  const parsed = policy === undefined ? undefined : parseObject(policy);
  const target = parsed?.deadLetterTargetArn;
  const count = Number(parsed?.maxReceiveCount);
  return typeof target === 'string' && Number.isInteger(count) && count >= 1 && count <= 1000 ? { deadLetterTargetArn: target, maxReceiveCount: count } : undefined;
}

export const policyOf = (attributes: ReadonlyMap<string, string>): PolicyDocument | undefined => {
  const policy = attributes.get('Policy');
  return policy === undefined ? undefined : policyDocument(policy);
};
