// One release: who is waited for, where each stage stands, the picture, what went wrong, and the story.
import { h } from '../dom.js';
import { historyHref } from '../view/route.js';
import { badge, bar, coded, sentence } from './parts.js';

/** @typedef {ReturnType<typeof import('../view/release.js').toRelease>} Release */
/** @typedef {import('../view/timeline.js').Line} Line */
/** @typedef {import('../dom.js').VNode} VNode */

/** @param {{ release: Release, timeline: Line[], chart: VNode | undefined, act: (action: Release['actions'][number]) => void }} given */
export function releasePage({ release, timeline, chart, act }) {
  return [
    h('nav', { key: 'crumbs', class: 'crumbs', 'aria-label': 'You are here' }, h('a', { href: '#/', 'data-item': '' }, 'Pipelines'), ' / ', h('a', { href: historyHref({ pipeline: release.pipeline }), 'data-item': '' }, release.pipeline)),
    h('div', { key: 'title', class: 'title' }, h('h1', {}, release.image), badge(release.word, release.tone)),
    facts(release),
    release.over && h('p', { key: 'end', class: `end ${release.tone}` }, ...coded(sentence(release.reason))),
    ...release.waiting.map((waiting) => waitingPart(waiting)),
    release.actions.length > 0 && h('div', { key: 'actions', class: 'actions' }, ...release.actions.map((action) => h('button', { key: `action ${action.kind}`, type: 'button', class: action.tone, on: { click: () => act(action) } }, action.label, action.key !== undefined && h('kbd', { 'aria-hidden': 'true' }, action.key)))),
    ...release.failures.map(failurePart),
    h('h2', { key: 'stages-title' }, 'Stages'),
    h('nav', { key: 'stages', class: 'tabs', 'aria-label': 'Stages' }, ...release.stages.map((stage, index) => h('a', { key: `tab ${stage.name}`, href: stage.href, 'data-item': '', class: `tab ${stage.tone}`, 'aria-current': stage.shown ? 'true' : undefined, 'data-stage': index + 1 }, h('span', { class: 'tab-name' }, stage.name), badge(stage.word, stage.tone), stage.weight !== undefined && h('span', {}, stage.weight)))),
    release.stage !== undefined && stagePart(release.stage, chart),
    h('h2', { key: 'story-title' }, 'What happened'),
    timeline.length === 0 ? h('p', { key: 'story-empty', class: 'muted' }, 'Nothing has been written down yet.') : h('ol', { key: 'story', class: 'timeline' }, ...timeline.map(linePart)),
  ];
}

/** @param {Release} release */
const facts = (release) =>
  h(
    'dl',
    { key: 'facts', class: 'facts' },
    ...[
      ['Image', `${release.repository} ${release.digest}`],
      ['Release', release.id],
      ...(release.author === undefined ? [] : [['Asked for by', release.author]]),
      ['Started', release.started],
      ...(release.took === undefined ? [] : [['Took', release.took]]),
    ].map(([term, text]) => h('div', { key: `fact ${term}` }, h('dt', {}, term ?? ''), h('dd', { title: term === 'Image' ? release.fullDigest : undefined }, text ?? ''))),
  );

/** @param {Release['waiting'][number]} waiting */
const waitingPart = (waiting) =>
  h(
    'section',
    { key: `waiting ${waiting.stage}`, class: `waiting ${waiting.tone}` },
    h('h2', {}, h('span', { class: 'muted' }, `${waiting.stage}: `), waiting.headline),
    ...waiting.lines.map((line) => h('p', {}, ...coded(line))),
    waiting.left !== undefined && h('p', { class: 'countdown' }, h('strong', {}, waiting.left), waiting.due !== undefined && h('span', { class: 'muted' }, ` ${waiting.due}`)),
  );

/** @param {NonNullable<Release['stage']>} stage @param {VNode | undefined} chart */
const stagePart = (stage, chart) =>
  h(
    'section',
    { key: `stage ${stage.name}`, class: 'card', 'aria-label': `Stage ${stage.name}` },
    h('p', { class: 'muted where' }, stage.where),
    stage.rungs.length > 0 && h('ol', { class: 'ladder', 'aria-label': 'Ladder of weights' }, ...stage.rungs.map(rungPart)),
    chart ?? h('p', { class: 'muted' }, 'Nothing has happened in this stage yet.'),
  );

const RUNG_SIGNS = { done: '✓', now: '●', ahead: '○', undone: '↓' };

/** @param {NonNullable<Release['stage']>['rungs'][number]} rung */
const rungPart = (rung) =>
  h(
    'li',
    { class: `rung ${rung.state}`, 'aria-current': rung.state === 'now' ? 'step' : undefined },
    h('p', {}, h('span', { 'aria-hidden': 'true', class: 'sign' }, RUNG_SIGNS[rung.state]), ' ', h('strong', {}, rung.weight), h('span', { class: 'hidden' }, ` ${rung.stateWord}`)),
    ...rung.details.map((detail) => h('p', { class: 'muted' }, detail)),
    rung.progress !== undefined && bar(rung.progress, `${Math.round(rung.progress * 100)} % of the bake`),
  );

/** @param {Release['failures'][number]} failure */
const failurePart = (failure) =>
  h(
    'section',
    { key: `failure ${failure.stage}`, class: 'card failure' },
    h('h2', {}, h('span', { class: 'muted' }, `${failure.stage}: `), 'What went wrong'),
    failure.summary !== '' && h('p', { class: 'lines' }, failure.summary),
    failure.hint !== undefined && h('p', { class: 'hint' }, failure.hint),
    failure.tasks.length > 0 &&
      h('ul', { class: 'tasks' }, ...failure.tasks.map((task) => h('li', { key: `task ${task.id}` }, h('code', {}, task.id.slice(0, 12)), ` ${task.stopped}`, ...task.exits.map((exit) => h('span', { class: 'exit' }, exit))))),
    failure.logLines.length > 0 && h('h3', {}, 'Last log lines'),
    failure.logLines.length > 0 && h('pre', { class: 'log', tabindex: 0, 'aria-label': 'Last log lines' }, failure.logLines.join('\n')),
  );

/** @param {Line} line @returns {VNode} */
const linePart = (line) =>
  h(
    'li',
    { key: line.key, class: `line ${line.tone}` },
    h('time', { datetime: Number.isFinite(line.atMs) ? new Date(line.atMs).toISOString() : undefined }, line.at),
    h('span', { class: 'sign', role: 'img', 'aria-label': line.kind }, line.sign),
    h(
      'div',
      { class: 'what' },
      line.stage !== undefined && h('span', { class: 'tag' }, line.stage),
      line.folded === undefined ? h('span', { class: 'lines' }, ...coded(line.text)) : h('details', {}, h('summary', {}, line.text), h('ol', {}, ...line.folded.map((each) => h('li', { key: each.key }, h('time', {}, each.at), ` ${each.text}`)))),
      line.by !== undefined && h('span', { class: 'muted' }, ` – ${line.by}`),
    ),
  );
