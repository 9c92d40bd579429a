import { HOUR_MS, MINUTE_MS } from '../duration.ts';
import type { Ask, StageRecord } from '../release/model.ts';
import { ask, NOW_MS, rule, stageRecord } from '../testing/samples.ts';
import { putQuestion, waitForPeople } from './ask-people.ts';
import type { Assessment } from './verdict.ts';

const nudging = rule({ from: ['alice', 'bob'], withinMs: 4 * HOUR_MS, remindMs: 30 * MINUTE_MS, escalate: { to: ['bob', 'dave'], afterMs: 2 * HOUR_MS } });
const asked = (more: Partial<Ask> = {}): Ask => ask({ rule: nudging, askedAtMs: NOW_MS, deadlineMs: NOW_MS + 4 * HOUR_MS, ...more });
const look = (one: Ask, atMs: number): Assessment => waitForPeople(stageRecord({ asks: [one] }), one, atMs);

/** Sleeps as long as each answer says, and wakes to look again. */
function waited(from: StageRecord, untilMs: number, askKey = 'weight.25'): { notices: string[]; looks: number; stage: StageRecord } {
  const notices: string[] = [];
  let [stage, nowMs, looks] = [from, NOW_MS, 0];
  while (nowMs < untilMs) {
    const one = stage.asks.find(({ key }) => key === askKey);
    if (!one) throw new Error('the question is gone');
    const assessment = waitForPeople(stage, one, nowMs);
    stage = assessment.stage;
    looks += 1;
    if (assessment.notice) notices.push(`${(nowMs - NOW_MS) / MINUTE_MS} min ${assessment.notice.kind}`);
    nowMs = assessment.verdict.kind === 'wait' ? Math.max(nowMs + 1000, assessment.verdict.lookAgainAtMs) : untilMs;
  }
  return { notices, looks, stage };
}

test('more people are asked, and then everybody is reminded, once each and at their time; nothing polls', () => {
  const { notices, looks } = waited(stageRecord({ asks: [asked()] }), NOW_MS + 4 * HOUR_MS);
  expect(notices).toEqual(['120 min approvalEscalated', '210 min approvalReminded']);
  expect(looks).toBeLessThanOrEqual(6);
});

test('what they say names the people and the time', () => {
  const escalated = look(asked(), NOW_MS + 2 * HOUR_MS);
  expect(escalated.notice).toEqual({ kind: 'approvalEscalated', text: 'Not answered for 2 h: Go on from 25 % to 100 %? Now dave is asked as well; it is open until 2026-11-23 16:00 UTC, otherwise it counts as rejected.' });
  expect(escalated.entries).toMatchObject([{ key: 'stage.0.ask.weight.25.escalated', kind: 'ask', atMs: NOW_MS + 2 * HOUR_MS }]);
  const reminded = look(asked({ escalatedAtMs: 1 }), NOW_MS + 3.5 * HOUR_MS);
  expect(reminded.notice).toEqual({ kind: 'approvalReminded', text: 'Still open: Go on from 25 % to 100 %? 30 min left, until 2026-11-23 16:00 UTC, otherwise it counts as rejected.' });
  expect(reminded.stage.asks).toMatchObject([{ remindedAtMs: NOW_MS + 3.5 * HOUR_MS, escalatedAtMs: 1 }]);
});

test('after an outage that lasted over both, each is still said, one look after the other', () => {
  const first = look(asked(), NOW_MS + 3.8 * HOUR_MS);
  expect(first).toMatchObject({ notice: { kind: 'approvalEscalated' }, verdict: { lookAgainAtMs: NOW_MS + 3.8 * HOUR_MS } });
  const second = waitForPeople(first.stage, first.stage.asks[0] ?? asked(), NOW_MS + 3.8 * HOUR_MS + 1000);
  expect(second).toMatchObject({ notice: { kind: 'approvalReminded' }, verdict: { lookAgainAtMs: NOW_MS + 4 * HOUR_MS } });
});

test('a rule without them reminds nobody', () => {
  expect(waited(stageRecord({ asks: [ask({ askedAtMs: NOW_MS, deadlineMs: NOW_MS + 4 * HOUR_MS })] }), NOW_MS + 4 * HOUR_MS).notices).toEqual([]);
});

test('a question says who has to be among those who approve', () => {
  const question = putQuestion({ stage: stageRecord(), nowMs: NOW_MS }, 'before.0', rule({ need: 2, including: [{ name: 'alice', oneOf: ['alice'] }, { name: 'leads', oneOf: ['bob', 'carol'] }] }), 'Roll out?');
  expect(question.notice?.text).toBe('Roll out? Waits for 2 of alice, bob, carol, with alice and one of leads (bob, carol) among them, until 2026-11-23 16:00 UTC, otherwise it counts as rejected.');
});
