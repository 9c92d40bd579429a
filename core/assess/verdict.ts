// What the rules answer, and what they look at. Waiting is an answer that says when to look again.
import type { EpochMs, NoticeKind, Outcome, StageRecord, TimelineEntry, WaitingFor } from '../release/model.ts';

export type Verdict =
  | { kind: 'wait'; waitingFor: WaitingFor; lookAgainAtMs: EpochMs; reason: string }
  /** Everything asked for before the deployment is there. */
  | { kind: 'go'; reason: string }
  /** Let the paused deployment go on to its next native weight. */
  | { kind: 'advance'; hookIds: string[]; fromWeightPercent: number; toWeightPercent: number; reason: string }
  /** Somebody else's deployment waits at a pause of ours: let it through, it is none of our business. */
  | { kind: 'letForeignGo'; deploymentArn: string; hookIds: string[]; reason: string }
  /** Tell ECS to roll back; `hookId` when it is paused. */
  | { kind: 'rollBack'; hookId: string | undefined; reason: string }
  | { kind: 'ended'; outcome: Outcome; reason: string };

export interface Assessment {
  verdict: Verdict;
  /** The stage record after this look. */
  stage: StageRecord;
  entries: TimelineEntry[];
  /** Something people should hear of now. */
  notice: { kind: NoticeKind; text: string } | undefined;
}

/** What ECS says of one service deployment. */
export interface DeploymentView {
  arn: string;
  /** An open set: ECS may add statuses. */
  status: string;
  statusReason: string | undefined;
  lifecycleStage: string | undefined;
  /** `requestedProductionTrafficWeight` of the target revision; ROLLING deployments have none. */
  weightPercent: number;
  /** Tasks of the new revision; undefined when ECS does not say. */
  tasks?: { running: number; requested: number } | undefined;
  /** PAUSE hooks that wait for an action. */
  pauses: { hookId: string; expiresAtMs: EpochMs | undefined }[];
  rollbackReason: string | undefined;
  createdAtMs: EpochMs;
}

export interface AlarmView {
  name: string;
  state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'MISSING';
  reason: string;
}

export interface Observation {
  /** The release's own service deployment; undefined while ECS does not list it (yet). */
  deployment: DeploymentView | undefined;
  /** Looked up only where the deployment leaves room for doubt: not ACTIVE means that somebody has deleted the service. */
  serviceStatus?: string | undefined;
  /** A deployment of the same service that is newer than ours and not ours. */
  foreign: { arn: string; createdAtMs: EpochMs; description: string; running: boolean; hookIds: string[] } | undefined;
  alarms: AlarmView[];
  /** Requests the new revision answered since the current rung was reached; undefined when no rung counts them. */
  requestsAtRung: number | undefined;
}

/**
 * How long after the look an `advance` may still be acted on. Tasks fall ill and alarms fire meanwhile; whoever comes later, since a
 * call hung or its function died, looks again first.
 */
export const VERDICT_FRESH_MS = 10_000;
export const RESYNC_MOVING_MS = 5 * 60_000;
export const RESYNC_PEOPLE_MS = 60 * 60_000;
/** How long people have to say whether too little data is enough, when the rung asks for no approval of its own. */
export const SCARCITY_ASK_MS = 60 * 60_000;
