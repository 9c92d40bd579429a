// Consumed capacity, as far as callers can see it: units per table and, when asked, per index.
import type { ConsumedCapacity, ReturnConsumedCapacity } from '@aws-sdk/client-dynamodb';
import type { Item } from './attribute-values.ts';
import { sizeOfItem } from './attribute-values.ts';
import type { Table } from './table.ts';

export const writeUnits = (...items: (Item | undefined)[]): number =>
  Math.max(1, ...items.map((item) => Math.ceil((item ? sizeOfItem(item) : 0) / 1024)));

export const readUnits = (bytes: number, consistent: boolean): number => Math.max(1, Math.ceil(bytes / 4096)) * (consistent ? 1 : 0.5);

/** One unit-bearing index write per index that holds the item before or after. */
export function indexWrites(table: Table, before: Item | undefined, after: Item | undefined): Record<string, number> {
  const written: Record<string, number> = {};
  for (const index of table.indexes.values()) {
    const holds = (item: Item | undefined): boolean =>
      item !== undefined && item[index.key.hash.name] !== undefined && (!index.key.range || item[index.key.range.name] !== undefined);
    if (holds(before) || holds(after)) written[index.name] = writeUnits(before, after);
  }
  return written;
}

export interface Usage {
  table: Table;
  tableUnits: number;
  indexUnits?: Record<string, number>;
  kind: 'read' | 'write';
}

/** The `ConsumedCapacity` of an answer: one entry per table. */
export function consumed(asked: ReturnConsumedCapacity | undefined, usagesOf: () => readonly Usage[], transactional = false): ConsumedCapacity[] | undefined {
  if (asked !== 'TOTAL' && asked !== 'INDEXES') return undefined;
  const factor = transactional ? 2 : 1;
  const totals = new Map<Table, { table: number; indexes: Record<string, number>; kind: Usage['kind'] }>();
  for (const usage of usagesOf()) {
    const total = totals.get(usage.table) ?? { table: 0, indexes: {}, kind: usage.kind };
    total.table += usage.tableUnits * factor;
    for (const [name, units] of Object.entries(usage.indexUnits ?? {})) total.indexes[name] = (total.indexes[name] ?? 0) + units * factor;
    totals.set(usage.table, total);
  }
  return [...totals].map(([table, total]) => {
    const CapacityUnits = Object.values(total.indexes).reduce((sum, units) => sum + units, total.table);
    const perKind = (units: number) =>
      transactional ? { CapacityUnits: units, ...(total.kind === 'read' ? { ReadCapacityUnits: units } : { WriteCapacityUnits: units }) } : { CapacityUnits: units };
    const entry: ConsumedCapacity = { TableName: table.definition.name, ...perKind(CapacityUnits) };
    if (asked === 'TOTAL') return entry;
    const indexes = Object.entries(total.indexes).map(([name, units]) => [name, perKind(units)]);
    return {
      ...entry,
      Table: perKind(total.table),
      ...(indexes.length > 0 ? { GlobalSecondaryIndexes: Object.fromEntries(indexes) as ConsumedCapacity['GlobalSecondaryIndexes'] } : {}),
    };
  });
}
