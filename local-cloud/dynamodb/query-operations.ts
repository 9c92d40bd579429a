// Query and Scan, on tables and their global secondary indexes.
import type { QueryCommandInput, QueryCommandOutput, ScanCommandInput, ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import { refuseUnknown } from '../kernel/errors.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import type { AttributeValue, Item } from './attribute-values.ts';
import { normaliseItem, sizeOfItem, typeOf } from './attribute-values.ts';
import { consumed, readUnits } from './capacity.ts';
import type { Usage } from './capacity.ts';
import { invalidParameterValues, validation } from './errors.ts';
import { parseCondition } from './expressions/condition-parser.ts';
import { own, project } from './expressions/document-paths.ts';
import { meets } from './expressions/evaluate-condition.ts';
import { Placeholders } from './expressions/placeholders.ts';
import { parseProjection } from './expressions/projection-parser.ts';
import type { Condition, Operand, Path } from './expressions/syntax.ts';
import { bindKeyCondition, readKeyCondition } from './key-conditions.ts';
import type { Key } from './keys.ts';
import { isKeyAttribute, keyAttributes, keyOf } from './keys.ts';
import type { SecondaryIndex, Table } from './table.ts';
import { projectedNames } from './table.ts';
import type { Tables } from './tables.ts';
import { refusedEnum } from './writes.ts';

const PAGE_BYTES_MAX = 1024 * 1024;

const SHARED_FIELDS = [
  'TableName', 'IndexName', 'Select', 'Limit', 'ConsistentRead', 'ExclusiveStartKey', 'ReturnConsumedCapacity',
  'ProjectionExpression', 'FilterExpression', 'ExpressionAttributeNames', 'ExpressionAttributeValues',
];

export function queryOperations(tables: Tables) {
  const Query: Operation<QueryCommandInput, Answer<QueryCommandOutput>> = {
    permissions: (input) =>
      tables.dataPermissions('Query', input.TableName, {
        indexName: input.IndexName,
        leadingKeys: () => [askedPartition(tables, input)],
        context: { 'dynamodb:Select': selectOf(input) },
      }),
    handle: (input) => {
      refuseUnknown('Query', input, [...SHARED_FIELDS, 'KeyConditionExpression', 'ScanIndexForward']);
      const { KeyConditionExpression: expression } = input;
      if (expression === undefined) {
        throw validation('Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.');
      }
      const placeholders = placeholdersOf(input, { KeyConditionExpression: expression });
      const tests = readKeyCondition(expression, placeholders);
      const reading = readingOf(tables, input, placeholders);
      const condition = bindKeyCondition(tests, reading.key);
      refuseKeyFilter(reading);
      if (reading.startKey) {
        const start = reading.startKey[reading.key.hash.name];
        if (!start || !condition.selects(reading.startKey) || JSON.stringify(start) !== JSON.stringify(condition.hash)) {
          throw validation('The provided starting key is outside query boundaries based on provided conditions');
        }
      }
      const items = reading.table.source(reading.index).inPartition(condition.hash, input.ScanIndexForward ?? true, reading.startKey);
      return page(reading, input, selected(items, (item) => condition.selects(item)));
    },
  };

  const Scan: Operation<ScanCommandInput, Answer<ScanCommandOutput>> = {
    permissions: (input) =>
      tables.dataPermissions('Scan', input.TableName, { indexName: input.IndexName, context: { 'dynamodb:Select': selectOf(input) } }),
    handle: (input) => {
      refuseUnknown('Scan', input, SHARED_FIELDS);
      const reading = readingOf(tables, input, placeholdersOf(input, {}));
      return page(reading, input, reading.table.source(reading.index).all(reading.startKey));
    },
  };

  return { Query, Scan };
}

type ReadInput = QueryCommandInput | ScanCommandInput;

/** What both operations make of a request. */
interface Reading {
  table: Table;
  index: SecondaryIndex | undefined;
  key: Key;
  startKey: Item | undefined;
  filter: Condition | undefined;
  projection: Path[] | undefined;
}

const placeholdersOf = (input: ReadInput, keyCondition: Record<string, string>): Placeholders =>
  new Placeholders(input, {
    FilterExpression: input.FilterExpression,
    ...keyCondition,
    ProjectionExpression: input.ProjectionExpression,
  });

const selectOf = (input: ReadInput): string =>
  input.Select ?? (input.ProjectionExpression !== undefined ? 'SPECIFIC_ATTRIBUTES' : input.IndexName !== undefined ? 'ALL_PROJECTED_ATTRIBUTES' : 'ALL_ATTRIBUTES');

function readingOf(tables: Tables, input: ReadInput, placeholders: Placeholders): Reading {
  const filter = input.FilterExpression === undefined ? undefined : parseCondition('FilterExpression', input.FilterExpression, placeholders);
  const projection = input.ProjectionExpression === undefined ? undefined : parseProjection(input.ProjectionExpression, placeholders);
  placeholders.refuseUnused();
  if (input.Limit !== undefined && input.Limit < 1) {
    throw validation(`1 validation error detected: Value '${input.Limit}' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1`);
  }
  const table = tables.live(input.TableName);
  const index = tables.index(table, input.IndexName);
  if (index && input.ConsistentRead) throw validation('Consistent reads are not supported on global secondary indexes');
  checkSelect(input, table, index, projection);
  const key = index?.key ?? table.key;
  const startKey = input.ExclusiveStartKey && normaliseItem(input.ExclusiveStartKey);
  if (startKey) checkStartKey(startKey, table, key);
  return { table, index, key, startKey, filter, projection };
}

function checkSelect(input: ReadInput, table: Table, index: SecondaryIndex | undefined, projection: Path[] | undefined): void {
  const { Select: select } = input;
  if (select !== undefined && !['SPECIFIC_ATTRIBUTES', 'COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES'].includes(select)) {
    throw refusedEnum(select, 'select', '[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]');
  }
  if (projection && select !== undefined && select !== 'SPECIFIC_ATTRIBUTES') {
    throw validation(`Cannot specify the ProjectionExpression when choosing to get ${select === 'COUNT' ? 'only the Count' : select}`);
  }
  if (select === 'SPECIFIC_ATTRIBUTES' && !projection) {
    throw invalidParameterValues('Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES');
  }
  if (select === 'ALL_PROJECTED_ATTRIBUTES' && !index) {
    throw invalidParameterValues('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName');
  }
  if (!index || index.projection.ProjectionType === 'ALL') return;
  if (select === 'ALL_ATTRIBUTES') {
    throw invalidParameterValues(
      `Select type ALL_ATTRIBUTES is not supported for global secondary index ${index.name} because its projection type is not ALL`,
    );
  }
  const carried = projectedNames(table, index);
  const missing = (projection ?? []).map(([name]) => String(name)).filter((name) => !carried.includes(name));
  if (missing.length > 0) {
    throw invalidParameterValues(`Global secondary index ${index.name} does not project [${[...new Set(missing)].join(', ')}]`);
  }
}

function checkStartKey(startKey: Item, table: Table, key: Key): void {
  const wanted = new Map([...keyAttributes(table.key), ...keyAttributes(key)].map(({ name, type }) => [name, type]));
  const names = Object.keys(startKey);
  const fits = names.length === wanted.size && names.every((name) => startKey[name] && typeOf(startKey[name]) === wanted.get(name));
  if (!fits) throw validation('The provided starting key is invalid');
}

/** Queries cannot filter on what the key condition is for. */
function refuseKeyFilter({ filter, key }: Reading): void {
  if (!filter) return;
  for (const name of namesIn(filter)) {
    if (isKeyAttribute(key, name)) {
      throw validation(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${name}`);
    }
  }
}

function namesIn(condition: Condition): string[] {
  const ofOperand = (operand: Operand): string[] => (operand.kind === 'value' ? [] : [String(operand.path[0])]);
  switch (condition.kind) {
    case 'and':
    case 'or':
      return [...namesIn(condition.left), ...namesIn(condition.right)];
    case 'not':
      return namesIn(condition.condition);
    case 'compare':
      return [condition.left, condition.right].flatMap(ofOperand);
    case 'between':
      return [condition.operand, condition.lower, condition.upper].flatMap(ofOperand);
    case 'in':
      return [condition.operand, ...condition.candidates].flatMap(ofOperand);
    case 'attributeExists':
    case 'attributeType':
      return [String(condition.path[0])];
    case 'beginsWith':
      return [condition.operand, condition.prefix].flatMap(ofOperand);
    case 'contains':
      return [condition.operand, condition.element].flatMap(ofOperand);
  }
}

function* selected(items: Iterable<Item>, test: (item: Item) => boolean): Generator<Item> {
  for (const item of items) if (test(item)) yield item;
}

/** Reads on until Limit items or 1 MB have been evaluated; the filter comes after, so a page may be empty and not the last. */
function page(reading: Reading, input: ReadInput, items: Iterable<Item>): Answer<QueryCommandOutput> {
  const { table, index, filter, projection } = reading;
  const shown: Record<string, AttributeValue>[] = [];
  let [scanned, matched, bytes] = [0, 0, 0];
  let last: Item | undefined;
  for (const stored of items) {
    const item = table.projected(index, stored);
    scanned++;
    bytes += sizeOfItem(item);
    if (!filter || meets(item, filter)) {
      matched++;
      if (input.Select !== 'COUNT') shown.push(projection ? project(item, projection) : item);
    }
    if (scanned === input.Limit || bytes >= PAGE_BYTES_MAX) {
      last = stored;
      break;
    }
  }
  const usage = (): Usage => {
    const units = readUnits(bytes, input.ConsistentRead ?? false);
    return index ? { table, tableUnits: 0, indexUnits: { [index.name]: units }, kind: 'read' } : { table, tableUnits: units, kind: 'read' };
  };
  return {
    ...(input.Select === 'COUNT' ? {} : { Items: shown }),
    Count: matched,
    ScannedCount: scanned,
    ...(last ? { LastEvaluatedKey: { ...keyOf(table.key, last), ...keyOf(reading.key, last) } } : {}),
    ConsumedCapacity: consumed(input.ReturnConsumedCapacity, () => [usage()])?.[0],
  };
}

/** The partition a query asks for, for `dynamodb:LeadingKeys`; a query too broken to tell has none and is refused later. */
function askedPartition(tables: Tables, input: QueryCommandInput): AttributeValue | undefined {
  const table = tables.find(input.TableName ?? '');
  const key = input.IndexName === undefined ? table?.key : table?.indexes.get(input.IndexName)?.key;
  if (!key || input.KeyConditionExpression === undefined) return undefined;
  try {
    const tests = readKeyCondition(input.KeyConditionExpression, placeholdersOf(input, { KeyConditionExpression: input.KeyConditionExpression }));
    return own(Object.fromEntries(tests), key.hash.name)?.values[0];
  } catch {
    return undefined;
  }
}
