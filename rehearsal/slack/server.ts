// A Slack look-alike on a loopback port: the Web API, incoming webhooks, signed interactivity requests, and a page to press buttons
// on. Outages, rate limits and a revoked token are switches.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { bodyOf, cut, html, json, plain } from './http.ts';
import { pressPayload, send, signedForm, submitPayload, type Sent } from './interactivity.ts';
import { page } from './page.ts';
import { stateOf, type Switches } from './state.ts';
import { Workspace, type Answered, type User } from './workspace.ts';

export interface SlackLookAlike {
  url: string;
  apiUrl: string;
  webhookUrl: string;
  botToken: string;
  signingSecret: string;
  workspace: Workspace;
  switches: Switches;
  /** Every call of the API that was carried out or refused, in order. */
  calls: { method: string; ok: boolean }[];
  /** Where interactivity requests go. */
  connect(requestUrl: string): void;
  requestUrl(): string;
  /** As the page does it: somebody presses a button under a message, or submits a modal. */
  press(ts: string, actionId: string, userId: string, value?: string): Promise<Sent>;
  submit(modalId: string, typed: string): Promise<Sent>;
  close(): Promise<void>;
}

export const PEOPLE: User[] = [
  { id: 'U012AL1CE', name: 'alice' },
  { id: 'U034B0B', name: 'bob' },
  { id: 'U0MALLORY', name: 'mallory' },
];

export interface StartSlackOptions {
  port?: number;
  nowMs?: () => number;
  /** This folder, from which the page is served. */
  folder?: string;
}

export async function startSlack({ port = 0, nowMs = Date.now, folder = join(process.cwd(), 'rehearsal', 'slack') }: StartSlackOptions = {}): Promise<SlackLookAlike> {
  const workspace = new Workspace({ nowMs, users: PEOPLE, channels: ['deploys', 'general'] });
  const botToken = `xoxb-local-${randomBytes(8).toString('hex')}`;
  const signingSecret = randomBytes(16).toString('hex');
  const webhookPath = `/services/${randomBytes(8).toString('hex')}`;
  const switches: Switches = { outage: 'none', rateLimit: { left: 0, retryAfterSeconds: 1 }, tokenRevoked: false };
  const calls: SlackLookAlike['calls'] = [];
  let requestUrl: string | undefined;

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => json(response, 500, { error: error instanceof Error ? error.message : String(error) }));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    if (request.headers.host !== host) return json(response, 403, { error: 'wrong host' });
    if (request.method === 'GET' && path === '/') return html(response, page(folder));
    if (request.method === 'GET' && path === '/state') return json(response, 200, stateOf(workspace, switches));
    if (request.method !== 'POST') return json(response, 404, { error: 'not found' });
    const body = await bodyOf(request);
    if (path.startsWith('/ui/')) {
      // Another page in the same browser may not press buttons here.
      if (request.headers.origin !== undefined && request.headers.origin !== url) return json(response, 403, { error: 'wrong origin' });
      return json(response, 200, await fromPage(path.slice('/ui/'.length), body));
    }
    if (switches.outage === 'dead') return cut(request);
    if (switches.outage === 'down') return json(response, 503, { error: 'down' });
    if (switches.rateLimit.left > 0) {
      switches.rateLimit.left -= 1;
      response.setHeader('retry-after', String(switches.rateLimit.retryAfterSeconds));
      return json(response, 429, { ok: false, error: 'ratelimited' });
    }
    const answered = fromApp(path, body, request.headers.authorization);
    if (switches.outage === 'mute') return cut(request);
    return typeof answered.body === 'string' ? plain(response, answered.status, answered.body) : json(response, answered.status, answered.body);
  }

  function fromApp(path: string, body: Record<string, unknown>, authorization: string | undefined): { status: number; body: object | string } {
    if (path.startsWith('/api/')) {
      const method = path.slice('/api/'.length);
      const refused = authorization === undefined ? 'not_authed' : switches.tokenRevoked ? 'token_revoked' : authorization !== `Bearer ${botToken}` ? 'invalid_auth' : undefined;
      const answered: Answered = refused === undefined ? workspace.method(method, body) : { ok: false, error: refused };
      calls.push({ method, ok: answered.ok });
      return { status: 200, body: answered };
    }
    if (path === webhookPath) {
      const said = workspace.postFromWebhook(body);
      calls.push({ method: 'webhook', ok: said === 'ok' });
      return { status: said === 'ok' ? 200 : 400, body: said };
    }
    const responseId = /^\/respond\/(\w+)$/.exec(path)?.[1];
    if (responseId !== undefined) return workspace.respond(responseId, body) ? { status: 200, body: 'ok' } : { status: 404, body: 'used_url' };
    return { status: 404, body: 'not_found' };
  }

  async function fromPage(what: string, body: Record<string, unknown>): Promise<object> {
    const word = (name: string): string => (typeof body[name] === 'string' ? body[name] : '');
    switch (what) {
      case 'press':
        return press(word('ts'), word('action'), word('user'), word('value') || undefined);
      case 'submit':
        return submit(word('modal'), word('text'));
      case 'cancel':
        return { closed: workspace.close(word('modal')) !== undefined };
      case 'switches': {
        const outage = (['none', 'down', 'dead', 'mute'] as const).find((mode) => mode === body['outage']);
        if (outage !== undefined) switches.outage = outage;
        if (typeof body['tokenRevoked'] === 'boolean') switches.tokenRevoked = body['tokenRevoked'];
        return switches;
      }
      default:
        return { error: `nothing is called ${what}` };
    }
  }

  async function press(ts: string, actionId: string, userId: string, value?: string): Promise<Sent> {
    const message = workspace.messages.find((candidate) => candidate.ts === ts);
    const user = workspace.users.find(({ id }) => id === userId);
    const payload = message && user && pressPayload(workspace, message, { action: actionId, value }, user, `${url}/respond`);
    if (!payload) throw new Error(`nobody can press ${actionId} there`);
    return deliver(payload);
  }

  async function submit(modalId: string, typed: string): Promise<Sent> {
    const modal = workspace.modals.find(({ id }) => id === modalId);
    const user = workspace.users.find(({ id }) => id === modal?.user);
    if (!modal || !user) throw new Error(`there is no modal ${modalId}`);
    const sent = await deliver(submitPayload(modal, user, typed));
    // With errors it stays open; with an empty answer it closes.
    if (sent.status === 200 && sent.body === '') workspace.close(modalId);
    return sent;
  }

  async function deliver(payload: object): Promise<Sent> {
    if (requestUrl === undefined) throw new Error('no request URL is set');
    return send(requestUrl, signedForm(payload, signingSecret, nowMs()));
  }

  return {
    url,
    apiUrl: `${url}/api`,
    webhookUrl: `${url}${webhookPath}`,
    botToken,
    signingSecret,
    workspace,
    switches,
    calls,
    connect: (to) => {
      requestUrl = to;
    },
    requestUrl: () => requestUrl ?? '',
    press,
    submit,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
