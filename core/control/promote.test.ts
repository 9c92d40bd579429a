// Who may promote, and when there is something to promote.
import { EVERY_RUNG } from '../approval/keys.ts';
import { NOW_MS, reachedAgo, release, stageRecord } from '../testing/samples.ts';
import { ruleDecision, type DecisionWanted } from './rule-decision.ts';

const ALICE = 'arn:aws:sts::123456789012:assumed-role/people/alice';
const wanted = (more: Partial<DecisionWanted> = {}): DecisionWanted => ({ kind: 'promote', stage: undefined, reason: '', callerArn: ALICE, via: 'cli', ...more });
const baking = reachedAgo(5, 1000, { status: 'running', waitingFor: { kind: 'bake', untilMs: NOW_MS + 1 } });

const rule = (more: Partial<DecisionWanted>, stage = baking, changes: Parameters<typeof release>[0] = {}) => ruleDecision(wanted(more), release(changes), [stage], [], NOW_MS);

test('skips the bake that is going on', () => expect(rule({})).toMatchObject({ kind: 'decide', decision: { kind: 'promote', person: 'alice', askKey: 'rung.5' } }));
test('--full skips every bake that is left, also while ECS is at work', () => {
  expect(rule({ full: true }, { ...baking, waitingFor: { kind: 'deployment' } })).toMatchObject({ kind: 'decide', decision: { askKey: EVERY_RUNG } });
});
test('is refused while nothing bakes', () => expect(rule({}, { ...baking, waitingFor: { kind: 'deployment' } })).toMatchObject({ kind: 'refused', code: 'Refused' }));
test('is refused before anything is deployed', () => expect(rule({ full: true }, stageRecord({ status: 'running', deployment: undefined }))).toMatchObject({ kind: 'refused', code: 'Refused' }));
test('is refused while it rolls back', () => {
  expect(rule({}, { ...baking, rollingBack: { outcome: 'aborted', reason: 'r', decidedAtMs: 0, requestedAtMs: undefined } })).toMatchObject({ kind: 'refused', code: 'Refused' });
});
test('is refused to somebody the specification does not know', () => expect(rule({ callerArn: 'arn:aws:sts::123456789012:assumed-role/people/mallory' })).toMatchObject({ kind: 'refused', code: 'NotAllowed' }));
test('anybody who may call the control API may promote where the specification names nobody', () => {
  expect(rule({ callerArn: 'arn:aws:iam::1:user/x' }, baking, { people: {} })).toMatchObject({ kind: 'decide', decision: { person: 'arn:aws:iam::1:user/x' } });
});
