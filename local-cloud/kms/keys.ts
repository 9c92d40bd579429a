// The keys and aliases of the account: symmetric keys with a key policy, found by id, ARN or alias.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { KeyMetadata, KeyState, Tag } from '@aws-sdk/client-kms';
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { arnOf } from '../kernel/kernel.ts';
import { hexId } from '../kernel/random.ts';
import type { PolicyDocument } from '../kernel/service.ts';

export interface Key {
  id: string;
  arn: string;
  description: string;
  createdAtMs: number;
  enabled: boolean;
  deletionAtMs: number | undefined;
  rotation: { sinceMs: number; periodDays: number } | undefined;
  policy: string;
  tags: Tag[];
  material: Buffer;
}

/** A key that names another in a role's or user's policies is allowed by the account, as the default policy says. */
export const defaultPolicy = (accountId: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [{ Sid: 'Enable IAM User Permissions', Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: 'kms:*', Resource: '*' }],
  });

export class Keys {
  readonly kernel: Kernel;
  readonly byId = new Map<string, Key>();
  /** Key ids by alias name (`alias/NAME`). */
  readonly aliases = new Map<string, { keyId: string; createdAtMs: number; updatedAtMs: number }>();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  find(reference: string | undefined): Key | undefined {
    const alias = /(?:^|:)(alias\/.+)$/.exec(reference ?? '')?.[1];
    const id = alias === undefined ? /([^/:]+)$/.exec(reference ?? '')?.[1] : this.aliases.get(alias)?.keyId;
    const key = this.byId.get(id ?? '');
    // A key is gone for good when its waiting time is over.
    if (key?.deletionAtMs !== undefined && this.kernel.clock.nowMs() >= key.deletionAtMs) {
      this.byId.delete(key.id);
      for (const [name, target] of this.aliases) if (target.keyId === key.id) this.aliases.delete(name);
      return undefined;
    }
    return key;
  }

  get(reference: string | undefined): Key {
    const key = this.find(reference);
    if (key) return key;
    const alias = /(?:^|:)(alias\/.+)$/.exec(reference ?? '')?.[1];
    if (alias !== undefined) throw new AwsError('NotFoundException', `Alias ${arnOf(this.kernel, 'kms', alias)} is not found.`);
    const arn = reference?.startsWith('arn:') ? reference : arnOf(this.kernel, 'kms', `key/${reference ?? ''}`);
    throw new AwsError('NotFoundException', `Key '${arn}' does not exist`);
  }

  /** For cryptographic use. */
  usable(reference: string | undefined): Key {
    const key = this.get(reference);
    if (key.deletionAtMs !== undefined) throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
    if (!key.enabled) throw new AwsError('DisabledException', `${key.arn} is disabled.`);
    return key;
  }

  changeable(reference: string | undefined): Key {
    const key = this.get(reference);
    if (key.deletionAtMs !== undefined) throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
    return key;
  }

  /** What a permission names: the key's ARN, or the reference itself when there is no such key. */
  arn(reference: string | undefined): string {
    return this.find(reference)?.arn ?? (reference?.startsWith('arn:') ? reference : arnOf(this.kernel, 'kms', `key/${reference ?? ''}`));
  }

  newMaterial(): Buffer {
    return Buffer.from(hexId(this.kernel.random, 64), 'hex');
  }
}

export const stateOf = (key: Key): KeyState => (key.deletionAtMs !== undefined ? 'PendingDeletion' : key.enabled ? 'Enabled' : 'Disabled');

export const metadataOf = (key: Key, accountId: string): KeyMetadata => ({
  AWSAccountId: accountId,
  KeyId: key.id,
  Arn: key.arn,
  CreationDate: new Date(key.createdAtMs),
  Enabled: key.enabled && key.deletionAtMs === undefined,
  Description: key.description,
  KeyUsage: 'ENCRYPT_DECRYPT',
  KeyState: stateOf(key),
  ...(key.deletionAtMs === undefined ? {} : { DeletionDate: new Date(key.deletionAtMs) }),
  Origin: 'AWS_KMS',
  KeyManager: 'CUSTOMER',
  CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
  KeySpec: 'SYMMETRIC_DEFAULT',
  EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
  MultiRegion: false,
});

export const parsePolicy = (text: string): PolicyDocument => {
  try {
    return JSON.parse(text) as PolicyDocument;
  } catch {
    throw new AwsError('MalformedPolicyDocumentException', 'The new key policy is not valid JSON.');
  }
};

type Context = Record<string, string> | undefined;

/** The encryption context is authenticated, whatever the order of its members. */
const contextBytes = (context: Context): Buffer => Buffer.from(JSON.stringify(Object.entries(context ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))));

const ID_BYTES = 36;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Key id, initialisation vector, AES-256-GCM ciphertext, tag: enough for Decrypt to know the key by itself, as in AWS. */
export function seal(key: Key, plaintext: Uint8Array, context: Context, iv: Buffer): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key.material, iv).setAAD(contextBytes(context));
  return Uint8Array.from(Buffer.concat([Buffer.from(key.id), iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
}

export const sealedBy = (blob: Uint8Array): string => Buffer.from(blob.subarray(0, ID_BYTES)).toString();

export function open(key: Key, blob: Uint8Array, context: Context): Uint8Array {
  const bytes = Buffer.from(blob);
  try {
    const iv = bytes.subarray(ID_BYTES, ID_BYTES + IV_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key.material, iv).setAAD(contextBytes(context)).setAuthTag(bytes.subarray(-TAG_BYTES));
    return Uint8Array.from(Buffer.concat([decipher.update(bytes.subarray(ID_BYTES + IV_BYTES, -TAG_BYTES)), decipher.final()]));
  } catch {
    throw new AwsError('InvalidCiphertextException', '');
  }
}

/** Deterministic per request, unlike AWS's: the local cloud's secrets need no more, and histories stay repeatable. */
export const ivFrom = (kernel: Kernel): Buffer => createHash('sha256').update(hexId(kernel.random, 32)).digest().subarray(0, IV_BYTES);
