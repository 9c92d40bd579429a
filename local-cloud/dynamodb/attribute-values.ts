// Attribute values: what is a valid one, how big it is, when two are equal, and how key values sort.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { compareDecimals, formatDecimal, parseDecimal, significantDigits } from './decimal.ts';
import { invalidParameterValues, validation } from './errors.ts';

export type { AttributeValue };
/** Items are immutable, inside the model and in its answers: a change makes a new one, and every door copies what it hands out. */
export type Item = Readonly<Record<string, AttributeValue>>;
export type AttributeType = 'S' | 'N' | 'B' | 'SS' | 'NS' | 'BS' | 'M' | 'L' | 'NULL' | 'BOOL';

const ATTRIBUTE_TYPES: readonly AttributeType[] = ['S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L', 'NULL', 'BOOL'];
const NESTING_LEVELS_MAX = 32;

export const isAttributeType = (text: string): text is AttributeType => (ATTRIBUTE_TYPES as readonly string[]).includes(text);

export function typeOf(value: AttributeValue): AttributeType {
  const type = ATTRIBUTE_TYPES.find((candidate) => value[candidate] !== undefined);
  if (!type) throw validation('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
  return type;
}

/** A validated deep copy with numbers in canonical form. */
export function normaliseValue(value: AttributeValue, depth = 1): AttributeValue {
  if (depth > NESTING_LEVELS_MAX) throw validation('Nesting Levels have exceeded supported limits');
  if (Object.keys(value).length > 1 && ATTRIBUTE_TYPES.filter((type) => value[type] !== undefined).length > 1) {
    throw validation('Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes');
  }
  if (value.S !== undefined) return { S: value.S };
  if (value.N !== undefined) return { N: formatDecimal(parseDecimal(value.N)) };
  if (value.B !== undefined) return { B: Uint8Array.from(value.B) };
  if (value.BOOL !== undefined) return { BOOL: value.BOOL };
  if (value.NULL !== undefined) {
    if (!value.NULL) throw invalidParameterValues('Null attribute value types must have the value of true');
    return { NULL: true };
  }
  if (value.SS !== undefined) return { SS: distinct(value.SS, 'string', (text) => text) };
  if (value.NS !== undefined) return { NS: distinct(value.NS.map((text) => formatDecimal(parseDecimal(text))), 'number', (text) => text) };
  if (value.BS !== undefined) return { BS: distinct(value.BS.map((bytes) => Uint8Array.from(bytes)), 'binary', hex) };
  if (value.L !== undefined) return { L: value.L.map((element) => normaliseValue(element, depth + 1)) };
  if (value.M !== undefined) return { M: mapValues(value.M, (element) => normaliseValue(element, depth + 1)) };
  throw validation('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
}

export const normaliseItem = (item: Record<string, AttributeValue>): Item => mapValues(item, (value) => normaliseValue(value));

export function cloneValue(value: AttributeValue): AttributeValue {
  if (value.L !== undefined) return { L: value.L.map((element) => cloneValue(element)) };
  if (value.M !== undefined) return { M: mapValues(value.M, (member) => cloneValue(member)) };
  if (value.SS !== undefined) return { SS: [...value.SS] };
  if (value.NS !== undefined) return { NS: [...value.NS] };
  if (value.B !== undefined) return { B: Uint8Array.from(value.B) };
  if (value.BS !== undefined) return { BS: value.BS.map((bytes) => Uint8Array.from(bytes)) };
  return { ...value };
}

/** Bytes as DynamoDB bills them: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
export function sizeOfValue(value: AttributeValue): number {
  if (value.S !== undefined) return utf8Length(value.S);
  if (value.N !== undefined) return sizeOfNumber(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.SS !== undefined) return sum(value.SS.map(utf8Length));
  if (value.NS !== undefined) return sum(value.NS.map(sizeOfNumber));
  if (value.BS !== undefined) return sum(value.BS.map((bytes) => bytes.byteLength));
  if (value.L !== undefined) return 3 + sum(value.L.map((element) => 1 + sizeOfValue(element)));
  if (value.M !== undefined) return 3 + sum(Object.entries(value.M).map(([name, element]) => 1 + utf8Length(name) + sizeOfValue(element)));
  return 1;
}

const sizes = new WeakMap<Item, number>();

/** Worked out once per item, since items do not change. */
export function sizeOfItem(item: Item): number {
  const known = sizes.get(item);
  if (known !== undefined) return known;
  let size = 0;
  for (const name of Object.keys(item)) {
    const value = item[name];
    if (value) size += utf8Length(name) + sizeOfValue(value);
  }
  sizes.set(item, size);
  return size;
}

export function valuesEqual(left: AttributeValue, right: AttributeValue): boolean {
  const type = typeOf(left);
  if (type !== typeOf(right)) return false;
  if (left.M !== undefined && right.M !== undefined) {
    const [names, other] = [Object.keys(left.M), right.M];
    const own = left.M;
    return names.length === Object.keys(other).length && names.every((name) => bothEqual(own[name], other[name]));
  }
  if (left.L !== undefined && right.L !== undefined) {
    const other = right.L;
    return left.L.length === other.length && left.L.every((element, index) => bothEqual(element, other[index]));
  }
  if (left.SS !== undefined || left.NS !== undefined || left.BS !== undefined) {
    const [own, other] = [elementsOf(left).map(elementText), new Set(elementsOf(right).map(elementText))];
    return own.length === other.size && own.every((text) => other.has(text));
  }
  if (left.BOOL !== undefined) return left.BOOL === right.BOOL;
  if (left.NULL !== undefined) return true;
  return compareScalars(left, right) === 0;
}

const bothEqual = (left: AttributeValue | undefined, right: AttributeValue | undefined): boolean =>
  left !== undefined && right !== undefined && valuesEqual(left, right);

/** Order of two S, N or B values of the same type; undefined when they have no order. */
export function compareScalars(left: AttributeValue, right: AttributeValue): number | undefined {
  if (left.S !== undefined && right.S !== undefined) return compareText(left.S, right.S);
  if (left.N !== undefined && right.N !== undefined) return compareDecimals(parseDecimal(left.N), parseDecimal(right.N));
  if (left.B !== undefined && right.B !== undefined) return Buffer.compare(left.B, right.B);
  return undefined;
}

/** The members of a set as values. */
export function elementsOf(set: AttributeValue): AttributeValue[] {
  if (set.SS !== undefined) return set.SS.map((S) => ({ S }));
  if (set.NS !== undefined) return set.NS.map((N) => ({ N }));
  if (set.BS !== undefined) return set.BS.map((B) => ({ B }));
  return [];
}

export function setOf(type: AttributeType, elements: AttributeValue[]): AttributeValue {
  if (type === 'SS') return { SS: elements.map((element) => element.S ?? '') };
  if (type === 'NS') return { NS: elements.map((element) => element.N ?? '0') };
  return { BS: elements.map((element) => element.B ?? new Uint8Array()) };
}

/** A text that is equal exactly for equal S, N and B values (numbers are canonical). */
export const elementText = (value: AttributeValue): string =>
  value.S !== undefined ? `S${value.S}` : value.N !== undefined ? `N${value.N}` : `B${hex(value.B ?? new Uint8Array())}`;

/** The value as messages and condition keys print it. */
export const plainText = (value: AttributeValue): string => value.S ?? value.N ?? (value.B ? Buffer.from(value.B).toString('base64') : '');

export const utf8Length = (text: string): number => Buffer.byteLength(text, 'utf8');

export function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A, name: string) => B): Record<string, B> {
  const changed: Record<string, B> = {};
  for (const name of Object.keys(record)) define(changed, name, change(record[name] as A, name));
  return changed;
}

/** An attribute may be called `__proto__`, which an assignment would not store. */
function define<B>(record: Record<string, B>, name: string, value: B): void {
  if (name === '__proto__') Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
  else record[name] = value;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
const sizeOfNumber = (text: string): number => Math.ceil(significantDigits(parseDecimal(text)) / 2) + 1;

/** DynamoDB sorts strings by their UTF-8 bytes, which differs from UTF-16 order above U+FFFF. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return Buffer.compare(Buffer.from(left, 'utf8'), Buffer.from(right, 'utf8'));
}

function distinct<T>(elements: T[], kind: string, textOf: (element: T) => string): T[] {
  if (elements.length === 0) throw invalidParameterValues(`An ${kind} set  may not be empty`);
  const texts = elements.map(textOf);
  if (new Set(texts).size !== texts.length) throw invalidParameterValues(`Input collection [${texts.join(', ')}] contains duplicates.`);
  return elements;
}
