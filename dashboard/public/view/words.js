// Words and numbers as people read them. Pure.

/** @typedef {import('../../../core/view/index.ts').ReleaseSummary} ReleaseSummary */
/** @typedef {'good' | 'bad' | 'busy' | 'asks' | 'quiet'} Tone how something stands: a colour, and never only a colour */

/**
 * Names and reasons are written elsewhere: control characters and direction marks would let them pose as something else.
 * @param {string} text
 */
export const clean = (text) => text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ');

/**
 * What Slipway says, as people read it: moments in the reader's time zone, images without their registry and
 * with digests as short as people say them.
 * @param {string} text
 */
export const readable = (text) =>
  clean(text)
    .replace(/\b(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC\b/g, (written, /** @type {string} */ date, /** @type {string} */ time) => day(Date.parse(`${date}T${time}:00Z`)) || written)
    .replace(/\b\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\//g, '')
    .replace(/\bsha256:([0-9a-f]{12})[0-9a-f]{52}\b/g, 'sha256:$1');

/** `45 s`, `4 min`, `1 h 30 min`, `2 d`: the two largest units that say something. @param {number} durationMs */
export function duration(durationMs) {
  const totalSeconds = Math.ceil(Math.max(0, durationMs) / 1000);
  const parts = [
    { amount: Math.floor(totalSeconds / 86_400), unit: 'd' },
    { amount: Math.floor(totalSeconds / 3_600) % 24, unit: 'h' },
    { amount: Math.floor(totalSeconds / 60) % 60, unit: 'min' },
    { amount: totalSeconds % 60, unit: 's' },
  ];
  const first = parts.findIndex((part) => part.amount > 0);
  if (first === -1) return '0 s';
  return parts.slice(first, first + 2).filter((part) => part.amount > 0).map((part) => `${part.amount} ${part.unit}`).join(' ');
}

/** `just now`, `3 min ago`, `2 h ago` @param {number} atMs @param {number} nowMs */
export function ago(atMs, nowMs) {
  if (!Number.isFinite(atMs)) return '';
  const apartMs = nowMs - atMs;
  if (apartMs < 10_000) return 'just now';
  const [amount = '', unit = ''] = duration(apartMs).split(' ');
  return `${amount} ${unit} ago`;
}

/** `14:03:07`, in the time zone of the person who reads it. @param {number} atMs */
export const clock = (atMs) => (Number.isFinite(atMs) ? new Date(atMs).toTimeString().slice(0, 8) : '');

/** `2026-11-23 14:03` @param {number} atMs */
export function day(atMs) {
  if (!Number.isFinite(atMs)) return '';
  const at = new Date(atMs);
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** What people call an image: its tag, else the beginning of its digest. @param {ReleaseSummary['image']} image */
export const imageName = (image) => clean(image.tag ?? shortDigest(image.digest));

/** @param {string} digest */
export const shortDigest = (digest) => clean(digest.replace(/^sha256:/, '').slice(0, 12));

/** @type {Record<string, { word: string, tone: Tone }>} */
const OUTCOMES = {
  succeeded: { word: 'succeeded', tone: 'good' },
  unchanged: { word: 'unchanged', tone: 'quiet' },
  rolledBack: { word: 'rolled back', tone: 'bad' },
  rejected: { word: 'rejected', tone: 'bad' },
  aborted: { word: 'aborted', tone: 'bad' },
  superseded: { word: 'superseded', tone: 'quiet' },
  timedOut: { word: 'timed out', tone: 'bad' },
  refused: { word: 'refused', tone: 'bad' },
  failed: { word: 'failed', tone: 'bad' },
};

export const OUTCOME_NAMES = Object.keys(OUTCOMES);

/** An outcome this page has never heard of is shown as it is. @param {string} outcome @returns {{ word: string, tone: Tone }} */
export const outcomeOf = (outcome) => (Object.hasOwn(OUTCOMES, outcome) ? OUTCOMES[outcome] : undefined) ?? { word: clean(outcome), tone: 'quiet' };

/**
 * How something stands, in a word or two.
 * @param {{ status: string, outcome?: string, weightPercent?: number, waitingFor?: string | { kind: string } }} one
 * @returns {{ word: string, tone: Tone }}
 */
export function standing({ status, outcome, waitingFor }) {
  if (outcome !== undefined) return outcomeOf(outcome);
  const kind = typeof waitingFor === 'object' ? waitingFor.kind : waitingFor;
  if (kind === 'rollback') return { word: 'rolling back', tone: 'bad' };
  if (kind === 'approval') return { word: 'asks', tone: 'asks' };
  if (kind === 'freeze') return { word: 'frozen', tone: 'asks' };
  if (kind === 'turn') return { word: 'queued', tone: 'quiet' };
  if (kind === 'bake') return { word: 'baking', tone: 'busy' };
  if (status === 'waiting') return { word: 'waiting', tone: 'asks' };
  if (status === 'pending') return { word: 'not yet', tone: 'quiet' };
  if (status === 'ended') return { word: 'ended', tone: 'quiet' };
  return { word: 'running', tone: 'busy' };
}

/** `alice`, `alice or bob`, `alice, bob or carol` @param {readonly string[]} names */
export function orList(names) {
  const list = names.map(clean);
  return list.length < 2 ? (list[0] ?? '') : `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`;
}

/** `5`, `12.5`: no more digits than it takes. @param {number} value */
export const percent = (value) => `${Math.round(value * 10) / 10} %`;

/** A value beside an axis or in a legend: three digits that matter. @param {number} value */
export function quantity(value) {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1_000_000) return `${trim(value / 1_000_000)} M`;
  if (size >= 10_000) return `${trim(value / 1_000)} k`;
  if (size < 0.001) return value.toExponential(1);
  return trim(value);
}

/** @param {number} value */
const trim = (value) => String(Number(value.toPrecision(3)));
