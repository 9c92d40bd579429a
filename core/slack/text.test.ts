import fc from 'fast-check';
import { anyText } from '../../test/any-text.ts';
import { clip, code, codeBlock, escaped, inline, link, localTime, mention, plain, prose, until } from './text.ts';

test.each([
  ['<!channel>', '&lt;!channel&gt;'],
  ['<!here> & <@U012AB3CD>', '&lt;!here&gt; &amp; &lt;@U012AB3CD&gt;'],
  ['<https://evil.example|click>', '&lt;https://evil.example|click&gt;'],
  ['&lt;!channel&gt;', '&amp;lt;!channel&amp;gt;'],
  ['a\u202etxt.exe', 'atxt.exe'],
  ['zero\u200bwidth', 'zerowidth'],
  ['bell\u0007', 'bell'],
  ['half \ud83d', 'half'],
])('%j is shown as %j', (given, shown) => {
  expect(escaped(given)).toBe(shown);
});

test('no text from outside leaves a bare angle bracket or ampersand', () => {
  fc.assert(
    fc.property(anyText({ maxLength: 800 }), fc.integer({ min: 1, max: 600 }), (text, lengthMax) => {
      for (const made of [escaped(text, lengthMax), inline(text, lengthMax), code(text, lengthMax)]) {
        expect(made).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/);
      }
      expect(codeBlock(text, lengthMax)).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/);
    }),
    { numRuns: 2_000 },
  );
});

test('code cannot be left from inside', () => {
  expect(code('v1`*bold*`')).toBe("`v1'*bold*'`");
  expect(code('')).toBe('` `');
  expect(codeBlock('a\n```\n<!channel>', 100)).toBe("```\na\n'''\n&lt;!channel&gt;\n```");
});

test('of a long log the end is kept', () => {
  expect(codeBlock('0123456789', 5)).toBe('```\n…6789\n```');
});

test('cutting never splits a character in two', () => {
  expect(clip('ab😀cd', 4)).toBe('ab…');
  expect(clip('abcd', 4)).toBe('abcd');
});

test('a header is one line', () => {
  expect(plain('a\n\tb  c', 150)).toBe('a b c');
});

test('only a Slack user id becomes a mention', () => {
  expect(mention('U012AB3CD')).toBe('<@U012AB3CD>');
  expect(mention('!channel')).toBe('!channel');
  expect(mention('U1> <!here')).toBe('U1&gt; &lt;!here');
});

test.each([
  ['Run `aws ecs x --query \'a[:1]\'`.', "Run `aws ecs x --query 'a[:1]'`."],
  ['Hello `<!channel>` & co', 'Hello `&lt;!channel&gt;` &amp; co'],
  ['one ` alone', "one ' alone"],
  ['nothing `` in it', 'nothing ` ` in it'],
  ['`all`', '`all`'],
])('%j: a command is code, whatever stands in it', (written, shown) => {
  expect(prose(written)).toBe(shown);
});

test('what is cut inside a command is no code any more', () => {
  expect(prose('Run `aws ecs describe`.', 12)).toBe("Run 'aws ec…");
});

test('a link cannot be left from inside', () => {
  expect(link('https://a.example/x|y>z', 'a|b>')).toBe('<https://a.example/x%7Cy%3Ez|a|b&gt;>');
});

test('a time says what it is also where dates are not understood', () => {
  expect(localTime(Date.UTC(2026, 10, 23, 12, 0, 1, 999))).toBe('<!date^1795435201^{date_short_pretty} {time_secs}|2026-11-23 12:00:01 UTC>');
});

test('what is waited for says when it is over, and how long that is still', () => {
  expect(until(Date.UTC(2026, 10, 23, 12, 0, 1, 999))).toBe('until <!date^1795435201^{date_short_pretty} {time_secs} ({ago})|2026-11-23 12:00:01 UTC>');
});
