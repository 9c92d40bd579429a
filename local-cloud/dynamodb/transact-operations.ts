// TransactWriteItems and TransactGetItems: all or nothing. Everything is judged before anything is changed, and since the model is
// synchronous no other request can come in between (so a TransactionConflict cannot happen here).
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
import type {
  CancellationReason,
  TransactGetItemsCommandInput,
  TransactGetItemsCommandOutput,
  TransactWriteItem,
  TransactWriteItemsCommandInput,
  TransactWriteItemsCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import { sizeOfItem } from './attribute-values.ts';
import type { Usage } from './capacity.ts';
import { consumed, indexWrites, readUnits, writeUnits } from './capacity.ts';
import { validation } from './errors.ts';
import { readOne } from './item-operations.ts';
import { keyText } from './keys.ts';
import type { Tables } from './tables.ts';
import type { Judgement, Write, WriteInput, WriteKind } from './writes.ts';
import { checkSubject, commit, judge, oldItemIfAsked, readWrite } from './writes.ts';

const ACTIONS_MAX = 100;
const BYTES_MAX = 4 * 1024 * 1024;
const TOKEN_LIFE_MS = 10 * 60_000;

const SHAPES = {
  Put: { kind: 'put', action: 'PutItem', own: ['Item'] },
  Update: { kind: 'update', action: 'UpdateItem', own: ['Key', 'UpdateExpression'] },
  Delete: { kind: 'delete', action: 'DeleteItem', own: ['Key'] },
  ConditionCheck: { kind: 'check', action: 'ConditionCheckItem', own: ['Key'] },
} as const satisfies Record<string, { kind: WriteKind; action: string; own: string[] }>;

const SHARED_FIELDS = ['TableName', 'ConditionExpression', 'ExpressionAttributeNames', 'ExpressionAttributeValues', 'ReturnValuesOnConditionCheckFailure'];

export function transactOperations(tables: Tables) {
  const tokens = new Map<string, { payload: string; untilMs: number }>();

  const TransactWriteItems: Operation<TransactWriteItemsCommandInput, Answer<TransactWriteItemsCommandOutput>> = {
    permissions: (input) =>
      (input.TransactItems ?? []).flatMap((item) =>
        actionsOf(item).flatMap(({ shape, request }) =>
          tables.dataPermissions(shape.action, request.TableName, {
            leadingKeys: () => [tables.leadingKey(request.TableName, request.Item ?? request.Key)],
            context: { 'dynamodb:EnclosingOperation': 'TransactWriteItems' },
          }),
        ),
      ),
    handle: (input) => {
      refuseUnknown('TransactWriteItems', input, ['TransactItems', 'ReturnConsumedCapacity', 'ReturnItemCollectionMetrics', 'ClientRequestToken']);
      const items = countChecked(input.TransactItems);
      const token = input.ClientRequestToken;
      if (token !== undefined && (token.length < 1 || token.length > 36)) {
        throw validation(
          `1 validation error detected: Value '${token}' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36`,
        );
      }
      const payload = JSON.stringify({ ...input, ClientRequestToken: undefined, ReturnConsumedCapacity: undefined });
      const known = token === undefined ? undefined : tokens.get(token);
      const replayed = known !== undefined && tables.nowMs() < known.untilMs;
      if (replayed && known.payload !== payload) {
        throw new AwsError(
          'IdempotentParameterMismatchException',
          'DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token that was already used.',
        );
      }
      const writes = items.map((item) => readAction(tables, item));
      refuseSameItem(writes);
      if (replayed) return { ConsumedCapacity: consumed(input.ReturnConsumedCapacity, () => writes.map(replayUsage), true) };
      const usages = carryOut(writes, tables.nowMs());
      if (token !== undefined) tokens.set(token, { payload, untilMs: tables.nowMs() + TOKEN_LIFE_MS });
      return { ConsumedCapacity: consumed(input.ReturnConsumedCapacity, () => usages, true) };
    },
  };

  const TransactGetItems: Operation<TransactGetItemsCommandInput, Answer<TransactGetItemsCommandOutput>> = {
    permissions: (input) =>
      (input.TransactItems ?? []).flatMap(({ Get: get }) =>
        tables.dataPermissions('GetItem', get?.TableName, {
          leadingKeys: () => [tables.leadingKey(get?.TableName, get?.Key)],
          context: { 'dynamodb:EnclosingOperation': 'TransactGetItems' },
        }),
      ),
    handle: (input) => {
      refuseUnknown('TransactGetItems', input, ['TransactItems', 'ReturnConsumedCapacity']);
      const reads = countChecked(input.TransactItems).map(({ Get: get }) => {
        refuseUnknown('TransactGetItems', get ?? {}, ['Key', 'TableName', 'ProjectionExpression', 'ExpressionAttributeNames']);
        return readOne(tables, get ?? { TableName: undefined, Key: undefined });
      });
      const usages = reads.map(({ table, item }): Usage => ({ table, tableUnits: readUnits(item ? sizeOfItem(item) : 0, true), kind: 'read' }));
      return {
        Responses: reads.map(({ shown }) => (shown ? { Item: shown } : {})),
        ConsumedCapacity: consumed(input.ReturnConsumedCapacity, () => usages, true),
      };
    },
  };

  return { TransactWriteItems, TransactGetItems };
}

/** The actions set in one member of TransactItems; there should be exactly one. */
const actionsOf = (item: TransactWriteItem): { shape: (typeof SHAPES)[keyof typeof SHAPES]; request: WriteInput }[] =>
  (Object.keys(SHAPES) as (keyof typeof SHAPES)[]).flatMap((name) => {
    const request: WriteInput | undefined = item[name];
    return request ? [{ shape: SHAPES[name], request }] : [];
  });

function readAction(tables: Tables, item: TransactWriteItem): Write {
  const [action, ...others] = actionsOf(item);
  if (!action || others.length > 0) {
    throw validation('TransactItems can only contain one of Check, Put, Update or Delete');
  }
  const { shape, request } = action;
  refuseUnknown(`TransactWriteItems (${shape.action})`, request, [...SHARED_FIELDS, ...shape.own]);
  return readWrite(tables, shape.kind, request);
}

function countChecked<T>(items: T[] | undefined): T[] {
  const count = items?.length ?? 0;
  if (items && count >= 1 && count <= ACTIONS_MAX) return items;
  const limit = count < 1 ? 'greater than or equal to 1' : `less than or equal to ${ACTIONS_MAX}`;
  throw validation(`1 validation error detected: Value '[...]' at 'transactItems' failed to satisfy constraint: Member must have length ${limit}`);
}

function refuseSameItem(writes: Write[]): void {
  const texts = writes.map(({ table, subject }) => `${table.definition.name} ${keyText(table.key, subject)}`);
  if (new Set(texts).size !== texts.length) throw validation('Transaction request cannot include multiple operations on one item');
}

type Outcome = { judgement: Extract<Judgement, { kind: 'allowed' }>; reason: undefined } | { judgement: undefined; reason: CancellationReason };

function carryOut(writes: Write[], nowMs: number): Usage[] {
  const outcomes = writes.map(outcomeOf);
  if (outcomes.some((outcome) => outcome.reason)) throw cancelled(outcomes.map((outcome) => outcome.reason ?? { Code: 'None' }));
  const bytes = outcomes.reduce((sum, { judgement }) => sum + (judgement?.after ? sizeOfItem(judgement.after) : 0), 0);
  if (bytes > BYTES_MAX) throw validation('Transaction size cannot exceed 4194304 bytes');
  return writes.map((write, index): Usage => {
    const judgement = outcomes[index]?.judgement;
    const [before, after] = [judgement?.before, judgement?.after];
    commit(write, after, nowMs);
    const indexUnits = write.kind === 'check' ? {} : indexWrites(write.table, before, after);
    return { table: write.table, tableUnits: writeUnits(before, after), indexUnits, kind: 'write' };
  });
}

function outcomeOf(write: Write): Outcome {
  try {
    checkSubject(write);
    const judgement = judge(write);
    if (judgement.kind === 'allowed') return { judgement, reason: undefined };
    const old = oldItemIfAsked(write, judgement.before);
    return { judgement: undefined, reason: { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', ...old } };
  } catch (error) {
    if (error instanceof AwsError && error.code === 'ValidationException') {
      return { judgement: undefined, reason: { Code: 'ValidationError', Message: error.message } };
    }
    throw error;
  }
}

const cancelled = (reasons: CancellationReason[]): AwsError =>
  new AwsError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map((reason) => reason.Code).join(', ')}]`,
    { members: { CancellationReasons: reasons } },
  );

/** A repeated token costs reads: the items are looked at, not written. */
const replayUsage = (write: Write): Usage => {
  const item = write.table.get(write.subject);
  return { table: write.table, tableUnits: readUnits(item ? sizeOfItem(item) : 0, true), kind: 'read' };
};
