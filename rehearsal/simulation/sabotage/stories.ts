// Stories that lead straight to the places where a promise could be broken, for what chance comes to too seldom. The product as it
// is passes every one of them.
import { CANARY, MINUTE_MS, SECOND_MS, SILENT_PEOPLE, SWIFT_PEOPLE, told, TWO_APPROVE } from '../exhaustive/telling.ts';
import { canonical, CANONICAL_STORIES } from '../exhaustive/canonical.ts';
import type { ApiCall } from '../../../local-cloud/cloud-kernel.ts';
import { sleep } from '../../../local-cloud/kernel/clock.ts';
import { act } from '../actors.ts';
import { GOOD_IMAGE } from '../images.ts';
import type { Ledger } from '../invariants/ledger.ts';
import type { RunOptions } from '../run.ts';
import type { Act, Scenario } from '../scenario.ts';
import type { World } from '../world.ts';
import { Mishaps, type Mishap } from './mishaps.ts';

export interface Story {
  scenario: Scenario;
  mishaps?: readonly Mishap[];
  /** Who says what, and when. */
  people?: (world: World, ledger: Ledger) => void;
}

const ONE_ASKED = (approval: object) => ({ canary: { steps: [{ weight: 25, bake: '1m', approval }] } });
const LONG_CANARY = { canary: { steps: [{ weight: 25, bake: '12m' }] } };

const FOCUSED: Record<string, Story> = {
  'the bell rings as it falls asleep': {
    scenario: told({}),
    mishaps: [{ function: 'park', call: 'dynamodb:UpdateItem', happens: { lateMs: 4 * SECOND_MS } }],
  },
  'one of two approves twice': {
    scenario: told({ people: SILENT_PEOPLE }),
    people: onQuestion((say) => [say(10 * SECOND_MS, 'alice', 'approve'), say(20 * SECOND_MS, 'alice', 'approve')]),
  },
  'one of two approves': {
    scenario: told({ people: SILENT_PEOPLE }),
    people: onQuestion((say) => [say(10 * SECOND_MS, 'bob', 'approve')]),
  },
  'the author approves': {
    scenario: told({ strategy: ONE_ASKED({ from: ['alice', 'bob'], within: '20m', notBy: 'author' }), people: SILENT_PEOPLE, acts: [{ atMs: 30 * MINUTE_MS, kind: 'deploy', person: 'alice', tag: '1.0.0' }] }),
    people: onQuestion((say) => [say(10 * SECOND_MS, 'alice', 'approve')]),
  },
  'a stranger approves': {
    scenario: told({ strategy: ONE_ASKED({ from: ['alice'], within: '20m' }), people: SILENT_PEOPLE }),
    people: onQuestion((say) => [say(10 * SECOND_MS, 'mallory', 'approve')]),
  },
  'aborted as it goes on': {
    scenario: told({ strategy: LONG_CANARY }),
    mishaps: [{ function: 'advance', call: 'dynamodb:UpdateItem', nth: 2, happens: meanwhile({ kind: 'abort', person: 'alice' }) }],
  },
  'its task falls ill while its way on is held up': {
    scenario: oneTask(told({ strategy: { canary: { steps: [{ weight: 25, bake: '2m' }] } }, images: [{ illAfterMs: 4 * MINUTE_MS, startMs: 4 * MINUTE_MS }], switches: { failureDetectionWhilePaused: 'waits' } })),
    mishaps: [
      { function: 'advance', call: 'dynamodb:UpdateItem', nth: 2, happens: 'killedBefore' },
      // Longer than a function may take: each of these ends at its time-out.
      ...[3, 4, 5].map((nth): Mishap => ({ function: 'advance', call: 'dynamodb:UpdateItem', nth, happens: { lateMs: 2 * MINUTE_MS } })),
    ],
  },
  'aborted as it starts': {
    scenario: told({}),
    mishaps: [{ function: 'start', call: 'dynamodb:UpdateItem', nth: 1, happens: meanwhile({ kind: 'abort', person: 'alice' }) }],
  },
  'aborted while it moves': {
    scenario: told({ strategy: 'rolling', acts: [{ atMs: 15 * SECOND_MS, kind: 'abort', person: 'bob' }] }),
  },
  'three wait in a row': {
    scenario: told({ strategy: LONG_CANARY, images: [{}, {}, {}], betweenMs: 2 * MINUTE_MS }),
  },
  'overtaken just as its turn comes': {
    scenario: told({ strategy: 'rolling', images: [{}, {}], betweenMs: 15 * SECOND_MS }),
    mishaps: [
      // The first gives the service back just after a third has overtaken the second, which knows of it by then.
      { function: 'finish-stage', call: 'dynamodb:DeleteItem', about: isLease, nth: 1, happens: { meanwhile: aThirdOvertakes } },
      // If the second tries for the service all the same, it comes at the right moment.
      { function: 'take-service', call: 'dynamodb:TransactWriteItems', about: (input, environment) => isLease(input) && releaseOf(environment).startsWith('checkout-1.2.0'), nth: 3, happens: { meanwhile: theServiceIsFree } },
    ],
  },
  'aborted while a call that queues it is on its way': {
    scenario: told({ strategy: LONG_CANARY, images: [{}, {}], betweenMs: 2 * MINUTE_MS, acts: [{ atMs: 200 * SECOND_MS, kind: 'abort', person: 'alice' }] }),
    // Its function has timed out and been tried again by the time the call arrives.
    mishaps: [{ function: 'take-service', call: 'dynamodb:TransactWriteItems', about: isPlaceInTheQueue, nth: 1, happens: { lateMs: 2 * MINUTE_MS } }],
  },
  'few requests': {
    scenario: told({ strategy: { canary: { steps: [{ weight: 50, bake: { for: '1m', requests: 3_000 } }] } }, stage: { missingData: { policy: 'wait', limit: '1h' } }, requestsPerSecond: 10 }),
  },
  'every Lambda is dead at a pause': {
    scenario: told({ strategy: CANARY, acts: [{ atMs: 2 * MINUTE_MS, kind: 'lambdasDead', forMs: 5 * 60 * MINUTE_MS }] }),
  },
  'its execution is stopped': {
    scenario: told({ acts: [{ atMs: 150 * SECOND_MS, kind: 'stopExecution' }] }),
  },
  'the held image again': {
    scenario: told({ images: [{ alarmsFromWeightPercent: 25, alarmDelayMs: 20 * SECOND_MS }], acts: [{ atMs: 30 * MINUTE_MS, kind: 'deploy', person: 'bob', tag: '1.1.0' }] }),
  },
  'killed as it calls UpdateService': {
    scenario: told({ switches: { ecsReadLagMs: 20 * SECOND_MS } }),
    mishaps: [{ function: 'start', call: 'ecs:UpdateService', nth: 1, happens: 'killedAfter' }],
  },
  'killed having started': {
    scenario: told({}),
    mishaps: [{ function: 'start', call: 'ecs:UpdateService', nth: 1, happens: 'killedAfter' }],
  },
  "somebody else's deployment at once": {
    scenario: told({}),
    mishaps: [{ function: 'assess', call: 'ecs:ListServiceDeployments', nth: 1, happens: meanwhile({ kind: 'foreignUpdate', service: 'prod/checkout' }) }],
  },
  'alarm at 100 % long before ECS looks': {
    scenario: told({ images: [{ alarmsFromWeightPercent: 100, alarmDelayMs: 35 * SECOND_MS }] }),
  },
  'two must approve and two do': {
    scenario: told({ strategy: ONE_ASKED(TWO_APPROVE), people: SWIFT_PEOPLE }),
  },
};

export const STORIES: ReadonlyMap<string, Story> = new Map<string, Story>([...CANONICAL_STORIES.map((name): [string, Story] => [name, { scenario: canonical(name) }]), ...Object.entries(FOCUSED)]);

/** What a run of a story is given besides its scenario. */
export function optionsOf({ mishaps = [], people }: Story): Pick<RunOptions, 'interference' | 'onWorld'> {
  let interference: Mishaps | undefined;
  return {
    interference: (world) => (interference = new Mishaps(world, mishaps)),
    onWorld: (world, ledger) => {
      interference?.begin(world, ledger);
      people?.(world, ledger);
    },
  };
}

function oneTask(scenario: Scenario): Scenario {
  return { ...scenario, services: scenario.services.map((service) => ({ ...service, desiredCount: 1 })) };
}

// ---- what happens in them ---------------------------------------------------------------------------------------------------------

type Say = (afterMs: number, person: string, kind: 'approve' | 'reject') => { afterMs: number; person: string; kind: string };

/** These people answer every question this long after it was asked. */
function onQuestion(script: (say: Say) => ReturnType<Say>[]): NonNullable<Story['people']> {
  return (world, ledger) => {
    world.watchers.push({
      called: (call, _environment, outcome) => {
        if ('error' in outcome || call.signingName !== 'sns' || call.operation !== 'Publish') return;
        const asked = ledger.announced.at(-1);
        if (asked?.kind !== 'approvalAsked') return;
        for (const { afterMs, person, kind } of script((after, who, what) => ({ afterMs: after, person: who, kind: what }))) {
          world.clock.after(afterMs, async () => {
            const answer = await world.ask(person, 'POST', `/v1/releases/${asked.releaseId}/decisions`, { kind, reason: 'as I see it' });
            world.history.add('people', `${person} says ${kind} to ${asked.releaseId}: ${answer.status} ${answer.body.error?.message ?? ''}`);
          });
        }
      },
    });
  };
}

type WithoutTime<One> = One extends unknown ? Omit<One, 'atMs'> : never;

function meanwhile(one: WithoutTime<Act>): { meanwhile: (world: World, ledger: Ledger) => Promise<void> } {
  return { meanwhile: (world, ledger) => act(world, ledger, { ...one, atMs: 0 }) };
}

function sortKeys(input: Record<string, unknown>): string[] {
  const { Key, TransactItems = [] } = input as { Key?: { sk?: { S?: string } }; TransactItems?: { Put?: { Item: { sk?: { S?: string } } } }[] };
  return [Key, ...TransactItems.map(({ Put }) => Put?.Item)].flatMap((item) => item?.sk?.S ?? []);
}

function isLease(input: Record<string, unknown>): boolean {
  return sortKeys(input).includes('LEASE');
}

function isPlaceInTheQueue(input: Record<string, unknown>): boolean {
  return sortKeys(input).some((key) => key.startsWith('QUEUE#'));
}

const releaseOf = ({ event }: { event: unknown }): string => (event as { releaseId?: string }).releaseId ?? '';

/** Resolves when such a call has succeeded. */
function called(world: World, is: (call: ApiCall) => boolean): Promise<void> {
  return new Promise((resolve) => {
    world.watchers.push({ called: (call, environment, outcome) => void (environment && !('error' in outcome) && is(call) && resolve()) });
  });
}

/** Waits until whoever holds the service has given it back. */
function theServiceIsFree(world: World): Promise<void> {
  return called(world, ({ operation, input }) => operation === 'DeleteItem' && isLease(input as Record<string, unknown>));
}

async function aThirdOvertakes(world: World): Promise<void> {
  const overtaken = called(world, ({ operation, input }) => operation === 'UpdateItem' && Object.values((input as { ExpressionAttributeNames?: object }).ExpressionAttributeNames ?? {}).includes('challengedBy'));
  await world.push('shop/checkout', '1.3.0', GOOD_IMAGE);
  await overtaken;
  // The second is woken, looks and acts in less than that.
  await sleep(world.clock, 4 * SECOND_MS);
}
