// How people speak to Slipway: over the control API, as the CLI and the dashboard do, or by pressing a button in Slack.
import type { PostedMessage } from '../slack/workspace.ts';
import { pressPayload, submitPayload } from '../slack/interactivity.ts';
import type { Chance } from './chance.ts';
import type { Surface } from './scenario.ts';
import { SLACK_USERS } from './slack/habits.ts';
import { RESPOND, type SimulatedSlack } from './slack/simulated-slack.ts';
import type { PersonAnswer, World } from './world.ts';

export interface Word {
  person: string;
  releaseId: string;
  kind: 'approve' | 'reject' | 'abort' | 'promote' | 'override';
  reason: string;
  full?: boolean | undefined;
}

/** Whoever finds no button looks again a while later, and takes another way in the end. */
const BUTTON_LOOKS = 3;
const LOOK_AGAIN_MS = 15_000;
/** Slack shows that a press failed, and it is pressed again. */
const PRESSES_MAX = 3;
const MODAL_OPENS_MS = 4_000;

export async function say(world: World, word: Word, surface: Surface, chance: Chance): Promise<void> {
  if (surface === 'slack' && world.slack) return press(world, world.slack, word, chance);
  const via = surface === 'slack' ? 'cli' : surface;
  const { person, releaseId, kind, reason, full } = word;
  const body = { kind, reason, via, ...(full === undefined ? {} : { full }) };
  const answer = await world.ask(person, 'POST', `/v1/releases/${encodeURIComponent(releaseId)}/decisions`, body);
  world.history.add('people', `${person} says ${kind} to ${releaseId}: ${told(answer)}`);
  mark(world, kind, via, answer.status < 300);
}

async function press(world: World, slack: SimulatedSlack, word: Word, chance: Chance): Promise<void> {
  for (let look = 0; look < BUTTON_LOOKS; look++) {
    const message = slack.messageOf(word.releaseId);
    const payload = message && payloadOf(slack, message, word.kind, word.person);
    if (payload) return deliver(world, slack, payload, word, chance);
    await pass(world, LOOK_AGAIN_MS);
  }
  world.history.add('people', `${word.person} finds no button "${word.kind}" for ${word.releaseId} in Slack`);
  return say(world, word, 'cli', chance);
}

/** A button as it stood under the message of a release some time ago. */
export async function pressOld(world: World, person: string, releaseId: string, chance: Chance): Promise<void> {
  const { slack } = world;
  const message = slack?.messageOf(releaseId);
  const versions = message && slack?.versions.get(message);
  if (!slack || !versions?.[0]) return;
  const version = chance.pick([versions[0], ...versions.slice(1)]);
  const kinds = (['approve', 'reject', 'promote', 'override', 'abort'] as const).filter((kind) => payloadOf(slack, version, kind, person));
  const kind = kinds[chance.whole(0, Math.max(0, kinds.length - 1))];
  const payload = kind && payloadOf(slack, version, kind, person);
  if (!payload) return;
  world.history.mark('act oldButton');
  await deliver(world, slack, payload, { person, releaseId, kind, reason: 'it is still on my screen' }, chance);
}

function payloadOf(slack: SimulatedSlack, message: PostedMessage, kind: string, person: string): object | undefined {
  return pressPayload(slack.workspace, message, { action: `slipway.${kind}` }, userOf(person), RESPOND);
}

const userOf = (person: string) => ({ id: (SLACK_USERS as Record<string, string>)[person] ?? SLACK_USERS.mallory, name: person });

async function deliver(world: World, slack: SimulatedSlack, payload: object, word: Word, chance: Chance): Promise<void> {
  const { workspace } = slack;
  const user = userOf(word.person);
  const before = new Set(workspace.modals);
  for (let times = 0; times < PRESSES_MAX; times++) {
    const { status } = await world.fromSlack(slack.sign(payload));
    world.history.add('people', `${word.person} presses ${word.kind} of ${word.releaseId} in Slack: ${status}`);
    mark(world, word.kind, 'slack', status === 200);
    if (status === 200) break;
    await pass(world, chance.whole(2_000, 30_000));
  }
  await pass(world, MODAL_OPENS_MS);
  const modal = workspace.modals.find((one) => one.user === user.id && !before.has(one));
  if (!modal) return;
  await pass(world, chance.whole(1_000, 40_000));
  workspace.close(modal.id);
  const { status } = await world.fromSlack(slack.sign(submitPayload(modal, user, word.reason)));
  world.history.add('people', `${word.person} submits the reason for ${word.kind} of ${word.releaseId} in Slack: ${status}`);
  mark(world, 'reason', 'slack', status === 200);
}

/** Asks until there is an answer that is not a failure of Slipway's: some things people do not let go. */
export async function insist(world: World, person: string, path: string, body: object): Promise<PersonAnswer> {
  let waitMs = 10_000;
  for (;;) {
    const answer = await world.ask(person, 'POST', path, body);
    if (answer.status < 500) return answer;
    await pass(world, waitMs);
    waitMs = Math.min(2 * waitMs, 3_600_000);
  }
}

export const told = ({ status, body }: PersonAnswer): string => `${status} ${body.error?.message ?? (typeof body['message'] === 'string' ? body['message'] : '')}`;

const mark = (world: World, kind: string, via: string, taken: boolean) => world.history.mark(`said ${kind} by ${via}${taken ? '' : ', refused'}`);

export const pass = (world: World, durationMs: number): Promise<void> => new Promise((resolve) => void world.clock.after(durationMs, resolve));
