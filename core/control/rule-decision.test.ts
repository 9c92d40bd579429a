import type { Decision, Release, StageRecord } from '../release/model.ts';
import { ask, decision, NOW_MS, pipeline, release, rule, stageRecord, stageSpec } from '../testing/samples.ts';
import { openAsks, personsOf, ruleDecision, type DecisionWanted } from './rule-decision.ts';

const arnOf = (person: string) => `arn:aws:sts::123456789012:assumed-role/people/${person}`;
const wanted = (more: Partial<DecisionWanted> = {}): DecisionWanted => ({ kind: 'approve', stage: undefined, reason: '', callerArn: arnOf('alice'), via: 'cli', ...more });
const asking = (more: Parameters<typeof ask>[0] = {}, stage: Partial<StageRecord> = {}): StageRecord => stageRecord({ asks: [ask(more)], ...stage });
const ruling = (want: Partial<DecisionWanted> = {}, stages: StageRecord[] = [asking()], of: Partial<Release> = {}, decisions: Decision[] = []) => ruleDecision(wanted(want), release(of), stages, decisions, NOW_MS);

describe('a decision that is taken', () => {
  it.each<[string, Partial<DecisionWanted>, object]>([
    ['an approval', { reason: 'looks good' }, { kind: 'approve', person: 'alice', askKey: 'weight.25', reason: 'looks good' }],
    ['a reject with its reason', { kind: 'reject', reason: 'too slow' }, { kind: 'reject', person: 'alice', askKey: 'weight.25' }],
    ['an abort', { kind: 'abort' }, { kind: 'abort', person: 'alice', askKey: undefined }],
    ['an abort of somebody whom nobody knows', { kind: 'abort', callerArn: 'arn:aws:iam::123456789012:user/root' }, { kind: 'abort', person: 'arn:aws:iam::123456789012:user/root' }],
    ['of the stage that is named', { stage: 'production' }, { kind: 'approve', stageIndex: 0 }],
  ])('%s', (_, want, expected) => {
    expect(ruling(want)).toEqual({ kind: 'decide', decision: expect.objectContaining({ callerArn: want.callerArn ?? arnOf('alice'), via: 'cli', atMs: NOW_MS, stageIndex: 0, ...expected }) as Decision });
  });

  it('of anybody who may call, when nobody is named', () => {
    const open = asking({ rule: rule({ from: [] }) });
    expect(ruling({ callerArn: 'arn:aws:iam::1:user/x' }, [open])).toMatchObject({ decision: { person: 'arn:aws:iam::1:user/x' } });
    expect(ruling({ callerArn: arnOf('dave') }, [open])).toMatchObject({ decision: { person: 'dave' } });
  });

  it('answers the question of the stage that is named, when two ask', () => {
    const two = pipeline({ stages: [stageSpec({ name: 'one' }), stageSpec({ name: 'two' })] });
    const stages = [asking(), asking({ key: 'before.0' }, { index: 1 })];
    expect(ruling({ stage: 'two' }, stages, { pipeline: two })).toMatchObject({ decision: { stageIndex: 1, askKey: 'before.0' } });
    expect(ruling({}, stages, { pipeline: two })).toMatchObject({ decision: { stageIndex: 0, askKey: 'weight.25' } });
  });

  it('of somebody who is asked by now, since nobody else answered', () => {
    expect(ruling({ callerArn: arnOf('dave') }, [asking({ rule: rule({ escalate: { to: ['dave'], afterMs: 60_000 } }) })])).toMatchObject({ decision: { person: 'dave' } });
  });

  it('said before by the same person is the decision that stands', () => {
    const made = decision();
    expect(ruling({}, [asking()], {}, [made])).toEqual({ kind: 'already', decision: made });
    expect(ruling({ askKey: 'weight.25', stage: 'production' }, [asking()], {}, [made])).toEqual({ kind: 'already', decision: made });
    expect(ruling({ kind: 'reject', reason: 'rather not' }, [asking()], {}, [made])).toMatchObject({ kind: 'refused', message: '"Go on from 25 % to 100 %?" has been answered meanwhile: approved by alice.' });
    expect(ruling({ stage: undefined }, [stageRecord()], { stageIndex: 1 }, [made])).toMatchObject({ kind: 'refused' });
  });

  it('an abort is of the stage the release is in', () => {
    expect(ruling({ kind: 'abort' }, [], { stageIndex: 3 })).toMatchObject({ decision: { stageIndex: 3 } });
  });
});

describe('a decision that is refused', () => {
  it.each<[string, Partial<DecisionWanted>, StageRecord[], Partial<Release>, Decision[], object]>([
    ['after the end', {}, [asking()], { status: 'ended', outcome: 'rolledBack', reason: 'alarm x' }, [], { code: 'Refused', message: 'The release checkout-v1.2.0-ab12ab12 has ended (rolledBack): alarm x.' }],
    ['an abort after the end', { kind: 'abort' }, [], { status: 'ended' }, [], { code: 'Refused', message: 'The release checkout-v1.2.0-ab12ab12 has ended (ended): .' }],
    ['of a stage that is none', { stage: 'moon' }, [asking()], {}, [], { code: 'NotFound', message: 'The pipeline checkout has no stage moon.', hint: 'Its stages: production.' }],
    ['when nothing is asked', {}, [stageRecord()], {}, [], { code: 'Refused', message: 'checkout-v1.2.0-ab12ab12 asks nothing at the moment.', hint: 'See what it waits for with `slipway status`.' }],
    ['when that stage asks nothing', { stage: 'production' }, [stageRecord()], {}, [], { code: 'Refused', message: 'checkout-v1.2.0-ab12ab12, stage production, asks nothing at the moment.' }],
    ['when the question is answered', {}, [asking()], {}, [decision({ person: 'bob' })], { code: 'Refused' }],
    ['when its time is over', {}, [asking({ deadlineMs: NOW_MS })], {}, [], { code: 'Refused' }],
    ['when it rolls back already', {}, [asking({}, { rollingBack: { outcome: 'rolledBack', reason: 'x', decidedAtMs: 1, requestedAtMs: undefined } })], {}, [], { code: 'Refused' }],
    ['when the stage has ended', {}, [asking({}, { status: 'ended' })], {}, [], { code: 'Refused' }],
    ['a reject without a reason', { kind: 'reject', reason: '  ' }, [asking()], {}, [], { code: 'BadRequest', hint: 'Add --reason "...".' }],
    ['of somebody who is not asked', { callerArn: arnOf('dave') }, [asking()], {}, [], { code: 'NotAllowed', message: 'dave may not decide on production: it asks alice, bob, carol.' }],
    ['a reject of somebody who is not asked', { kind: 'reject', reason: 'x', callerArn: arnOf('dave') }, [asking()], {}, [], { code: 'NotAllowed' }],
    ['of somebody who is asked later', { callerArn: arnOf('dave') }, [asking({ rule: rule({ escalate: { to: ['dave'], afterMs: 2 * 3_600_000 } }) })], {}, [], { code: 'NotAllowed', message: 'dave may not decide on production: it asks alice, bob, carol. It asks dave from 2026-11-23 13:00 UTC on.' }],
    ['of somebody whom nobody knows', { callerArn: 'arn:aws:iam::1:user/x' }, [asking()], {}, [], { code: 'NotAllowed', message: 'arn:aws:iam::1:user/x may not decide on production: it asks alice, bob, carol.' }],
    ['of the author', {}, [asking({ rule: rule({ notByAuthor: true }) })], { author: 'alice' }, [], { code: 'NotAllowed', message: "alice asked for this release, and production wants somebody else's approval." }],
    ['of an author whom nobody knows', { callerArn: 'arn:aws:iam::1:user/x' }, [asking({ rule: rule({ from: [], notByAuthor: true }) })], { author: 'arn:aws:iam::1:user/x' }, [], { code: 'NotAllowed' }],
  ])('%s', (_, want, stages, of, decisions, expected) => {
    expect(ruling(want, stages, of, decisions)).toMatchObject({ kind: 'refused', ...expected });
  });

  it('of the author under another of their names', () => {
    const people = { alice: { name: 'alice', aws: ['*:assumed-role/people/*'], slack: undefined }, bob: { name: 'bob', aws: ['*:assumed-role/people/*'], slack: undefined } };
    expect(ruling({}, [asking({ rule: rule({ from: ['bob'], notByAuthor: true }) })], { author: 'alice', people })).toMatchObject({ kind: 'refused', code: 'NotAllowed' });
  });

  it('but the author may reject', () => {
    expect(ruling({ kind: 'reject', reason: 'a mistake' }, [asking({ rule: rule({ notByAuthor: true }) })], { author: 'alice' })).toMatchObject({ kind: 'decide' });
  });
});

it('people are known by any of their bindings', () => {
  const people = { alice: { name: 'alice', aws: ['arn:aws:iam::1:user/alice', '*:assumed-role/admin/alice'], slack: undefined } };
  expect(personsOf({ people }, 'arn:aws:iam::1:user/alice')).toEqual(['alice']);
  expect(personsOf({ people }, 'arn:aws:sts::9:assumed-role/admin/alice')).toEqual(['alice']);
  expect(personsOf({ people }, 'arn:aws:sts::9:assumed-role/admin/alicia')).toEqual([]);
});

it('a question is open only to its own stage’s answers', () => {
  expect(openAsks(release(), [asking()], [decision({ stageIndex: 1 })], NOW_MS)).toHaveLength(1);
  expect(openAsks(release(), [asking()], [decision()], NOW_MS)).toEqual([]);
});

describe('an abort', () => {
  const two = release({ pipeline: pipeline({ stages: [stageSpec({ name: 'staging' }), stageSpec({ name: 'production' })] }), stageIndex: 1 });
  const abort = (stage?: string) => ruleDecision({ kind: 'abort', stage, reason: '', callerArn: 'arn:aws:sts::123456789012:assumed-role/people/alice', via: 'cli' }, two, [], [], NOW_MS);

  it('is about the whole release, or about the stage it is in', () => {
    for (const stage of [undefined, 'production']) expect(abort(stage)).toMatchObject({ kind: 'decide', decision: { kind: 'abort', stageIndex: 1 } });
  });

  it('of a stage that is over stops nothing, and says where the release is', () => {
    expect(abort('staging')).toMatchObject({ kind: 'refused', code: 'Refused', message: `${two.id} is not in staging now but in production, and nothing was stopped.` });
  });

  it('of a stage that there is not stops nothing', () => {
    expect(abort('moon')).toMatchObject({ kind: 'refused', code: 'NotFound', hint: 'Its stages: staging, production.' });
  });
});
