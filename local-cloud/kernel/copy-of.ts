// A deep copy of plain data: what API inputs and answers are made of. `structuredClone` goes through a message port and takes ten
// times as long, which counts in views that are made for every read.
import { types } from 'node:util'; // Values may come from another realm, where `instanceof` fails.

export function copyOf<Value>(value: Value): Value {
  return copy(value) as Value;
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  if (types.isDate(value)) return new Date(value);
  if (types.isUint8Array(value)) return Uint8Array.from(value);
  const copied: Record<string, unknown> = {};
  for (const name of Object.keys(value)) copied[name] = copy((value as Record<string, unknown>)[name]);
  return copied;
}
