// Reads metric math (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html) into a tree.
// Metrics Insights queries (`SELECT ...`) are another language and not modelled.
import { NotModelled } from '../kernel/errors.ts';
import { validationError } from './faults.ts';

export type BinaryOperator = '+' | '-' | '*' | '/' | '^' | '<' | '<=' | '>' | '>=' | '==' | '!=' | 'AND' | 'OR';

export type MathNode =
  | { kind: 'number'; value: number }
  | { kind: 'word'; name: string } // REPEAT, LINEAR: arguments that are no ids
  | { kind: 'id'; id: string }
  | { kind: 'negate'; operand: MathNode }
  | { kind: 'binary'; operator: BinaryOperator; left: MathNode; right: MathNode }
  | { kind: 'call'; name: string; arguments: MathNode[] }
  | { kind: 'list'; items: MathNode[] };

type Token = { kind: 'number'; value: number } | { kind: 'name'; name: string } | { kind: 'symbol'; symbol: string } | { kind: 'end' };

/** Tightest last. AWS documents no precedence beyond the usual one. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [['OR'], ['AND'], ['==', '!='], ['<', '<=', '>', '>='], ['+', '-'], ['*', '/']];
const SYMBOLS = ['&&', '||', '==', '!=', '<=', '>=', '<', '>', '+', '-', '*', '/', '^', '(', ')', '[', ']', ','];

export function parseMetricMath(expression: string): MathNode {
  if (/^\s*SELECT\s/i.test(expression)) throw new NotModelled('Metrics Insights queries (SELECT ...)');
  return new Parser(expression).whole();
}

/** Every metric or expression id that the tree reads. */
export function idsIn(node: MathNode): string[] {
  switch (node.kind) {
    case 'id':
      return [node.id];
    case 'number':
    case 'word':
      return [];
    case 'negate':
      return idsIn(node.operand);
    case 'binary':
      return [...idsIn(node.left), ...idsIn(node.right)];
    case 'call':
      return node.arguments.flatMap(idsIn);
    case 'list':
      return node.items.flatMap(idsIn);
  }
}

class Parser {
  private readonly expression: string;
  private readonly tokens: Token[];
  private at = 0;

  constructor(expression: string) {
    this.expression = expression;
    this.tokens = this.tokenise();
  }

  whole(): MathNode {
    const node = this.binary(0);
    if (this.peek().kind !== 'end') this.fail();
    return node;
  }

  private binary(level: number): MathNode {
    const operators = LEVELS[level];
    if (!operators) return this.unary();
    let left = this.binary(level + 1);
    for (let operator = this.takeOperator(operators); operator; operator = this.takeOperator(operators))
      left = { kind: 'binary', operator, left, right: this.binary(level + 1) };
    return left;
  }

  private unary(): MathNode {
    if (this.take('-')) return { kind: 'negate', operand: this.unary() };
    const base = this.atom();
    return this.take('^') ? { kind: 'binary', operator: '^', left: base, right: this.unary() } : base;
  }

  private atom(): MathNode {
    const token = this.tokens[this.at++] ?? { kind: 'end' };
    if (token.kind === 'number') return { kind: 'number', value: token.value };
    if (token.kind === 'name') {
      if (this.take('(')) return { kind: 'call', name: token.name.toUpperCase(), arguments: this.items(')') };
      // Ids start with a lower-case letter, which is how CloudWatch tells them from words.
      return /^[a-z]/.test(token.name) ? { kind: 'id', id: token.name } : { kind: 'word', name: token.name.toUpperCase() };
    }
    if (token.kind === 'symbol' && token.symbol === '[') return { kind: 'list', items: this.items(']') };
    if (token.kind === 'symbol' && token.symbol === '(') {
      const inner = this.binary(0);
      if (!this.take(')')) this.fail();
      return inner;
    }
    return this.fail();
  }

  private items(closing: string): MathNode[] {
    const items: MathNode[] = [];
    if (this.take(closing)) return items;
    do items.push(this.binary(0));
    while (this.take(','));
    if (!this.take(closing)) this.fail();
    return items;
  }

  private peek(): Token {
    return this.tokens[this.at] ?? { kind: 'end' };
  }

  private take(symbol: string): boolean {
    const token = this.peek();
    const found = token.kind === 'symbol' && token.symbol === symbol;
    if (found) this.at++;
    return found;
  }

  private takeOperator(operators: readonly BinaryOperator[]): BinaryOperator | undefined {
    const token = this.peek();
    let text: string | undefined;
    if (token.kind === 'symbol') text = token.symbol === '&&' ? 'AND' : token.symbol === '||' ? 'OR' : token.symbol;
    if (token.kind === 'name') text = token.name;
    const operator = operators.find((known) => known === text);
    if (operator) this.at++;
    return operator;
  }

  private tokenise(): Token[] {
    const tokens: Token[] = [];
    let rest = this.expression.trimStart();
    while (rest) {
      const number = /^(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?/.exec(rest)?.[0];
      const name = /^[A-Za-z][A-Za-z0-9_]*/.exec(rest)?.[0];
      const symbol = SYMBOLS.find((known) => rest.startsWith(known));
      if (number) tokens.push({ kind: 'number', value: Number(number) });
      else if (name) tokens.push({ kind: 'name', name });
      else if (symbol) tokens.push({ kind: 'symbol', symbol });
      else if (/^["']/.test(rest)) throw new NotModelled('metric math functions that take strings');
      else this.fail();
      rest = rest.slice((number ?? name ?? symbol ?? '').length).trimStart();
    }
    return tokens;
  }

  private fail(): never {
    throw validationError(`Error in expression '${this.expression}': The expression is not valid.`);
  }
}
