// What Amazon ECS lets a specification ask for.

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../duration.ts';

/**
 * A PAUSE hook times out (and rolls back) after at most 14 days; one hour of that is kept for Slipway to act in.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html
 */
export const PAUSE_LIMIT_MS = 14 * DAY_MS;
export const PAUSE_RESERVE_MS = HOUR_MS;
export const RUNG_LIMIT_MS = PAUSE_LIMIT_MS - PAUSE_RESERVE_MS;

/** ECS ends a deployment after 30 days; one day is kept for starting tasks, shifting and cleaning up. */
export const ROLLOUT_LIMIT_MS = 29 * DAY_MS;

/** Before a stage nothing of ECS is waiting, only the release itself. */
export const BEFORE_STAGE_LIMIT_MS = 30 * DAY_MS;

/** Deadlines are met at the pace of a person. */
export const APPROVAL_WINDOW_MIN_MS = MINUTE_MS;
