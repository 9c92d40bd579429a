// Takes the service for this release, or its place in the queue, or learns that a newer release has overtaken it.
import * as v from 'valibot';
import type { Clock } from '../../adapters/clock.ts';
import type { Doorbell } from '../../adapters/doorbell.ts';
import { isNewer, type Claim, type Leases } from '../../adapters/records/leases.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import type { Watches } from '../../adapters/records/watches.ts';
import { alarmArnOf, type Place } from '../../core/arn.ts';
import { stageEntry } from '../../core/assess/entries.ts';
import { stopCause } from '../../core/assess/stop-cause.ts';
import { RESYNC_MOVING_MS } from '../../core/assess/verdict.ts';
import type { Outcome, StageRecord, TimelineEntry } from '../../core/release/model.ts';
import { Transient } from '../shared/lambda.ts';
import { changeStage, loadStage, StageEvent, type LoadedStage } from '../shared/stage.ts';

export type Taken =
  /**
   * What an execution that this one takes over from had begun: `underWay`, the deployment of this stage; `asking`, the question
   * before it, which people are to answer and not what the world looks like at this moment.
   */
  | { kind: 'taken'; bell: number; underWay: boolean; asking: boolean }
  | { kind: 'wait'; bell: number; lookAgainSeconds: number; reason: string }
  | { kind: 'ended'; outcome: Outcome; reason: string };

export interface TakeServiceDependencies {
  releases: Releases;
  timeline: Pick<Timeline, 'write'>;
  leases: Leases;
  watches: Pick<Watches, 'add'>;
  doorbell: Doorbell;
  place: Place;
  clock: Clock;
}

export const takeService = (dependencies: TakeServiceDependencies) => async (input: unknown): Promise<Taken> => {
  const event = v.parse(StageEvent, input);
  const loaded = await loadStage(dependencies.releases, event);
  const { release, stage, decisions } = loaded;
  const { leases, clock } = dependencies;
  const claim: Claim = { releaseId: release.id, stageIndex: stage.index, pipeline: release.pipeline.name, pushedAtMs: release.pushedAtMs, createdAtMs: release.createdAtMs };

  const over = endOf(stage);
  if (over) return over;
  if (!stage.deployment) {
    const stop = stopCause({ release, stage, decisions, alarms: [], nowMs: clock.nowMs() });
    if (stop) return { kind: 'ended', ...stop };
  }
  // Whoever has taken this one's place in the queue is newer; the service may have become free just now all the same.
  if (stage.status === 'pending' && release.challengedBy !== undefined) return superseded(release.challengedBy);
  if (await leases.take(stage.serviceArn, claim)) return settleIn(dependencies, event, loaded, claim);

  const holder = await leases.holder(stage.serviceArn);
  const holding = holder && (await dependencies.releases.load(holder.releaseId));
  if (holder && (!holding || holding.release.status === 'ended')) {
    // Its end was recorded and the lease was not given back: the holder died in between.
    if (await leases.take(stage.serviceArn, claim, holder.releaseId)) return settleIn(dependencies, event, loaded, claim);
  }
  const samePipeline = holder?.pipeline === claim.pipeline;
  if (holder && samePipeline && isNewer(holder, claim)) return superseded(holder.releaseId);

  const queued = await leases.enqueue(stage.serviceArn, claim);
  if (queued.kind === 'overtaken') return superseded(queued.by);
  if (queued.kind === 'over') throw new Transient(`the stage ${stage.index} of ${release.id} has ended meanwhile`);
  const before = queued.overtook === undefined ? undefined : await dependencies.releases.load(queued.overtook);
  for (const older of [before, samePipeline ? holding : undefined]) {
    const contested = older?.stages.find((one) => one.serviceArn === stage.serviceArn && one.status !== 'ended');
    if (!older || !contested) continue;
    if (await dependencies.releases.challenge(older.release.id, release.id, contested.index)) await dependencies.doorbell.ring(older.release.id);
  }
  // The holder may have left between the first try and the queue: it would not have known whom to ring.
  if (await leases.take(stage.serviceArn, claim)) return settleIn(dependencies, event, loaded, claim);

  const behind = holder?.releaseId ?? 'another release';
  const reason = `waits for its turn behind ${behind}`;
  return changeOpenStage(dependencies, event, (now) => ({
    stage: { ...now, waitingFor: { kind: 'turn', behind } },
    entries: [stageEntry(now, 'stage', 'turn.awaited', clock.nowMs(), `Waits for its turn: ${behind} holds the service.`)],
    answer: { kind: 'wait', bell: release.bell, lookAgainSeconds: RESYNC_MOVING_MS / 1000, reason },
  }));
};

const endOf = ({ status, outcome, reason }: StageRecord): Taken | undefined => (status === 'ended' && outcome ? { kind: 'ended', outcome, reason } : undefined);

/** Another run of the same step may have gone on to the end of the stage meanwhile: what has ended stays so. */
const changeOpenStage = (dependencies: TakeServiceDependencies, event: v.InferOutput<typeof StageEvent>, change: (now: StageRecord) => { stage: StageRecord; entries: TimelineEntry[]; answer: Taken }): Promise<Taken> =>
  changeStage(dependencies, event, async ({ stage }) => {
    const over = endOf(stage);
    return over ? { stage, entries: [], answer: over } : change(stage);
  });

const superseded = (by: string): Taken => ({ kind: 'ended', outcome: 'superseded', reason: `superseded by the newer release ${by} before it began here` });

async function settleIn(dependencies: TakeServiceDependencies, event: v.InferOutput<typeof StageEvent>, loaded: LoadedStage, claim: Claim): Promise<Taken> {
  const { leases, watches, place, clock } = dependencies;
  const { stage, spec, release } = loaded;
  // An event may come late, when a newer release has been through here and nobody holds the service or waits for it any more.
  const newer = stage.deployment ? undefined : await leases.newerThan(stage.serviceArn, claim);
  if (newer !== undefined) return superseded(newer);
  await leases.leave(stage.serviceArn, claim);
  await watches.add(claim, [stage.serviceArn, ...spec.alarms.map((alarm) => alarmArnOf(place, alarm))]);
  return changeOpenStage(dependencies, event, (now) => ({
    stage: { ...now, status: 'running', startedAtMs: now.startedAtMs ?? clock.nowMs(), waitingFor: undefined },
    entries: [stageEntry(now, 'stage', 'taken', clock.nowMs(), `The service ${spec.service.cluster}/${spec.service.name} is taken for this release.`)],
    answer: { kind: 'taken', bell: release.bell, underWay: stage.deployment?.startedAtMs !== undefined, asking: stage.deployment === undefined && stage.asks.length > 0 },
  }));
}
