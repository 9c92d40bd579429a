// Judges that no sabotage of the product calls upon can fail all the same: a part of Slipway's is exchanged for one that does
// something else, in a story in which that shows.
import { packagedArtefact } from '../../package.ts';
import type { Parts } from '../composition.ts';
import { CANARY, MINUTE_MS, SECOND_MS, SILENT_PEOPLE, told } from '../exhaustive/telling.ts';
import { run } from '../run.ts';
import type { Act, Scenario } from '../scenario.ts';
import type { Mishap } from '../sabotage/mishaps.ts';
import { optionsOf } from '../sabotage/stories.ts';
import type { SimulatedEnvironment } from '../simulated-lambda.ts';

interface Case {
  judge: string;
  says: RegExp;
  of: Scenario;
  broken: (parts: Parts, environment: SimulatedEnvironment) => Partial<Parts>;
}

const QUICK = { canary: { steps: [{ weight: 50, bake: '1m' }] } };
const ASKED = { canary: { steps: [{ weight: 50, bake: '1m', approval: { from: ['alice'], within: '20m', notBy: 'author' } }] } };
const after = (notice: string, delayMs = 5 * SECOND_MS): Pick<Act, 'atMs' | 'after'> => ({ atMs: delayMs, after: { notice, nth: 1 } });

function inSlack(scenario: Scenario): Scenario {
  const { checkout } = scenario.specification.pipelines as { checkout: Scenario['specification']['pipelines'][string] };
  return { ...scenario, slack: { rates: {}, outages: [] }, specification: { ...scenario.specification, pipelines: { checkout: { ...checkout, notify: { slack: '#deploys' }, freeze: { override: ['alice'] } } } } };
}

const UNDONE = told({ strategy: QUICK, acts: [{ ...after('releaseEnded'), kind: 'undo', person: 'alice' }] });
const ABORTED = told({ strategy: CANARY, acts: [{ ...after('weightReached'), kind: 'abort', person: 'alice' }] });
const FROZEN = told({ strategy: QUICK, acts: [{ atMs: 0, kind: 'freeze', person: 'carol', forMs: 20 * MINUTE_MS }] });

/** The record as it is, with this changed in every question. */
const withRule = (parts: Parts, change: object): Partial<Parts> => ({
  releases: {
    ...parts.releases,
    load: async (id) => {
      const loaded = await parts.releases.load(id);
      return loaded && { ...loaded, stages: loaded.stages.map((stage) => ({ ...stage, asks: stage.asks.map((ask) => ({ ...ask, rule: { ...ask.rule, ...change } })) })) };
    },
  },
});

const CASES: Case[] = [
  { judge: 'freeze', says: /begins a rollout during the freeze/, of: FROZEN, broken: ({ freezes }) => ({ freezes: { ...freezes, all: async () => [] } }) },
  {
    judge: 'justified', says: /goes on from 50 % although production-5xx has had no data for/,
    of: told({ strategy: { canary: { steps: [{ weight: 50, bake: '10m' }] } }, acts: [{ ...after('stageStarted'), kind: 'alarm', alarm: 'production-5xx', state: 'INSUFFICIENT_DATA' }] }),
    broken: ({ alarms }) => ({ alarms: { ...alarms, states: async (names) => (await alarms.states(names)).map((alarm) => ({ ...alarm, state: 'OK' })) } }),
  },
  { judge: 'hold', says: /ended as rolledBack and its image was never held/, of: told({ strategy: QUICK, images: [{ crashAfterMs: 500 }] }), broken: ({ holds }) => ({ holds: { ...holds, set: async () => true } }) },
  { judge: 'hold', says: /rolls out what somebody left held/, of: told({ strategy: QUICK, acts: [{ atMs: 1_600, kind: 'hold', person: 'bob', tag: '1.1.0' }] }), broken: ({ holds }) => ({ holds: { ...holds, of: async (...about) => (await holds.of(...about), undefined) } }) },
  { judge: 'undo', says: /whose image was never held/, of: UNDONE, broken: ({ holds }) => ({ holds: { ...holds, set: async () => true } }) },
  {
    judge: 'people', says: /mallory says approve to weight\.50 .* was not asked/,
    of: told({ strategy: ASKED, people: SILENT_PEOPLE, acts: [{ ...after('approvalAsked'), kind: 'approve', person: 'mallory' }] }),
    broken: (parts) => withRule(parts, { from: [] }),
  },
  {
    judge: 'people', says: /alice approves weight\.50 .* of alice's own making/,
    of: { ...told({ strategy: ASKED, people: SILENT_PEOPLE, acts: [{ ...after('approvalAsked'), kind: 'approve', person: 'alice' }] }), pushes: told({}).pushes.map((push) => ({ ...push, author: 'alice' })) },
    broken: (parts) => withRule(parts, { notByAuthor: false }),
  },
  {
    judge: 'people', says: /carol overrides a freeze and may not/,
    of: inSlack(told({ strategy: QUICK, acts: [...FROZEN.acts, { ...after('frozen'), kind: 'override', person: 'carol' }] })),
    broken: ({ releases }) => ({
      releases: { ...releases, load: async (id) => {
        const loaded = await releases.load(id);
        return loaded && { ...loaded, release: { ...loaded.release, pipeline: { ...loaded.release.pipeline, freeze: { override: ['carol'] } } } };
      } },
    }),
  },
  {
    judge: 'slack', says: /ended as aborted and its message shows/, of: inSlack(ABORTED),
    broken: ({ releases }, { functionName }) => ({
      releases: { ...releases, load: async (id) => {
        const loaded = await releases.load(id);
        return loaded && functionName === 'announce' ? { ...loaded, release: { ...loaded.release, status: 'running', outcome: undefined } } : loaded;
      } },
    }),
  },
  {
    judge: 'slack', says: /has a second message/, of: inSlack(ABORTED),
    broken: ({ announcements }) => ({
      announcements: { ...announcements, take: async (...holder) => {
        const held = await announcements.take(...holder);
        return held && { ...held, announcement: { ...held.announcement, ts: undefined } };
      } },
    }),
  },
  {
    judge: 'weights', says: /gives 100 % to a target group without a healthy target/,
    of: told({ strategy: QUICK, images: [{ crashAfterMs: 40_000, startMs: 60_000 }], switches: { failureDetectionWhilePaused: 'waits' } }),
    broken: ({ services }) => ({ services: { ...services, deployment: async (arn) => {
      const deployment = await services.deployment(arn);
      return deployment && { ...deployment, targetServiceRevision: { ...deployment.targetServiceRevision, runningTaskCount: deployment.targetServiceRevision?.requestedTaskCount } };
    } } }),
  },
  { judge: 'leaks', says: /a task definition was registered 2 times/, of: told({ strategy: QUICK }), broken: ({ taskDefinitions }) => ({ taskDefinitions: { ...taskDefinitions, register: async (copy) => (await taskDefinitions.register(copy), taskDefinitions.register(copy)) } }) },
  { judge: 'leaks', says: /has ended and is still looked after/, of: told({ strategy: QUICK, acts: [{ atMs: 150 * MINUTE_MS, kind: 'unfreeze', person: 'alice' }] }), broken: ({ releases }) => ({ releases: { ...releases, landed: async () => undefined } }) },
  { judge: 'timeline', says: /was rolled back and its timeline does not say so/, of: ABORTED, broken: ({ releases }) => ({ releases: { ...releases, saveStage: (id, stage, read, entries = []) => releases.saveStage(id, stage, read, entries.filter(({ key }) => !key.includes('.rollback.'))) } }) },
];

const ONE_TASK = (scenario: Scenario): Scenario => ({ ...scenario, services: scenario.services.map((service) => ({ ...service, desiredCount: 1, deploymentConfiguration: { strategy: 'ROLLING', bakeTimeInMinutes: 0, minimumHealthyPercent: 100, maximumPercent: 200 } })) });

/** What looks like a fault of Slipway's, and is none. */
const INNOCENT: { name: string; of: Scenario; mishaps?: readonly Mishap[] }[] = [
  {
    name: 'an image asked for by hand in the second of a push, and taken for the newer one',
    of: told({ strategy: 'rolling', acts: [{ atMs: 700, kind: 'deploy', person: 'bob', tag: '1.0.0' }] }),
  },
  {
    name: 'an image asked for by hand before a newer push, and recorded after it, that is superseded by it',
    of: told({ strategy: { canary: { steps: [{ weight: 25, bake: '12m' }] } }, images: [{}, {}], betweenMs: 40 * SECOND_MS, acts: [{ atMs: 20 * SECOND_MS, kind: 'deploy', person: 'bob', tag: '1.0.0' }] }),
    mishaps: [{ function: 'image-pushed', call: 'dynamodb:TransactWriteItems', nth: 2, happens: { lateMs: 45 * SECOND_MS } }],
  },
  {
    // Twice, since nobody can say when a task of the old revision is just not there.
    name: 'a rollback onto an old revision whose tasks have died by themselves',
    of: ONE_TASK(told({
      strategy: QUICK, images: [{ crashAfterMs: 3 * MINUTE_MS, startMs: 2 * MINUTE_MS }, {}, {}], betweenMs: 20 * MINUTE_MS, switches: { failureDetectionWhilePaused: 'waits' },
      acts: [2, 3].map((nth) => ({ atMs: 10 * SECOND_MS, after: { notice: 'weightReached', nth }, kind: 'abort', person: 'alice' })),
    })),
  },
];

/** Parts are made when they are first read; the others are left unmade. */
const exchanged = (parts: Parts, some: Partial<Parts>): Parts => Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(parts), ...Object.getOwnPropertyDescriptors(some) }) as Parts;

describe('a judge', () => {
  it.each(CASES)('$judge speaks up: $says', async ({ judge, says, of, broken }) => {
    const artefact = await packagedArtefact(() => undefined);
    const { violations, history } = await run(of, { artefact, patch: (parts, environment) => exchanged(parts, broken(parts, environment)) });
    const spoken = violations.filter(({ invariant }) => invariant === judge).map(({ text }) => text);
    if (!spoken.some((text) => says.test(text))) throw new Error(`${judge} did not say ${String(says)}, but ${JSON.stringify(violations)}\n${history()}`);
  }, 120_000);

  it.each(INNOCENT)('blames nobody for $name', async ({ of, mishaps = [] }) => {
    const { violations, history } = await run(of, { artefact: await packagedArtefact(() => undefined), ...optionsOf({ scenario: of, mishaps }) });
    if (violations.length > 0) throw new Error(`${JSON.stringify(violations)}\n${history()}`);
  }, 120_000);
});
