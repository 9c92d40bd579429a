// JSON in both directions: awsJson 1.0 and 1.1, and the bodies of restJson (which alone honours `jsonName`).
import type { Member, Shape } from './shape.ts';
import { asDate, base64, below, isObject, plainBytes, readTimestamp, timestampText, unknownMember, wrongType } from './values.ts';
import type { Wire } from './values.ts';

export interface JsonOptions {
  useJsonName: boolean;
}

const AWS_JSON: JsonOptions = { useJsonName: false };
export const REST_JSON: JsonOptions = { useJsonName: true };

const wireName = (member: Member, options: JsonOptions): string => (options.useJsonName ? member.traits.jsonName : undefined) ?? member.name;

export function readJson(shape: Shape, value: unknown, path: string, options: JsonOptions = AWS_JSON): unknown {
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case 'structure':
      if (!isObject(value)) throw wrongType(path, 'an object');
      return readMembers(shape.members, value, path, options);
    case 'list':
      if (!Array.isArray(value)) throw wrongType(path, 'a list');
      return value.map((item, index) => readJson(shape.item.shape, item, below(path, index), options) ?? null);
    case 'map': {
      if (!isObject(value)) throw wrongType(path, 'a map');
      const map: Wire = {};
      for (const [key, item] of Object.entries(value)) map[key] = readJson(shape.value.shape, item, below(path, key), options) ?? null;
      return map;
    }
    case 'blob':
      if (typeof value !== 'string') throw wrongType(path, 'base64 text');
      return plainBytes(Buffer.from(value, 'base64'));
    case 'timestamp':
      return readTimestamp(value, path);
    case 'string':
      if (typeof value !== 'string') throw wrongType(path, 'a string');
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType(path, 'true or false');
      return value;
    case 'number':
      return readNumber(value, path);
    case 'bigNumber':
    case 'document':
      return value;
    case 'unit':
      return {};
  }
}

/** Reads the given members out of an object, and refuses everything else that is set in it. */
export function readMembers(members: readonly Member[], value: Wire, path: string, options: JsonOptions = AWS_JSON): Wire {
  const read: Wire = {};
  let found = 0;
  for (const member of members) {
    const name = wireName(member, options);
    if (!(name in value)) continue;
    found++;
    const item = readJson(member.shape, value[name], below(path, member.name), options);
    if (item !== undefined) read[member.name] = item;
  }
  const present = Object.keys(value);
  if (present.length > found) {
    const names = new Set(members.map((member) => wireName(member, options)));
    const stranger = present.find((name) => !names.has(name) && name !== '__type' && value[name] !== null);
    if (stranger !== undefined) throw unknownMember(below(path, stranger));
  }
  return read;
}

function readNumber(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  throw wrongType(path, 'a number');
}

export function writeJson(shape: Shape, value: unknown, path: string, options: JsonOptions = AWS_JSON): unknown {
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case 'structure': {
      const source = value as Wire;
      const written: Wire = {};
      for (const member of shape.members) {
        const item = writeJson(member.shape, source[member.name], below(path, member.name), options);
        if (item !== undefined) written[wireName(member, options)] = item;
      }
      return written;
    }
    case 'list':
      return (value as unknown[]).map((item, index) => writeJson(shape.item.shape, item, below(path, index), options) ?? null);
    case 'map': {
      const written: Wire = {};
      for (const [key, item] of Object.entries(value as Wire)) {
        if (item !== undefined) written[key] = writeJson(shape.value.shape, item, below(path, key), options) ?? null;
      }
      return written;
    }
    case 'blob':
      return base64(value);
    case 'timestamp':
      return timestampText(asDate(value, path), shape.format);
    case 'number':
      return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
    case 'string':
    case 'boolean':
    case 'bigNumber':
    case 'document':
      return value;
    case 'unit':
      return {};
  }
}
