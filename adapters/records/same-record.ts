// Are two records the same once stored? DynamoDB keeps neither `undefined` nor the order of a map's members.
import { isDeepStrictEqual } from 'node:util';

export const sameRecord = (a: unknown, b: unknown): boolean => isDeepStrictEqual(stored(a), stored(b));

const stored = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
