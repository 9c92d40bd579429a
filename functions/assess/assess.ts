// Looks and judges. Everything this function answers is in the verdict; the state machine acts on it.
import * as v from 'valibot';
import type { Clock } from '../../adapters/clock.ts';
import type { Logger } from '../../adapters/log.ts';
import { observe, type ObservationSources } from '../../adapters/observe.ts';
import type { Freezes } from '../../adapters/records/freezes.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { assess as judge } from '../../core/assess/assess.ts';
import { assessBeforeStage } from '../../core/assess/before-stage.ts';
import type { Assessment, Verdict } from '../../core/assess/verdict.ts';
import { nativeWeightsOf, rungsOf } from '../../core/ladder/index.ts';
import { noticeOf, type Notice } from '../../core/notice/notice.ts';
import type { StageRecord } from '../../core/release/model.ts';
import { changeStage, type LoadedStage } from '../shared/stage.ts';

/** `entry` is when the state machine entered the state: the same for every retry of one call, and only for those. */
const Event = v.object({ releaseId: v.string(), stageIndex: v.number(), phase: v.picklist(['before', 'rollout']), entry: v.string() });

/** What the state machine chooses by. `bell` is the one that was seen before looking, and `judgedAtMs` is from then, too. */
export type Answer = Verdict & { bell: number; judgedAtMs: number; lookAgainSeconds: number; notice: Notice | null; waitsFor: 'people' | 'bake' | 'ecs' };

export interface AssessDependencies extends ObservationSources {
  releases: Pick<Releases, 'load' | 'saveStage'>;
  freezes: Pick<Freezes, 'all'>;
  timeline: Pick<Timeline, 'write'>;
  clock: Clock;
  log: Logger;
}

export const assess = (dependencies: AssessDependencies) => async (input: unknown): Promise<Answer> => {
  const event = v.parse(Event, input);
  return changeStage(dependencies, event, async (loaded) => {
    const nowMs = dependencies.clock.nowMs();
    const assessment = endedBefore(loaded) ?? (event.phase === 'before' ? assessBeforeStage({ ...loaded, freezes: await dependencies.freezes.all(), nowMs }) : await assessRollout(dependencies, loaded, nowMs));
    const { verdict, entries } = assessment;
    // A call that saved its answer and died before giving it must still be able to say what it had to say.
    const said = assessment.notice ? { entry: event.entry, ...assessment.notice } : assessment.stage.lastNotice;
    const stage: StageRecord = { ...assessment.stage, lastNotice: said };
    const notice = said?.entry === event.entry ? said : undefined;
    dependencies.log.info('assessed', { release: event.releaseId, stage: loaded.spec.name, phase: event.phase, verdict: verdict.kind, reason: verdict.reason });
    const answer: Answer = {
      ...verdict,
      bell: loaded.release.bell,
      judgedAtMs: nowMs,
      lookAgainSeconds: verdict.kind === 'wait' ? Math.max(1, Math.ceil((verdict.lookAgainAtMs - nowMs) / 1000)) : 0,
      notice: notice ? noticeOf(loaded.release, stage, notice.kind, notice.text) : null,
      waitsFor: verdict.kind !== 'wait' ? 'ecs' : verdict.waitingFor.kind === 'approval' || verdict.waitingFor.kind === 'freeze' ? 'people' : verdict.waitingFor.kind === 'bake' ? 'bake' : 'ecs',
    };
    return { stage, entries, answer };
  });
};

/** What was ended stays ended, also for an execution that does not know it yet. */
function endedBefore({ stage, release }: LoadedStage): Assessment | undefined {
  const { outcome, reason } = stage.status === 'ended' ? stage : release.status === 'ended' ? release : { outcome: undefined, reason: '' };
  return outcome && { verdict: { kind: 'ended', outcome, reason }, stage, entries: [], notice: undefined };
}

async function assessRollout(dependencies: AssessDependencies, loaded: LoadedStage, nowMs: number): Promise<Assessment> {
  const { spec, release, decisions } = loaded;
  const { observation, deploymentArn } = await observe(dependencies, spec, loaded.stage, nowMs);
  const stage: StageRecord = loaded.stage.deployment ? { ...loaded.stage, deployment: { ...loaded.stage.deployment, arn: deploymentArn } } : loaded.stage;
  return judge({ release, stage, spec, decisions, observation, nowMs, seenAtMs: dependencies.clock.nowMs(), rungs: rungsOf(spec.strategy), nativeWeightsPercent: nativeWeightsOf(spec.strategy) });
}
