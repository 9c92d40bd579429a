// Geometry of a release's picture: the weight over time, and below it what the alarms have seen, on one time axis. Pure; the
// answer is lines and labels, ready to be put into SVG.
import { clean, clock, percent, quantity } from './words.js';

/** @typedef {import('../../../core/view/index.ts').StageView} StageView */
/** @typedef {import('../../../core/view/index.ts').TimelineEntry} TimelineEntry */
/** @typedef {import('../../../core/view/index.ts').ReleaseMetricsAnswer} Metrics */
/** @typedef {import('../../../core/view/index.ts').AlarmMetricsView} AlarmView */
/** @typedef {{ fromMs: number, toMs: number }} Span */
/** @typedef {{ steps: [number, number][], rollback: { fromMs: number, toMs: number, weight: number, over: boolean } | undefined }} Course */
/** @typedef {{ y: number, label: string }} YTick */
/** @typedef {{ of: 'new' | 'old' | 'all', name: string, path: string, dots: { x: number, y: number }[], points: [number, number][] }} Curve */

const LEFT = 44;
const RIGHT = 10;
const WEIGHT_HEIGHT = 150;
const ALARM_HEIGHT = 84;
const PAD = 8;
const HEADROOM = 0.15;
const SPAN_MIN_MS = 10_000;
/** A little of what came after, so that an end is seen as one. */
const TAIL = 0.05;
const LABEL_APART_PX = 13;

/**
 * @param {{ stage: StageView, timeline: readonly TimelineEntry[], metrics: Metrics | undefined, nowMs: number, width: number }} given
 */
export function toChart({ stage, timeline, metrics, nowMs, width }) {
  const span = spanOf(stage, timeline, nowMs);
  if (span === undefined) return undefined;
  const left = LEFT;
  const right = Math.max(LEFT + 60, width - RIGHT);
  const x = (/** @type {number} */ ms) => round(left + ((ms - span.fromMs) / (span.toMs - span.fromMs)) * (right - left));
  const course = stage.rungs.length === 0 ? undefined : courseOf(stage, timeline, span);
  return {
    ...span,
    left,
    right,
    width: right + RIGHT,
    ticks: timeTicks(span, right - left).map(({ ms, label }) => ({ x: x(ms), label })),
    weight: course && weightPanel(stage, course, span, nowMs, x),
    alarms: (metrics?.alarms ?? []).map((alarm) => alarmPanel(alarm, span, x, stage.status === 'ended')),
    msAt: (/** @type {number} */ px) => Math.min(span.toMs, Math.max(span.fromMs, span.fromMs + ((px - left) / (right - left)) * (span.toMs - span.fromMs))),
    x,
  };
}

/** @param {StageView} stage @param {readonly TimelineEntry[]} timeline @param {number} nowMs @returns {Span | undefined} */
export function spanOf(stage, timeline, nowMs) {
  const own = timeline.filter((entry) => entry.stage === stage.name);
  const fromMs = Date.parse(stage.startedAt ?? own[0]?.at ?? '');
  if (!Number.isFinite(fromMs)) return undefined;
  const endMs = stage.endedAt !== undefined ? Date.parse(stage.endedAt) : stage.status === 'ended' ? Date.parse(own.at(-1)?.at ?? '') : nowMs;
  const lengthMs = Math.max(SPAN_MIN_MS, (Number.isFinite(endMs) ? endMs : nowMs) - fromMs);
  return { fromMs, toMs: fromMs + lengthMs * (stage.status === 'ended' ? 1 + TAIL : 1) };
}

/** How much the new revision served, and when. @param {StageView} stage @param {readonly TimelineEntry[]} timeline @param {Span} span @returns {Course} */
export function courseOf(stage, timeline, span) {
  const own = timeline.filter((entry) => entry.stage === stage.name);
  /** @type {[number, number][]} */
  const steps = [[span.fromMs, 0]];
  for (const entry of own) {
    const weight = entry.weightPercent;
    if (weight !== undefined && weight !== steps.at(-1)?.[1]) steps.push([Date.parse(entry.at), weight]);
  }
  const succeeded = stage.outcome === 'succeeded';
  const endMs = stage.endedAt === undefined ? undefined : Date.parse(stage.endedAt);
  const began = own.find((entry) => entry.kind === 'rollback');
  const weight = steps.at(-1)?.[1] ?? 0;
  if (began !== undefined && !succeeded) {
    return { steps, rollback: { fromMs: Date.parse(began.at), toMs: endMs ?? span.toMs, weight, over: endMs !== undefined } };
  }
  if (succeeded && weight < 100 && endMs !== undefined) steps.push([endMs, 100]);
  return { steps, rollback: undefined };
}

/** The weight at an instant; undefined while it is falling back. @param {Course} course @param {number} ms */
export function weightAt(course, ms) {
  if (course.rollback !== undefined && ms >= course.rollback.fromMs) return course.rollback.over && ms >= course.rollback.toMs ? 0 : undefined;
  return course.steps.findLast(([atMs]) => atMs <= ms)?.[1] ?? 0;
}

/** @param {StageView} stage @param {Course} course @param {Span} span @param {number} nowMs @param {(ms: number) => number} x */
function weightPanel(stage, course, span, nowMs, x) {
  const base = WEIGHT_HEIGHT - PAD;
  const y = (/** @type {number} */ weight) => round(base - (weight / 100) * (base - PAD));
  const untilMs = course.rollback?.fromMs ?? Math.min(span.toMs, Math.max(nowMs, span.fromMs));
  const endMs = course.rollback === undefined && stage.status === 'ended' ? span.toMs : Math.min(untilMs, span.toMs);
  let path = '';
  course.steps.forEach(([ms, weight], index) => {
    path += index === 0 ? `M${x(ms)} ${y(weight)}` : `H${x(ms)}V${y(weight)}`;
  });
  path += `H${x(endMs)}`;
  const fall = course.rollback;
  const ends = fall === undefined ? undefined : Math.min(fall.toMs, span.toMs);
  return {
    height: WEIGHT_HEIGHT,
    base,
    line: path,
    area: `${path}V${y(0)}H${x(span.fromMs)}Z`,
    fall: fall === undefined || ends === undefined ? undefined : { path: fall.over ? `M${x(fall.fromMs)} ${y(fall.weight)}L${x(ends)} ${y(0)}H${x(span.toMs)}` : `M${x(fall.fromMs)} ${y(fall.weight)}L${x(ends)} ${y(fall.weight / 2)}`, x: x(fall.fromMs), y: y(fall.weight) },
    yTicks: apart([0, 100, ...stage.rungs.map((rung) => rung.weightPercent)].map((weight) => ({ y: y(weight), label: percent(weight) }))),
    course,
    summary: summaryOf(stage, course),
  };
}

/** The same in words. @param {StageView} stage @param {Course} course */
function summaryOf(stage, course) {
  const steps = course.steps.slice(1).map(([ms, weight]) => `${percent(weight)} at ${clock(ms)}`);
  const fall = course.rollback === undefined ? '' : `; rolled back from ${percent(course.rollback.weight)} at ${clock(course.rollback.fromMs)}`;
  return `Weight of the new revision in ${clean(stage.name)}: ${steps.length === 0 ? 'none yet' : steps.join(', ')}${fall}.`;
}

/** @param {AlarmView} alarm @param {Span} span @param {(ms: number) => number} x @param {boolean} ended its state is that of now, long after perhaps */
function alarmPanel(alarm, span, x, ended) {
  const seen = alarm.series.map(({ label, of, points }) => ({ label, of, points: points.filter(([ms]) => ms >= span.fromMs && ms <= span.toMs) }));
  const values = seen.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
  const threshold = alarm.threshold;
  const marks = [0, ...values, ...(threshold === undefined ? [] : [threshold])];
  const [lowest, highest] = [Math.min(...marks), Math.max(...marks)];
  const room = (highest - lowest) * HEADROOM || 1;
  const floor = lowest < 0 ? lowest - room : 0;
  const high = highest > 0 || lowest === 0 ? highest + room : 0;
  const base = ALARM_HEIGHT - PAD;
  const y = (/** @type {number} */ value) => round(base - ((value - floor) / (high - floor)) * (base - PAD));
  const breaches = breachOf(alarm);
  const order = { new: 0, old: 1, all: 2 };
  const curves = seen.map(({ label, of, points }) => curveOf(of, clean(label), points, x, y)).sort((a, b) => order[a.of] - order[b.of]);
  const states = /** @type {Record<string, { word: string, tone: import('./words.js').Tone }>} */ ({ OK: { word: 'OK', tone: 'good' }, ALARM: { word: 'in alarm', tone: 'bad' }, INSUFFICIENT_DATA: { word: 'no data', tone: 'quiet' }, MISSING: { word: 'does not exist', tone: 'asks' } });
  const state = (Object.hasOwn(states, alarm.state) ? states[alarm.state] : undefined) ?? { word: clean(String(alarm.state)), tone: /** @type {const} */ ('quiet') };
  const over = seen.flatMap(({ points }) => points.filter(([, value]) => breaches(value)).map(([ms, value]) => ({ x: x(ms), y: y(value) })));
  return {
    name: clean(alarm.name),
    label: [...new Set(curves.map((curve) => curve.name))].join(', '),
    tone: state.tone,
    word: ended ? `${state.word} now` : state.word,
    crossed: over.length > 0,
    leftOut: alarm.leftOut === true,
    rule: threshold === undefined ? undefined : `fires ${alarm.comparison ?? 'at'} ${quantity(threshold)}`,
    height: ALARM_HEIGHT,
    base,
    threshold: threshold === undefined ? undefined : { y: y(threshold), label: quantity(threshold) },
    yTicks: apart([...(threshold === undefined ? [] : [{ y: y(threshold), label: quantity(threshold) }]), { y: y(floor), label: quantity(floor) }, ...(threshold === undefined || Math.max(...values) > threshold * 1.5 ? [{ y: y(high), label: quantity(high) }] : [])]),
    curves,
    over,
    empty: alarm.series.length === 0 ? 'This alarm has no metric of its own.' : values.length === 0 ? 'CloudWatch has no data for this time.' : undefined,
  };
}

/** @param {AlarmView} alarm @returns {(value: number) => boolean} */
function breachOf({ threshold, comparison }) {
  if (threshold === undefined) return () => false;
  switch (comparison) {
    case '>':
      return (value) => value > threshold;
    case '>=':
      return (value) => value >= threshold;
    case '<':
      return (value) => value < threshold;
    case '<=':
      return (value) => value <= threshold;
    default:
      return () => false;
  }
}

/** Where periods are missing the line is broken: nothing was measured, which is not zero. @param {'new' | 'old' | 'all'} of @param {string} name @param {[number, number][]} points @param {(ms: number) => number} x @param {(value: number) => number} y @returns {Curve} */
function curveOf(of, name, points, x, y) {
  const gaps = points.slice(1).map(([ms], index) => ms - (points[index]?.[0] ?? ms)).sort((a, b) => a - b);
  const usual = gaps[Math.floor(gaps.length / 2)] ?? 0;
  let path = '';
  /** @type {{ x: number, y: number }[]} */
  const dots = [];
  points.forEach(([ms, value], index) => {
    const before = points[index - 1]?.[0];
    const after = points[index + 1]?.[0];
    const joined = before !== undefined && ms - before <= usual * 2.5;
    const goesOn = after !== undefined && after - ms <= usual * 2.5;
    path += `${joined ? 'L' : 'M'}${x(ms)} ${y(value)}`;
    if (!joined && !goesOn) dots.push({ x: x(ms), y: y(value) });
  });
  return { of, name, path, dots, points };
}

/** The point of a curve nearest to an instant, if one is near. @param {readonly [number, number][]} points @param {number} ms @param {number} withinMs */
export function valueNear(points, ms, withinMs) {
  let best;
  for (const point of points) if (Math.abs(point[0] - ms) <= withinMs && (best === undefined || Math.abs(point[0] - ms) < Math.abs(best[0] - ms))) best = point;
  return best?.[1];
}

const SECOND_MS = 1000;
const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800].map((seconds) => seconds * SECOND_MS);

/** Round times in the reader's time zone, not more than there is room for. @param {Span} span @param {number} widthPx */
export function timeTicks({ fromMs, toMs }, widthPx) {
  const room = Math.max(2, Math.floor(widthPx / 84));
  const stepMs = STEPS_MS.find((step) => (toMs - fromMs) / step <= room) ?? (toMs - fromMs) / room;
  const zoneMs = new Date(fromMs).getTimezoneOffset() * 60 * SECOND_MS;
  const ticks = [];
  for (let ms = Math.ceil((fromMs - zoneMs) / stepMs) * stepMs + zoneMs; ms <= toMs; ms += stepMs) {
    ticks.push({ ms, label: stepMs < 60 * SECOND_MS ? clock(ms) : stepMs < 86_400 * SECOND_MS && clock(ms) !== '00:00:00' ? clock(ms).slice(0, 5) : `${new Date(ms).getMonth() + 1}/${new Date(ms).getDate()}` });
  }
  return ticks;
}

/** Without the labels that would run into one another; earlier ones win, the ends of the axis over what is between. @param {YTick[]} ticks @returns {YTick[]} */
function apart(ticks) {
  /** @type {YTick[]} */
  const kept = [];
  for (const tick of ticks) if (kept.every((other) => Math.abs(other.y - tick.y) >= LABEL_APART_PX)) kept.push(tick);
  return kept;
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;
