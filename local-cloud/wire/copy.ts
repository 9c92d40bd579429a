// Copies a call's input or output member by member, as a journey over the wire would: nothing is shared between caller and model,
// members that the API does not have stay behind, blobs arrive as bytes and times as Dates.
import { Uint8ArrayBlobAdapter } from '@smithy/core/serde';
import type { Shape } from './shape.ts';
import { asBytes, asDate, below } from './values.ts';
import type { Wire } from './values.ts';

/** `newToken` fills idempotency tokens that the caller left out, as the SDK does. */
export function copyInput(shape: Shape, value: unknown, newToken: () => string): Wire {
  const input = (copy(shape, value, 'the input:') ?? {}) as Wire;
  if (shape.kind === 'structure') for (const { name, traits } of shape.members) if (traits.idempotencyToken) input[name] ??= newToken();
  return input;
}

export const copyOutput = (shape: Shape, value: unknown, operation: string): Wire => (copy(shape, value, `the answer of ${operation}:`) ?? {}) as Wire;

function copy(shape: Shape, value: unknown, path: string): unknown {
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case 'structure': {
      const source = value as Wire;
      const copied: Wire = {};
      for (const member of shape.members) {
        const item = source[member.name];
        if (item !== null && item !== undefined) copied[member.name] = copy(member.shape, item, below(path, member.name));
      }
      return copied;
    }
    case 'list':
      return (value as unknown[]).map((item, index) => copy(shape.item.shape, item, below(path, index)) ?? null);
    case 'map': {
      const copied: Wire = {};
      for (const [key, item] of Object.entries(value)) if (item !== undefined) copied[key] = copy(shape.value.shape, item, below(path, key)) ?? null;
      return copied;
    }
    case 'blob':
      return Uint8ArrayBlobAdapter.mutate(Uint8Array.from(asBytes(value)));
    case 'timestamp':
      return new Date(asDate(value, path));
    case 'document':
      return structuredClone(value);
    case 'string':
    case 'boolean':
    case 'number':
    case 'bigNumber':
      return value;
    case 'unit':
      return {};
  }
}
