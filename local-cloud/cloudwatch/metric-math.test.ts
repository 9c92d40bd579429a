import { evaluateMath, parseMetricMath } from './metric-math.ts';
import type { MathValue } from './metric-math.ts';

const validationFault = expect.objectContaining({ code: 'ValidationError' }) as unknown as Error;
const series = (values: Record<number, number>): MathValue => ({
  kind: 'series',
  points: new Map(Object.entries(values).map(([second, value]) => [Number(second), value])),
});
const metrics: Record<string, MathValue> = { a: series({ 0: 1, 60: 2, 120: 3 }), b: series({ 60: 10 }), none: series({}) };

const evaluate = (expression: string): number | undefined | Record<string, number> => {
  const value = evaluateMath(parseMetricMath(expression), { lookUp: (id) => metrics[id]!, grid: [0, 60, 120] });
  if (value.kind === 'scalar') return value.value;
  return Object.fromEntries(value.kind === 'series' ? value.points : value.items.flatMap((points) => [...points]));
};

test.each<[expression: string, want: ReturnType<typeof evaluate>]>([
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['10 / 4 - 1', 1.5],
  ['2 - 1 - 1', 0],
  ['-2 * -3', 6],
  ['1 / 0', undefined],
  ['a * 100', { 0: 100, 60: 200, 120: 300 }],
  ['a + b', { 60: 12 }],
  ['b / (a - 2)', {}],
  ['SUM(a)', 6],
  ['AVG(a)', 2],
  ['MAX(a) - MIN(a)', 2],
  ['SUM(none)', undefined],
  ['SUM([a, b])', { 0: 1, 60: 12, 120: 3 }],
  ['MAX([a, b])', { 0: 1, 60: 10, 120: 3 }],
  ['AVG([a, b])', { 0: 1, 60: 6, 120: 3 }],
  ['FILL(b, 0)', { 0: 0, 60: 10, 120: 0 }],
  ['FILL(b, a)', { 0: 1, 60: 10, 120: 3 }],
  ['FILL(b, REPEAT)', { 60: 10, 120: 10 }],
  ['FILL(none, 0)', { 0: 0, 60: 0, 120: 0 }],
  ['a >= 2', { 0: 0, 60: 1, 120: 1 }],
  ['IF(a >= 2, a, 0)', { 0: 0, 60: 2, 120: 3 }],
  ['IF(a > 2, a)', { 120: 3 }],
  ['IF(a > 1 AND a < 3, 1, 0)', { 0: 0, 60: 1, 120: 0 }],
  ['IF(a == 1 || a == 3, b, 7)', { 60: 7 }],
  ['100 * (FILL(b, 0) + none) / SUM([a, b])', {}],
])('%s', (expression, want) => {
  expect(evaluate(expression)).toEqual(want);
});

test.each(['RATE(a)', 'METRICS()', 'SELECT AVG(x) FROM y', 'FILL(a, LINEAR)', 'SEARCH("x", "Sum", 60)'])('%s is not modelled and says so', (expression) => {
  expect(() => evaluate(expression)).toThrow(/does not model/);
});

test.each(['a +', '(a', 'a b', 'SUM(a', 'NOSUCH(a)', 'SUM(1)', 'SUM(a, b)', 'a $ b', 'X + 1'])('%s is refused as CloudWatch refuses it', (expression) => {
  expect(() => evaluate(expression)).toThrow(validationFault);
});
