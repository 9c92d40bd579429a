// The Control API, version 1: one Lambda behind a function URL with AWS_IAM. Bodies of requests and answers, by route.

import type { Fault } from '../pipeline/place.ts';
import type { ReleaseMetricsAnswer } from './metrics.ts';
import type { DecisionKind, PipelineView, ReleaseSummary, ReleaseView } from './model.ts';

/**
 * Every route, with what it takes and what it answers. docs/control-api.schema.json is made of this, and the function is held to it
 * by its types.
 */
export interface ControlRoutes {
  'GET /v1/pipelines': { query: PageQuery; answer: ListPipelinesAnswer };
  'PUT /v1/specification': { request: PutSpecificationRequest; answer: PutSpecificationAnswer };
  'GET /v1/releases': { query: ListReleasesQuery; answer: ListReleasesAnswer };
  'POST /v1/releases': { request: StartReleaseRequest; answer: StartReleaseAnswer };
  'GET /v1/releases/{id}': { answer: ReleaseView };
  'GET /v1/releases/{id}/metrics': { query: MetricsQuery; answer: ReleaseMetricsAnswer };
  'POST /v1/releases/{id}/decisions': { request: DecisionRequest; answer: DecisionAnswer };
  'POST /v1/releases/{id}/retry': { request: RetryRequest; answer: StartReleaseAnswer };
  'POST /v1/releases/{id}/undo': { request: UndoRequest; answer: StartReleaseAnswer };
  'GET /v1/holds': { query: HoldsQuery; answer: HoldsAnswer };
  'POST /v1/holds': { request: HoldRequest; answer: HoldsAnswer };
  'POST /v1/holds/lift': { request: HoldRequest; answer: LiftAnswer };
  'GET /v1/freezes': { query: FreezesQuery; answer: FreezesAnswer };
  'POST /v1/freezes': { request: FreezeRequest; answer: FreezesAnswer };
  'POST /v1/freezes/lift': { request: FreezeRequest; answer: LiftFreezeAnswer };
}
export type ControlRoute = keyof ControlRoutes;

/** Which face it came from, for the record; the CLI's when left out. */
export type Via = 'cli' | 'dashboard';

export interface MetricsQuery {
  /** The stage where the release stands or ended when left out. */
  stage?: string;
}

export interface PutSpecificationRequest {
  /** The parsed YAML, as JSON. */
  specification: unknown;
  dryRun?: boolean;
}
export interface PutSpecificationAnswer {
  pipelines: { name: string; version: number; changed: boolean }[];
  warnings: string[];
}

/** How much of a list is wanted. Other keys of a query are ignored. */
export interface PageQuery {
  /** A whole number from 1 to 100; 100 when left out. */
  limit?: string;
  /** The `next` of the answer before; the beginning when left out. */
  next?: string;
}

/** A list goes on after what was answered as long as there is a `next`; pages may be shorter than asked for. */
export interface PageAnswer {
  next?: string;
}

export interface ListPipelinesAnswer extends PageAnswer {
  /** By name. */
  pipelines: PipelineView[];
}

export interface ListReleasesQuery extends PageQuery {
  /** Only those of this pipeline. */
  pipeline?: string;
  /** Only those started before this moment, an ISO time. */
  until?: string;
  /** A whole number from 1 to 100; 20 when left out. */
  limit?: string;
}
export interface ListReleasesAnswer extends PageAnswer {
  /** Newest first. */
  releases: ReleaseSummary[];
}

/** POST /v1/releases; exactly one of tag and digest. */
export interface StartReleaseRequest {
  pipeline: string;
  tag?: string;
  digest?: string;
  reason?: string;
  via?: Via;
}
export interface StartReleaseAnswer {
  release: ReleaseSummary;
}

/** POST /v1/releases/{id}/decisions */
export interface DecisionRequest {
  kind: DecisionKind;
  stage?: string;
  reason?: string;
  /** Of a promote: every bake that is left, not only this one. */
  full?: boolean;
  via?: Via;
}
export interface DecisionAnswer {
  /** False when it changed nothing, for example the second approval of one person. */
  recorded: boolean;
  message: string;
  release: ReleaseSummary;
}

/** POST /v1/releases/{id}/retry lifts the image's holds and releases it again. */
export interface RetryRequest {
  reason?: string;
  via?: Via;
}

/** POST /v1/releases/{id}/undo: what ran before the release runs again. Answers like POST /v1/releases. */
export interface UndoRequest {
  /** The last stage that succeeded when left out. */
  stage?: string;
  reason: string;
  via?: Via;
}

/** An image that is not rolled out on a stage's service until the hold is lifted. */
export interface HoldView {
  pipeline: string;
  stage: string;
  digest: string;
  reason: string;
  /** A person, or the release whose end set it. */
  by: string;
  at: string;
  /** By whom, from where, when and why it was lifted; absent as long as it is in force. */
  lifted?: { by: string; callerArn: string; via: Via; at: string; reason: string };
}

export interface HoldsQuery extends PageQuery {
  /** Only those of this pipeline. */
  pipeline?: string;
  /** `true`: instead of those in force, those that somebody has lifted in the last 400 days. */
  lifted?: 'true' | 'false';
}
export interface HoldsAnswer extends PageAnswer {
  holds: HoldView[];
}

/** POST /v1/holds, POST /v1/holds/lift; every stage when none is named. */
export interface HoldRequest {
  pipeline: string;
  stage?: string;
  digest: string;
  /** Required to set a hold. */
  reason?: string;
  via?: Via;
}
export interface LiftAnswer {
  /** The names of the stages whose hold was lifted. */
  lifted: string[];
}

/** A time in which no rollout of a pipeline begins. */
export interface FreezeView {
  /** Absent: every pipeline. */
  pipeline?: string;
  reason: string;
  by: string;
  at: string;
  /** Absent: until it is lifted. */
  until?: string;
}

export interface FreezesQuery extends PageQuery {
  /** Only those that concern this pipeline. */
  pipeline?: string;
}
/** Those in force, the oldest first. */
export interface FreezesAnswer extends PageAnswer {
  freezes: FreezeView[];
}

/** POST /v1/freezes, POST /v1/freezes/lift; exactly one of pipeline and all. */
export interface FreezeRequest {
  pipeline?: string;
  all?: true;
  /** ISO time; until it is lifted when left out. */
  until?: string;
  /** Required to freeze. */
  reason?: string;
  via?: Via;
}
export interface LiftFreezeAnswer {
  /** How many were lifted. */
  lifted: number;
}

/** What programs go by; messages are for people and may change. */
export type ControlErrorCode =
  /** The request itself is wrong. */
  | 'BadRequest'
  /** The caller may not do this. */
  | 'NotAllowed'
  /** There is no such pipeline, release, stage or route. */
  | 'NotFound'
  /** It does not go together with how things stand: too late, not now, answered already. */
  | 'Refused'
  /** The specification has faults, which are listed. */
  | 'InvalidSpecification'
  /** Slipway could not answer; it may be tried again. */
  | 'Internal';

export const CONTROL_ERROR_STATUS: Record<ControlErrorCode, number> = {
  BadRequest: 400,
  NotAllowed: 403,
  NotFound: 404,
  Refused: 409,
  InvalidSpecification: 422,
  Internal: 500,
};

export interface ControlErrorAnswer {
  error: { code: ControlErrorCode; message: string; hint?: string; faults?: Fault[] };
}
