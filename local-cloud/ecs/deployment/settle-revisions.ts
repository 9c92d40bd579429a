// Retires revisions that have no task left and announces the classic COMPLETED once what was replaced is gone, which is a while after
// the service deployment itself is SUCCESSFUL (the old tasks still drain).
import { deploymentEvent, note } from '../event-stream.ts';
import type { ServiceRecord } from '../state.ts';
import { activeRevisions, requestedCount, tasksOf } from '../state.ts';
import type { World } from '../world.ts';
import { nowMs } from '../world.ts';

export function settleRevisions(world: World, service: ServiceRecord): void {
  for (const revision of activeRevisions(service)) {
    const retired = revision !== service.primary || service.status !== 'ACTIVE';
    if (!retired || requestedCount(revision) > 0 || tasksOf(revision).length > 0) continue;
    revision.active = false;
    revision.updatedAtMs = nowMs(world);
  }
  if (service.status === 'DRAINING' && activeRevisions(service).length === 0) service.status = 'INACTIVE';

  const primary = service.primary;
  if (!primary?.completionPending || activeRevisions(service).some((revision) => revision !== primary)) return;
  primary.completionPending = false;
  primary.rolloutState = 'COMPLETED';
  primary.rolloutStateReason = `ECS deployment ${primary.classicId} completed.`;
  primary.updatedAtMs = nowMs(world);
  note(world, service, `(deployment ${primary.classicId}) deployment completed.`);
  deploymentEvent(world, service, 'SERVICE_DEPLOYMENT_COMPLETED', primary.classicId, primary.rolloutStateReason);
}
