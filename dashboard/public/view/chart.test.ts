import fc from 'fast-check';
import type { AlarmMetricsView, ReleaseMetricsAnswer, StageView, TimelineEntry } from '../../../core/view/index.ts';
import { HOSTILE, iso, MINUTE_MS, NOON, production, staging, weight } from '../../testing/samples.ts';
import { courseOf, spanOf, timeTicks, toChart, valueNear, weightAt } from './chart.js';

const START = NOON - 20 * MINUTE_MS;
const at = (minutesAgo: number): number => NOON - minutesAgo * MINUTE_MS;
const story = [weight(16, 5), weight(10, 25), weight(9, 25)];
const rollback: TimelineEntry = { at: iso(at(6)), stage: 'production', kind: 'rollback', text: 'Rolling back from 25 %: alarm.' };
const course = (stage: StageView, timeline: TimelineEntry[]) => courseOf(stage, timeline, spanOf(stage, timeline, NOON) ?? { fromMs: 0, toMs: 1 });
const alarm = (more: Partial<AlarmMetricsView> = {}): AlarmMetricsView => ({ name: 'errors', state: 'OK', threshold: 5, comparison: '>', series: [{ label: 'share', of: 'new', points: [[at(15), 1], [at(14), 7], [at(13), 2]] }], ...more });
const metrics = (...alarms: AlarmMetricsView[]): ReleaseMetricsAnswer => ({ stage: 'production', fromMs: START, toMs: NOON, alarms });
const chart = (more: Partial<Parameters<typeof toChart>[0]> = {}) => {
  const made = toChart({ stage: production(), timeline: story, metrics: metrics(alarm()), nowMs: NOON, width: 600, ...more });
  if (made === undefined) throw new Error('no chart');
  return made;
};

describe('the weight over time', () => {
  test('begins at nothing and steps with the story', () => {
    expect(course(production(), story)).toEqual({ steps: [[START, 0], [at(16), 5], [at(10), 25]], rollback: undefined });
  });

  test.each([[21, 0], [16, 5], [12, 5], [10, 25], [0, 25]])('%i minutes ago it was %i', (minutesAgo, want) => {
    expect(weightAt(course(production(), story), at(minutesAgo))).toBe(want);
  });

  test('falls from where it stood when a rollback began, and is at nothing when it ended', () => {
    const ended = production({ status: 'ended', outcome: 'rolledBack', endedAt: iso(at(4)) });
    const fallen = course(ended, [...story, rollback]);
    expect(fallen.rollback).toEqual({ fromMs: at(6), toMs: at(4), weight: 25, over: true });
    expect([at(7), at(5), at(4)].map((ms) => weightAt(fallen, ms))).toEqual([25, undefined, 0]);
  });

  test('nobody claims that a rollback under way is over', () => {
    const falling = course(production(), [...story, rollback]);
    expect(falling.rollback?.over).toBe(false);
    expect(weightAt(falling, NOON)).toBeUndefined();
  });

  test('a rollback that lost its race against the end is not drawn', () => {
    expect(course(production({ status: 'ended', outcome: 'succeeded', endedAt: iso(at(1)) }), [...story, rollback]).rollback).toBeUndefined();
  });

  test('a deployment that succeeded ends at all of the traffic', () => {
    expect(course(production({ status: 'ended', outcome: 'succeeded', endedAt: iso(at(1)) }), story).steps.at(-1)).toEqual([at(1), 100]);
  });

  test('other stages do not mix in', () => {
    expect(course(production(), [{ ...weight(18, 50), stage: 'staging' }, ...story]).steps).toHaveLength(3);
  });

  test('is told in words too', () => {
    expect(chart().weight?.summary).toMatch(/^Weight of the new revision in production: 5 % at \d\d:\d\d:\d\d, 25 % at \d\d:\d\d:\d\d\.$/);
  });

  test('there is none where ECS shifts no weights, and no chart where nothing began', () => {
    expect(chart({ stage: staging }).weight).toBeUndefined();
    expect(toChart({ stage: { ...production(), startedAt: undefined }, timeline: [], metrics: undefined, nowMs: NOON, width: 600 })).toBeUndefined();
  });
});

describe('an alarm below it', () => {
  test('draws its curve, its threshold and what crossed it', () => {
    const [panel] = chart().alarms;
    expect(panel).toMatchObject({ name: 'errors', word: 'OK', tone: 'good', rule: 'fires > 5', label: 'share', empty: undefined });
    expect(panel?.curves[0]?.path).toMatch(/^M[\d.]+ [\d.]+L[\d.]+ [\d.]+L[\d.]+ [\d.]+$/);
    expect(panel).toMatchObject({ crossed: true });
    expect(panel?.over).toHaveLength(1);
    expect(panel?.over[0]?.y).toBeLessThan(panel?.threshold?.y ?? 0);
  });

  test.each([['>', 5, 0], ['>=', 5, 1], ['<', 5, 2], ['<=', 5, 3], [undefined, 5, 0]] as const)('%s %i is crossed by %i of 4, 5 and 4, as CloudWatch means it', (comparison, threshold, count) => {
    const points: [number, number][] = [[at(15), 4], [at(14), 5], [at(13), 4]];
    expect(chart({ metrics: metrics(alarm({ comparison, threshold, series: [{ label: 's', of: 'all', points }] })) }).alarms[0]?.over).toHaveLength(count);
  });

  test('says that its state is that of now, once the rollout is over', () => {
    expect(chart({ stage: production({ status: 'ended', outcome: 'rolledBack', endedAt: iso(at(1)) }) }).alarms[0]).toMatchObject({ word: 'OK now', crossed: true });
  });

  test('breaks the line where nothing was measured, and shows a lone point as a dot', () => {
    const points: [number, number][] = [[at(15), 1], [at(14), 1], [at(13), 1], [at(5), 1]];
    const [curve] = chart({ metrics: metrics(alarm({ series: [{ label: 's', of: 'new', points }] })) }).alarms[0]?.curves ?? [];
    expect(curve?.path.match(/M/g)).toHaveLength(2);
    expect(curve?.dots).toHaveLength(1);
  });

  test.each<{ name: string; given: AlarmMetricsView; empty: string }>([
    { name: 'no data', given: alarm({ series: [{ label: 's', of: 'new', points: [] }] }), empty: 'CloudWatch has no data for this time.' },
    { name: 'no metric', given: alarm({ series: [], threshold: undefined }), empty: 'This alarm has no metric of its own.' },
  ])('says that there is $name', ({ given, empty }) => {
    expect(chart({ metrics: metrics(given) }).alarms[0]?.empty).toBe(empty);
  });

  test('shows the new fleet before the old one, whatever comes first', () => {
    const points: [number, number][] = [[at(15), 1]];
    const series = (['all', 'old', 'new'] as const).map((of) => ({ label: 's', of, points }));
    expect(chart({ metrics: metrics(alarm({ series })) }).alarms[0]?.curves.map(({ of }) => of)).toEqual(['new', 'old', 'all']);
  });

  test('keeps names that could pose as something else as plain text', () => {
    const [panel] = chart({ metrics: metrics(alarm({ name: HOSTILE, state: HOSTILE as 'OK' })) }).alarms;
    expect(panel?.name).toContain('<img');
    expect(`${panel?.name}${panel?.word}`).not.toMatch(/[\u202e\u0007]/);
  });

  test('everything drawn is inside, whatever CloudWatch measured', () => {
    const value = fc.oneof(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.constant(0));
    const points = fc.array(fc.tuple(fc.integer({ min: START - MINUTE_MS, max: NOON + MINUTE_MS }), value), { maxLength: 40 }).map((list) => list.sort((a, b) => a[0] - b[0]));
    fc.assert(
      fc.property(points, fc.option(value, { nil: undefined }), fc.constantFrom('>', '<'), fc.integer({ min: 200, max: 1400 }), (list, threshold, comparison, width) => {
        const made = chart({ width, metrics: metrics(alarm({ threshold, comparison, series: [{ label: 's', of: 'new', points: list }] })) });
        const [panel] = made.alarms;
        const numbers = [...(panel?.curves[0]?.path.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g) ?? [])].map(([, x, y]) => [Number(x), Number(y)] as const);
        for (const [x, y] of numbers) {
          expect(x).toBeGreaterThanOrEqual(made.left);
          expect(x).toBeLessThanOrEqual(made.right);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(y).toBeLessThanOrEqual(panel?.height ?? 0);
        }
        expect(panel?.curves[0]?.path).not.toMatch(/NaN|Infinity/);
        if (panel?.threshold !== undefined) expect(panel.threshold.y).toBeGreaterThanOrEqual(0);
        for (const tick of made.ticks) expect(tick.x).toBeLessThanOrEqual(made.right);
      }),
    );
  });
});

describe('the time axis', () => {
  test.each([
    [30_000, 600], [20 * MINUTE_MS, 600], [20 * MINUTE_MS, 280], [26 * 3_600_000, 900], [400 * 86_400_000, 900],
  ])('%i ms on %i px: as many labels as there is room for', (lengthMs, width) => {
    const ticks = timeTicks({ fromMs: START, toMs: START + lengthMs }, width);
    expect(ticks.length).toBeGreaterThanOrEqual(1);
    expect(ticks.length).toBeLessThanOrEqual(Math.max(2, Math.floor(width / 84)) + 1);
    if (lengthMs < 86_400_000) expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
  });

  test('a pixel and an instant are the same place', () => {
    const made = chart();
    expect(made.msAt(made.x(at(10)))).toBeCloseTo(at(10), -4);
    expect(made.msAt(-100)).toBe(made.fromMs);
    expect(made.msAt(10_000)).toBe(made.toMs);
  });
});

test('a reading is the nearest point, if one is near', () => {
  expect(valueNear([[0, 1], [10, 2]], 6, 5)).toBe(2);
  expect(valueNear([[0, 1], [10, 2]], 30, 5)).toBeUndefined();
});
