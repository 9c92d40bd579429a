// Are two records the same once stored? DynamoDB keeps neither `undefined` nor the order of a map's members.
export function sameRecord(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = stored(a);
  return names.length === stored(b).length && names.every((name) => sameRecord((a as Named)[name], (b as Named)[name]));
}

type Named = Record<string, unknown>;

const stored = (holder: object): string[] => Object.keys(holder).filter((name) => (holder as Named)[name] !== undefined);
