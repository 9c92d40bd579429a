// KeyConditionExpression: an equality on the partition key and at most one condition on the sort key.
import type { AttributeValue, Item } from './attribute-values.ts';
import { compareScalars, typeOf } from './attribute-values.ts';
import { invalidParameterValues, validation } from './errors.ts';
import { parseCondition } from './expressions/condition-parser.ts';
import { beginsWith } from './expressions/evaluate-condition.ts';
import type { Placeholders } from './expressions/placeholders.ts';
import type { Comparator, Condition, Operand } from './expressions/syntax.ts';
import type { Key, KeyAttribute } from './keys.ts';

export interface KeyCondition {
  hash: AttributeValue;
  /** Whether an item of the partition is within the asked range. */
  selects(item: Item): boolean;
}

type Test = { operator: Comparator | 'BETWEEN' | 'begins_with'; values: AttributeValue[] };

export function readKeyCondition(expression: string, placeholders: Placeholders): Map<string, Test> {
  const tests = new Map<string, Test>();
  collect(parseCondition('KeyConditionExpression', expression, placeholders), tests);
  return tests;
}

export function bindKeyCondition(tests: Map<string, Test>, key: Key): KeyCondition {
  const hash = tests.get(key.hash.name);
  if (!hash) throw validation(`Query condition missed key schema element: ${key.hash.name}`);
  const [hashValue] = hash.values;
  if (hash.operator !== '=' || !hashValue) throw validation('Query key condition not supported');
  checkType(key.hash, hash);
  const others = [...tests.keys()].filter((name) => name !== key.hash.name);
  const range = key.range && tests.get(key.range.name);
  if (others.length > 1) throw validation('Conditions can be of length 1 or 2 only');
  if (others.length === 1 && !range) {
    throw validation(key.range ? `Query condition missed key schema element: ${key.range.name}` : 'Query key condition not supported');
  }
  if (!range || !key.range) return { hash: hashValue, selects: () => true };
  checkType(key.range, range);
  const name = key.range.name;
  return { hash: hashValue, selects: (item) => passes(item[name], range) };
}

function collect(condition: Condition, tests: Map<string, Test>): void {
  switch (condition.kind) {
    case 'and':
      collect(condition.left, tests);
      collect(condition.right, tests);
      return;
    case 'compare': {
      if (condition.comparator === '<>') throw notAllowed('<>');
      const flipped = condition.left.kind === 'value';
      const [name, value] = flipped ? [condition.right, condition.left] : [condition.left, condition.right];
      add(tests, name, flipped ? mirrored(condition.comparator) : condition.comparator, [value]);
      return;
    }
    case 'between':
      add(tests, condition.operand, 'BETWEEN', [condition.lower, condition.upper]);
      return;
    case 'beginsWith':
      add(tests, condition.operand, 'begins_with', [condition.prefix]);
      return;
    case 'or':
      throw notAllowed('OR');
    case 'not':
      throw notAllowed('NOT');
    case 'in':
      throw notAllowed('IN');
    case 'attributeExists':
      throw notAllowed(condition.negated ? 'attribute_not_exists' : 'attribute_exists');
    case 'attributeType':
      throw notAllowed('attribute_type');
    case 'contains':
      throw notAllowed('contains');
  }
}

const notAllowed = (operator: string): Error => validation(`Invalid operator used in KeyConditionExpression: ${operator}`);

const mirrored = (comparator: Comparator): Comparator =>
  comparator.startsWith('<') ? (comparator.replace('<', '>') as Comparator) : (comparator.replace('>', '<') as Comparator);

function add(tests: Map<string, Test>, subject: Operand, operator: Test['operator'], operands: Operand[]): void {
  if (subject.kind === 'size') throw notAllowed('size');
  const [name, ...deeper] = subject.kind === 'path' ? subject.path : [];
  if (typeof name !== 'string') throw validation('Invalid condition in KeyConditionExpression: No key attribute specified');
  if (deeper.length > 0) throw validation('Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes');
  const values = operands.map((operand) => {
    if (operand.kind !== 'value') throw validation('Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition');
    return operand.value;
  });
  if (tests.has(name)) throw validation('Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key');
  tests.set(name, { operator, values });
}

function checkType(attribute: KeyAttribute, test: Test): void {
  for (const value of test.values) {
    if (typeOf(value) !== attribute.type) throw invalidParameterValues('Condition parameter type does not match schema type');
    if (value.S === '' && attribute.type === 'S' && test.operator === '=') {
      throw validation(`One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${attribute.name}`);
    }
  }
}

function passes(value: AttributeValue | undefined, { operator, values: [first, second] }: Test): boolean {
  if (!value || !first) return false;
  if (operator === 'begins_with') return beginsWith(value, first);
  const order = compareScalars(value, first) ?? NaN;
  switch (operator) {
    case '=':
      return order === 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case 'BETWEEN':
      return order >= 0 && second !== undefined && (compareScalars(value, second) ?? NaN) <= 0;
    default:
      return false;
  }
}
