// The Control API, version 1: one Lambda behind a function URL with AWS_IAM. Bodies of requests and answers, by route.

import type { Fault } from '../pipeline/place.ts';
import type { DecisionKind, PipelineView, ReleaseSummary } from './model.ts';

/** PUT /v1/specification */
export interface PutSpecificationRequest {
  /** The parsed YAML, as JSON. */
  specification: unknown;
  dryRun?: boolean;
}
export interface PutSpecificationAnswer {
  pipelines: { name: string; version: number; changed: boolean }[];
  warnings: string[];
}

/** GET /v1/pipelines */
export interface ListPipelinesAnswer {
  pipelines: PipelineView[];
}

/** GET /v1/releases?pipeline=&limit=&next= (newest first) */
export interface ListReleasesAnswer {
  releases: ReleaseSummary[];
  next?: string;
}

/** POST /v1/releases; exactly one of tag and digest. */
export interface StartReleaseRequest {
  pipeline: string;
  tag?: string;
  digest?: string;
  reason?: string;
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
  /** Which face it came from, for the record; the CLI's when left out. */
  via?: 'cli' | 'dashboard';
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
}

/** POST /v1/releases/{id}/undo: what ran before the release runs again. Answers like POST /v1/releases. */
export interface UndoRequest {
  /** The last stage that succeeded when left out. */
  stage?: string;
  reason: string;
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
}

/** GET /v1/holds?pipeline=, and what POST /v1/holds answers. */
export interface HoldsAnswer {
  holds: HoldView[];
}

/** POST /v1/holds, POST /v1/holds/lift; every stage when none is named. */
export interface HoldRequest {
  pipeline: string;
  stage?: string;
  digest: string;
  /** Required to set a hold. */
  reason?: string;
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

/** GET /v1/freezes?pipeline=, and what POST /v1/freezes answers: those in force. */
export interface FreezesAnswer {
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
  via?: 'cli' | 'dashboard';
}
export interface LiftFreezeAnswer {
  /** How many were lifted. */
  lifted: number;
}

export type ControlErrorCode = 'NotFound' | 'NotAllowed' | 'Refused' | 'BadRequest' | 'InvalidSpecification';

export const CONTROL_ERROR_STATUS: Record<ControlErrorCode, number> = {
  BadRequest: 400,
  NotAllowed: 403,
  NotFound: 404,
  Refused: 409,
  InvalidSpecification: 422,
};

export interface ControlErrorAnswer {
  error: { code: ControlErrorCode; message: string; hint?: string; faults?: Fault[] };
}
