// What everybody reads of a release, from its record.
import { ask, decision, NOW_MS, release, stageRecord } from '../testing/samples.ts';
import type { WaitingFor } from '../release/model.ts';
import { releaseViewOf, summaryOf } from './of-release.ts';

describe('what a summary says it waits for', () => {
  test.each<{ waitingFor: WaitingFor; kind: string; status: string }>([
    { waitingFor: { kind: 'approval', askKey: 'weight.25', untilMs: NOW_MS }, kind: 'approval', status: 'waiting' },
    { waitingFor: { kind: 'turn', behind: 'checkout-other' }, kind: 'turn', status: 'waiting' },
    { waitingFor: { kind: 'bake', untilMs: NOW_MS }, kind: 'bake', status: 'running' },
    { waitingFor: { kind: 'requests', have: 10, need: 2_000 }, kind: 'bake', status: 'running' },
    { waitingFor: { kind: 'alarmData', alarms: ['checkout-5xx'], untilMs: NOW_MS }, kind: 'alarmData', status: 'running' },
    { waitingFor: { kind: 'deployment' }, kind: 'deployment', status: 'running' },
    { waitingFor: { kind: 'rollback' }, kind: 'rollback', status: 'running' },
  ])('$waitingFor.kind is told as $kind, and the release is $status', ({ waitingFor, kind, status }) => {
    expect(summaryOf(release(), [stageRecord({ waitingFor, asks: [ask()] })])).toMatchObject({ waitingFor: kind, status });
  });

  test('a release that waits for its turn is told from one that waits for a person', () => {
    const turn = summaryOf(release(), [stageRecord({ status: 'pending', waitingFor: { kind: 'turn', behind: 'checkout-other' } })]);
    const person = summaryOf(release(), [stageRecord({ asks: [ask()], waitingFor: { kind: 'approval', askKey: 'weight.25', untilMs: NOW_MS } })]);
    expect([turn.waitingFor, person.waitingFor]).toEqual(['turn', 'approval']);
  });

  test.each([
    ['it waits for nothing', release(), stageRecord()],
    ['its stage has ended', release(), stageRecord({ status: 'ended', outcome: 'succeeded', waitingFor: { kind: 'deployment' } })],
    ['it has ended', release({ status: 'ended', outcome: 'aborted', endedAtMs: NOW_MS }), stageRecord({ waitingFor: { kind: 'rollback' } })],
  ])('nothing is said when %s', (_when, of, stage) => {
    expect(summaryOf(of, [stage])).not.toHaveProperty('waitingFor');
  });
});

describe('who approved', () => {
  const viewOf = (...decisions: Parameters<typeof decision>[0][]) => releaseViewOf({ release: release(), stages: [stageRecord()], decisions: decisions.map((one) => decision(one)) }, [], NOW_MS);

  test('everybody once, in the order in which they did, and nobody who rejected', () => {
    const view = viewOf({ person: 'bob', atMs: NOW_MS - 1 }, { person: 'alice', atMs: NOW_MS - 2 }, { person: 'bob', atMs: NOW_MS, askKey: 'before.0' }, { person: 'carol', kind: 'reject' });
    expect(view.approvedBy).toEqual(['alice', 'bob']);
  });

  test('is left out when nobody has', () => {
    expect(viewOf({ kind: 'abort' })).not.toHaveProperty('approvedBy');
  });
});
