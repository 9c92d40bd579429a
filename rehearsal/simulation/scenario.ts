// What a simulation is made of: a specification, services, images, what people and machines do and when, and what goes wrong.
// Plain data: the same scenario can come from a seed (generate.ts), from a story that somebody wrote, or from an exhaustive sweep.
import type { Switches } from '../../local-cloud/kernel/switches.ts';
import type { ServiceWish } from './furnish.ts';
import type { ImageCharacter } from './images.ts';
import { SLACK_USERS, type SlackHabits } from './slack/habits.ts';

export interface Scenario {
  seed: number;
  door: 'quick' | 'wire';
  /** As written in slipway.yml. */
  specification: WrittenSpecification;
  services: ServiceWish[];
  switches: Partial<Switches>;
  requestsPerSecond: number | undefined;
  pushes: Push[];
  acts: Act[];
  /** How people answer questions. */
  people: PeopleHabits;
  faults: FaultRates;
  /** A workspace that Slipway speaks in, if there is one, and what goes wrong with it. */
  slack?: SlackHabits | undefined;
  /** From here on nothing goes wrong any more, and everything must come to its end. */
  faultsUntilMs: number;
}

export interface WrittenSpecification {
  people: Record<string, { aws: string[]; slack?: string }>;
  pipelines: Record<string, WrittenPipeline>;
}

export interface WrittenPipeline {
  image: { repository: string; tags: { semver: string } };
  notify?: { slack: string };
  newerRelease?: string;
  foreignDeployments?: string;
  freeze?: { override: string[] };
  stages: WrittenStage[];
}

export const PEOPLE = ['alice', 'bob', 'carol'] as const;

/** Bound to AWS by the name of their session, and to Slack by their user. */
export const writtenPeople = (): WrittenSpecification['people'] => Object.fromEntries(PEOPLE.map((name) => [name, { aws: [`*:assumed-role/slipway-people/${name}`], slack: SLACK_USERS[name] }]));

export interface WrittenStage {
  name: string;
  service: { cluster: string; name: string; container: string };
  strategy: unknown;
  before?: unknown[];
  alarms?: string[];
  onAlarmAtStart?: string;
  missingData?: unknown;
}

/** Times are counted from the moment everything is furnished. */
export interface Push {
  atMs: number;
  repository: string;
  tag: string;
  character: ImageCharacter;
  /** As the image says. */
  author?: string | undefined;
}

/** An act happens at its time, or that long after a notice: the `nth` of this kind, and of this outcome if one is named. */
export interface ActTime {
  atMs: number;
  after?: { notice: string; outcome?: string; nth: number };
}

export type Surface = 'cli' | 'dashboard' | 'slack';

export type Act = ActTime & (
  /** What somebody says about the release of the notice, or about the newest one. */
  | { kind: 'approve' | 'reject' | 'abort' | 'override'; person: string; surface?: Surface }
  | { kind: 'promote'; person: string; surface?: Surface; full?: boolean }
  | { kind: 'alarm'; alarm: string; state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' }
  /** Somebody's Terraform: another task definition, past Slipway. */
  | { kind: 'foreignUpdate'; service: string }
  | { kind: 'foreignStop'; service: string }
  /** Somebody stops the execution of a running release by hand. */
  | { kind: 'stopExecution' }
  | { kind: 'lambdasDead'; forMs: number }
  /** Somebody releases an image again by hand. */
  | { kind: 'deploy'; person: string; tag: string }
  /** The image of the release, which has ended, once more. */
  | { kind: 'retry'; person: string }
  /** The release, which has ended, is taken back. */
  | { kind: 'undo'; person: string }
  | { kind: 'hold' | 'unhold'; person: string; tag: string }
  /** Until it is lifted, or for a time. */
  | { kind: 'freeze'; person: string; forMs: number | undefined }
  | { kind: 'unfreeze'; person: string }
  /** A button that stood under the message some time ago and still stands on somebody's screen. */
  | { kind: 'oldButton'; person: string }
);

export interface PeopleHabits {
  /** Shares of questions that are approved, rejected, and left alone by each person asked. */
  approve: number;
  reject: number;
  delayMaxMs: number;
  doubleClick: number;
  bothWays: number;
  wrongPerson: number;
  late: number;
  /** Shares of what is said in Slack, where there is one, and on the dashboard; for the rest people take the CLI. */
  inSlack: number;
  onDashboard: number;
  /** Said in one place and, at the same moment, in another. */
  inBoth: number;
  /** Share of questions at which everybody does something else at the same moment: approve, reject, abort, promote. */
  race: number;
}

/** Chances per occasion; 0 is off. */
export interface FaultRates {
  throttled: number;
  failsBefore: number;
  failsAfter: number;
  slow: number;
  hangs: number;
  killedBefore: number;
  killedAfter: number;
  /** The caller of a function hears of a failure while the function goes on: it runs twice at once. */
  twiceAtOnce: number;
  /** A state machine never hears what its function answered: the task ends at its own time-out. */
  answerLost: number;
  invokeRefused: number;
  noticeFails: number;
  /** A policy that somebody has spoilt, or that is not everywhere yet: no retry helps, and the function fails for good. */
  denied: number;
  /** Best-effort events only: a lost push starts nothing, which nobody can mend. */
  eventLost: number;
  eventDoubled: number;
  eventDelayed: number;
  eventDelayMaxMs: number;
  skewMs: number;
}

export const NO_FAULTS: FaultRates = {
  throttled: 0, failsBefore: 0, failsAfter: 0, slow: 0, hangs: 0, killedBefore: 0, killedAfter: 0, twiceAtOnce: 0, answerLost: 0, invokeRefused: 0, noticeFails: 0, denied: 0,
  eventLost: 0, eventDoubled: 0, eventDelayed: 0, eventDelayMaxMs: 0, skewMs: 0,
};

export const FAULT_NAMES = (Object.keys(NO_FAULTS) as (keyof FaultRates)[]).filter((name) => name !== 'eventDelayMaxMs');

export const PATIENT_PEOPLE: PeopleHabits = { approve: 1, reject: 0, delayMaxMs: 600_000, doubleClick: 0, bothWays: 0, wrongPerson: 0, late: 0, inSlack: 0, onDashboard: 0, inBoth: 0, race: 0 };
