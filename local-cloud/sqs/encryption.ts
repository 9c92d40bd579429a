// What a caller needs on a customer managed key when a queue or topic is encrypted with it. Used by SQS and SNS alike.
import type { Kernel } from '../kernel/kernel.ts';
import { arnOf } from '../kernel/kernel.ts';
import type { Permission } from '../kernel/service.ts';

type KeyUse = 'kms:GenerateDataKey' | 'kms:Decrypt';

export interface EncryptedResource {
  service: 'sqs' | 'sns';
  arn: string;
  /** Key id, key ARN, alias name or alias ARN, as given in KmsMasterKeyId. */
  keyId: string | undefined;
}

/**
 * The permissions on the key; none without a key or with the AWS managed one, whose policy admits everybody in the account.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html,
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
export async function keyPermissions(kernel: Kernel, resource: EncryptedResource, uses: KeyUse[]): Promise<Permission[]> {
  const { keyId, service } = resource;
  if (!keyId || /^(arn:[^:]+:kms:[^:]+:\d+:)?alias\/aws\//.test(keyId)) return [];
  const keyArn = await keyArnOf(kernel, keyId);
  const encryptionContext = service === 'sns' ? 'kms:EncryptionContext:aws:sns:topicArn' : 'kms:EncryptionContext:aws:sqs:arn';
  const context = { 'kms:ViaService': `${service}.${kernel.region}.amazonaws.com`, 'kms:CallerAccount': kernel.accountId, [encryptionContext]: resource.arn };
  return uses.map((action) => ({ action, resource: keyArn, context }));
}

async function keyArnOf(kernel: Kernel, keyId: string): Promise<string> {
  if (keyId.startsWith('arn:') && keyId.includes(':key/')) return keyId;
  if (!keyId.includes('alias/')) return arnOf(kernel, 'kms', `key/${keyId}`);
  // Only KMS knows where an alias points; the service itself resolves it, whatever its caller may do.
  const root = { kind: 'operator', arn: `arn:aws:iam::${kernel.accountId}:root` } as const;
  const described = (await kernel.call(root, 'kms', 'DescribeKey', { KeyId: keyId })) as { KeyMetadata?: { Arn?: string } };
  return described.KeyMetadata?.Arn ?? keyId;
}
