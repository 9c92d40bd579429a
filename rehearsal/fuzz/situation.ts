// What is under fire: a release that asks two people of whom one has answered, one that has ended, and everything a request has
// to name to be believed. Whatever a case is mutated from would be obeyed if it were let in as it was.
import { setTimeout as sleep } from 'node:timers/promises';
import { ControlClient } from '../../cli/control-client.ts';
import type { ReleaseView } from '../../core/view/index.ts';
import { signedForm } from '../slack/interactivity.ts';
import type { SlackLookAlike } from '../slack/server.ts';
import type { World } from '../world.ts';
import type { RawRequest } from './case.ts';
import type { Sender } from './send.ts';

export const SPECIFICATION = `
people:
  alice: { aws: "*:assumed-role/slipway-people/alice", slack: U012AL1CE }
  bob: { aws: "*:assumed-role/slipway-people/bob", slack: U034B0B }
  dave: { aws: "*:assumed-role/slipway-people/dave", slack: U0DAVE }
pipelines:
  checkout:
    image: { repository: shop/checkout, tags: { semver: ">=1.0.0" } }
    notify: { slack: "#deploys" }
    stages:
      - name: production
        service: { cluster: prod, name: checkout, container: app }
        before: [{ approval: { from: [alice], within: 1d } }]
        strategy: { canary: { steps: [{ weight: 5, approval: { from: [alice, bob], need: 2, within: 1d } }] } }
        alarms: [checkout-5xx]
  reports:
    image: { repository: shop/checkout, tags: { exact: reports } }
    stages:
      - name: nightly
        service: { cluster: staging, name: checkout, container: app }
        before: [{ approval: { from: [dave], within: 1d } }]
        strategy: rolling
`;

export const USERS = { alice: 'U012AL1CE', bob: 'U034B0B', dave: 'U0DAVE', mallory: 'U0MALLORY' } as const;
export type User = keyof typeof USERS;

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface Situation {
  slackUrl: URL;
  controlUrl: URL;
  region: string;
  signingSecret: string;
  /** Sessions of the people's role; `mallory` may call the control API and is nobody. */
  keys: Record<User, Keys>;
  /** A session of a role of the same account that no policy lets call Slipway. */
  outsider: Keys;
  pipeline: string;
  stage: string;
  asking: { id: string; open: string; closed: string };
  endedId: string;
  digest: string;
  /** What Slack sent when alice approved; it was let in and obeyed. */
  accepted: RawRequest[];
  /** An address to answer a click at, as Slack makes one for every click. */
  responseUrl(user: User): string;
  channel: string;
}

/** By the name of its session. */
export const OUTSIDER = 'outsider';

const LOOK_EVERY_MS = 100;
const LIMIT_MS = 120_000;

export async function prepare(world: World, sender: Sender, say: (line: string) => void): Promise<Situation> {
  const slack = world.slack;
  if (!slack) throw new Error('the world has no Slack');
  const { accountId } = world.local.cloud.kernel;
  const keysOf = (role: string, person: string): Keys => world.local.cloud.credentialsFor(`arn:aws:iam::${accountId}:role/${role}`, person);
  const keys = { alice: keysOf('slipway-people', 'alice'), bob: keysOf('slipway-people', 'bob'), dave: keysOf('slipway-people', 'dave'), mallory: keysOf('slipway-people', 'mallory') };
  const slackUrl = new URL(slack.requestUrl());
  const as = (user: User) => new ControlClient({ url: new URL(world.controlUrl), region: world.region, credentials: keys[user], sleep: (ms) => sleep(ms) });
  const { channels, workspace } = { channels: slack.workspace.channels, workspace: slack.workspace };
  const channel = channels[0]?.id ?? '';
  const accepted: RawRequest[] = [];

  const press = async (release: string, ask: string): Promise<void> => {
    const payload = { type: 'block_actions', user: { id: USERS.alice }, channel: { id: channel }, response_url: `${slack.url}/respond/${workspace.newResponse(channel, USERS.alice)}`, actions: [{ action_id: 'slipway.approve', value: JSON.stringify({ release, stage: 'production', ask }) }] };
    const form = signedForm(payload, slack.signingSecret, Date.now());
    const raw: RawRequest = { method: 'POST', target: '/', headers: Object.entries(form.headers), body: Buffer.from(form.body) };
    const { status } = await sender.send(slackUrl, raw);
    if (status !== 200) throw new Error(`a genuine click was answered with ${status}`);
    accepted.push(raw);
  };

  say('a release that ends, and one that asks');
  await world.push({ version: '1.1.0' });
  const endedId = await idOf(as('alice'), '1.1.0');
  await follow(as('alice'), endedId, 'ask', (view) => waitsAt(view, 0));
  await as('alice').decide(endedId, { kind: 'abort' });
  await follow(as('alice'), endedId, 'end', (view) => view.status === 'ended');
  await world.push({ version: '1.2.0' });
  const id = await idOf(as('alice'), '1.2.0');
  await follow(as('alice'), id, 'ask before it starts', (view) => waitsAt(view, 0));
  await press(id, 'before.0');
  await follow(as('alice'), id, 'ask at 5 %', (view) => waitsAt(view, 5));
  await press(id, 'weight.5');
  const view = await follow(as('alice'), id, 'count alice', ({ stages }) => stages[0]?.waitingFor?.given?.includes('alice') ?? false);
  return {
    slackUrl,
    controlUrl: new URL(world.controlUrl),
    region: world.region,
    signingSecret: slack.signingSecret,
    keys,
    outsider: keysOf('another-team', OUTSIDER),
    pipeline: 'checkout',
    stage: 'production',
    asking: { id, open: 'weight.5', closed: 'before.0' },
    endedId,
    digest: view.image.digest,
    accepted,
    responseUrl: (user) => `${slack.url}/respond/${workspace.newResponse(channel, USERS[user])}`,
    channel,
  };
}

/** The proof that the doors were open to whoever may come in: bob's approval is taken, and the release goes on. */
export async function approveForReal(world: World, slack: SlackLookAlike, sender: Sender, situation: Situation): Promise<ReleaseView> {
  const { asking, channel } = situation;
  const payload = { type: 'block_actions', user: { id: USERS.bob }, channel: { id: channel }, response_url: situation.responseUrl('bob'), actions: [{ action_id: 'slipway.approve', value: JSON.stringify({ release: asking.id, stage: situation.stage, ask: asking.open }) }] };
  const form = signedForm(payload, slack.signingSecret, Date.now());
  await sender.send(situation.slackUrl, { method: 'POST', target: '/', headers: Object.entries(form.headers), body: Buffer.from(form.body) });
  const control = new ControlClient({ url: situation.controlUrl, region: world.region, credentials: situation.keys.bob, sleep: (ms) => sleep(ms) });
  return follow(control, asking.id, 'go on', (view) => view.timeline.some(({ kind, by }) => kind === 'decision' && by === 'bob') && view.stages[0]?.waitingFor?.kind !== 'approval');
}

const waitsAt = ({ stages: [stage] }: ReleaseView, weightPercent: number): boolean => stage?.waitingFor?.kind === 'approval' && (stage.weightPercent ?? 0) === weightPercent;

async function idOf(control: ControlClient, tag: string): Promise<string> {
  return look(`a release of ${tag}`, async () => (await control.listReleases({ limit: 20 })).releases.find(({ image }) => image.tag === tag)?.id);
}

async function follow(control: ControlClient, id: string, what: string, done: (view: ReleaseView) => boolean): Promise<ReleaseView> {
  return look(`${id} to ${what}`, async () => {
    const view = await control.getRelease(id);
    return done(view) ? view : undefined;
  });
}

/** Looks again and again until there is something to see. */
export async function look<Found>(what: string, find: () => Promise<Found | undefined>): Promise<Found> {
  const untilMs = Date.now() + LIMIT_MS;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (Date.now() > untilMs) throw new Error(`not within ${LIMIT_MS / 1000} s: ${what}`);
    await sleep(LOOK_EVERY_MS);
  }
}
