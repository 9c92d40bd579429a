import { faultOfBlocks } from '../../rehearsal/slack/block-checks.ts';
import type { TimelineEntry } from '../release/model.ts';
import { ask, decision, NOW_MS, release, rule, stageRecord } from '../testing/samples.ts';
import { newsMessage, newsOf } from './news.ts';

const entry = (key: string, text: string, more: Partial<TimelineEntry> = {}): TimelineEntry => ({ key, atMs: NOW_MS, kind: 'stage', text, ...more });
const about = { release: release(), stages: [stageRecord({ status: 'running' })], decisions: [] };
const textsOf = (news: TimelineEntry[], told: Parameters<typeof newsMessage>[1] = about): string[] => newsMessage(news, told, NOW_MS).blocks.map((block) => (block.type === 'section' ? block.text.text : block.type));

test('each milestone is news once, and what only matters to Slipway never is', () => {
  const story = ['release.started', 'stage.0.taken', 'stage.0.registered', 'stage.0.started', 'stage.0.advance.hook-1', 'stage.0.rung.5.reached', 'stage.0.rollback.decided', 'stage.0.rollback.asked', 'stage.0.ended', 'release.ended'].map((key) => entry(key, key));
  expect(newsOf(story, new Set(['stage.0.started'])).map(({ key }) => key)).toEqual(['stage.0.rung.5.reached', 'stage.0.rollback.decided', 'stage.0.ended', 'release.ended']);
});

test('news names its stage and who was behind it', () => {
  expect(textsOf([entry('stage.0.ended', 'It ended.', { by: 'alice' })])).toEqual(['🚢 *production*  It ended. (alice)']);
  expect(textsOf([entry('stage.0.decision.approve.weight.5.alice', 'Approved by alice.', { kind: 'decision', by: 'alice' })])).toEqual(['🗳️ *production*  Approved by alice.']);
  expect(textsOf([entry('release.ended', 'The release succeeded.', { kind: 'release' })])).toEqual(['📦 The release succeeded.']);
});

test('an end looks like what it is, and of a stage that ended badly the release does not say why once more', () => {
  const reason = 'alarm checkout-5xx fired';
  const stages = [stageRecord({ status: 'ended', outcome: 'rolledBack', reason })];
  // The story tells of the end a moment before the record of the release does.
  for (const one of [release({ status: 'ended', outcome: 'rolledBack', reason }), release()]) {
    expect(textsOf([entry('stage.0.ended', `The rollout was rolled back: ${reason}.`), entry('stage.0.held', 'Held.'), entry('release.ended', `The release was rolled back: ${reason}.`, { kind: 'release' })], { ...about, release: one, stages })).toEqual([
      '⏪ *production*  The rollout was rolled back: alarm checkout-5xx fired.',
      '🔒 *production*  Held.',
      '⏪ The release was rolled back.',
    ]);
  }
});

test('the details of a failure are shown as they were logged', () => {
  expect(textsOf([entry('stage.0.failure', 'The circuit breaker fired.\nLast log lines:\n  <!channel> `boom`', { kind: 'failure' })])).toEqual(['❌ *production*  The circuit breaker fired.', '```\nLast log lines:\n  &lt;!channel&gt; `boom`\n```']);
});

test('approvers are called by their Slack names, once their answer is wanted and as long as it is', () => {
  const people = { alice: { name: 'alice', aws: [], slack: 'U012AL1CE' }, bob: { name: 'bob', aws: ['x'], slack: undefined } };
  const question = entry('stage.0.ask.weight.25', 'Go on?', { kind: 'ask' });
  const asked = { release: release({ people }), stages: [stageRecord({ status: 'running', asks: [ask({ rule: rule({ from: ['alice', 'bob'] }) })] })], decisions: [] };
  expect(textsOf([question], asked)).toEqual(['✋ *production*  Go on?\n<@U012AL1CE>']);
  expect(textsOf([question], { ...asked, release: release({ people, status: 'ended', outcome: 'succeeded' }), stages: [stageRecord({ status: 'ended' })] })).toEqual(['✋ *production*  Go on?']);
});

test('a reminder calls those who have not answered, and an escalation those who are asked from now on', () => {
  const people = Object.fromEntries(['alice', 'bob', 'dave'].map((name) => [name, { name, aws: [], slack: `U${name.toUpperCase()}` }]));
  const escalate = { to: ['dave'], afterMs: 60_000 };
  const asked = { release: release({ people }), stages: [stageRecord({ status: 'running', asks: [ask({ rule: rule({ from: ['alice', 'bob'], need: 2, escalate }) })] })], decisions: [decision()] };
  expect(textsOf([entry('stage.0.ask.weight.25.reminded', 'Still open.', { kind: 'ask' })], asked)).toEqual(['✋ *production*  Still open.\n<@UBOB> <@UDAVE>']);
  expect(textsOf([entry('stage.0.ask.weight.25.escalated', 'Not answered.', { kind: 'ask' })], asked)).toEqual(['✋ *production*  Not answered.\n<@UDAVE>']);
});

test('after a long outage the story is told in one reply, the beginning and the end of it', () => {
  const message = newsMessage(Array.from({ length: 100 }, (_, index) => entry(`stage.0.x${index}`, `line ${index}\ndetails`)), about, NOW_MS);
  expect(faultOfBlocks(message.blocks)).toBeUndefined();
  expect(message.text).toContain('line 0');
  expect(message.text).toContain('line 99');
  expect(message.text).not.toContain('line 50');
});

test('a time in the story is every reader’s own time; what only looks like one stays', () => {
  expect(textsOf([entry('stage.0.ask.weight.5', 'Go on? Waits until 2026-11-23 15:00 UTC, or never.', { kind: 'ask' })])).toEqual(['✋ *production*  Go on? Waits until <!date^1795446000^{date_short_pretty} {time}|2026-11-23 15:00:00 UTC>, or never.']);
  expect(textsOf([entry('stage.0.ended', 'At 2026-99-99 99:99 UTC.')])).toEqual(['🚢 *production*  At 2026-99-99 99:99 UTC.']);
});
