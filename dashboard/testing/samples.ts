// Releases to show, for tests.
import type { ReleaseSummary, ReleaseView, StageView, TimelineEntry } from '../../core/view/index.ts';

export const NOON = Date.parse('2026-11-23T12:00:00Z');
export const MINUTE_MS = 60_000;
export const iso = (ms: number): string => new Date(ms).toISOString();

export const summary = (more: Partial<ReleaseSummary> = {}): ReleaseSummary => ({
  id: 'checkout-1.4.0-4e5f', pipeline: 'checkout', image: { repository: 'shop/checkout', tag: '1.4.0', digest: `sha256:${'4e5f6a7b8c9d'.padEnd(64, '0')}` },
  status: 'waiting', stage: 'production', weightPercent: 5, waitingFor: 'approval', reason: 'Go on from 5 % to 25 %?', createdAt: iso(NOON - 30 * MINUTE_MS), ...more,
});

export const production = (more: Partial<StageView> = {}): StageView => ({
  name: 'production', cluster: 'prod', service: 'checkout', status: 'waiting', weightPercent: 5, startedAt: iso(NOON - 20 * MINUTE_MS),
  rungs: [
    { weightPercent: 5, bakeMs: 10 * MINUTE_MS, reachedAt: iso(NOON - 15 * MINUTE_MS), approval: { from: ['alice', 'bob'], need: 2, withinMs: 4 * 3_600_000 } },
    { weightPercent: 25, bakeMs: 10 * MINUTE_MS, requests: 2000 },
    { weightPercent: 100, bakeMs: 0 },
  ],
  waitingFor: { kind: 'approval', from: ['alice', 'bob', 'carol'], need: 2, given: ['bob'], untilMs: NOON + 90 * MINUTE_MS }, ...more,
});

export const staging: StageView = { name: 'staging', cluster: 'staging', service: 'checkout', status: 'ended', outcome: 'succeeded', weightPercent: 100, startedAt: iso(NOON - 29 * MINUTE_MS), endedAt: iso(NOON - 21 * MINUTE_MS), rungs: [] };

export const weight = (minutesAgo: number, weightPercent: number, text = `The new revision serves ${weightPercent} % of production traffic; no bake.`): TimelineEntry => ({ at: iso(NOON - minutesAgo * MINUTE_MS), stage: 'production', kind: 'weight', text, weightPercent });
export const passing = (minutesAgo: number, from: number, to: number): TimelineEntry => weight(minutesAgo, to, `From ${from} % to ${to} %: the plan does not stop here.`);

export const view = (more: Partial<ReleaseView> = {}): ReleaseView => ({ ...summary(), stages: [staging, production()], timeline: [weight(16, 5)], ...more });

/** What a name or a reason may hold when somebody means harm, or only has a long name. */
export const HOSTILE = `<img src=x onerror=alert(1)>"'&amp;\u202egnp.exe\u0007${'x'.repeat(255)}`;
