// A Slack workspace in memory, as far as a release needs one: channels, people, messages with threads, modals, and the checks the
// real Web API makes of them. What is not imitated: everything else, and rate limits other than the ones that are ordered.
// https://docs.slack.dev/reference/methods
import { faultOfBlocks } from './block-checks.ts';

export interface PostedMessage {
  ts: string;
  channel: string;
  text: string;
  blocks: Record<string, unknown>[];
  /** Buttons it no longer has, which a client that has not heard of the change may still show. */
  buttonsGone: Record<string, unknown>[];
  metadata: unknown;
  threadTs: string | undefined;
  /** How often it was changed after it was posted. */
  updates: number;
}

export interface Ephemeral {
  channel: string;
  user: string;
  text: string;
}

export interface OpenModal {
  id: string;
  user: string;
  view: Record<string, unknown>;
}

export interface User {
  id: string;
  name: string;
}

export type Answered = ({ ok: true } & Record<string, unknown>) | { ok: false; error: string };

const TRIGGER_LASTS_MS = 3_000;
const RESPONSES_MAX = 5;
const RESPONSE_LASTS_MS = 30 * 60_000;

const no = (error: string): Answered => ({ ok: false, error });
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const blocksOf = (input: Record<string, unknown>): Record<string, unknown>[] => (Array.isArray(input['blocks']) ? (input['blocks'] as Record<string, unknown>[]) : []);

export const buttonsOf = (blocks: readonly Record<string, unknown>[]): Record<string, unknown>[] =>
  blocks.flatMap((block) => ((block['type'] === 'actions' ? block['elements'] : []) as Record<string, unknown>[]).map((element) => ({ ...element, block_id: block['block_id'] })));

export class Workspace {
  readonly messages: PostedMessage[] = [];
  readonly ephemerals: Ephemeral[] = [];
  readonly modals: OpenModal[] = [];
  readonly users: User[];
  readonly channels: { id: string; name: string }[];
  private readonly triggers = new Map<string, { user: string; expiresAtMs: number; used: boolean }>();
  private readonly responses = new Map<string, { channel: string; user: string; left: number; expiresAtMs: number }>();
  private readonly nowMs: () => number;
  private counter = 0;

  constructor(options: { nowMs: () => number; users: User[]; channels: string[] }) {
    this.nowMs = options.nowMs;
    this.users = options.users;
    this.channels = options.channels.map((name, index) => ({ id: `C0${String(index + 1).padStart(6, '0')}`, name }));
  }

  method(name: string, input: Record<string, unknown>): Answered {
    switch (name) {
      case 'chat.postMessage':
        return this.post(input);
      case 'chat.update':
        return this.update(input);
      case 'chat.postEphemeral':
        return this.whisper(input);
      case 'conversations.list':
        return { ok: true, channels: this.channels, response_metadata: { next_cursor: '' } };
      case 'conversations.history':
      case 'conversations.replies':
        return this.read(name, input);
      case 'views.open':
        return this.open(input);
      default:
        return no('unknown_method');
    }
  }

  // ---- what people do -----------------------------------------------------------------------------------------------------------

  newTrigger(user: string): string {
    const id = `${this.next()}.${this.next()}.trigger`;
    this.triggers.set(id, { user, expiresAtMs: this.nowMs() + TRIGGER_LASTS_MS, used: false });
    return id;
  }

  newResponse(channel: string, user: string): string {
    const id = `R${this.next()}`;
    this.responses.set(id, { channel, user, left: RESPONSES_MAX, expiresAtMs: this.nowMs() + RESPONSE_LASTS_MS });
    return id;
  }

  respond(id: string, input: Record<string, unknown>): boolean {
    const response = this.responses.get(id);
    if (!response || response.left === 0 || response.expiresAtMs < this.nowMs()) return false;
    response.left -= 1;
    this.ephemerals.push({ channel: response.channel, user: response.user, text: text(input['text']) });
    return true;
  }

  close(modalId: string): OpenModal | undefined {
    const index = this.modals.findIndex(({ id }) => id === modalId);
    return index < 0 ? undefined : this.modals.splice(index, 1)[0];
  }

  // ---- methods of the API -------------------------------------------------------------------------------------------------------

  private post(input: Record<string, unknown>): Answered {
    const channel = this.channelOf(input['channel']);
    if (channel === undefined) return no('channel_not_found');
    const fault = faultOfMessage(input);
    if (fault !== undefined) return no(fault);
    const threadTs = input['thread_ts'] === undefined ? undefined : text(input['thread_ts']);
    if (threadTs !== undefined && !this.find(channel, threadTs)) return no('thread_not_found');
    return { ok: true, channel, ts: this.add(channel, input, threadTs).ts };
  }

  /** A message of an incoming webhook goes to the channel it was made for. */
  postFromWebhook(input: Record<string, unknown>): string {
    const fault = faultOfMessage(input);
    if (fault !== undefined) return fault;
    this.add(this.channels[0]?.id ?? '', input, undefined);
    return 'ok';
  }

  private add(channel: string, input: Record<string, unknown>, threadTs: string | undefined): PostedMessage {
    const message: PostedMessage = { ts: this.newTs(), channel, text: text(input['text']), blocks: blocksOf(input), buttonsGone: [], metadata: input['metadata'], threadTs, updates: 0 };
    this.messages.push(message);
    return message;
  }

  private update(input: Record<string, unknown>): Answered {
    const message = this.find(text(input['channel']), text(input['ts']));
    if (!message) return no('message_not_found');
    const fault = faultOfMessage(input);
    if (fault !== undefined) return no(fault);
    message.buttonsGone.push(...buttonsOf(message.blocks));
    Object.assign(message, { text: text(input['text']), blocks: blocksOf(input), metadata: input['metadata'] ?? message.metadata, updates: message.updates + 1 });
    return { ok: true, channel: message.channel, ts: message.ts };
  }

  private whisper(input: Record<string, unknown>): Answered {
    const channel = this.channelOf(input['channel']);
    const user = text(input['user']);
    if (channel === undefined) return no('channel_not_found');
    if (!this.users.some(({ id }) => id === user)) return no('user_not_in_channel');
    this.ephemerals.push({ channel, user, text: text(input['text']) });
    return { ok: true, message_ts: this.newTs() };
  }

  private read(name: string, input: Record<string, unknown>): Answered {
    // Unlike chat.postMessage this takes no names.
    const channel = text(input['channel']);
    if (!this.channels.some(({ id }) => id === channel)) return no('channel_not_found');
    const thread = name === 'conversations.replies' ? text(input['ts']) : undefined;
    const oldest = Number(input['oldest'] ?? 0);
    const messages = this.messages
      .filter((message) => message.channel === channel && (thread === undefined ? message.threadTs === undefined : message.ts === thread || message.threadTs === thread))
      // The parent of a thread always comes along.
      .filter((message) => Number(message.ts) > oldest || message.ts === thread)
      .map(({ ts, text: said, blocks, metadata }) => ({ type: 'message', ts, text: said, blocks, ...(String(input['include_all_metadata']) === 'true' && metadata !== undefined ? { metadata } : {}) }));
    return { ok: true, messages: thread === undefined ? messages.reverse() : messages, has_more: false };
  }

  private open(input: Record<string, unknown>): Answered {
    const trigger = this.triggers.get(text(input['trigger_id']));
    if (!trigger) return no('invalid_trigger_id');
    if (trigger.used) return no('exchanged_trigger_id');
    if (trigger.expiresAtMs < this.nowMs()) return no('expired_trigger_id');
    const view = input['view'] as Record<string, unknown> | undefined;
    if (view?.['type'] !== 'modal' || text((view['title'] as { text?: unknown } | undefined)?.text).length > 24 || text(view['private_metadata']).length > 3000) return no('invalid_arguments');
    trigger.used = true;
    const modal: OpenModal = { id: `V${this.next()}`, user: trigger.user, view };
    this.modals.push(modal);
    return { ok: true, view: { id: modal.id } };
  }

  // ---- helpers ------------------------------------------------------------------------------------------------------------------

  find(channel: string, ts: string): PostedMessage | undefined {
    return this.messages.find((message) => message.channel === channel && message.ts === ts);
  }

  private channelOf(given: unknown): string | undefined {
    const name = text(given).replace(/^#/, '');
    return this.channels.find((channel) => channel.id === given || channel.name === name)?.id;
  }

  private newTs(): string {
    return `${Math.floor(this.nowMs() / 1000)}.${String(this.next()).padStart(6, '0')}`;
  }

  private next(): number {
    this.counter += 1;
    return this.counter;
  }
}

function faultOfMessage(input: Record<string, unknown>): string | undefined {
  if (text(input['text']) === '' && blocksOf(input).length === 0) return 'no_text';
  if (text(input['text']).length > 40_000) return 'msg_too_long';
  return faultOfBlocks(input['blocks'] ?? []) === undefined ? undefined : 'invalid_blocks';
}
