// The pipelines: what runs where, and what is on its way.
import { h } from '../dom.js';
import { historyHref } from '../view/route.js';
import { badge, bar, notice } from './parts.js';

/** @typedef {import('../view/pipelines.js').PipelineCard} PipelineCard */
/** @typedef {import('../view/pipelines.js').StageCard} StageCard */

/** @param {PipelineCard[]} cards */
export function pipelinesPage(cards) {
  if (cards.length === 0) {
    return [h('h1', {}, 'Pipelines'), notice('There are no pipelines yet', 'Write a slipway.yml that says which image goes where, then apply it:', h('pre', { class: 'command' }, 'slipway apply'))];
  }
  return [h('h1', {}, 'Pipelines'), ...cards.map(card)];
}

/** @param {PipelineCard} pipeline */
const card = (pipeline) =>
  h(
    'section',
    { key: `pipeline ${pipeline.name}`, class: 'card pipeline' },
    h('div', { class: 'head' }, h('h2', {}, pipeline.name), h('span', { class: 'muted' }, pipeline.repository), pipeline.inFlight > 0 && h('span', { class: 'muted' }, `${pipeline.inFlight} in flight`), h('a', { class: 'aside', href: historyHref({ pipeline: pipeline.name }), 'data-item': '', 'aria-label': `history of ${pipeline.name}` }, 'History')),
    ...pipeline.frozen.map((line) => h('p', { key: `freeze ${line}`, class: 'reason' }, `❄ ${line}`)),
    h('ol', { class: 'flow' }, ...pipeline.stages.map(stage)),
  );

/** @param {StageCard} stage */
const stage = ({ name, where, runs, coming, failed }) =>
  h(
    'li',
    { key: `stage ${name}`, class: `stage ${coming?.tone ?? ''}` },
    h('h3', {}, name),
    h('p', { class: 'muted where' }, where),
    runs === undefined ? h('p', { class: 'muted' }, 'Nothing rolled out by Slipway in its latest releases.') : h('p', {}, 'Runs ', h('a', { href: runs.href, 'data-item': '', class: 'image' }, runs.image), runs.since !== undefined && h('span', { class: 'muted' }, `, released ${runs.since}`)),
    coming !== undefined &&
      h(
        'div',
        { class: `coming ${coming.tone}` },
        h('p', {}, h('a', { href: coming.href, 'data-item': '', class: 'image' }, coming.image), ' ', badge(coming.word, coming.tone), coming.weight !== undefined && coming.weightPercent !== undefined && coming.weightPercent > 0 && ` at ${coming.weight}`),
        coming.weightPercent !== undefined && bar(coming.weightPercent / 100, `${coming.weight ?? ''} of the traffic`, coming.tone),
        h('p', { class: 'reason' }, coming.reason),
      ),
    failed !== undefined && coming === undefined && h('div', { class: 'failed' }, h('p', {}, h('a', { href: failed.href, 'data-item': '', class: 'image' }, failed.image), ' ', badge(failed.word, failed.tone), h('span', { class: 'muted' }, ` ${failed.since}`)), h('p', { class: 'reason clamp' }, failed.reason)),
  );
