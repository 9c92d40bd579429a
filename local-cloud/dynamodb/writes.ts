// What PutItem, UpdateItem, DeleteItem, ConditionCheck and their transactional twins have in common: read the request, judge it
// against the stored item, and only then change anything.
import type { AttributeValue, Item } from './attribute-values.ts';
import { normaliseItem, sizeOfItem } from './attribute-values.ts';
import { invalidParameterValues, validation } from './errors.ts';
import { applyUpdate } from './expressions/apply-update.ts';
import { parseCondition } from './expressions/condition-parser.ts';
import { meets } from './expressions/evaluate-condition.ts';
import { Placeholders } from './expressions/placeholders.ts';
import type { Condition, UpdateAction } from './expressions/syntax.ts';
import { parseUpdate } from './expressions/update-parser.ts';
import { checkKey, isKeyAttribute } from './keys.ts';
import type { Table } from './table.ts';
import type { Tables } from './tables.ts';

export type WriteKind = 'put' | 'update' | 'delete' | 'check';

export interface WriteInput {
  TableName?: string;
  Item?: Record<string, AttributeValue>;
  Key?: Record<string, AttributeValue>;
  UpdateExpression?: string;
  ConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, AttributeValue>;
  ReturnValuesOnConditionCheckFailure?: string;
}

/** A request whose expressions are understood; nothing has been compared with the table yet. */
export interface Write {
  kind: WriteKind;
  table: Table;
  /** The item to put, or the key of the item meant. */
  subject: Item;
  actions: UpdateAction[];
  condition: Condition | undefined;
  returnsOldOnFailure: boolean;
}

export type Judgement =
  | { kind: 'allowed'; before: Item | undefined; after: Item | undefined }
  | { kind: 'conditionFailed'; before: Item | undefined };

export const ITEM_BYTES_MAX = 400 * 1024;

export function readWrite(tables: Tables, kind: WriteKind, input: WriteInput): Write {
  const expressions = kind === 'update' ? pickExpressions(input) : { ConditionExpression: input.ConditionExpression };
  const placeholders = new Placeholders(input, expressions);
  const actions = input.UpdateExpression === undefined ? [] : parseUpdate(input.UpdateExpression, placeholders);
  const condition =
    input.ConditionExpression === undefined ? undefined : parseCondition('ConditionExpression', input.ConditionExpression, placeholders);
  placeholders.refuseUnused();
  const subject = normaliseItem((kind === 'put' ? input.Item : input.Key) ?? {});
  const choice = input.ReturnValuesOnConditionCheckFailure;
  if (choice !== undefined && choice !== 'ALL_OLD' && choice !== 'NONE') {
    throw refusedEnum(choice, 'returnValuesOnConditionCheckFailure', '[ALL_OLD, NONE]');
  }
  return { kind, table: tables.live(input.TableName), subject, actions, condition, returnsOldOnFailure: choice === 'ALL_OLD' };
}

const pickExpressions = (input: WriteInput): Record<string, string | undefined> => ({
  UpdateExpression: input.UpdateExpression,
  ConditionExpression: input.ConditionExpression,
});

/** Key attributes of the wrong shape are refused before the condition is looked at. */
export function checkSubject({ kind, table, subject, actions }: Write): void {
  if (kind === 'put') {
    table.check(subject);
    if (sizeOfItem(subject) > ITEM_BYTES_MAX) throw validation('Item size has exceeded the maximum allowed size');
    return;
  }
  checkKey(table.key, subject);
  for (const { path } of actions) {
    const name = String(path[0]);
    if (isKeyAttribute(table.key, name)) throw invalidParameterValues(`Cannot update attribute ${name}. This attribute is part of the key`);
  }
}

export function judge(write: Write): Judgement {
  const { table, kind, subject, condition } = write;
  const before = table.get(subject);
  if (condition && !meets(before ?? {}, condition)) return { kind: 'conditionFailed', before };
  switch (kind) {
    case 'put':
      return { kind: 'allowed', before, after: subject };
    case 'delete':
      return { kind: 'allowed', before, after: undefined };
    case 'check':
      return { kind: 'allowed', before, after: before };
    case 'update': {
      const after = applyUpdate(before ?? subject, write.actions);
      if (sizeOfItem(after) > ITEM_BYTES_MAX) throw validation('Item size to update has exceeded the maximum allowed size');
      table.check(after);
      return { kind: 'allowed', before, after };
    }
  }
}

export function commit(write: Write, after: Item | undefined, nowMs: number): void {
  if (write.kind === 'check') return;
  if (after) write.table.put(after, nowMs);
  else write.table.delete(write.subject);
}

/** Members of a refusal that shows the item as it was, when asked for and when there was one. */
export const oldItemIfAsked = (write: Write, before: Item | undefined): { Item?: Record<string, AttributeValue> } =>
  write.returnsOldOnFailure && before ? { Item: before } : {};

export const refusedEnum = (value: string, member: string, allowed: string): Error =>
  validation(`1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must satisfy enum value set: ${allowed}`);
