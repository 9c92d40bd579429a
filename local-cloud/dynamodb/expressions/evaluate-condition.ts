// Does an item (or its absence: an empty item) meet a condition? Missing attributes make a comparison false, except `<>`.
import type { AttributeValue, Item } from '../attribute-values.ts';
import { compareScalars, elementsOf, typeOf, valuesEqual } from '../attribute-values.ts';
import { valueAt } from './document-paths.ts';
import type { Comparator, Condition, Operand } from './syntax.ts';

export function meets(item: Item, condition: Condition): boolean {
  switch (condition.kind) {
    case 'and':
      return meets(item, condition.left) && meets(item, condition.right);
    case 'or':
      return meets(item, condition.left) || meets(item, condition.right);
    case 'not':
      return !meets(item, condition.condition);
    case 'compare':
      return compares(condition.comparator, resolve(item, condition.left), resolve(item, condition.right));
    case 'between': {
      const operand = resolve(item, condition.operand);
      return compares('>=', operand, resolve(item, condition.lower)) && compares('<=', operand, resolve(item, condition.upper));
    }
    case 'in': {
      const operand = resolve(item, condition.operand);
      return condition.candidates.some((candidate) => compares('=', operand, resolve(item, candidate)));
    }
    case 'attributeExists':
      return (valueAt(item, condition.path) === undefined) === condition.negated;
    case 'attributeType': {
      const value = valueAt(item, condition.path);
      return value !== undefined && typeOf(value) === condition.type;
    }
    case 'beginsWith':
      return beginsWith(resolve(item, condition.operand), resolve(item, condition.prefix));
    case 'contains':
      return contains(resolve(item, condition.operand), resolve(item, condition.element));
  }
}

function resolve(item: Item, operand: Operand): AttributeValue | undefined {
  switch (operand.kind) {
    case 'value':
      return operand.value;
    case 'path':
      return valueAt(item, operand.path);
    case 'size': {
      const value = valueAt(item, operand.path);
      const size = value && lengthOf(value);
      return size === undefined ? undefined : { N: String(size) };
    }
  }
}

function lengthOf(value: AttributeValue): number | undefined {
  if (value.S !== undefined) return value.S.length;
  if (value.B !== undefined) return value.B.byteLength;
  if (value.M !== undefined) return Object.keys(value.M).length;
  return (value.L ?? value.SS ?? value.NS ?? value.BS)?.length;
}

function compares(comparator: Comparator, left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  if (!left || !right) return comparator === '<>';
  if (comparator === '=') return valuesEqual(left, right);
  if (comparator === '<>') return !valuesEqual(left, right);
  const order = compareScalars(left, right);
  if (order === undefined) return false;
  switch (comparator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

export function beginsWith(value: AttributeValue | undefined, prefix: AttributeValue | undefined): boolean {
  if (value?.S !== undefined && prefix?.S !== undefined) return value.S.startsWith(prefix.S);
  if (value?.B !== undefined && prefix?.B !== undefined) return Buffer.from(value.B).subarray(0, prefix.B.byteLength).equals(prefix.B);
  return false;
}

function contains(value: AttributeValue | undefined, element: AttributeValue | undefined): boolean {
  if (!value || !element) return false;
  if (value.S !== undefined) return element.S !== undefined && value.S.includes(element.S);
  if (value.B !== undefined) return element.B !== undefined && Buffer.from(value.B).includes(Buffer.from(element.B));
  return (value.L ?? elementsOf(value)).some((member) => valuesEqual(member, element));
}
