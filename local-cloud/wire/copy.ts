// Copies a call's input or output member by member, as a journey over the wire would: nothing is shared between caller and model,
// members that the API does not have stay behind, blobs arrive as bytes and times as Dates.
import { types } from 'node:util'; // Values may come from another realm, where `instanceof` fails.
import { Uint8ArrayBlobAdapter } from '@smithy/core/serde';
import type { Shape, Structure } from './shape.ts';
import { asBytes, asDate, below } from './values.ts';
import type { Wire } from './values.ts';

export const copyInput = (shape: Shape, value: unknown, newToken: () => string): Wire => withTokens(shape, copyOf(shape, value, 'the input:'), newToken);

const tokenMembers = new WeakMap<Shape, readonly string[]>();

/** `newToken` fills idempotency tokens that the caller left out, as the SDK does. */
export function withTokens(shape: Shape, input: Wire, newToken: () => string): Wire {
  let names = tokenMembers.get(shape);
  if (!names) tokenMembers.set(shape, (names = shape.kind === 'structure' ? shape.members.filter(({ traits }) => traits.idempotencyToken).map(({ name }) => name) : []));
  for (const name of names) input[name] ??= newToken();
  return input;
}

export const copyOutput = (shape: Shape, value: unknown, operation: string): Wire => copyOf(shape, value, `the answer of ${operation}:`);

function copyOf(shape: Shape, value: unknown, of: string): Wire {
  const place: Place = [of];
  return (copy(shape, value, place) ?? {}) as Wire;
}

/** Where in the value the copy is: put into words only for an error. */
type Place = (string | number)[];

const placeText = ([of, ...steps]: Place): string => steps.reduce<string>(below, String(of));

function copy(shape: Shape, value: unknown, place: Place): unknown {
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case 'string':
    case 'boolean':
    case 'number':
    case 'bigNumber':
      return value;
    case 'structure': {
      const source = value as Wire;
      const copied: Wire = {};
      const members = memberShapes(shape);
      // By what is there: most structures have many more members than any value of theirs.
      for (const name of Object.keys(source)) {
        const member = members.get(name);
        const item = source[name];
        if (member && item !== null && item !== undefined) copied[name] = copyBelow(member, item, place, name);
      }
      return copied;
    }
    case 'list':
      return (value as unknown[]).map((item, index) => copyBelow(shape.item.shape, item, place, index) ?? null);
    case 'map': {
      const copied: Wire = {};
      for (const [key, item] of Object.entries(value)) if (item !== undefined) copied[key] = copyBelow(shape.value.shape, item, place, key) ?? null;
      return copied;
    }
    case 'blob':
      return Uint8ArrayBlobAdapter.mutate(Uint8Array.from(asBytes(value)));
    case 'timestamp':
      return new Date(types.isDate(value) ? value : asDate(value, placeText(place)));
    case 'document':
      return structuredClone(value);
    case 'unit':
      return {};
  }
}

const membersByName = new WeakMap<Structure, ReadonlyMap<string, Shape>>();

function memberShapes(structure: Structure): ReadonlyMap<string, Shape> {
  const known = membersByName.get(structure);
  if (known) return known;
  const members = new Map(structure.members.map(({ name, shape }) => [name, shape]));
  membersByName.set(structure, members);
  return members;
}

function copyBelow(shape: Shape, value: unknown, place: Place, step: string | number): unknown {
  if (typeof value === 'string' || typeof value === 'boolean') return copy(shape, value, place);
  place.push(step);
  const copied = copy(shape, value, place);
  place.pop();
  return copied;
}
