import fc from 'fast-check';
import { seriesWanted, thinned, type AlarmQuery, type Point } from './alarm-series.ts';

const metric = (id: string, targetGroup?: string): AlarmQuery => ({ id, label: undefined, expression: undefined, targetGroup, returnData: false });
const math = (id: string, expression: string, more: Partial<AlarmQuery> = {}): AlarmQuery => ({ id, label: undefined, expression, targetGroup: undefined, returnData: false, ...more });
const BLUE = 'targetgroup/blue/1';
const GREEN = 'targetgroup/green/2';

/** As in examples/checkout: the worse fleet's share of errors. */
const WORST_SHARE = [
  math('worst', 'MAX([blueShare, greenShare])', { returnData: true, label: 'errors in percent' }),
  math('blueShare', '100 * FILL(blueErrors, 0) / blueRequests'),
  math('greenShare', '100 * FILL(greenErrors, 0) / greenRequests'),
  metric('blueErrors', BLUE),
  metric('blueRequests', BLUE),
  metric('greenErrors', GREEN),
  metric('greenRequests', GREEN),
];

describe('which curves show what an alarm judges', () => {
  test.each<{ name: string; queries: AlarmQuery[]; fresh: string[]; want: string[] }>([
    { name: 'the worse of two fleets is shown as two fleets', queries: WORST_SHARE, fresh: [GREEN], want: ['blueShare old', 'greenShare new'] },
    { name: 'which fleet is new changes with every release', queries: WORST_SHARE, fresh: [BLUE], want: ['blueShare new', 'greenShare old'] },
    { name: 'fleets that nobody can name stay unnamed', queries: WORST_SHARE, fresh: [], want: ['blueShare all', 'greenShare all'] },
    { name: 'a plain metric is its own curve', queries: [{ ...metric('m', GREEN), returnData: true }], fresh: [GREEN], want: ['m new'] },
    { name: 'a metric of no target group is of everything', queries: [{ ...metric('m'), returnData: true }], fresh: [GREEN], want: ['m all'] },
    { name: 'a sum is not comparable with its parts', queries: [math('sum', 'a + b', { returnData: true }), metric('a', BLUE), metric('b', GREEN)], fresh: [GREEN], want: ['sum all'] },
    { name: 'neither is a maximum inside something else', queries: [math('half', 'MAX([a, b]) / 2', { returnData: true }), metric('a', BLUE), metric('b', GREEN)], fresh: [GREEN], want: ['half all'] },
    { name: 'a part over both fleets keeps the whole together', queries: [math('m', 'MAX([a, c])', { returnData: true }), metric('a', BLUE), math('c', 'a + b'), metric('b', GREEN)], fresh: [GREEN], want: ['m all'] },
    { name: 'an id that is not there keeps the whole together', queries: [math('m', 'MAX([a, gone])', { returnData: true }), metric('a', BLUE)], fresh: [], want: ['m all'] },
    { name: 'expressions that go in circles end', queries: [math('a', 'b + 1', { returnData: true }), math('b', 'a + 1')], fresh: [], want: ['a all'] },
    { name: 'a composite alarm has no curve', queries: [], fresh: [GREEN], want: [] },
  ])('$name', ({ queries, fresh, want }) => {
    expect(seriesWanted(queries, fresh).map(({ id, of }) => `${id} ${of}`)).toEqual(want);
  });

  test('parts without a label of their own are called what the alarm calls the whole', () => {
    expect(seriesWanted(WORST_SHARE, [GREEN]).map(({ label }) => label)).toEqual(['errors in percent', 'errors in percent']);
  });
});

describe('thinning', () => {
  const anyPoints = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 300 }).map((values) => values.map((value, index): Point => [index, value]));

  test('keeps the worst point, invents none, and stays within the limit', () => {
    fc.assert(
      fc.property(anyPoints, fc.integer({ min: 1, max: 50 }), fc.constantFrom('highest' as const, 'lowest' as const), (points, max, worst) => {
        const kept = thinned(points, max, worst);
        expect(kept.length).toBeLessThanOrEqual(max);
        for (const point of kept) expect(points).toContain(point);
        if (points.length > 0) {
          const extreme = worst === 'highest' ? Math.max : Math.min;
          expect(extreme(...kept.map(([, value]) => value))).toBe(extreme(...points.map(([, value]) => value)));
        }
        expect(kept.map(([at]) => at)).toEqual([...kept.map(([at]) => at)].sort((a, b) => a - b));
      }),
    );
  });

  test('leaves few points alone', () => {
    expect(thinned([[1, 2], [3, 1]], 2, 'highest')).toEqual([[1, 2], [3, 1]]);
  });
});
