// The list of releases, filtered. Pure.
import { releaseHref } from './route.js';
import { ago, clean, day, duration, imageName, OUTCOME_NAMES, outcomeOf, readable, standing } from './words.js';

/** @typedef {import('../../../core/view/index.ts').ReleaseSummary} ReleaseSummary */
/** @typedef {{ pipeline: string, outcome: string, text: string }} Filter */
/**
 * @typedef {object} Row
 * @property {string} key
 * @property {string} href
 * @property {string} id
 * @property {string} pipeline
 * @property {string} image
 * @property {string} word
 * @property {import('./words.js').Tone} tone
 * @property {string} stage
 * @property {string} started
 * @property {string} startedAgo
 * @property {string} took
 * @property {string} reason
 */

/** Besides the outcomes there is what has none yet. */
export const OUTCOME_CHOICES = [
  { value: '', label: 'any outcome' },
  { value: 'open', label: 'still open' },
  ...OUTCOME_NAMES.map((value) => ({ value, label: outcomeOf(value).word })),
];

/** @param {readonly ReleaseSummary[]} releases @param {Filter} filter @param {number} nowMs @returns {Row[]} */
export function toHistory(releases, filter, nowMs) {
  const words = filter.text.toLowerCase().split(/\s+/).filter((word) => word !== '');
  return releases
    .filter((release) => filter.pipeline === '' || release.pipeline === filter.pipeline)
    .filter((release) => filter.outcome === '' || (filter.outcome === 'open' ? release.outcome === undefined : release.outcome === filter.outcome))
    .filter((release) => words.every((word) => haystack(release).includes(word)))
    .map((release) => rowOf(release, nowMs));
}

/** @param {ReleaseSummary} release */
const haystack = ({ id, pipeline, image, stage, reason }) => [id, pipeline, image.repository, image.tag, image.digest, stage, reason].join(' ').toLowerCase();

/** @param {ReleaseSummary} release @param {number} nowMs @returns {Row} */
function rowOf(release, nowMs) {
  const createdMs = Date.parse(release.createdAt);
  const tookMs = (release.endedAt === undefined ? nowMs : Date.parse(release.endedAt)) - createdMs;
  return {
    key: release.id,
    href: releaseHref(release.id),
    id: clean(release.id),
    pipeline: clean(release.pipeline),
    image: imageName(release.image),
    ...standing(release),
    stage: clean(release.stage ?? ''),
    started: day(createdMs),
    startedAgo: ago(createdMs, nowMs),
    took: Number.isFinite(tookMs) ? duration(tookMs) : '',
    reason: readable(release.reason),
  };
}
