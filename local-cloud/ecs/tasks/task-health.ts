// Whether a task of a service counts as healthy, by all the checks it is subject to.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
import type { TaskRecord } from '../state.ts';
import type { World } from '../world.ts';
import { nowMs } from '../world.ts';
import { healthOf } from './task-view.ts';

export type Verdict = { health: 'healthy' } | { health: 'pending' } | { health: 'unhealthy'; reason: string };

export function judge(world: World, task: TaskRecord): Verdict {
  if (task.lastStatus !== 'RUNNING' || task.startedAtMs === undefined) return { health: 'pending' };
  const { physics } = world.kernel;
  const ageMs = nowMs(world) - task.startedAtMs;
  const graceMs = (task.revision?.service.settings.healthCheckGracePeriodSeconds ?? 0) * 1000 * physics.healthCheckTimeScale;
  const inGrace = ageMs < graceMs;
  const checked = task.containers.some((container) => container.hasHealthCheck && container.essential);
  if (!checked && task.targets.length === 0) return ageMs >= physics.healthyWithoutChecksMs ? { health: 'healthy' } : { health: 'pending' };

  const containers = checked ? healthOf(task) : 'HEALTHY';
  if (containers === 'UNHEALTHY') return inGrace ? { health: 'pending' } : { health: 'unhealthy', reason: 'Task failed container health checks' };
  const states = task.targets.map(({ targetGroupArn, target }) => ({ targetGroupArn, state: world.ports.loadBalancing.targetState(targetGroupArn, target) }));
  const sick = states.find(({ state }) => state === 'unhealthy');
  if (sick) return inGrace ? { health: 'pending' } : { health: 'unhealthy', reason: `Task failed ELB health checks in (target-group ${sick.targetGroupArn})` };
  return containers === 'HEALTHY' && states.every(({ state }) => state === 'healthy') ? { health: 'healthy' } : { health: 'pending' };
}
