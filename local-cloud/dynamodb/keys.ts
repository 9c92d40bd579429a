// Key schemas: which attributes identify an item in a table or place it in an index, and the refusals around them.
import type { AttributeDefinition, KeySchemaElement } from '@aws-sdk/client-dynamodb';
import type { AttributeValue, Item } from './attribute-values.ts';
import { elementText, typeOf, utf8Length } from './attribute-values.ts';
import { invalidParameterValues, validation } from './errors.ts';
import { own } from './expressions/document-paths.ts';

export interface KeyAttribute {
  name: string;
  type: 'S' | 'N' | 'B';
}

export interface Key {
  hash: KeyAttribute;
  range: KeyAttribute | undefined;
}

const HASH_BYTES_MAX = 2048;
const RANGE_BYTES_MAX = 1024;

export function keyFrom(schema: KeySchemaElement[], definitions: AttributeDefinition[]): Key {
  const attribute = (keyType: 'HASH' | 'RANGE', position: number): KeyAttribute | undefined => {
    const element = schema[position];
    if (!element) return undefined;
    if (element.KeyType !== keyType) {
      throw invalidParameterValues(
        position === 0
          ? 'The first KeySchemaElement is not a HASH key type'
          : 'The second KeySchemaElement is not a RANGE key type',
      );
    }
    const definition = definitions.find((candidate) => candidate.AttributeName === element.AttributeName);
    if (!definition?.AttributeName || !definition.AttributeType) {
      throw invalidParameterValues(
        `Some index key attributes are not defined in AttributeDefinitions. Keys: [${schema.map((key) => key.AttributeName).join(', ')}], ` +
          `AttributeDefinitions: [${definitions.map((known) => known.AttributeName).join(', ')}]`,
      );
    }
    return { name: definition.AttributeName, type: definition.AttributeType };
  };
  const hash = attribute('HASH', 0);
  if (!hash || schema.length > 2) throw invalidParameterValues('Invalid KeySchema: it has a HASH key and at most one RANGE key');
  return { hash, range: attribute('RANGE', 1) };
}

export const keyAttributes = (key: Key): KeyAttribute[] => (key.range ? [key.hash, key.range] : [key.hash]);

export const isKeyAttribute = (key: Key, name: string): boolean => key.hash.name === name || key.range?.name === name;

/** The key attributes of a stored item. */
export const keyOf = (key: Key, item: Item): Record<string, AttributeValue> =>
  Object.fromEntries(keyAttributes(key).flatMap(({ name }) => (item[name] ? [[name, item[name]]] : [])));

/** One text per distinct primary key: the length of the first part says where the second begins. */
export function keyText({ hash, range }: Key, item: Item): string {
  const first = elementText(item[hash.name] ?? NO_KEY);
  return range ? `${first.length} ${first}${elementText(item[range.name] ?? NO_KEY)}` : first;
}

const NO_KEY: AttributeValue = { S: '' };

/** A `Key` parameter must name the primary key's attributes, all of them, and nothing else. */
export function checkKey(key: Key, given: Item): void {
  const wanted = keyAttributes(key);
  if (Object.keys(given).length !== wanted.length) throw validation('The provided key element does not match the schema');
  for (const { name, type } of wanted) {
    const value = own(given, name);
    if (!value || typeOf(value) !== type) throw validation('The provided key element does not match the schema');
  }
  checkKeyLengths(key, given);
}

/** An item to be put must hold the primary key, with the right types. */
export function checkItemKey(key: Key, item: Item): void {
  for (const { name, type } of keyAttributes(key)) {
    const value = own(item, name);
    if (!value) throw invalidParameterValues(`Missing the key ${name} in the item`);
    if (typeOf(value) !== type) throw invalidParameterValues(`Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`);
  }
  checkKeyLengths(key, item);
}

function checkKeyLengths(key: Key, item: Item): void {
  for (const { name } of keyAttributes(key)) {
    const value = item[name];
    const bytes = value?.S !== undefined ? utf8Length(value.S) : value?.B?.byteLength;
    if (bytes === 0) {
      const kind = value?.S !== undefined ? 'string' : 'binary';
      throw validation(`One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${name}`);
    }
    if (bytes !== undefined && name === key.hash.name && bytes > HASH_BYTES_MAX) {
      throw invalidParameterValues('Size of hashkey has exceeded the maximum size limit of2048 bytes');
    }
    if (bytes !== undefined && name === key.range?.name && bytes > RANGE_BYTES_MAX) {
      throw invalidParameterValues('Aggregated size of all range keys has exceeded the size limit of 1024 bytes');
    }
  }
}

/** Attributes that are keys of a secondary index may be absent (a sparse index) but not of another type or empty. */
export function checkIndexKey(indexName: string, key: Key, item: Item): void {
  for (const { name, type } of keyAttributes(key)) {
    const value = own(item, name);
    if (!value) continue;
    if (typeOf(value) !== type) {
      throw invalidParameterValues(`Type mismatch for Index Key ${name} Expected: ${type} Actual: ${typeOf(value)} IndexName: ${indexName}`);
    }
    if (value.S === '' || value.B?.byteLength === 0) {
      throw validation(
        'One or more parameter values are not valid. A value specified for a secondary index key is not supported. ' +
          `The AttributeValue for a key attribute cannot contain an empty ${value.S === '' ? 'string' : 'binary'} value. IndexName: ${indexName}, IndexKey: ${name}`,
      );
    }
  }
}
