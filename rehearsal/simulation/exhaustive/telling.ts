// How a story is told: one pipeline with one stage, and of the rest only what the story is about.
import type { Switches } from '../../../local-cloud/kernel/switches.ts';
import { GOOD_IMAGE, type ImageCharacter } from '../images.ts';
import { NO_FAULTS, PATIENT_PEOPLE, writtenPeople, type Act, type PeopleHabits, type Push, type Scenario, type WrittenStage } from '../scenario.ts';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;

export const TWO_APPROVE = { from: ['alice', 'bob'], need: 2, within: '30m' };
export const CANARY = { canary: { steps: [{ weight: 25, bake: '2m' }, { weight: 50, bake: '2m', approval: TWO_APPROVE }], bakeAfter: '3m' } };
export const SWIFT_PEOPLE: PeopleHabits = { ...PATIENT_PEOPLE, delayMaxMs: 40 * SECOND_MS };
export const SILENT_PEOPLE: PeopleHabits = { ...SWIFT_PEOPLE, approve: 0 };

export interface Told {
  strategy?: unknown;
  stage?: Partial<WrittenStage>;
  newerRelease?: 'overtakesWaiting' | 'waits';
  images?: readonly Partial<ImageCharacter>[];
  /** Between one push and the next. */
  betweenMs?: number;
  people?: PeopleHabits;
  acts?: Act[];
  requestsPerSecond?: number;
  switches?: Partial<Switches>;
}

export function told({ strategy = CANARY, stage = {}, newerRelease = 'overtakesWaiting', images = [{}], betweenMs = 0, people = SWIFT_PEOPLE, acts = [], requestsPerSecond, switches = {} }: Told): Scenario {
  const pushes = images.map((image, index): Push => ({ atMs: SECOND_MS + index * betweenMs, repository: 'shop/checkout', tag: `1.${index + 1}.0`, character: { ...GOOD_IMAGE, ...image } }));
  return {
    seed: 1,
    door: 'quick',
    specification: {
      people: writtenPeople(),
      pipelines: {
        checkout: {
          image: { repository: 'shop/checkout', tags: { semver: '>=1.0.0' } },
          newerRelease,
          stages: [{ name: 'production', service: { cluster: 'prod', name: 'checkout', container: 'app' }, strategy, alarms: ['production-5xx'], ...stage }],
        },
      },
    },
    services: [
      {
        cluster: 'prod', name: 'checkout', desiredCount: 2, repository: 'shop/checkout', firstTag: '1.0.0', alarms: ['production-5xx'],
        deploymentConfiguration: { strategy: 'ROLLING', bakeTimeInMinutes: 0, minimumHealthyPercent: 100, maximumPercent: 200, deploymentCircuitBreaker: { enable: true, rollback: true } },
      },
    ],
    switches,
    requestsPerSecond,
    pushes,
    acts,
    people,
    faults: NO_FAULTS,
    faultsUntilMs: 0,
  };
}
