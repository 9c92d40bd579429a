// What the Control API says and every face (CLI, dashboard, Slack) renders: plain JSON, dates as ISO text. Version 1.
// Owns the shapes only; whoever holds a record makes them from it.

export type ReleaseStatus = 'running' | 'waiting' | 'ended';

export type ReleaseOutcome =
  | 'succeeded'
  | 'rolledBack'
  | 'rejected'
  | 'aborted'
  | 'superseded'
  | 'timedOut'
  | 'refused'
  | 'failed'
  /** The service already ran this digest. */
  | 'unchanged';

export interface ImageView {
  repository: string;
  tag?: string;
  digest: string;
}

export interface ReleaseSummary {
  id: string;
  pipeline: string;
  image: ImageView;
  status: ReleaseStatus;
  /** Present exactly when `status` is ended. */
  outcome?: ReleaseOutcome;
  /** The stage it is in, or ended in. */
  stage?: string;
  weightPercent?: number;
  /** What the stage it is in waits for; absent when it waits for nothing, and from an older Slipway. */
  waitingFor?: WaitingKind;
  /** Why it is where it is, as a clause or sentence. */
  reason: string;
  createdAt: string;
  endedAt?: string;
}

export interface ReleaseView extends ReleaseSummary {
  /** Who pushed the image, when known. */
  author?: string;
  /** Everybody who has approved anything of it, in the order in which they did. */
  approvedBy?: string[];
  /** What people have decided about it, in the order in which they did. */
  decisions?: DecisionView[];
  stages: StageView[];
  /** Oldest first. */
  timeline: TimelineEntry[];
}

export interface DecisionView {
  kind: DecisionKind;
  by: string;
  via: Surface;
  at: string;
  /** The stage it was about. */
  stage?: string;
  reason?: string;
}

/** Where a person has said it. */
export type Surface = 'cli' | 'slack' | 'dashboard';

export interface StageView {
  name: string;
  cluster: string;
  service: string;
  status: 'pending' | 'running' | 'waiting' | 'ended';
  outcome?: ReleaseOutcome;
  weightPercent?: number;
  startedAt?: string;
  endedAt?: string;
  rungs: RungView[];
  waitingFor?: WaitingView;
  failure?: FailureView;
}

export interface RungView {
  weightPercent: number;
  bakeMs: number;
  /** When the rollout first stood on it; its bake counts from there. */
  reachedAt?: string;
  /** The number of requests the bake needs besides. */
  requests?: number;
  approval?: { from: string[]; need: number; withinMs: number; including?: { name: string; oneOf: string[] }[] };
}

export type WaitingKind = 'bake' | 'approval' | 'turn' | 'deployment' | 'rollback' | 'alarmData' | 'freeze';

export interface WaitingView {
  kind: WaitingKind;
  /** Who may approve now; empty or absent: anybody who may call the control API. */
  from?: string[];
  /** Who has to be among those who approve, and is not yet; of a group any one. */
  lacking?: { name: string; oneOf: string[] }[];
  /** Who is asked as well, and from when on, in epoch milliseconds; absent once they are. */
  escalates?: { to: string[]; atMs: number };
  need?: number;
  /** Who has approved so far. */
  given?: string[];
  /** Of a freeze: whose, and why. */
  text?: string;
  /** Epoch milliseconds. */
  untilMs?: number;
}

export interface FailureView {
  /** Everything, as lines. */
  reason: string;
  /** The same in parts. */
  summary?: string;
  tasks?: { id: string; stoppedReason: string; exits: { container: string; exitCode?: number; reason?: string }[] }[];
  logLines?: string[];
  /** The alarms that fired, if any did. */
  alarms?: string[];
  /** What to do next, as a full sentence or a command. */
  hint?: string;
}

export interface TimelineEntry {
  at: string;
  stage?: string;
  kind: string;
  text: string;
  /** The person or identity behind it. */
  by?: string;
  /** Where that person did it. */
  via?: Surface;
  /** The production weight of the new revision from here on, where the entry is about it. */
  weightPercent?: number;
}

export interface PipelineView {
  name: string;
  repository: string;
  stages: { name: string; cluster: string; service: string }[];
  /** What keeps its rollouts from beginning. */
  freezes?: { pipeline?: string; reason: string; by: string; at: string; until?: string }[];
  latest?: ReleaseSummary;
}

export type DecisionKind = 'approve' | 'reject' | 'abort' | 'promote' | 'override';
