// PutItem, GetItem, UpdateItem, DeleteItem.
import type {
  DeleteItemCommandInput,
  DeleteItemCommandOutput,
  GetItemCommandInput,
  GetItemCommandOutput,
  PutItemCommandInput,
  PutItemCommandOutput,
  UpdateItemCommandInput,
  UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import type { AttributeValue, Item } from './attribute-values.ts';
import { normaliseItem, sizeOfItem } from './attribute-values.ts';
import type { Usage } from './capacity.ts';
import { consumed, indexWrites, readUnits, writeUnits } from './capacity.ts';
import { validation } from './errors.ts';
import { project } from './expressions/document-paths.ts';
import { Placeholders } from './expressions/placeholders.ts';
import { parseProjection } from './expressions/projection-parser.ts';
import { checkKey } from './keys.ts';
import type { Tables } from './tables.ts';
import type { Write, WriteInput, WriteKind } from './writes.ts';
import { checkSubject, commit, judge, oldItemIfAsked, readWrite, refusedEnum } from './writes.ts';

const WRITE_FIELDS = [
  'TableName',
  'ConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ReturnValues',
  'ReturnConsumedCapacity',
  'ReturnItemCollectionMetrics',
  'ReturnValuesOnConditionCheckFailure',
];

type SingleWriteInput = WriteInput & Pick<PutItemCommandInput, 'ReturnValues' | 'ReturnConsumedCapacity'>;

export function itemOperations(tables: Tables) {
  const writePermissions = (action: string, input: SingleWriteInput) =>
    tables.dataPermissions(action, input.TableName, {
      leadingKeys: () => [tables.leadingKey(input.TableName, input.Item ?? input.Key)],
      context: { 'dynamodb:ReturnValues': input.ReturnValues ?? 'NONE' },
    });

  const write = (kind: WriteKind, input: SingleWriteInput): Answer<UpdateItemCommandOutput> => {
    checkReturnValues(kind, input.ReturnValues);
    const request = readWrite(tables, kind, input);
    checkSubject(request);
    const verdict = judge(request);
    if (verdict.kind === 'conditionFailed') {
      throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed', { members: oldItemIfAsked(request, verdict.before) });
    }
    const { before, after } = verdict;
    commit(request, after, tables.nowMs());
    const attributes = returned(request, input.ReturnValues, before, after);
    const usage = (): Usage => ({ table: request.table, tableUnits: writeUnits(before, after), indexUnits: indexWrites(request.table, before, after), kind: 'write' });
    return {
      ...(attributes && Object.keys(attributes).length > 0 ? { Attributes: attributes } : {}),
      ConsumedCapacity: consumed(input.ReturnConsumedCapacity, () => [usage()])?.[0],
    };
  };

  const PutItem: Operation<PutItemCommandInput, Answer<PutItemCommandOutput>> = {
    permissions: (input) => writePermissions('PutItem', input),
    handle: (input) => {
      refuseUnknown('PutItem', input, [...WRITE_FIELDS, 'Item']);
      return write('put', input);
    },
  };

  const UpdateItem: Operation<UpdateItemCommandInput, Answer<UpdateItemCommandOutput>> = {
    permissions: (input) => writePermissions('UpdateItem', input),
    handle: (input) => {
      refuseUnknown('UpdateItem', input, [...WRITE_FIELDS, 'Key', 'UpdateExpression']);
      return write('update', input);
    },
  };

  const DeleteItem: Operation<DeleteItemCommandInput, Answer<DeleteItemCommandOutput>> = {
    permissions: (input) => writePermissions('DeleteItem', input),
    handle: (input) => {
      refuseUnknown('DeleteItem', input, [...WRITE_FIELDS, 'Key']);
      return write('delete', input);
    },
  };

  const GetItem: Operation<GetItemCommandInput, Answer<GetItemCommandOutput>> = {
    permissions: (input) => tables.dataPermissions('GetItem', input.TableName, { leadingKeys: () => [tables.leadingKey(input.TableName, input.Key)] }),
    handle: (input) => {
      refuseUnknown('GetItem', input, ['TableName', 'Key', 'ConsistentRead', 'ProjectionExpression', 'ExpressionAttributeNames', 'ReturnConsumedCapacity']);
      const { table, item, shown } = readOne(tables, input);
      const usage = (): Usage => ({ table, tableUnits: readUnits(item ? sizeOfItem(item) : 0, input.ConsistentRead ?? false), kind: 'read' });
      return { ...(shown ? { Item: shown } : {}), ConsumedCapacity: consumed(input.ReturnConsumedCapacity, () => [usage()])?.[0] };
    },
  };

  return { PutItem, GetItem, UpdateItem, DeleteItem };
}

type OneRead = Pick<GetItemCommandInput, 'TableName' | 'Key' | 'ProjectionExpression' | 'ExpressionAttributeNames'>;

/** The item a key names, whole and as the projection shows it. */
export function readOne(tables: Tables, input: OneRead) {
  const placeholders = new Placeholders(
    { ExpressionAttributeNames: input.ExpressionAttributeNames },
    { ProjectionExpression: input.ProjectionExpression },
  );
  const paths = input.ProjectionExpression === undefined ? undefined : parseProjection(input.ProjectionExpression, placeholders);
  placeholders.refuseUnused();
  const table = tables.live(input.TableName);
  const key = normaliseItem(input.Key ?? {});
  checkKey(table.key, key);
  const item = table.get(key);
  return { table, key, item, shown: item && (paths ? project(item, paths) : item) };
}

function checkReturnValues(kind: WriteKind, choice: string | undefined): void {
  if (choice === undefined) return;
  if (!['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'].includes(choice)) {
    throw refusedEnum(choice, 'returnValues', '[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]');
  }
  if (kind !== 'update' && choice !== 'ALL_OLD' && choice !== 'NONE') throw validation('Return values set to invalid value');
}

function returned(request: Write, choice: string | undefined, before: Item | undefined, after: Item | undefined): Record<string, AttributeValue> | undefined {
  const changed = request.actions.map((action) => action.path);
  switch (choice) {
    case 'ALL_OLD':
      return before;
    case 'ALL_NEW':
      return after;
    case 'UPDATED_OLD':
      return before && project(before, changed);
    case 'UPDATED_NEW':
      return after && project(after, changed);
    default:
      return undefined;
  }
}
