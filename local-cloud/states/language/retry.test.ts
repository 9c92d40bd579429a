import fc from 'fast-check';
import type { Retrier } from './definition.ts';
import { StatesError } from './errors.ts';
import { retryDelayMs, takeRetry } from './retry.ts';
import type { RetryCounters } from './retry.ts';

describe('the wait before a retry', () => {
  it.each<[string, Omit<Retrier, 'ErrorEquals'>, number[]]>([
    ['doubles from one second by default', {}, [1000, 2000, 4000]],
    ['starts at IntervalSeconds and grows by BackoffRate', { IntervalSeconds: 3, BackoffRate: 1.5 }, [3000, 4500, 6750]],
    ['stays the same at a BackoffRate of 1', { IntervalSeconds: 5, BackoffRate: 1 }, [5000, 5000, 5000]],
    ['never exceeds MaxDelaySeconds', { IntervalSeconds: 3, MaxDelaySeconds: 10 }, [3000, 6000, 10_000]],
    ['is a fraction of that with full jitter', { IntervalSeconds: 4, JitterStrategy: 'FULL' }, [1000, 2000, 4000]],
  ])('%s', (_claim, fields, delays) => {
    const retrier = { ErrorEquals: ['States.ALL'], ...fields };
    expect([0, 1, 2].map((attempt) => retryDelayMs(retrier, attempt, 0.25))).toEqual(delays);
  });

  it('lies between nothing and the full delay, whatever the jitter', () => {
    const retriers = fc.record({
      ErrorEquals: fc.constant<string[]>(['States.ALL']),
      IntervalSeconds: fc.integer({ min: 1, max: 1000 }),
      BackoffRate: fc.double({ min: 1, max: 5, noNaN: true }),
      MaxDelaySeconds: fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined }),
    });
    const fractions = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(retriers, fc.nat(20), fractions, (retrier, attempt, fraction) => {
        const full = retryDelayMs(retrier, attempt, fraction);
        const jittered = retryDelayMs({ ...retrier, JitterStrategy: 'FULL' }, attempt, fraction);
        return jittered >= 0 && jittered <= full && full <= (retrier.MaxDelaySeconds ?? Infinity) * 1000 && retryDelayMs(retrier, attempt + 1, fraction) >= full;
      }),
    );
  });
});

describe('retriers', () => {
  const take = (retriers: Retrier[], error: string, counters: RetryCounters) => takeRetry(retriers, new StatesError(error, undefined), counters, () => 0.5);

  it('count their attempts apart from each other', () => {
    const retriers: Retrier[] = [{ ErrorEquals: ['A'], MaxAttempts: 1 }, { ErrorEquals: ['B'], MaxAttempts: 2, IntervalSeconds: 7 }];
    const counters: RetryCounters = new Map();
    const taken = ['A', 'B', 'A', 'B', 'B'].map((error) => take(retriers, error, counters)?.delayMs);
    expect(taken).toEqual([1000, 7000, undefined, 14_000, undefined]);
  });

  it('are asked in order, and one that is used up is not followed by the next', () => {
    const retriers: Retrier[] = [{ ErrorEquals: ['A'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }];
    expect(take(retriers, 'A', new Map())).toBeUndefined();
    expect(take(retriers, 'B', new Map())).toEqual({ delayMs: 1000 });
  });

  it('give three attempts by default', () => {
    const counters: RetryCounters = new Map();
    const retriers: Retrier[] = [{ ErrorEquals: ['States.ALL'] }];
    expect([1, 2, 3, 4].map(() => take(retriers, 'A', counters) !== undefined)).toEqual([true, true, true, false]);
  });
});
