// The look-alike is only worth something if it is as strict as Slack.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'node:http';
import { button } from '../../core/slack/index.ts';
import { startSlack, type SlackLookAlike } from './server.ts';

let nowMs: number;
let slack: SlackLookAlike;
beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 23);
  slack = await startSlack({ nowMs: () => nowMs });
});
afterEach(() => slack.close());

const call = async (method: string, body: object, token = slack.botToken) =>
  (await (await fetch(`${slack.apiUrl}/${method}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify(body) })).json()) as { ok: boolean; error?: string; ts?: string; channel?: string; messages?: { ts: string; metadata?: unknown }[] };
const post = (more: object = {}) => call('chat.postMessage', { channel: '#deploys', text: 'hello', ...more });
const pressable = { blocks: [{ type: 'actions', block_id: 'b', elements: [button('approve', { release: 'r' })] }] };

test.each<[string, () => Promise<unknown>, string]>([
  ['another token', () => call('chat.postMessage', { channel: '#deploys', text: 'x' }, 'xoxb-other'), 'invalid_auth'],
  ['a channel that is not there', () => post({ channel: '#nowhere' }), 'channel_not_found'],
  ['nothing to say', () => post({ text: '' }), 'no_text'],
  ['blocks it does not know', () => post({ blocks: [{ type: 'carousel' }] }), 'invalid_blocks'],
  ['51 blocks', () => post({ blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) }), 'invalid_blocks'],
  ['a thread that is not there', () => post({ thread_ts: '1.1' }), 'thread_not_found'],
  ['a message that is not there', () => call('chat.update', { channel: 'C0000001', ts: '1.1', text: 'x' }), 'message_not_found'],
  ['the name of a channel where an id is wanted', () => call('conversations.history', { channel: '#deploys' }), 'channel_not_found'],
  ['a user who is not there', () => call('chat.postEphemeral', { channel: '#deploys', user: 'U9', text: 'x' }), 'user_not_in_channel'],
  ['a trigger it did not give', () => call('views.open', { trigger_id: 'x', view: {} }), 'invalid_trigger_id'],
  ['a method it does not have', () => call('chat.meMessage', {}), 'unknown_method'],
])('%s is refused as Slack refuses it', async (_name, act, error) => {
  expect(await act()).toEqual({ ok: false, error });
});

test('a trigger opens one modal, and only for three seconds', async () => {
  const view = { type: 'modal', title: { type: 'plain_text', text: 'Why?' }, blocks: [] };
  const trigger = slack.workspace.newTrigger('U012AL1CE');
  expect(await call('views.open', { trigger_id: trigger, view })).toMatchObject({ ok: true });
  expect(await call('views.open', { trigger_id: trigger, view })).toMatchObject({ error: 'exchanged_trigger_id' });
  const late = slack.workspace.newTrigger('U012AL1CE');
  nowMs += 3_001;
  expect(await call('views.open', { trigger_id: late, view })).toMatchObject({ error: 'expired_trigger_id' });
});

test('an address to answer to lasts five answers and half an hour', async () => {
  const answerTo = async (id: string) => (await fetch(`${slack.url}/respond/${id}`, { method: 'POST', body: '{"text":"x"}' })).status;
  const id = slack.workspace.newResponse('C0000001', 'U012AL1CE');
  expect([await answerTo(id), await answerTo(id), await answerTo(id), await answerTo(id), await answerTo(id), await answerTo(id)]).toEqual([200, 200, 200, 200, 200, 404]);
  const late = slack.workspace.newResponse('C0000001', 'U012AL1CE');
  nowMs += 30 * 60_000 + 1;
  expect(await answerTo(late)).toBe(404);
});

test('what was posted is found by its metadata', async () => {
  const metadata = { event_type: 'e', event_payload: { a: '1' } };
  const { ts, channel } = await post({ metadata });
  await post({ thread_ts: ts, text: 'reply' });
  expect((await call('conversations.history', { channel, oldest: '0', include_all_metadata: true })).messages).toMatchObject([{ ts, metadata }]);
  expect((await call('conversations.history', { channel, oldest: '0' })).messages?.[0]).not.toHaveProperty('metadata');
  expect((await call('conversations.replies', { channel, ts })).messages).toHaveLength(2);
});

test.each(['dead', 'mute'] as const)('when it is %s nothing is heard of it', async (outage) => {
  slack.switches.outage = outage;
  await expect(post()).rejects.toThrow('fetch failed');
  expect(slack.workspace.messages).toHaveLength(outage === 'mute' ? 1 : 0);
});

test('it says how long to wait when it is asked too often', async () => {
  slack.switches.rateLimit = { left: 1, retryAfterSeconds: 7 };
  const response = await fetch(`${slack.apiUrl}/chat.postMessage`, { method: 'POST', body: '{}' });
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
});

describe('a press', () => {
  let app: Server;
  let got: { headers: Record<string, unknown>; body: string }[];
  beforeEach(async () => {
    got = [];
    app = createServer((incoming, response) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => {
        got.push({ headers: incoming.headers, body });
        response.end();
      });
    });
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    slack.connect(`http://127.0.0.1:${(app.address() as AddressInfo).port}/`);
  });
  afterEach(() => app.close());

  test('is sent as a signed form with everything an app needs to answer it', async () => {
    const { ts = '' } = await post(pressable);
    expect(await slack.press(ts, 'slipway.approve', 'U012AL1CE')).toMatchObject({ status: 200 });
    expect(got[0]?.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded', 'x-slack-request-timestamp': String(nowMs / 1000), 'x-slack-signature': expect.stringMatching(/^v0=[0-9a-f]{64}$/) });
    expect(JSON.parse(new URLSearchParams(got[0]?.body).get('payload') ?? '')).toMatchObject({ type: 'block_actions', user: { id: 'U012AL1CE' }, channel: { id: 'C0000001' }, response_url: expect.stringContaining('/respond/'), actions: [{ action_id: 'slipway.approve', value: '{"release":"r"}' }] });
  });

  test('of a button that is not there cannot be made', async () => {
    const { ts = '' } = await post();
    await expect(slack.press(ts, 'slipway.approve', 'U012AL1CE')).rejects.toThrow('nobody can press');
  });

  test('of a button that is gone, by somebody who still sees it, is sent with what stands on it', async () => {
    const { ts = '', channel } = await post(pressable);
    await call('chat.update', { channel, ts, text: 'over' });
    await expect(slack.press(ts, 'slipway.approve', 'U012AL1CE')).rejects.toThrow('nobody can press');
    await expect(slack.press(ts, 'slipway.approve', 'U012AL1CE', 'made up')).rejects.toThrow('nobody can press');
    expect(await slack.press(ts, 'slipway.approve', 'U012AL1CE', '{"release":"r"}')).toMatchObject({ status: 200 });
    expect(JSON.parse(new URLSearchParams(got[0]?.body).get('payload') ?? '')).toMatchObject({ actions: [{ action_id: 'slipway.approve', value: '{"release":"r"}' }] });
  });

  test('is not made for a page of somebody else', async () => {
    const { ts = '' } = await post(pressable);
    const response = await fetch(`${slack.url}/ui/press`, { method: 'POST', headers: { origin: 'https://evil.example' }, body: JSON.stringify({ ts, action: 'slipway.approve', user: 'U012AL1CE' }) });
    expect(response.status).toBe(403);
    expect(got).toEqual([]);
  });
});

test('only its own name is answered to', async () => {
  const status = await new Promise<number>((resolve) => {
    const { port } = new URL(slack.url);
    request({ port, host: '127.0.0.1', path: '/state', headers: { host: 'evil.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).end();
  });
  expect(status).toBe(403);
});

test('its page runs no script but its own', async () => {
  const response = await fetch(slack.url);
  const policy = response.headers.get('content-security-policy') ?? '';
  const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? 'none';
  expect(policy).toContain("default-src 'none'");
  const page = await response.text();
  expect([...page.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)).toEqual([`<script nonce="${nonce}">`]);
  expect(page).not.toMatch(/ on[a-z]+="/);
});

test('its page is told everything in HTML that is safe to show', async () => {
  await post({ text: '<b>&lt;script&gt;</b>', blocks: [{ type: 'header', text: { type: 'plain_text', text: '<h1>' } }, { type: 'section', text: { type: 'mrkdwn', text: '&lt;img onerror=x&gt; *b*' } }, { type: 'context', elements: [{ type: 'mrkdwn', text: '<@U012AL1CE>' }] }, { type: 'divider' }, ...pressable.blocks] });
  const { channels } = (await (await fetch(`${slack.url}/state`)).json()) as { channels: { messages: { blocks: unknown[] }[] }[] };
  expect(channels[0]?.messages[0]?.blocks).toMatchObject([{ kind: 'header', text: '<h1>' }, { kind: 'section', html: '&lt;img onerror=x&gt; <b>b</b>' }, { kind: 'context', html: '<span class="mention">@alice</span>' }, { kind: 'divider' }, { kind: 'actions', buttons: [{ action: 'slipway.approve', label: 'Approve' }] }]);
});
