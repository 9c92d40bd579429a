// What holds for every look, whatever was seen before.
import fc from 'fast-check';
import { MINUTE_MS } from '../duration.ts';
import type { Strategy } from '../pipeline/model.ts';
import type { Decision, StageRecord } from '../release/model.ts';
import { alarm, ask, decision, deploymentRecord, deploymentView, look, NOW_MS, pipeline, release, rule, stageRecord, stageSpec } from '../testing/samples.ts';
import { assess } from './assess.ts';
import type { AssessInput } from './input.ts';
import { RESYNC_PEOPLE_MS, type Assessment } from './verdict.ts';

const STATUSES = ['PENDING', 'IN_PROGRESS', 'STOP_REQUESTED', 'ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS', 'SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'];
const minutes = (max: number) => fc.integer({ min: 0, max }).map((count) => count * MINUTE_MS);
const approval = fc.option(fc.record({ need: fc.integer({ min: 1, max: 2 }), otherwise: fc.constantFrom('reject', 'approve'), withinMs: minutes(300).map((ms) => ms + MINUTE_MS) }), { nil: undefined }).map((some) => some && rule(some as object));
const bake = fc.record({ forMs: minutes(30), requests: fc.option(fc.constantFrom(0, 10, 100), { nil: undefined }) });

const strategy: fc.Arbitrary<Strategy> = fc.oneof(
  fc.record({ kind: fc.constant('rolling' as const), minimumHealthyPercent: fc.constant(undefined), maximumPercent: fc.constant(undefined), bakeAfterMs: minutes(30) }),
  fc.record({ kind: fc.constant('blueGreen' as const), approval, bakeAfterMs: minutes(30) }),
  fc.record({ kind: fc.constant('linear' as const), stepPercent: fc.constantFrom(10, 25, 30), bake, bakeAfterMs: minutes(30) }),
  fc.tuple(fc.uniqueArray(fc.constantFrom(5, 10, 25, 50, 75), { minLength: 1, maxLength: 4 }), fc.array(bake, { minLength: 4, maxLength: 4 }), fc.array(approval, { minLength: 4, maxLength: 4 }), minutes(30)).map(
    ([weights, bakes, approvals, bakeAfterMs]) =>
      ({ kind: 'canary', steps: weights.sort((a, b) => a - b).map((weightPercent, index) => ({ weightPercent, bake: bakes[index]!, approval: approvals[index] })), bakeAfterMs }) as Strategy,
  ),
);

const state = fc.constantFrom('OK' as const, 'OK' as const, 'ALARM' as const, 'INSUFFICIENT_DATA' as const, 'MISSING' as const);

/** A look at anything: also at records that no honest run leaves behind. */
const anyLook: fc.Arbitrary<AssessInput> = fc
  .record({
    strategy,
    status: fc.constantFrom(undefined, 'IN_PROGRESS', 'IN_PROGRESS', 'IN_PROGRESS', 'IN_PROGRESS', ...STATUSES),
    weightPercent: fc.constantFrom(0, 5, 10, 20, 25, 30, 50, 60, 75, 90, 100),
    pauses: fc.constantFrom(0, 1, 1, 1, 2),
    states: fc.tuple(state, state),
    leftOut: fc.subarray(['checkout-5xx', 'checkout-p99']),
    reachedAgoMs: fc.option(minutes(120), { nil: undefined }),
    requestsAtRung: fc.option(fc.constantFrom(0, 9, 50, 1000), { nil: undefined }),
    policy: fc.constantFrom('wait' as const, 'pass' as const, 'fail' as const),
    onAlarmAtStart: fc.constantFrom('refuse' as const, 'ignore' as const, 'proceed' as const),
    asked: fc.subarray(['weight.5', 'weight.25', 'weight.0', 'data.25', 'requests.25', 'before.0']),
    askAgeMs: minutes(400),
    decisions: fc.array(fc.record({ kind: fc.constantFrom('approve' as const, 'approve' as const, 'approve' as const, 'reject' as const, 'abort' as const), person: fc.constantFrom('alice', 'bob', 'carol'), askKey: fc.constantFrom('weight.5', 'weight.25', 'weight.0', 'data.25', 'before.0'), agoMs: minutes(60) }), { maxLength: 3 }),
    challenged: fc.boolean(),
    newerRelease: fc.constantFrom('overtakesWaiting' as const, 'waits' as const),
    rescue: fc.constantFrom(undefined, undefined, undefined, 'States.Timeout'),
    rollingBackAgoMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined, freq: 5 }),
  })
  .map((given) => {
    const stage: StageRecord = stageRecord({
      alarmsLeftOut: given.leftOut,
      deployment: deploymentRecord({ startedAtMs: NOW_MS - 3 * MINUTE_MS }),
      rungsReached: given.reachedAgoMs === undefined ? [] : [{ weightPercent: given.weightPercent, atMs: NOW_MS - given.reachedAgoMs }],
      asks: given.asked.map((key) => ask({ key, askedAtMs: NOW_MS - given.askAgeMs, deadlineMs: NOW_MS - given.askAgeMs + 300 * MINUTE_MS })),
      rollingBack: given.rollingBackAgoMs === undefined ? undefined : { outcome: 'aborted', reason: 'aborted by alice', decidedAtMs: NOW_MS - 60_000, requestedAtMs: NOW_MS - given.rollingBackAgoMs },
    });
    const decisions: Decision[] = given.decisions.map(({ agoMs, ...rest }) => decision({ ...rest, atMs: NOW_MS - agoMs, askKey: rest.kind === 'abort' ? undefined : rest.askKey }));
    const pauses = Array.from({ length: given.pauses }, (_, index) => ({ hookId: `hook-${index}`, expiresAtMs: undefined }));
    return look({
      spec: stageSpec({ strategy: given.strategy, missingData: { policy: given.policy, limitMs: 30 * MINUTE_MS }, onAlarmAtStart: given.onAlarmAtStart }),
      release: release({ rescue: given.rescue, challengedBy: given.challenged ? 'newer' : undefined, pipeline: pipeline({ newerRelease: given.newerRelease }) }),
      stage,
      decisions,
      observation: {
        deployment: given.status === undefined ? undefined : deploymentView({ status: given.status, weightPercent: given.weightPercent, pauses }),
        foreign: undefined,
        alarms: [alarm('checkout-5xx', given.states[0]), alarm('checkout-p99', given.states[1])],
        requestsAtRung: given.requestsAtRung,
      },
    });
  });

const holds = (law: (input: AssessInput, answer: Assessment) => void): void => fc.assert(fc.property(anyLook, (input) => law(input, assess(input))), { numRuns: 1500 });

it('the same look twice changes nothing the second time, and says nothing twice', () => {
  // Nobody can answer what has not been asked: control refuses it. An answer lying there would count from the second look on.
  const answersOf = ({ stage, decisions }: AssessInput) => decisions.filter(({ askKey }) => askKey === undefined || stage.asks.some(({ key }) => key === askKey));
  holds((drawn) => {
    const input = { ...drawn, decisions: answersOf(drawn) };
    const first = assess(input);
    const second = assess({ ...input, stage: first.stage });
    expect(second.stage).toEqual(first.stage);
    expect(second.verdict).toEqual(first.verdict);
    expect([second.notice, second.entries]).toEqual([undefined, []]);
  });
});

it('what was aborted, rejected, rescued or alarmed never gains weight', () => {
  holds(({ decisions, release: { rescue }, stage, observation }, { verdict }) => {
    const aborted = decisions.some((one) => one.kind === 'abort');
    const rejected = decisions.some((one) => one.kind === 'reject' && stage.asks.some((question) => question.key === one.askKey && one.atMs < question.deadlineMs));
    const alarmed = observation.alarms.some((one) => one.state === 'ALARM' && !stage.alarmsLeftOut.includes(one.name));
    if (aborted || rejected || alarmed || rescue !== undefined) expect(verdict.kind).not.toBe('advance');
  });
});

it('what rolls back never gains weight, and never forgets why', () => {
  holds(({ stage }, answer) => {
    if (!stage.rollingBack) return;
    expect(answer.verdict.kind).not.toBe('advance');
    expect(answer.stage.rollingBack).toEqual(stage.rollingBack);
  });
});

it('weight is gained only from a rung that is complete', () => {
  holds(({ rungs, stage, observation, decisions, spec, nowMs }, answer) => {
    if (answer.verdict.kind !== 'advance') return;
    const { fromWeightPercent, toWeightPercent, hookIds } = answer.verdict;
    expect(hookIds).not.toEqual([]);
    expect(toWeightPercent).toBeGreaterThanOrEqual(fromWeightPercent);
    expect(rungs.filter((one) => one.weightPercent > fromWeightPercent && one.weightPercent < toWeightPercent)).toEqual([]);
    const rung = rungs.find((one) => one.weightPercent === fromWeightPercent);
    if (!rung) return;
    const reachedAtMs = stage.rungsReached[0]?.atMs ?? nowMs;
    expect(nowMs - reachedAtMs).toBeGreaterThanOrEqual(rung.bake.forMs);
    const saidYes = (key: string) => decisions.some((one) => one.kind === 'approve' && one.askKey === key);
    if (rung.approval) expect(stage.asks.map((question) => question.key)).toContain(`weight.${fromWeightPercent}`);
    if (rung.approval) expect(saidYes(`weight.${fromWeightPercent}`)).toBe(true);
    if (spec.missingData.policy === 'pass') return;
    if (rung.bake.requests !== undefined && (observation.requestsAtRung ?? 0) < rung.bake.requests) expect(stage.asks.map((question) => question.key)).toContain(`requests.${fromWeightPercent}`);
    const silent = observation.alarms.some((one) => (one.state === 'MISSING' || one.state === 'INSUFFICIENT_DATA') && !stage.alarmsLeftOut.includes(one.name));
    if (silent) expect(saidYes(`data.${fromWeightPercent}`)).toBe(true);
  });
});

it('a wait always ends, in the future and within the resync', () => {
  holds(({ nowMs }, { verdict }) => {
    if (verdict.kind !== 'wait') return;
    expect(verdict.lookAgainAtMs).toBeGreaterThan(nowMs);
    expect(verdict.lookAgainAtMs).toBeLessThanOrEqual(nowMs + RESYNC_PEOPLE_MS);
  });
});

it('every verdict has a reason, and the only success is the one ECS reports', () => {
  holds(({ observation }, { verdict }) => {
    expect(verdict.reason).not.toBe('');
    if (verdict.kind === 'ended' && verdict.outcome === 'succeeded') expect(observation.deployment?.status).toBe('SUCCESSFUL');
    if (verdict.kind === 'ended') expect([undefined, 'SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED']).toContain(observation.deployment?.status);
  });
});

it('alarms come back into the watch, they never leave it', () => {
  holds(({ stage }, answer) => {
    for (const name of answer.stage.alarmsLeftOut) expect(stage.alarmsLeftOut).toContain(name);
  });
});

it('what was asked, decided and reached stays in the record', () => {
  holds(({ stage }, answer) => {
    expect(answer.stage.asks.slice(0, stage.asks.length)).toEqual(stage.asks);
    expect(answer.stage.rungsReached.slice(0, stage.rungsReached.length)).toEqual(stage.rungsReached);
  });
});
