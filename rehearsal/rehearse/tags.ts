// Tags that a pipeline would take, for the images that are pushed in a rehearsal.
import { matchesTag } from '../../core/tags.ts';
import type { TagFilter } from '../../core/pipeline/model.ts';

const COMMIT = '1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b';
/** How people name images. */
const COMMON = [1, 2, 3].flatMap((number) => [
  `1.0.${number}`, `v1.0.${number}`, `${number}`, `build-${number}`, `release-${number}`, `main-${number}`, `prod-${number}`, `2026-01-0${number}`, `release-1.0.${number}`,
  `${number}${COMMIT.slice(1, 7)}`, `${number}${COMMIT.slice(1)}`, `main-${number}${COMMIT.slice(1, 7)}`, `sha-${number}${COMMIT.slice(1, 7)}`,
]);

/** Different tags that the filter wants, as many as can be thought of up to `count`. */
export function tagsFor(filter: TagFilter, count: number): string[] {
  const thought = [...new Set([...guesses(filter), ...COMMON])];
  return thought.filter((tag) => /^[\w][\w.-]{0,127}$/.test(tag) && matchesTag(filter, tag)).slice(0, count);
}

function guesses(filter: TagFilter): string[] {
  switch (filter.kind) {
    case 'exact':
      return filter.tags;
    case 'glob':
      return filter.patterns.flatMap((pattern) => ['1', '2', '3'].map((digit) => pattern.replaceAll(/[*?]/g, digit)));
    case 'semver':
      return [...filter.range.matchAll(/\d+(?:\.\d+){0,2}(?:-[\w.]+)?/g)].flatMap(([version]) => near(version));
    case 'regex':
      return ['1', '2', '3'].map((digit) => written(filter.pattern, digit));
  }
}

/** A version in the neighbourhood of one that a range names is in the range, or nothing simple is. */
function near(text: string): string[] {
  const [numbers = '', prerelease] = text.split('-', 2);
  const [major = 0, minor = 0, patch = 0] = numbers.split('.').map(Number);
  const changed = [[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 1, 0], [0, 2, 0], [1, 0, 0], [2, 0, 0]].map(([more = 0, between = 0, small = 0]) => `${major + more}.${minor + between}.${patch + small}`);
  const below = [`${major}.${minor}.${Math.max(0, patch - 1)}`, `${major}.${Math.max(0, minor - 1)}.0`, `${Math.max(0, major - 1)}.0.0`];
  return [...(prerelease === undefined ? [] : [text]), ...changed, ...below];
}

/** The plainest text of a pattern: classes become one of their characters, whatever repeats stands as often as it must. */
function written(pattern: string, digit: string): string {
  const unit = String.raw`(\\[dw]|\[[^\]]*\]|\.)`;
  return pattern
    .replaceAll(/^\^|\$$/g, '')
    .replaceAll(new RegExp(String.raw`${unit}(?:\{(\d+)(?:,\d*)?\}|([+*?]))?`, 'g'), (_whole, one: string, times: string | undefined) => characterOf(one, digit).repeat(times === undefined ? 1 : Number(times)))
    .replaceAll(/\((?:\?:)?([^()|]*)(?:\|[^()]*)?\)/g, '$1')
    .replaceAll(/\\(.)/g, '$1');
}

function characterOf(unit: string, digit: string): string {
  if (!unit.startsWith('[')) return digit;
  return [digit, 'a', 'A', '-', '.', '_'].find((character) => new RegExp(`^${unit}$`).test(character)) ?? digit;
}
