// Stories with Slack in them, on a real clock: every button is pressed on the look-alike, as its page does it.
// `npx tsx rehearsal/slack/story.ts` tells them; exit 0 only if everything held.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReleaseView } from '../../core/view/index.ts';
import { controlOf } from '../demo/stage.ts';
import { startLoad } from '../load.ts';
import { startWorld, type World } from '../world.ts';
import type { SlackLookAlike } from './server.ts';
import type { PostedMessage } from './workspace.ts';

const LOOK_EVERY_MS = 100;
const REQUESTS_PER_SECOND = 50;

interface Page {
  channels: { name: string; messages: { ts: string; text: string; blocks: { kind: string; text?: string; html?: string; buttons?: { action: string; label: string }[] }[] }[] }[];
  modals: { id: string; user: string }[];
}

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1000).toFixed(1).padStart(6);

async function tell(): Promise<number> {
  const startedAtMs = performance.now();
  const say = (line: string): void => void process.stdout.write(`${seconds(startedAtMs)} s  ${line}\n`);
  const wrong: string[] = [];
  const expect = (holds: boolean, otherwise: string): void => {
    if (!holds) wrong.push(otherwise);
    if (!holds) say(`  ! ${otherwise}`);
  };
  const world = await startWorld({ port: 0, say, slack: true, beforeClose: () => load?.stop() ?? Promise.resolve() });
  const load = startLoad(world.urls.production, REQUESTS_PER_SECOND);
  try {
    const slack = world.slack;
    if (!slack) throw new Error('no Slack was started');
    say(`Slack: ${slack.url}`);
    await approvedByButton(world, slack, say, expect);
    await rejectedDuringOutage(world, slack, say, expect);
    const { denials, notModelled } = world.local.cloud.ledger.report();
    for (const row of denials) expect(false, `denied: ${row.principal} ${row.action} ${row.resource}`);
    for (const row of notModelled) expect(false, `not modelled: ${row.what}`);
    say(wrong.length === 0 ? 'everything held' : `NOT everything held: ${wrong.length}`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await world.close();
  }
}

type Say = (line: string) => void;
type Expect = (holds: boolean, otherwise: string) => void;

async function approvedByButton(world: World, slack: SlackLookAlike, say: Say, expect: Expect): Promise<void> {
  say('-- a release is approved by pressing the button in Slack');
  await world.push({ version: '1.1.0' });
  const main = await until('a message with an Approve button', () => mainOf(slack, '1.1.0', 'slipway.approve'), 60_000);
  say(`   ${main.text}`);
  const stranger = await pressOnPage(slack, main.ts, 'slipway.approve', 'U0MALLORY');
  expect(stranger.status === 200, `a stranger's click was answered with ${stranger.status}`);
  const whisper = await until('an answer to the stranger', () => slack.workspace.ephemerals.find(({ user }) => user === 'U0MALLORY'));
  say(`   to mallory only: ${whisper.text}`);
  const sent = await pressOnPage(slack, main.ts, 'slipway.approve', 'U012AL1CE');
  say(`   alice presses Approve: answered ${sent.status} in ${Math.round(sent.tookMs)} ms`);
  expect(sent.status === 200 && sent.tookMs < 3000, `the click was answered with ${sent.status} after ${sent.tookMs} ms`);
  const end = await ended(world, '1.1.0');
  expect(end.outcome === 'succeeded', `it ended ${end.outcome ?? ''}: ${end.reason}`);
  expect(end.timeline.some((entry) => entry.kind === 'decision' && entry.by === 'alice'), 'the timeline does not say that alice approved');
  const final = await until('the final message', () => mainOf(slack, '1.1.0', undefined, 'SUCCEEDED'));
  say(`   ${final.text}`);
  expect(messagesOf(slack, '1.1.0').length === 1, `there are ${messagesOf(slack, '1.1.0').length} messages about one release`);
  expect(final.updates > 0, 'the message was never updated');
  expect(slack.workspace.messages.some(({ threadTs, text }) => threadTs === final.ts && text.includes('Approved by alice')), 'the thread does not tell of the approval');
}

async function rejectedDuringOutage(world: World, slack: SlackLookAlike, say: Say, expect: Expect): Promise<void> {
  say('-- bob rejects with a reason, Slack goes away and comes back');
  await world.push({ version: '1.2.0' });
  const main = await until('a message with a Reject button', () => mainOf(slack, '1.2.0', 'slipway.reject'), 60_000);
  await pressOnPage(slack, main.ts, 'slipway.reject', 'U034B0B');
  const modal = await until('a modal', () => slack.workspace.modals[0]);
  const submitted = await ui(slack, 'submit', { modal: modal.id, text: 'prices <!channel> look wrong' });
  expect(submitted.status === 200, `the modal was answered with ${submitted.status}`);
  slack.switches.outage = 'mute';
  const end = await ended(world, '1.2.0');
  say(`   ${end.outcome ?? ''}: ${end.reason}`);
  expect(end.outcome === 'rejected', `it ended ${end.outcome ?? ''}: ${end.reason}`);
  expect(end.reason.includes('prices <!channel> look wrong'), `the reason is not on the record: ${end.reason}`);
  await sleep(2000);
  slack.switches.outage = 'none';
  say('   Slack is back; what could not be said comes within a minute and a half');
  const final = await until('the final message', () => mainOf(slack, '1.2.0', undefined, 'REJECTED'), 120_000);
  say(`   ${final.text}`);
  expect(messagesOf(slack, '1.2.0').length === 1, `there are ${messagesOf(slack, '1.2.0').length} messages about one release`);
  await until('the thread to be told', () => slack.workspace.messages.find(({ threadTs, text }) => threadTs === final.ts && text.includes('The release was rejected')), 120_000);
  const replies = slack.workspace.messages.filter(({ threadTs }) => threadTs === final.ts).flatMap(({ text }) => text.split('\n'));
  expect(new Set(replies).size === replies.length, `something was told twice:\n${replies.join('\n')}`);
  expect(!JSON.stringify(slack.workspace.messages).includes('<!channel>'), 'text from outside calls everybody');
}

const messagesOf = (slack: SlackLookAlike, tag: string): PostedMessage[] => slack.workspace.messages.filter(({ threadTs, text }) => threadTs === undefined && text.includes(`:${tag} `));

const mainOf = (slack: SlackLookAlike, tag: string, action: string | undefined, words = ''): PostedMessage | undefined =>
  messagesOf(slack, tag).find((message) => message.text.includes(words) && (action === undefined || JSON.stringify(message.blocks).includes(`"${action}"`)));

async function ui(slack: SlackLookAlike, what: string, body: object): Promise<{ status: number; body: string; tookMs: number }> {
  const response = await fetch(`${slack.url}/ui/${what}`, { method: 'POST', headers: { 'content-type': 'application/json', origin: slack.url }, body: JSON.stringify(body) });
  return (await response.json()) as { status: number; body: string; tookMs: number };
}

/** Looks for the button on the page first: what is not shown cannot be pressed. */
async function pressOnPage(slack: SlackLookAlike, ts: string, action: string, user: string) {
  const page = (await (await fetch(`${slack.url}/state`)).json()) as Page;
  const shown = page.channels.flatMap(({ messages }) => messages).find((message) => message.ts === ts);
  if (!shown?.blocks.some(({ buttons }) => buttons?.some((button) => button.action === action))) throw new Error(`the page shows no ${action}`);
  return ui(slack, 'press', { ts, action, user });
}

async function ended(world: World, tag: string): Promise<ReleaseView> {
  const control = controlOf(world);
  const { releases } = await control.listReleases({ pipeline: 'checkout', limit: 10 });
  const id = releases.find((release) => release.image.tag === tag)?.id ?? '';
  return until(`${id} to end`, async () => {
    const view = await control.getRelease(id);
    return view.status === 'ended' ? view : undefined;
  }, 90_000);
}

async function until<Found>(what: string, look: () => Found | undefined | Promise<Found | undefined>, limitMs = 20_000): Promise<Found> {
  const untilMs = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > untilMs) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await sleep(LOOK_EVERY_MS);
  }
}

process.exitCode = await tell();
