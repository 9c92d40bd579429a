// What Slack sends when somebody presses a button or submits a modal: the payload, signed, to the request URL.
// https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
import { createHmac } from 'node:crypto';
import { buttonsOf, type OpenModal, type PostedMessage, type User, type Workspace } from './workspace.ts';

export interface Sent {
  status: number;
  body: string;
  tookMs: number;
}

const TEAM = { id: 'T0LOCAL', domain: 'local' };
const ANSWER_WITHIN_MS = 3_000;

export function signedForm(payload: unknown, signingSecret: string, nowMs: number): { body: string; headers: Record<string, string> } {
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = `v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
  return { body, headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature } };
}

/** With a `value` it is the button that was seen, which need not be there any more. */
export function pressPayload(workspace: Workspace, message: PostedMessage, pressed: { action: string; value?: string | undefined }, user: User, hooksUrl: string): object | undefined {
  const seen = pressed.value === undefined ? [] : message.buttonsGone.filter(({ value }) => value === pressed.value);
  const there = buttonsOf(message.blocks).filter(({ value }) => pressed.value === undefined || value === pressed.value);
  const action = [...there, ...seen].find((element) => element['action_id'] === pressed.action);
  if (!action) return undefined;
  return {
    type: 'block_actions',
    user: { id: user.id, username: user.name, name: user.name, team_id: TEAM.id },
    api_app_id: 'A0LOCAL',
    token: 'not-used-any-more',
    container: { type: 'message', message_ts: message.ts, channel_id: message.channel, is_ephemeral: false },
    trigger_id: workspace.newTrigger(user.id),
    team: TEAM,
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: message.channel, name: 'deploys' },
    message: { type: 'message', ts: message.ts, text: message.text, blocks: message.blocks },
    state: { values: {} },
    response_url: `${hooksUrl}/${workspace.newResponse(message.channel, user.id)}`,
    actions: [{ ...action, action_ts: message.ts }],
  };
}

export function submitPayload(modal: OpenModal, user: User, typed: string): object {
  const input = (modal.view['blocks'] as Record<string, unknown>[]).find((block) => block['type'] === 'input') ?? {};
  const element = (input['element'] ?? {}) as Record<string, unknown>;
  return {
    type: 'view_submission',
    team: TEAM,
    user: { id: user.id, username: user.name, name: user.name, team_id: TEAM.id },
    api_app_id: 'A0LOCAL',
    token: 'not-used-any-more',
    trigger_id: 'not-used',
    view: { id: modal.id, ...modal.view, state: { values: { [input['block_id'] as string]: { [element['action_id'] as string]: { type: 'plain_text_input', value: typed } } } } },
    response_urls: [],
    is_enterprise_install: false,
    enterprise: null,
  };
}

export async function send(requestUrl: string, form: { body: string; headers: Record<string, string> }): Promise<Sent> {
  const startedAtMs = performance.now();
  const response = await fetch(requestUrl, { method: 'POST', headers: form.headers, body: form.body, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  return { status: response.status, body: await response.text(), tookMs: performance.now() - startedAtMs };
}
