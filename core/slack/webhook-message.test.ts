import { faultOfBlocks } from '../../rehearsal/slack/block-checks.ts';
import type { TimelineEntry } from '../release/model.ts';
import { NOW_MS } from '../testing/samples.ts';
import { STATES } from './testing/states.ts';
import type { Shown } from './release-message.ts';
import { webhookMessage } from './webhook-message.ts';

const entry = (key: string, kind: TimelineEntry['kind'], text: string): TimelineEntry => ({ key, atMs: NOW_MS, kind, text });
const ASKED = entry('stage.1.ask.weight.25', 'ask', 'Go on from 25 % to 100 %? Waits for alice or bob.');

function said(state: string, ...news: TimelineEntry[]): { text: string; lines: string[] } {
  const message = webhookMessage(news, STATES[state] as Shown, NOW_MS);
  expect(faultOfBlocks(message.blocks)).toBeUndefined();
  const lines = message.blocks.flatMap((block) => (block.type === 'section' || block.type === 'header' ? block.text.text.split('\n') : block.type === 'context' ? block.elements.map(({ text }) => text) : [`(${block.type})`]));
  return { text: message.text, lines };
}

test('a question stands there once, with what to type and whom it calls', () => {
  const { lines } = said('asks at 25 %', ASKED);
  expect(lines.filter((line) => line.includes('Go on from 25 %'))).toHaveLength(1);
  expect(lines).toEqual(expect.arrayContaining(['Approve: `slipway approve checkout-v1.2.0-ab12ab12`', 'Reject: `slipway reject checkout-v1.2.0-ab12ab12 --reason "..."`']));
  expect(lines.slice(-2)).toEqual(['(divider)', '<@U012AL1CE> <@U034B0B>']);
});

test('what the state does not show is told: who decided, from where and why, what failed, what is held', () => {
  const { lines } = said('rejected', entry('stage.1.decision.reject', 'decision', 'Rejected by bob, from the command line: prices look wrong'), entry('stage.1.ended', 'stage', 'The rollout was rejected by bob: prices look wrong.'), entry('stage.1.held', 'stage', 'It is not rolled out here again.'), entry('release.ended', 'release', 'The release was rejected by bob: prices look wrong.'));
  expect(lines.slice(-3)).toEqual(['(divider)', '🗳️ *production*  Rejected by bob, from the command line: prices look wrong', '🔒 *production*  It is not rolled out here again.']);
  expect(lines.filter((line) => line.includes('prices look wrong'))).toHaveLength(2);
  expect(lines).toContain('Retry: `slipway retry checkout-v1.2.0-ab12ab12`');
});

test('a notification says what happened, an end only itself', () => {
  expect(said('bakes at 5 %', entry('stage.1.rung.5.reached', 'weight', 'The new revision serves 5 %.')).text).toBe('🚢 checkout v1.2.0 is rolling out to production\n📈 The new revision serves 5 %.');
  expect(said('rejected', entry('release.ended', 'release', 'x')).text).toBe('🚫 checkout v1.2.0 WAS REJECTED by bob: prices look wrong');
});
