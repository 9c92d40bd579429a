// Condition blocks of policies. An operator this evaluator does not know is refused when the policy is read, never skipped.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
import { NotModelled } from '../kernel/errors.ts';
import { arnMatches, globMatches, withVariables } from './pattern.ts';
import type { Keys } from './pattern.ts';

export interface Condition {
  key: string; // lower case
  values: readonly string[];
  quantifier: 'any' | 'forAny' | 'forAll';
  ifExists: boolean;
  test: Test;
}

type Test = { kind: 'null' } | { kind: 'compare'; negated: boolean; holds: (actual: string, wanted: string) => boolean };

const compare = (holds: (actual: string, wanted: string) => boolean): Test => ({ kind: 'compare', negated: false, holds });
const negate = (holds: (actual: string, wanted: string) => boolean): Test => ({ kind: 'compare', negated: true, holds });
const numbers = (holds: (actual: number, wanted: number) => boolean) => (actual: string, wanted: string) => holds(Number(actual), Number(wanted));
const dates = (holds: (actual: number, wanted: number) => boolean) => (actual: string, wanted: string) => holds(dateMs(actual), dateMs(wanted));
const dateMs = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));

const same = (actual: string, wanted: string) => actual === wanted;
const sameIgnoringCase = (actual: string, wanted: string) => actual.toLowerCase() === wanted.toLowerCase();
const like = (actual: string, wanted: string) => globMatches(wanted, actual);
const arnLike = (actual: string, wanted: string) => arnMatches(wanted, actual);

const TESTS: Readonly<Record<string, Test>> = {
  StringEquals: compare(same),
  StringNotEquals: negate(same),
  StringEqualsIgnoreCase: compare(sameIgnoringCase),
  StringNotEqualsIgnoreCase: negate(sameIgnoringCase),
  StringLike: compare(like),
  StringNotLike: negate(like),
  ArnEquals: compare(arnLike), // AWS gives ArnEquals and ArnLike the same meaning
  ArnLike: compare(arnLike),
  ArnNotEquals: negate(arnLike),
  ArnNotLike: negate(arnLike),
  Bool: compare(sameIgnoringCase),
  Null: { kind: 'null' },
  NumericEquals: compare(numbers((actual, wanted) => actual === wanted)),
  NumericNotEquals: negate(numbers((actual, wanted) => actual === wanted)),
  NumericLessThan: compare(numbers((actual, wanted) => actual < wanted)),
  NumericLessThanEquals: compare(numbers((actual, wanted) => actual <= wanted)),
  NumericGreaterThan: compare(numbers((actual, wanted) => actual > wanted)),
  NumericGreaterThanEquals: compare(numbers((actual, wanted) => actual >= wanted)),
  DateEquals: compare(dates((actual, wanted) => actual === wanted)),
  DateNotEquals: negate(dates((actual, wanted) => actual === wanted)),
  DateLessThan: compare(dates((actual, wanted) => actual < wanted)),
  DateLessThanEquals: compare(dates((actual, wanted) => actual <= wanted)),
  DateGreaterThan: compare(dates((actual, wanted) => actual > wanted)),
  DateGreaterThanEquals: compare(dates((actual, wanted) => actual >= wanted)),
};

const QUANTIFIERS: Readonly<Record<string, Condition['quantifier']>> = { ForAnyValue: 'forAny', ForAllValues: 'forAll' };

const KEY_SYNTAX = /^[a-z0-9-]+:[^\s*?]+$/i;

export function readConditions(block: Record<string, Record<string, unknown>>): Condition[] {
  return Object.entries(block).flatMap(([operator, keys]) => {
    const { quantifier, ifExists, test } = readOperator(operator);
    return Object.entries(keys).map(([key, value]) => {
      if (!KEY_SYNTAX.test(key)) throw new NotModelled(`the condition key ${key} (keys look like service:Name)`);
      const values = (Array.isArray(value) ? value : [value]).map(String);
      return { key: key.toLowerCase(), values, quantifier, ifExists, test };
    });
  });
}

function readOperator(operator: string): Pick<Condition, 'quantifier' | 'ifExists' | 'test'> {
  const [first = '', second] = operator.split(':');
  const quantifier = second === undefined ? 'any' : QUANTIFIERS[first];
  const name = second ?? first;
  const ifExists = name.endsWith('IfExists');
  const test = TESTS[ifExists ? name.slice(0, -'IfExists'.length) : name];
  if (!quantifier || !test) throw new NotModelled(`the policy condition operator ${operator}`);
  return { quantifier, ifExists, test };
}

/** All conditions of a statement must hold; the values of one condition are alternatives. */
export const conditionsHold = (conditions: readonly Condition[], keys: Keys): boolean => conditions.every((condition) => conditionHolds(condition, keys));

function conditionHolds({ key, values, quantifier, ifExists, test }: Condition, keys: Keys): boolean {
  const actual = keys.get(key);
  const absent = actual === undefined || actual.length === 0;
  if (test.kind === 'null') return values.some((value) => (value === 'true') === absent);
  if (absent) return ifExists || quantifier === 'forAll' || (test.negated && quantifier === 'any');
  const wanted = values.map((value) => withVariables(value, keys)).filter((value) => value !== undefined);
  const { negated, holds } = test;
  // A negated operator holds for a value when it equals none of the wanted ones.
  const one = (value: string) => wanted.some((each) => holds(value, each)) !== negated;
  return quantifier === 'forAll' || (negated && quantifier === 'any') ? actual.every(one) : actual.some(one);
}
