// The decision to roll back: noted in the record before anything is told to ECS, so that no later look can think better of it.
import type { EpochMs, Outcome, RollingBack, StageRecord } from '../release/model.ts';
import { stageEntry } from './entries.ts';
import type { Assessment, DeploymentView } from './verdict.ts';
import { sentence } from '../text/sentence.ts';

export function beginRollback(input: { stage: StageRecord; nowMs: EpochMs }, deployment: DeploymentView, cause: { outcome: Outcome; reason: string }): Assessment {
  const rollingBack: RollingBack = { ...cause, decidedAtMs: input.nowMs, requestedAtMs: undefined };
  const stage: StageRecord = { ...input.stage, rollingBack, waitingFor: { kind: 'rollback' } };
  // A rolling deployment has no weight that ECS would tell.
  const text = `Rolling back${deployment.weightPercent > 0 ? ` from ${weightText(deployment)}` : ''}: ${sentence(cause.reason)}`;
  return {
    verdict: { kind: 'rollBack', hookId: deployment.pauses[0]?.hookId, reason: cause.reason },
    stage,
    entries: [stageEntry(stage, 'rollback', 'rollback.decided', input.nowMs, text)],
    notice: { kind: 'rollbackStarted', text },
  };
}

export const weightText = (deployment: Pick<DeploymentView, 'weightPercent'>): string => `${deployment.weightPercent} %`;
