// The rule of a composite alarm: states of other alarms joined by AND, OR, NOT. Parsed once, then evaluated over states.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
import { NotModelled } from '../kernel/errors.ts';
import type { AlarmState } from '../kernel/ports.ts';
import { validationError } from './faults.ts';

export type CompositeRule =
  | { kind: 'constant'; value: boolean }
  | { kind: 'state'; state: AlarmState; alarmName: string }
  | { kind: 'not'; operand: CompositeRule }
  | { kind: 'all' | 'any'; operands: CompositeRule[] };

const TOKEN = /\s*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s()"']+))/y;

type Token = { kind: '(' | ')' } | { kind: 'word' | 'quoted'; text: string };

export function parseCompositeRule(rule: string): CompositeRule {
  const tokens = tokenise(rule);
  let at = 0;
  const fail = (): never => {
    throw validationError(`AlarmRule must not contain leading or trailing whitespace or be null or invalid: ${rule}`);
  };
  const takeWord = (word: string): boolean => {
    const token = tokens[at];
    const found = token?.kind === 'word' && token.text.toUpperCase() === word;
    if (found) at++;
    return found;
  };
  const expect = (kind: '(' | ')'): void => {
    if (tokens[at++]?.kind !== kind) fail();
  };
  const any = (): CompositeRule => {
    const operands = [all()];
    while (takeWord('OR')) operands.push(all());
    return operands.length === 1 && operands[0] ? operands[0] : { kind: 'any', operands };
  };
  const all = (): CompositeRule => {
    const operands = [term()];
    while (takeWord('AND')) operands.push(term());
    return operands.length === 1 && operands[0] ? operands[0] : { kind: 'all', operands };
  };
  const term = (): CompositeRule => {
    if (takeWord('NOT')) return { kind: 'not', operand: term() };
    if (takeWord('TRUE')) return { kind: 'constant', value: true };
    if (takeWord('FALSE')) return { kind: 'constant', value: false };
    if (takeWord('AT_LEAST')) throw new NotModelled('AT_LEAST in the rule of a composite alarm');
    const state = (['ALARM', 'OK', 'INSUFFICIENT_DATA'] as const).find(takeWord);
    expect('(');
    if (!state) {
      const inner = any();
      expect(')');
      return inner;
    }
    const name = tokens[at++];
    if (name?.kind !== 'word' && name?.kind !== 'quoted') return fail();
    expect(')');
    return { kind: 'state', state, alarmName: nameOf(name.text) };
  };
  const parsed = any();
  if (at < tokens.length) fail();
  return parsed;
}

/** Alarms without a state (deleted ones) satisfy nothing. */
export function holds(rule: CompositeRule, stateOf: (alarmName: string) => AlarmState | undefined): boolean {
  switch (rule.kind) {
    case 'constant':
      return rule.value;
    case 'state':
      return stateOf(rule.alarmName) === rule.state;
    case 'not':
      return !holds(rule.operand, stateOf);
    case 'all':
      return rule.operands.every((operand) => holds(operand, stateOf));
    case 'any':
      return rule.operands.some((operand) => holds(operand, stateOf));
  }
}

export function alarmsIn(rule: CompositeRule): string[] {
  switch (rule.kind) {
    case 'constant':
      return [];
    case 'state':
      return [rule.alarmName];
    case 'not':
      return alarmsIn(rule.operand);
    case 'all':
    case 'any':
      return [...new Set(rule.operands.flatMap(alarmsIn))];
  }
}

function tokenise(rule: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const text = rule.trimEnd();
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) throw validationError(`AlarmRule contains an invalid character: ${rule}`);
    const [, open, close, double, single, word] = match;
    if (open) tokens.push({ kind: '(' });
    else if (close) tokens.push({ kind: ')' });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else tokens.push({ kind: 'quoted', text: (double ?? single ?? '').replace(/\\(.)/g, '$1') });
  }
  return tokens;
}

/** A rule may name an alarm by its ARN. */
const nameOf = (text: string): string => /^arn:[^:]*:cloudwatch:[^:]*:[^:]*:alarm:(.+)$/.exec(text)?.[1] ?? text;
