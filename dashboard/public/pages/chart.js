// The picture of a rollout: weights above, alarms below, one time axis, and a line under the pointer that reads them all.
import { h } from '../dom.js';
import { valueNear, weightAt } from '../view/chart.js';
import { clock, percent, quantity } from '../view/words.js';
import { badge } from './parts.js';

/** @typedef {NonNullable<ReturnType<typeof import('../view/chart.js').toChart>>} Chart */
/** @typedef {Chart['alarms'][number]} AlarmPanel */
/** @typedef {NonNullable<Chart['weight']>} WeightPanel */

const FLEETS = { new: 'new', old: 'old', all: 'all' };
/** How far from a point the pointer may be, as a share of what is shown. */
const NEAR = 0.06;

/**
 * @param {{ chart: Chart, at: number | undefined, metrics: 'loading' | 'there' | 'failed', fault?: string | undefined, on: Record<string, (event: any) => void> }} given
 */
export function chartPart({ chart, at, metrics, fault, on }) {
  const cursor = at === undefined || at < chart.fromMs || at > chart.toMs ? undefined : at;
  return h(
    'div',
    { class: 'chart', key: 'chart', tabindex: 0, role: 'group', 'aria-label': 'Weight and alarms over time. Arrow keys move a reading line.', on },
    chart.weight === undefined ? h('p', { class: 'muted' }, 'This stage rolls task by task: ECS shifts no weights.') : weightPart(chart, chart.weight, cursor),
    ...chart.alarms.map((panel) => alarmPart(chart, panel, cursor)),
    metrics === 'loading' && h('p', { class: 'looking' }, 'Looking at the alarms …'),
    metrics === 'failed' && h('p', { class: 'strip fault' }, `The metrics of the alarms are not to be had: ${fault ?? ''}`),
    metrics === 'there' && chart.alarms.length === 0 && h('p', { class: 'muted' }, 'This stage watches no alarms.'),
    (chart.weight !== undefined || chart.alarms.some((panel) => panel.empty === undefined)) && axis(chart, cursor),
  );
}

/** @param {Chart} chart @param {WeightPanel} panel @param {number | undefined} cursor */
function weightPart(chart, panel, cursor) {
  const now = cursor === undefined ? undefined : weightAt(panel.course, cursor);
  return h(
    'figure',
    { key: 'weight' },
    h('figcaption', {}, h('strong', {}, 'Weight of the new revision'), cursor !== undefined && h('span', { class: 'reading' }, now === undefined ? 'rolling back' : percent(now))),
    plot(
      chart,
      panel.height,
      panel.summary,
      cursor,
      ...panel.yTicks.flatMap((tick) => [h('line', { class: 'grid', x1: chart.left, x2: chart.right, y1: tick.y, y2: tick.y }), label(chart, tick)]),
      h('path', { class: 'area', d: panel.area }),
      h('path', { class: 'curve new', d: panel.line }),
      panel.fall !== undefined && h('path', { class: 'fall', d: panel.fall.path }),
      panel.fall !== undefined && h('circle', { class: 'breach', cx: panel.fall.x, cy: panel.fall.y, r: 4 }),
    ),
  );
}

/** @param {Chart} chart @param {AlarmPanel} panel @param {number | undefined} cursor */
function alarmPart(chart, panel, cursor) {
  const nearMs = (chart.toMs - chart.fromMs) * NEAR;
  const reading = (/** @type {AlarmPanel['curves'][number]} */ curve) => {
    const value = cursor === undefined ? undefined : valueNear(curve.points, cursor, nearMs);
    return value === undefined ? '' : ` ${quantity(value)}`;
  };
  return h(
    'figure',
    { key: `alarm ${panel.name}` },
    h(
      'figcaption',
      {},
      h('strong', {}, panel.name),
      badge(panel.word, panel.tone),
      panel.crossed && badge('crossed its threshold', 'bad'),
      panel.leftOut && h('span', { class: 'muted' }, 'not watched: it was in alarm before the release began'),
      panel.label !== '' && h('span', { class: 'muted' }, panel.label),
      h(
        'span',
        { class: 'legend' },
        ...panel.curves.filter((curve) => curve.points.length > 0).map((curve) => h('span', { key: `curve ${curve.of} ${curve.name}`, class: `key ${curve.of}` }, swatch(curve.of), `${FLEETS[curve.of]}${reading(curve)}`)),
        panel.rule !== undefined && h('span', { class: 'key threshold' }, swatch('threshold'), panel.rule),
      ),
    ),
    panel.empty === undefined
      ? plot(
          chart,
          panel.height,
          `${panel.name}: ${panel.word}${panel.rule === undefined ? '' : `, ${panel.rule}`}`,
          cursor,
          ...panel.yTicks.map((tick) => label(chart, tick)),
          h('line', { class: 'grid', x1: chart.left, x2: chart.right, y1: panel.base, y2: panel.base }),
          panel.threshold !== undefined && h('line', { class: 'threshold', x1: chart.left, x2: chart.right, y1: panel.threshold.y, y2: panel.threshold.y }),
          ...[...panel.curves].reverse().flatMap((curve) => [h('path', { class: `curve ${curve.of}`, d: curve.path }), ...curve.dots.map((dot) => h('circle', { class: `dot ${curve.of}`, cx: dot.x, cy: dot.y, r: 2.5 }))]),
          ...panel.over.map((dot) => h('circle', { class: 'breach', cx: dot.x, cy: dot.y, r: 3 })),
        )
      : h('p', { class: 'muted empty' }, panel.empty),
  );
}

/** @param {string} kind */
const swatch = (kind) => h('svg', { class: 'swatch', viewBox: '0 0 18 6', 'aria-hidden': 'true' }, h('line', { class: kind === 'threshold' ? 'threshold' : `curve ${kind}`, x1: 0, x2: 18, y1: 3, y2: 3 }));

/** @param {Chart} chart @param {number} height @param {string} words @param {number | undefined} cursor @param {...(import('../dom.js').Child | undefined | false)} drawn */
const plot = (chart, height, words, cursor, ...drawn) =>
  h('svg', { class: 'plot', viewBox: `0 0 ${chart.width} ${height}`, width: chart.width, height, role: 'img', 'aria-label': words }, ...drawn, cursor !== undefined && h('line', { class: 'cursor', x1: chart.x(cursor), x2: chart.x(cursor), y1: 0, y2: height }));

/** @param {Chart} chart @param {{ y: number, label: string }} tick */
const label = (chart, tick) => h('text', { class: 'tick', x: chart.left - 6, y: tick.y + 4, 'text-anchor': 'end' }, tick.label);

/** @param {Chart} chart @param {number | undefined} cursor */
const axis = (chart, cursor) =>
  h(
    'svg',
    { key: 'axis', class: 'plot axis', viewBox: `0 0 ${chart.width} 20`, width: chart.width, height: 20, 'aria-hidden': 'true' },
    ...(cursor === undefined ? chart.ticks : []).map((tick) => h('text', { class: 'tick', x: Math.max(chart.left + 14, Math.min(chart.right - 22, tick.x)), y: 14, 'text-anchor': 'middle' }, tick.label)),
    cursor !== undefined && h('text', { class: 'tick now', x: Math.max(chart.left + 24, Math.min(chart.right - 24, chart.x(cursor))), y: 14, 'text-anchor': 'middle' }, clock(cursor)),
  );
