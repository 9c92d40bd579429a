// BatchGetItem and BatchWriteItem: many single requests in one call, without atomicity across them.
import type {
  BatchGetItemCommandInput,
  BatchGetItemCommandOutput,
  BatchWriteItemCommandInput,
  BatchWriteItemCommandOutput,
  KeysAndAttributes,
} from '@aws-sdk/client-dynamodb';
import { refuseUnknown } from '../kernel/errors.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import type { AttributeValue } from './attribute-values.ts';
import { sizeOfItem } from './attribute-values.ts';
import type { Usage } from './capacity.ts';
import { consumed, indexWrites, readUnits, writeUnits } from './capacity.ts';
import { validation } from './errors.ts';
import { readOne } from './item-operations.ts';
import { keyText } from './keys.ts';
import type { Tables } from './tables.ts';
import type { Write } from './writes.ts';
import { checkSubject, commit, judge, readWrite } from './writes.ts';

const GET_KEYS_MAX = 100;
const WRITE_REQUESTS_MAX = 25;
const GET_BYTES_MAX = 16 * 1024 * 1024;

export function batchOperations(tables: Tables) {
  const BatchGetItem: Operation<BatchGetItemCommandInput, Answer<BatchGetItemCommandOutput>> = {
    permissions: (input) =>
      Object.entries(input.RequestItems ?? {}).flatMap(([name, { Keys: keys = [] }]) =>
        tables.dataPermissions('BatchGetItem', name, { leadingKeys: () => keys.map((key) => tables.leadingKey(name, key)) }),
      ),
    handle: (input) => {
      refuseUnknown('BatchGetItem', input, ['RequestItems', 'ReturnConsumedCapacity']);
      const requests = entriesOf(input.RequestItems, 'requestItems');
      if (requests.reduce((count, [, { Keys: keys = [] }]) => count + keys.length, 0) > GET_KEYS_MAX) {
        throw validation('Too many items requested for the BatchGetItem call');
      }
      const responses: Record<string, Record<string, AttributeValue>[]> = {};
      const unprocessed: Record<string, KeysAndAttributes> = {};
      const usages: Usage[] = [];
      let bytes = 0;
      for (const [name, request] of requests) {
        refuseUnknown('BatchGetItem', request, ['Keys', 'ConsistentRead', 'ProjectionExpression', 'ExpressionAttributeNames']);
        const reads = (request.Keys ?? []).map((Key) => ({ Key, ...readOne(tables, { ...request, TableName: name, Key }) }));
        refuseDuplicates(reads.map(({ table, key }) => keyText(table.key, key)));
        const found = (responses[name] ??= []);
        for (const { Key, table, item, shown } of reads) {
          bytes += item ? sizeOfItem(item) : 0;
          if (bytes > GET_BYTES_MAX) {
            const left = (unprocessed[name] ??= { ...request, Keys: [] });
            left.Keys?.push(Key);
            continue;
          }
          if (shown) found.push(shown);
          usages.push({ table, tableUnits: readUnits(item ? sizeOfItem(item) : 0, request.ConsistentRead ?? false), kind: 'read' });
        }
      }
      return { Responses: responses, UnprocessedKeys: unprocessed, ConsumedCapacity: consumed(input.ReturnConsumedCapacity, () => usages) };
    },
  };

  const BatchWriteItem: Operation<BatchWriteItemCommandInput, Answer<BatchWriteItemCommandOutput>> = {
    permissions: (input) =>
      Object.entries(input.RequestItems ?? {}).flatMap(([name, requests]) =>
        tables.dataPermissions('BatchWriteItem', name, {
          leadingKeys: () => requests.map((request) => tables.leadingKey(name, request.PutRequest?.Item ?? request.DeleteRequest?.Key)),
        }),
      ),
    handle: (input) => {
      refuseUnknown('BatchWriteItem', input, ['RequestItems', 'ReturnConsumedCapacity', 'ReturnItemCollectionMetrics']);
      const requests = entriesOf(input.RequestItems, 'requestItems').flatMap(([name, list]) => list.map((request) => ({ name, request })));
      if (requests.length > WRITE_REQUESTS_MAX) throw validation('Too many items requested for the BatchWriteItem call');
      const writes = requests.map(({ name, request }): Write => {
        const { PutRequest: put, DeleteRequest: remove } = request;
        if ((put === undefined) === (remove === undefined)) {
          throw validation('Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes');
        }
        return put ? readWrite(tables, 'put', { TableName: name, Item: put.Item }) : readWrite(tables, 'delete', { TableName: name, Key: remove?.Key });
      });
      writes.forEach(checkSubject);
      refuseDuplicates(writes.map(({ table, subject }) => `${table.definition.name} ${keyText(table.key, subject)}`));
      const usages = writes.map((write): Usage => {
        const verdict = judge(write);
        const after = verdict.kind === 'allowed' ? verdict.after : undefined;
        commit(write, after, tables.nowMs());
        return { table: write.table, tableUnits: writeUnits(verdict.before, after), indexUnits: indexWrites(write.table, verdict.before, after), kind: 'write' };
      });
      return { UnprocessedItems: {}, ConsumedCapacity: consumed(input.ReturnConsumedCapacity, () => usages) };
    },
  };

  return { BatchGetItem, BatchWriteItem };
}

function entriesOf<T>(requests: Record<string, T> | undefined, member: string): [string, T][] {
  const entries = Object.entries(requests ?? {});
  if (entries.length > 0) return entries;
  throw validation(`1 validation error detected: Value '{}' at '${member}' failed to satisfy constraint: Member must have length greater than or equal to 1`);
}

function refuseDuplicates(texts: string[]): void {
  if (new Set(texts).size !== texts.length) throw validation('Provided list of item keys contains duplicates');
}
