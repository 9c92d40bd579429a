// KMS: symmetric customer managed keys whose key policies are resource policies. Not modelled: asymmetric and HMAC keys, grants as
// objects, multi-Region keys, imported material, custom key stores, AWS managed keys.
import type { Kernel } from '../kernel/kernel.ts';
import { policyDocument } from '../kernel/policy-documents.ts';
import type { Operation, PolicyDocument, ServiceModel } from '../kernel/service.ts';
import { cryptoOperations } from './crypto-operations.ts';
import { keyOperations } from './key-operations.ts';
import { Keys } from './keys.ts';

export class KmsModel implements ServiceModel {
  readonly signingName = 'kms';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly keys: Keys;

  constructor(kernel: Kernel) {
    this.keys = new Keys(kernel);
    this.operations = { ...keyOperations(this.keys), ...cryptoOperations(this.keys) };
  }

  resourcePolicy(resourceArn: string): PolicyDocument | undefined {
    const key = resourceArn.includes(':key/') ? this.keys.find(resourceArn) : undefined;
    return key && policyDocument(key.policy);
  }
}
