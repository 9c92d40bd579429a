// Promote: a person skips the rest of a bake. Alarms, data and approvals stand as they are.
import { EVERY_RUNG, rungKey } from '../approval/keys.ts';
import { MINUTE_MS } from '../duration.ts';
import { alarm, decision, look, observation, pausedAt, reachedAgo } from '../testing/samples.ts';
import { assess } from './assess.ts';

const promote = (askKey: string) => decision({ kind: 'promote', person: 'alice', askKey, stageIndex: 0 });
const at = (weightPercent: number, more: Parameters<typeof look>[0] = {}) => assess(look({ stage: reachedAgo(weightPercent, MINUTE_MS), observation: observation({ deployment: pausedAt(weightPercent) }), ...more })).verdict;

test('without a promote the bake is waited for', () => expect(at(5)).toMatchObject({ kind: 'wait', waitingFor: { kind: 'bake' } }));

test.each([rungKey(5), EVERY_RUNG])('%s lets the rung at 5 % go on before its bake is over', (askKey) => {
  expect(at(5, { decisions: [promote(askKey)] })).toMatchObject({ kind: 'advance', fromWeightPercent: 5 });
});

test('what a promote skipped is not said to have happened', () => {
  expect(at(5, { decisions: [promote(rungKey(5))] }).reason).toBe('5 % is complete: the rest of its bake skipped by alice, alarms quiet');
});

test('a promote of one rung says nothing about another', () => expect(at(5, { decisions: [promote(rungKey(25))] }).kind).toBe('wait'));

test('a promote does not stand for an approval', () => {
  expect(at(25, { decisions: [promote(EVERY_RUNG)] })).toMatchObject({ kind: 'wait', waitingFor: { kind: 'approval' } });
});

test('a promote does not silence an alarm', () => {
  const given = { decisions: [promote(EVERY_RUNG)], observation: observation({ deployment: pausedAt(5), alarms: [alarm('checkout-5xx', 'ALARM')] }) };
  expect(at(5, given).kind).toBe('rollBack');
});
