// For tests: one release in every state that people see it in.

import type { ReleaseView, StageView } from '../core/view/index.ts';

export const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
export const DIGEST = `sha256:${'4e5f6a7b8c9d'.padEnd(64, '0')}`;

const staging: StageView = { name: 'staging', cluster: 'staging', service: 'checkout', status: 'ended', outcome: 'succeeded', weightPercent: 100, rungs: [] };
const rungs: StageView['rungs'] = [
  { weightPercent: 5, bakeMs: 600_000 },
  { weightPercent: 25, bakeMs: 600_000, requests: 2_000, approval: { from: ['alice', 'bob'], need: 2, withinMs: 14_400_000 } },
  { weightPercent: 50, bakeMs: 600_000 },
  { weightPercent: 100, bakeMs: 900_000 },
];
const production: StageView = { name: 'production', cluster: 'prod', service: 'checkout', status: 'running', weightPercent: 5, rungs };
const abroad: StageView = { name: 'abroad', cluster: 'far', service: 'checkout', status: 'pending', rungs: [] };

const begun: ReleaseView['timeline'] = [
  { at: '2026-11-23T11:15:00Z', kind: 'release', text: '1.4.0 was pushed to shop/checkout.' },
  { at: '2026-11-23T11:15:02Z', stage: 'staging', kind: 'stage', text: 'Rolling out to staging, task by task.' },
  { at: '2026-11-23T11:19:40Z', stage: 'staging', kind: 'stage', text: 'staging: succeeded. ECS finished the deployment: the new revision serves 100 %.' },
  { at: '2026-11-23T11:19:41Z', stage: 'production', kind: 'stage', text: `Task definition checkout:8: container app runs 123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/checkout@${DIGEST}.` },
  { at: '2026-11-23T11:20:30Z', stage: 'production', kind: 'weight', text: 'The new revision serves 5 % of production traffic; baking for 10 min.' },
];

export const running: ReleaseView = {
  id: 'checkout-1.4.0-4e5f6a7b',
  pipeline: 'checkout',
  image: { repository: 'shop/checkout', tag: '1.4.0', digest: DIGEST },
  author: 'carol',
  status: 'running',
  stage: 'production',
  weightPercent: 5,
  waitingFor: 'bake',
  reason: 'baking at 5 %',
  createdAt: '2026-11-23T11:15:00Z',
  stages: [staging, { ...production, waitingFor: { kind: 'bake', untilMs: NOW_MS + 250_000 } }, abroad],
  timeline: begun,
};

export const waiting: ReleaseView = {
  ...running,
  status: 'waiting',
  weightPercent: 25,
  waitingFor: 'approval',
  reason: 'Go on from 25 % to 50 %?',
  stages: [staging, { ...production, status: 'waiting', weightPercent: 25, waitingFor: { kind: 'approval', from: ['alice', 'bob'], need: 2, given: ['bob'], untilMs: NOW_MS + 12_600_000 } }, abroad],
  timeline: [
    ...begun,
    { at: '2026-11-23T11:50:00Z', stage: 'production', kind: 'ask', text: 'Go on from 25 % to 50 %? Waits for 2 of alice, bob until 2026-11-23 15:30 UTC, otherwise it counts as rejected.' },
    { at: '2026-11-23T11:58:12Z', stage: 'production', kind: 'decision', text: 'Approved by bob, from Slack: looks calm.', by: 'bob', via: 'slack' },
  ],
};

const failure = {
  reason: 'alarm checkout-5xx fired: 48 of 900 requests failed within one minute\nTask 0f3c: Essential container in task exited - app: exit code 1\nLast log lines:\n  TypeError: price is undefined\n      at total (cart.mjs:14)',
  hint: 'Push a fix, or release it again with `slipway retry`.',
};

export const rolledBack: ReleaseView = {
  ...running,
  status: 'ended',
  outcome: 'rolledBack',
  waitingFor: undefined,
  reason: 'alarm checkout-5xx fired: 48 of 900 requests failed within one minute',
  endedAt: '2026-11-23T11:31:07Z',
  stages: [staging, { ...production, status: 'ended', outcome: 'rolledBack', weightPercent: 5, failure }, abroad],
  timeline: [
    ...begun,
    { at: '2026-11-23T11:30:40Z', stage: 'production', kind: 'rollback', text: 'Rolling back from 5 %: alarm checkout-5xx fired: 48 of 900 requests failed within one minute.' },
    { at: '2026-11-23T11:31:07Z', stage: 'production', kind: 'failure', text: 'production: rolled back. The old revision serves 100 %.' },
  ],
};

export const done: ReleaseView = {
  ...running,
  status: 'ended',
  outcome: 'succeeded',
  waitingFor: undefined,
  stage: 'abroad',
  weightPercent: 100,
  reason: 'all stages succeeded',
  endedAt: '2026-11-23T11:59:30Z',
  approvedBy: ['bob', 'alice'],
  decisions: [
    { kind: 'approve', by: 'bob', via: 'slack', at: '2026-11-23T11:52:00Z', stage: 'production' },
    { kind: 'approve', by: 'alice', via: 'cli', at: '2026-11-23T11:53:00Z', stage: 'production', reason: 'looks good' },
  ],
  stages: [staging, { ...production, status: 'ended', outcome: 'succeeded', weightPercent: 100 }, { ...abroad, status: 'ended', outcome: 'succeeded' }],
  timeline: [...waiting.timeline, { at: '2026-11-23T11:59:30Z', stage: 'abroad', kind: 'stage', text: 'abroad: succeeded. ECS finished the deployment.' }],
};
