// Items under one key schema (a table's or a secondary index's): partitions in the order of a hash of their key, as a Scan sees
// them, and within a partition in the order of the sort key.
import { createHash } from 'node:crypto';
import type { AttributeValue, Item } from './attribute-values.ts';
import { compareScalars, elementText } from './attribute-values.ts';
import type { Key } from './keys.ts';
import { keyText } from './keys.ts';

interface Entry {
  sort: AttributeValue | undefined;
  /** Separates items that share an index key. */
  tie: string;
  item: Item;
}

interface Partition {
  text: string;
  /** Where a Scan meets it; worked out for the first one. */
  place: string | undefined;
  entries: Entry[];
}

export class SortedItems {
  private readonly key: Key;
  private readonly tableKey: Key;
  private readonly partitions = new Map<string, Partition>();

  /** For a table, `tableKey` is its own key. */
  constructor(key: Key, tableKey: Key) {
    this.key = key;
    this.tableKey = tableKey;
  }

  /** Adds an item that is not there yet. Items without this schema's key attributes have no place here (sparse indexes). */
  insert(item: Item): void {
    const hash = item[this.key.hash.name];
    const entry = this.entryOf(item);
    if (!hash || !entry) return;
    const text = elementText(hash);
    let partition = this.partitions.get(text);
    if (!partition) {
      partition = { text, place: undefined, entries: [] };
      this.partitions.set(text, partition);
    }
    partition.entries.splice(lowerBound(partition.entries, (other) => compareEntries(other, entry) < 0), 0, entry);
  }

  remove(item: Item): void {
    const hash = item[this.key.hash.name];
    const entry = this.entryOf(item);
    const partition = hash && this.partitions.get(elementText(hash));
    if (!hash || !entry || !partition) return;
    const index = lowerBound(partition.entries, (other) => compareEntries(other, entry) < 0);
    const found = partition.entries[index];
    if (!found || compareEntries(found, entry) !== 0) return;
    partition.entries.splice(index, 1);
    if (partition.entries.length === 0) this.partitions.delete(partition.text);
  }

  /** The items of one partition in sort order, after `startKey` (which need not exist any more) when given. */
  *inPartition(hash: AttributeValue, forward: boolean, startKey?: Item): Generator<Item> {
    const entries = this.partitions.get(elementText(hash))?.entries ?? [];
    const start = startKey && this.entryOf(startKey);
    if (forward) {
      const from = start ? lowerBound(entries, (other) => compareEntries(other, start) <= 0) : 0;
      for (const entry of entries.slice(from)) yield entry.item;
    } else {
      const until = start ? lowerBound(entries, (other) => compareEntries(other, start) < 0) : entries.length;
      for (const entry of entries.slice(0, until).reverse()) yield entry.item;
    }
  }

  /** Everything, partition by partition, after `startKey` when given. */
  *all(startKey?: Item): Generator<Item> {
    const hash = startKey?.[this.key.hash.name];
    const place = hash && placeOf(elementText(hash));
    const ordered = [...this.partitions.values()].map((partition) => ({ partition, at: (partition.place ??= placeOf(partition.text)) })).sort((a, b) => (a.at < b.at ? -1 : 1));
    for (const { partition, at } of ordered) {
      if (place !== undefined && at < place) continue;
      const start = at === place && startKey ? this.entryOf(startKey) : undefined;
      const from = start ? lowerBound(partition.entries, (other) => compareEntries(other, start) <= 0) : 0;
      for (const entry of partition.entries.slice(from)) yield entry.item;
    }
  }

  private entryOf(item: Item): Entry | undefined {
    const sort = this.key.range && item[this.key.range.name];
    if (this.key.range && !sort) return undefined;
    return { sort, tie: keyText(this.tableKey, item), item };
  }
}

const placeOf = (text: string): string => createHash('md5').update(text).digest('hex');

const compareEntries = (a: Entry, b: Entry): number =>
  (a.sort && b.sort ? (compareScalars(a.sort, b.sort) ?? 0) : 0) || (a.tie < b.tie ? -1 : a.tie > b.tie ? 1 : 0);

/** The first position whose element is not `before`. */
function lowerBound<T>(sorted: readonly T[], before: (element: T) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const element = sorted[middle];
    if (element !== undefined && before(element)) low = middle + 1;
    else high = middle;
  }
  return low;
}
