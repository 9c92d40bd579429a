// What a simulation is made of: a specification, services, images, what people and machines do and when, and what goes wrong.
// Plain data: the same scenario can come from a seed (generate.ts), from a story that somebody wrote, or from an exhaustive sweep.
import type { Switches } from '../../local-cloud/kernel/switches.ts';
import type { ServiceWish } from './furnish.ts';
import type { ImageCharacter } from './images.ts';

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
  /** From here on nothing goes wrong any more, and everything must come to its end. */
  faultsUntilMs: number;
}

export interface WrittenSpecification {
  people: Record<string, { aws: string[] }>;
  pipelines: Record<string, { image: { repository: string; tags: { semver: string } }; newerRelease?: string; foreignDeployments?: string; stages: WrittenStage[] }>;
}

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
}

export type Act = { atMs: number } & (
  | { kind: 'abort'; person: string }
  | { kind: 'promote'; person: string }
  | { kind: 'alarm'; alarm: string; state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' }
  /** Somebody's Terraform: another task definition, past Slipway. */
  | { kind: 'foreignUpdate'; service: string }
  | { kind: 'foreignStop'; service: string }
  /** Somebody stops the execution of a running release by hand. */
  | { kind: 'stopExecution' }
  | { kind: 'lambdasDead'; forMs: number }
  /** Somebody releases an image again by hand. */
  | { kind: 'deploy'; person: string; tag: string }
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
  invokeRefused: number;
  noticeFails: number;
  /** Best-effort events only: a lost push starts nothing, which nobody can mend. */
  eventLost: number;
  eventDoubled: number;
  eventDelayed: number;
  eventDelayMaxMs: number;
  skewMs: number;
}

export const NO_FAULTS: FaultRates = {
  throttled: 0, failsBefore: 0, failsAfter: 0, slow: 0, hangs: 0, killedBefore: 0, killedAfter: 0, twiceAtOnce: 0, invokeRefused: 0, noticeFails: 0,
  eventLost: 0, eventDoubled: 0, eventDelayed: 0, eventDelayMaxMs: 0, skewMs: 0,
};

export const FAULT_NAMES = (Object.keys(NO_FAULTS) as (keyof FaultRates)[]).filter((name) => name !== 'eventDelayMaxMs');

export const PATIENT_PEOPLE: PeopleHabits = { approve: 1, reject: 0, delayMaxMs: 600_000, doubleClick: 0, bothWays: 0, wrongPerson: 0, late: 0 };
