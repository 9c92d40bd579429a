// CBOR in both directions (Smithy RPC v2), which CloudWatch's clients may choose. Timestamps are tag 1, epoch seconds.
import { types } from 'node:util';
import { cbor, tag } from '@smithy/core/cbor';
import type { Shape } from './shape.ts';
import { asBytes, asDate, below, isObject, plainBytes, readTimestamp, unknownMember, wrongType } from './values.ts';
import type { Wire } from './values.ts';

const EPOCH_SECONDS_TAG = 1;

export const parseCbor = (body: Uint8Array): unknown => cbor.deserialize(body);
export const printCbor = (value: unknown): Uint8Array => plainBytes(cbor.serialize(value));

export function readCbor(shape: Shape, value: unknown, path: string): unknown {
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case 'structure': {
      if (!isObject(value)) throw wrongType(path, 'a map');
      const read: Wire = {};
      for (const member of shape.members) {
        const item = readCbor(member.shape, value[member.name], below(path, member.name));
        if (item !== undefined) read[member.name] = item;
      }
      const names = new Set(shape.members.map((member) => member.name));
      const stranger = Object.keys(value).find((name) => !names.has(name) && value[name] !== null);
      if (stranger !== undefined) throw unknownMember(below(path, stranger));
      return read;
    }
    case 'list':
      if (!Array.isArray(value)) throw wrongType(path, 'a list');
      return value.map((item, index) => readCbor(shape.item.shape, item, below(path, index)) ?? null);
    case 'map':
      if (!isObject(value)) throw wrongType(path, 'a map');
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readCbor(shape.value.shape, item, below(path, key)) ?? null]));
    case 'timestamp':
      return readTimestamp(isObject(value) && 'value' in value ? Number(value['value']) : value, path);
    case 'blob':
      if (!(types.isUint8Array(value))) throw wrongType(path, 'a byte string');
      return plainBytes(value);
    case 'number':
      if (typeof value !== 'number' && typeof value !== 'bigint') throw wrongType(path, 'a number');
      return Number(value);
    case 'string':
      if (typeof value !== 'string') throw wrongType(path, 'a string');
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType(path, 'true or false');
      return value;
    case 'bigNumber':
    case 'document':
      return value;
    case 'unit':
      return {};
  }
}

export function writeCbor(shape: Shape, value: unknown, path: string): unknown {
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case 'structure': {
      const source = value as Wire;
      const written: Wire = {};
      for (const member of shape.members) {
        const item = writeCbor(member.shape, source[member.name], below(path, member.name));
        if (item !== undefined) written[member.name] = item;
      }
      return written;
    }
    case 'list':
      return (value as unknown[]).map((item, index) => writeCbor(shape.item.shape, item, below(path, index)) ?? null);
    case 'map':
      return Object.fromEntries(Object.entries(value as Wire).map(([key, item]) => [key, writeCbor(shape.value.shape, item, below(path, key)) ?? null]));
    case 'timestamp':
      return tag({ tag: EPOCH_SECONDS_TAG, value: asDate(value, path).getTime() / 1000 });
    case 'blob':
      return asBytes(value);
    case 'string':
    case 'boolean':
    case 'number':
    case 'bigNumber':
    case 'document':
      return value;
    case 'unit':
      return {};
  }
}
