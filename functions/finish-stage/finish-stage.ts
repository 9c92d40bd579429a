// The end of a stage, any end: puts the service's configuration back, gives the service to whoever waits, says what happened.
import * as v from 'valibot';
import type { Clock } from '../../adapters/clock.ts';
import type { Doorbell } from '../../adapters/doorbell.ts';
import type { Services } from '../../adapters/ecs/services.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Holds } from '../../adapters/records/holds.ts';
import type { Claim, Leases } from '../../adapters/records/leases.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import type { Watches } from '../../adapters/records/watches.ts';
import { alarmArnOf, type Place } from '../../core/arn.ts';
import { stageEntry } from '../../core/assess/entries.ts';
import { endText } from '../../core/notice/end-words.ts';
import { imageName } from '../../core/image/name.ts';
import { noticeOf, type Notice } from '../../core/notice/notice.ts';
import { deploymentConfigurationFor, putBackConfiguration, type DeploymentConfiguration } from '../../core/plan/deployment-configuration.ts';
import { putBack } from '../../core/plan/put-back.ts';
import type { Stage } from '../../core/pipeline/model.ts';
import { goesOn, holdsImage, type Outcome, type StageRecord } from '../../core/release/model.ts';
import { isAwsError } from '../../adapters/aws.ts';
import { changeStage, loadStage } from '../shared/stage.ts';
import { sentence } from '../../core/text/sentence.ts';

const OUTCOMES = ['succeeded', 'unchanged', 'rolledBack', 'rejected', 'aborted', 'superseded', 'timedOut', 'refused', 'failed'] as const satisfies readonly Outcome[];
const Event = v.object({ releaseId: v.string(), stageIndex: v.number(), outcome: v.picklist(OUTCOMES), reason: v.string() });

export interface FinishStageDependencies {
  releases: Releases;
  timeline: Pick<Timeline, 'write'>;
  leases: Leases;
  holds: Pick<Holds, 'set'>;
  watches: Pick<Watches, 'remove'>;
  services: Pick<Services, 'configure' | 'describe'>;
  doorbell: Doorbell;
  place: Place;
  clock: Clock;
  log: Logger;
}

export const finishStage = (dependencies: FinishStageDependencies) => async (input: unknown): Promise<{ goesOn: boolean; notice: Notice }> => {
  const event = v.parse(Event, input);
  const { releases, leases, watches, doorbell, place, clock, log } = dependencies;
  const { release, stage, spec } = await loadStage(releases, event);
  const claim: Claim = { releaseId: release.id, stageIndex: stage.index, pipeline: release.pipeline.name, pushedAtMs: release.pushedAtMs, createdAtMs: release.createdAtMs };
  const holds = (await leases.holder(stage.serviceArn))?.releaseId === release.id;
  const leftBehind = holds && stage.deployment && stage.found ? await putServiceBack(dependencies, event, { stage, spec, found: stage.found.deploymentConfiguration as DeploymentConfiguration }) : undefined;

  // The first end stands; a retry says the same again.
  const ended = await changeStage(dependencies, event, async ({ stage: now }) => {
    const reason = leftBehind ? `${sentence(event.reason)} ${leftBehind}` : event.reason;
    const next = now.status === 'ended' ? now : { ...now, status: 'ended' as const, outcome: event.outcome, reason, endedAtMs: clock.nowMs(), waitingFor: undefined };
    return { stage: next, entries: [stageEntry(now, 'stage', 'ended', clock.nowMs(), endText('The rollout', next.outcome ?? event.outcome, next.reason))], answer: next };
  });
  const outcome = ended.outcome ?? event.outcome;
  const text = endText('The rollout', outcome, ended.reason);
  if (holdsImage(outcome, ended.rollingBack) && !release.undoes) {
    const until = 'until somebody lifts the hold';
    await dependencies.holds.set({ serviceArn: stage.serviceArn, digest: release.image.digest, reason: ended.reason, by: release.id, atMs: ended.endedAtMs ?? clock.nowMs() });
    await dependencies.timeline.write(release.id, [stageEntry(ended, 'stage', 'held', clock.nowMs(), `${imageName(release.image)} is not rolled out here again ${until}.`)]);
  }
  const next = goesOn(outcome);
  // Before the service is given away: whoever takes it must know.
  if (next) await leases.runs(stage.serviceArn, claim);

  await watches.remove(release.id, [stage.serviceArn, ...spec.alarms.map((alarm) => alarmArnOf(place, alarm))]);
  await leases.leave(stage.serviceArn, claim);
  await leases.release(stage.serviceArn, release.id);
  for (const waiting of await leases.waiting(stage.serviceArn)) await doorbell.ring(waiting.releaseId);
  // Last: whoever takes over from a run that died here finishes this stage before it goes on.
  if (next) await releases.enterStage(release.id, event.stageIndex + 1);
  log.info('stage ended', { release: release.id, stage: spec.name, outcome, reason: ended.reason });
  return { goesOn: next, notice: noticeOf(release, ended, 'stageEnded', text, outcome) };
};

/** Pauses and strategy must not outlast the release. Answers what could not be put back, for people. */
async function putServiceBack(
  { services, timeline, clock, log }: FinishStageDependencies,
  event: { releaseId: string },
  { stage, spec, found }: { stage: StageRecord; spec: Stage; found: DeploymentConfiguration },
): Promise<string | undefined> {
  const { service } = spec;
  const where = `${service.cluster}/${service.name}`;
  try {
    const described = await services.describe(service);
    if (described?.service.status !== 'ACTIVE') return `${where} is ${described?.service.status ?? 'gone'}, so there is no deployment configuration to put back.`;
    const { configuration, changedByOthers } = putBack(found, deploymentConfigurationFor(spec, found, stage.alarmsLeftOut), described.deploymentConfiguration);
    if (changedByOthers.length > 0) {
      const text = `Somebody changed ${changedByOthers.join(', ')} in the deployment configuration of ${where} during this release; Slipway leaves that as it is.`;
      await timeline.write(event.releaseId, [stageEntry(stage, 'foreign', 'foreign.configuration', clock.nowMs(), text)]);
    }
    await services.configure(service, configuration);
    return undefined;
  } catch (error) {
    if (!isAwsError(error, 'ServiceNotActiveException', 'ServiceNotFoundException', 'ClusterNotFoundException', 'InvalidParameterException', 'ClientException')) throw error;
    log.error('deployment configuration not put back', { release: event.releaseId, service: service.name, errorName: error.name, errorMessage: error.message });
    return `Its deployment configuration could not be put back (${error.message}); set it again with \`aws ecs update-service --cluster ${service.cluster} --service ${service.name} --deployment-configuration '${JSON.stringify(putBackConfiguration(found))}'\`.`;
  }
}
