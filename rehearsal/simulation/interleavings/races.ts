// Two or three of Slipway's functions on one record at the same moment: what each test of a lucky order would leave out.
import { MINUTE_MS, SECOND_MS, SILENT_PEOPLE, SWIFT_PEOPLE, told, type Told } from '../exhaustive/telling.ts';
import { act } from '../actors.ts';
import { FUNCTION_PREFIX } from '../furnish.ts';
import { GOOD_IMAGE } from '../images.ts';
import type { Ledger } from '../invariants/ledger.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world.ts';
import type { Racer } from './gate.ts';

export interface Race {
  /** What both write. */
  about: 'doorbell' | 'lease' | 'approvals' | 'rescue';
  scenario: Scenario;
  /** Each is held at its first call until all are there. */
  racers: readonly Racer[];
  /** So much time may pass at any point of the race. */
  passesMs?: number;
}

const BAKES = { strategy: { canary: { steps: [{ weight: 25, bake: '12m' }] } } };
const ASKS = (approval: object): Told => ({ strategy: { canary: { steps: [{ weight: 25, bake: '0s', approval }] } }, people: SILENT_PEOPLE });
const ROLLING = { strategy: 'rolling' };
const DEADLINE_MS = 5 * MINUTE_MS;

export const RACES: Readonly<Record<string, Race>> = {
  // ---- the doorbell -----------------------------------------------------------------------------------------------------------------
  'ring / falling asleep': { about: 'doorbell', scenario: told(BAKES), racers: [whileItBakes('park'), ringing('ring')] },
  'ring / ring': { about: 'doorbell', scenario: told(BAKES), racers: [ringing('one ring', asItBakes), ringing('another ring')] },
  'ring / ring / falling asleep': { about: 'doorbell', scenario: told(BAKES), racers: [whileItBakes('park'), ringing('one ring'), ringing('another ring')] },

  // ---- the lease --------------------------------------------------------------------------------------------------------------------
  'take / take': { about: 'lease', scenario: told({ ...ROLLING, images: [{}, {}] }), racers: [of('1.1.0', 'take-service'), of('1.2.0', 'take-service')] },
  'take / give back': { about: 'lease', scenario: told(ROLLING), racers: [of('1.1.0', 'finish-stage'), { ...of('1.2.0', 'take-service'), provoke: pushed('1.2.0') }] },
  "take / a rescuer's take": {
    about: 'lease',
    scenario: told({ ...BAKES, acts: [{ atMs: 150 * SECOND_MS, kind: 'stopExecution' }] }),
    racers: [{ ...of('1.1.0', 'take-service'), nth: 2 }, { ...of('1.2.0', 'take-service'), provoke: pushed('1.2.0') }],
  },
  'take / rescue': {
    about: 'lease',
    scenario: told({ ...BAKES, acts: [{ atMs: 150 * SECOND_MS, kind: 'stopExecution' }] }),
    racers: [rescuing(), { ...of('1.2.0', 'take-service'), provoke: pushed('1.2.0') }],
  },

  // ---- approvals --------------------------------------------------------------------------------------------------------------------
  'approve / approve': { about: 'approvals', scenario: told(ASKS({ from: ['alice', 'bob'], need: 2, within: '5m' })), racers: [saying('alice', 'approve', asItAsks), saying('bob', 'approve')] },
  'the same person twice': { about: 'approvals', scenario: told(ASKS({ from: ['alice', 'bob'], need: 2, within: '5m' })), racers: [saying('alice', 'approve', asItAsks), saying('alice', 'approve')] },
  'approve / reject': { about: 'approvals', scenario: told(ASKS({ from: ['alice', 'bob'], within: '5m' })), racers: [saying('alice', 'approve', asItAsks), saying('bob', 'reject')] },
  'approve / abort': { about: 'approvals', scenario: told(ASKS({ from: ['alice', 'bob'], within: '5m' })), racers: [saying('alice', 'approve', asItAsks), saying('bob', 'abort')] },
  'approve / the deadline': {
    about: 'approvals',
    scenario: told(ASKS({ from: ['alice', 'bob'], within: '5m' })),
    racers: [saying('alice', 'approve', justBeforeTheDeadline), { ...of('1.1.0', 'assess'), provoke: { atMs: now, how: ring } }],
    passesMs: 8 * SECOND_MS,
  },
  'abort / going on': { about: 'approvals', scenario: told({ ...ASKS({ from: ['alice', 'bob'], within: '5m' }), people: SWIFT_PEOPLE }), racers: [after('approve', 'advance'), saying('bob', 'abort')] },

  // ---- rescue -----------------------------------------------------------------------------------------------------------------------
  'rescue / assess': { about: 'rescue', scenario: told(BAKES), racers: [whileItBakes('assess'), { ...rescuing(), provoke: stopped() }] },
  'rescue / advance': { about: 'rescue', scenario: told(BAKES), racers: [of('1.1.0', 'advance'), { ...rescuing(), provoke: stopped() }] },
  'rescue / start': { about: 'rescue', scenario: told(BAKES), racers: [of('1.1.0', 'start'), { ...rescuing(), provoke: stopped() }] },
  'rescue / finish a stage': { about: 'rescue', scenario: told(ROLLING), racers: [of('1.1.0', 'finish-stage'), { ...rescuing(), provoke: stopped() }] },
  'rescue / finish': { about: 'rescue', scenario: told(ROLLING), racers: [of('1.1.0', 'finish'), { ...rescuing(), provoke: stopped() }] },
  "advance / the rescuer's rollback": { about: 'rescue', scenario: told(BAKES), racers: [of('1.1.0', 'advance'), { ...of('1.1.0', 'roll-back'), provoke: stopped() }] },
  "start / the rescuer's start": { about: 'rescue', scenario: told(BAKES), racers: [of('1.1.0', 'start'), { ...of('1.1.0', 'start'), name: 'start again', provoke: stopped() }] },
};

export const raceNamed = (name: string): Race => {
  const found = RACES[name];
  if (!found) throw new Error(`no race is named "${name}"; there are: ${Object.keys(RACES).join(', ')}`);
  return found;
};

// ---- who races --------------------------------------------------------------------------------------------------------------------

type Provoke = NonNullable<Racer['provoke']>;
type At = Provoke['atMs'];

/** Functions of the state machine. */
function of(tag: string, functionName: string): Racer {
  return { name: `${functionName} of ${tag}`, is: (name, { releaseId }) => name === functionName && String(releaseId).startsWith(`checkout-${tag}-`) };
}

function whileItBakes(functionName: string): Racer {
  return { name: functionName, is: (name, _event, ledger) => name === functionName && ledger.announced.some(({ kind }) => kind === 'weightReached') };
}

function after(decision: string, functionName: string): Racer {
  return { name: functionName, is: (name, _event, ledger) => name === functionName && ledger.decisions.some(({ kind }) => kind === decision) };
}

function ringing(name: string, atMs: At = now): Racer {
  return { name, is: (functionName, event) => functionName === 'signal' && 'ring' in event, provoke: { atMs, how: ring } };
}

function saying(person: string, kind: string, atMs: At = now): Racer {
  const is: Racer['is'] = (functionName, event) =>
    functionName === 'control' && String(event['rawPath']).endsWith('/decisions') && JSON.stringify(event['requestContext']).includes(`/${person}"`);
  const how: Provoke['how'] = (world, ledger) => {
    const path = `/v1/releases/${theRelease(ledger)}/decisions`;
    void world.ask(person, 'POST', path, { kind, reason: 'as I see it' }).then((answer) => world.history.add('people', `${person} says ${kind}: ${answer.status} ${answer.body.error?.message ?? ''}`));
  };
  return { name: `${person} says ${kind}`, is, provoke: { atMs, how } };
}

function rescuing(): Racer {
  return { name: 'rescue', is: (functionName, event) => functionName === 'rescue' && event['detail-type'] === 'Step Functions Execution Status Change' && (event['detail'] as { status?: string }).status === 'ABORTED' };
}

// ---- what makes them ----------------------------------------------------------------------------------------------------------------

function now(ledger: Ledger): number {
  return ledger.world.clock.nowMs();
}

function asItBakes(ledger: Ledger): number | undefined {
  return afterNotice(ledger, 'weightReached', 30 * SECOND_MS);
}

function asItAsks(ledger: Ledger): number | undefined {
  return afterNotice(ledger, 'approvalAsked', 30 * SECOND_MS);
}

function justBeforeTheDeadline(ledger: Ledger): number | undefined {
  return afterNotice(ledger, 'approvalAsked', DEADLINE_MS - 5 * SECOND_MS);
}

function afterNotice(ledger: Ledger, kind: string, delayMs: number): number | undefined {
  const notice = ledger.announced.find((one) => one.kind === kind);
  return notice && notice.atMs + delayMs;
}

const theRelease = (ledger: Ledger): string => [...ledger.releaseIds][0] ?? '';

function ring(world: World, ledger: Ledger): void {
  void world.operate('lambda', 'Invoke', { FunctionName: `${FUNCTION_PREFIX}signal`, InvocationType: 'Event', Payload: Buffer.from(JSON.stringify({ ring: theRelease(ledger) })) });
}

function pushed(tag: string): Provoke {
  return { atMs: now, how: (world) => void world.push('shop/checkout', tag, GOOD_IMAGE) };
}

function stopped(): Provoke {
  return { atMs: now, how: (world, ledger) => void act(world, ledger, { atMs: 0, kind: 'stopExecution' }) };
}
