// Pipelines with their stages: what runs where, as far as Slipway's own record tells, and what is on its way. Pure.
import { releaseHref } from './route.js';
import { ago, clean, day, imageName, percent, readable, standing } from './words.js';

/** @typedef {import('../../../core/view/index.ts').PipelineView} PipelineView */
/** @typedef {import('../../../core/view/index.ts').ReleaseSummary} ReleaseSummary */
/** @typedef {import('./words.js').Tone} Tone */
/** @typedef {{ image: string, href: string }} Named */
/**
 * @typedef {object} StageCard
 * @property {string} name
 * @property {string} where
 * @property {(Named & { since: string | undefined }) | undefined} runs
 * @property {(Named & { word: string, tone: Tone, reason: string, weightPercent: number | undefined, weight: string | undefined }) | undefined} coming
 * @property {(Named & { word: string, tone: Tone, since: string, reason: string }) | undefined} failed the newest release that came this far, when it failed here
 */
/** @typedef {{ name: string, repository: string, stages: StageCard[], inFlight: number, frozen: string[] }} PipelineCard */

/** @param {readonly PipelineView[]} pipelines @param {readonly ReleaseSummary[]} releases newest first @param {number} nowMs @returns {PipelineCard[]} */
export function toPipelines(pipelines, releases, nowMs) {
  return pipelines.map((pipeline) => {
    const names = pipeline.stages.map((stage) => stage.name);
    const own = withLatest(releases.filter((release) => release.pipeline === pipeline.name), pipeline.latest);
    return {
      name: clean(pipeline.name),
      repository: clean(pipeline.repository),
      frozen: (pipeline.freezes ?? []).map(({ pipeline: one, until, by, reason }) => clean(`${one === undefined ? 'Everything is frozen' : 'Frozen'} ${until === undefined ? 'until it is lifted' : `until ${day(Date.parse(until))}`} by ${by}: ${reason}`)),
      inFlight: own.filter((release) => release.status !== 'ended').length,
      stages: pipeline.stages.map((stage, index) => stageCard(stage, index, names, own, nowMs)),
    };
  });
}

/** The list of releases is looked at less often than the pipelines: the newest word on the newest release wins. @param {ReleaseSummary[]} own @param {ReleaseSummary | undefined} latest */
function withLatest(own, latest) {
  if (latest === undefined) return own;
  return own.some((release) => release.id === latest.id) ? own.map((release) => (release.id === latest.id ? latest : release)) : [latest, ...own];
}

/** @param {PipelineView['stages'][number]} stage @param {number} index @param {string[]} names @param {ReleaseSummary[]} own @param {number} nowMs @returns {StageCard} */
function stageCard(stage, index, names, own, nowMs) {
  const at = (/** @type {ReleaseSummary} */ release) => names.indexOf(release.stage ?? '');
  const done = (/** @type {ReleaseSummary} */ release) => release.outcome === 'succeeded' || release.outcome === 'unchanged';
  // Whoever went on to a later stage was done with this one.
  const runs = own.find((release) => at(release) > index || (at(release) === index && done(release)));
  const coming = own.find((release) => release.status !== 'ended' && at(release) === index);
  const newest = own.find((release) => at(release) >= index);
  const failed = newest !== undefined && at(newest) === index && newest.status === 'ended' && !done(newest) && newest.outcome !== 'superseded' ? newest : undefined;
  return {
    name: clean(stage.name),
    where: clean(`${stage.cluster}/${stage.service}`),
    runs: runs && { ...named(runs, stage.name), since: runs.endedAt === undefined ? undefined : ago(Date.parse(runs.endedAt), nowMs) },
    coming: coming && {
      // Without a stage: whoever follows it wants to see it go on.
      ...named(coming),
      ...standing(coming),
      reason: readable(coming.reason),
      weightPercent: coming.weightPercent,
      weight: coming.weightPercent === undefined || coming.waitingFor === 'turn' ? undefined : percent(coming.weightPercent),
    },
    failed: failed && { ...named(failed, stage.name), ...standing(failed), since: ago(Date.parse(failed.endedAt ?? failed.createdAt), nowMs), reason: readable(failed.reason) },
  };
}

/** @param {ReleaseSummary} release @param {string} [stage] @returns {Named} */
const named = (release, stage) => ({ image: imageName(release.image), href: releaseHref(release.id, stage) });
