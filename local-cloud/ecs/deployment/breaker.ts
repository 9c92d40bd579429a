// The deployment circuit breaker: trips when as many tasks failed as the threshold allows, by the desired count of the moment.
// AWS's pages disagree on whether it acts beyond ROLLING; real runs show it does, and so it does here.
import type { DeploymentRecord, ServiceRecord } from '../state.ts';
import { runningDeployment } from '../state.ts';
import type { World } from '../world.ts';
import { breakerThreshold } from './breaker-threshold.ts';

export function checkBreaker(world: World, service: ServiceRecord): void {
  const deployment = runningDeployment(service);
  if (!deployment || !detectionActs(world, deployment)) return;
  const breaker = deployment.configuration.deploymentCircuitBreaker;
  if (!breaker?.enable) return;
  if (deployment.breaker.failureCount < breakerThreshold(breaker, service.settings.desiredCount)) return;
  deployment.breaker.status = 'TRIGGERED';
  if (breaker.rollback) {
    deployment.course.interrupt({ kind: 'rollBack', cause: 'breaker', reason: 'Service deployment rolled back because the circuit breaker threshold was exceeded.' });
  } else {
    deployment.course.interrupt({ kind: 'fail', cause: 'breaker', reason: 'Service deployment failed because the circuit breaker threshold was exceeded.' });
  }
}

/** Failure detection acts on a deployment that moves forward and has not passed the point of no return. */
export function detectionActs(world: World, deployment: DeploymentRecord): boolean {
  if (deployment.status !== 'IN_PROGRESS' || deployment.rollback || deployment.stage === 'CLEAN_UP' || deployment.course.interrupted) return false;
  const paused = deployment.hooks.some((hook) => hook.status === 'AWAITING_ACTION');
  return !paused || world.kernel.switches.failureDetectionWhilePaused === 'acts';
}
