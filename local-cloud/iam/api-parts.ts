// Small parts that IAM's operations share: ids, tags, pages.
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { hexId } from '../kernel/random.ts';
import type { Random } from '../kernel/random.ts';
import type { Identities } from './identities.ts';

export interface IamWorld {
  kernel: Kernel;
  identities: Identities;
}

interface Tag {
  Key: string | undefined;
  Value: string | undefined;
}

export const entityId = (random: Random, prefix: 'AROA' | 'ANPA'): string => prefix + hexId(random, 17).toUpperCase();

export const tagsIn = (tags: readonly Tag[] = []): Map<string, string> => new Map(tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']));
export const tagList = (tags: ReadonlyMap<string, string>): { Key: string; Value: string }[] => [...tags].map(([Key, Value]) => ({ Key, Value }));

/** The condition keys of a request that brings tags. */
export const tagConditions = (tags: readonly Tag[]): Record<string, string | string[]> =>
  tags.length === 0
    ? {}
    : { 'aws:TagKeys': tags.map(({ Key }) => Key ?? ''), ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key ?? ''}`, Value ?? ''])) };

const PAGE_ITEMS = 100;

/** IAM's pages: the marker is where the next page starts. */
export function page<Item>(all: readonly Item[], { Marker, MaxItems = PAGE_ITEMS }: { Marker?: string; MaxItems?: number }): { items: Item[]; IsTruncated: boolean; Marker?: string } {
  const start = Marker === undefined ? 0 : Number(Marker);
  if (!Number.isInteger(start) || start < 0) throw new AwsError('ValidationError', `Invalid Marker: ${String(Marker)}`);
  const end = start + MaxItems;
  return { items: all.slice(start, end), IsTruncated: end < all.length, ...(end < all.length ? { Marker: String(end) } : {}) };
}
