// What all codecs agree on: where a member sits (for messages), wrong types, unknown members, required members, timestamps.
import { types } from 'node:util'; // Values may come from another realm (a worker, a vm), where `instanceof` fails.
import { AwsError, NotModelled } from '../kernel/errors.ts';
import type { Shape, TimestampFormat } from './shape.ts';

export type Wire = Record<string, unknown>;

/** A member's place for messages: `DescribeServices: services.0.name`. */
export const below = (path: string, name: string | number): string => (path.endsWith(':') ? `${path} ${name}` : `${path}.${name}`);

export const isObject = (value: unknown): value is Wire => typeof value === 'object' && value !== null && !Array.isArray(value);

export const wrongType = (path: string, expected: string): AwsError => new AwsError('SerializationException', `${path} must be ${expected}`);

/**
 * A member that the schema does not have. The SDK's schemas would drop it in silence, and the caller would believe that it
 * took effect.
 */
export const unknownMember = (path: string): NotModelled => new NotModelled(`${path} (no such member in the API version it knows)`);

const demanding = new Map<Shape, boolean>();

/** Is anything required in this shape or below? Most of DynamoDB's deep values need no look at all. */
function demands(shape: Shape): boolean {
  let answer = demanding.get(shape);
  if (answer === undefined) demanding.set(shape, (answer = reachesRequired(shape, new Set())));
  return answer;
}

function reachesRequired(shape: Shape, seen: Set<Shape>): boolean {
  if (seen.has(shape)) return false;
  seen.add(shape);
  switch (shape.kind) {
    case 'structure':
      return shape.required.length > 0 || shape.members.some((member) => reachesRequired(member.shape, seen));
    case 'list':
      return reachesRequired(shape.item.shape, seen);
    case 'map':
      return reachesRequired(shape.value.shape, seen);
    default:
      return false;
  }
}

/** Required members that are absent, as paths, everywhere in the input. */
export function missingMembers(shape: Shape, value: unknown, path = ''): string[] {
  return demands(shape) ? missingIn(shape, value, path) : [];
}

function missingIn(shape: Shape, value: unknown, path: string): string[] {
  switch (shape.kind) {
    case 'structure': {
      if (!isObject(value)) return [];
      const missing = shape.required.filter((name) => value[name] == null).map((name) => path + lowerFirst(name));
      for (const member of shape.members) {
        const child = value[member.name];
        if (typeof child === 'object' && child !== null) missing.push(...missingMembers(member.shape, child, `${path}${lowerFirst(member.name)}.`));
      }
      return missing;
    }
    case 'list':
      return Array.isArray(value) ? value.flatMap((item, index) => missingMembers(shape.item.shape, item, `${path}${index + 1}.member.`)) : [];
    case 'map':
      return isObject(value) ? Object.entries(value).flatMap(([key, item]) => missingMembers(shape.value.shape, item, `${path}${key}.member.`)) : [];
    default:
      return [];
  }
}

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** The refusal of a call that lacks required members, in the words AWS services use. */
export function requireMembers(shape: Shape, input: unknown): void {
  const missing = missingMembers(shape, input);
  if (missing.length === 0) return;
  const count = `${missing.length} validation error${missing.length === 1 ? '' : 's'} detected`;
  const each = missing.map((name) => `Value null at '${name}' failed to satisfy constraint: Member must not be null`);
  throw new AwsError('ValidationException', `${count}: ${each.join('; ')}`);
}

export function readTimestamp(value: unknown, path: string): Date {
  const date = types.isDate(value) ? value : typeof value === 'number' ? new Date(value * 1000) : new Date(numeric(value) ?? String(value));
  if (Number.isNaN(date.getTime())) throw wrongType(path, 'a timestamp');
  return date;
}

/** Query strings and headers may carry epoch seconds as text. */
const numeric = (value: unknown): number | undefined => (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : undefined);

/** Models answer with Dates; a number that slipped in would reach clients as a wrong time, so it is refused. */
export function asDate(value: unknown, path: string): Date {
  if (types.isDate(value)) return value;
  throw new TypeError(`${path}: a model answered ${JSON.stringify(value)} where the API has a timestamp; it must be a Date`);
}

export const isoSeconds = (date: Date): string => date.toISOString().replace('.000Z', 'Z');

export function timestampText(date: Date, format: TimestampFormat): string | number {
  switch (format) {
    case 'dateTime':
      return isoSeconds(date);
    case 'httpDate':
      return date.toUTCString();
    case 'epochSeconds':
    case 'protocolDefault':
      return date.getTime() / 1000;
  }
}

export const base64 = (value: unknown): string => Buffer.from(asBytes(value)).toString('base64');

export function asBytes(value: unknown): Uint8Array {
  if (types.isUint8Array(value)) return value;
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  throw new TypeError(`a model answered ${typeof value} where the API has a blob; it must be a Uint8Array`);
}

/** The bytes as a plain Uint8Array, which is what SDK types promise (a Buffer prints and compares differently). */
export const plainBytes = (buffer: Uint8Array): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).slice();

/** A scalar as headers and XML carry it. */
export function scalarText(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  throw new TypeError(`${path}: a model answered ${typeof value} where the API has a scalar`);
}
