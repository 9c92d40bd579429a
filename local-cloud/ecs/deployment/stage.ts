// Small steps that every strategy's course is made of: entering a stage, waiting for the fleet, baking.
import type { DeploymentRecord, RevisionRecord, Stage } from '../state.ts';
import { liveTasksOf } from '../state.ts';
import { judge } from '../tasks/task-health.ts';
import type { World } from '../world.ts';
import { minutes, nowMs } from '../world.ts';
import { StageFailed } from './stage-failure.ts';

/** A stage, and each production shift, may take a day: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html */
const STAGE_LIMIT_MINUTES = 1440;

export function enterStage(world: World, deployment: DeploymentRecord, stage: Stage): void {
  deployment.stage = stage;
  touch(world, deployment);
}

export function touch(world: World, deployment: DeploymentRecord): void {
  deployment.updatedAtMs = nowMs(world);
  world.changed(deployment.service);
}

export const healthyCount = (world: World, revision: RevisionRecord): number =>
  liveTasksOf(revision).filter((task) => judge(world, task).health === 'healthy').length;

/** Waits until the condition holds after some tick of the scheduler; the time limit of a stage applies. */
export function until(world: World, deployment: DeploymentRecord, condition: () => boolean): Promise<void> {
  const { service } = deployment;
  return deployment.course.wait<void>(({ done, fail }) => {
    const stage = deployment.stage ?? 'PENDING';
    const limit = world.kernel.clock.after(minutes(world, STAGE_LIMIT_MINUTES), () => {
      waiting.delete(ask);
      fail(new StageFailed('timeLimit', `Service deployment rolled back because the ${stage} lifecycle stage exceeded its time limit.`));
    });
    const { waiting } = service.scheduling;
    const ask = () => {
      if (!condition()) return false;
      limit.cancel();
      done();
      return true;
    };
    waiting.add(ask);
    world.changed(service);
    return () => {
      limit.cancel();
      waiting.delete(ask);
    };
  });
}

export async function bake(world: World, deployment: DeploymentRecord, bakeMinutes: number): Promise<void> {
  if (bakeMinutes > 0) await deployment.course.sleep(world.kernel.clock, minutes(world, bakeMinutes));
}

/** All of a revision's desired tasks run and pass their checks. */
export const fullyHealthy = (world: World, revision: RevisionRecord): boolean => {
  const desired = revision.service.settings.desiredCount;
  return liveTasksOf(revision).length === desired && healthyCount(world, revision) === desired;
};
