// The sums behind deployments: rolling window, traffic steps, listener weights, breaker threshold.
import fc from 'fast-check';
import { breakerThreshold } from './breaker-threshold.ts';
import { healthyFloor, rollingMove, taskCeiling } from './rolling-window.ts';
import { listenerWeights, trafficSteps } from './traffic-plan.ts';

describe('the rolling window', () => {
  it.each([
    // desired, min, max, [target live, healthy], [retiring live, healthy] -> start, stop retiring, stuck
    { name: 'starts a full second fleet first at 100/200', view: [4, 100, 200, [0, 0], [4, 4]], move: [4, 0, false] },
    { name: 'stops one old task per new healthy one at 100/200', view: [4, 100, 200, [4, 1], [4, 4]], move: [0, 1, false] },
    { name: 'stops half at once at 50/100', view: [4, 50, 100, [0, 0], [4, 4]], move: [2, 2, false] },
    { name: 'stops everything at once at 0/100', view: [4, 0, 100, [0, 0], [4, 4]], move: [4, 4, false] },
    { name: 'cannot stop any of 2 at 75/100', view: [2, 75, 100, [0, 0], [2, 2]], move: [0, 0, true] },
    { name: 'cannot start any of 3 at 100/125', view: [3, 100, 125, [0, 0], [3, 3]], move: [0, 0, true] },
    { name: 'waits quietly while new tasks get healthy', view: [2, 100, 200, [2, 0], [2, 2]], move: [0, 0, false] },
    { name: 'has nothing to do when all is done', view: [2, 100, 200, [2, 2], [0, 0]], move: [0, 0, false] },
    { name: 'lets the last old ones go', view: [2, 100, 200, [2, 2], [2, 2]], move: [0, 2, false] },
  ] as const)('$name', ({ view: [desired, minimumHealthyPercent, maximumPercent, target, retiring], move }) => {
    const result = rollingMove({
      desired, minimumHealthyPercent, maximumPercent,
      target: { live: target[0], healthy: target[1] },
      retiring: { live: retiring[0], healthy: retiring[1] },
    });
    expect([result.startTarget, result.stopRetiring, result.stuck]).toEqual(move);
  });

  it('never takes healthy tasks below the floor nor live ones above the ceiling, and ends when new tasks get healthy', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 100 }), fc.integer({ min: 100, max: 300 }), (desired, min, max) => {
        const floor = healthyFloor(desired, min);
        const ceiling = taskCeiling(desired, max);
        fc.pre(floor < desired || ceiling > desired);
        const target = { live: 0, healthy: 0 };
        const retiring = { live: desired, healthy: desired };
        for (let round = 0; round < 10 * desired; round++) {
          const move = rollingMove({ desired, minimumHealthyPercent: min, maximumPercent: max, target, retiring });
          expect(move.stuck).toBe(false);
          retiring.live -= move.stopRetiring;
          retiring.healthy = retiring.live;
          expect(target.healthy + retiring.healthy).toBeGreaterThanOrEqual(floor);
          target.live += move.startTarget;
          if (move.startTarget > 0) expect(target.live + retiring.live).toBeLessThanOrEqual(ceiling);
          if (target.healthy < target.live) target.healthy += 1;
          if (target.healthy === desired && retiring.live === 0) return;
        }
        throw new Error('never finished');
      }),
    );
  });
});

describe('traffic steps', () => {
  const percents = (configuration: Parameters<typeof trafficSteps>[0]) => trafficSteps(configuration).map((step) => step.percent);

  it.each([
    [{ strategy: 'BLUE_GREEN' as const }, [100]],
    [{ strategy: 'CANARY' as const }, [5, 100]],
    [{ strategy: 'CANARY' as const, canaryConfiguration: { canaryPercent: 0.1 } }, [0.1, 100]],
    [{ strategy: 'LINEAR' as const, linearConfiguration: { stepPercent: 20 } }, [20, 40, 60, 80, 100]],
    [{ strategy: 'LINEAR' as const, linearConfiguration: { stepPercent: 33 } }, [33, 66, 99, 100]],
    [{ strategy: 'LINEAR' as const, linearConfiguration: { stepPercent: 12.5 } }, [12.5, 25, 37.5, 50, 62.5, 75, 87.5, 100]],
    [{ strategy: 'LINEAR' as const, linearConfiguration: { stepPercent: 100 } }, [100]],
  ])('%j moves by %j', (configuration, expected) => {
    expect(percents(configuration)).toEqual(expected);
  });

  it('LINEAR takes ceil(100 / step) steps and ends at 100, for every step there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 1000 }), (tenths) => {
        const steps = percents({ strategy: 'LINEAR', linearConfiguration: { stepPercent: tenths / 10 } });
        expect(steps).toHaveLength(Math.ceil(1000 / tenths));
        expect(steps.at(-1)).toBe(100);
        expect(steps).toEqual([...steps].sort((a, b) => a - b));
      }),
    );
  });

  it('bakes every step but the last', () => {
    expect(trafficSteps({ strategy: 'LINEAR', linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 7 } })).toEqual([
      { percent: 50, bakeMinutes: 7 },
      { percent: 100, bakeMinutes: 0 },
    ]);
  });

  it('turns every percentage into weights a listener accepts, with the exact ratio', () => {
    for (let tenths = 0; tenths <= 1000; tenths++) {
      const { green, blue } = listenerWeights(tenths / 10);
      expect(green / (green + blue)).toBeCloseTo(tenths / 1000, 9);
      for (const weight of [green, blue]) {
        expect(Number.isInteger(weight)).toBe(true);
        expect(weight).toBeGreaterThanOrEqual(0);
        expect(weight).toBeLessThanOrEqual(999);
      }
    }
  });
});

describe('the circuit breaker threshold', () => {
  it.each([
    ['default', undefined, 1, 3],
    ['default', undefined, 25, 13],
    ['default', undefined, 400, 200],
    ['default', undefined, 800, 200],
    ['unbounded 50 %', { type: 'UNBOUNDED_PERCENT' as const, value: 50 }, 800, 400],
    ['unbounded 50 %', { type: 'UNBOUNDED_PERCENT' as const, value: 50 }, 1, 1],
    ['bounded 10 %', { type: 'BOUNDED_PERCENT' as const, value: 10 }, 100, 10],
    ['count', { type: 'COUNT' as const, value: 7 }, 1000, 7],
  ])('%s (%j) at desired count %i trips at %i', (_name, thresholdConfiguration, desired, expected) => {
    expect(breakerThreshold({ enable: true, rollback: true, thresholdConfiguration }, desired)).toBe(expected);
  });
});
