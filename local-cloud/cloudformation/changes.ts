// What a template asks for, beside what a stack has: in which order, what changes, and what cannot be changed in place.
import { validationError } from './errors.ts';
import { dependencies } from './order.ts';
import { plainText } from './properties.ts';
import type { ResourceProvider } from './provider.ts';
import type { StackResource, StackWish } from './stack.ts';
import { wantedResources } from './stack-scope.ts';
import { isRecord } from './template.ts';

/** Of each resource, those that it depends on. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Dependencies among the resources whose conditions hold. */
export function graphOf(wish: StackWish): Graph {
  const wanted = new Set(wantedResources(wish));
  return new Map([...dependencies(wish.template)].filter(([logicalId]) => wanted.has(logicalId)).map(([logicalId, named]) => [logicalId, new Set([...named].filter((name) => wanted.has(name)))]));
}

export function replaces(provider: ResourceProvider, before: StackResource, properties: Readonly<Record<string, unknown>>): boolean {
  if (before.type !== provider.type || !provider.update) return true;
  const decisive = [...(provider.replacedBy ?? []), ...(provider.nameProperty === undefined ? [] : [provider.nameProperty])];
  return decisive.some((name) => !same(before.properties[name], properties[name]));
}

export function refuseNameClash(provider: ResourceProvider, before: StackResource, properties: Readonly<Record<string, unknown>>, logicalId: string): void {
  const name = provider.nameProperty === undefined ? undefined : properties[provider.nameProperty];
  if (name === undefined || before.type !== provider.type || !same(before.properties[provider.nameProperty ?? ''], name)) return;
  throw validationError(
    `CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${plainText(name)} and update the stack again. (resource ${logicalId})`,
  );
}

export const same = (left: unknown, right: unknown): boolean => JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]));
};
