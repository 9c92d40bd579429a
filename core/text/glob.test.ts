import fc from 'fast-check';
import { matchesGlob } from './glob.ts';

test.each([
  ['*', '', true],
  ['*', 'anything', true],
  ['v*', 'v1', true],
  ['v*', 'xv1', false],
  ['v?', 'v', false],
  ['v?.?', 'v1.2', true],
  ['*-rc*', '1.0-rc.2', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['*:assumed-role/people/alice', 'arn:aws:sts::123456789012:assumed-role/people/alice', true],
  ['*:assumed-role/people/alice', 'arn:aws:sts::123456789012:assumed-role/people/alice2', false],
  ['1.0', '1x0', false],
])('%s on %s: %s', (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected);
});

test('means what the regular expression with .* and . means', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (glob, text) => {
      expect(matchesGlob(glob, text)).toBe(new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text));
    }),
  );
});
