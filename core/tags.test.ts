import type { TagFilter } from './pipeline/model.ts';
import { explainTag, matchesTag } from './tags.ts';

test.each<{ filter: TagFilter; tag: string; matches: boolean; reason: string }>([
  { filter: { kind: 'exact', tags: ['latest', 'stable'] }, tag: 'stable', matches: true, reason: 'stable is among latest, stable' },
  { filter: { kind: 'exact', tags: ['latest'] }, tag: 'latest2', matches: false, reason: 'latest2 is not among latest' },
  { filter: { kind: 'glob', patterns: ['hotfix-*', 'release-*'] }, tag: 'release-7', matches: true, reason: 'release-7 matches release-*' },
  { filter: { kind: 'glob', patterns: ['release-*'] }, tag: 'prerelease-7', matches: false, reason: 'prerelease-7 matches none of release-*' },
  { filter: { kind: 'regex', pattern: 'v\\d+' }, tag: 'v12', matches: true, reason: 'v12 matches /v\\d+/' },
  { filter: { kind: 'regex', pattern: 'v\\d+' }, tag: 'v12-broken', matches: false, reason: 'v12-broken does not match /v\\d+/' },
  { filter: { kind: 'regex', pattern: '(' }, tag: 'a', matches: false, reason: '/(/ is not a pattern: a group is not closed' },
  { filter: { kind: 'semver', range: '>=1.0.0' }, tag: 'v1.4.0', matches: true, reason: 'v1.4.0 is in the range >=1.0.0' },
  { filter: { kind: 'semver', range: '>=1.0.0' }, tag: '1.4.0-rc.1', matches: false, reason: '1.4.0-rc.1 is not in the range >=1.0.0 (a pre-release is only in a range that names one of the same version)' },
  { filter: { kind: 'semver', range: '>=1.0.0' }, tag: '4e5f6a7', matches: false, reason: '4e5f6a7 is not a version' },
  { filter: { kind: 'semver', range: 'newest' }, tag: '1.0.0', matches: false, reason: 'newest is not a range' },
  { filter: { kind: 'glob', patterns: ['*'] }, tag: 'x'.repeat(301), matches: false, reason: 'a tag has at most 300 characters, this one has 301' },
])('$reason', ({ filter, tag, matches, reason }) => {
  expect(explainTag(filter, tag)).toEqual({ matches, reason });
  expect(matchesTag(filter, tag)).toBe(matches);
});
