import fc from 'fast-check';
import { compareVersions, parseRange, parseVersion, satisfies } from './semver.ts';

function isIn(version: string, range: string): boolean | string {
  const parsed = parseRange(range);
  const found = parseVersion(version);
  return parsed === undefined ? 'no range' : found === undefined ? 'no version' : satisfies(found, parsed);
}

// The answers of npm's `semver`.
test.each([
  ['1.2.3', '>=1.0.0', true],
  ['v1.2.3', '>=1.0.0', true],
  ['0.9.0', '>=1.0.0', false],
  ['1.0.0-rc.1', '>=1.0.0', false],
  ['1.1.0-rc.1', '>=1.0.0', false],
  ['1.0.0-rc.2', '>=1.0.0-rc.1', true],
  ['1.0.1-rc.2', '>=1.0.0-rc.1', false],
  ['1.0.0-rc.10', '>1.0.0-rc.9', true],
  ['1.0.0-rc', '<1.0.0', false],
  ['1.9.9', '^1.2.3', true],
  ['2.0.0', '^1.2.3', false],
  ['2.0.0-0', '^1.2.3', false],
  ['0.2.9', '^0.2.3', true],
  ['0.3.0', '^0.2.3', false],
  ['0.0.4', '^0.0.3', false],
  ['0.9.0', '^0', true],
  ['0.0.9', '^0.0', true],
  ['1.2.9', '~1.2.3', true],
  ['1.3.0', '~1.2.3', false],
  ['1.9.0', '~1', true],
  ['1.2.0', '1.2', true],
  ['1.3.0', '1.2.x', false],
  ['7.0.0', '*', true],
  ['7.0.0-beta', '*', false],
  ['7.0.0', '', true],
  ['2.3.9', '1.0.0 - 2.3', true],
  ['2.4.0', '1.0.0 - 2.3', false],
  ['2.4.0', '1.0.0 - 2.3.0 || >=2.4', true],
  ['1.5.0', '>=1.2.0 <1.5.0', false],
  ['1.5.0', '> 1.2 < 1.6', true],
  ['1.3.0', '>1.2', true],
  ['1.2.9', '>1.2', false],
  ['1.2.9', '<=1.2', true],
  ['1.0.0+build.5', '=1.0.0', true],
])('%s in %s: %s', (version, range, expected) => {
  expect(isIn(version, range)).toBe(expected);
});

test.each(['1234567', '4e5f6a7', '20261123', '1.2', '1.2.3.4', '01.2.3', '1.2.3-01', 'latest', 'v', ''])('%s is not a version', (text) => {
  expect(parseVersion(text)).toBeUndefined();
});

test.each(['latest', '>=', '>>1.0.0', '1.0.0 -', 'x.y.z', '^', '=>1.0.0', '1.0.0, 2.0.0', '9'.repeat(300)])('%s is not a range', (text) => {
  expect(parseRange(text)).toBeUndefined();
});

test('versions are in one order', () => {
  const version = fc
    .tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.constantFrom('', '-alpha', '-alpha.1', '-1', '-beta.2', '-beta.11'))
    .map(([major, minor, patch, prerelease]) => parseVersion(`${major}.${minor}.${patch}${prerelease}`)!);
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)) + 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});
