// How often to look. Looking costs the person's account a fraction of a cent, so a page that nobody sees looks at nothing, one
// where nothing moves looks rarely, and one that gets no answer waits longer each time. Pure.

const MOVING_MS = 1_000;
const FAILED_MS = 2_000;
const PEOPLE_MS = 5_000;
const IDLE_MS = 15_000;
const FAILED_MAX_MS = 60_000;
const METRICS_MIN_MS = 2_000;
const METRICS_MAX_MS = 60_000;

/** @typedef {'moving' | 'people' | 'idle' | 'over'} Pace */

/** Undefined: not until something happens. @param {{ pace: Pace, failures: number, hidden: boolean }} now @returns {number | undefined} */
export function lookAgainMs({ pace, failures, hidden }) {
  if (hidden) return undefined;
  if (failures > 0) return Math.min(FAILED_MAX_MS, FAILED_MS * 2 ** Math.min(failures - 1, 6));
  if (pace === 'moving') return MOVING_MS;
  if (pace === 'people') return PEOPLE_MS;
  return pace === 'idle' ? IDLE_MS : undefined;
}

/** @param {readonly { status: string, waitingFor?: string | { kind: string } }[]} releases @returns {Pace} */
export function paceOf(releases) {
  if (releases.some(({ status, waitingFor }) => status === 'running' || (typeof waitingFor === 'string' && waitingFor !== 'approval' && status !== 'ended'))) return 'moving';
  return releases.some(({ status }) => status === 'waiting') ? 'people' : 'idle';
}

/**
 * New points of a metric come one period apart: looking more often would show nothing new and cost money all the same.
 * @param {readonly { series: readonly { points: readonly (readonly [number, number])[] }[] }[]} alarms
 */
export function metricsAgainMs(alarms) {
  const gaps = alarms.flatMap(({ series }) => series.flatMap(({ points }) => points.slice(1).map(([atMs], index) => atMs - (points[index]?.[0] ?? atMs)))).filter((gap) => gap > 0);
  if (gaps.length === 0) return PEOPLE_MS;
  return Math.min(METRICS_MAX_MS, Math.max(METRICS_MIN_MS, Math.min(...gaps)));
}
