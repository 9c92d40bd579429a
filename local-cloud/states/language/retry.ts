// Retry arithmetic: which retrier takes an error, and how long it waits. Pure.
//   Every retrier counts its own attempts. The first one whose names match decides; when it is used up the error goes
//   to Catch, and no later retrier is asked. https://states-language.net/spec.html#errors
import type { Retrier } from './definition.ts';
import { matchesError } from './errors.ts';
import type { StatesError } from './errors.ts';

/** Attempts used so far, by retrier. Lives as long as one visit to a state. */
export type RetryCounters = Map<Retrier, number>;

/** Milliseconds before the retry numbered `attempt` (from 0) of this retrier. `fraction` is the jitter in [0, 1). */
export function retryDelayMs(retrier: Retrier, attempt: number, fraction: number): number {
  const intervalSeconds = retrier.IntervalSeconds ?? 1;
  const fullSeconds = Math.min(intervalSeconds * (retrier.BackoffRate ?? 2) ** attempt, retrier.MaxDelaySeconds ?? Infinity);
  const seconds = retrier.JitterStrategy === 'FULL' ? fullSeconds * fraction : fullSeconds;
  return Math.round(seconds * 1000);
}

/** Takes one attempt of the retrier in charge of `error`; undefined when no retrier has one left. */
export function takeRetry(
  retriers: readonly Retrier[] | undefined,
  error: StatesError,
  counters: RetryCounters,
  nextFraction: () => number,
): { delayMs: number } | undefined {
  const retrier = retriers?.find(({ ErrorEquals }) => matchesError(ErrorEquals, error));
  if (!retrier) return undefined;
  const used = counters.get(retrier) ?? 0;
  if (used >= (retrier.MaxAttempts ?? 3)) return undefined;
  counters.set(retrier, used + 1);
  return { delayMs: retryDelayMs(retrier, used, retrier.JitterStrategy === 'FULL' ? nextFraction() : 1) };
}
