import fc from 'fast-check';
import type { Strategy } from '../pipeline/model.ts';
import { compileLadder, linearWeights } from './ladder.ts';
import { LadderNotNative, nativeOf, nativeWeightsOf, rungsOf } from './rungs.ts';

const MINUTE_MS = 60_000;

test.each([
  { asked: [10], native: { strategy: 'CANARY', canaryPercent: 10 }, weights: [10, 100] },
  { asked: [0.1], native: { strategy: 'CANARY', canaryPercent: 0.1 }, weights: [0.1, 100] },
  { asked: [25, 50], native: { strategy: 'LINEAR', stepPercent: 25 }, weights: [25, 50, 75, 100] },
  { asked: [50, 75], native: { strategy: 'LINEAR', stepPercent: 25 }, weights: [25, 50, 75, 100] },
  { asked: [30, 60], native: { strategy: 'LINEAR', stepPercent: 30 }, weights: [30, 60, 90, 100] },
  { asked: [3.3, 6.6], native: { strategy: 'LINEAR', stepPercent: 3.3 }, weights: linearWeights(3.3) },
  { asked: [5, 25, 50], native: { strategy: 'LINEAR', stepPercent: 5 }, weights: [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100] },
])('$asked compiles to $native', ({ asked, native, weights }) => {
  expect(compileLadder(asked)).toEqual({ ok: true, native, weightsPercent: weights });
});

test.each([
  { name: 'a step under 3 %', asked: [1, 2], reason: /greatest step that meets 1, 2 is 1 %/ },
  { name: 'exactly 2.9 %', asked: [2.9, 5.8], reason: /is 2.9 %/ },
  { name: 'no weight', asked: [], reason: /at least one weight/ },
  { name: 'falling weights', asked: [50, 25], reason: /do not rise/ },
  { name: 'equal weights', asked: [25, 25], reason: /do not rise/ },
  { name: 'a weight of 100', asked: [50, 100], reason: /100 is not a multiple of 0.1 between 0 and 100/ },
  { name: 'hundredths', asked: [2.55], reason: /2.55 is not a multiple/ },
])('refuses $name', ({ asked, reason }) => {
  const ladder = compileLadder(asked);
  expect(ladder.ok ? 'accepted' : ladder.reason).toMatch(reason);
});

test('names the nearest ladders that work, also the one with a rung less', () => {
  expect(compileLadder([1, 5, 25])).toMatchObject({ ok: false, nearest: [[3, 6, 24], [4, 8, 24], [5, 25]] });
});

const tenths = fc.integer({ min: 1, max: 999 });
const rising = fc.uniqueArray(tenths, { minLength: 1, maxLength: 12 }).map((weights) => weights.sort((a, b) => a - b).map((weight) => weight / 10));
const climbable = fc
  .tuple(fc.integer({ min: 30, max: 499 }), fc.uniqueArray(fc.integer({ min: 1, max: 33 }), { minLength: 1, maxLength: 10 }))
  .map(([step, multiples]) => multiples.sort((a, b) => a - b).map((multiple) => (multiple * step) / 10).filter((weight) => weight < 100))
  .filter((weights) => weights.length > 0);

describe('whatever the ladder', () => {
  test('an accepted one passes every weight that was asked for, rises, and ends at 100', () => {
    fc.assert(
      fc.property(fc.oneof(climbable, rising), (asked) => {
        const ladder = compileLadder(asked);
        if (!ladder.ok) return;
        expect(ladder.weightsPercent).toEqual(expect.arrayContaining(asked));
        expect(ladder.weightsPercent.at(-1)).toBe(100);
        expect(ladder.weightsPercent.every((weight, index) => weight > (ladder.weightsPercent[index - 1] ?? 0))).toBe(true);
      }),
    );
  });

  test('multiples of a step that ECS has are always accepted, with the fewest shifts', () => {
    fc.assert(
      fc.property(climbable, (asked) => {
        const ladder = compileLadder(asked);
        expect(ladder.ok).toBe(true);
        if (!ladder.ok || ladder.native.strategy !== 'LINEAR') return;
        const step = ladder.native.stepPercent;
        for (let larger = step + 0.1; larger < 50; larger += 0.1) {
          const reached = new Set(linearWeights(Math.round(larger * 10) / 10));
          expect(asked.every((weight) => reached.has(weight))).toBe(false);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('every ladder offered instead of a refused one is accepted, and no rung of it is made up beyond the asked count', () => {
    fc.assert(
      fc.property(rising, (asked) => {
        const ladder = compileLadder(asked);
        if (ladder.ok) return;
        expect(ladder.nearest.length).toBeGreaterThan(0);
        for (const offered of ladder.nearest) {
          expect(compileLadder(offered).ok).toBe(true);
          expect(offered.length === asked.length || offered.length === asked.length - 1).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('rungs', () => {
  const bake = { forMs: 10 * MINUTE_MS, requests: 2000 };
  const approval = { from: ['alice'], need: 1, withinMs: MINUTE_MS, otherwise: 'reject' as const, notByAuthor: false };
  const last = { weightPercent: 100, bake: { forMs: 15 * MINUTE_MS, requests: undefined }, approval: undefined };
  const bakeAfterMs = 15 * MINUTE_MS;

  test.each<{ strategy: Strategy; rungs: unknown[]; native: unknown; weights: number[] }>([
    {
      strategy: { kind: 'rolling', minimumHealthyPercent: 50, maximumPercent: undefined, bakeAfterMs },
      rungs: [],
      native: { strategy: 'ROLLING', minimumHealthyPercent: 50, maximumPercent: undefined },
      weights: [],
    },
    {
      strategy: { kind: 'blueGreen', approval, bakeAfterMs },
      rungs: [{ weightPercent: 0, bake: { forMs: 0, requests: undefined }, approval }, last],
      native: { strategy: 'BLUE_GREEN' },
      weights: [100],
    },
    {
      strategy: { kind: 'canary', steps: [{ weightPercent: 5, bake, approval }], bakeAfterMs },
      rungs: [{ weightPercent: 5, bake, approval }, last],
      native: { strategy: 'CANARY', canaryPercent: 5 },
      weights: [5, 100],
    },
    {
      strategy: { kind: 'canary', steps: [{ weightPercent: 20, bake, approval: undefined }, { weightPercent: 60, bake, approval }], bakeAfterMs },
      rungs: [{ weightPercent: 20, bake, approval: undefined }, { weightPercent: 60, bake, approval }, last],
      native: { strategy: 'LINEAR', stepPercent: 20 },
      weights: [20, 40, 60, 80, 100],
    },
    {
      strategy: { kind: 'linear', stepPercent: 40, bake, bakeAfterMs },
      rungs: [{ weightPercent: 40, bake, approval: undefined }, { weightPercent: 80, bake, approval: undefined }, last],
      native: { strategy: 'LINEAR', stepPercent: 40 },
      weights: [40, 80, 100],
    },
  ])('of $strategy.kind are the weights a person is told of, with the native strategy that reaches them', ({ strategy, rungs, native, weights }) => {
    expect(rungsOf(strategy)).toEqual(rungs);
    expect(nativeOf(strategy)).toEqual(native);
    expect(nativeWeightsOf(strategy)).toEqual(weights);
  });

  test('a record with a ladder that ECS cannot climb is not carried out', () => {
    const step = { bake, approval: undefined };
    expect(() => nativeOf({ kind: 'canary', steps: [{ weightPercent: 1, ...step }, { weightPercent: 2, ...step }], bakeAfterMs })).toThrow(LadderNotNative);
  });
});
