// The arithmetic of a rolling deployment: how many tasks of each side to start and stop now.
//   floor = ceil(desired * minimumHealthyPercent)   healthy tasks that must stay
//   ceiling = floor(desired * maximumPercent)       tasks that may be RUNNING or PENDING
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html

export interface Side {
  live: number;
  healthy: number;
}

export interface RollingView {
  desired: number;
  minimumHealthyPercent: number;
  maximumPercent: number;
  /** Tasks meant to run, and how many of them are healthy. */
  target: Side;
  retiring: Side;
}

export interface RollingMove {
  startTarget: number;
  stopTarget: number;
  stopRetiring: number;
  /** Nothing can be started or stopped, nothing is on its way, and the swap is not finished. */
  stuck: boolean;
}

export const healthyFloor = (desired: number, minimumHealthyPercent: number): number => Math.ceil((desired * minimumHealthyPercent) / 100);
export const taskCeiling = (desired: number, maximumPercent: number): number => Math.floor((desired * maximumPercent) / 100);

export function rollingMove(view: RollingView): RollingMove {
  const floor = healthyFloor(view.desired, view.minimumHealthyPercent);
  const ceiling = taskCeiling(view.desired, view.maximumPercent);
  const missing = Math.max(0, view.desired - view.target.live);
  const stopTarget = Math.max(0, view.target.live - view.desired);

  // The retiring side keeps what the target does not cover yet; which of its tasks go first (the unhealthy) is the scheduler's choice.
  const keepRetiring = Math.max(0, floor - view.target.healthy);
  const stopRetiring = Math.max(0, view.retiring.live - keepRetiring);

  const room = Math.max(0, ceiling - view.target.live - (view.retiring.live - stopRetiring));
  const startTarget = Math.min(missing, room);
  const waiting = view.target.live > view.target.healthy || view.retiring.live > view.retiring.healthy;
  const finished = missing === 0 && view.retiring.live === 0;
  return { startTarget, stopTarget, stopRetiring, stuck: !finished && !waiting && startTarget + stopTarget + stopRetiring === 0 };
}
