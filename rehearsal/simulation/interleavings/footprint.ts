// Which calls get in each other's way. Two that do not can be made in either order, and nobody will ever know in which they were.
import type { ApiCall } from '../../../local-cloud/cloud-kernel.ts';

/** A place in the world, read or written. `*` is every item below one key, or everything there is. */
export interface Touch {
  place: string;
  item: string;
  writes: boolean;
}

export type Footprint = readonly Touch[];

export const EVERYTHING: Footprint = [{ place: '*', item: '*', writes: true }];

export const inTheWay = (one: Footprint, other: Footprint): boolean => one.some((a) => other.some((b) => (a.writes || b.writes) && meets(a.place, b.place) && meets(a.item, b.item)));

const meets = (a: string, b: string): boolean => a === b || a === '*' || b === '*';

type Key = Record<string, { S?: string }>;

interface DynamoInput {
  Key?: Key;
  Item?: Key;
  IndexName?: string;
  ExpressionAttributeValues?: Record<string, { S?: string }>;
  TransactItems?: Record<string, { Key?: Key; Item?: Key }>[];
}

export function footprintOf({ signingName, operation, input }: ApiCall): Footprint {
  if (signingName === 'dynamodb') return inTheTable(operation, input);
  const reads = /^(?:Describe|List|Get|BatchGet)/.test(operation);
  // A function that is called, or an execution that is woken, may at once do anything.
  if (!reads && (signingName === 'lambda' || signingName === 'states')) return EVERYTHING;
  return [{ place: signingName, item: '*', writes: !reads }];
}

function inTheTable(operation: string, input: DynamoInput): Footprint {
  const at = (key: Key | undefined, writes: boolean): Touch => ({ place: key?.['pk']?.S ?? '*', item: key?.['sk']?.S ?? '*', writes });
  switch (operation) {
    case 'GetItem':
      return [at(input.Key, false)];
    case 'Query':
      return [{ place: input.IndexName === undefined ? (input.ExpressionAttributeValues?.[':pk']?.S ?? '*') : '*', item: '*', writes: false }];
    case 'PutItem':
      return [at(input.Item, true)];
    case 'UpdateItem':
    case 'DeleteItem':
      return [at(input.Key, true)];
    case 'TransactWriteItems':
      return (input.TransactItems ?? []).flatMap((item) => Object.entries(item).map(([kind, write]) => at(write.Item ?? write.Key, kind !== 'ConditionCheck')));
    default:
      return EVERYTHING;
  }
}

/** What a person reads in a schedule. */
export function callText({ signingName, operation, input }: ApiCall): string {
  const { Key, Item, ExpressionAttributeValues, UpdateExpression, TransactItems } = input as DynamoInput & { UpdateExpression?: string };
  const keyText = (key: Key | undefined) => (key ? ` ${key['pk']?.S ?? ''} ${key['sk']?.S ?? ''}` : '');
  const about = TransactItems
    ? TransactItems.flatMap((item) => Object.values(item).map((write) => keyText(write.Item ?? write.Key).trim())).map((text) => ` ${text}`).join(' +')
    : `${keyText(Key ?? Item)}${operation === 'Query' ? ` ${ExpressionAttributeValues?.[':pk']?.S ?? ''}` : ''}${UpdateExpression === undefined ? '' : ` (${UpdateExpression})`}`;
  return `${signingName}:${operation}${about}`;
}
