import fc from 'fast-check';
import { faultOfBlocks } from '../../rehearsal/slack/block-checks.ts';
import { anyText } from '../../test/any-text.ts';
import { context, cutMarkup, fitting, header, LIMITS, mrkdwn, plainText, section, type Block } from './blocks.ts';

const long = (length: number): string => 'x'.repeat(length);

test.each<[string, Block]>([
  ['a header', header(long(151))],
  ['a section', section(long(3001))],
  ['a context', context(...Array.from({ length: 11 }, () => long(3001)))],
  ['a button', { type: 'actions', block_id: 'b', elements: [{ type: 'button', action_id: 'a', value: 'v', text: plainText(long(76)), confirm: { title: plainText(long(101)), text: mrkdwn(long(301)), confirm: plainText(long(31)), deny: plainText(long(31)) } }] }],
])('%s that is too long is cut to what Slack takes', (_name, block) => {
  expect(faultOfBlocks([block])).toBeDefined();
  expect(faultOfBlocks(fitting({ text: 't', blocks: [block] }).blocks)).toBeUndefined();
});

test('of too many blocks the first and the last are kept, and it says how many are missing', () => {
  const { blocks } = fitting({ text: 't', blocks: Array.from({ length: 80 }, (_, index) => section(String(index))) });
  expect(blocks).toHaveLength(LIMITS.blocks);
  expect(blocks[0]).toEqual(section('0'));
  expect(blocks.at(-1)).toEqual(section('79'));
  expect(blocks).toContainEqual(context('31 more'));
});

test('fifty blocks are fine as they are', () => {
  const blocks = Array.from({ length: 50 }, (_, index) => section(String(index)));
  expect(fitting({ text: 't', blocks }).blocks).toEqual(blocks);
});

test('what is empty is left out', () => {
  expect(fitting({ text: '', blocks: [section(' '), header(''), context('', ' '), { type: 'divider' }] })).toEqual({ text: ' ', blocks: [{ type: 'divider' }] });
});

test('a button whose value does not fit is left out rather than cut', () => {
  const button = (value: string) => ({ type: 'button' as const, action_id: 'a', text: plainText('Go'), value });
  expect(fitting({ text: 't', blocks: [{ type: 'actions', block_id: 'b', elements: [button(long(2001)), button('ok')] }] }).blocks).toEqual([{ type: 'actions', block_id: 'b', elements: [button('ok')] }]);
  expect(fitting({ text: 't', blocks: [{ type: 'actions', block_id: 'b', elements: [button(long(2001))] }] }).blocks).toEqual([]);
});

test.each([
  [`${long(20)}&amp;${long(20)}`, 28],
  [`${long(20)}<https://a.example|b>${long(20)}`, 35],
  [`${long(20)}<!date^1^{time}|x>${long(20)}`, 35],
])('markup is not cut in two: %s', (text, lengthMax) => {
  expect(cutMarkup(text, lengthMax)).toBe(`${long(20)}…`);
});

test('a block of code that is cut is closed again', () => {
  expect(cutMarkup(`\`\`\`\n${long(100)}\n\`\`\``, 50)).toMatch(/^```\nx+…\n```$/);
});

test('whatever the texts, Slack takes the message', () => {
  const text = anyText({ maxLength: 6_000 });
  const block = fc.oneof(text.map(section), text.map(header), fc.array(text, { maxLength: 14 }).map((texts) => context(...texts)));
  fc.assert(
    fc.property(text, fc.array(block, { maxLength: 70 }), (fallback, blocks) => {
      const fit = fitting({ text: fallback, blocks });
      expect(faultOfBlocks(fit.blocks)).toBeUndefined();
      expect(fit.text.length).toBeGreaterThan(0);
      expect(fit.text.length).toBeLessThanOrEqual(LIMITS.text);
    }),
    { numRuns: 200 },
  );
});
