// A scenario from a seed. Every dimension is drawn on its own, and every fault is off in about half of the seeds, so that faults
// also meet the world alone ("swarm testing", https://www.cs.utah.edu/~regehr/papers/swarm12.pdf).
import type { Switches } from '../../local-cloud/kernel/switches.ts';
import { Chance } from './chance.ts';
import type { ServiceWish } from './furnish.ts';
import { GOOD_IMAGE, type ImageCharacter } from './images.ts';
import { NO_FAULTS, type Act, type FaultRates, type PeopleHabits, type Push, type Scenario, type WrittenStage } from './scenario.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface GenerateOptions {
  /** Names of `FaultRates`, or of groups of acts (`people`, `foreign`, `alarms`, `outage`, `switches`); all by default. */
  faults?: 'all' | 'none' | readonly string[];
}

export const OTHER_FAULTS = ['acts', 'alarms', 'images', 'switches', 'people'] as const;

export function generate(seed: number, { faults = 'all' }: GenerateOptions = {}): Scenario {
  const chance = new Chance(seed);
  const on = (name: string) => faults === 'all' || (faults !== 'none' && faults.includes(name));
  const requestsPerSecond = chance.fork('traffic').hits(0.06) ? chance.fork('traffic rate').whole(0, 40) : undefined;
  const stages = stagesOf(chance.fork('stages'), requestsPerSecond !== undefined);
  const pushes = pushesOf(chance.fork('pushes'), on('images'));
  const lastPushMs = pushes.at(-1)?.atMs ?? 0;
  const spanMs = lastPushMs + chance.fork('span').whole(10 * MINUTE_MS, 3 * HOUR_MS);
  return {
    seed,
    door: 'quick',
    specification: {
      people: Object.fromEntries(['alice', 'bob', 'carol'].map((name) => [name, { aws: [`*:assumed-role/slipway-people/${name}`] }])),
      pipelines: {
        checkout: {
          image: { repository: 'shop/checkout', tags: { semver: '>=1.0.0' } },
          newerRelease: chance.fork('newer').pick(['overtakesWaiting', 'waits']),
          foreignDeployments: chance.fork('foreign').pick(['continue', 'leave']),
          stages,
        },
      },
    },
    services: stages.map((stage) => serviceOf(chance.fork(`service ${stage.name}`), stage)),
    switches: on('switches') ? switchesOf(chance.fork('switches')) : {},
    requestsPerSecond,
    pushes,
    acts: actsOf(chance.fork('acts'), stages, pushes, spanMs, on),
    people: peopleOf(chance.fork('people'), on('people')),
    faults: ratesOf(chance.fork('faults'), on),
    faultsUntilMs: faults === 'none' ? 0 : spanMs,
  };
}

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
  if (kind < 0.13) return chance.hits(0.5) ? 'rolling' : { rolling: { minimumHealthyPercent: chance.pick([50, 100]), maximumPercent: 200, ...(chance.hits(0.4) ? { bakeAfter: '5m' } : {}) } };
  if (kind < 0.3) return { blueGreen: { ...approval(), ...bakeAfter } };
  if (kind < 0.42) return { linear: { step: chance.pick([20, 25, 30, 34, 50]), bake: bake(), ...bakeAfter } };
  const weights = chance.pick<number[]>([[5], [10], [50], [33.3], [25, 50], [20, 60], [25, 75], [10, 50], [12.5, 50], [5, 25, 50]]);
  const steps = weights.map((weight) => ({ weight, bake: traffic && chance.hits(0.7) ? { for: bake(), requests: chance.whole(1, 4_000) } : bake(), ...approval() }));
  return { canary: { steps, ...bakeAfter } };
}

function approvalOf(chance: Chance): object {
  const everybody = ['alice', 'bob', 'carol'];
  const from = everybody.slice(0, chance.whole(1, 3)) as [string, ...string[]];
  const named = chance.hits(0.85);
  const more = chance.fork('who must, who else');
  return {
    ...(named ? { from, need: chance.whole(1, from.length) } : {}),
    ...(named && more.hits(0.3) ? { including: [more.pick(from)] } : {}),
    ...(more.hits(0.3) ? { remind: more.pick(['1m', '3m']) } : {}),
    ...(named && from.length < 3 && more.hits(0.4) ? { escalate: { to: ['carol'], after: more.pick(['2m', '4m']) } } : {}),
    within: chance.pick(['5m', '20m', '1h', '4h']),
    otherwise: chance.pick(['reject', 'reject', 'approve']),
    ...(chance.hits(0.2) ? { notBy: 'author' } : {}),
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
  const count = chance.pick([1, 1, 2, 2, 3, 4]);
  const pushes: Push[] = [];
  let atMs = 1_000;
  for (let index = 0; index < count; index++) {
    pushes.push({ atMs, repository: 'shop/checkout', tag: `1.${index + 1}.0`, character: imagesVary ? characterOf(chance.fork(`image ${index}`)) : GOOD_IMAGE });
    atMs += chance.hits(0.4) ? chance.whole(1_000, 30_000) : chance.whole(MINUTE_MS, 90 * MINUTE_MS);
  }
  return pushes;
}

function characterOf(chance: Chance): ImageCharacter {
  const paced = { ...GOOD_IMAGE, pullMs: chance.whole(1_000, 20_000), startMs: chance.whole(500, chance.hits(0.1) ? 120_000 : 15_000), stopMs: chance.whole(0, 20_000) };
  const kind = chance.next();
  if (kind < 0.62) return paced;
  if (kind < 0.8) return { ...paced, alarmsFromWeightPercent: chance.pick([1, 1, 20, 50, 100]), alarmDelayMs: chance.whole(5_000, 6 * MINUTE_MS) };
  if (kind < 0.88) return { ...paced, crashAfterMs: chance.pick([0, 1_000, 20_000, 4 * MINUTE_MS]) };
  if (kind < 0.93) return { ...paced, healthy: false };
  if (kind < 0.96) return { ...paced, neverStarts: true };
  return { ...paced, illAfterMs: chance.whole(MINUTE_MS, 20 * MINUTE_MS) };
}

function actsOf(chance: Chance, stages: readonly WrittenStage[], pushes: readonly Push[], spanMs: number, on: (name: string) => boolean): Act[] {
  const acts: Act[] = [];
  const sometime = () => chance.whole(2_000, spanMs);
  const service = `${stages.at(-1)?.service.cluster ?? ''}/${stages.at(-1)?.service.name ?? ''}`;
  const alarms = stages.flatMap((stage) => stage.alarms ?? []);
  const [alarm] = alarms;
  if (on('alarms') && alarm !== undefined && chance.hits(0.3)) {
    for (let flaps = chance.whole(1, 4); flaps > 0; flaps--) {
      const atMs = chance.hits(0.2) ? 0 : sometime();
      const state = chance.pick(['ALARM', 'ALARM', 'INSUFFICIENT_DATA'] as const);
      acts.push({ atMs, kind: 'alarm', alarm, state }, { atMs: atMs + chance.whole(5_000, 40 * MINUTE_MS), kind: 'alarm', alarm, state: 'OK' });
    }
  }
  if (!on('acts')) return acts.sort((a, b) => a.atMs - b.atMs);
  if (chance.hits(0.18)) acts.push({ atMs: sometime(), kind: 'abort', person: chance.pick(['alice', 'bob']) });
  if (chance.hits(0.1)) acts.push({ atMs: sometime(), kind: 'promote', person: chance.pick(['alice', 'bob']) });
  if (chance.hits(0.1)) acts.push({ atMs: sometime(), kind: 'foreignUpdate', service });
  if (chance.hits(0.08)) acts.push({ atMs: sometime(), kind: 'foreignStop', service });
  if (chance.hits(0.1)) for (let times = chance.pick([1, 1, 2, 5]); times > 0; times--) acts.push({ atMs: sometime(), kind: 'stopExecution' });
  if (chance.hits(0.1)) acts.push({ atMs: sometime(), kind: 'lambdasDead', forMs: chance.pick([MINUTE_MS, 20 * MINUTE_MS, 3 * HOUR_MS, 24 * HOUR_MS]) });
  if (chance.hits(0.15)) acts.push({ atMs: sometime(), kind: 'deploy', person: chance.pick(['alice', 'carol']), tag: chance.hits(0.5) ? '1.0.0' : (pushes.at(-1)?.tag ?? '1.0.0') });
  return acts.sort((a, b) => a.atMs - b.atMs);
}

function peopleOf(chance: Chance, vary: boolean): PeopleHabits {
  if (!vary) return { approve: 1, reject: 0, delayMaxMs: 10 * MINUTE_MS, doubleClick: 0, bothWays: 0, wrongPerson: 0, late: 0 };
  const sometimes = (most: number) => (chance.hits(0.5) ? chance.next() * most : 0);
  return { approve: 0.5 + chance.next() * 0.5, reject: sometimes(0.4), delayMaxMs: chance.pick([20_000, 5 * MINUTE_MS, HOUR_MS]), doubleClick: sometimes(0.8), bothWays: sometimes(0.4), wrongPerson: sometimes(0.5), late: sometimes(0.4) };
}

function ratesOf(chance: Chance, on: (name: string) => boolean): FaultRates {
  const rates: FaultRates = { ...NO_FAULTS, eventDelayMaxMs: chance.pick([5_000, MINUTE_MS, 10 * MINUTE_MS]) };
  const most: Record<Exclude<keyof FaultRates, 'eventDelayMaxMs'>, number> = {
    throttled: 0.2, failsBefore: 0.1, failsAfter: 0.1, slow: 0.04, hangs: 0.02, killedBefore: 0.05, killedAfter: 0.05, twiceAtOnce: 0.15, invokeRefused: 0.3, noticeFails: 0.3,
    eventLost: 1, eventDoubled: 0.5, eventDelayed: 0.6, skewMs: 3_000,
  };
  for (const [name, highest] of Object.entries(most) as [keyof typeof most, number][]) {
    const drawn = chance.hits(0.5) ? chance.next() ** 2 * highest : 0;
    if (on(name)) rates[name] = drawn;
  }
  return rates;
}

/** Every behaviour that AWS leaves open, in either position. */
function switchesOf(chance: Chance): Partial<Switches> {
  return {
    preProductionHook: chance.pick(['afterPreviousBake', 'beforePreviousBake']),
    lifecycleStageWhilePausedBeforeShift: chance.pick(['PRE_PRODUCTION_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT', 'POST_TEST_TRAFFIC_SHIFT']),
    finishedHooks: chance.pick(['kept', 'removed']),
    failureDetectionWhilePaused: chance.pick(['acts', 'waits']),
    updateDuringRollback: chance.pick(['refused', 'accepted']),
    failedEventOnRollback: chance.pick(['emitted', 'absent']),
    rollbackEventDeploymentId: chance.pick(['sourceRevision', 'targetRevision']),
    untaggedPush: chance.pick(['omitsTag', 'emptyTag']),
    alarmHotAtStart: chance.pick(['disablesAll', 'disablesItself']),
    imageDigestOfIndex: chance.pick(['index', 'platform']),
    usedHookIdError: chance.pick(['InvalidParameterException', 'ClientException']),
    rollingLifecycleStages: chance.pick(['reported', 'absent']),
    passRoleOnUpdate: chance.pick(['checked', 'onlyNewRoles']),
    ecsReadLagMs: chance.hits(0.5) ? 0 : chance.whole(500, 20_000),
  };
}
