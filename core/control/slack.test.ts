// Slack users as callers: the same ruling as for everybody else.
import { ask, decision, NOW_MS, pipeline, release, rule, stageRecord } from '../testing/samples.ts';
import type { Release, StageRecord } from '../release/model.ts';
import { personsOf, ruleDecision, slackCaller, type DecisionWanted } from './rule-decision.ts';

const people: Release['people'] = {
  alice: { name: 'alice', aws: ['*'], slack: 'U012AL1CE' },
  bob: { name: 'bob', aws: [], slack: 'U034B0B' },
  dave: { name: 'dave', aws: [], slack: 'U0DAVE' },
};
const asks = (key: string, more: object = {}): StageRecord => stageRecord({ status: 'running', asks: [ask({ key, rule: rule({ from: ['alice', 'bob'], ...more }) })] });
const about = (more: Partial<Release> = {}): Release => release({ people, ...more });
const wanted = (more: Partial<DecisionWanted> = {}): DecisionWanted => ({ kind: 'approve', stage: 'production', askKey: 'weight.25', reason: '', callerArn: slackCaller('U034B0B'), via: 'slack', ...more });

test('a Slack user is the person who is bound to it, and no pattern for ARNs is tried on one', () => {
  expect(personsOf({ people }, slackCaller('U034B0B'))).toEqual(['bob']);
  expect(personsOf({ people }, slackCaller('U0MALLORY'))).toEqual([]);
  expect(personsOf({ people }, 'arn:aws:iam::1:user/U034B0B')).toEqual(['alice']);
});

test('a click of somebody who is asked is a decision of theirs', () => {
  expect(ruleDecision(wanted(), about(), [asks('weight.25')], [], NOW_MS)).toMatchObject({ kind: 'decide', decision: { person: 'bob', via: 'slack', callerArn: 'slack:U034B0B', askKey: 'weight.25' } });
});

test.each(['approve', 'reject', 'abort', 'promote'] as const)('nobody whom the pipeline does not know may %s', (kind) => {
  const open = stageRecord({ status: 'running', asks: [ask({ rule: rule({ from: [] }) })] });
  expect(ruleDecision(wanted({ kind, callerArn: slackCaller('U0MALLORY'), reason: 'x' }), about(), [open], [], NOW_MS)).toMatchObject({ kind: 'refused', code: 'NotAllowed', message: 'The Slack user U0MALLORY is nobody whom checkout knows.' });
});

test('somebody of the pipeline who is not asked may not approve', () => {
  expect(ruleDecision(wanted({ callerArn: slackCaller('U0DAVE') }), about(), [asks('weight.25')], [], NOW_MS)).toMatchObject({ kind: 'refused', code: 'NotAllowed' });
});

test('a late click does not answer the next question', () => {
  const stage = stageRecord({ status: 'running', asks: [ask({ key: 'weight.5', question: 'Go on from 5 %?', rule: rule({ from: ['alice'] }) }), ask({ key: 'weight.25' })] });
  const given = [decision({ person: 'alice', askKey: 'weight.5' })];
  expect(ruleDecision(wanted({ askKey: 'weight.5' }), about(), [stage], given, NOW_MS)).toMatchObject({ kind: 'refused', message: '"Go on from 5 %?" has been answered meanwhile: approved by alice.' });
});

test.each<[string, Partial<StageRecord>, ReturnType<typeof decision>[], number, string]>([
  ['rejected', {}, [decision({ kind: 'reject', person: 'alice', askKey: 'weight.25', reason: 'no' })], NOW_MS, 'rejected by alice, no'],
  ['out of time', {}, [], NOW_MS + 1e9, 'counts as rejected since its time was over'],
  ['rolled back', { rollingBack: { outcome: 'rolledBack', reason: 'an alarm', decidedAtMs: 0, requestedAtMs: 0 } }, [], NOW_MS, 'is being rolled back: an alarm'],
  ['ended', { status: 'ended', reason: 'it is done' }, [], NOW_MS, 'has ended: it is done'],
])('who is late is told what happened meanwhile: %s', (_name, more, decisions, nowMs, told) => {
  const ruling = ruleDecision(wanted(), about(), [{ ...asks('weight.25'), ...more }], decisions, nowMs);
  expect(ruling).toMatchObject({ kind: 'refused', code: 'Refused' });
  expect(ruling.kind === 'refused' && ruling.message).toContain(told);
});

test('a question that was never asked is not answered', () => {
  expect(ruleDecision(wanted({ askKey: 'weight.99' }), about(), [asks('weight.25')], [], NOW_MS)).toMatchObject({ kind: 'refused', message: expect.stringContaining('has not asked that') });
});

test('a person counts once, from wherever they speak', () => {
  const stage = asks('weight.25', { need: 2 });
  const first = ruleDecision(wanted({ callerArn: slackCaller('U012AL1CE') }), about(), [stage], [], NOW_MS);
  const second = ruleDecision({ ...wanted({ callerArn: 'arn:aws:iam::1:user/x' }), via: 'cli' }, about(), [stage], [], NOW_MS);
  expect([first, second]).toMatchObject([{ decision: { person: 'alice' } }, { decision: { person: 'alice' } }]);
});

test('who asked for the release by the CLI cannot approve it in Slack', () => {
  expect(ruleDecision(wanted(), about({ author: 'bob' }), [asks('weight.25', { notByAuthor: true })], [], NOW_MS)).toMatchObject({ kind: 'refused', code: 'NotAllowed' });
});

test('a stage of another name is refused', () => {
  expect(ruleDecision(wanted({ stage: 'moon' }), about({ pipeline: pipeline() }), [asks('weight.25')], [], NOW_MS)).toMatchObject({ kind: 'refused', code: 'NotFound' });
});

test('a late click skips no other bake', () => {
  const baking = stageRecord({ status: 'running', rungsReached: [{ weightPercent: 5, atMs: 0 }, { weightPercent: 25, atMs: 1 }], weightPercent: 25, waitingFor: { kind: 'bake', untilMs: NOW_MS + 1 }, deployment: { taskDefinitionArn: '', intendedAtMs: 0, requestedAtMs: 0, startedAtMs: 0, revisionId: '1', arn: 'a' } });
  expect(ruleDecision(wanted({ kind: 'promote', askKey: 'rung.5' }), about(), [baking], [], NOW_MS)).toMatchObject({ kind: 'refused', message: expect.stringContaining('That bake is over') });
  expect(ruleDecision(wanted({ kind: 'promote', askKey: 'rung.25' }), about(), [baking], [], NOW_MS)).toMatchObject({ kind: 'decide', decision: { askKey: 'rung.25', person: 'bob' } });
});
