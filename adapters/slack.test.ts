import { isSlacks, slackOver, SlackBusy, SlackRefused, SlackSecret, SlackUnreachable } from './slack.ts';
import * as v from 'valibot';

const BOT = { botToken: 'xoxb-1', signingSecret: 'a-signing-secret-of-slack' };
const MARK = { release: 'r', part: 'main' };
const MESSAGE = { text: 't', blocks: [] };
type Answer = Response | Error;

/** Answers in turn; the last one again and again. */
function rig(...answers: (() => Answer)[]) {
  const sent: { url: string; headers: Record<string, string>; body: string }[] = [];
  const slept: number[] = [];
  let secret: SlackSecret = BOT;
  let reads = 0;
  const api = slackOver({
    apiUrl: 'https://slack.com/api',
    secret: { get: async () => (reads++, secret), forget: () => void (secret = { ...BOT, botToken: 'xoxb-2' }) },
    fetch: (async (url: string, init: { headers: Record<string, string>; body: string }) => {
      sent.push({ url, headers: init.headers, body: init.body });
      const answer = (answers.length > 1 ? answers.shift() : answers[0])?.() ?? new Error('nothing to answer');
      if (answer instanceof Error) throw answer;
      return answer;
    }) as unknown as typeof fetch,
    sleep: async (ms) => void slept.push(ms),
  });
  return { api, sent, slept, useWebhook: () => void (secret = { webhookUrl: 'https://hooks.slack.com/services/T/B/x' }), reads: () => reads };
}
const ok = (more: object = {}) => () => Response.json({ ok: true, channel: 'C0123456', ts: '1.2', ...more });
const no = (error: string) => () => Response.json({ ok: false, error });
const busy = (after: string) => () => new Response('', { status: 429, headers: { 'retry-after': after } });

test('a post carries the token, no previews, and a mark to find it by', async () => {
  const { api, sent } = rig(ok());
  expect(await api.post('#deploys', MESSAGE, MARK, '1.1')).toEqual({ channel: 'C0123456', ts: '1.2' });
  expect(sent[0]).toMatchObject({ url: 'https://slack.com/api/chat.postMessage', headers: { authorization: 'Bearer xoxb-1' } });
  expect(JSON.parse(sent[0]?.body ?? '')).toEqual({ channel: '#deploys', ...MESSAGE, unfurl_links: false, unfurl_media: false, thread_ts: '1.1', metadata: { event_type: 'slipway_release', event_payload: MARK } });
});

test.each<[string, () => Answer, new (...args: never[]) => Error, string]>([
  ['a refusal', no('not_in_channel'), SlackRefused, 'Slack refused chat.update: not_in_channel'],
  ['a refusal without a word', () => Response.json({ ok: false }), SlackRefused, 'unknown_error'],
  ['an outage', () => new Response('', { status: 502 }), SlackUnreachable, 'was answered with 502'],
  ['no connection', () => new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) }), SlackUnreachable, 'got no answer: ECONNRESET'],
  ['something unreadable', () => new Response('<html>'), SlackUnreachable, 'nothing to read'],
  ['a long rate limit', busy('30'), SlackBusy, 'wait for 30 s'],
])('%s is told apart from every other', async (_name, answer, type, words) => {
  const error = await rig(answer).api.update({ channel: 'C0123456', ts: '1' }, MESSAGE, MARK).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(type);
  expect(String(error)).toContain(words);
  expect(String(error)).not.toContain('xoxb');
});

test('a rate limit of a second is waited for, three times at most', async () => {
  const patient = rig(busy('1'), busy('2'), ok());
  await patient.api.post('#d', MESSAGE, MARK);
  expect(patient.slept).toEqual([1000, 2000]);
  await expect(rig(busy('1')).api.post('#d', MESSAGE, MARK)).rejects.toBeInstanceOf(SlackBusy);
});

test.each(['invalid_auth', 'token_revoked', 'account_inactive'])('after %s the secret is read again, once', async (code) => {
  const { api, sent, reads } = rig(no(code), ok());
  await api.post('#d', MESSAGE, MARK);
  expect(sent.map(({ headers }) => headers['authorization'])).toEqual(['Bearer xoxb-1', 'Bearer xoxb-2']);
  expect(reads()).toBe(2);
  await expect(rig(no(code)).api.post('#d', MESSAGE, MARK)).rejects.toThrow(code);
});

describe('what was posted is found again', () => {
  const messages = [{ ts: '9.9' }, { ts: '8.8', metadata: { event_type: 'slipway_release', event_payload: { release: 'r', part: 'news' } } }, { ts: '7.7', metadata: { event_type: 'slipway_release', event_payload: { ...MARK } } }];

  test('by its mark, in a channel known by its id', async () => {
    const { api, sent } = rig(() => Response.json({ ok: true, messages }));
    expect(await api.find('C0123456', MARK, 5_000)).toEqual({ channel: 'C0123456', ts: '7.7' });
    expect(sent[0]?.url).toBe('https://slack.com/api/conversations.history');
    expect(Object.fromEntries(new URLSearchParams(sent[0]?.body))).toMatchObject({ channel: 'C0123456', oldest: '5.000000', include_all_metadata: 'true' });
  });

  test('in a channel known by its name, wherever that is in the list', async () => {
    const list = (names: string[], next_cursor: string) => () => Response.json({ ok: true, channels: names.map((name) => ({ id: `C0000${name.toUpperCase()}`, name })), response_metadata: { next_cursor } });
    const { api, sent } = rig(list(['aa', 'bb'], 'more'), list(['deploys'], ''), () => Response.json({ ok: true, messages }));
    expect(await api.find('#deploys', MARK, 0)).toEqual({ channel: 'C0000DEPLOYS', ts: '7.7' });
    expect(sent.map(({ url }) => url.split('/').at(-1))).toEqual(['conversations.list', 'conversations.list', 'conversations.history']);
    expect(await rig(list(['aa'], '')).api.find('#deploys', MARK, 0)).toBeUndefined();
  });

  test('not at all where the app may not read', async () => {
    expect(await rig(no('missing_scope')).api.find('C0123456', MARK, 0)).toBeUndefined();
  });

  // Taken for "not there", it would be posted a second time.
  test.each(['token_revoked', 'ratelimited', 'internal_error'])('or not known to be there, when Slack says %s', async (code) => {
    await expect(rig(no(code)).api.find('C0123456', MARK, 0)).rejects.toMatchObject({ code });
  });
});

test.each([
  ['https://hooks.slack.com/actions/T/1/x', true],
  ['https://slack.com/api/x', true],
  ['http://hooks.slack.com/actions', false],
  ['https://hooks.slack.com.evil.example/', false],
  ['https://evil.example/?https://hooks.slack.com/', false],
  ['http://169.254.169.254/latest/meta-data', false],
  ['file:///etc/passwd', false],
  ['', false],
])('%j is an address of Slack: %s', async (url, expected) => {
  expect(isSlacks(url, 'https://slack.com/api')).toBe(expected);
  const { api, sent } = rig(() => new Response('ok'));
  await api.respond(url, 'hello').catch(() => undefined);
  expect(sent).toHaveLength(expected ? 1 : 0);
});

test('a webhook is posted to as it is, and never with the token of a bot', async () => {
  const webhook = rig(() => new Response('ok'));
  webhook.useWebhook();
  await webhook.api.postToWebhook(MESSAGE);
  expect(webhook.sent).toMatchObject([{ url: 'https://hooks.slack.com/services/T/B/x' }]);
  expect(webhook.sent[0]?.headers).not.toHaveProperty('authorization');
  await expect(webhook.api.post('#d', MESSAGE, MARK)).rejects.toThrow('no bot');
  await expect(rig(ok()).api.postToWebhook(MESSAGE)).rejects.toThrow('no incoming webhook');
});

test.each<[unknown, boolean]>([
  [BOT, true],
  [{ webhookUrl: 'https://hooks.slack.com/services/x' }, true],
  [{ botToken: 'x' }, false],
  [{ botToken: '', signingSecret: 'a-signing-secret-of-slack' }, false],
  [{ botToken: 'x', signingSecret: 'short' }, false],
  [{ webhookUrl: 'nowhere' }, false],
  ['xoxb', false],
])('%j is what the secret may hold: %s', (content, expected) => {
  expect(v.safeParse(SlackSecret, content).success).toBe(expected);
});
