import { matchesTag } from '../../core/tags.ts';
import type { TagFilter } from '../../core/pipeline/model.ts';
import { tagsFor } from './tags.ts';

test.each<TagFilter>([
  { kind: 'semver', range: '>=1.0.0' },
  { kind: 'semver', range: '^4.2.1' },
  { kind: 'semver', range: '1.2.3 - 1.2.9' },
  { kind: 'semver', range: '<2.0.0' },
  { kind: 'semver', range: '~0.3 || ~0.5' },
  { kind: 'glob', patterns: ['release-*', 'hotfix-*'] },
  { kind: 'glob', patterns: ['main-???'] },
  { kind: 'exact', tags: ['blue', 'green'] },
  { kind: 'regex', pattern: String.raw`v\d+\.\d+\.\d+` },
  { kind: 'regex', pattern: '[0-9a-f]{40}' },
  { kind: 'regex', pattern: String.raw`(?:main|release)-\d{4}-[a-f0-9]{7}` },
  { kind: 'regex', pattern: String.raw`prod-(eu|us)-\d+` },
])('two different tags come to mind for %j', (filter) => {
  const tags = tagsFor(filter, 2);
  expect(new Set(tags).size).toBe(2);
  expect(tags.filter((tag) => !matchesTag(filter, tag))).toEqual([]);
});

test('of one exact tag there is one, and of a filter that nothing fits there is none', () => {
  expect(tagsFor({ kind: 'exact', tags: ['latest'] }, 2)).toEqual(['latest']);
  expect(tagsFor({ kind: 'regex', pattern: 'only-[^0-9a-zA-Z._-]x' }, 2)).toEqual([]);
});
