// What a `slipway.yml` means, after parsing: every default filled in, every duration in milliseconds.
// Owns the vocabulary only; `parse.ts` makes these values from text, and nothing else may make them.

/** A whole `slipway.yml`. */
export interface Specification {
  people: Record<string, Person>;
  pipelines: Pipeline[];
}

/** Binds a name used in `from:` to the identities the surfaces can verify. */
export interface Person {
  name: string;
  /** Caller ARNs, each a full ARN or a glob (`*:assumed-role/NAME/alice`). */
  aws: string[];
  /** Slack user id (`U012AB3CD`), if bound. */
  slack: string | undefined;
}

export interface Pipeline {
  name: string;
  image: { repository: string; tags: TagFilter };
  notify: { slack: string | undefined };
  /** What to do with somebody else's deployment that meets a pause of ours. */
  foreignDeployments: 'continue' | 'leave';
  /**
   * What a newer release does when an older one of this pipeline holds the service. A rollout that is moving is never
   * interrupted; `overtakesWaiting` lets it take the place of one that is waiting for a person.
   */
  newerRelease: 'overtakesWaiting' | 'waits';
  /** Who may override a freeze for a release of this pipeline; nobody when left out. */
  freeze?: { override: string[] };
  stages: [Stage, ...Stage[]];
}

export type TagFilter =
  | { kind: 'exact'; tags: string[] }
  | { kind: 'glob'; patterns: string[] }
  | { kind: 'regex'; pattern: string }
  | { kind: 'semver'; range: string };

export interface Stage {
  name: string;
  service: { cluster: string; name: string; container: string };
  /** In the order written. */
  before: BeforeStage[];
  strategy: Strategy;
  /** CloudWatch alarm names. */
  alarms: string[];
  onAlarmAtStart: 'refuse' | 'ignore' | 'proceed';
  missingData: { policy: 'wait' | 'pass' | 'fail'; limitMs: number };
}

export type BeforeStage = { kind: 'approval'; approval: ApprovalRule };

/** Somebody who has to be among those who approve: a person, or any one of a group. */
export interface Requirement {
  /** As written: the name of a person or of a group. */
  name: string;
  oneOf: string[];
}

export interface ApprovalRule {
  /** Names from `people`, groups spelled out. Empty: anybody who may call the control API. */
  from: string[];
  /** Distinct people whose approval is needed. */
  need: number;
  withinMs: number;
  /** What the deadline means. */
  otherwise: 'reject' | 'approve';
  /** The author of the push may not count. */
  notByAuthor: boolean;
  /** Each of these must be among those whose approval is given. */
  including?: Requirement[];
  /** How long before the deadline those who have not answered are reminded. */
  remindMs?: number;
  /** Who is asked as well when the question has been open for so long. */
  escalate?: { to: string[]; afterMs: number };
}

export type Strategy =
  | { kind: 'rolling'; minimumHealthyPercent: number | undefined; maximumPercent: number | undefined; bakeAfterMs: number }
  /** `approval` is asked before production traffic moves, while the new revision serves test traffic only. */
  | { kind: 'blueGreen'; approval: ApprovalRule | undefined; bakeAfterMs: number }
  | { kind: 'canary'; steps: [Step, ...Step[]]; bakeAfterMs: number }
  /** Equal steps: the weights `stepPercent`, twice that, ... up to 100, each held for `bake`. */
  | { kind: 'linear'; stepPercent: number; bake: Bake; bakeAfterMs: number };

/** One rung: reach the weight, hold it for the bake with everything quiet, then (if there is a rule) ask before going on. */
export interface Step {
  weightPercent: number; // in (0, 100), a multiple of 0.1
  bake: Bake;
  approval: ApprovalRule | undefined;
}

export interface Bake {
  forMs: number;
  /** At least this many requests answered by the new revision at this weight; undefined when time alone decides. */
  requests: number | undefined;
}
