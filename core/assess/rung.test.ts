import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../duration.ts';
import type { Strategy } from '../pipeline/model.ts';
import { alarm, ask, canary, decision, look, NOW_MS, observation, pausedAt, reachedAgo, rule, stageRecord, stageSpec } from '../testing/samples.ts';
import { assess } from './assess.ts';
import type { AssessInput } from './input.ts';
import type { Verdict } from './verdict.ts';

const TEN_MS = 10 * MINUTE_MS;
const judge = (weightPercent: number, more: Partial<AssessInput> = {}) => assess(look({ observation: observation({ deployment: pausedAt(weightPercent) }), ...more }));
const verdictOf = (weightPercent: number, more: Partial<AssessInput> = {}): Verdict => judge(weightPercent, more).verdict;
const oneStep = (bakeMs: number, requests?: number, approval?: ReturnType<typeof rule>): Strategy => ({ kind: 'canary', steps: [{ weightPercent: 25, bake: { forMs: bakeMs, requests }, approval }], bakeAfterMs: 0 });

describe('a pause between rungs', () => {
  it('is let through at once, to the next native weight', () => {
    expect(verdictOf(0)).toEqual({ kind: 'advance', hookIds: ['ecs-pause-one'], fromWeightPercent: 0, toWeightPercent: 5, reason: 'the plan does not stop here' });
    expect(verdictOf(10)).toMatchObject({ kind: 'advance', fromWeightPercent: 10, toWeightPercent: 15 });
    expect(judge(10).stage.rungsReached).toEqual([]);
  });

  it('names every hook that waits', () => {
    const deployment = pausedAt(0, { pauses: [{ hookId: 'one', expiresAtMs: undefined }, { hookId: 'two', expiresAtMs: NOW_MS }] });
    expect(verdictOf(0, { observation: observation({ deployment }) })).toMatchObject({ hookIds: ['one', 'two'] });
  });
});

describe('a rung that was just reached', () => {
  it('is noted, told, and baked', () => {
    const { verdict, stage, entries, notice } = judge(5);
    expect(verdict).toEqual({ kind: 'wait', waitingFor: { kind: 'bake', untilMs: NOW_MS + TEN_MS }, lookAgainAtMs: NOW_MS + 5 * MINUTE_MS, reason: 'baking at 5 %' });
    expect(stage).toMatchObject({ rungsReached: [{ weightPercent: 5, atMs: NOW_MS }], weightPercent: 5 });
    expect(entries).toMatchObject([{ key: 'stage.0.rung.5.reached', text: 'The new revision serves 5 % of production traffic; baking for 10 min.' }]);
    expect(notice).toEqual({ kind: 'weightReached', text: entries[0]?.text });
  });

  it('was reached when the look was over, at the latest: a call that hung does not shorten the bake', () => {
    const { stage, verdict } = judge(5, { seenAtMs: NOW_MS + 40 * SECOND_MS });
    expect(stage.rungsReached).toEqual([{ weightPercent: 5, atMs: NOW_MS + 40 * SECOND_MS }]);
    expect(verdict).toMatchObject({ kind: 'wait', waitingFor: { kind: 'bake', untilMs: NOW_MS + 40 * SECOND_MS + TEN_MS } });
    expect(verdictOf(5, { stage, nowMs: NOW_MS + TEN_MS })).toMatchObject({ kind: 'wait' });
    expect(verdictOf(5, { stage, nowMs: NOW_MS + 40 * SECOND_MS + TEN_MS })).toMatchObject({ kind: 'advance' });
  });

  it('is recognised although ECS gives its weight as a float', () => {
    expect(judge(5.0000001).stage.rungsReached).toMatchObject([{ weightPercent: 5 }]);
  });

  it('without bake and approval is let through in the same look', () => {
    const spec = stageSpec({ strategy: oneStep(0) });
    expect(verdictOf(25, { spec, seenAtMs: NOW_MS + SECOND_MS })).toMatchObject({ kind: 'advance' });
    expect(judge(25, { spec })).toMatchObject({ verdict: { kind: 'advance', toWeightPercent: 100, reason: '25 % is complete: no bake asked for, alarms quiet' }, notice: { kind: 'weightReached' } });
  });
});

describe('a bake', () => {
  it.each([
    [TEN_MS - 1, { kind: 'wait', lookAgainAtMs: NOW_MS + 1 }],
    [TEN_MS, { kind: 'advance', fromWeightPercent: 5, toWeightPercent: 10, reason: '5 % is complete: baked 10 min, alarms quiet' }],
    [TEN_MS + 1, { kind: 'advance' }],
    [TEN_MS - 6 * MINUTE_MS, { kind: 'wait', lookAgainAtMs: NOW_MS + 5 * MINUTE_MS }],
  ])('%d ms after its rung was reached', (agoMs, expected) => {
    expect(verdictOf(5, { stage: reachedAgo(5, agoMs) })).toMatchObject(expected);
  });

  it('at 100 % holds the old fleet, then lets the deployment finish', () => {
    expect(verdictOf(100, { stage: reachedAgo(100, 15 * MINUTE_MS - 1) })).toMatchObject({ kind: 'wait', waitingFor: { kind: 'bake' } });
    expect(verdictOf(100, { stage: reachedAgo(100, 15 * MINUTE_MS) })).toMatchObject({ kind: 'advance', fromWeightPercent: 100, toWeightPercent: 100 });
  });
});

describe('request counts', () => {
  const spec = stageSpec({ alarms: [], strategy: oneStep(TEN_MS, 2000) });
  const at = (agoMs: number, requests: number | undefined, more: Partial<AssessInput> = {}) =>
    judge(25, { spec, stage: reachedAgo(25, agoMs), observation: observation({ deployment: pausedAt(25), alarms: [], requestsAtRung: requests }), ...more });

  it.each([
    [2000, { kind: 'advance', reason: '25 % is complete: baked 10 min, 2000 requests served, alarms quiet' }],
    [1999, { kind: 'wait', waitingFor: { kind: 'requests', have: 1999, need: 2000 }, lookAgainAtMs: NOW_MS + 30 * SECOND_MS }],
    [undefined, { kind: 'wait', waitingFor: { kind: 'requests', have: 0, need: 2000 } }],
  ])('%s of 2000', (requests, expected) => {
    expect(at(TEN_MS, requests).verdict).toMatchObject(expected);
  });

  it('do not shorten the bake', () => {
    expect(at(TEN_MS - 1, 9999).verdict).toMatchObject({ kind: 'wait', waitingFor: { kind: 'bake' } });
  });

  it('lead to a question when they stay too low, and its yes is enough', () => {
    const asked = at(40 * MINUTE_MS, 3);
    expect(asked).toMatchObject({ verdict: { kind: 'wait', waitingFor: { kind: 'approval', askKey: 'requests.25' } }, notice: { kind: 'approvalAsked' } });
    expect(asked.stage.asks).toMatchObject([{ question: 'Only 3 of 2000 requests were served at 25 %. Go on all the same?', deadlineMs: NOW_MS + HOUR_MS, rule: { from: [], need: 1, otherwise: 'reject' } }]);
    expect(at(40 * MINUTE_MS, 3, { stage: asked.stage, decisions: [decision({ askKey: 'requests.25' })] }).verdict).toMatchObject({ kind: 'advance' });
  });
});

describe('alarms without data', () => {
  const silent = (policy: 'wait' | 'pass' | 'fail', agoMs: number, more: Partial<AssessInput> = {}) =>
    judge(25, {
      spec: stageSpec({ strategy: oneStep(TEN_MS), missingData: { policy, limitMs: 30 * MINUTE_MS } }),
      stage: reachedAgo(25, agoMs),
      observation: observation({ deployment: pausedAt(25), alarms: [alarm('checkout-5xx', 'INSUFFICIENT_DATA'), alarm('checkout-p99', 'MISSING')] }),
      ...more,
    });

  it('`pass` goes on', () => {
    expect(silent('pass', TEN_MS).verdict).toMatchObject({ kind: 'advance' });
  });

  it.each(['wait', 'fail'] as const)('`%s` waits up to its limit, which counts from the end of the bake', (policy) => {
    expect(silent(policy, TEN_MS).verdict).toEqual({
      kind: 'wait',
      waitingFor: { kind: 'alarmData', alarms: ['checkout-5xx', 'checkout-p99'], untilMs: NOW_MS + 30 * MINUTE_MS },
      lookAgainAtMs: NOW_MS + 5 * MINUTE_MS,
      reason: 'no data for checkout-5xx, checkout-p99 at 25 %',
    });
    expect(silent(policy, 40 * MINUTE_MS - 1).verdict).toMatchObject({ kind: 'wait', lookAgainAtMs: NOW_MS + 1 });
  });

  it('`wait` then asks a person', () => {
    expect(silent('wait', 40 * MINUTE_MS)).toMatchObject({ verdict: { kind: 'wait', waitingFor: { kind: 'approval', askKey: 'data.25' } }, notice: { kind: 'approvalAsked' } });
  });

  it('`fail` then rolls back, and asks nobody', () => {
    const { verdict, stage, notice } = silent('fail', 40 * MINUTE_MS);
    expect(verdict).toMatchObject({ kind: 'rollBack', hookId: 'ecs-pause-one', reason: 'no data for checkout-5xx, checkout-p99 at 25 %, and missingData says fail' });
    expect(stage).toMatchObject({ asks: [], rollingBack: { outcome: 'rolledBack' } });
    expect(notice).toMatchObject({ kind: 'rollbackStarted' });
  });

  it('are not waited for when they were left out at the start', () => {
    const stage = reachedAgo(25, TEN_MS, { alarmsLeftOut: ['checkout-5xx', 'checkout-p99'] });
    expect(silent('wait', TEN_MS, { stage }).verdict).toMatchObject({ kind: 'advance' });
  });
});

describe('the approval of a rung', () => {
  const spec = stageSpec({ strategy: oneStep(TEN_MS, undefined, rule({ need: 2 })) });
  const after = { spec, stage: reachedAgo(25, TEN_MS) };

  it('is not asked before the bake is over', () => {
    expect(judge(25, { spec, stage: reachedAgo(25, TEN_MS - 1) }).stage.asks).toEqual([]);
  });

  it('is asked with the weights it is about', () => {
    const { verdict, stage, notice, entries } = judge(25, after);
    expect(verdict).toMatchObject({ kind: 'wait', waitingFor: { kind: 'approval', askKey: 'weight.25', untilMs: NOW_MS + 4 * HOUR_MS }, lookAgainAtMs: NOW_MS + HOUR_MS });
    expect(stage.asks).toMatchObject([{ key: 'weight.25', question: 'Go on from 25 % to 100 %?', askedAtMs: NOW_MS, deadlineMs: NOW_MS + 4 * HOUR_MS }]);
    expect(notice).toMatchObject({ kind: 'approvalAsked' });
    expect(entries).toMatchObject([{ key: 'stage.0.ask.weight.25' }]);
  });

  describe('when ECS would give the pause up before that', () => {
    const paused = (leftMs: number) => observation({ deployment: pausedAt(25, { pauses: [{ hookId: 'ecs-pause-one', expiresAtMs: NOW_MS + leftMs }] }) });
    const put = (leftMs: number, otherwise: 'approve' | 'reject') =>
      judge(25, { spec: stageSpec({ strategy: oneStep(TEN_MS, undefined, rule({ otherwise })) }), stage: after.stage, observation: paused(leftMs) }).stage.asks;

    it('is open until shortly before, and silence is then no approval', () => {
      expect(put(HOUR_MS, 'reject')).toMatchObject([{ deadlineMs: NOW_MS + 55 * MINUTE_MS, rule: { otherwise: 'reject' } }]);
      expect(put(HOUR_MS, 'approve')).toMatchObject([{ deadlineMs: NOW_MS + 55 * MINUTE_MS, rule: { otherwise: 'reject' } }]);
      expect(put(MINUTE_MS, 'approve')).toMatchObject([{ deadlineMs: NOW_MS, rule: { otherwise: 'reject' } }]);
    });

    it('has its whole time where the pause outlasts it', () => {
      expect(put(4 * HOUR_MS + 5 * MINUTE_MS, 'approve')).toMatchObject([{ deadlineMs: NOW_MS + 4 * HOUR_MS, rule: { otherwise: 'approve' } }]);
    });
  });

  const asked = { spec, stage: reachedAgo(25, TEN_MS, { asks: [ask({ rule: rule({ need: 2 }) })] }) };
  it.each([
    ['open', [], { kind: 'wait', waitingFor: { kind: 'approval' } }],
    ['half given', [decision()], { kind: 'wait', waitingFor: { kind: 'approval' } }],
    ['given', [decision(), decision({ person: 'bob' })], { kind: 'advance', reason: '25 % is complete: baked 10 min, alarms quiet, approved' }],
    ['given for another stage', [decision({ stageIndex: 1 }), decision({ person: 'bob', stageIndex: 1 })], { kind: 'wait' }],
    ['rejected', [decision({ kind: 'reject' })], { kind: 'rollBack', reason: 'rejected by alice' }],
  ] as const)('%s', (_, decisions, expected) => {
    expect(verdictOf(25, { ...asked, decisions })).toMatchObject(expected);
  });

  it('is asked once', () => {
    expect(judge(25, asked)).toMatchObject({ notice: undefined, entries: [] });
    expect(judge(25, asked).stage.asks).toHaveLength(1);
  });

  it('for blueGreen comes before production traffic moves at all', () => {
    const blueGreen = stageSpec({ strategy: { kind: 'blueGreen', approval: rule(), bakeAfterMs: 0 } });
    const first = judge(0, { spec: blueGreen });
    expect(first).toMatchObject({ verdict: { kind: 'wait', waitingFor: { kind: 'approval', askKey: 'weight.0' } }, notice: { kind: 'approvalAsked' } });
    expect(first.stage.asks).toMatchObject([{ question: 'Go on from 0 % to 100 %?' }]);
    expect(verdictOf(0, { spec: blueGreen, stage: first.stage, decisions: [decision({ askKey: 'weight.0' })] })).toMatchObject({ kind: 'advance', fromWeightPercent: 0, toWeightPercent: 100 });
  });

  it('for blueGreen without one is not told as a weight', () => {
    expect(judge(0, { spec: stageSpec({ strategy: { kind: 'blueGreen', approval: undefined, bakeAfterMs: 0 } }) })).toMatchObject({ verdict: { kind: 'advance' }, notice: undefined });
  });

  it('on a ladder names the next weight of the plan, not the next native one', () => {
    const strategy: Strategy = { ...canary, steps: [{ weightPercent: 5, bake: { forMs: 0, requests: undefined }, approval: rule() }, { weightPercent: 25, bake: { forMs: 0, requests: undefined }, approval: undefined }] } as Strategy;
    expect(judge(5, { spec: stageSpec({ strategy }), stage: stageRecord() }).stage.asks).toMatchObject([{ question: 'Go on from 5 % to 25 %?' }]);
  });
});
