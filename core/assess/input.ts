// What one look at a stage is judged by.
import type { Rung } from '../ladder/index.ts';
import type { Stage } from '../pipeline/model.ts';
import type { Decision, EpochMs, Release, StageRecord } from '../release/model.ts';
import type { Observation } from './verdict.ts';

export interface AssessInput {
  release: Release;
  stage: StageRecord;
  spec: Stage;
  /** The rungs of the stage's ladder, in order, the last at 100; empty for rolling. */
  rungs: readonly Rung[];
  /** Every weight ECS will stop at, in order, the last 100. */
  nativeWeightsPercent: readonly number[];
  decisions: readonly Decision[];
  observation: Observation;
  /** When the look began: alarms may have been seen as early as this. */
  nowMs: EpochMs;
  /** When it was over: the deployment may have come to where it was seen as late as this. Calls hang, so the two may be a minute apart. */
  seenAtMs: EpochMs;
}
