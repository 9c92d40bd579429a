// The page: which address shows what, how often it looks, and what keys do.
import { findToken, get, post } from './api.js';
import { askReason, keysAreOn, showKeys } from './dialogs.js';
import { h, render } from './dom.js';
import { chartPart } from './pages/chart.js';
import { historyPage } from './pages/history.js';
import { faultNotice, faultStrip, looking, notice } from './pages/parts.js';
import { pipelinesPage } from './pages/pipelines.js';
import { releasePage } from './pages/release.js';
import { Poller } from './poller.js';
import { toChart } from './view/chart.js';
import { toHistory } from './view/history.js';
import { metricsAgainMs, paceOf } from './view/pace.js';
import { toPipelines } from './view/pipelines.js';
import { actionsOf, currentStage, spoken, toRelease } from './view/release.js';
import { historyHref, releaseHref, routeOf } from './view/route.js';
import { toTimeline } from './view/timeline.js';
import { clean, duration, imageName, standing } from './view/words.js';

/** @typedef {import('../../core/view/index.ts').ReleaseView} ReleaseView */
/** @typedef {import('../../core/view/index.ts').ReleaseSummary} ReleaseSummary */
/** @typedef {import('../../core/view/index.ts').PipelineView} PipelineView */
/** @typedef {import('../../core/view/index.ts').ReleaseMetricsAnswer} Metrics */

const LIST_SIZE = 50;
const HISTORY_SIZE = 100;
const TOAST_MS = 6_000;
const CHORD_MS = 1_500;
const TICK_MS = 1_000;
const KEY_STEP = 0.02;
const SETTLE_PERIODS = 2;

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const main = element('main');

/** What is known, and for which address it was asked. */
const state = {
  route: routeOf(location.hash),
  /** @type {PipelineView[] | undefined} */ pipelines: undefined,
  /** @type {ReleaseSummary[]} */ recent: [],
  recentFor: '',
  /** @type {ReleaseView | undefined} */ release: undefined,
  /** @type {Metrics | undefined} */ metrics: undefined,
  metricsFor: '',
  metricsAtMs: 0,
  metricsFault: '',
  /** @type {number | undefined} */ readingMs: undefined,
  /** @type {{ key: string, releases: ReleaseSummary[], next: string | undefined, loading: boolean } | undefined} */ history: undefined,
  /** @type {{ code: string, message: string, hint?: string } | undefined} */ fault: undefined,
  said: '',
};

// ---- looking ------------------------------------------------------------------------------------------------------------

const poller = new Poller(async ({ current }) => {
  try {
    const pace = await look(current);
    if (current()) state.fault = undefined;
    return pace;
  } catch (error) {
    if (current()) state.fault = /** @type {typeof state.fault} */ (error);
    throw error;
  }
}, draw);

/** @param {() => boolean} current @returns {Promise<import('./view/pace.js').Pace>} */
async function look(current) {
  const { route } = state;
  switch (route.page) {
    case 'pipelines':
      return lookAtPipelines(current);
    case 'release':
      return lookAtRelease(route, current);
    case 'history':
      return lookAtHistory(route, current);
    case 'nowhere':
      return 'over';
  }
}

/** @param {() => boolean} current */
async function lookAtPipelines(current) {
  const { pipelines } = /** @type {{ pipelines: PipelineView[] }} */ (await get('/pipelines'));
  if (!current()) return 'idle';
  state.pipelines = pipelines;
  draw();
  const latest = pipelines.flatMap((pipeline) => pipeline.latest ?? []);
  // What runs where only changes when a newest release is another one, or ends, or reaches another stage.
  const news = latest.map((release) => `${release.id} ${release.status} ${release.stage}`).join();
  if (news !== state.recentFor) {
    const { releases } = /** @type {{ releases: ReleaseSummary[] }} */ (await get(`/releases?limit=${LIST_SIZE}`));
    if (current()) Object.assign(state, { recent: releases, recentFor: news });
  }
  // An older release may still be on its way when a newer one is queued behind it.
  return paceOf([...latest, ...state.recent.filter((release) => release.status !== 'ended')]);
}

/** @param {{ id: string, stage: string | undefined }} route @param {() => boolean} current @returns {Promise<import('./view/pace.js').Pace>} */
async function lookAtRelease({ id, stage }, current) {
  const path = `/releases/${encodeURIComponent(id)}`;
  const release = /** @type {ReleaseView} */ (await get(path));
  if (!current()) return 'idle';
  state.release = release;
  draw();
  const one = release.stages.find(({ name }) => name === stage) ?? currentStage(release);
  const shown = one?.name;
  const key = `${id} ${shown} `;
  const againMs = metricsAgainMs(state.metrics?.alarms ?? []);
  // The last points of a rollout come in a period or two after its end.
  const settled = key === state.metricsFor && one?.status === 'ended' && state.metricsAtMs > Date.parse(one.endedAt ?? release.endedAt ?? release.createdAt) + SETTLE_PERIODS * againMs;
  const fresh = settled || (key === state.metricsFor && Date.now() - state.metricsAtMs < againMs);
  if (!fresh) {
    try {
      const metrics = /** @type {Metrics} */ (await get(`${path}/metrics${shown === undefined ? '' : `?${new URLSearchParams({ stage: shown })}`}`));
      if (current()) Object.assign(state, { metrics, metricsFor: key, metricsAtMs: Date.now(), metricsFault: '' });
    } catch (error) {
      // The release matters more than its curves.
      if (current()) Object.assign(state, { metricsFault: /** @type {Error} */ (error).message, metricsAtMs: Date.now() });
    }
  }
  if (release.status === 'ended') return settled ? 'over' : 'people';
  return paceOf([{ status: release.status, waitingFor: release.stages.find((one) => one.status !== 'ended' && one.waitingFor !== undefined)?.waitingFor?.kind ?? '' }]);
}

/** @param {{ pipeline: string }} route @param {() => boolean} current @returns {Promise<import('./view/pace.js').Pace>} */
async function lookAtHistory({ pipeline }, current) {
  const query = new URLSearchParams({ limit: String(HISTORY_SIZE), ...(pipeline === '' ? {} : { pipeline }) });
  const [answer, listed] = await Promise.all([get(`/releases?${query}`), get('/pipelines')]);
  if (!current()) return 'idle';
  const { releases, next } = /** @type {{ releases: ReleaseSummary[], next?: string }} */ (answer);
  const { pipelines } = /** @type {{ pipelines: PipelineView[] }} */ (listed);
  const older = state.history?.key === pipeline ? state.history.releases.filter((one) => !releases.some((other) => other.id === one.id)) : [];
  state.history = { key: pipeline, releases: [...releases, ...older], next: older.length > 0 ? state.history?.next : next, loading: false };
  state.pipelines = pipelines;
  return paceOf(releases) === 'idle' ? 'idle' : 'people';
}

async function loadOlder() {
  const { history } = state;
  if (history?.next === undefined || history.loading) return;
  history.loading = true;
  draw();
  try {
    const answer = /** @type {{ releases: ReleaseSummary[], next?: string }} */ (await get(`/releases?${new URLSearchParams({ limit: String(HISTORY_SIZE), pipeline: history.key, next: history.next })}`));
    if (state.history?.key === history.key) {
      const known = state.history.releases;
      state.history = { ...state.history, releases: [...known, ...answer.releases.filter((one) => !known.some((other) => other.id === one.id))], next: answer.next, loading: false };
    }
  } catch (error) {
    history.loading = false;
    toast(/** @type {Error} */ (error).message);
  }
  draw();
}

// ---- drawing ------------------------------------------------------------------------------------------------------------

function draw() {
  const nowMs = Date.now();
  const { route, fault } = state;
  const page = pageFor(nowMs);
  const again = poller.nextAtMs === undefined ? '' : `Looking again in ${duration(Math.max(1_000, poller.nextAtMs - nowMs))}.`;
  if (fault === undefined) render(main, page ?? [looking()]);
  else if (page === undefined || fault.code === 'NotFound' || fault.code === 'TokenMissing') render(main, [faultNotice(fault, fault.code === 'TokenMissing' ? undefined : again)]);
  else render(main, [faultStrip(fault, again), ...page]);
  afterDraw(route);
}

/** Undefined while nothing is known yet. @param {number} nowMs @returns {import('./dom.js').Child[] | undefined} */
function pageFor(nowMs) {
  const { route } = state;
  const pruned = (/** @type {(import('./dom.js').Child | undefined | false)[]} */ children) => /** @type {import('./dom.js').Child[]} */ (children.filter((child) => child !== undefined && child !== false));
  switch (route.page) {
    case 'pipelines':
      return state.pipelines && pipelinesPage(toPipelines(state.pipelines, state.recent, nowMs));
    case 'release': {
      const view = state.release?.id === route.id ? state.release : undefined;
      return view && pruned(releasePage({ release: toRelease(view, route.stage, nowMs), timeline: toTimeline(view.timeline), chart: chartFor(view, route.stage, nowMs), act }));
    }
    case 'history': {
      const history = state.history?.key === route.pipeline ? state.history : undefined;
      if (history === undefined) return undefined;
      const filter = { pipeline: route.pipeline, outcome: route.outcome, text: route.text };
      const more = history.loading ? 'loading' : history.next !== undefined ? 'older' : route.pipeline === '' && history.releases.length >= HISTORY_SIZE ? 'choose' : 'none';
      const pipelines = (state.pipelines ?? []).map((pipeline) => pipeline.name);
      return pruned(historyPage({ rows: toHistory(history.releases, filter, nowMs), known: history.releases.length, pipelines, filter, more, on: { filter: onFilter, older: onOlder } }));
    }
    case 'nowhere':
      return [notice('There is no such page', 'The address leads nowhere.', h('p', {}, h('a', { href: '#/' }, 'To the pipelines')))];
  }
}

/** @param {ReleaseView} view @param {string | undefined} stageAsked @param {number} nowMs */
function chartFor(view, stageAsked, nowMs) {
  const stage = view.stages.find((one) => one.name === stageAsked) ?? currentStage(view);
  if (stage === undefined || stage.status === 'pending') return undefined;
  const known = state.metricsFor.startsWith(`${view.id} ${stage.name} `) ? state.metrics : undefined;
  const chart = toChart({ stage, timeline: view.timeline, metrics: known, nowMs, width: chartWidth() });
  if (chart === undefined) return undefined;
  drawn = chart;
  return chartPart({ chart, at: state.readingMs, metrics: known !== undefined ? 'there' : state.metricsFault === '' ? 'loading' : 'failed', fault: clean(state.metricsFault), on: chartEvents });
}

/** @type {NonNullable<ReturnType<typeof toChart>> | undefined} */
let drawn;

const CARD_PADDING_PX = 34;
const chartWidth = () => Math.max(260, main.clientWidth - parseFloat(getComputedStyle(main).paddingLeft) * 2 - CARD_PADDING_PX);

/** What a tree cannot say: titles, the head of the page, and fields that were touched before. @param {typeof state.route} route */
function afterDraw(route) {
  const view = route.page === 'release' && state.release?.id === route.id ? state.release : undefined;
  document.title = view === undefined ? (route.page === 'history' ? 'History – Slipway' : 'Slipway') : `${standing({ ...view, waitingFor: currentStage(view)?.waitingFor }).word}: ${imageName(view.image)} – Slipway`;
  element('nav-pipelines').toggleAttribute('aria-current', route.page === 'pipelines');
  element('nav-history').toggleAttribute('aria-current', route.page === 'history');
  render(element('live'), [state.fault !== undefined ? 'not live' : poller.nextAtMs === undefined ? '' : 'live']);
  element('live').classList.toggle('off', state.fault !== undefined);
  if (route.page === 'history') {
    for (const name of /** @type {const} */ (['pipeline', 'outcome', 'text'])) {
      const field = /** @type {HTMLInputElement | HTMLSelectElement | null} */ (document.getElementById(`filter-${name}`));
      if (field !== null && field !== document.activeElement && field.value !== route[name]) field.value = route[name];
    }
  }
  const said = view === undefined ? '' : spoken(view);
  if (said !== state.said) {
    // Silent on arrival: then the page itself is read.
    element('spoken').textContent = state.said === '' ? '' : said;
    state.said = said;
  }
}

/** @param {string} text */
function toast(text) {
  render(element('toast'), [h('p', {}, text)]);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => render(element('toast'), []), TOAST_MS);
}
/** @type {ReturnType<typeof setTimeout> | undefined} */
let toastTimer;

// ---- acting -------------------------------------------------------------------------------------------------------------

/** @param {import('./view/release.js').Action} action */
function act(action) {
  const release = state.release;
  if (release === undefined) return;
  askReason(action, `${imageName(release.image)} in ${release.pipeline}`, async (reason) => {
    if (action.kind === 'retry' || action.kind === 'undo') {
      const started = /** @type {{ release: ReleaseSummary }} */ (await post(`/releases/${encodeURIComponent(release.id)}/${action.kind}`, reason === '' ? {} : { reason }));
      location.hash = releaseHref(started.release.id);
      return;
    }
    const answer = /** @type {{ message: string }} */ (await post(`/releases/${encodeURIComponent(release.id)}/decisions`, { kind: action.kind, ...(action.stage === undefined ? {} : { stage: action.stage }), ...(reason === '' ? {} : { reason }) }));
    toast(clean(answer.message));
    void poller.now();
  });
}

/** @param {Event} event */
function onFilter(event) {
  if (state.route.page !== 'history') return;
  const field = /** @type {HTMLInputElement} */ (event.target);
  const before = state.route;
  const filter = { pipeline: before.pipeline, outcome: before.outcome, text: before.text, [field.name]: field.value };
  history.replaceState(null, '', historyHref(filter));
  state.route = { page: 'history', ...filter };
  draw();
  if (before.pipeline !== filter.pipeline) void poller.now();
}

const onOlder = () => void loadOlder();

const read = (/** @type {number | undefined} */ ms) => {
  state.readingMs = ms;
  draw();
};
const chartEvents = {
  pointermove: (/** @type {PointerEvent} */ event) => {
    const plot = /** @type {Element} */ (event.currentTarget).querySelector('svg.plot');
    if (plot !== null && drawn !== undefined) read(drawn.msAt(event.clientX - plot.getBoundingClientRect().left));
  },
  pointerleave: () => read(undefined),
  blur: () => read(undefined),
  keydown: (/** @type {KeyboardEvent} */ event) => {
    if (drawn === undefined || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return;
    event.preventDefault();
    const stepMs = (drawn.toMs - drawn.fromMs) * KEY_STEP * (event.key === 'ArrowLeft' ? -1 : 1);
    read(Math.min(drawn.toMs, Math.max(drawn.fromMs, (state.readingMs ?? drawn.toMs) + stepMs)));
  },
};

/** The first key of `g p`, and when it was pressed. */
let chord = { key: '', atMs: 0 };

document.addEventListener('keydown', (event) => {
  const target = /** @type {Element} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || !keysAreOn() || /** @type {HTMLDialogElement} */ (element('dialog')).open || target.matches('input, textarea, select')) return;
  const after = Date.now() - chord.atMs < CHORD_MS ? chord.key : '';
  chord = { key: event.key, atMs: Date.now() };
  if (after === 'g' && (event.key === 'p' || event.key === 'h')) location.hash = event.key === 'p' ? '#/' : '#/history';
  else if (event.key === '?') showKeys();
  else if (event.key === 'j' || event.key === 'k') step(event.key === 'j' ? 1 : -1);
  else if (event.key === '/' && state.route.page === 'history') element('filter-text').focus();
  else if (state.route.page !== 'release' || state.release === undefined) return;
  else if (/^[1-9]$/.test(event.key)) {
    const stage = state.release.stages[Number(event.key) - 1];
    if (stage !== undefined) location.hash = releaseHref(state.release.id, stage.name);
  } else {
    const action = actionsOf(state.release).find(({ key }) => key === event.key);
    if (action === undefined) return;
    act(action);
  }
  event.preventDefault();
});

/** @param {1 | -1} by */
function step(by) {
  const items = /** @type {HTMLElement[]} */ ([...main.querySelectorAll('[data-item]')]);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  items[at === -1 ? (by === 1 ? 0 : items.length - 1) : Math.min(items.length - 1, Math.max(0, at + by))]?.focus();
}

// ---- beginning ----------------------------------------------------------------------------------------------------------

function go() {
  const before = state.route;
  const route = routeOf(location.hash);
  const samePage = before.page === route.page && (route.page !== 'release' || (before.page === 'release' && before.id === route.id));
  state.route = route;
  state.fault = undefined;
  state.readingMs = undefined;
  if (!samePage) {
    state.release = undefined;
    state.said = '';
    element('spoken').textContent = '';
    state.metricsFault = '';
    scrollTo(0, 0);
  }
  draw();
  void poller.now();
}

addEventListener('hashchange', () => {
  const before = state.route;
  // The link to the content is an address too; it is not a page.
  if (location.hash === '#main') return history.replaceState(null, '', location.href.split('#')[0] + hashOf(before));
  go();
  if (before.page !== state.route.page) main.focus({ preventScroll: true });
});

/** @param {typeof state.route} route */
const hashOf = (route) => (route.page === 'release' ? releaseHref(route.id, route.stage) : route.page === 'history' ? historyHref(route) : '#/');

element('skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
element('help').addEventListener('click', showKeys);
new ResizeObserver(() => draw()).observe(main);
// Countdowns go on between two looks; where nothing counts down, nothing changes.
setInterval(() => {
  if (!document.hidden && (state.fault !== undefined || state.route.page !== 'release' || state.release?.status !== 'ended')) draw();
}, TICK_MS);

await findToken();
go();
get('/about').then(
  (about) => {
    const { cloud, person } = /** @type {{ cloud: string, person?: string }} */ (about);
    render(element('about'), [person === undefined ? cloud : `${cloud}, as ${person}`]);
  },
  () => undefined,
);
