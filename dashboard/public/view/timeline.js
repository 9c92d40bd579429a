// The story of a release, with what is not worth a line of its own folded away. Pure.
import { clean, clock, percent, readable } from './words.js';

/** @typedef {import('../../../core/view/index.ts').TimelineEntry} TimelineEntry */
/** @typedef {import('./words.js').Tone} Tone */
/**
 * @typedef {object} Line
 * @property {string} key
 * @property {number} atMs
 * @property {string} at
 * @property {string} [stage]
 * @property {string} sign a glyph for the eye
 * @property {string} kind the same in a word
 * @property {Tone} tone
 * @property {string} text
 * @property {string} [by]
 * @property {Line[]} [folded]
 */

/** @type {Record<string, { sign: string, tone: Tone, word: string }>} */
const KINDS = {
  release: { sign: '●', tone: 'quiet', word: 'release' },
  stage: { sign: '▸', tone: 'quiet', word: 'stage' },
  weight: { sign: '↑', tone: 'busy', word: 'weight' },
  ask: { sign: '?', tone: 'asks', word: 'question' },
  decision: { sign: '✓', tone: 'asks', word: 'decision' },
  freeze: { sign: '❄', tone: 'asks', word: 'freeze' },
  alarm: { sign: '!', tone: 'asks', word: 'alarm' },
  rollback: { sign: '↓', tone: 'bad', word: 'rollback' },
  foreign: { sign: '⇄', tone: 'asks', word: 'foreign' },
  failure: { sign: '✗', tone: 'bad', word: 'failure' },
};

/** ECS pauses at more weights than the plan names; Slipway lets those through at once. */
const PASSED = /: the plan does not stop here\.?$/;

/** Oldest first, as given. @param {readonly TimelineEntry[]} entries @returns {Line[]} */
export function toTimeline(entries) {
  /** @type {Line[]} */
  const lines = [];
  /** @type {TimelineEntry[]} */
  let run = [];
  const fold = () => {
    if (run.length === 1) lines.push(...run.map(lineOf));
    if (run.length > 1) lines.push(foldedLine(run));
    run = [];
  };
  entries.forEach((entry) => {
    const passed = entry.kind === 'weight' && PASSED.test(entry.text);
    if (!passed || (run.length > 0 && run[0]?.stage !== entry.stage)) fold();
    if (passed) run.push(entry);
    else lines.push(lineOf(entry));
  });
  fold();
  return lines;
}

/** @param {TimelineEntry} entry @returns {Line} */
function lineOf(entry) {
  const known = (Object.hasOwn(KINDS, entry.kind) ? KINDS[entry.kind] : undefined) ?? { sign: '·', tone: /** @type {Tone} */ ('quiet'), word: clean(entry.kind) };
  const rejected = entry.kind === 'decision' && /^(?:Rejected|Aborted)\b/.test(entry.text);
  const atMs = Date.parse(entry.at);
  return {
    key: `${entry.at} ${entry.kind} ${entry.text}`,
    atMs,
    at: clock(atMs),
    ...(entry.stage === undefined ? {} : { stage: clean(entry.stage) }),
    sign: rejected ? '✗' : known.sign,
    kind: known.word,
    tone: rejected ? 'bad' : known.tone,
    text: readable(entry.text),
    // Most texts name who it was.
    ...(entry.by === undefined || entry.text.includes(entry.by) ? {} : { by: clean(entry.by) }),
  };
}

/** @param {TimelineEntry[]} run @returns {Line} */
function foldedLine(run) {
  const folded = run.map(lineOf);
  const first = /** @type {Line} */ (folded[0]);
  const from = /^From ([\d.]+) %/.exec(run[0]?.text ?? '')?.[1];
  const to = run.at(-1)?.weightPercent;
  const way = from !== undefined && to !== undefined ? `From ${percent(Number(from))} to ${percent(to)}: ` : '';
  return { ...first, key: `${first.key} folded`, text: `${way}${run.length} shifts at which the plan does not stop.`, folded };
}
