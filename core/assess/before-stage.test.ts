import { HOUR_MS } from '../duration.ts';
import { ask, decision, NOW_MS, pipeline, release, rule, stageRecord, stageSpec } from '../testing/samples.ts';
import { assessBeforeStage, type BeforeInput } from './before-stage.ts';

const gates = (...needs: number[]) => stageSpec({ before: needs.map((need) => ({ kind: 'approval', approval: rule({ need, withinMs: 24 * HOUR_MS }) })) });
const untouched = (more: Parameters<typeof stageRecord>[0] = {}) => stageRecord({ deployment: undefined, found: undefined, ...more });
const judge = (more: Partial<BeforeInput> = {}) => assessBeforeStage({ release: release(), stage: untouched(), spec: stageSpec(), decisions: [], nowMs: NOW_MS, ...more });
const first = ask({ key: 'before.0', question: 'Roll out to production?' });

describe('before a stage', () => {
  it('nothing is asked when nothing is to be asked', () => {
    expect(judge()).toMatchObject({ verdict: { kind: 'go' }, notice: undefined, entries: [] });
  });

  it('the first question is put, told and waited for', () => {
    const { verdict, stage, notice, entries } = judge({ spec: gates(2) });
    expect(verdict).toEqual({ kind: 'wait', waitingFor: { kind: 'approval', askKey: 'before.0', untilMs: NOW_MS + 24 * HOUR_MS }, lookAgainAtMs: NOW_MS + HOUR_MS, reason: 'Roll out to production?' });
    expect(stage.asks).toMatchObject([{ key: 'before.0', askedAtMs: NOW_MS, deadlineMs: NOW_MS + 24 * HOUR_MS }]);
    expect(notice).toEqual({ kind: 'approvalAsked', text: 'Roll out to production? Waits for 2 of alice, bob, carol until 2026-11-24 12:00 UTC, otherwise it counts as rejected.' });
    expect(entries).toMatchObject([{ key: 'stage.0.ask.before.0' }]);
  });

  it('the wait ends at the deadline when that is nearer than the resync', () => {
    expect(judge({ spec: gates(1), stage: untouched({ asks: [{ ...first, deadlineMs: NOW_MS + 1000 }] }) }).verdict).toMatchObject({ kind: 'wait', lookAgainAtMs: NOW_MS + 1000 });
  });

  it('questions come one after the other, each when the one before it is answered', () => {
    const spec = gates(1, 1);
    const answered = judge({ spec, stage: untouched({ asks: [first] }), decisions: [decision({ askKey: 'before.0' })] });
    expect(answered).toMatchObject({ verdict: { kind: 'wait', waitingFor: { askKey: 'before.1' } } });
    const both = [decision({ askKey: 'before.0' }), decision({ askKey: 'before.1' })];
    expect(judge({ spec, stage: answered.stage, decisions: both }).verdict).toMatchObject({ kind: 'go' });
  });

  it.each([
    ['a reject', { stage: untouched({ asks: [first] }), decisions: [decision({ kind: 'reject', askKey: 'before.0', reason: 'not today' })] }, 'rejected', 'rejected by alice: not today'],
    ['a deadline', { stage: untouched({ asks: [{ ...first, deadlineMs: NOW_MS }] }) }, 'timedOut', 'nobody answered "Roll out to production?"'],
    ['an abort', { decisions: [decision({ kind: 'abort', askKey: undefined })] }, 'aborted', 'aborted by alice'],
    ['a rescue', { release: release({ rescue: 'ABORTED' }) }, 'failed', "the release's own execution ended early (ABORTED)"],
    ['a newer release', { stage: untouched({ asks: [first] }), release: release({ challengedBy: 'checkout-v2' }) }, 'superseded', 'superseded by the newer release checkout-v2, which need not wait for people to decide on this one'],
  ])('%s ends the stage', (_, more, outcome, reason) => {
    expect(judge({ spec: gates(1), ...more }).verdict).toEqual({ kind: 'ended', outcome, reason });
  });

  it('a newer release does not end one that asks nobody, nor one whose pipeline says `waits`', () => {
    expect(judge({ release: release({ challengedBy: 'checkout-v2' }) }).verdict).toMatchObject({ kind: 'go' });
    const waits = release({ challengedBy: 'checkout-v2', pipeline: pipeline({ newerRelease: 'waits' }) });
    expect(judge({ spec: gates(1), stage: untouched({ asks: [first] }), release: waits }).verdict).toMatchObject({ kind: 'wait' });
  });

  it.each([
    ['a rescue', { release: release({ rescue: 'States.Timeout' }) }],
    ['an abort', { decisions: [decision({ kind: 'abort' as const, askKey: undefined })] }],
  ])('a deployment that may have begun is followed, whatever came up: %s is acted on by the rollout', (_, more) => {
    expect(judge({ stage: stageRecord(), ...more })).toMatchObject({ verdict: { kind: 'go' }, notice: undefined });
  });
});
