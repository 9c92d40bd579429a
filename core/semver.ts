// Versions and ranges by the rules of npm's `semver`: a pre-release is in a range only if the range names a pre-release of
// the same version. https://github.com/npm/node-semver#ranges

export interface Version {
  major: number;
  minor: number;
  patch: number;
  /** `rc.1` is ['rc', 1]. */
  prerelease: (string | number)[];
}

type Operator = '<' | '<=' | '>' | '>=' | '=';
interface Comparator {
  operator: Operator;
  version: Version;
}
/** Alternatives; each holds when all its comparators do. */
export type Range = Comparator[][];

const NUMBER = '(?:0|[1-9]\\d{0,15})';
const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const VERSION = new RegExp(`^v?(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-(${IDENTIFIERS}))?(?:\\+${IDENTIFIERS})?$`);
const LENGTH_MAX = 256;

/** Three numbers, so that a git hash or a date is never taken for a version. A leading `v` is accepted. */
export function parseVersion(text: string): Version | undefined {
  const match = text.length <= LENGTH_MAX ? VERSION.exec(text) : null;
  if (match === null) return undefined;
  const prerelease = parsePrerelease(match[4]);
  return prerelease && { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]), prerelease };
}

function parsePrerelease(text: string | undefined): Version['prerelease'] | undefined {
  if (text === undefined) return [];
  const parts = text.split('.');
  if (parts.some((part) => /^0\d+$/.test(part))) return undefined;
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

export function compareVersions(left: Version, right: Version): number {
  return left.major - right.major || left.minor - right.minor || left.patch - right.patch || comparePrereleases(left.prerelease, right.prerelease);
}

/** No pre-release comes after every pre-release; numbers come before words. */
function comparePrereleases(left: Version['prerelease'], right: Version['prerelease']): number {
  if (left.length === 0 || right.length === 0) return right.length - left.length;
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [a, b] = [left[index], right[index]];
    if (a === undefined) return -1;
    if (b === undefined) return 1;
    if (a === b) continue;
    if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
    return a < b ? -1 : 1;
  }
  return 0;
}

export function satisfies(version: Version, range: Range): boolean {
  return range.some((comparators) => comparators.every((comparator) => holds(comparator, version)) && prereleaseWanted(version, comparators));
}

function prereleaseWanted(version: Version, comparators: Comparator[]): boolean {
  if (version.prerelease.length === 0) return true;
  return comparators.some(
    ({ version: named }) => named.prerelease.length > 0 && named.major === version.major && named.minor === version.minor && named.patch === version.patch,
  );
}

function holds({ operator, version: bound }: Comparator, version: Version): boolean {
  const order = compareVersions(version, bound);
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '=':
      return order === 0;
  }
}

/** Undefined when the text is not a range. */
export function parseRange(text: string): Range | undefined {
  if (text.length > LENGTH_MAX) return undefined;
  const alternatives = text.split('||').map((alternative) => parseAlternative(alternative.trim()));
  return alternatives.every((alternative) => alternative !== undefined) ? alternatives : undefined;
}

function parseAlternative(text: string): Comparator[] | undefined {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(text);
  if (hyphen !== null) {
    const [from, to] = [parsePartial(hyphen[1] ?? ''), parsePartial(hyphen[2] ?? '')];
    return from && to && [...(from.major === undefined ? [] : [lower(from)]), ...upTo(to)];
  }
  const comparators: Comparator[] = [];
  for (const word of text.replace(/([<>]=?|[~^=])\s+/g, '$1').split(/\s+/)) {
    const found = parseComparator(word);
    if (found === undefined) return undefined;
    comparators.push(...found);
  }
  return comparators;
}

/** A version of which the right end may be missing or `x`. */
interface Partial {
  major: number | undefined;
  minor: number | undefined;
  patch: number | undefined;
  prerelease: Version['prerelease'];
}

function parsePartial(text: string): Partial | undefined {
  const part = `(${NUMBER}|[xX*])`;
  const match = new RegExp(`^v?${part}(?:\\.${part}(?:\\.${part}(?:-(${IDENTIFIERS}))?(?:\\+${IDENTIFIERS})?)?)?$`).exec(text);
  if (match === null) return undefined;
  const prerelease = parsePrerelease(match[4]);
  if (prerelease === undefined) return undefined;
  const number = (digits: string | undefined): number | undefined => (digits === undefined || /[xX*]/.test(digits) ? undefined : Number(digits));
  const major = number(match[1]);
  const minor = major === undefined ? undefined : number(match[2]);
  const patch = minor === undefined ? undefined : number(match[3]);
  return { major, minor, patch, prerelease: patch === undefined ? [] : prerelease };
}

const version = (major: number, minor = 0, patch = 0, prerelease: Version['prerelease'] = []): Version => ({ major, minor, patch, prerelease });
/** The lowest possible pre-release of it: nothing of that version is below. */
const before = (major: number, minor = 0, patch = 0): Comparator => ({ operator: '<', version: version(major, minor, patch, [0]) });
const NOTHING = before(0);
const lower = ({ major = 0, minor = 0, patch = 0, prerelease }: Partial): Comparator => ({ operator: '>=', version: version(major, minor, patch, prerelease) });

function upTo(partial: Partial): Comparator[] {
  if (partial.major === undefined) return [];
  if (partial.minor === undefined) return [before(partial.major + 1)];
  if (partial.patch === undefined) return [before(partial.major, partial.minor + 1)];
  return [{ operator: '<=', version: version(partial.major, partial.minor, partial.patch, partial.prerelease) }];
}

function parseComparator(word: string): Comparator[] | undefined {
  if (word === '') return [];
  const match = /^(\^|~>?|[<>]=?|=)?(.*)$/.exec(word);
  const operator = match?.[1] ?? '';
  const partial = parsePartial(match?.[2] ?? '');
  if (partial === undefined) return undefined;
  const { major, minor, patch, prerelease } = partial;
  if (major === undefined) return operator === '<' || operator === '>' ? [NOTHING] : [];
  switch (operator) {
    case '^':
      return [lower(partial), caretEnd(major, minor, patch)];
    case '~':
    case '~>':
      return [lower(partial), minor === undefined ? before(major + 1) : before(major, minor + 1)];
    case '':
    case '=':
      if (patch !== undefined) return [{ operator: '=', version: version(major, minor, patch, prerelease) }];
      return [lower(partial), ...upTo(partial)];
    case '>':
      if (minor === undefined) return [{ operator: '>=', version: version(major + 1) }];
      if (patch === undefined) return [{ operator: '>=', version: version(major, minor + 1) }];
      return [{ operator: '>', version: version(major, minor, patch, prerelease) }];
    case '>=':
      return [lower(partial)];
    case '<':
      return patch === undefined ? [before(major, minor)] : [{ operator: '<', version: version(major, minor, patch, prerelease) }];
    case '<=':
      return upTo(partial);
    default:
      return undefined;
  }
}

/** The first number that is not zero may not change. */
function caretEnd(major: number, minor: number | undefined, patch: number | undefined): Comparator {
  if (major > 0 || minor === undefined) return before(major + 1);
  if (minor > 0 || patch === undefined) return before(0, minor + 1);
  return before(0, 0, patch + 1);
}
