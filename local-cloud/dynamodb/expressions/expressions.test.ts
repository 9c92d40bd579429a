// The expression language by itself: what meets a condition, what an update makes of an item, and what is refused in which words.
import { AwsError } from '../../kernel/errors.ts';
import type { AttributeValue, Item } from '../attribute-values.ts';
import { applyUpdate } from './apply-update.ts';
import { parseCondition } from './condition-parser.ts';
import { project } from './document-paths.ts';
import { meets } from './evaluate-condition.ts';
import { Placeholders } from './placeholders.ts';
import { parseProjection } from './projection-parser.ts';
import { parseUpdate } from './update-parser.ts';

const item: Item = {
  id: { S: 'one' },
  count: { N: '7' },
  word: { S: 'carrot' },
  tags: { SS: ['a', 'b'] },
  steps: { L: [{ S: 'x' }, { S: 'y' }, { S: 'z' }, { S: 'w' }] },
  doc: { M: { nest: { M: { deep: { N: '1' } } }, parts: { L: [{ M: { n: { N: '5' } } }] } } },
  bytes: { B: Uint8Array.from([1, 2, 3]) },
  yes: { BOOL: true },
  nothing: { NULL: true },
};

const values: Record<string, AttributeValue> = {
  ':seven': { N: '7.0' },
  ':ten': { N: '10' },
  ':car': { S: 'car' },
  ':a': { S: 'a' },
  ':x': { S: 'x' },
  ':two': { N: '2' },
  ':l': { S: 'L' },
  ':true': { BOOL: true },
  ':null': { NULL: true },
  ':more': { L: [{ S: 'm' }] },
  ':set': { SS: ['b', 'c'] },
  ':both': { SS: ['a', 'b'] },
  ':seventext': { S: '7' },
};
const names = { '#c': 'count', '#n': 'n', '#w': 'word' };

function placeholdersFor(expression: string): Placeholders {
  const pick = <T>(all: Record<string, T>) => {
    const picked = Object.entries(all).filter(([key]) => new RegExp(`${key}(?![A-Za-z0-9_])`).test(expression));
    return picked.length > 0 ? Object.fromEntries(picked) : undefined;
  };
  return new Placeholders({ ExpressionAttributeNames: pick(names), ExpressionAttributeValues: pick(values) }, { expression });
}

const condition = (text: string) => parseCondition('ConditionExpression', text, placeholdersFor(text));

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof AwsError) return error.message;
    throw error;
  }
  return 'accepted';
}

test.each<[string, boolean]>([
  ['#c = :seven', true],
  ['#c = :seventext', false],
  ['#c <> :seventext', true],
  ['absent <> :seven', true],
  ['absent = :seven', false],
  ['absent < :seven', false],
  ['NOT absent < :seven', true],
  ['#c < :ten AND #c >= :seven', true],
  ['#c BETWEEN :seven AND :ten', true],
  ['NOT #c between :seven and :ten', false],
  ['id IN (:a, :x) or word IN (:car)', false],
  ['#c IN (:ten, :seven)', true],
  ['attribute_exists(doc.nest.deep)', true],
  ['attribute_exists(doc.nest.deeper)', false],
  ['attribute_not_exists(steps[4])', true],
  ['attribute_exists(steps[3])', true],
  ['attribute_type(steps, :l)', true],
  ['begins_with(word, :car)', true],
  ['begins_with(tags, :car)', false],
  ['contains(tags, :a)', true],
  ['contains(steps, :x)', true],
  ['contains(word, :car)', true],
  ['contains(tags, :two)', false],
  ['size(steps) > :two', true],
  ['size(absent) > :two', false],
  ['size(#c) > :two', false],
  ['doc.parts[0].#n < :seven', true],
  ['tags = :both', true],
  ['yes = :true AND nothing = :null', true],
  ['#c = :ten OR #c = :seven AND word = :x', false],
  ['(#c = :ten OR #c = :seven) AND NOT (word = :x)', true],
  ['(#c) = :seven', true],
  ['((#c = :ten) OR (#c = :seven))', true],
])('the item meets «%s»: %s', (text, want) => {
  expect(meets(item, condition(text))).toBe(want);
});

test.each<[string, string]>([
  ['count = :seven', 'Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: count'],
  ['a = :none', 'Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :none'],
  ['#none = :a', 'Invalid ConditionExpression: An expression attribute name used in the document path is not defined; attribute name: #none'],
  ['a = ', 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "="'],
  ['a == :a', 'Invalid ConditionExpression: Syntax error; token: "=", near: "== :a"'],
  ['', 'Invalid ConditionExpression: The expression can not be empty;'],
  ['a', 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "a"'],
  ['((a = :a))', 'Invalid ConditionExpression: The expression has redundant parentheses;'],
  ['fetch(a)', 'Invalid ConditionExpression: Invalid function name; function: fetch'],
  ['if_not_exists(a, :a)', 'Invalid ConditionExpression: The function is not allowed in a condition expression; function: if_not_exists'],
  ['begins_with(a, :two)', 'Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N'],
  ['attribute_exists(:a)', 'Invalid ConditionExpression: Operator or function requires a document path; operator or function: attribute_exists'],
  ['attribute_exists(a, b)', 'Invalid ConditionExpression: Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2'],
  [
    'a BETWEEN :ten AND :two',
    'Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:10}, upper bound operand: AttributeValue: {N:2}',
  ],
])('the condition «%s» is refused', (text, want) => {
  expect(messageOf(() => condition(text))).toBe(want);
});

const updated = (text: string): Item => applyUpdate(item, parseUpdate(text, placeholdersFor(text)));

test.each<[string, Partial<Item>]>([
  ['SET #c = #c + :two', { count: { N: '9' } }],
  ['SET #c = :two - #c', { count: { N: '-5' } }],
  ['SET fresh = if_not_exists(fresh, :two) + :ten', { fresh: { N: '12' } }],
  ['SET steps = list_append(:more, steps)', { steps: { L: ['m', 'x', 'y', 'z', 'w'].map((S) => ({ S })) } }],
  ['SET steps[1] = :a, steps[9] = :car', { steps: { L: ['x', 'a', 'z', 'w', 'car'].map((S) => ({ S })) } }],
  ['REMOVE steps[0], steps[2]', { steps: { L: ['y', 'w'].map((S) => ({ S })) } }],
  ['REMOVE steps[0] SET steps[1] = :a', { steps: { L: ['a', 'z', 'w'].map((S) => ({ S })) } }],
  ['REMOVE absent', {}],
  ['SET word = id, id = word', { word: { S: 'one' }, id: { S: 'carrot' } }],
  ['SET doc.nest.deep = :ten', { doc: { M: { ...item['doc']?.M, nest: { M: { deep: { N: '10' } } } } } }],
  ['ADD #c :ten', { count: { N: '17' } }],
  ['ADD fresh :ten', { fresh: { N: '10' } }],
  ['ADD tags :set', { tags: { SS: ['a', 'b', 'c'] } }],
  ['DELETE tags :set', { tags: { SS: ['a'] } }],
  ['DELETE tags :both', { tags: undefined }],
  ['set #c = :two remove word add fresh :two delete tags :set', { count: { N: '2' }, word: undefined, fresh: { N: '2' }, tags: { SS: ['a'] } }],
])('«%s» changes exactly what it says', (text, change) => {
  const want = { ...item, ...change };
  for (const [name, value] of Object.entries(want)) if (value === undefined) delete want[name];
  expect(updated(text)).toEqual(want);
});

test.each<[string, string]>([
  ['SET a = :a SET b = :x', 'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;'],
  ['SET doc = :a, doc.nest = :x', 'Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [doc], path two: [doc, nest]'],
  ['SET doc.a = :a, doc[0] = :x', 'Invalid UpdateExpression: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [doc, a], path two: [doc, [0]]'],
  ['SET absent.b = :a', 'The document path provided in the update expression is invalid for update'],
  ['SET a = absent', 'The provided expression refers to an attribute that does not exist in the item'],
  ['SET a = word + :two', 'An operand in the update expression has an incorrect data type'],
  ['ADD word :two', 'An operand in the update expression has an incorrect data type'],
  ['ADD a :car', 'Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND'],
  ['SET a = size(word)', 'Invalid UpdateExpression: The function is not allowed in an update expression; function: size'],
  ['SET a = :a + :two', 'Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: S'],
  ['a = :a', 'Invalid UpdateExpression: Syntax error; token: "a", near: "a ="'],
])('the update «%s» is refused', (text, want) => {
  expect(messageOf(() => updated(text))).toBe(want);
});

test('an update leaves the item it reads untouched', () => {
  const before = structuredClone(item);
  updated('REMOVE steps[0] SET doc.nest.deep = :ten');
  expect(item).toEqual(before);
});

test('a projection keeps the structure and the order of list elements', () => {
  const text = 'steps[2], steps[0], doc.nest, absent';
  expect(project(item, parseProjection(text, placeholdersFor(text)))).toEqual({
    steps: { L: [{ S: 'x' }, { S: 'z' }] },
    doc: { M: { nest: { M: { deep: { N: '1' } } } } },
  });
});

test.each<[string, object, string]>([
  ['an unused value', { ExpressionAttributeValues: { ':b': { S: 'x' } } }, 'Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}'],
  ['an unused name', { ExpressionAttributeNames: { '#b': 'x' } }, 'Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}'],
])('%s is refused', (_name, input, want) => {
  const placeholders = new Placeholders(input, { ConditionExpression: 'attribute_exists(a)' });
  parseCondition('ConditionExpression', 'attribute_exists(a)', placeholders);
  expect(messageOf(() => placeholders.refuseUnused())).toBe(want);
});
