// Between the names and values of a definition (PascalCase, JSON) and those of an API.
import { isObject } from '../language/json.ts';
import type { Json } from '../language/json.ts';

export const upperFirst = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
export const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** An API's answer as JSON: dates as ISO text, blobs as text, absent members left out. Names stay. */
export function fromApi(value: unknown): Json {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (Array.isArray(value)) return value.map(fromApi);
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, member]) => (member === undefined || key === '$metadata' ? [] : [[key, fromApi(member)]])),
    );
  }
  return (value ?? null) as Json;
}
