// One release as the page shows it: where each stage stands, what is waited for, what may be decided, what went wrong. Pure.
import { releaseHref } from './route.js';
import { ago, clean, clock, day, duration, imageName, orList, outcomeOf, percent, readable, shortDigest, standing } from './words.js';

/** @typedef {import('../../../core/view/index.ts').ReleaseView} ReleaseView */
/** @typedef {import('../../../core/view/index.ts').StageView} StageView */
/** @typedef {import('../../../core/view/index.ts').RungView} RungView */
/** @typedef {import('./words.js').Tone} Tone */
/** @typedef {{ kind: string, label: string, title: string, explain: string, tone: 'good' | 'bad' | 'plain', key: string | undefined, reasonNeeded: boolean, stage?: string }} Action */
/** @typedef {{ weight: string, state: 'done' | 'now' | 'ahead' | 'undone', stateWord: string, details: string[], progress: number | undefined }} Rung */
/** @typedef {{ stage: string, headline: string, lines: string[], left: string | undefined, due: string | undefined, tone: Tone }} Waiting */
/** @typedef {{ stage: string, summary: string, tasks: { id: string, stopped: string, exits: string[] }[], logLines: string[], hint: string | undefined }} Failure */

/** @param {ReleaseView} view @param {string | undefined} stageAsked @param {number} nowMs */
export function toRelease(view, stageAsked, nowMs) {
  const current = currentStage(view);
  const shown = view.stages.find((stage) => stage.name === stageAsked) ?? current;
  const createdMs = Date.parse(view.createdAt);
  const endedMs = view.endedAt === undefined ? undefined : Date.parse(view.endedAt);
  return {
    id: clean(view.id),
    pipeline: clean(view.pipeline),
    repository: clean(view.image.repository),
    image: imageName(view.image),
    digest: shortDigest(view.image.digest),
    fullDigest: clean(view.image.digest),
    author: view.author === undefined ? undefined : clean(view.author),
    ...standing({ ...view, waitingFor: view.status === 'ended' ? undefined : current?.waitingFor }),
    over: view.status === 'ended',
    reason: readable(view.reason),
    started: `${day(createdMs)} (${ago(createdMs, nowMs)})`,
    took: endedMs === undefined ? undefined : duration(endedMs - createdMs),
    stages: view.stages.map((stage) => ({ ...stageTab(stage), href: releaseHref(view.id, stage.name), shown: stage === shown })),
    stage: shown && { name: clean(shown.name), rawName: shown.name, where: clean(`${shown.cluster}/${shown.service}`), ...standing(shown), rungs: shown.rungs.map((rung) => toRung(rung, shown, nowMs)) },
    waiting: view.stages.flatMap((stage) => toWaiting(stage, view.reason, nowMs)),
    actions: actionsOf(view),
    failures: view.stages.flatMap(toFailure),
  };
}

/** Where the release stands or ended. @param {ReleaseView} view @returns {StageView | undefined} */
export const currentStage = (view) => view.stages.find((stage) => stage.name === view.stage) ?? view.stages.findLast((stage) => stage.status !== 'pending') ?? view.stages[0];

/** @param {StageView} stage */
function stageTab(stage) {
  const moves = stage.status !== 'pending' && stage.status !== 'ended' && stage.rungs.length > 0 && stage.weightPercent !== undefined;
  return { name: clean(stage.name), where: clean(`${stage.cluster}/${stage.service}`), ...standing(stage), weight: moves ? percent(stage.weightPercent ?? 0) : undefined };
}

/** @param {RungView} rung @param {StageView} stage @param {number} nowMs @returns {Rung} */
function toRung(rung, stage, nowMs) {
  const asks = rung.approval;
  const state = rungState(rung, stage);
  const bakesNow = state === 'now' && stage.waitingFor?.kind === 'bake' && rung.reachedAt !== undefined && rung.bakeMs > 0;
  const baked = bakesNow ? Math.min(1, (nowMs - Date.parse(rung.reachedAt ?? '')) / rung.bakeMs) : undefined;
  return {
    weight: percent(rung.weightPercent),
    state,
    stateWord: { done: 'done', now: 'now', ahead: 'ahead', undone: 'rolled back' }[state],
    details: [
      ...(rung.bakeMs > 0 ? [`bakes ${duration(rung.bakeMs)}`] : []),
      ...(rung.requests === undefined ? [] : [`needs ${rung.requests} requests`]),
      ...(asks === undefined ? [] : [`asks ${asks.from.length === 0 ? 'anybody' : orList(asks.from)}${asks.need > 1 ? `, ${asks.need} of them` : ''}`]),
      ...(rung.reachedAt === undefined ? [] : [`at ${clock(Date.parse(rung.reachedAt))}`]),
    ],
    progress: baked === undefined || Number.isNaN(baked) ? undefined : Math.max(0, baked),
  };
}

/** @param {RungView} rung @param {StageView} stage @returns {Rung['state']} */
function rungState(rung, stage) {
  if (stage.status === 'pending') return 'ahead';
  if (stage.status === 'ended' && (stage.outcome === 'succeeded' || stage.outcome === 'unchanged')) return 'done';
  const weight = stage.weightPercent ?? 0;
  const reached = rung.reachedAt !== undefined || rung.weightPercent < weight - 0.05;
  if (stage.status === 'ended' || stage.waitingFor?.kind === 'rollback') return reached ? 'undone' : 'ahead';
  if (Math.abs(rung.weightPercent - weight) < 0.05 && reached) return 'now';
  return reached ? 'done' : 'ahead';
}

/** @param {StageView} stage @param {string} reason @param {number} nowMs @returns {Waiting[]} */
function toWaiting(stage, reason, nowMs) {
  const waiting = stage.waitingFor;
  if (waiting === undefined || stage.status === 'ended' || stage.status === 'pending' && waiting.kind !== 'turn' && waiting.kind !== 'freeze') return [];
  const { untilMs } = waiting;
  const given = (waiting.given ?? []).map(clean);
  const common = {
    stage: clean(stage.name),
    left: untilMs === undefined ? undefined : untilMs > nowMs ? `${duration(untilMs - nowMs)} left` : 'due now',
    due: untilMs === undefined ? undefined : `until ${untilMs - nowMs > 20 * 3_600_000 ? day(untilMs) : clock(untilMs)}`,
  };
  const weight = percent(stage.weightPercent ?? 0);
  switch (waiting.kind) {
    case 'approval': {
      const open = (waiting.from ?? []).filter((name) => !(waiting.given ?? []).includes(name));
      const who = (waiting.from ?? []).length === 0 ? 'Anybody who may call the control API can answer.' : `${orList(open)} can answer.`;
      const count = `${given.length} of ${waiting.need ?? 1} approved${given.length === 0 ? '' : `: ${given.join(', ')}`}.`;
      const lacking = (waiting.lacking ?? []).map(({ name, oneOf }) => (oneOf.length === 1 && oneOf[0] === name ? clean(name) : `one of ${clean(name)} (${orList(oneOf)})`));
      const more = [
        ...(lacking.length === 0 ? [] : [`${lacking.join(' and ')} has to be among them.`]),
        ...(waiting.escalates === undefined ? [] : [`${orList(waiting.escalates.to)} can answer as well in ${duration(waiting.escalates.atMs - nowMs)}.`]),
      ];
      return [{ ...common, headline: readable(reason), lines: [who, count, ...more], tone: 'asks' }];
    }
    case 'bake':
      return [{ ...common, headline: `Baking at ${weight}`, lines: untilMs === undefined ? [readable(reason)] : [], tone: 'busy' }];
    case 'alarmData':
      return [{ ...common, headline: 'Waits for alarms to have data', lines: [readable(reason)], tone: 'asks' }];
    case 'freeze':
      return [{ ...common, headline: 'Waits for the end of a freeze', lines: [readable(waiting.text ?? reason)], tone: 'asks' }];
    case 'turn':
      return [{ ...common, headline: 'Waits for its turn', lines: [readable(reason)], tone: 'quiet' }];
    case 'rollback':
      return [{ ...common, headline: 'Rolling back', lines: [readable(reason)], tone: 'bad' }];
    case 'deployment':
      return [{ ...common, headline: 'ECS is at work', lines: [], tone: 'busy' }];
    default:
      return [{ ...common, headline: clean(String(waiting.kind)), lines: [readable(reason)], tone: 'busy' }];
  }
}

/** @type {Record<'approve' | 'reject' | 'promote' | 'override' | 'retry' | 'undo' | 'abort', Omit<Action, 'kind' | 'stage'>>} */
const ACTIONS = {
  approve: { label: 'Approve', title: 'Approve', explain: 'The release goes on.', tone: 'good', key: 'a', reasonNeeded: false },
  reject: { label: 'Reject', title: 'Reject', explain: 'The release ends, and what it changed is rolled back. Others will read your reason.', tone: 'bad', key: 'r', reasonNeeded: true },
  promote: { label: 'Skip the bake', title: 'Skip the rest of this bake', explain: 'The release goes on as soon as its alarms are quiet; approvals are still asked for.', tone: 'plain', key: 'p', reasonNeeded: false },
  override: { label: 'Override the freeze', title: 'Override the freeze', explain: 'This release begins this stage in spite of the freeze. Those who froze will read your reason.', tone: 'bad', key: 'o', reasonNeeded: true },
  retry: { label: 'Release it again', title: 'Release the same image again', explain: 'What keeps this image from being rolled out again is lifted.', tone: 'plain', key: 't', reasonNeeded: false },
  undo: { label: 'Undo', title: 'Undo this release', explain: 'What ran before it runs again, on the fastest strategy.', tone: 'bad', key: 'u', reasonNeeded: true },
  abort: { label: 'Abort', title: 'Abort', explain: 'The release stops whatever it is doing and rolls back.', tone: 'bad', key: 'x', reasonNeeded: false },
};

/**
 * What may be decided now, as far as the page can tell: Slipway has the last word.
 * @param {ReleaseView} view @returns {Action[]}
 */
export function actionsOf(view) {
  const asking = view.stages.find((stage) => stage.status !== 'ended' && stage.waitingFor?.kind === 'approval');
  const baking = view.stages.find((stage) => stage.status !== 'ended' && stage.waitingFor?.kind === 'bake');
  const frozen = view.stages.find((stage) => stage.status !== 'ended' && stage.waitingFor?.kind === 'freeze');
  const rollingBack = view.stages.some((stage) => stage.status !== 'ended' && stage.waitingFor?.kind === 'rollback');
  if (view.status === 'ended') return view.outcome === 'succeeded' ? [action('undo')] : view.outcome === 'unchanged' || view.outcome === 'superseded' ? [] : [action('retry')];
  return [
    ...(asking === undefined ? [] : [action('approve', asking.name), action('reject', asking.name)]),
    ...(baking === undefined ? [] : [action('promote', baking.name)]),
    ...(frozen === undefined ? [] : [action('override', frozen.name)]),
    ...(rollingBack ? [] : [action('abort')]),
  ];
}

/** @param {keyof typeof ACTIONS} kind @param {string} [stage] @returns {Action} */
const action = (kind, stage) => ({ kind, ...ACTIONS[kind], ...(stage === undefined ? {} : { stage }) });

/** @param {StageView} stage @returns {Failure[]} */
function toFailure(stage) {
  const failure = stage.failure;
  if (failure === undefined) return [];
  const parts = failure.summary !== undefined || failure.tasks !== undefined || failure.logLines !== undefined;
  return [
    {
      stage: clean(stage.name),
      // An older Slipway says everything in one text.
      summary: clean(parts ? (failure.summary ?? '') : failure.reason),
      tasks: (failure.tasks ?? []).map((task) => ({
        id: clean(task.id),
        stopped: clean(task.stoppedReason),
        exits: task.exits.map((exit) => clean(`${exit.container}: ${exit.exitCode === undefined ? 'no exit code' : `exit code ${exit.exitCode}`}${exit.reason === undefined ? '' : ` (${exit.reason})`}`)),
      })),
      logLines: (failure.logLines ?? []).map(clean),
      hint: failure.hint === undefined ? undefined : clean(failure.hint),
    },
  ];
}

/** For those who do not see the page change. @param {ReleaseView} view */
export const spoken = (view) => {
  const { word } = view.outcome === undefined ? standing({ ...view, waitingFor: currentStage(view)?.waitingFor }) : outcomeOf(view.outcome);
  return `${imageName(view.image)} ${word}${view.stage === undefined ? '' : ` in ${clean(view.stage)}`}: ${readable(view.reason)}`;
};
