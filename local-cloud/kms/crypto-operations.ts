// Encrypt, Decrypt and data keys: real AES-256-GCM, so that a wrong key or encryption context is really refused.
import type * as Kms from '@aws-sdk/client-kms';
import { AwsError, NotModelled, refuseUnknown } from '../kernel/errors.ts';
import { hexId } from '../kernel/random.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import type { Keys } from './keys.ts';
import { ivFrom, open, seal, sealedBy } from './keys.ts';

export function cryptoOperations(keys: Keys) {
  const { kernel } = keys;
  const use = (action: string, KeyId: string | undefined, encryptionContext: Record<string, string> | undefined): Permission => ({
    action: `kms:${action}`,
    resource: keys.arn(KeyId),
    context: {
      'kms:CallerAccount': kernel.accountId,
      ...Object.fromEntries(Object.entries(encryptionContext ?? {}).map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
      ...(encryptionContext ? { 'kms:EncryptionContextKeys': Object.keys(encryptionContext) } : {}),
    },
  });

  const Encrypt: Operation<Kms.EncryptCommandInput, Answer<Kms.EncryptCommandOutput>> = {
    permissions: (input) => [use('Encrypt', input.KeyId, input.EncryptionContext)],
    handle: (input) => {
      refuseUnknown('Encrypt', input, ['KeyId', 'Plaintext', 'EncryptionContext', 'EncryptionAlgorithm']);
      const key = keys.usable(input.KeyId);
      return { CiphertextBlob: seal(key, input.Plaintext ?? new Uint8Array(), input.EncryptionContext, ivFrom(kernel)), KeyId: key.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    },
  };

  const Decrypt: Operation<Kms.DecryptCommandInput, Answer<Kms.DecryptCommandOutput>> = {
    permissions: (input) => [use('Decrypt', sealedBy(input.CiphertextBlob ?? new Uint8Array()), input.EncryptionContext)],
    handle: (input) => {
      refuseUnknown('Decrypt', input, ['KeyId', 'CiphertextBlob', 'EncryptionContext', 'EncryptionAlgorithm']);
      const blob = input.CiphertextBlob ?? new Uint8Array();
      const sealer = keys.find(sealedBy(blob));
      if (!sealer) throw new AwsError('InvalidCiphertextException', '');
      if (input.KeyId !== undefined && keys.get(input.KeyId) !== sealer) {
        throw new AwsError('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can perform this operation.');
      }
      const key = keys.usable(sealer.id);
      return { Plaintext: open(key, blob, input.EncryptionContext), KeyId: key.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    },
  };

  const dataKey = (operation: string, input: Kms.GenerateDataKeyCommandInput) => {
    refuseUnknown(operation, input, ['KeyId', 'KeySpec', 'NumberOfBytes', 'EncryptionContext']);
    const key = keys.usable(input.KeyId);
    if (input.KeySpec !== undefined && input.KeySpec !== 'AES_256' && input.KeySpec !== 'AES_128') throw new NotModelled(`${operation}: the key spec ${String(input.KeySpec)}`);
    const bytes = input.NumberOfBytes ?? (input.KeySpec === 'AES_128' ? 16 : 32);
    const plaintext = Uint8Array.from(Buffer.from(hexId(kernel.random, bytes * 2), 'hex'));
    return { Plaintext: plaintext, CiphertextBlob: seal(key, plaintext, input.EncryptionContext, ivFrom(kernel)), KeyId: key.arn };
  };

  const GenerateDataKey: Operation<Kms.GenerateDataKeyCommandInput, Answer<Kms.GenerateDataKeyCommandOutput>> = {
    permissions: (input) => [use('GenerateDataKey', input.KeyId, input.EncryptionContext)],
    handle: (input) => dataKey('GenerateDataKey', input),
  };

  const GenerateDataKeyWithoutPlaintext: Operation<Kms.GenerateDataKeyWithoutPlaintextCommandInput, Answer<Kms.GenerateDataKeyWithoutPlaintextCommandOutput>> = {
    permissions: (input) => [use('GenerateDataKeyWithoutPlaintext', input.KeyId, input.EncryptionContext)],
    handle: (input) => {
      const { Plaintext: _kept, ...rest } = dataKey('GenerateDataKeyWithoutPlaintext', input);
      return rest;
    },
  };

  return { Encrypt, Decrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext };
}
