// UpdateExpression: SET, REMOVE, ADD and DELETE clauses, each at most once, with paths that neither overlap nor conflict.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
import { typeOf } from '../attribute-values.ts';
import type { Placeholders } from './placeholders.ts';
import type { Path, SetOperand, UpdateAction } from './syntax.ts';
import { pathText } from './syntax.ts';
import { TokenReader } from './token-reader.ts';

const CLAUSES = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const;
type Clause = (typeof CLAUSES)[number];

export function parseUpdate(expression: string, placeholders: Placeholders): UpdateAction[] {
  const reader = new TokenReader('UpdateExpression', expression, placeholders);
  const seen = new Set<Clause>();
  const actions: UpdateAction[] = [];
  while (reader.peek().kind !== 'end') {
    const clause = CLAUSES.find((word) => reader.acceptKeyword(word));
    if (!clause) throw reader.syntaxError();
    if (seen.has(clause)) throw reader.invalid(`The "${clause}" section can only be used once in an update expression;`);
    seen.add(clause);
    do actions.push(readAction(reader, clause));
    while (reader.acceptSymbol(','));
  }
  refuseMixedPaths(reader, actions.map((action) => action.path));
  return actions;
}

function readAction(reader: TokenReader, clause: Clause): UpdateAction {
  const path = reader.path();
  switch (clause) {
    case 'SET':
      reader.expectSymbol('=');
      return { kind: 'set', path, operand: readSetValue(reader) };
    case 'REMOVE':
      return { kind: 'remove', path };
    case 'ADD': {
      const value = reader.value();
      refuseType(reader, clause, typeOf(value), ['N', 'SS', 'NS', 'BS'], 'ALLOWED_FOR_ADD_OPERAND');
      return { kind: 'add', path, value };
    }
    case 'DELETE': {
      const value = reader.value();
      refuseType(reader, clause, typeOf(value), ['SS', 'NS', 'BS'], 'ALLOWED_FOR_DELETE_OPERAND');
      return { kind: 'delete', path, value };
    }
  }
}

function readSetValue(reader: TokenReader): SetOperand {
  const left = readSetOperand(reader);
  const kind = reader.acceptSymbol('+') ? 'plus' : reader.acceptSymbol('-') ? 'minus' : undefined;
  if (!kind) return left;
  const right = readSetOperand(reader);
  for (const operand of [left, right]) {
    if (operand.kind === 'value' && operand.value.N === undefined) throw wrongOperand(reader, kind === 'plus' ? '+' : '-', typeOf(operand.value));
  }
  return { kind, left, right };
}

function readSetOperand(reader: TokenReader): SetOperand {
  if (reader.acceptSymbol('(')) {
    const inner = readSetValue(reader);
    reader.expectSymbol(')');
    return inner;
  }
  if (reader.startsFunction()) return readFunction(reader);
  return reader.peek().kind === 'valuePlaceholder' ? { kind: 'value', value: reader.value() } : { kind: 'path', path: reader.path() };
}

const CONDITION_FUNCTIONS: readonly string[] = ['attribute_exists', 'attribute_not_exists', 'attribute_type', 'begins_with', 'contains', 'size'];

function readFunction(reader: TokenReader): SetOperand {
  const name = reader.next().text;
  if (CONDITION_FUNCTIONS.includes(name)) throw reader.invalid(`The function is not allowed in an update expression; function: ${name}`);
  if (name !== 'if_not_exists' && name !== 'list_append') throw reader.invalid(`Invalid function name; function: ${name}`);
  reader.expectSymbol('(');
  const operands = [readSetOperand(reader)];
  while (reader.acceptSymbol(',')) operands.push(readSetOperand(reader));
  reader.expectSymbol(')');
  const [first, second] = operands;
  if (operands.length !== 2 || !first || !second) {
    throw reader.invalid(
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${operands.length}`,
    );
  }
  if (name === 'if_not_exists') {
    if (first.kind !== 'path') throw reader.invalid('Operator or function requires a document path; operator or function: if_not_exists');
    return { kind: 'ifNotExists', path: first.path, otherwise: second };
  }
  for (const operand of operands) {
    if (operand.kind === 'value' && operand.value.L === undefined) throw wrongOperand(reader, name, typeOf(operand.value));
  }
  return { kind: 'listAppend', left: first, right: second };
}

const wrongOperand = (reader: TokenReader, name: string, type: string): Error =>
  reader.invalid(`Incorrect operand type for operator or function; operator or function: ${name}, operand type: ${type}`);

const LONG_TYPE_NAMES: Readonly<Record<string, string>> = {
  S: 'STRING', N: 'NUMBER', B: 'BINARY', SS: 'STRING_SET', NS: 'NUMBER_SET', BS: 'BINARY_SET', M: 'MAP', L: 'LIST', NULL: 'NULL', BOOL: 'BOOLEAN',
};

function refuseType(reader: TokenReader, clause: Clause, type: string, allowed: readonly string[], typeSet: string): void {
  if (allowed.includes(type)) return;
  throw reader.invalid(
    `Incorrect operand type for operator or function; operator: ${clause}, operand type: ${LONG_TYPE_NAMES[type] ?? type}, typeSet: ${typeSet}`,
  );
}

/** Overlap: one path contains the other. Conflict: the same place is taken for a map here and for a list there. */
export function refuseMixedPaths(reader: TokenReader, paths: Path[]): void {
  paths.forEach((one, index) => {
    for (const two of paths.slice(index + 1)) {
      const shorter = Math.min(one.length, two.length);
      const differs = one.slice(0, shorter).findIndex((step, at) => step !== two[at]);
      if (differs === -1) {
        throw reader.invalid(
          `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: ${pathText(one)}, path two: ${pathText(two)}`,
        );
      }
      if (typeof one[differs] !== typeof two[differs]) {
        throw reader.invalid(
          `Two document paths conflict with each other; must remove or rewrite one of these paths; path one: ${pathText(one)}, path two: ${pathText(two)}`,
        );
      }
    }
  });
}
