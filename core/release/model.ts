// The release record as core sees it. Adapters store it; functions load it, hand it to the rules, and save what they answer.
//   R1. A release keeps the specification it started with.
//   R2. Only the release's own execution changes a stage record; everybody else adds decisions or rings the bell.
//   R3. Nothing is removed while a release runs: what was asked, decided and seen stays.
import type { ApprovalRule, Person, Pipeline } from '../pipeline/model.ts';

export type EpochMs = number;

/** How a stage, and in the end a release, can end. `unchanged`: the service already ran the image. */
export type Outcome =
  | 'succeeded'
  | 'unchanged'
  | 'rolledBack'
  | 'rejected'
  | 'aborted'
  | 'superseded'
  | 'timedOut'
  | 'refused'
  | 'failed';

export interface Image {
  repository: string; // as in ECR, without the registry: `shop/checkout`
  /** `ACCOUNT.dkr.ecr.REGION.amazonaws.com`. */
  registry: string;
  tag: string | undefined;
  digest: string; // `sha256:...`
}

export interface Release {
  id: string;
  pipeline: Pipeline;
  specificationVersion: number;
  people: Record<string, Person>;
  image: Image;
  /** Who asked for it: the name in `people`, or the caller ARN of somebody who is not there; after a push what the image's annotation says, undefined when it says nothing. */
  author: string | undefined;
  /** Decides which of two releases is the newer one. */
  pushedAtMs: EpochMs;
  createdAtMs: EpochMs;
  status: 'running' | 'ended';
  outcome: Outcome | undefined;
  reason: string;
  endedAtMs: EpochMs | undefined;
  stageIndex: number;
  /** The doorbell: goes up by one for everything that might concern this release. */
  bell: number;
  /** A newer release that wants a service this one holds, or has taken this one's place in its queue. */
  challengedBy: string | undefined;
  /** Why the execution had to be rescued, if it was: such a release rolls back. */
  rescue: string | undefined;
  /** Set when this release undoes another one: the task definition to go back to. */
  undoes?: { releaseId: string; taskDefinitionArn: string };
}

export interface Decision {
  kind: 'approve' | 'reject' | 'abort' | 'promote' | 'override';
  /** The name in `people`, or the caller ARN when the rule lets anybody decide. */
  person: string;
  callerArn: string;
  via: 'cli' | 'slack' | 'dashboard';
  atMs: EpochMs;
  reason: string;
  /** Which question it answers, or whose rest a promote skips (`rung.5`, `rung.*`), or which freeze an override is about (`freeze.1764000000000`); undefined for an abort. */
  askKey: string | undefined;
  stageIndex: number;
}

/** A question put to people: `before.0`, `weight.5`, `data.25`. */
export interface Ask {
  key: string;
  rule: ApprovalRule;
  question: string;
  askedAtMs: EpochMs;
  deadlineMs: EpochMs;
  /** When people were reminded, and when more people were asked; what has been done is not done again. */
  remindedAtMs?: EpochMs;
  escalatedAtMs?: EpochMs;
}

export interface StageRecord {
  index: number;
  serviceArn: string;
  status: 'pending' | 'running' | 'ended';
  outcome: Outcome | undefined;
  reason: string;
  startedAtMs: EpochMs | undefined;
  endedAtMs: EpochMs | undefined;
  asks: Ask[];
  /** Alarms that were already in ALARM at the start and are therefore not watched. */
  alarmsLeftOut: string[];
  /** The service as it was before anything was changed; set once. */
  found: FoundService | undefined;
  deployment: DeploymentRecord | undefined;
  /** When each rung's weight was first seen, by weight in percent. */
  rungsReached: { weightPercent: number; atMs: EpochMs }[];
  /** The highest production weight seen or let through. */
  weightPercent: number;
  /** The deployment succeeded while the service wanted no tasks: nothing of it has run. */
  idle?: boolean;
  /** Since when a pause is held because the new revision lacks tasks. */
  shortOfTasksSinceMs?: EpochMs | undefined;
  rollingBack: RollingBack | undefined;
  failure: Failure | undefined;
  /** What the stage waits for, for people to read. */
  waitingFor: WaitingFor | undefined;
  /** The last thing to announce, and the state entry that said it: a retry of that entry says it again, no other one does. */
  lastNotice: { entry: string; kind: NoticeKind; text: string } | undefined;
}

/** The domain events of a release. */
export type NoticeKind =
  | 'releaseStarted'
  | 'stageStarted'
  | 'approvalAsked'
  | 'approvalReminded'
  | 'approvalEscalated'
  | 'frozen'
  | 'weightReached'
  | 'rollbackStarted'
  | 'rollbackSlow'
  | 'stageEnded'
  | 'releaseEnded'
  | 'rescued';

export interface FoundService {
  taskDefinitionArn: string;
  /** The image of the container that the release replaces, as the task definition names it. */
  image?: string;
  /** What ECS made of that image where it names only a tag, which may mean another image by now. */
  imageDigest?: string;
  /** When ECS made the newest deployment there was, by its own clock: one of the release's own is younger. */
  newestDeploymentAtMs?: EpochMs;
  /** The service's `deploymentConfiguration`, verbatim, put back at the end. */
  deploymentConfiguration: unknown;
}

export interface DeploymentRecord {
  taskDefinitionArn: string;
  /** Written before UpdateService is called, so that a retry knows to look for its own deployment first. */
  intendedAtMs: EpochMs;
  /** Written right before the call: from here on there may be a deployment that ECS does not list yet. */
  requestedAtMs: EpochMs | undefined;
  startedAtMs: EpochMs | undefined;
  /** The N of `ecs-svc/N`, which is also the last segment of the service revision ARN. */
  revisionId: string | undefined;
  arn: string | undefined;
}

export interface RollingBack {
  outcome: Outcome;
  reason: string;
  decidedAtMs: EpochMs;
  /** When ECS was last told; undefined when ECS rolls back by itself. */
  requestedAtMs: EpochMs | undefined;
  /** When people were told that it takes long. */
  slowToldAtMs?: EpochMs;
}

/** Why it went wrong, as far as the world tells: for people, never for decisions. */
export interface Failure {
  summary: string;
  stoppedTasks: { taskArn: string; stoppedReason: string; exitCodes: { container: string; exitCode: number | undefined; reason: string | undefined }[] }[];
  lastLogLines: string[];
}

export type WaitingFor =
  | { kind: 'turn'; behind: string }
  | { kind: 'deployment' }
  | { kind: 'bake'; untilMs: EpochMs }
  | { kind: 'requests'; have: number; need: number }
  | { kind: 'alarmData'; alarms: string[]; untilMs: EpochMs }
  | { kind: 'freeze'; key: string; untilMs: EpochMs | undefined; text: string }
  | { kind: 'approval'; askKey: string; untilMs: EpochMs }
  | { kind: 'rollback' };

/** One line of the record's story. The key makes writing it twice harmless. */
export interface TimelineEntry {
  key: string;
  atMs: EpochMs;
  kind: 'release' | 'stage' | 'weight' | 'ask' | 'decision' | 'freeze' | 'alarm' | 'rollback' | 'foreign' | 'failure';
  text: string;
  by?: string;
  /** Of what a person did: from where. */
  via?: Decision['via'];
  /** The production weight of the new revision from here on, where the entry is about it. */
  weightPercent?: number;
}

export const newStageRecord = (index: number, serviceArn: string): StageRecord => ({
  index,
  serviceArn,
  status: 'pending',
  outcome: undefined,
  reason: '',
  startedAtMs: undefined,
  endedAtMs: undefined,
  asks: [],
  alarmsLeftOut: [],
  found: undefined,
  deployment: undefined,
  rungsReached: [],
  weightPercent: 0,
  rollingBack: undefined,
  failure: undefined,
  waitingFor: undefined,
  lastNotice: undefined,
});

/** Ends after which the image is held on the service: it was seen to fail there, or people did not want it; also where ECS then failed to take it back. */
export function holdsImage(outcome: Outcome, rollingBack?: RollingBack): boolean {
  const meant = outcome === 'failed' ? rollingBack?.outcome : outcome;
  return meant === 'rolledBack' || meant === 'rejected';
}

/** Did the stage end in a way that lets the release go on to the next one? */
export const goesOn = (outcome: Outcome): boolean => outcome === 'succeeded' || outcome === 'unchanged';
