// One table: its description, its items, its secondary indexes and its time to live. Every method is synchronous, which is what
// makes operations atomic. Time only enters as `nowMs`: statuses and expiries are worked out when somebody looks.
import type { BillingMode, GlobalSecondaryIndex, KeySchemaElement, Projection, Tag } from '@aws-sdk/client-dynamodb';
import type { AttributeDefinition } from '@aws-sdk/client-dynamodb';
import type { Item } from './attribute-values.ts';
import { parseDecimal } from './decimal.ts';
import { sizeOfItem } from './attribute-values.ts';
import type { Key } from './keys.ts';
import { checkIndexKey, checkItemKey, keyFrom, keyOf, keyText } from './keys.ts';
import { project } from './expressions/document-paths.ts';
import { SortedItems } from './sorted-items.ts';

export interface SecondaryIndex {
  name: string;
  keySchema: KeySchemaElement[];
  key: Key;
  projection: Projection;
  activeAtMs: number;
  items: SortedItems;
}

export interface TableDefinition {
  name: string;
  arn: string;
  id: string;
  createdAtMs: number;
  activeAtMs: number;
  keySchema: KeySchemaElement[];
  attributeDefinitions: AttributeDefinition[];
  billingMode: BillingMode;
  throughput: { ReadCapacityUnits: number; WriteCapacityUnits: number };
  tableClass: string | undefined;
  /** A customer or AWS managed key; undefined while the table is encrypted with a key AWS owns. */
  encryption: { keyArn: string; customerManaged: boolean } | undefined;
  deletionProtection: boolean;
  tags: Tag[];
}

export interface TimeToLive {
  attributeName: string;
  enabled: boolean;
  settledAtMs: number;
  /** From an item's expiry to its removal. */
  deletionDelayMs: number;
}

const FIVE_YEARS_S = 5 * 365 * 24 * 3600;

export class Table {
  readonly definition: TableDefinition;
  readonly key: Key;
  readonly indexes = new Map<string, SecondaryIndex>();
  timeToLive: TimeToLive | undefined;
  pointInTimeRecoverySinceMs: number | undefined;
  recoveryPeriodDays = 35;
  deletedAtMs: number | undefined;
  private readonly byKey = new Map<string, Item>();
  private readonly sorted: SortedItems;
  private nextSweepMs = Infinity;
  private bytes = 0;

  constructor(definition: TableDefinition) {
    this.definition = definition;
    this.key = keyFrom(definition.keySchema, definition.attributeDefinitions);
    this.sorted = new SortedItems(this.key, this.key);
  }

  addIndex(index: GlobalSecondaryIndex, activeAtMs: number): void {
    const keySchema = index.KeySchema ?? [];
    const key = keyFrom(keySchema, this.definition.attributeDefinitions);
    const items = new SortedItems(key, this.key);
    for (const item of this.byKey.values()) if (fits(key, item)) items.insert(item);
    const name = index.IndexName ?? '';
    this.indexes.set(name, { name, keySchema, key, projection: index.Projection ?? {}, activeAtMs, items });
  }

  status(nowMs: number): 'CREATING' | 'ACTIVE' | 'DELETING' {
    if (this.deletedAtMs !== undefined) return 'DELETING';
    return nowMs < this.definition.activeAtMs ? 'CREATING' : 'ACTIVE';
  }

  get itemCount(): number {
    return this.byKey.size;
  }

  get sizeBytes(): number {
    return this.bytes;
  }

  get(key: Item): Item | undefined {
    return this.byKey.get(keyText(this.key, key));
  }

  /** Refuses what could not be stored; throws before anything changes. */
  check(item: Item): void {
    checkItemKey(this.key, item);
    for (const index of this.indexes.values()) checkIndexKey(index.name, index.key, item);
  }

  /** Stores an item that `check` has passed, in place of the one with the same key. */
  put(item: Item, nowMs: number): void {
    this.delete(item);
    this.byKey.set(keyText(this.key, item), item);
    this.bytes += sizeOfItem(item);
    this.sorted.insert(item);
    for (const index of this.indexes.values()) index.items.insert(item);
    this.noteExpiry(item, nowMs);
  }

  delete(key: Item): void {
    const text = keyText(this.key, key);
    const old = this.byKey.get(text);
    if (!old) return;
    this.byKey.delete(text);
    this.bytes -= sizeOfItem(old);
    this.sorted.remove(old);
    for (const index of this.indexes.values()) index.items.remove(old);
  }

  /** The items as the table or one of its indexes orders them. */
  source(index: SecondaryIndex | undefined): SortedItems {
    return index ? index.items : this.sorted;
  }

  /** What the index holds of an item. */
  projected(index: SecondaryIndex | undefined, item: Item): Item {
    if (!index || index.projection.ProjectionType === 'ALL') return item;
    return project(item, projectedNames(this, index).map((name) => [name]));
  }

  setTimeToLive(timeToLive: TimeToLive, nowMs: number): void {
    this.timeToLive = timeToLive;
    this.nextSweepMs = Infinity;
    for (const item of this.byKey.values()) this.noteExpiry(item, nowMs);
  }

  /** Removes what has expired by now. Called before every look at the table, so no timer is needed. */
  sweep(nowMs: number): void {
    if (nowMs < this.nextSweepMs) return;
    this.nextSweepMs = Infinity;
    for (const item of [...this.byKey.values()]) {
      const removeAtMs = this.removalMs(item, nowMs);
      if (removeAtMs !== undefined && removeAtMs <= nowMs) this.delete(item);
      else this.noteExpiry(item, nowMs);
    }
  }

  private noteExpiry(item: Item, nowMs: number): void {
    this.nextSweepMs = Math.min(this.nextSweepMs, this.removalMs(item, nowMs) ?? Infinity);
  }

  /** Only numbers count, in seconds, and not if they lie more than five years in the past (milliseconds by mistake lie ahead). */
  private removalMs(item: Item, nowMs: number): number | undefined {
    const timeToLive = this.timeToLive;
    if (!timeToLive?.enabled) return undefined;
    const text = item[timeToLive.attributeName]?.N;
    if (text === undefined) return undefined;
    const { coefficient, exponent } = parseDecimal(text);
    const expiresAtS = Number(coefficient) * 10 ** exponent;
    if (nowMs / 1000 - expiresAtS > FIVE_YEARS_S) return undefined;
    return Math.max(expiresAtS * 1000, timeToLive.settledAtMs) + timeToLive.deletionDelayMs;
  }
}

/** The attributes an index of kind KEYS_ONLY or INCLUDE carries: its keys, the table's keys and the included ones. */
export const projectedNames = (table: Table, index: SecondaryIndex): string[] => {
  const keys = [table.key, index.key].flatMap((key) => [key.hash.name, ...(key.range ? [key.range.name] : [])]);
  return [...new Set([...keys, ...(index.projection.NonKeyAttributes ?? [])])];
};

/** Items of another type under an index key stay out of an index that is added later. */
function fits(key: Key, item: Item): boolean {
  const found = keyOf(key, item);
  return [key.hash, ...(key.range ? [key.range] : [])].every(({ name, type }) => found[name]?.[type] !== undefined);
}
