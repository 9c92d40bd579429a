import { MINUTE_MS, SECOND_MS } from '../duration.ts';
import type { StageRecord } from '../release/model.ts';
import { alarm, ask, canary, decision, deploymentRecord, deploymentView, look, NOW_MS, observation, pausedAt, pipeline, reachedAgo, release, rule, stageRecord, stageSpec } from '../testing/samples.ts';
import { assess } from './assess.ts';
import type { AssessInput } from './input.ts';
import type { DeploymentView, Verdict } from './verdict.ts';

const seen = (deployment: DeploymentView | undefined, more: Partial<AssessInput['observation']> = {}) => observation({ deployment, ...more });
const rollingBack = { outcome: 'rejected', reason: 'rejected by alice', decidedAtMs: NOW_MS - MINUTE_MS, requestedAtMs: NOW_MS - MINUTE_MS } as const;
const verdictOf = (more: Partial<AssessInput>): Verdict => assess(look(more)).verdict;

describe('every status ECS has', () => {
  it.each<[string, Partial<DeploymentView>, Partial<StageRecord>, object]>([
    ['PENDING', { status: 'PENDING' }, {}, { kind: 'wait', waitingFor: { kind: 'deployment' } }],
    ['IN_PROGRESS', {}, {}, { kind: 'wait', waitingFor: { kind: 'deployment' } }],
    ['a status that does not exist yet', { status: 'PAUSED_BY_MOON' }, {}, { kind: 'wait', waitingFor: { kind: 'deployment' } }],
    ['STOP_REQUESTED', { status: 'STOP_REQUESTED' }, {}, { kind: 'wait', waitingFor: { kind: 'rollback' } }],
    ['ROLLBACK_REQUESTED', { status: 'ROLLBACK_REQUESTED' }, { rollingBack }, { kind: 'wait', waitingFor: { kind: 'rollback' }, reason: 'rejected by alice' }],
    ['ROLLBACK_IN_PROGRESS', { status: 'ROLLBACK_IN_PROGRESS' }, { rollingBack }, { kind: 'wait', waitingFor: { kind: 'rollback' } }],
    ['SUCCESSFUL', { status: 'SUCCESSFUL' }, {}, { kind: 'ended', outcome: 'succeeded' }],
    ['ROLLBACK_SUCCESSFUL, as wanted', { status: 'ROLLBACK_SUCCESSFUL' }, { rollingBack }, { kind: 'ended', outcome: 'rejected', reason: 'rejected by alice' }],
    ['ROLLBACK_SUCCESSFUL, by itself', { status: 'ROLLBACK_SUCCESSFUL', rollbackReason: 'breaker' }, {}, { kind: 'ended', outcome: 'rolledBack', reason: 'ECS rolled back by itself: breaker' }],
    ['ROLLBACK_SUCCESSFUL without a reason', { status: 'ROLLBACK_SUCCESSFUL' }, {}, { kind: 'ended', outcome: 'rolledBack', reason: 'ECS rolled back by itself: ECS gives no reason' }],
    ['ROLLBACK_FAILED', { status: 'ROLLBACK_FAILED', statusReason: 'no candidate' }, { rollingBack }, { kind: 'ended', outcome: 'failed' }],
    ['STOPPED', { status: 'STOPPED', statusReason: 'tasks failed' }, {}, { kind: 'ended', outcome: 'failed' }],
  ])('%s', (_, deployment, stage, expected) => {
    expect(verdictOf({ stage: stageRecord(stage), observation: seen(deploymentView(deployment)) })).toMatchObject(expected);
  });

  it('a success is shown at 100 %, whatever rung was last seen', () => {
    const { stage } = assess(look({ stage: reachedAgo(25, MINUTE_MS), observation: seen(deploymentView({ status: 'SUCCESSFUL', weightPercent: 100 })) }));
    expect(stage.weightPercent).toBe(100);
  });

  it('a success of a service that wants no tasks does not say that it serves', () => {
    const { verdict, stage } = assess(look({ observation: seen(deploymentView({ status: 'SUCCESSFUL', tasks: { running: 0, requested: 0 } })) }));
    expect(verdict).toMatchObject({ outcome: 'succeeded', reason: expect.stringMatching(/wants no tasks/) as string });
    expect(stage.idle).toBe(true);
  });

  it('a rollback that lost the race against the end of the deployment is a failure that names the repair', () => {
    const verdict = verdictOf({ stage: stageRecord({ rollingBack }), observation: seen(deploymentView({ status: 'SUCCESSFUL' })) });
    expect(verdict).toMatchObject({ kind: 'ended', outcome: 'failed' });
    expect(verdict.reason).toContain('aws ecs update-service --cluster prod --service checkout --task-definition arn:aws:ecs:eu-west-1:123456789012:task-definition/checkout:7 --force-new-deployment');
  });

  it.each(['ROLLBACK_FAILED', 'STOPPED'])('%s names the state left behind and the repair', (status) => {
    expect(verdictOf({ observation: seen(deploymentView({ status })) }).reason).toContain('aws ecs update-service --cluster prod --service checkout');
  });

  it('a deployment that somebody else replaced is left alone, and its maker named', () => {
    const foreign = { arn: 'x', createdAtMs: NOW_MS, description: 'abc (task definition checkout:9)', running: false, hookIds: [] };
    expect(verdictOf({ observation: seen(deploymentView({ status: 'STOPPED' }), { foreign }) })).toEqual({
      kind: 'ended',
      outcome: 'failed',
      reason: "somebody else's deployment replaced this one: abc (task definition checkout:9). Slipway leaves it alone.",
    });
    expect(verdictOf({ stage: stageRecord({ rollingBack }), observation: seen(deploymentView({ status: 'STOPPED' }), { foreign }) })).toMatchObject({ outcome: 'rejected' });
  });

  it('a rollback that somebody asked ECS for is not ECS\'s own', () => {
    const seenRequested = assess(look({ observation: seen(deploymentView({ status: 'ROLLBACK_REQUESTED', statusReason: 'asked for' })) }));
    expect(seenRequested).toMatchObject({ stage: { rollingBack: { outcome: 'rolledBack', reason: 'somebody told ECS to roll back: asked for' } }, notice: { text: expect.stringMatching(/^Somebody told ECS to roll back: asked for\. .*CloudTrail/) as string } });
    expect(verdictOf({ observation: seen(deploymentView({ status: 'ROLLBACK_SUCCESSFUL', rollbackReason: 'because of a StopServiceDeployment request.' })) })).toMatchObject({ reason: expect.stringMatching(/^somebody told ECS/) as string });
  });

  it.each([undefined, deploymentView({ status: 'STOPPED' })])('a service that was deleted ends the rollout, and no repair is offered', (deployment) => {
    expect(verdictOf({ observation: seen(deployment, { serviceStatus: 'DRAINING' }) })).toEqual({ kind: 'ended', outcome: 'failed', reason: 'prod/checkout is DRAINING: somebody has deleted the service, and with it this rollout' });
  });

  it('a rollback that takes long is told of once more, with where to look', () => {
    const after = (ms: number) => assess(look({ stage: stageRecord({ rollingBack: { ...rollingBack, decidedAtMs: NOW_MS - ms } }), observation: seen(deploymentView({ status: 'ROLLBACK_IN_PROGRESS' })) }));
    expect(after(20 * MINUTE_MS - 1)).toMatchObject({ notice: undefined, entries: [] });
    const slow = after(20 * MINUTE_MS);
    expect(slow).toMatchObject({ verdict: { kind: 'wait' }, notice: { kind: 'rollbackSlow', text: expect.stringMatching(/has taken 20 min and is not over: .* `aws ecs describe-services --cluster prod --services checkout/) as string } });
    expect(assess(look({ stage: slow.stage, observation: seen(deploymentView({ status: 'ROLLBACK_IN_PROGRESS' })) }))).toMatchObject({ notice: undefined, entries: [] });
  });

  it('a rollback that ECS began by itself is told of once', () => {
    const first = assess(look({ observation: seen(deploymentView({ status: 'ROLLBACK_IN_PROGRESS', rollbackReason: 'an alarm' })) }));
    expect(first).toMatchObject({ verdict: { kind: 'wait' }, notice: { kind: 'rollbackStarted', text: 'ECS is rolling back by itself: an alarm.' }, stage: { rollingBack: { outcome: 'rolledBack' } } });
    const second = assess(look({ stage: first.stage, observation: seen(deploymentView({ status: 'ROLLBACK_IN_PROGRESS', rollbackReason: 'an alarm' })) }));
    expect(second).toMatchObject({ verdict: { kind: 'wait' }, notice: undefined, entries: [] });
  });
});

describe('a deployment that ECS does not list', () => {
  it.each([
    [10 * MINUTE_MS - 1, 'wait'],
    [10 * MINUTE_MS, 'ended'],
  ])('%d ms after it was started: %s', (agoMs, kind) => {
    expect(verdictOf({ stage: stageRecord({ deployment: deploymentRecord({ startedAtMs: NOW_MS - agoMs }) }), observation: seen(undefined) })).toMatchObject({ kind });
  });

  it('is looked for every few seconds', () => {
    expect(verdictOf({ stage: stageRecord({ deployment: deploymentRecord({ startedAtMs: NOW_MS }) }), observation: seen(undefined) })).toMatchObject({ lookAgainAtMs: NOW_MS + 5 * SECOND_MS });
  });

  it('says whose deployment stands in its place', () => {
    const foreign = { arn: 'x', createdAtMs: NOW_MS, description: 'abc', running: false, hookIds: [] };
    expect(verdictOf({ observation: seen(undefined, { foreign }) }).reason).toContain('The newest one is not ours: abc.');
  });
});

describe('rolling back', () => {
  const told = (agoMs: number | undefined) => stageRecord({ rollingBack: { ...rollingBack, requestedAtMs: agoMs === undefined ? undefined : NOW_MS - agoMs } });

  it.each([
    ['never told', undefined, 'rollBack'],
    ['just told', 0, 'wait'],
    ['told less than the patience ago', 15 * SECOND_MS - 1, 'wait'],
    ['told longer than the patience ago', 15 * SECOND_MS, 'rollBack'],
  ])('%s', (_, agoMs, kind) => {
    expect(verdictOf({ stage: told(agoMs), observation: seen(pausedAt(25)) })).toMatchObject({ kind });
  });

  it('answers the pause, when there is one', () => {
    expect(verdictOf({ stage: told(undefined), observation: seen(pausedAt(25)) })).toMatchObject({ kind: 'rollBack', hookId: 'ecs-pause-one' });
    expect(verdictOf({ stage: told(undefined), observation: seen(deploymentView({ weightPercent: 25 })) })).toMatchObject({ kind: 'rollBack', hookId: undefined });
  });

  it('is not reconsidered when the alarm is quiet again', () => {
    expect(verdictOf({ stage: told(20 * SECOND_MS), observation: seen(pausedAt(25)) })).toMatchObject({ kind: 'rollBack', reason: 'rejected by alice' });
  });
});

describe('what stops a rollout', () => {
  const paused = seen(pausedAt(25));
  const asking = stageRecord({ asks: [ask()], rungsReached: [{ weightPercent: 25, atMs: NOW_MS - 20 * MINUTE_MS }] });
  const firing = [alarm('checkout-5xx', 'ALARM', 'Threshold crossed'), alarm('checkout-p99')];

  it.each<[string, Partial<AssessInput>, string, string]>([
    ['a rescue', { release: release({ rescue: 'States.Timeout' }) }, 'failed', "the release's own execution ended early (States.Timeout)"],
    ['an abort', { decisions: [decision({ kind: 'abort', askKey: undefined, reason: 'wrong branch' })] }, 'aborted', 'aborted by alice: wrong branch'],
    ['an abort said in an earlier stage', { decisions: [decision({ kind: 'abort', askKey: undefined, stageIndex: 7 })] }, 'aborted', 'aborted by alice'],
    ['a reject', { stage: asking, decisions: [decision({ kind: 'reject', reason: 'too slow' })] }, 'rejected', 'rejected by alice: too slow'],
    ['an approval that never came', { stage: { ...asking, asks: [ask({ deadlineMs: NOW_MS })] } }, 'timedOut', 'nobody answered "Go on from 25 % to 100 %?"'],
    ['an alarm', { observation: seen(pausedAt(25), { alarms: firing }) }, 'rolledBack', 'alarm checkout-5xx fired: Threshold crossed'],
    ['an alarm while traffic moves', { observation: seen(deploymentView({ weightPercent: 25 }), { alarms: firing }) }, 'rolledBack', 'alarm checkout-5xx fired: Threshold crossed'],
    ['a newer release, while it waits for people', { stage: asking, release: release({ challengedBy: 'checkout-v2' }) }, 'superseded', 'superseded by the newer release checkout-v2, which need not wait for people to decide on this one'],
    ['an abort before an alarm, because people are told first', { decisions: [decision({ kind: 'abort', askKey: undefined })], observation: seen(pausedAt(25), { alarms: firing }) }, 'aborted', 'aborted by alice'],
  ])('%s', (_, more, outcome, reason) => {
    const result = assess(look({ observation: paused, ...more }));
    expect(result.verdict).toMatchObject({ kind: 'rollBack', reason });
    expect(result.stage.rollingBack).toEqual({ outcome, reason, decidedAtMs: NOW_MS, requestedAtMs: undefined });
    expect(result.notice).toMatchObject({ kind: 'rollbackStarted' });
    expect(result.entries.map((entry) => entry.key)).toEqual(['stage.0.rollback.decided']);
  });

  it.each<[string, Partial<AssessInput>]>([
    ['a newer release, while nobody is asked', { release: release({ challengedBy: 'checkout-v2' }), observation: seen(deploymentView({ weightPercent: 25 })) }],
    ['a newer release, when the pipeline says it waits', { stage: asking, release: release({ challengedBy: 'checkout-v2', pipeline: pipeline({ newerRelease: 'waits' }) }) }],
    ['a newer release, once the question is answered', { stage: asking, decisions: [decision()], release: release({ challengedBy: 'checkout-v2' }) }],
    ['a reject of another stage', { stage: asking, decisions: [decision({ kind: 'reject', stageIndex: 1 })] }],
    ['an alarm that was left out at the start', { stage: stageRecord({ alarmsLeftOut: ['checkout-5xx'] }), observation: seen(pausedAt(25), { alarms: firing }) }],
  ])('and what does not: %s', (_, more) => {
    const { verdict, stage } = assess(look({ observation: paused, ...more }));
    expect(verdict.kind).not.toBe('rollBack');
    expect(stage.rollingBack).toBeUndefined();
  });

  it.each([0, 5, 25, 100])('an alarm at %d %%, also at the last rung', (weightPercent) => {
    const stage = weightPercent === 0 ? stageRecord() : reachedAgo(weightPercent, MINUTE_MS);
    expect(verdictOf({ stage, observation: seen(pausedAt(weightPercent), { alarms: firing }) })).toMatchObject({ kind: 'rollBack', hookId: 'ecs-pause-one' });
  });

  it('an alarm that `proceed` left out is watched again once it was quiet', () => {
    const spec = stageSpec({ onAlarmAtStart: 'proceed' });
    const first = assess(look({ spec, stage: reachedAgo(25, MINUTE_MS, { alarmsLeftOut: ['checkout-5xx'] }), observation: seen(pausedAt(25), { alarms: firing }) }));
    expect(first).toMatchObject({ verdict: { kind: 'wait' }, stage: { alarmsLeftOut: ['checkout-5xx'] } });
    const quiet = assess(look({ spec, stage: first.stage, observation: seen(pausedAt(25)) }));
    expect(quiet.stage.alarmsLeftOut).toEqual([]);
    expect(verdictOf({ spec, stage: quiet.stage, observation: seen(pausedAt(25), { alarms: firing }) })).toMatchObject({ kind: 'rollBack' });
  });

  it('an alarm that `ignore` left out stays out', () => {
    const spec = stageSpec({ onAlarmAtStart: 'ignore' });
    const quiet = assess(look({ spec, stage: reachedAgo(25, MINUTE_MS, { alarmsLeftOut: ['checkout-5xx'] }), observation: seen(pausedAt(25)) }));
    expect(quiet.stage.alarmsLeftOut).toEqual(['checkout-5xx']);
  });

  it('a rolling deployment, which has no pauses, is stopped all the same', () => {
    const spec = stageSpec({ strategy: { kind: 'rolling', minimumHealthyPercent: undefined, maximumPercent: undefined, bakeAfterMs: 0 } });
    expect(verdictOf({ spec, observation: seen(deploymentView(), { alarms: firing }) })).toMatchObject({ kind: 'rollBack', hookId: undefined });
  });
});

describe('without rungs of its own', () => {
  it('a rolling deployment is only followed', () => {
    const spec = stageSpec({ strategy: { kind: 'rolling', minimumHealthyPercent: undefined, maximumPercent: undefined, bakeAfterMs: 0 } });
    expect(verdictOf({ spec })).toMatchObject({ kind: 'wait', waitingFor: { kind: 'deployment' }, lookAgainAtMs: NOW_MS + 5 * MINUTE_MS });
  });

  it('the samples of these tests hold the ladder they say', () => {
    expect(look({ spec: stageSpec({ strategy: canary }) })).toMatchObject({ rungs: [{ weightPercent: 5 }, { weightPercent: 25 }, { weightPercent: 100 }], nativeWeightsPercent: Array.from({ length: 20 }, (_, index) => (index + 1) * 5) });
    expect(rule().from).toHaveLength(3);
  });
});
