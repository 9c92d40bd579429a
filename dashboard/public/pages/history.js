// The history of releases, with filters.
import { h } from '../dom.js';
import { OUTCOME_CHOICES } from '../view/history.js';
import { clean } from '../view/words.js';
import { badge, notice } from './parts.js';

/** @typedef {import('../view/history.js').Row} Row */
/** @typedef {import('../view/history.js').Filter} Filter */

/**
 * @param {{ rows: Row[], known: number, pipelines: string[], filter: Filter, more: 'older' | 'loading' | 'choose' | 'none', on: { filter: (event: Event) => void, older: () => void } }} given
 */
export function historyPage({ rows, known, pipelines, filter, more, on }) {
  return [
    h('h1', {}, 'History'),
    h(
      'div',
      { class: 'filters', role: 'search', on: { input: on.filter } },
      choice('pipeline', 'Pipeline', [{ value: '', label: 'every pipeline' }, ...pipelines.map((name) => ({ value: name, label: clean(name) }))], filter.pipeline),
      choice('outcome', 'Outcome', OUTCOME_CHOICES, filter.outcome),
      h('label', { class: 'grow' }, h('span', {}, 'Text'), h('input', { type: 'search', name: 'text', id: 'filter-text', value: filter.text, placeholder: 'tag, digest, reason …', autocomplete: 'off', spellcheck: 'false' })),
    ),
    rows.length === 0 ? nothing(known, filter) : list(rows),
    h('p', { class: 'muted count', role: 'status' }, rows.length === known ? `${known} ${known === 1 ? 'release' : 'releases'}.` : `${rows.length} of ${known} releases match.`, more === 'choose' && ' Only the newest of every pipeline are here: choose a pipeline to see older ones.'),
    (more === 'older' || more === 'loading') && h('p', {}, h('button', { type: 'button', class: 'plain', disabled: more === 'loading', on: { click: on.older } }, more === 'loading' ? 'Loading …' : 'Load older releases')),
  ];
}

/** @param {string} name @param {string} label @param {readonly { value: string, label: string }[]} options @param {string} chosen */
const choice = (name, label, options, chosen) =>
  h('label', {}, h('span', {}, label), h('select', { name, id: `filter-${name}` }, ...options.map((option) => h('option', { key: `option ${option.value}`, value: option.value, selected: option.value === chosen }, option.label))));

/** @param {number} known @param {Filter} filter */
const nothing = (known, filter) =>
  known === 0 && filter.pipeline === ''
    ? notice('Nothing has been released yet', 'Push an image that a pipeline wants, or start one by hand:', h('pre', { class: 'command' }, 'slipway deploy PIPELINE --tag TAG'))
    : notice('Nothing matches', known === 0 ? 'This pipeline has released nothing yet.' : 'No release that is loaded fits these filters.', h('p', {}, h('a', { href: '#/history', 'data-item': '' }, 'Clear the filters')));

/** @param {Row[]} rows */
const list = (rows) =>
  h(
    'table',
    { class: 'history' },
    h('thead', {}, h('tr', {}, ...['Release', 'State', 'Stage', 'Started', 'Took', 'Why'].map((heading) => h('th', { scope: 'col' }, heading)))),
    h('tbody', {}, ...rows.map(row)),
  );

/** @param {Row} one */
const row = (one) =>
  h(
    'tr',
    { key: one.key },
    h('td', { class: 'name' }, h('a', { href: one.href, 'data-item': '', class: 'image' }, one.image), h('span', { class: 'muted' }, ` ${one.pipeline}`)),
    h('td', {}, badge(one.word, one.tone)),
    h('td', { 'data-label': 'Stage' }, one.stage),
    h('td', { 'data-label': 'Started', title: one.started }, one.startedAgo),
    h('td', { 'data-label': 'Took' }, one.took),
    h('td', { class: 'why' }, h('span', { class: 'clamp' }, one.reason)),
  );
