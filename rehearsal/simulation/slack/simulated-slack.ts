// Slack on the virtual clock: the workspace of rehearsal/slack behind the HTTP that adapters/slack.ts speaks, and everything that
// can go wrong on the way there. Whatever goes wrong, Slack either carries a request out once or not at all.
import type { VirtualClock } from '../../../local-cloud/kernel/clock.ts';
import { signedForm } from '../../slack/interactivity.ts';
import { Workspace, type PostedMessage, type User } from '../../slack/workspace.ts';
import type { Chance } from '../chance.ts';
import type { SlackApp } from '../furnish.ts';
import type { History } from '../history.ts';
import { never } from '../never.ts';
import { NO_SLACK_FAULTS, SLACK_USERS, type SlackHabits } from './habits.ts';

export { type SlackHabits } from './habits.ts';

/** What a function of Slipway's is given to reach Slack with. */
export interface SlackTransport {
  fetch: (url: string, init: SlackRequest, killCaller: () => void) => Promise<Response>;
  sleep: (durationMs: number) => Promise<void>;
  deadline: (durationMs: number) => AbortSignal;
}

export interface SlackRequest {
  headers: Record<string, string>;
  body: string;
  signal: AbortSignal;
}

/** Something that everybody in the channel can see. */
export interface Said {
  what: 'posted' | 'updated';
  message: PostedMessage;
}

const CHANNEL = 'deploys';
const API = 'https://slack.com/api';
export const RESPOND = 'https://hooks.slack.com/respond';
const LATENCY_MS = { min: 40, max: 400 };
/** Slack may carry a request out long after its sender has given it up. */
const SLOW_MS = { min: 3_000, max: 20_000 };

type Fate = 'fine' | 'down' | 'dead' | 'mute' | 'limited' | 'slow' | 'tokenRevoked' | 'killed';

export class SimulatedSlack {
  readonly workspace: Workspace;
  readonly app: SlackApp;
  readonly transport: SlackTransport;
  readonly watchers: ((said: Said) => void)[] = [];
  /** The buttons that ever stood under a message, oldest first: clients show what they last saw. */
  readonly versions = new Map<PostedMessage, PostedMessage[]>();
  faults = 0;
  private readonly clock: VirtualClock;
  private readonly history: History;
  private readonly chance: Chance;
  private readonly habits: SlackHabits;
  private readonly deadlinesMs = new WeakMap<AbortSignal, number>();
  private startMs = Number.POSITIVE_INFINITY;
  private untilMs = Number.NEGATIVE_INFINITY;

  constructor(given: { clock: VirtualClock; history: History; chance: Chance; habits: SlackHabits }) {
    this.clock = given.clock;
    this.history = given.history;
    this.chance = given.chance;
    this.habits = given.habits;
    this.workspace = new Workspace({ nowMs: () => this.clock.nowMs(), users: Object.entries(SLACK_USERS).map(([name, id]): User => ({ id, name })), channels: [CHANNEL, 'general'] });
    const secret = this.chance.fork('app');
    this.app = { apiUrl: API, botToken: `xoxb-${secret.whole(1e9, 9e9)}`, signingSecret: `signing-secret-${secret.whole(1e9, 9e9)}` };
    this.transport = {
      fetch: (url, init, killCaller) => this.fetch(url, init, killCaller),
      sleep: (durationMs) => this.pass(durationMs),
      deadline: (durationMs) => {
        const { signal } = new AbortController();
        this.deadlinesMs.set(signal, durationMs);
        return signal;
      },
    };
  }

  /** From now on things go wrong, until `untilMs`. */
  begin(untilMs: number): void {
    this.startMs = this.clock.nowMs();
    this.untilMs = untilMs;
  }

  /** The message of a release, if it has one. */
  messageOf(releaseId: string): PostedMessage | undefined {
    return this.workspace.messages.find((message) => message.threadTs === undefined && markOf(message).release === releaseId);
  }

  sign(payload: object): { body: string; headers: Record<string, string> } {
    return signedForm(payload, this.app.signingSecret, this.clock.nowMs());
  }

  // ---- requests -----------------------------------------------------------------------------------------------------------------

  private async fetch(url: string, init: SlackRequest, killCaller: () => void): Promise<Response> {
    const fate = this.fateOf();
    const latencyMs = fate === 'slow' ? this.chance.whole(SLOW_MS.min, SLOW_MS.max) : this.chance.whole(LATENCY_MS.min, LATENCY_MS.max);
    const path = new URL(url).pathname;
    if (fate !== 'fine') this.note(fate, path.split('/').slice(0, 3).join('/'), latencyMs);
    const patienceMs = this.deadlinesMs.get(init.signal) ?? Number.POSITIVE_INFINITY;
    if (latencyMs <= patienceMs) {
      await this.pass(latencyMs);
      return this.answer(fate, path, init, killCaller);
    }
    // The sender gives up and Slack does not know.
    this.clock.after(latencyMs, () => void this.answer(fate, path, init, killCaller).catch(() => undefined));
    await this.pass(patienceMs);
    throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  }

  private async answer(fate: Fate, path: string, init: SlackRequest, killCaller: () => void): Promise<Response> {
    switch (fate) {
      case 'down':
        return response(503, 'service unavailable');
      case 'dead':
        throw new TypeError('fetch failed');
      case 'limited':
        return response(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(this.chance.pick([1, 1, 2, 30, 60])) });
      case 'mute':
        this.carryOut(path, init, false);
        throw new TypeError('fetch failed');
      case 'killed':
        this.carryOut(path, init, false);
        killCaller();
        return never();
      case 'tokenRevoked':
        return this.carryOut(path, init, true);
      case 'fine':
      case 'slow':
        return this.carryOut(path, init, false);
    }
  }

  private carryOut(path: string, { headers, body }: SlackRequest, tokenRevoked: boolean): Response {
    const responseId = /^\/respond\/(\w+)$/.exec(path)?.[1];
    if (responseId !== undefined) return this.workspace.respond(responseId, JSON.parse(body) as Record<string, unknown>) ? response(200, 'ok') : response(404, 'used_url');
    const method = path.slice('/api/'.length);
    if (headers['authorization'] !== `Bearer ${this.app.botToken}`) return response(200, { ok: false, error: 'invalid_auth' });
    if (tokenRevoked) return response(200, { ok: false, error: 'token_revoked' });
    const input = headers['content-type'] === 'application/x-www-form-urlencoded' ? Object.fromEntries(new URLSearchParams(body)) : (JSON.parse(body) as Record<string, unknown>);
    const answered = this.workspace.method(method, input);
    if (answered.ok && (method === 'chat.postMessage' || method === 'chat.update')) this.said(method === 'chat.update' ? 'updated' : 'posted', String(answered['channel']), String(answered['ts']));
    return response(200, answered);
  }

  private said(what: Said['what'], channel: string, ts: string): void {
    const message = this.workspace.find(channel, ts);
    if (!message) return;
    const versions = this.versions.get(message) ?? [];
    this.versions.set(message, [...versions, { ...message }]);
    this.history.add('slack', `${what === 'posted' ? (message.threadTs === undefined ? 'new message' : 'reply') : 'update'}: ${message.text.split('\n')[0]?.slice(0, 200) ?? ''}`);
    for (const watcher of this.watchers) watcher({ what, message });
  }

  private fateOf(): Fate {
    const nowMs = this.clock.nowMs();
    if (nowMs >= this.untilMs) return 'fine';
    const sinceMs = nowMs - this.startMs;
    const outage = this.habits.outages.find(({ fromMs, forMs }) => sinceMs >= fromMs && sinceMs < fromMs + forMs);
    if (outage) return outage.kind;
    const rates = { ...NO_SLACK_FAULTS, ...this.habits.rates };
    const draw = this.chance.next();
    let edge = 0;
    const falls = (rate: number) => draw < (edge += rate);
    if (falls(rates.limited)) return 'limited';
    if (falls(rates.slow)) return 'slow';
    if (falls(rates.answerLost)) return 'mute';
    if (falls(rates.killed)) return 'killed';
    return 'fine';
  }

  private note(fate: Fate, path: string, latencyMs: number): void {
    this.faults += 1;
    this.history.mark(`Slack ${fate}`);
    this.history.add('fault', `Slack ${WORDS[fate]}${fate === 'slow' ? ` (${Math.round(latencyMs / 1000)} s)` : ''}: ${path}`);
  }

  private pass(durationMs: number): Promise<void> {
    return new Promise((resolve) => void this.clock.after(durationMs, resolve));
  }
}

const WORDS: Record<Fate, string> = {
  fine: 'answers',
  down: 'is down',
  dead: 'cannot be reached',
  mute: 'does it and its answer is lost',
  limited: 'wants to be left alone',
  slow: 'is slow',
  tokenRevoked: 'does not take the token',
  killed: 'does it and the function is killed',
};

/** Which release a message is of, and which part of what is told about it. */
export function markOf({ metadata }: PostedMessage): { release: string | undefined; part: string | undefined } {
  const { event_payload: payload } = (metadata ?? {}) as { event_payload?: { release?: string; part?: string } };
  return { release: payload?.release, part: payload?.part };
}

/** As much of a `Response` as is read. */
function response(status: number, body: object | string, headers: Record<string, string> = {}): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, ok: status < 300, headers: { get: (name: string) => headers[name] ?? null }, body: null, json: async () => JSON.parse(text) as unknown, text: async () => text } as unknown as Response;
}
