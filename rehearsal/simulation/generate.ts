// A scenario from a seed. Every dimension is drawn on its own, and every fault is off in about half of the seeds, so that faults
// also meet the world alone ("swarm testing", https://www.cs.utah.edu/~regehr/papers/swarm12.pdf).
import type { Switches } from '../../local-cloud/kernel/switches.ts';
import { Chance } from './chance.ts';
import type { ServiceWish } from './furnish.ts';
import { GOOD_IMAGE, type ImageCharacter } from './images.ts';
import { generateActs } from './generate-acts.ts';
import { NO_FAULTS, PATIENT_PEOPLE, PEOPLE, writtenPeople, type FaultRates, type PeopleHabits, type Push, type Scenario, type WrittenStage } from './scenario.ts';
import type { SlackHabits, SlackOutage } from './slack/habits.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface GenerateOptions {
  /** Names of `FaultRates`, or of `OTHER_FAULTS`; all by default. */
  faults?: 'all' | 'none' | readonly string[];
}

export const OTHER_FAULTS = ['acts', 'alarms', 'images', 'switches', 'people', 'slack'] as const;

export function generate(seed: number, { faults = 'all' }: GenerateOptions = {}): Scenario {
  const chance = new Chance(seed);
  const on = (name: string) => faults === 'all' || (faults !== 'none' && faults.includes(name));
  const requestsPerSecond = chance.fork('traffic').hits(0.12) ? chance.fork('traffic rate').whole(0, 40) : undefined;
  const stages = stagesOf(chance.fork('stages'), requestsPerSecond !== undefined);
  const pushes = pushesOf(chance.fork('pushes'), on('images'));
  const lastPushMs = pushes.at(-1)?.atMs ?? 0;
  const spanMs = lastPushMs + chance.fork('span').whole(10 * MINUTE_MS, 3 * HOUR_MS);
  const slack = on('slack') ? slackOf(chance.fork('slack'), spanMs) : undefined;
  const freezers = chance.fork('freezers');
  const overrider = freezers.hits(0.8) ? freezers.pick(PEOPLE) : undefined;
  return {
    seed,
    door: 'quick',
    specification: {
      people: writtenPeople(),
      pipelines: {
        checkout: {
          image: { repository: 'shop/checkout', tags: { semver: '>=1.0.0' } },
          ...(slack ? { notify: { slack: '#deploys' } } : {}),
          newerRelease: chance.fork('newer').pick(['overtakesWaiting', 'waits']),
          foreignDeployments: chance.fork('foreign').pick(['continue', 'leave']),
          ...(overrider === undefined ? {} : { freeze: { override: [overrider] } }),
          stages,
        },
      },
    },
    services: stages.map((stage) => serviceOf(chance.fork(`service ${stage.name}`), stage)),
    switches: on('switches') ? switchesOf(chance.fork('switches')) : {},
    requestsPerSecond,
    pushes,
    acts: generateActs(chance.fork('acts'), { stages, pushes, spanMs, slack: slack !== undefined, overrider, on }),
    people: on('people') ? peopleOf(chance.fork('people'), slack !== undefined) : PATIENT_PEOPLE,
    faults: ratesOf(chance.fork('faults'), on),
    ...(slack ? { slack } : {}),
    faultsUntilMs: faults === 'none' ? 0 : spanMs,
  };
}

export const SWITCH_POSITIONS: { [Name in Exclude<keyof Switches, 'ecsReadLagMs'>]: readonly [Switches[Name], ...Switches[Name][]] } = {
  preProductionHook: ['afterPreviousBake', 'beforePreviousBake'],
  lifecycleStageWhilePausedBeforeShift: ['PRE_PRODUCTION_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT', 'POST_TEST_TRAFFIC_SHIFT'],
  finishedHooks: ['kept', 'removed'],
  failureDetectionWhilePaused: ['acts', 'waits'],
  updateDuringRollback: ['refused', 'accepted'],
  failedEventOnRollback: ['emitted', 'absent'],
  rollbackEventDeploymentId: ['sourceRevision', 'targetRevision'],
  untaggedPush: ['omitsTag', 'emptyTag'],
  alarmHotAtStart: ['disablesAll', 'disablesItself'],
  imageDigestOfIndex: ['index', 'platform'],
  usedHookIdError: ['InvalidParameterException', 'ClientException'],
  rollingLifecycleStages: ['reported', 'absent'],
  passRoleOnUpdate: ['checked', 'onlyNewRoles'],
};

// ---- the plan -------------------------------------------------------------------------------------------------------------------

function stagesOf(chance: Chance, traffic: boolean): WrittenStage[] {
  const production = stageOf(chance.fork('production'), 'production', { cluster: 'prod', name: 'checkout', container: 'app' }, strategyOf(chance.fork('strategy'), traffic));
  if (!chance.hits(0.2)) return [production];
  return [stageOf(chance.fork('staging'), 'staging', { cluster: 'staging', name: 'checkout', container: 'app' }, chance.hits(0.7) ? 'rolling' : { canary: { steps: [{ weight: 50, bake: '1m' }] } }), production];
}

function stageOf(chance: Chance, name: string, service: WrittenStage['service'], strategy: unknown): WrittenStage {
  return {
    name,
    service,
    strategy,
    ...(chance.hits(0.2) ? { before: [{ approval: approvalOf(chance) }] } : {}),
    ...(chance.hits(0.75) ? { alarms: [`${name}-5xx`] } : {}),
    onAlarmAtStart: chance.pick(['refuse', 'refuse', 'ignore', 'proceed']),
    missingData: chance.pick<unknown>(['wait', 'pass', 'fail', { policy: 'wait', limit: '5m' }]),
  };
}

function strategyOf(chance: Chance, traffic: boolean): unknown {
  const bake = () => chance.pick(['0s', '30s', '1m', '3m', '5m', '10m', '25m']);
  const bakeAfter = chance.hits(0.6) ? { bakeAfter: chance.pick(['1m', '5m', '15m']) } : {};
  const approval = () => (chance.hits(0.35) ? { approval: approvalOf(chance) } : {});
  const kind = chance.next();
  if (kind < 0.14) return chance.hits(0.5) ? 'rolling' : { rolling: { minimumHealthyPercent: chance.pick([50, 100]), maximumPercent: 200, ...(chance.hits(0.4) ? { bakeAfter: '5m' } : {}) } };
  if (kind < 0.31) return { blueGreen: { ...approval(), ...bakeAfter } };
  if (kind < 0.44) return { linear: { step: chance.pick([20, 25, 30, 34, 50]), bake: bake(), ...bakeAfter } };
  const weights = chance.pick<number[]>([[5], [10], [50], [33.3], [25, 50], [20, 60], [25, 75], [10, 50], [12.5, 50], [5, 25, 50]]);
  const steps = weights.map((weight) => ({ weight, bake: traffic && chance.hits(0.8) ? { for: bake(), requests: chance.whole(1, 4_000) } : bake(), ...approval() }));
  return { canary: { steps, ...bakeAfter } };
}

function approvalOf(chance: Chance): object {
  const from = PEOPLE.slice(0, chance.whole(1, 3)) as [string, ...string[]];
  const named = chance.hits(0.85);
  const more = chance.fork('who must, who else');
  return {
    ...(named ? { from, need: chance.whole(1, from.length) } : {}),
    ...(named && more.hits(0.3) ? { including: [more.pick(from)] } : {}),
    ...(more.hits(0.45) ? { remind: more.pick(['1m', '3m']) } : {}),
    ...(named && from.length < 3 && more.hits(0.4) ? { escalate: { to: ['carol'], after: more.pick(['2m', '4m']) } } : {}),
    within: chance.pick(['5m', '20m', '1h', '4h']),
    otherwise: chance.pick(['reject', 'reject', 'approve']),
    ...(chance.hits(0.35) ? { notBy: 'author' } : {}),
  };
}

function serviceOf(chance: Chance, stage: WrittenStage): ServiceWish {
  return {
    ...stage.service,
    desiredCount: chance.pick([1, 2, 2, 3, 4]),
    repository: 'shop/checkout',
    firstTag: '1.0.0',
    alarms: stage.alarms ?? [],
    deploymentConfiguration: {
      strategy: chance.pick(['ROLLING', 'BLUE_GREEN']),
      bakeTimeInMinutes: chance.pick([0, 1]),
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      ...(chance.hits(0.7) ? { deploymentCircuitBreaker: { enable: true, rollback: true } } : {}),
    },
  };
}

// ---- what happens ---------------------------------------------------------------------------------------------------------------

function pushesOf(chance: Chance, imagesVary: boolean): Push[] {
  const burst = chance.fork('burst').hits(0.15);
  const count = burst ? chance.whole(3, 5) : chance.pick([1, 1, 2, 2, 3, 4]);
  const pushes: Push[] = [];
  let atMs = 1_000;
  for (let index = 0; index < count; index++) {
    const author = chance.fork(`author ${index}`);
    pushes.push({
      atMs, repository: 'shop/checkout', tag: `1.${index + 1}.0`, character: imagesVary ? characterOf(chance.fork(`image ${index}`)) : GOOD_IMAGE,
      ...(author.hits(0.4) ? { author: author.pick(PEOPLE) } : {}),
    });
    atMs += burst ? chance.whole(500, 8_000) : chance.hits(0.4) ? chance.whole(1_000, 30_000) : chance.whole(MINUTE_MS, 90 * MINUTE_MS);
  }
  return pushes;
}

function characterOf(chance: Chance): ImageCharacter {
  const paced = { ...GOOD_IMAGE, pullMs: chance.whole(1_000, 20_000), startMs: chance.whole(500, chance.hits(0.1) ? 120_000 : 15_000), stopMs: chance.whole(0, 20_000) };
  const kind = chance.next();
  if (kind < 0.57) return paced;
  if (kind < 0.76) return { ...paced, alarmsFromWeightPercent: chance.pick([1, 20, 50, 100, 100]), alarmDelayMs: chance.whole(5_000, 6 * MINUTE_MS) };
  if (kind < 0.84) return { ...paced, crashAfterMs: chance.pick([0, 1_000, 20_000, 4 * MINUTE_MS]) };
  if (kind < 0.9) return { ...paced, healthy: false };
  if (kind < 0.95) return { ...paced, neverStarts: true };
  return { ...paced, illAfterMs: chance.whole(MINUTE_MS, 20 * MINUTE_MS) };
}

function peopleOf(chance: Chance, slack: boolean): PeopleHabits {
  const sometimes = (most: number) => (chance.hits(0.5) ? chance.next() * most : 0);
  return {
    // Where few answer, nobody but one who clicks twice may be all there is.
    approve: chance.hits(0.3) ? 0.3 : 0.5 + chance.next() * 0.5,
    reject: sometimes(0.8),
    delayMaxMs: chance.pick([20_000, 5 * MINUTE_MS, HOUR_MS]),
    doubleClick: sometimes(0.8), bothWays: sometimes(0.4), wrongPerson: sometimes(0.5), late: sometimes(0.4),
    inSlack: slack ? chance.pick([0.2, 0.5, 0.8]) : 0, onDashboard: chance.pick([0.2, 0.5, 0.8]), inBoth: sometimes(0.6), race: sometimes(0.8),
  };
}

function slackOf(chance: Chance, spanMs: number): SlackHabits | undefined {
  if (!chance.hits(0.6)) return undefined;
  const sometimes = (most: number) => (chance.hits(0.5) ? chance.next() ** 2 * most : 0);
  const outages: SlackOutage[] = [];
  for (let left = chance.pick([0, 0, 1, 2, 3]); left > 0; left--) {
    outages.push({ fromMs: chance.whole(0, spanMs / 2), forMs: chance.pick([2 * MINUTE_MS, 20 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS]), kind: chance.pick(['down', 'dead', 'mute', 'limited', 'tokenRevoked']) });
  }
  return { rates: { limited: sometimes(0.3), slow: sometimes(0.2), answerLost: sometimes(0.2), killed: sometimes(0.1) }, outages };
}

function ratesOf(chance: Chance, on: (name: string) => boolean): FaultRates {
  const rates: FaultRates = { ...NO_FAULTS, eventDelayMaxMs: chance.pick([5_000, MINUTE_MS, 10 * MINUTE_MS]) };
  const most: Record<Exclude<keyof FaultRates, 'eventDelayMaxMs'>, number> = {
    throttled: 0.2, failsBefore: 0.1, failsAfter: 0.1, slow: 0.04, hangs: 0.02, killedBefore: 0.05, killedAfter: 0.05, twiceAtOnce: 0.15, invokeRefused: 0.3, noticeFails: 0.3,
    // Few events may be lost at all: often it is every one of them.
    eventLost: 2, eventDoubled: 0.5, eventDelayed: 0.6, skewMs: 3_000, answerLost: 0.01,
    denied: 0.004,
  };
  for (const [name, highest] of Object.entries(most) as [keyof typeof most, number][]) {
    const drawn = chance.hits(0.5) ? chance.next() ** 2 * highest : 0;
    if (on(name)) rates[name] = drawn;
  }
  return rates;
}

/** Every behaviour that AWS leaves open, in either position. */
function switchesOf(chance: Chance): Partial<Switches> {
  const drawn = Object.fromEntries(Object.entries(SWITCH_POSITIONS).map(([name, positions]) => [name, chance.pick(positions)])) as Partial<Switches>;
  return { ...drawn, ecsReadLagMs: chance.hits(0.5) ? 0 : chance.whole(500, 20_000) };
}
