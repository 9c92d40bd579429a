// Which pushes a pipeline wants: a repository and a filter on tags.

import { parseRange } from '../semver.ts';
import { parsePattern } from '../text/pattern.ts';
import { KEYS } from './keys.ts';
import type { Pipeline, TagFilter } from './model.ts';
import { isMapping, type Place, quote } from './place.ts';

const TAGS_HINT = 'For example tags: { semver: ">=1.0.0" }, { glob: "release-*" }, { regex: "v\\\\d+" } or { exact: latest }.';

export function parseImage(place: Place): Pipeline['image'] | undefined {
  const fields = place.mapping('an image', KEYS.image);
  if (fields === undefined) return undefined;
  const repository = parseRepository(fields.required('repository', 'The name of the ECR repository, for example shop/checkout.'));
  const tagsPlace = fields.required('tags', TAGS_HINT);
  const tags = tagsPlace && parseTags(tagsPlace);
  return repository === undefined || tags === undefined ? undefined : { repository, tags };
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html (repositoryName) */
function parseRepository(place: Place | undefined): string | undefined {
  const text = place?.text('the name of an ECR repository');
  if (place === undefined || text === undefined) return undefined;
  const segments = text.split('/');
  const good = text.length >= 2 && text.length <= 256 && segments.every((segment) => /^[a-z0-9]+([._-][a-z0-9]+)*$/.test(segment));
  if (good && !text.includes('.dkr.ecr.')) return text;
  let hint = 'Lower-case letters, digits, and . _ - / between them.';
  if (text.includes('.dkr.ecr.')) hint = 'Leave out the registry: only the part behind the first /.';
  else if (/[:@]/.test(text)) hint = 'Leave out the tag; which tags are wanted is said under tags.';
  return place.fault(`${quote(text)} is not the name of an ECR repository`, hint);
}

function parseTags(place: Place): TagFilter | undefined {
  if (!isMapping(place.value)) return place.wrongType('a filter', TAGS_HINT);
  const fields = place.mapping('a tag filter', KEYS.tags);
  const kinds = KEYS.tags.filter((kind) => fields?.has(kind));
  const [kind] = kinds;
  if (kinds.length > 1) return place.fault(`one filter at a time, here are ${kinds.length}: ${kinds.join(', ')}`, 'Write one regex, or two pipelines.');
  if (kind === undefined) return Object.keys(place.value).length > 0 ? undefined : place.fault('tags is empty', TAGS_HINT);
  const inner = place.child(kind);
  switch (kind) {
    case 'exact': {
      const tags = validTexts(inner, 'a tag', (text) => (isTag(text) ? undefined : /[*?]/.test(text) ? `To match several tags write { glob: ${quote(text)} }.` : 'A tag has up to 128 letters, digits, and . _ -'));
      return tags && { kind, tags };
    }
    case 'glob': {
      const patterns = validTexts(inner, 'a glob', (text) => (/^[\w.*?-]{1,128}$/.test(text) ? undefined : 'A glob has the characters of a tag (letters, digits, . _ -), * for any of them and ? for one.'));
      return patterns && { kind, patterns };
    }
    case 'regex': {
      const pattern = inner.text('a regular expression');
      if (pattern === undefined) return undefined;
      const parsed = parsePattern(pattern);
      return parsed.ok ? { kind, pattern } : inner.fault(`${quote(pattern)} is not a regular expression that Slipway runs: ${parsed.reason}`);
    }
    case 'semver': {
      const range = inner.text('a range of versions');
      if (range === undefined) return undefined;
      return parseRange(range) === undefined ? inner.fault(`${quote(range)} is not a range of versions`, 'For example ">=1.0.0", "^2.3.0", "1.x" or "1.0.0 - 2.4.0 || >=3".') : { kind, range };
    }
  }
}

function isTag(text: string): boolean {
  return /^\w[\w.-]{0,127}$/.test(text);
}

/** @param hintFor what is wrong with a text, or undefined */
function validTexts(place: Place, what: string, hintFor: (text: string) => string | undefined): string[] | undefined {
  const found = place.texts(what);
  if (found === undefined) return undefined;
  const faulty = found.filter(({ place: one, text }) => {
    const hint = hintFor(text);
    if (hint !== undefined) one.fault(`${quote(text)} is not ${what}`, hint);
    return hint !== undefined;
  });
  return faulty.length > 0 ? undefined : found.map(({ text }) => text);
}
