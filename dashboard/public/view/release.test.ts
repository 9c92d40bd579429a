import type { ReleaseView, StageView } from '../../../core/view/index.ts';
import { HOSTILE, iso, MINUTE_MS, NOON, production, staging, summary, view } from '../../testing/samples.ts';
import { actionsOf, spoken, toRelease } from './release.js';

const shown = (more: Partial<ReleaseView> = {}, stage?: string) => toRelease(view(more), stage, NOON);
const withProduction = (more: Partial<StageView>): Partial<ReleaseView> => ({ stages: [staging, production(more)] });

describe('who is waited for', () => {
  test('an approval names who may still answer, who has, and how long there is', () => {
    expect(shown().waiting).toEqual([
      { stage: 'production', headline: 'Go on from 5 % to 25 %?', lines: ['alice or carol can answer.', '1 of 2 approved: bob.'], left: '1 h 30 min left', due: expect.stringMatching(/^until \d\d:\d\d:00$/) as unknown, tone: 'asks' },
    ]);
  });

  test.each<{ name: string; waitingFor: StageView['waitingFor']; headline: string; left: string | undefined }>([
    { name: 'a bake counts down', waitingFor: { kind: 'bake', untilMs: NOON + 90_000 }, headline: 'Baking at 5 %', left: '1 min 30 s left' },
    { name: 'a bake that is over says so', waitingFor: { kind: 'bake', untilMs: NOON }, headline: 'Baking at 5 %', left: 'due now' },
    { name: 'a turn', waitingFor: { kind: 'turn' }, headline: 'Waits for its turn', left: undefined },
    { name: 'ECS', waitingFor: { kind: 'deployment' }, headline: 'ECS is at work', left: undefined },
    { name: 'a rollback', waitingFor: { kind: 'rollback' }, headline: 'Rolling back', left: undefined },
    { name: 'alarms without data', waitingFor: { kind: 'alarmData', untilMs: NOON + 1000 }, headline: 'Waits for alarms to have data', left: '1 s left' },
    { name: 'what a newer Slipway waits for', waitingFor: { kind: 'moonrise' as 'bake' }, headline: 'moonrise', left: undefined },
  ])('$name', ({ waitingFor, headline, left }) => {
    expect(shown(withProduction({ waitingFor })).waiting).toMatchObject([{ headline, left }]);
  });

  test('an approval that anybody may give says so', () => {
    expect(shown(withProduction({ waitingFor: { kind: 'approval', from: [] } })).waiting[0]?.lines).toEqual(['Anybody who may call the control API can answer.', '0 of 1 approved.']);
  });

  test('nobody is waited for in a stage that has ended', () => {
    expect(shown(withProduction({ status: 'ended', outcome: 'rolledBack' })).waiting).toEqual([]);
  });
});

describe('what may be decided', () => {
  test.each<{ name: string; more: Partial<ReleaseView>; want: string[] }>([
    { name: 'a question can be answered, or the release aborted', more: {}, want: ['approve production', 'reject production', 'abort'] },
    { name: 'a bake can be skipped', more: withProduction({ status: 'running', waitingFor: { kind: 'bake' } }), want: ['promote production', 'abort'] },
    { name: 'a freeze can be overridden', more: withProduction({ waitingFor: { kind: 'freeze', text: 'frozen' } }), want: ['override production', 'abort'] },
    { name: 'a deployment can only be aborted', more: withProduction({ status: 'running', waitingFor: { kind: 'deployment' } }), want: ['abort'] },
    { name: 'a rollback takes its course', more: withProduction({ status: 'running', waitingFor: { kind: 'rollback' } }), want: [] },
    { name: 'what succeeded can be undone', more: { status: 'ended', outcome: 'succeeded' }, want: ['undo'] },
    { name: 'what failed can be tried again', more: { status: 'ended', outcome: 'rolledBack' }, want: ['retry'] },
    { name: 'what was overtaken is over', more: { status: 'ended', outcome: 'superseded' }, want: [] },
  ])('$name', ({ more, want }) => {
    expect(actionsOf(view(more)).map(({ kind, stage }) => (stage === undefined ? kind : `${kind} ${stage}`))).toEqual(want);
  });

  test('a reject needs a reason, an approval does not', () => {
    expect(actionsOf(view()).map(({ label, reasonNeeded }) => `${label} ${reasonNeeded}`)).toEqual(['Approve false', 'Reject true', 'Abort false']);
  });
});

describe('the ladder', () => {
  const states = (more: Partial<StageView>): string[] => shown(withProduction(more)).stage?.rungs.map(({ weight, state }) => `${weight} ${state}`) ?? [];
  test.each<{ name: string; more: Partial<StageView>; want: string[] }>([
    { name: 'stands on a rung', more: {}, want: ['5 % now', '25 % ahead', '100 % ahead'] },
    { name: 'is between two', more: { weightPercent: 15, waitingFor: { kind: 'deployment' } }, want: ['5 % done', '25 % ahead', '100 % ahead'] },
    { name: 'has gone all the way', more: { status: 'ended', outcome: 'succeeded', weightPercent: 100 }, want: ['5 % done', '25 % done', '100 % done'] },
    { name: 'is being climbed down', more: { weightPercent: 5, waitingFor: { kind: 'rollback' } }, want: ['5 % undone', '25 % ahead', '100 % ahead'] },
    { name: 'was climbed down', more: { status: 'ended', outcome: 'rolledBack' }, want: ['5 % undone', '25 % ahead', '100 % ahead'] },
    { name: 'has not begun', more: { status: 'pending', weightPercent: 0, waitingFor: undefined }, want: ['5 % ahead', '25 % ahead', '100 % ahead'] },
  ])('$name', ({ more, want }) => {
    expect(states(more)).toEqual(want);
  });

  test('a rung says what it asks for, and how far its bake is', () => {
    const rungs = shown(withProduction({ status: 'running', waitingFor: { kind: 'bake', untilMs: NOON + 5 * MINUTE_MS }, rungs: [{ weightPercent: 5, bakeMs: 10 * MINUTE_MS, reachedAt: iso(NOON - 5 * MINUTE_MS) }, ...production().rungs.slice(1)] })).stage?.rungs;
    expect(rungs?.[0]?.progress).toBe(0.5);
    expect(rungs?.[1]?.details).toEqual(['bakes 10 min', 'needs 2000 requests']);
    expect(shown().stage?.rungs[0]?.details.slice(0, 2)).toEqual(['bakes 10 min', 'asks alice or bob, 2 of them']);
  });
});

describe('which stage is shown', () => {
  test.each([
    { asked: undefined, want: 'production' },
    { asked: 'staging', want: 'staging' },
    { asked: 'nowhere', want: 'production' },
  ])('$asked', ({ asked, want }) => {
    expect(shown({}, asked).stage?.name).toBe(want);
    expect(shown({}, asked).stages.filter((stage) => stage.shown).map((stage) => stage.name)).toEqual([want]);
  });

  test('a release without stages is shown all the same', () => {
    expect(shown({ stages: [] })).toMatchObject({ stage: undefined, stages: [], waiting: [], failures: [] });
  });
});

describe('what went wrong', () => {
  test('is told in parts', () => {
    const failure = { reason: 'all', summary: 'The circuit breaker tripped.', tasks: [{ id: 't1', stoppedReason: 'Essential container exited', exits: [{ container: 'app', exitCode: 1 }, { container: 'side', reason: 'OutOfMemory' }] }], logLines: ['boom'] };
    expect(shown(withProduction({ failure })).failures).toEqual([
      { stage: 'production', summary: 'The circuit breaker tripped.', tasks: [{ id: 't1', stopped: 'Essential container exited', exits: ['app: exit code 1', 'side: no exit code (OutOfMemory)'] }], logLines: ['boom'], hint: undefined },
    ]);
  });

  test('by an older Slipway is told in one text', () => {
    expect(shown(withProduction({ failure: { reason: 'a\nb', hint: 'Look.' } })).failures).toMatchObject([{ summary: 'a\nb', tasks: [], logLines: [], hint: 'Look.' }]);
  });
});

test('what is said aloud has the outcome first and the reason last', () => {
  expect(spoken(view({ status: 'ended', outcome: 'rolledBack', reason: 'checkout-5xx fired' }))).toBe('1.4.0 rolled back in production: checkout-5xx fired');
  expect(spoken(view())).toBe('1.4.0 asks in production: Go on from 5 % to 25 %?');
});

test('nothing that could pose as something else gets through', () => {
  const seen = JSON.stringify(toRelease(view({ ...summary({ id: HOSTILE, reason: HOSTILE, image: { repository: HOSTILE, tag: HOSTILE, digest: HOSTILE } }), author: HOSTILE, stages: [{ ...production(), name: HOSTILE, cluster: HOSTILE, failure: { reason: HOSTILE, logLines: [HOSTILE] } }] }), undefined, NOON).failures);
  expect(seen).toContain('<img src=x');
  expect(seen).not.toMatch(/[\u202e\u0007]|\\u0007/);
});
