// What can happen to a rollout, scene by scene: what happens, how the plan ought to take it, and what the plan leaves open.
import { formatDuration } from '../../core/duration.ts';
import { rungsOf } from '../../core/ladder/index.ts';
import type { Pipeline, Stage } from '../../core/pipeline/model.ts';
import type { ReleaseOutcome, ReleaseView } from '../../core/view/model.ts';
import { GOOD_IMAGE, type ImageCharacter } from '../simulation/images.ts';
import { isOver, type Rollout } from '../simulation/invariants/ledger.ts';
import type { RehearsalStage } from './stage.ts';

export interface Scene {
  /** For `--scene`. */
  name: string;
  title: string;
  /** How many images are pushed in it. */
  images: 1 | 2;
  /** What the first of them is like; good by default. */
  character?: ImageCharacter;
  /** What whoever is asked says; nothing by default. */
  answers?: 'approve' | 'reject';
  /** From the push of the first image on. */
  goesOn: (stage: RehearsalStage, releaseId: string) => Promise<Played>;
}

export interface Played {
  release: ReleaseView;
  /** What did not go as it should. */
  faults: string[];
  /** What the plan leaves open, for its authors to think about. */
  findings: string[];
}

export async function play({ answers, character, goesOn }: Scene, stage: RehearsalStage): Promise<Played> {
  if (answers) stage.everybodyAnswers(answers);
  return goesOn(stage, await stage.push(0, character));
}

/** Scenes that make sense for this pipeline, and why the others do not. */
export function scenesOf(pipeline: Pipeline): { scenes: Scene[]; leftOut: { name: string; why: string }[] } {
  const asks = questionsOf(pipeline).length > 0;
  return {
    scenes: [
      everythingIsFine,
      broken('crash', 'the new image crashes when it starts', { ...GOOD_IMAGE, crashAfterMs: 1_000 }),
      broken('unhealthy', 'the new image never gets healthy', { ...GOOD_IMAGE, healthy: false }),
      ...pipeline.stages.map(answersBadly),
      ...(asks ? [rejected, nobodyAnswers] : []),
      aborted,
      newerImage,
      slipwayIsDown,
    ],
    leftOut: asks ? [] : [rejected, nobodyAnswers].map(({ name }) => ({ name, why: 'the pipeline asks nobody' })),
  };
}

const everythingIsFine: Scene = {
  name: 'fine',
  title: 'everything is fine, and whoever is asked says yes',
  images: 1,
  answers: 'approve',
  goesOn: async (stage, releaseId) => {
    const release = await stage.ends(releaseId);
    return { release, faults: [...outcomeFaults(release, ['succeeded']), ...servesFaults(stage, stage.plan.tags[0])], findings: [] };
  },
};

function broken(name: string, title: string, character: ImageCharacter): Scene {
  return {
    name,
    title,
    images: 1,
    character,
    answers: 'approve',
    goesOn: async (stage, releaseId) => {
      const release = await stage.ends(releaseId);
      const served = stage.exposure(releaseId).length > 0 ? ['the broken image was given production traffic'] : [];
      return { release, faults: [...outcomeFaults(release, ['rolledBack']), ...servesFaults(stage, undefined), ...served], findings: [] };
    },
  };
}

/** Seconds after the first traffic: before a short bake is over, and after Slipway has seen the weight. */
const BAD_AFTER_MS = 10_000;

function answersBadly({ name, alarms, strategy }: Stage, index: number): Scene {
  return {
    name: `alarm-${name}`,
    title: `the new image answers badly in ${name}`,
    images: 1,
    answers: 'approve',
    goesOn: async (stage, releaseId) => {
      const rollout = await stage.serves(index, releaseId);
      await stage.world.pass(BAD_AFTER_MS);
      const caught = rollout !== undefined && !isOver(rollout.deployment);
      for (const alarm of alarms) await stage.world.setAlarm(alarm, 'ALARM');
      const release = await stage.ends(releaseId);
      if (alarms.length === 0) return { release, faults: outcomeFaults(release, ['succeeded']), findings: [`${name} watches no alarm: an image that starts and answers badly goes through it, and nothing of Slipway's stops it.`] };
      // A last weight without a bake is over while somebody still makes up their mind.
      const tooLate = strategy.bakeAfterMs === 0 && (release.outcome === 'failed' || (!caught && release.outcome === 'succeeded'));
      if (tooLate) return { release, faults: [], findings: [nobodyLooks(name, strategy)] };
      return { release, faults: [...outcomeFaults(release, ['rolledBack']), ...servesFaults(stage, undefined, index)], findings: [] };
    },
  };
}

function nobodyLooks(name: string, strategy: Stage['strategy']): string {
  const hint = strategy.kind === 'canary' || strategy.kind === 'linear' ? 'a longer bake, or bakeAfter,' : 'bakeAfter';
  return `${name} is over before its alarms can stop it, and the new image stays: alarms need a minute or more of bad answers. Give it ${hint} such as 10m.`;
}

const rejected: Scene = {
  name: 'rejected',
  title: 'the first who is asked says no',
  images: 1,
  answers: 'reject',
  goesOn: async (stage, releaseId) => {
    const release = await stage.ends(releaseId);
    return { release, faults: [...outcomeFaults(release, ['rejected']), ...servesFaults(stage, undefined, askingStage(stage.plan.pipeline))], findings: [] };
  },
};

const nobodyAnswers: Scene = {
  name: 'silence',
  title: 'nobody answers any question',
  images: 1,
  goesOn: async (stage, releaseId) => {
    const questions = questionsOf(stage.plan.pipeline);
    const release = await stage.ends(releaseId);
    const passes = questions.filter(({ otherwise }) => otherwise === 'approve');
    const expected: ReleaseOutcome = passes.length === questions.length ? 'succeeded' : 'timedOut';
    const findings = [...new Set(passes.map(({ stageName, withinMs }) => `${stageName} goes on by itself when nobody has answered in ${formatDuration(withinMs)} (otherwise: approve).`))];
    return { release, faults: outcomeFaults(release, [expected]), findings };
  },
};

const aborted: Scene = {
  name: 'abort',
  title: 'somebody aborts it while it serves',
  images: 1,
  answers: 'approve',
  goesOn: async (stage, releaseId) => {
    const last = stage.plan.pipeline.stages.length - 1;
    const rollout = await stage.serves(last, releaseId);
    const answer = await stage.world.await(stage.says(stage.somebody(), 'abort', releaseId));
    const release = await stage.ends(releaseId);
    const inTime = rollout !== undefined && answer.status === 200 && release.outcome !== 'succeeded';
    return { release, faults: inTime ? [...outcomeFaults(release, ['aborted']), ...servesFaults(stage, undefined, last)] : outcomeFaults(release, ['succeeded']), findings: [] };
  },
};

const newerImage: Scene = {
  name: 'newer',
  title: 'a newer image is pushed while it is rolled out',
  images: 2,
  answers: 'approve',
  goesOn: async (stage, releaseId) => {
    await stage.serves(0, releaseId);
    const second = await stage.push(1);
    const newer = await stage.ends(second);
    const release = await stage.ends(releaseId);
    return { release, faults: [...outcomeFaults(release, ['succeeded', 'superseded']), ...outcomeFaults(newer, ['succeeded']), ...servesFaults(stage, stage.plan.tags[1])], findings: [] };
  },
};

const DOWN_MS = 3_600_000;

const slipwayIsDown: Scene = {
  name: 'down',
  title: `everything of Slipway is dead for ${formatDuration(DOWN_MS)} in the middle of it`,
  images: 1,
  answers: 'approve',
  goesOn: async (stage, releaseId) => {
    const rollout = await stage.serves(stage.plan.pipeline.stages.length - 1, releaseId);
    const { lambda } = stage.world.cloud.models;
    const before = rollout && stage.weightOf(rollout);
    stage.world.history.add('fault', `every Lambda is dead for ${formatDuration(DOWN_MS)}`);
    lambda.kill();
    let highest = before ?? 0;
    if (rollout) stage.world.watchers.push({ called: () => void (highest = isOver(rollout.deployment) ? highest : Math.max(highest, stage.weightOf(rollout))) });
    await stage.world.pass(DOWN_MS);
    const risen = rollout !== undefined && pauses(rollout) && highest > (before ?? 0) ? [`the weight rose from ${before ?? 0} to ${highest} % while nobody could look`] : [];
    lambda.revive();
    stage.world.history.add('fault', 'the Lambdas live again');
    const release = await stage.ends(releaseId);
    return { release, faults: [...outcomeFaults(release, ['succeeded', 'rolledBack']), ...servesFaults(stage, release.outcome === 'succeeded' ? stage.plan.tags[0] : undefined, stage.plan.pipeline.stages.length - 1), ...risen], findings: [] };
  },
};

const pauses = (rollout: Rollout): boolean => rollout.stage.strategy.kind !== 'rolling';

// ---- judging ------------------------------------------------------------------------------------------------------------------------

function outcomeFaults(release: ReleaseView, expected: readonly ReleaseOutcome[]): string[] {
  return release.outcome !== undefined && expected.includes(release.outcome) ? [] : [`it ${release.outcome === undefined ? 'has not ended' : `ended as ${release.outcome}`} and should have ended as ${expected.join(' or ')}: ${release.reason}`];
}

/** From a stage on everything is as it was before (`tag` undefined), or everywhere the new image serves. */
function servesFaults(stage: RehearsalStage, tag: string | undefined, fromStage = 0): string[] {
  const { stages } = stage.plan.pipeline;
  const expected = tag ?? stage.plan.scenario.services[0]?.firstTag ?? '';
  return stage.serving().flatMap((shares, index) => {
    if (index < fromStage || shares[expected] === 100) return [];
    const { cluster, name } = stages[index]?.service ?? { cluster: '?', name: '?' };
    return [`${cluster}/${name} should be served by the ${tag === undefined ? 'old' : 'new'} image alone, and is by ${Object.entries(shares).map(([one, share]) => `${one} (${share} %)`).join(', ')}`];
  });
}

function questionsOf(pipeline: Pipeline): { stageName: string; otherwise: 'approve' | 'reject'; withinMs: number }[] {
  return pipeline.stages.flatMap((stage) => [...stage.before.map(({ approval }) => approval), ...rungsOf(stage.strategy).map(({ approval }) => approval)].flatMap((rule) => (rule ? [{ stageName: stage.name, otherwise: rule.otherwise, withinMs: rule.withinMs }] : [])));
}

const askingStage = (pipeline: Pipeline): number => pipeline.stages.findIndex((stage) => questionsOf({ ...pipeline, stages: [stage] }).length > 0);
