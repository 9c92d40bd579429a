// Stopped tasks can be described for about an hour, then they are gone.
import type { ClusterRecord } from '../state.ts';
import type { World } from '../world.ts';
import { minutes, nowMs } from '../world.ts';

const REMEMBERED_MINUTES = 60;

export function forgetOldTasks(world: World, cluster: ClusterRecord): void {
  const beforeMs = nowMs(world) - minutes(world, REMEMBERED_MINUTES);
  for (const [id, task] of cluster.tasks) if (task.stoppedAtMs !== undefined && task.stoppedAtMs < beforeMs) cluster.tasks.delete(id);
}
