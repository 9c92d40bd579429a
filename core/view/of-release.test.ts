import type { StageRecord, WaitingFor } from '../release/model.ts';
import { ask, decision, DIGEST, NOW_MS, pipeline, release, stageRecord, stageSpec } from '../testing/samples.ts';
import { newStageRecord } from '../release/model.ts';
import { releaseViewOf, summaryOf } from './of-release.ts';

const two = pipeline({ stages: [stageSpec({ name: 'staging' }), stageSpec({ name: 'production' })] });
const ended = (index: number, more: Partial<StageRecord> = {}) => stageRecord({ index, status: 'ended', outcome: 'succeeded', weightPercent: 100, ...more });
const pending = (index: number, more: Partial<StageRecord> = {}): StageRecord => ({ ...newStageRecord(index, 'arn'), ...more });
const bake: WaitingFor = { kind: 'bake', untilMs: NOW_MS + 1000 };

describe('a summary', () => {
  it('of a release at work', () => {
    expect(summaryOf(release(), [stageRecord({ weightPercent: 25, waitingFor: bake })])).toEqual({
      id: 'checkout-v1.2.0-ab12ab12',
      pipeline: 'checkout',
      image: { repository: 'shop/checkout', tag: 'v1.2.0', digest: DIGEST },
      status: 'running',
      stage: 'production',
      weightPercent: 25,
      waitingFor: 'bake',
      reason: 'baking at 25 %',
      createdAt: '2026-11-23T11:00:00.000Z',
    });
  });

  it.each<[string, Parameters<typeof summaryOf>, object]>([
    ['of one that waits for people', [release(), [stageRecord({ asks: [ask()], waitingFor: { kind: 'approval', askKey: 'weight.25', untilMs: 1 } })]], { status: 'waiting', reason: 'Go on from 25 % to 100 %?' }],
    ['of one that waits for its turn on its second stage', [release({ pipeline: two, stageIndex: 1 }), [ended(0), pending(1, { waitingFor: { kind: 'turn', behind: 'other' } })]], { status: 'waiting', stage: 'production', reason: 'waits for its turn behind other' }],
    ['of one that rolls back', [release(), [stageRecord({ waitingFor: { kind: 'rollback' }, rollingBack: { outcome: 'rolledBack', reason: 'alarm x', decidedAtMs: 1, requestedAtMs: 1 } })]], { status: 'running', reason: 'alarm x' }],
    ['of one between its stages', [release({ pipeline: two, stageIndex: 1 }), [ended(0), pending(1)]], { stage: 'production', reason: 'at work' }],
    ['of one whose stages are all over', [release({ pipeline: two, stageIndex: 2 }), [ended(0), ended(1)]], { stage: 'production', weightPercent: 100 }],
    ['of one that ended early', [release({ pipeline: two, status: 'ended', outcome: 'rejected', reason: 'by alice', endedAtMs: NOW_MS }), [ended(0, { outcome: 'rejected' }), pending(1)]], { status: 'ended', outcome: 'rejected', stage: 'staging', reason: 'by alice', endedAt: '2026-11-23T12:00:00.000Z' }],
    ['of an image without a tag', [release({ image: { ...release().image, tag: undefined } }), []], { image: { repository: 'shop/checkout', digest: DIGEST } }],
  ])('%s', (_, args, expected) => {
    expect(summaryOf(...args)).toMatchObject(expected);
  });

  it.each<[WaitingFor, string]>([
    [{ kind: 'requests', have: 3, need: 9 }, '3 of 9 requests served'],
    [{ kind: 'alarmData', alarms: ['a', 'b'], untilMs: 1 }, 'no data yet for a, b'],
    [{ kind: 'deployment' }, 'ECS is at work'],
    [{ kind: 'rollback' }, 'rolling back'],
    [{ kind: 'approval', askKey: 'gone', untilMs: 1 }, 'waits for approval'],
  ])('says what is waited for: %j', (waitingFor, reason) => {
    expect(summaryOf(release(), [stageRecord({ waitingFor })]).reason).toBe(reason);
  });
});

describe('a whole release', () => {
  const view = (stages: StageRecord[], more: Parameters<typeof release>[0] = {}, decisions = [decision({ person: 'bob' })]) => releaseViewOf({ release: release(more), stages, decisions }, [], NOW_MS);

  it('shows each rung of its ladder', () => {
    expect(view([stageRecord()]).stages[0]?.rungs).toEqual([
      { weightPercent: 5, bakeMs: 600_000 },
      { weightPercent: 25, bakeMs: 600_000, approval: { from: ['alice', 'bob', 'carol'], need: 1, withinMs: 14_400_000 } },
      { weightPercent: 100, bakeMs: 900_000 },
    ]);
  });

  it.each<[WaitingFor, object]>([
    [{ kind: 'approval', askKey: 'weight.25', untilMs: 1 }, { status: 'waiting', waitingFor: { kind: 'approval', from: ['alice', 'bob', 'carol'], need: 1, given: ['bob'], untilMs: NOW_MS + 10_800_000 } }],
    [bake, { status: 'running', waitingFor: { kind: 'bake', untilMs: NOW_MS + 1000 } }],
    [{ kind: 'requests', have: 1, need: 2 }, { waitingFor: { kind: 'bake' } }],
    [{ kind: 'alarmData', alarms: ['a'], untilMs: 5 }, { waitingFor: { kind: 'alarmData', untilMs: 5 } }],
    [{ kind: 'turn', behind: 'x' }, { status: 'waiting', waitingFor: { kind: 'turn' } }],
    [{ kind: 'deployment' }, { waitingFor: { kind: 'deployment' } }],
    [{ kind: 'rollback' }, { waitingFor: { kind: 'rollback' } }],
  ])('says what a stage waits for: %j', (waitingFor, expected) => {
    expect(view([stageRecord({ asks: [ask()], waitingFor })]).stages[0]).toMatchObject(expected);
  });

  it('shows a stage that waits for its turn as waiting, though it has not begun', () => {
    expect(view([pending(0, { waitingFor: { kind: 'turn', behind: 'x' } })]).stages[0]).toMatchObject({ status: 'waiting' });
  });

  it('waits for nothing once a stage has ended', () => {
    expect(view([ended(0, { waitingFor: bake })]).stages[0]).not.toHaveProperty('waitingFor');
  });

  it('names author, failure, and the stage of each line of the story', () => {
    const failure = { summary: 'It died.', stoppedTasks: [], lastLogLines: [] };
    const timeline = [{ key: 'release.started', atMs: NOW_MS, kind: 'release' as const, text: 'a' }, { key: 'stage.0.taken', atMs: NOW_MS, kind: 'stage' as const, text: 'b', by: 'alice' }, { key: 'stage.7.taken', atMs: NOW_MS, kind: 'stage' as const, text: 'c' }];
    expect(releaseViewOf({ release: release({ author: 'alice' }), stages: [stageRecord({ failure })], decisions: [] }, timeline, NOW_MS)).toMatchObject({
      author: 'alice',
      stages: [{ failure: { reason: 'It died.' } }],
      timeline: [{ kind: 'release', text: 'a' }, { stage: 'production', text: 'b', by: 'alice' }, { text: 'c' }],
    });
  });

  it('says who decided what, from where, when and why, in the order in which they did', () => {
    const later = decision({ person: 'alice', via: 'slack', reason: 'looks good', atMs: NOW_MS });
    const decisions = [later, decision({ kind: 'promote', person: 'bob', via: 'dashboard', askKey: 'rung.5', stageIndex: 7, atMs: NOW_MS - 1000 })];
    expect(view([stageRecord()], {}, decisions)).toMatchObject({
      approvedBy: ['alice'],
      decisions: [
        { kind: 'promote', by: 'bob', via: 'dashboard', at: '2026-11-23T11:59:59.000Z' },
        { kind: 'approve', by: 'alice', via: 'slack', at: '2026-11-23T12:00:00.000Z', stage: 'production', reason: 'looks good' },
      ],
    });
  });

  it('is plain JSON', () => {
    const whole = view([stageRecord({ asks: [ask()], waitingFor: bake })]);
    expect(JSON.parse(JSON.stringify(whole))).toEqual(whole);
  });
});
