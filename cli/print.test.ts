import fc from 'fast-check';
import { clean, table } from './print.ts';
import { fakeControl, runCli } from './testing.ts';
import { done } from './testing-releases.ts';
import { FakeTerminal } from './testing-terminal.ts';
import { widthOf } from './text-width.ts';

const paint = (_colour: string, text: string): string => text;
const rows = [['checkout-1.4.0-4e5f6a7b', 'rolled back', 'alarm checkout-5xx fired'], ['billing', 'succeeded', 'fine']];
const headings = ['RELEASE', 'STATE', 'REASON'];

test('a table without a terminal is as wide as it is', () => {
  expect(table(headings, rows, { paint, columns: undefined })).toBe(`RELEASE                  STATE        REASON
checkout-1.4.0-4e5f6a7b  rolled back  alarm checkout-5xx fired
billing                  succeeded    fine
`);
});

test('on a terminal the words give way before the names', () => {
  expect(table(headings, rows, { paint, columns: 48 })).toBe(`RELEASE                  STATE        REASON
checkout-1.4.0-4e5f6a7b  rolled back  alarm che…
billing                  succeeded    fine
`);
});

test('a table fits every terminal that has room for its columns at all', () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 60 });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }), fc.integer({ min: 24, max: 200 }), (cells, columns) => {
      for (const line of table(headings, cells, { paint, columns }).split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }),
  );
});

test('where columns have no room, every row is a few lines of its own, and names stay whole', () => {
  const many = ['PIPELINE', 'STAGE', 'IMAGE', 'BY', 'SINCE', 'REASON'];
  expect(table(many, [['checkout', 'production', 'sha256:4e5f6a7b8c9d0e1f2a3b4c5', 'alice', '3 min ago', 'the basket loses what was in it'], ['billing', 'eu', 'sha256:77', 'bob', 'now', '-']], { paint, columns: 40 })).toBe(`PIPELINE  checkout
STAGE     production
IMAGE     sha256:4e5f6a7b8c9d0e1f2a3b4c5
BY        alice
SINCE     3 min ago
REASON    the basket loses what was in
          it

PIPELINE  billing
STAGE     eu
IMAGE     sha256:77
BY        bob
SINCE     now
REASON    -
`);
});

test.each([20, 40, 80, 200])('tables of seven columns fit %i columns, whatever stands in them', (columns) => {
  const hostile = ['x'.repeat(255), '<script>alert(1)</script>'.repeat(10), '漢字かな'.repeat(60), '🚀👩‍👩‍👧'.repeat(60), '', '\u001b[31mred\u001b[0m', 'very long name '.repeat(17)];
  for (const line of table(['STARTED (UTC)', 'RELEASE', 'IMAGE', 'STATE', 'TOOK', 'APPROVED BY', 'REASON'], [hostile, [...hostile].reverse()], { paint, columns }).split('\n')) {
    expect(widthOf(line)).toBeLessThanOrEqual(columns);
    expect(line).not.toContain('\u001b');
  }
});

test.each([
  ['an escape sequence', '\u001b[2Jgone', ' [2Jgone'],
  ['lines', 'one\r\ntwo', 'one two'],
  ['eight-bit controls', 'a\u009b31mb', 'a 31mb'],
  ['text that runs the other way', 'a\u202egnp.exe', 'a gnp.exe'],
  ['what cannot be seen', 'check\u200bout\ufeff', 'check out '],
])('%s is taken out of what is shown', (_what, text, shown) => {
  expect(clean(text)).toBe(shown);
});

test('the story of a release is wrapped below its times, and what is to be copied stays in one piece', async () => {
  const control = await fakeControl({ [`GET /v1/releases/${done.id}`]: { body: done } });
  const { stdout } = await runCli(['status', done.id, '--local', '--url', control.url], { isTerminal: true, env: { NO_COLOR: '1' }, terminal: new FakeTerminal(60, 24) });
  await control.close();
  expect(stdout).toContain(`  image     shop/checkout:1.4.0 ${done.image.digest}\n`);
  expect(stdout).toContain(`2026-11-23 11:50:00  production: Go on from 25 % to 50 %?
                     Waits for 2 of alice, bob until
                     2026-11-23 15:30 UTC, otherwise it
                     counts as rejected.
2026-11-23 11:58:12  production: Approved by bob, from
                     Slack: looks calm.
`);
});
