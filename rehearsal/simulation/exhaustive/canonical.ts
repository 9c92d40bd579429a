// The stories that every release is one of, told without chance: nothing goes wrong in them but what the story is about.
import { GOOD_IMAGE, type ImageCharacter } from '../images.ts';
import { NO_FAULTS, PATIENT_PEOPLE, type Act, type PeopleHabits, type Push, type Scenario } from '../scenario.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

const CANARY = { canary: { steps: [{ weight: 25, bake: '2m' }, { weight: 50, bake: '2m', approval: { from: ['alice', 'bob'], need: 2, within: '30m' } }], bakeAfter: '3m' } };
const SWIFT_PEOPLE: PeopleHabits = { ...PATIENT_PEOPLE, delayMaxMs: 40 * SECOND_MS };

interface Told {
  strategy?: unknown;
  images?: readonly Partial<ImageCharacter>[];
  /** Between one push and the next. */
  betweenMs?: number;
  people?: PeopleHabits;
  acts?: Act[];
}

export type CanonicalStory = keyof typeof TOLD;

const alarmFrom = (weightPercent: number): Told => ({ images: [{ alarmsFromWeightPercent: weightPercent, alarmDelayMs: 20 * SECOND_MS }] });

const TOLD = {
  'good canary': {},
  'alarm at 25 %': alarmFrom(25),
  'alarm at 50 %': alarmFrom(50),
  'alarm at 100 %': alarmFrom(100),
  reject: { people: { ...SWIFT_PEOPLE, approve: 0, reject: 1 } },
  'nobody answers': { people: { ...SWIFT_PEOPLE, approve: 0 } },
  abort: { acts: [{ atMs: 150 * SECOND_MS, kind: 'abort', person: 'alice' }] },
  'crash at start': { images: [{ crashAfterMs: 500 }] },
  supersede: { images: [{}, {}], betweenMs: 8 * MINUTE_MS, people: { ...SWIFT_PEOPLE, delayMaxMs: 20 * MINUTE_MS } },
  rolling: { strategy: 'rolling' },
  'blue/green': { strategy: { blueGreen: { approval: { from: ['carol'], within: '30m' }, bakeAfter: '2m' } } },
  'image again': { acts: [{ atMs: 40 * MINUTE_MS, kind: 'deploy', person: 'alice', tag: '1.0.0' }] },
} satisfies Record<string, Told>;

export const CANONICAL_STORIES = Object.keys(TOLD) as CanonicalStory[];

export function canonical(story: CanonicalStory): Scenario {
  const { strategy = CANARY, images = [{}], betweenMs = 0, people = SWIFT_PEOPLE, acts = [] }: Told = TOLD[story];
  const pushes = images.map((image, index): Push => ({ atMs: SECOND_MS + index * betweenMs, repository: 'shop/checkout', tag: `1.${index + 1}.0`, character: { ...GOOD_IMAGE, ...image } }));
  return {
    seed: 1,
    door: 'quick',
    specification: {
      people: Object.fromEntries(['alice', 'bob', 'carol'].map((name) => [name, { aws: [`*:assumed-role/slipway-people/${name}`] }])),
      pipelines: {
        checkout: {
          image: { repository: 'shop/checkout', tags: { semver: '>=1.0.0' } },
          stages: [{ name: 'production', service: { cluster: 'prod', name: 'checkout', container: 'app' }, strategy, alarms: ['production-5xx'] }],
        },
      },
    },
    services: [
      {
        cluster: 'prod', name: 'checkout', desiredCount: 2, repository: 'shop/checkout', firstTag: '1.0.0', alarms: ['production-5xx'],
        deploymentConfiguration: { strategy: 'ROLLING', bakeTimeInMinutes: 0, minimumHealthyPercent: 100, maximumPercent: 200, deploymentCircuitBreaker: { enable: true, rollback: true } },
      },
    ],
    switches: {},
    requestsPerSecond: undefined,
    pushes,
    acts,
    people,
    faults: NO_FAULTS,
    faultsUntilMs: 0,
  };
}
