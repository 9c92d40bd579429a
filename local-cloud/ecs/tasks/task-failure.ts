// Bookkeeping when a task of a service ends without having been told to: what the circuit breaker and the start throttle count.
import { runningDeployment } from '../state.ts';
import type { TaskRecord } from '../state.ts';
import type { World } from '../world.ts';
import { nowMs } from '../world.ts';

/** From this many failures in a row on, ECS starts replacements ever more slowly and says so (SERVICE_TASK_START_IMPAIRED). */
const PATIENCE = 10;
const LONGEST_WAIT_TICKS = 180;

export function noteTaskFailure(world: World, task: TaskRecord): void {
  const revision = task.revision;
  if (!revision) return;
  const service = revision.service;
  const scheduling = service.scheduling;
  if (!task.wasHealthy) {
    scheduling.consecutiveFailures += 1;
    const over = scheduling.consecutiveFailures - PATIENCE;
    if (over >= 0) {
      scheduling.impaired = true;
      scheduling.noStartBeforeMs = nowMs(world) + world.kernel.physics.schedulerTickMs * Math.min(LONGEST_WAIT_TICKS, 2 ** Math.min(over, 10));
    }
  }
  const deployment = runningDeployment(service);
  if (!deployment || deployment.target !== revision || deployment.rollback) return;
  // A task that served for a while and then crashed is no failure to start; one that a health check condemned counts in any case.
  if (task.wasHealthy && task.stopCode === 'EssentialContainerExited') return;
  revision.failedTasks += 1;
  deployment.breaker.failureCount += 1;
}

/** A healthy task ends a row of failures, for the throttle always and for the breaker unless it counts cumulatively. */
export function noteHealthyTask(task: TaskRecord): void {
  const revision = task.revision;
  task.wasHealthy = true;
  if (!revision) return;
  revision.service.scheduling.consecutiveFailures = 0;
  revision.service.scheduling.impaired = false;
  revision.service.scheduling.noStartBeforeMs = 0;
  const deployment = runningDeployment(revision.service);
  if (!deployment || deployment.target !== revision || deployment.rollback) return;
  if (deployment.configuration.deploymentCircuitBreaker?.resetOnHealthyTask === false) return;
  deployment.breaker.failureCount = 0;
  revision.failedTasks = 0;
}
