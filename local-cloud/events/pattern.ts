// Event patterns: parsed once with the checks PutRule makes, then matched against events.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
// Not modelled: `cidr`.
import { AwsError, NotModelled } from '../kernel/errors.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Matches one value; `undefined` stands for a field that is not there. */
type ValueTest = (value: Json | undefined) => boolean;

export type Matcher = (event: unknown) => boolean;

const invalid = (reason: string): AwsError => new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`, { httpStatus: 400 });

export function parsePattern(text: string): Matcher {
  let pattern: Json;
  try {
    pattern = JSON.parse(text) as Json;
  } catch {
    throw invalid('Filter is not valid JSON');
  }
  if (!isObject(pattern)) throw invalid('Filter is not an object');
  const matcher = parseObject(pattern);
  return (event) => matcher(event as Json);
}

const isObject = (value: Json | undefined): value is { [key: string]: Json } => typeof value === 'object' && value !== null && !Array.isArray(value);

type NodeTest = (event: Json | undefined) => boolean;

function parseObject(pattern: { [key: string]: Json }): NodeTest {
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw invalid('Empty objects are not allowed');
  const tests = entries.map(([key, value]) => (key === '$or' && isAlternatives(value) ? parseOr(value) : parseField(key, value)));
  return (event) => tests.every((test) => test(event));
}

/** `$or` is an operator only above an array of two or more objects; otherwise it is a field of that name. */
const isAlternatives = (value: Json): value is { [key: string]: Json }[] => Array.isArray(value) && value.length >= 2 && value.every(isObject);

function parseOr(alternatives: { [key: string]: Json }[]): NodeTest {
  const tests = alternatives.map(parseObject);
  return (event) => tests.some((test) => test(event));
}

function parseField(key: string, pattern: Json): NodeTest {
  if (isObject(pattern)) {
    const test = parseObject(pattern);
    // Events may hold arrays of objects: one of them must match as a whole.
    return (event) => childrenOf(event, key).some((child) => test(child));
  }
  if (!Array.isArray(pattern)) throw invalid(`"${key}" must be an object or an array`);
  if (pattern.length === 0) throw invalid('Empty arrays are not allowed');
  const tests = pattern.map(parseValue);
  return (event) => {
    const leaves = leavesOf(event, key);
    // An absent field is one thing to test (`exists: false`), not nothing.
    const candidates: (Json | undefined)[] = leaves.length > 0 ? leaves : [undefined];
    return tests.some((test) => candidates.some((candidate) => test(candidate)));
  };
}

const fieldOf = (event: Json | undefined, key: string): Json | undefined => (isObject(event) && Object.hasOwn(event, key) ? event[key] : undefined);

function childrenOf(event: Json | undefined, key: string): (Json | undefined)[] {
  const value = fieldOf(event, key);
  return Array.isArray(value) && value.length > 0 ? value : [value];
}

/** The values a leaf pattern sees: the field, or each element of an array. An object is no leaf. */
function leavesOf(event: Json | undefined, key: string): Json[] {
  const value = fieldOf(event, key);
  if (value === undefined || isObject(value)) return [];
  return Array.isArray(value) ? value.filter((element) => !isObject(element) && !Array.isArray(element)) : [value];
}

// ---- one element of a leaf's array -----------------------------------------------------------------------------------------------------

function parseValue(pattern: Json): ValueTest {
  if (!isObject(pattern)) {
    if (Array.isArray(pattern)) throw invalid('Match value must be String, number, true, false, or null');
    return (value) => value !== undefined && sameValue(value, pattern);
  }
  const [operator, ...more] = Object.keys(pattern);
  if (operator === undefined || more.length > 0) throw invalid('Only one key allowed in match expression');
  return parseOperator(operator, pattern[operator] ?? null);
}

function sameValue(value: Json, wanted: Json): boolean {
  return value === wanted;
}

function parseOperator(operator: string, operand: Json): ValueTest {
  switch (operator) {
    case 'prefix':
    case 'suffix':
      return textTest(operator, operand);
    case 'equals-ignore-case': {
      const wanted = textOf(operator, operand).toLowerCase();
      return onText((text) => text.toLowerCase() === wanted);
    }
    case 'wildcard':
      return onText(wildcard(textOf(operator, operand)));
    case 'anything-but':
      return parseAnythingBut(operand);
    case 'numeric':
      return parseNumeric(operand);
    case 'exists':
      if (typeof operand !== 'boolean') throw invalid('exists match pattern must be either true or false.');
      return (value) => (value !== undefined) === operand;
    case 'cidr':
      throw new NotModelled('the event pattern operator cidr');
    default:
      throw invalid(`Unrecognized match type ${operator}`);
  }
}

function textOf(operator: string, operand: Json): string {
  if (typeof operand !== 'string') throw invalid(`${operator} match pattern must be a string`);
  return operand;
}

const onText = (test: (text: string) => boolean): ValueTest => (value) => typeof value === 'string' && test(value);

/** Plain, or `{"prefix": {"equals-ignore-case": "x"}}`. */
function textTest(operator: 'prefix' | 'suffix', operand: Json): ValueTest {
  const matches = (text: string, wanted: string) => (operator === 'prefix' ? text.startsWith(wanted) : text.endsWith(wanted));
  if (isObject(operand)) {
    const keys = Object.keys(operand);
    if (keys.length !== 1 || keys[0] !== 'equals-ignore-case') throw invalid(`${operator} match pattern must be a string or an equals-ignore-case expression`);
    const wanted = textOf(operator, operand['equals-ignore-case'] ?? null).toLowerCase();
    return onText((text) => matches(text.toLowerCase(), wanted));
  }
  const wanted = textOf(operator, operand);
  return onText((text) => matches(text, wanted));
}

function wildcard(pattern: string): (text: string) => boolean {
  if (/\*\*/.test(pattern)) throw invalid('Consecutive wildcard characters');
  let source = '';
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index);
    if (character === '*') source += '[^]*';
    else if (character === '\\') {
      const escaped = pattern.charAt((index += 1));
      if (escaped !== '*' && escaped !== '\\') throw invalid('Invalid escape character');
      source += `\\${escaped}`;
    } else source += character.replace(/[.+?^${}()|[\]/]/g, '\\$&');
  }
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}

/** Values, or one of prefix, suffix, equals-ignore-case, wildcard with one value or several. An absent field never matches. */
function parseAnythingBut(operand: Json): ValueTest {
  if (isObject(operand)) {
    const [operator, ...more] = Object.keys(operand);
    if (operator === undefined || more.length > 0 || !['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(operator)) throw invalid('Unsupported anything-but pattern');
    const wanted = operand[operator] ?? null;
    const tests = (Array.isArray(wanted) ? wanted : [wanted]).map((one) => parseOperator(operator, one));
    if (tests.length === 0) throw invalid('Empty arrays are not allowed');
    return (value) => value !== undefined && !tests.some((test) => test(value));
  }
  const values = Array.isArray(operand) ? operand : [operand];
  if (values.length === 0 || values.some((value) => typeof value !== 'string' && typeof value !== 'number')) {
    throw invalid('Inside anything but list, start|null|boolean is not supported.');
  }
  return (value) => value !== undefined && !values.some((one) => sameValue(value, one));
}

const COMPARISONS: Record<string, (value: number, limit: number) => boolean> = {
  '=': (value, limit) => value === limit,
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
};

/** `["=", 5]` or `[">", 0, "<=", 5]`, a lower bound before an upper one. */
function parseNumeric(operand: Json): ValueTest {
  if (!Array.isArray(operand) || operand.length === 0 || operand.length % 2 !== 0 || operand.length > 4) throw invalid('Invalid member in numeric match');
  const tests: ((value: number) => boolean)[] = [];
  const operators: string[] = [];
  const limits: number[] = [];
  for (let index = 0; index < operand.length; index += 2) {
    const operator = operand[index];
    const limit = operand[index + 1];
    const compare = typeof operator === 'string' ? COMPARISONS[operator] : undefined;
    if (typeof operator !== 'string' || !compare) throw invalid(`Unrecognized numeric range operator: ${JSON.stringify(operator)}`);
    if (typeof limit !== 'number') throw invalid('Value of numeric match must be numeric');
    if (Math.abs(limit) > 5e9) throw invalid('Value must be between -5.0E9 and 5.0E9, inclusive');
    operators.push(operator);
    limits.push(limit);
    tests.push((value) => compare(value, limit));
  }
  if (operators.length === 2) {
    if (!operators[0]?.startsWith('>') || !operators[1]?.startsWith('<')) throw invalid('Bad numeric range operator');
    if ((limits[0] ?? 0) >= (limits[1] ?? 0)) throw invalid('Bottom must be less than top');
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}
