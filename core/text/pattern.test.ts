import fc from 'fast-check';
import { parsePattern } from './pattern.ts';

function matches(source: string, text: string): boolean | string {
  const parsed = parsePattern(source);
  return parsed.ok ? parsed.pattern.matches(text) : parsed.reason;
}

test.each([
  ['v\\d+', 'v12', true],
  ['v\\d+', 'v', false],
  ['v\\d+', 'xv12', false],
  ['^v\\d+$', 'v12', true],
  ['release-(blue|green)', 'release-green', true],
  ['(?:ab){2,3}', 'abab', true],
  ['(?:ab){2,3}', 'abababab', false],
  ['[a-f0-9]{7}', 'deadbee', true],
  ['[^x.-]+', 'abc', true],
  ['[^x.-]+', 'a-c', false],
  ['a|', '', true],
  ['1\\.2\\.\\d+', '1.2.30', true],
  ['1\\.2\\.\\d+', '1x2.30', false],
])('%s on %s: %s', (source, text, expected) => {
  expect(matches(source, text)).toBe(expected);
});

test.each([
  ['(?=a)b', /look-around/],
  ['(?<n>a)', /named groups/],
  ['(a)\\1', /\\1 is not supported/],
  ['a**', /two quantifiers/],
  ['a+?', /two quantifiers/],
  ['*a', /nothing to repeat/],
  ['(a', /not closed/],
  ['a)', /not open/],
  ['[a', /ends in the middle/],
  ['[z-a]', /not a range/],
  ['a{2,1}', /ends below its start/],
  ['a^b', /very start/],
  ['^a|b', /very start/],
  ['a$b', /very end/],
  ['(((){999}){999}){999}', /too many steps/],
  ['((((a{99}){99}){99}){99})', /too many steps/],
  ['('.repeat(30) + ')'.repeat(30), /nested too deeply/],
  ['a'.repeat(201), /longer than 200/],
])('refuses %s', (source, reason) => {
  expect(matches(source, 'a')).toEqual(expect.stringMatching(reason));
});

test.each(['(a+)+b', '(a|a)*b', '(a*)*b', 'a?'.repeat(40) + 'a'.repeat(40), '(.*)*x', '(a|ab|b)*c'])('%s, which stalls a backtracking engine, answers at once', (source) => {
  expect(matches(source, 'a'.repeat(300))).toBe(false);
});

// P2, over patterns grown from the grammar.
const { pattern } = fc.letrec<{ pattern: string; sequence: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    fc.constantFrom('a', 'b', '.', '\\d', '\\.', '[ab]', '[^a]', '[a-c1]', '\\w'),
    tie('pattern').map((inner) => `(${inner})`),
    tie('pattern').map((inner) => `(?:${inner})`),
  ),
  sequence: fc.array(fc.tuple(tie('atom'), fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}')).map((parts) => parts.join('')), { maxLength: 3 }).map((parts) => parts.join('')),
  pattern: fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map((branches) => branches.join('|')),
}));

test('agrees with RegExp on every pattern it accepts', () => {
  let accepted = 0;
  fc.assert(
    fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.'), maxLength: 7 }), (source, text) => {
      const parsed = parsePattern(source);
      if (!parsed.ok) return;
      accepted += 1;
      expect(parsed.pattern.matches(text)).toBe(new RegExp(`^(?:${source})$`).test(text));
    }),
    { numRuns: 500 },
  );
  expect(accepted).toBeGreaterThan(250);
});
