// A release in flight, as tests need it: one stage with a canary 5 -> 25 -> 100, everything quiet. Tests change what they are about.
import type { AssessInput } from '../assess/input.ts';
import type { AlarmView, DeploymentView, Observation } from '../assess/verdict.ts';
import { HOUR_MS, MINUTE_MS } from '../duration.ts';
import { nativeWeightsOf, rungsOf } from '../ladder/index.ts';
import type { ApprovalRule, Pipeline, Stage, Strategy } from '../pipeline/model.ts';
import { newStageRecord, type Ask, type Decision, type DeploymentRecord, type Release, type StageRecord } from '../release/model.ts';

export const NOW_MS = Date.UTC(2026, 10, 23, 12);
export const SERVICE_ARN = 'arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout';
export const DEPLOYMENT_ARN = 'arn:aws:ecs:eu-west-1:123456789012:service-deployment/prod/checkout/NCWGC2ZR-taawPAYrIaU5';
export const DIGEST = `sha256:${'ab12'.repeat(16)}`;

export const rule = (more: Partial<ApprovalRule> = {}): ApprovalRule => ({ from: ['alice', 'bob', 'carol'], need: 1, withinMs: 4 * HOUR_MS, otherwise: 'reject', notByAuthor: false, ...more });

export const canary: Strategy = {
  kind: 'canary',
  steps: [
    { weightPercent: 5, bake: { forMs: 10 * MINUTE_MS, requests: undefined }, approval: undefined },
    { weightPercent: 25, bake: { forMs: 10 * MINUTE_MS, requests: undefined }, approval: rule() },
  ],
  bakeAfterMs: 15 * MINUTE_MS,
};

export const stageSpec = (more: Partial<Stage> = {}): Stage => ({
  name: 'production',
  service: { cluster: 'prod', name: 'checkout', container: 'app' },
  before: [],
  strategy: canary,
  alarms: ['checkout-5xx', 'checkout-p99'],
  onAlarmAtStart: 'refuse',
  missingData: { policy: 'wait', limitMs: 30 * MINUTE_MS },
  ...more,
});

export const pipeline = (more: Partial<Pipeline> = {}): Pipeline => ({
  name: 'checkout',
  image: { repository: 'shop/checkout', tags: { kind: 'glob', patterns: ['v*'] } },
  notify: { slack: undefined },
  foreignDeployments: 'continue',
  newerRelease: 'overtakesWaiting',
  stages: [stageSpec()],
  ...more,
});

export const release = (more: Partial<Release> = {}): Release => ({
  id: 'checkout-v1.2.0-ab12ab12',
  pipeline: pipeline(),
  specificationVersion: 3,
  people: Object.fromEntries(['alice', 'bob', 'carol', 'dave'].map((name) => [name, { name, aws: [`*:assumed-role/people/${name}`], slack: undefined }])),
  image: { repository: 'shop/checkout', registry: '123456789012.dkr.ecr.eu-west-1.amazonaws.com', tag: 'v1.2.0', digest: DIGEST },
  author: undefined,
  pushedAtMs: NOW_MS - HOUR_MS,
  createdAtMs: NOW_MS - HOUR_MS,
  status: 'running',
  outcome: undefined,
  reason: '',
  endedAtMs: undefined,
  stageIndex: 0,
  bell: 0,
  challengedBy: undefined,
  rescue: undefined,
  ...more,
});

export const deploymentRecord = (more: Partial<DeploymentRecord> = {}): DeploymentRecord => ({
  taskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/checkout:8',
  intendedAtMs: NOW_MS - HOUR_MS,
  requestedAtMs: NOW_MS - HOUR_MS,
  startedAtMs: NOW_MS - HOUR_MS,
  revisionId: '6177963417134325488',
  arn: DEPLOYMENT_ARN,
  ...more,
});

export const stageRecord = (more: Partial<StageRecord> = {}): StageRecord => ({
  ...newStageRecord(0, SERVICE_ARN),
  status: 'running',
  startedAtMs: NOW_MS - HOUR_MS,
  found: { taskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/checkout:7', deploymentConfiguration: { strategy: 'ROLLING' } },
  deployment: deploymentRecord(),
  ...more,
});

export const ask = (more: Partial<Ask> = {}): Ask => ({ key: 'weight.25', rule: rule(), question: 'Go on from 25 % to 100 %?', askedAtMs: NOW_MS - HOUR_MS, deadlineMs: NOW_MS + 3 * HOUR_MS, ...more });

export const decision = (more: Partial<Decision> = {}): Decision => {
  const person = more.person ?? 'alice';
  return { kind: 'approve', person, callerArn: `arn:aws:sts::123456789012:assumed-role/people/${person}`, via: 'cli', atMs: NOW_MS - MINUTE_MS, reason: '', askKey: 'weight.25', stageIndex: 0, ...more };
};

export const alarm = (name: string, state: AlarmView['state'] = 'OK', reason = ''): AlarmView => ({ name, state, reason });

export const deploymentView = (more: Partial<DeploymentView> = {}): DeploymentView => ({
  arn: DEPLOYMENT_ARN,
  status: 'IN_PROGRESS',
  statusReason: undefined,
  lifecycleStage: 'PRE_PRODUCTION_TRAFFIC_SHIFT',
  weightPercent: 0,
  pauses: [],
  rollbackReason: undefined,
  createdAtMs: NOW_MS - HOUR_MS,
  ...more,
});

export const pausedAt = (weightPercent: number, more: Partial<DeploymentView> = {}): DeploymentView => deploymentView({ weightPercent, pauses: [{ hookId: 'ecs-pause-one', expiresAtMs: undefined }], ...more });

export const observation = (more: Partial<Observation> = {}): Observation => ({ deployment: deploymentView(), foreign: undefined, alarms: [alarm('checkout-5xx'), alarm('checkout-p99')], requestsAtRung: undefined, ...more });

/** What `assess` is given; the ladder follows the stage's strategy. */
export function look(more: Partial<AssessInput> = {}): AssessInput {
  const spec = more.spec ?? stageSpec();
  return { release: release(), stage: stageRecord(), spec, rungs: rungsOf(spec.strategy), nativeWeightsPercent: nativeWeightsOf(spec.strategy), decisions: [], observation: observation(), nowMs: NOW_MS, seenAtMs: more.nowMs ?? NOW_MS, ...more };
}

/** A stage whose rung was reached so long ago. */
export const reachedAgo = (weightPercent: number, agoMs: number, more: Partial<StageRecord> = {}): StageRecord =>
  stageRecord({ rungsReached: [{ weightPercent, atMs: NOW_MS - agoMs }], weightPercent, ...more });
