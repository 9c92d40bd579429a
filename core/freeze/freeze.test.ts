import { freezeKey } from '../approval/keys.ts';
import { assessBeforeStage, type BeforeInput } from '../assess/before-stage.ts';
import { ruleDecision, type DecisionWanted } from '../control/rule-decision.ts';
import { HOUR_MS } from '../duration.ts';
import type { Release, StageRecord } from '../release/model.ts';
import { ask, decision, NOW_MS, pipeline, release, rule, stageRecord, stageSpec } from '../testing/samples.ts';
import type { Freeze } from './freeze.ts';

const freeze = (more: Partial<Freeze> = {}): Freeze => ({ pipeline: undefined, reason: 'Christmas', by: 'dave', callerArn: 'arn:dave', via: 'cli', atMs: NOW_MS - HOUR_MS, untilMs: NOW_MS + 30 * HOUR_MS, ...more });
const untouched = (more: Partial<StageRecord> = {}): StageRecord => stageRecord({ deployment: undefined, found: undefined, ...more });
const look = (more: Partial<BeforeInput> = {}) => assessBeforeStage({ release: release(), stage: untouched(), spec: stageSpec(), decisions: [], freezes: [freeze()], nowMs: NOW_MS, ...more });
const key = freezeKey(NOW_MS - HOUR_MS);
const overridden = decision({ kind: 'override', askKey: key, reason: 'a fix' });
const gated = stageSpec({ before: [{ kind: 'approval', approval: rule() }] });

describe('a release that is about to begin a stage', () => {
  it('waits for the end of a freeze, and says so once', () => {
    const first = look();
    const text = 'Waits for the end of the freeze of every pipeline until 2026-11-24 18:00 UTC, set by dave, from the command line: Christmas.';
    expect(first).toMatchObject({ verdict: { kind: 'wait', lookAgainAtMs: NOW_MS + HOUR_MS, reason: text, waitingFor: { kind: 'freeze', key } }, entries: [{ kind: 'freeze', text }], notice: { kind: 'frozen', text } });
    expect(look({ stage: first.stage })).toMatchObject({ verdict: { kind: 'wait' }, entries: [], notice: undefined });
    expect(look({ nowMs: NOW_MS + 30 * HOUR_MS - 1000, stage: first.stage }).verdict).toMatchObject({ lookAgainAtMs: NOW_MS + 30 * HOUR_MS });
  });

  it.each<[string, Partial<BeforeInput>, string]>([
    ['when it is over', { nowMs: NOW_MS + 30 * HOUR_MS }, 'The freeze is over.'],
    ['when it is lifted', { freezes: [freeze({ lifted: { by: 'alice', callerArn: 'arn:alice', via: 'cli', atMs: NOW_MS, reason: 'back' } })] }, 'The freeze was lifted by alice, from the command line: back.'],
    ['when it is overridden', { decisions: [overridden] }, 'Goes on in spite of the freeze: overridden by alice.'],
  ])('goes on %s, and says why', (_, more, text) => {
    expect(look({ stage: look().stage, ...more })).toMatchObject({ verdict: { kind: 'go' }, stage: { waitingFor: undefined }, entries: [{ kind: 'freeze', text }] });
  });

  it.each<[string, Partial<BeforeInput>]>([
    ['a freeze of another pipeline', { freezes: [freeze({ pipeline: 'billing' })] }],
    ['a freeze, when it is an undo', { release: release({ undoes: { releaseId: 'x', taskDefinitionArn: 'y' } }) }],
    ['a freeze, when its deployment has begun', { stage: stageRecord() }],
  ])('does not wait for %s', (_, more) => {
    expect(look(more).verdict).toMatchObject({ kind: 'go' });
  });

  it('asks nobody while it is frozen, and asks when it is not', () => {
    expect(look({ spec: gated })).toMatchObject({ verdict: { waitingFor: { kind: 'freeze' } }, stage: { asks: [] } });
    expect(look({ spec: gated, stage: look().stage, decisions: [overridden] })).toMatchObject({ verdict: { waitingFor: { kind: 'approval' } }, entries: [{ kind: 'freeze' }, { kind: 'ask' }] });
  });

  it('lets people answer what was asked before, and waits then', () => {
    const stage = untouched({ asks: [ask({ key: 'before.0' })] });
    expect(look({ spec: gated, stage }).verdict).toMatchObject({ waitingFor: { kind: 'approval' } });
    expect(look({ spec: gated, stage, decisions: [decision({ askKey: 'before.0' })] }).verdict).toMatchObject({ waitingFor: { kind: 'freeze' } });
  });

  it('gives way to a newer release, as if it waited for a person', () => {
    expect(look({ release: release({ challengedBy: 'newer' }) }).verdict).toMatchObject({ kind: 'ended', outcome: 'superseded' });
  });

  it('waits for a freeze that is set after an override', () => {
    expect(look({ decisions: [overridden], freezes: [freeze(), freeze({ pipeline: 'checkout', atMs: NOW_MS })] }).verdict).toMatchObject({ waitingFor: { key: freezeKey(NOW_MS) } });
    expect(look({ decisions: [decision({ kind: 'override', askKey: key, stageIndex: 1 })] }).verdict).toMatchObject({ waitingFor: { kind: 'freeze' } });
  });

  it('waits for the last of several, and for one without an end as long as it takes', () => {
    expect(look({ freezes: [freeze(), freeze({ untilMs: NOW_MS + 40 * HOUR_MS })] }).verdict).toMatchObject({ waitingFor: { untilMs: NOW_MS + 40 * HOUR_MS } });
    expect(look({ freezes: [freeze(), freeze({ untilMs: undefined })] }).verdict).toMatchObject({ lookAgainAtMs: NOW_MS + HOUR_MS, waitingFor: { untilMs: undefined } });
  });
});

describe('an override', () => {
  const frozen = look().stage;
  const over = (more: Partial<DecisionWanted> = {}, of: Partial<Release> = {}, stages = [frozen], decisions = [] as ReturnType<typeof decision>[]) =>
    ruleDecision({ kind: 'override', stage: undefined, reason: 'a fix', callerArn: 'arn:aws:sts::1:assumed-role/people/alice', via: 'cli', ...more }, release({ pipeline: pipeline({ freeze: { override: ['alice'] } }), ...of }), stages, decisions, NOW_MS);

  it('is decided by those whom the specification names, about this freeze', () => {
    expect(over()).toEqual({ kind: 'decide', decision: { kind: 'override', person: 'alice', callerArn: 'arn:aws:sts::1:assumed-role/people/alice', via: 'cli', atMs: NOW_MS, reason: 'a fix', askKey: key, stageIndex: 0 } });
  });

  it('said twice is no mistake', () => {
    expect(over({}, {}, [untouched()], [overridden])).toEqual({ kind: 'already', decision: overridden });
  });

  it.each<[string, ReturnType<typeof over>, string, string]>([
    ['without a reason', over({ reason: ' ' }), 'BadRequest', 'An override needs a reason: those who froze will read it.'],
    ['of somebody else', over({ callerArn: 'arn:aws:sts::1:assumed-role/people/bob' }), 'NotAllowed', 'bob may not override a freeze: checkout lets alice.'],
    ['where nobody may', over({}, { pipeline: pipeline() }), 'NotAllowed', 'alice may not override a freeze: checkout names nobody who may.'],
    ['when nothing is frozen', over({}, {}, [untouched()]), 'Refused', 'checkout-v1.2.0-ab12ab12 waits for no freeze at the moment.'],
    ['about another freeze', over({ askKey: freezeKey(7) }), 'Refused', 'That freeze is over: checkout-v1.2.0-ab12ab12 waits for another one by now.'],
  ])('is refused %s', (_, ruling, code, message) => {
    expect(ruling).toMatchObject({ kind: 'refused', code, message });
  });
});
