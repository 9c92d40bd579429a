// Conditions: ConditionExpression, FilterExpression and KeyConditionExpression share this grammar.
//   or := and ("OR" and)*    and := not ("AND" not)*    not := "NOT" not | comparison
//   comparison := function | operand (comparator operand | "BETWEEN" operand "AND" operand | "IN" "(" operand, ... ")")
// A parenthesis can hold a condition or an operand, so the inner readers answer either and the callers insist.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
import { compareScalars, isAttributeType, plainText, typeOf } from '../attribute-values.ts';
import type { Placeholders } from './placeholders.ts';
import type { Comparator, Condition, Operand } from './syntax.ts';
import { pathText } from './syntax.ts';
import type { ExpressionKind } from './token-reader.ts';
import { TokenReader } from './token-reader.ts';

type Parsed = { is: 'condition'; condition: Condition } | { is: 'operand'; operand: Operand };

const COMPARATORS: readonly string[] = ['=', '<>', '<', '<=', '>', '>='] satisfies Comparator[];
const IN_OPERANDS_MAX = 100;
const ARGUMENT_COUNTS: Readonly<Record<string, number>> = {
  attribute_exists: 1,
  attribute_not_exists: 1,
  attribute_type: 2,
  begins_with: 2,
  contains: 2,
  size: 1,
};

export function parseCondition(kind: ExpressionKind, expression: string, placeholders: Placeholders): Condition {
  const reader = new TokenReader(kind, expression, placeholders);
  const condition = insist(reader, readOr(reader));
  reader.expectEnd();
  return condition;
}

function insist(reader: TokenReader, parsed: Parsed): Condition {
  if (parsed.is === 'operand') throw reader.syntaxError();
  return parsed.condition;
}

const condition = (found: Condition): Parsed => ({ is: 'condition', condition: found });

function readOr(reader: TokenReader): Parsed {
  let left = readAnd(reader);
  while (reader.isKeyword('OR')) {
    const known = insist(reader, left);
    reader.next();
    left = condition({ kind: 'or', left: known, right: insist(reader, readAnd(reader)) });
  }
  return left;
}

function readAnd(reader: TokenReader): Parsed {
  let left = readNot(reader);
  while (reader.isKeyword('AND')) {
    const known = insist(reader, left);
    reader.next();
    left = condition({ kind: 'and', left: known, right: insist(reader, readNot(reader)) });
  }
  return left;
}

function readNot(reader: TokenReader): Parsed {
  if (reader.acceptKeyword('NOT')) return condition({ kind: 'not', condition: insist(reader, readNot(reader)) });
  return readComparison(reader);
}

function readComparison(reader: TokenReader): Parsed {
  const first = readPrimary(reader);
  if (first.is === 'condition') return first;
  const operand = first.operand;
  const { text, kind } = reader.peek();
  if (kind === 'symbol' && COMPARATORS.includes(text)) {
    reader.next();
    const right = readOperand(reader);
    refuseSame(reader, text, operand, right);
    return condition({ kind: 'compare', comparator: text as Comparator, left: operand, right: orderedType(reader, text, right) });
  }
  if (reader.acceptKeyword('BETWEEN')) {
    const lower = readOperand(reader);
    if (!reader.acceptKeyword('AND')) throw reader.syntaxError();
    const upper = readOperand(reader);
    refuseUpsideDown(reader, lower, upper);
    return condition({ kind: 'between', operand, lower, upper });
  }
  if (reader.acceptKeyword('IN')) {
    reader.expectSymbol('(');
    const candidates = [readOperand(reader)];
    while (reader.acceptSymbol(',')) candidates.push(readOperand(reader));
    reader.expectSymbol(')');
    if (candidates.length > IN_OPERANDS_MAX) throw wrongCount(reader, 'IN', candidates.length + 1);
    return condition({ kind: 'in', operand, candidates });
  }
  return first;
}

function readPrimary(reader: TokenReader): Parsed {
  if (reader.acceptSymbol('(')) {
    const redundant = reader.isSymbol('(');
    const inner = readOr(reader);
    reader.expectSymbol(')');
    // `((a = :a) AND b = :b)` is fine, `((a = :a))` is not: the inner pair must be followed by something.
    if (redundant && isWrapped(inner)) throw reader.invalid('The expression has redundant parentheses;');
    wrapped.add(contentOf(inner));
    return inner;
  }
  if (reader.startsFunction()) return readFunction(reader);
  return { is: 'operand', operand: readLeaf(reader) };
}

/** Nodes that came straight out of a pair of parentheses. */
const wrapped = new WeakSet<object>();
const contentOf = (parsed: Parsed): object => (parsed.is === 'condition' ? parsed.condition : parsed.operand);
const isWrapped = (parsed: Parsed): boolean => wrapped.has(contentOf(parsed));

function readOperand(reader: TokenReader): Operand {
  const parsed = readPrimary(reader);
  if (parsed.is === 'operand') return parsed.operand;
  throw reader.syntaxError();
}

const readLeaf = (reader: TokenReader): Operand =>
  reader.peek().kind === 'valuePlaceholder' ? { kind: 'value', value: reader.value() } : { kind: 'path', path: reader.path() };

function readFunction(reader: TokenReader): Parsed {
  const name = reader.next().text;
  if (name === 'if_not_exists' || name === 'list_append') {
    throw reader.invalid(`The function is not allowed in a condition expression; function: ${name}`);
  }
  const expected = ARGUMENT_COUNTS[name];
  if (expected === undefined) throw reader.invalid(`Invalid function name; function: ${name}`);
  reader.expectSymbol('(');
  const operands = [readOperand(reader)];
  while (reader.acceptSymbol(',')) operands.push(readOperand(reader));
  reader.expectSymbol(')');
  const [first, second] = operands;
  if (operands.length !== expected || !first) throw wrongCount(reader, name, operands.length);
  switch (name) {
    case 'attribute_exists':
    case 'attribute_not_exists':
      return condition({ kind: 'attributeExists', path: pathOf(reader, name, first), negated: name === 'attribute_not_exists' });
    case 'size':
      if (first.kind === 'value') return { is: 'operand', operand: sizeOfLiteral(reader, first) };
      return { is: 'operand', operand: { kind: 'size', path: pathOf(reader, name, first) } };
    case 'attribute_type':
      return condition({ kind: 'attributeType', path: pathOf(reader, name, first), type: typeName(reader, second) });
    case 'begins_with':
      if (!second) throw wrongCount(reader, name, operands.length);
      refuseTypes(reader, name, second, ['S', 'B']);
      refuseTypes(reader, name, first, ['S', 'B']);
      refuseSame(reader, name, first, second);
      return condition({ kind: 'beginsWith', operand: first, prefix: second });
    default:
      if (!second) throw wrongCount(reader, name, operands.length);
      refuseSame(reader, name, first, second);
      return condition({ kind: 'contains', operand: first, element: second });
  }
}

function sizeOfLiteral(reader: TokenReader, operand: Extract<Operand, { kind: 'value' }>): Operand {
  refuseTypes(reader, 'size', operand, ['S', 'B', 'SS', 'NS', 'BS', 'L', 'M']);
  throw reader.invalid('Operator or function requires a document path; operator or function: size');
}

function pathOf(reader: TokenReader, name: string, operand: Operand) {
  if (operand.kind !== 'path') throw reader.invalid(`Operator or function requires a document path; operator or function: ${name}`);
  return operand.path;
}

function typeName(reader: TokenReader, operand: Operand | undefined): string {
  const text = operand?.kind === 'value' ? operand.value.S : undefined;
  if (operand?.kind === 'value' && text === undefined) {
    throw reader.invalid(`Incorrect operand type for operator or function; operator or function: attribute_type, operand type: ${typeOf(operand.value)}`);
  }
  if (text === undefined || !isAttributeType(text)) {
    throw reader.invalid(`Invalid attribute type name found; type: ${text ?? ''}, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}`);
  }
  return text;
}

function refuseTypes(reader: TokenReader, name: string, operand: Operand, allowed: readonly string[]): void {
  if (operand.kind !== 'value' || allowed.includes(typeOf(operand.value))) return;
  throw reader.invalid(
    `Incorrect operand type for operator or function; operator or function: ${name}, operand type: ${typeOf(operand.value)}`,
  );
}

function orderedType(reader: TokenReader, comparator: string, operand: Operand): Operand {
  if (comparator !== '=' && comparator !== '<>') refuseTypes(reader, comparator, operand, ['S', 'N', 'B']);
  return operand;
}

function refuseSame(reader: TokenReader, name: string, left: Operand, right: Operand): void {
  if (left.kind !== 'path' || right.kind !== 'path' || pathText(left.path) !== pathText(right.path)) return;
  throw reader.invalid(
    `The first operand must be distinct from the remaining operands for this operator or function; operator: ${name}, first operand: ${pathText(left.path)}`,
  );
}

function refuseUpsideDown(reader: TokenReader, lower: Operand, upper: Operand): void {
  if (lower.kind !== 'value' || upper.kind !== 'value') return;
  if (typeOf(lower.value) !== typeOf(upper.value)) {
    throw reader.invalid(
      'The BETWEEN operator requires same data type for lower and upper bounds; ' +
        `lower bound operand: ${valueText(lower)}, upper bound operand: ${valueText(upper)}`,
    );
  }
  if ((compareScalars(lower.value, upper.value) ?? 0) <= 0) return;
  throw reader.invalid(
    'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ' +
      `lower bound operand: ${valueText(lower)}, upper bound operand: ${valueText(upper)}`,
  );
}

const valueText = (operand: Extract<Operand, { kind: 'value' }>): string => `AttributeValue: {${typeOf(operand.value)}:${plainText(operand.value)}}`;

const wrongCount = (reader: TokenReader, name: string, count: number): Error =>
  reader.invalid(`Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${count}`);
