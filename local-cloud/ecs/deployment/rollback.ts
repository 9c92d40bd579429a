// The way back: to the revision of the last deployment that ended well. The same service deployment carries it and ends ROLLBACK_*.
import { deploymentEvent, note } from '../event-stream.ts';
import type { DeploymentRecord, RevisionRecord } from '../state.ts';
import { activeRevisions, liveTasksOf, strategyOf } from '../state.ts';
import type { World } from '../world.ts';
import { nowMs } from '../world.ts';
import type { Interruption } from './course.ts';
import { bringTrafficBack, swapTo } from './forward.ts';
import { runHooks } from './hooks.ts';
import { StageFailed } from './stage-failure.ts';
import { enterStage, fullyHealthy, touch, until } from './stage.ts';
import { giveAllProduction, shiftTraffic, trafficIsElsewhere, weightsByRevision } from './traffic.ts';

export type RollBack = Extract<Interruption, { kind: 'rollBack' }>;
type Failure = Extract<Interruption, { kind: 'rollBack' | 'fail' }>;

/** Runs the rollback to its end and answers with the final status. */
export async function rollBack(world: World, deployment: DeploymentRecord, why: RollBack): Promise<'ROLLBACK_SUCCESSFUL' | 'ROLLBACK_FAILED'> {
  deployment.status = why.cause === 'requested' ? 'ROLLBACK_REQUESTED' : 'ROLLBACK_IN_PROGRESS';
  deployment.statusReason = why.reason;
  announceFailure(world, deployment, why);
  touch(world, deployment);
  await deployment.course.sleep(world.kernel.clock, world.kernel.physics.schedulerTickMs);

  const candidate = deployment.service.stable;
  if (!candidate || candidate === deployment.target) {
    freeze(deployment);
    deployment.statusReason = `${why.reason} No rollback candidate was found to run the rollback.`;
    return 'ROLLBACK_FAILED';
  }
  begin(world, deployment, candidate, why);
  try {
    await goBack(world, deployment, candidate);
  } catch (error) {
    if (!(error instanceof StageFailed)) throw error;
    deployment.statusReason = `${why.reason} The rollback failed: ${error.message}`;
    return 'ROLLBACK_FAILED';
  }
  candidate.completionPending = true;
  return 'ROLLBACK_SUCCESSFUL';
}

function begin(world: World, deployment: DeploymentRecord, candidate: RevisionRecord, why: RollBack): void {
  const { service, target } = deployment;
  deployment.status = 'ROLLBACK_IN_PROGRESS';
  deployment.rollback = { reason: why.reason, startedAtMs: nowMs(world), revision: candidate };
  service.primary = candidate;
  service.taskDefinition = candidate.taskDefinition;
  service.workload = candidate.workload;
  candidate.active = true;
  candidate.rolloutState = 'IN_PROGRESS';
  candidate.rolloutStateReason = `${originOf(why)}: rolling back to deploymentId ${candidate.classicId}.`;
  candidate.updatedAtMs = nowMs(world);
  note(world, service, `rolling back to deployment ${candidate.classicId}.`);
  const id = world.kernel.switches.rollbackEventDeploymentId === 'sourceRevision' ? candidate.classicId : target.classicId;
  deploymentEvent(world, service, 'SERVICE_DEPLOYMENT_IN_PROGRESS', id, candidate.rolloutStateReason);
  touch(world, deployment);
}

async function goBack(world: World, deployment: DeploymentRecord, candidate: RevisionRecord): Promise<void> {
  candidate.scale = 'all';
  // Cut short before it could tidy up after a predecessor that was cut short: that tidying still has to be done.
  if (!deployment.shifted.production && trafficIsElsewhere(candidate)) await bringTrafficBack(world, deployment, candidate);
  if (strategyOf(deployment.configuration) === 'ROLLING') {
    await swapTo(world, deployment, candidate);
    giveAllProduction(candidate);
    return;
  }
  // Usually the old fleet is still there in full. Where it is not, nothing is taken away before it is.
  const short = liveTasksOf(candidate).length < deployment.service.settings.desiredCount;
  if (short) await until(world, deployment, () => fullyHealthy(world, candidate));
  if (deployment.shifted.production) {
    enterStage(world, deployment, 'PRODUCTION_TRAFFIC_SHIFT');
    await shiftTraffic(world, deployment, 'production', 0);
    await runHooks(world, deployment, 'PRODUCTION_TRAFFIC_SHIFT', { production: weightsByRevision(deployment, 'production') });
  }
  if (deployment.shifted.test) {
    enterStage(world, deployment, 'TEST_TRAFFIC_SHIFT');
    await shiftTraffic(world, deployment, 'test', 0);
    await runHooks(world, deployment, 'TEST_TRAFFIC_SHIFT', { test: weightsByRevision(deployment, 'test') });
  }
  enterStage(world, deployment, 'CLEAN_UP');
  const failed = activeRevisions(deployment.service).filter((revision) => revision !== candidate);
  for (const revision of failed) revision.scale = 0;
  await until(world, deployment, () => failed.every((revision) => liveTasksOf(revision).length === 0) && fullyHealthy(world, candidate));
  giveAllProduction(candidate);
}

/** Without a way back, ECS keeps what runs and starts nothing more. */
export function freeze(deployment: DeploymentRecord): void {
  deployment.service.swap = undefined;
  for (const revision of activeRevisions(deployment.service)) {
    if (revision === deployment.target || revision.scale !== 'all') revision.scale = liveTasksOf(revision).length;
  }
}

const originOf = (why: Failure): string => (why.cause === 'breaker' ? 'ECS deployment circuit breaker' : 'ECS deployment');

const failureText = (why: Failure): string => {
  switch (why.cause) {
    case 'breaker':
      return 'tasks failed to start.';
    case 'alarm':
      return 'alarm detected.';
    case 'hook':
    case 'pauseTimeout':
    case 'network':
    case 'timeLimit':
    case 'requested':
      return why.reason;
  }
};

/** The classic view of a failed deployment: its revision is FAILED, the event list says why, and usually so does an event. */
export function announceFailure(world: World, deployment: DeploymentRecord, why: Failure): void {
  const { service, target } = deployment;
  target.rolloutState = 'FAILED';
  target.rolloutStateReason = `${originOf(why)}: ${failureText(why)}`;
  target.updatedAtMs = nowMs(world);
  note(world, service, `(deployment ${target.classicId}) deployment failed: ${failureText(why)}`);
  const certain = strategyOf(deployment.configuration) === 'ROLLING' && (why.cause === 'breaker' || why.cause === 'alarm');
  if (certain || world.kernel.switches.failedEventOnRollback === 'emitted') {
    deploymentEvent(world, service, 'SERVICE_DEPLOYMENT_FAILED', target.classicId, target.rolloutStateReason);
  }
}
