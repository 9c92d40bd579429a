// Slack's Web API, as far as it is used: fetch and nothing else. A request that Slack has certainly not carried out says so in its
// error, because only such a request may be sent again without asking whether it was.
// https://docs.slack.dev/apis/web-api
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { SlipwayError } from '../core/errors.ts';
import type { Message } from '../core/slack/index.ts';
import { SecretUnreadable, type Secret } from './secrets.ts';

/** What the secret holds: an app with a bot, or an incoming webhook, which can neither update nor be answered. */
export const SlackSecret = v.union([
  v.object({ botToken: v.pipe(v.string(), v.minLength(1)), signingSecret: v.pipe(v.string(), v.minLength(16)) }),
  v.object({ webhookUrl: v.pipe(v.string(), v.url()) }),
]);
export type SlackSecret = v.InferOutput<typeof SlackSecret>;

/** Slack said no. `code` is Slack's own word for it (`channel_not_found`). Nothing was done. */
export class SlackRefused extends SlipwayError {
  override readonly name = 'SlackRefused';
  readonly retry = 'later';
  readonly code: string;

  constructor(method: string, code: string) {
    super(`Slack refused ${method}: ${code}`, HINTS[code] ?? 'See docs/slack.md.');
    this.code = code;
  }
}

/** Slack wants to be left alone for longer than a function should wait. Nothing was done. */
export class SlackBusy extends SlipwayError {
  override readonly name = 'SlackBusy';
  readonly retry = 'later';
}

/** No answer, or one that says nothing: it may have been done all the same. */
export class SlackUnreachable extends SlipwayError {
  override readonly name = 'SlackUnreachable';
  readonly retry = 'later';
}

const HINTS: Record<string, string> = {
  not_in_channel: 'Invite the app into the channel: /invite @slipway',
  channel_not_found: 'Is the channel of notify.slack spelled right? Into a private channel the app must be invited.',
  missing_scope: 'Give the app the scopes of the manifest in docs/slack.md and install it again.',
};
const TOKEN_REFUSALS = ['invalid_auth', 'token_revoked', 'token_expired', 'account_inactive', 'not_authed'];

/** Refusals that pass: they say nothing about what there is to read. https://docs.slack.dev/reference/methods/conversations.history#errors */
const PASSING_REFUSALS = [...TOKEN_REFUSALS, 'ratelimited', 'internal_error', 'fatal_error', 'request_timeout', 'service_unavailable', 'unknown_error'];

const ATTEMPT_TIMEOUT_MS = 5_000;
const PATIENCE_MS = 3_000;
const ATTEMPTS_MAX = 3;

const Answer = v.looseObject({ ok: v.boolean(), error: v.optional(v.string()) });
const Posted = v.object({ channel: v.string(), ts: v.string() });
const Metadata = v.object({ event_type: v.string(), event_payload: v.record(v.string(), v.unknown()) });
const Channels = v.object({ channels: v.array(v.object({ id: v.string(), name: v.string() })), response_metadata: v.optional(v.object({ next_cursor: v.optional(v.string()) })) });
const CHANNEL_PAGES_MAX = 20;
const History = v.object({ messages: v.array(v.object({ ts: v.string(), metadata: v.optional(Metadata) })) });

export interface SlackOptions {
  /** `https://slack.com/api` */
  apiUrl: string;
  secret: Secret<SlackSecret>;
  fetch?: typeof fetch;
  sleep?: (durationMs: number) => Promise<unknown>;
  /** Gives a request up once this long has passed. */
  deadline?: (durationMs: number) => AbortSignal;
}

export interface Place {
  channel: string;
  ts: string;
}

/** By which a message is found again when the answer to posting it was lost. */
export interface Mark {
  release: string;
  part: string;
}

export type Slack = ReturnType<typeof slackOver>;

const EVENT_TYPE = 'slipway_release';
const QUIETLY = { unfurl_links: false, unfurl_media: false };
const JSON_BODY = { 'content-type': 'application/json; charset=utf-8' };
const metadataOf = (mark: Mark) => ({ event_type: EVENT_TYPE, event_payload: { ...mark } });

export function slackOver({ apiUrl, secret, fetch: send = fetch, sleep: pause = sleep, deadline = (durationMs) => AbortSignal.timeout(durationMs) }: SlackOptions) {
  async function request(url: string, init: { headers: Record<string, string>; body: string }, method: string): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const response = await send(url, { ...init, method: 'POST', signal: deadline(ATTEMPT_TIMEOUT_MS), redirect: 'error' }).catch((error: unknown) => {
        throw new SlackUnreachable(`${method} got no answer: ${reasonOf(error)}`);
      });
      if (response.status === 429) {
        await response.body?.cancel();
        const waitMs = 1000 * (Number(response.headers.get('retry-after')) || 1);
        if (waitMs > PATIENCE_MS || attempt >= ATTEMPTS_MAX) throw new SlackBusy(`Slack wants ${method} to wait for ${waitMs / 1000} s`);
        await pause(waitMs);
        continue;
      }
      if (response.status >= 500) {
        await response.body?.cancel();
        throw new SlackUnreachable(`${method} was answered with ${response.status}`);
      }
      return response;
    }
  }

  async function botToken(): Promise<string> {
    const content = await secret.get();
    if (!('botToken' in content)) throw new SecretUnreadable('the secret holds an incoming webhook and no bot', 'See docs/slack.md.');
    return content.botToken;
  }

  async function once(method: string, body: object): Promise<unknown> {
    const authorization = `Bearer ${await botToken()}`;
    // Not every method that reads takes JSON.
    const sent = method.startsWith('conversations.')
      ? { headers: { 'content-type': 'application/x-www-form-urlencoded', authorization }, body: new URLSearchParams(Object.entries(body).map(([name, value]): [string, string] => [name, String(value)])).toString() }
      : { headers: { ...JSON_BODY, authorization }, body: JSON.stringify(body) };
    const response = await request(`${apiUrl}/${method}`, sent, method);
    const answer = v.safeParse(Answer, await response.json().catch(() => undefined));
    if (!answer.success) throw new SlackUnreachable(`${method} was answered with ${response.status} and nothing to read`);
    if (!answer.output.ok) throw new SlackRefused(method, answer.output.error ?? 'unknown_error');
    return answer.output;
  }

  /** A token that is refused may have been replaced since it was read. */
  async function call<Schema extends v.GenericSchema>(method: string, body: object, schema: Schema): Promise<v.InferOutput<Schema>> {
    const answer = await once(method, body).catch((error: unknown) => {
      if (!(error instanceof SlackRefused) || !TOKEN_REFUSALS.includes(error.code)) throw error;
      secret.forget();
      return once(method, body);
    });
    const parsed = v.safeParse(schema, answer);
    if (!parsed.success) throw new SlackUnreachable(`${method} was answered with something else than it should`);
    return parsed.output;
  }

  /** Only posting takes the name of a channel; everything else wants its id. */
  async function channelId(channel: string): Promise<string | undefined> {
    if (/^[CG][A-Z0-9]{6,}$/.test(channel)) return channel;
    const name = channel.replace(/^#/, '');
    let cursor: string | undefined;
    for (let page = 0; page < CHANNEL_PAGES_MAX; page++) {
      const { channels, response_metadata } = await call('conversations.list', { types: 'public_channel,private_channel', exclude_archived: true, limit: 1000, ...(cursor ? { cursor } : {}) }, Channels);
      const found = channels.find((candidate) => candidate.name === name);
      cursor = response_metadata?.next_cursor;
      if (found || !cursor) return found?.id;
    }
    return undefined;
  }

  return {
    /** `thread`: as a reply to that message. */
    post: (channel: string, message: Message, mark: Mark, thread?: string): Promise<Place> =>
      call('chat.postMessage', { channel, ...message, ...QUIETLY, metadata: metadataOf(mark), ...(thread === undefined ? {} : { thread_ts: thread }) }, Posted),

    async update({ channel, ts }: Place, message: Message, mark: Mark): Promise<void> {
      await call('chat.update', { channel, ts, ...message, metadata: metadataOf(mark) }, Answer);
    },

    /** The message with that mark, if it was posted since; undefined also when the app may not read the channel. */
    async find(named: string, mark: Mark, sinceMs: number, thread?: string): Promise<Place | undefined> {
      const [method, where] = thread === undefined ? (['conversations.history', {}] as const) : (['conversations.replies', { ts: thread }] as const);
      try {
        const channel = await channelId(named);
        if (channel === undefined) return undefined;
        const { messages } = await call(method, { channel, ...where, oldest: (sinceMs / 1000).toFixed(6), include_all_metadata: true, limit: 200 }, History);
        const found = messages.find(({ metadata }) => metadata?.event_type === EVENT_TYPE && metadata.event_payload['release'] === mark.release && metadata.event_payload['part'] === mark.part);
        return found && { channel, ts: found.ts };
      } catch (error) {
        if (error instanceof SlackRefused && !PASSING_REFUSALS.includes(error.code)) return undefined;
        throw error;
      }
    },

    async openModal(triggerId: string, view: object): Promise<void> {
      await call('views.open', { trigger_id: triggerId, view }, Answer);
    },

    /** Seen by one user only, and gone when they reload. */
    async whisper(channel: string, user: string, text: string): Promise<void> {
      await call('chat.postEphemeral', { channel, user, text }, Answer);
    },

    /** Answers whoever pressed a button, over the address that came with it; only Slack's own addresses are called. */
    async respond(responseUrl: string, text: string): Promise<void> {
      if (!isSlacks(responseUrl, apiUrl)) throw new SlackRefused('response_url', 'foreign_address');
      const response = await request(responseUrl, { headers: JSON_BODY, body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, text }) }, 'response_url');
      if (!response.ok) throw new SlackRefused('response_url', `status_${response.status}`);
    },

    /** Posts through an incoming webhook. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
    async postToWebhook(message: Message): Promise<void> {
      const content = await secret.get();
      if (!('webhookUrl' in content)) throw new SecretUnreadable('the secret holds no incoming webhook', 'See docs/slack.md.');
      const response = await request(content.webhookUrl, { headers: JSON_BODY, body: JSON.stringify(message) }, 'the webhook');
      if (response.ok) return;
      secret.forget();
      throw new SlackRefused('the webhook', (await response.text()).slice(0, 60).replace(/[^a-z_]/g, '') || `status_${response.status}`);
    },
  };
}

export function isSlacks(url: string, apiUrl: string): boolean {
  try {
    const { protocol, hostname, origin } = new URL(url);
    return (protocol === 'https:' && hostname === 'hooks.slack.com') || origin === new URL(apiUrl).origin;
  } catch {
    return false;
  }
}

/** fetch hides why it failed in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name;
}
