// Reading places in an item by document path, and cutting an item down to some of them.
import type { AttributeValue, Item } from '../attribute-values.ts';
import { cloneValue } from '../attribute-values.ts';
import type { Path } from './syntax.ts';

export function valueAt(item: Item, path: Path): AttributeValue | undefined {
  const [name, ...rest] = path;
  let value = typeof name === 'string' ? own(item, name) : undefined;
  for (const step of rest) {
    if (!value) return undefined;
    value = typeof step === 'number' ? value.L?.[step] : value.M && own(value.M, step);
  }
  return value;
}

/** Only what the paths name. List elements move together: `[1]` and `[3]` of a list come out as a list of two. */
export function project(item: Item, paths: readonly Path[]): Record<string, AttributeValue> {
  const result: Record<string, AttributeValue> = {};
  for (const [name, tails] of byFirstStep(paths)) {
    const value = own(item, String(name));
    const cut = value && cutDown(value, tails);
    if (cut) result[String(name)] = cut;
  }
  return result;
}

function cutDown(value: AttributeValue, tails: Path[]): AttributeValue | undefined {
  if (tails.some((tail) => tail.length === 0)) return cloneValue(value);
  const steps = [...byFirstStep(tails)];
  if (value.M !== undefined) {
    const members: Record<string, AttributeValue> = {};
    for (const [name, rest] of steps) {
      const member = typeof name === 'string' ? own(value.M, name) : undefined;
      const cut = member && cutDown(member, rest);
      if (cut) members[String(name)] = cut;
    }
    return Object.keys(members).length > 0 ? { M: members } : undefined;
  }
  if (value.L !== undefined) {
    const list = value.L;
    const elements = steps
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([index, rest]) => {
        const element = typeof index === 'number' ? list[index] : undefined;
        return element && cutDown(element, rest);
      })
      .filter((element) => element !== undefined);
    return elements.length > 0 ? { L: elements } : undefined;
  }
  return undefined;
}

function byFirstStep(paths: readonly Path[]): Map<string | number, Path[]> {
  const groups = new Map<string | number, Path[]>();
  for (const [first, ...rest] of paths) {
    if (first === undefined) continue;
    const group = groups.get(first) ?? [];
    group.push(rest);
    groups.set(first, group);
  }
  return groups;
}

export const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
