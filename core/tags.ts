// Which pushed tags a pipeline wants. The reason is for the release record and the log: "why did (or didn't) it start?".

import { unreachable } from './errors.ts';
import type { TagFilter } from './pipeline/model.ts';
import { parseRange, parseVersion, satisfies } from './semver.ts';
import { matchesGlob } from './text/glob.ts';
import { parsePattern } from './text/pattern.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html (imageTag: 1 to 300 characters; Docker says 128) */
export const TAG_LENGTH_MAX = 300;

export interface TagMatch {
  matches: boolean;
  /** A clause: `v1.4.0 is in the range >=1.0.0`. */
  reason: string;
}

export function matchesTag(filter: TagFilter, tag: string): boolean {
  return explainTag(filter, tag).matches;
}

export function explainTag(filter: TagFilter, tag: string): TagMatch {
  if (tag.length > TAG_LENGTH_MAX) return { matches: false, reason: `a tag has at most ${TAG_LENGTH_MAX} characters, this one has ${tag.length}` };
  switch (filter.kind) {
    case 'exact': {
      const matches = filter.tags.includes(tag);
      return { matches, reason: `${tag} is ${matches ? '' : 'not '}among ${filter.tags.join(', ')}` };
    }
    case 'glob': {
      const pattern = filter.patterns.find((candidate) => matchesGlob(candidate, tag));
      return pattern === undefined
        ? { matches: false, reason: `${tag} matches none of ${filter.patterns.join(', ')}` }
        : { matches: true, reason: `${tag} matches ${pattern}` };
    }
    case 'regex': {
      const parsed = parsePattern(filter.pattern);
      if (!parsed.ok) return { matches: false, reason: `/${filter.pattern}/ is not a pattern: ${parsed.reason}` };
      const matches = parsed.pattern.matches(tag);
      return { matches, reason: `${tag} ${matches ? 'matches' : 'does not match'} /${filter.pattern}/` };
    }
    case 'semver': {
      const version = parseVersion(tag);
      if (version === undefined) return { matches: false, reason: `${tag} is not a version` };
      const range = parseRange(filter.range);
      if (range === undefined) return { matches: false, reason: `${filter.range} is not a range` };
      const matches = satisfies(version, range);
      const prerelease = !matches && version.prerelease.length > 0 ? ' (a pre-release is only in a range that names one of the same version)' : '';
      return { matches, reason: `${tag} is ${matches ? '' : 'not '}in the range ${filter.range}${prerelease}` };
    }
    default:
      return unreachable(filter);
  }
}
