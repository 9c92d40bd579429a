// One deployment from PENDING to its end: the way forward, and what becomes of it when something interrupts.
import { deploymentEvent } from '../event-stream.ts';
import type { DeploymentRecord } from '../state.ts';
import { activeRevisions, isTerminal, strategyOf } from '../state.ts';
import { revisionSummary } from '../views/revision-summary.ts';
import type { World } from '../world.ts';
import { minutes, nowMs } from '../world.ts';
import { watchAlarms } from './alarms.ts';
import { Course, Interrupted } from './course.ts';
import type { Interruption } from './course.ts';
import { rollForward, shiftForward } from './forward.ts';
import { announceFailure, freeze, rollBack } from './rollback.ts';
import { StageFailed } from './stage-failure.ts';
import { touch, until } from './stage.ts';

const DEPLOYMENT_LIMIT_MINUTES = 30 * 24 * 60;

export function launch(world: World, deployment: DeploymentRecord): void {
  run(world, deployment).catch((error: unknown) => {
    if (!world.closed) world.kernel.crash(error);
  });
}

async function run(world: World, deployment: DeploymentRecord): Promise<void> {
  const { service } = deployment;
  try {
    const predecessors = service.deployments.filter((other) => other !== deployment);
    await deployment.course.sleep(world.kernel.clock, world.kernel.physics.schedulerTickMs);
    if (!predecessors.every(isTerminal)) await until(world, deployment, () => predecessors.every(isTerminal));
    begin(world, deployment);
    if (strategyOf(deployment.configuration) === 'ROLLING') await rollForward(world, deployment);
    else await shiftForward(world, deployment);
    succeed(world, deployment);
  } catch (error) {
    await conclude(world, deployment, interruptionOf(error));
  }
}

function interruptionOf(error: unknown): Interruption {
  if (error instanceof Interrupted) return error.interruption;
  if (error instanceof StageFailed) return { kind: 'rollBack', cause: error.failure, reason: error.message };
  throw error;
}

function begin(world: World, deployment: DeploymentRecord): void {
  const { target, service } = deployment;
  deployment.status = 'IN_PROGRESS';
  deployment.sources = activeRevisions(service).filter((revision) => revision !== target);
  deployment.startedAtMs = nowMs(world);
  if (deployment.configuration.deploymentCircuitBreaker?.enable) deployment.breaker.status = 'MONITORING';
  watchAlarms(world, deployment);
  deployment.watches.push(
    world.kernel.clock.after(minutes(world, DEPLOYMENT_LIMIT_MINUTES), () => {
      deployment.course.interrupt({ kind: 'rollBack', cause: 'timeLimit', reason: 'Service deployment rolled back because it exceeded the time limit of 30 days.' });
    }),
  );
  deploymentEvent(world, service, 'SERVICE_DEPLOYMENT_IN_PROGRESS', target.classicId, `ECS deployment ${target.classicId} in progress.`);
  touch(world, deployment);
}

function succeed(world: World, deployment: DeploymentRecord): void {
  const { service, target } = deployment;
  service.stable = target;
  target.completionPending = true;
  // A rollback that was asked for too late has lost the race; a newer deployment still makes this one count as stopped.
  end(world, deployment, deployment.status === 'STOP_REQUESTED' ? 'STOPPED' : 'SUCCESSFUL');
}

/** What happens after an interruption. A rollback may itself be interrupted, by a newer deployment or the end of the service. */
async function conclude(world: World, deployment: DeploymentRecord, why: Interruption): Promise<void> {
  deployment.course.interrupt(why);
  deployment.course = new Course();
  deployment.service.swap = undefined;
  for (const watch of deployment.watches.splice(0)) watch.cancel();
  try {
    switch (why.kind) {
      case 'rollBack':
        return end(world, deployment, await rollBack(world, deployment, why));
      case 'fail':
        announceFailure(world, deployment, why);
        freeze(deployment);
        deployment.statusReason = why.reason;
        return await stop(world, deployment);
      case 'superseded':
        deployment.statusReason = 'A newer service deployment was started.';
        freeze(deployment);
        return await stop(world, deployment);
      case 'deleted':
        return end(world, deployment, 'STOPPED');
    }
  } catch (error) {
    await conclude(world, deployment, interruptionOf(error));
  }
}

async function stop(world: World, deployment: DeploymentRecord): Promise<void> {
  deployment.status = 'STOP_REQUESTED';
  touch(world, deployment);
  await deployment.course.sleep(world.kernel.clock, world.kernel.physics.schedulerTickMs);
  end(world, deployment, 'STOPPED');
}

type FinalStatus = 'SUCCESSFUL' | 'STOPPED' | 'ROLLBACK_SUCCESSFUL' | 'ROLLBACK_FAILED';

function end(world: World, deployment: DeploymentRecord, status: FinalStatus): void {
  for (const watch of deployment.watches.splice(0)) watch.cancel();
  deployment.status = status;
  if (status === 'STOPPED') deployment.stoppedAtMs = nowMs(world);
  else deployment.finishedAtMs = nowMs(world);
  if (deployment.breaker.status === 'MONITORING') deployment.breaker.status = 'MONITORING_COMPLETE';
  if (deployment.alarms.status === 'MONITORING') deployment.alarms.status = 'MONITORING_COMPLETE';
  deployment.service.swap = undefined;
  const withWeights = strategyOf(deployment.configuration) !== 'ROLLING';
  deployment.frozen = { sources: deployment.sources.map((source) => revisionSummary(source, withWeights)), target: revisionSummary(deployment.target, withWeights) };
  touch(world, deployment);
}
