// Selectors over JSON log lines: `{ ($.level = "error" || $.status >= 500) && $.route = /* }`.
import { AwsError, NotModelled } from '../kernel/errors.ts';

type Test = (line: unknown) => boolean;

const TOKEN = /\s*(?:(&&|\|\||!=|<=|>=|=|<|>|\(|\))|"((?:[^"\\]|\\.)*)"|(\$(?:\.[A-Za-z0-9_-]+|\[\d+\]|\["[^"]+"\])*)|([^\s()=<>!&|"]+))/y;

type Token = { kind: 'symbol' | 'text' | 'path' | 'word'; text: string };

/** Lines that are no JSON match nothing. */
export function parseJsonPattern(pattern: string): (message: string) => boolean {
  const invalid = (): never => {
    throw new AwsError('InvalidParameterException', 'Invalid filter pattern');
  };
  if (!pattern.endsWith('}')) invalid();
  const tokens = tokenise(pattern.slice(1, -1).trim());
  let at = 0;
  const symbolIs = (...symbols: string[]): string | undefined => {
    const token = tokens[at];
    if (token?.kind !== 'symbol' || !symbols.includes(token.text)) return undefined;
    at++;
    return token.text;
  };
  const wordIs = (...words: string[]): string | undefined => {
    const token = tokens[at];
    const word = token?.kind === 'word' ? token.text.toUpperCase() : '';
    if (!words.includes(word)) return undefined;
    at++;
    return word;
  };
  const any = (): Test => {
    const tests = [all()];
    while (symbolIs('||')) tests.push(all());
    return (line) => tests.some((test) => test(line));
  };
  const all = (): Test => {
    const tests = [one()];
    while (symbolIs('&&')) tests.push(one());
    return (line) => tests.every((test) => test(line));
  };
  const one = (): Test => {
    if (symbolIs('(')) {
      const inner = any();
      return symbolIs(')') ? inner : invalid();
    }
    const token = tokens[at++];
    if (token?.kind !== 'path') return invalid();
    const path = stepsOf(token.text);
    if (wordIs('IS')) {
      const wanted = wordIs('NULL', 'TRUE', 'FALSE') ?? invalid();
      return (line) => valueAt(line, path) === { NULL: null, TRUE: true, FALSE: false }[wanted];
    }
    if (wordIs('NOT')) return wordIs('EXISTS') ? (line) => valueAt(line, path) === undefined : invalid();
    const operator = symbolIs('=', '!=', '<', '<=', '>', '>=') ?? invalid();
    const operand = tokens[at++];
    if (operand?.kind !== 'text' && operand?.kind !== 'word') return invalid();
    const compare = comparison(operator, operand);
    return (line) => compare(valueAt(line, path));
  };
  const test = any();
  if (at < tokens.length) invalid();
  return (message) => {
    const line = parse(message);
    return line !== undefined && test(line);
  };

  function tokenise(text: string): Token[] {
    const found: Token[] = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
      const [, symbol, quoted, path, word] = TOKEN.exec(text) ?? invalid();
      if (symbol !== undefined) found.push({ kind: 'symbol', text: symbol });
      else if (quoted !== undefined) found.push({ kind: 'text', text: quoted.replace(/\\(.)/g, '$1') });
      else if (path !== undefined) found.push({ kind: 'path', text: path });
      else found.push({ kind: 'word', text: word ?? '' });
    }
    return found;
  }
}

/** Quoted operands compare as text with `*` wildcards, bare numbers as numbers; a field that is absent satisfies neither. */
function comparison(operator: string, operand: Token): (value: unknown) => boolean {
  const number = Number(operand.text);
  if (operand.kind === 'word' && operand.text !== '' && !Number.isNaN(number)) {
    const holds = { '=': (v: number) => v === number, '!=': (v: number) => v !== number, '<': (v: number) => v < number, '<=': (v: number) => v <= number, '>': (v: number) => v > number, '>=': (v: number) => v >= number }[operator];
    return (value) => typeof value === 'number' && holds !== undefined && holds(value);
  }
  if (operator !== '=' && operator !== '!=') throw new NotModelled(`${operator} on text in filter patterns`);
  const shape = new RegExp(`^${operand.text.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&')).join('.*')}$`, 's');
  return (value) => (typeof value === 'string' || typeof value === 'number') && shape.test(String(value)) === (operator === '=');
}

const stepsOf = (path: string): string[] => [...path.matchAll(/\.([A-Za-z0-9_-]+)|\[(\d+)\]|\["([^"]+)"\]/g)].map(([, name, index, quoted]) => name ?? index ?? quoted ?? '');

function valueAt(line: unknown, path: string[]): unknown {
  let value = line;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
