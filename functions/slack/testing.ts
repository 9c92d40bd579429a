// Slack's side of a request, and everything the function needs of the world: records in a model of DynamoDB, a workspace in memory.
import { smallCloud, type SmallCloud } from '../../adapters/testing/small-cloud.ts';
import { slackOver } from '../../adapters/slack.ts';
import { ask, pipeline, release, rule, stageRecord } from '../../core/testing/samples.ts';
import type { Release, StageRecord } from '../../core/release/model.ts';
import { releaseMessage } from '../../core/slack/index.ts';
import { pressPayload, signedForm, submitPayload } from '../../rehearsal/slack/interactivity.ts';
import { Workspace, type PostedMessage } from '../../rehearsal/slack/workspace.ts';
import type { SlackDependencies } from './dependencies.ts';
import { slack, type Reply } from './slack.ts';

export const SECRET = 'a-signing-secret-of-slack';
export const USERS = [{ id: 'U012AL1CE', name: 'alice' }, { id: 'U034B0B', name: 'bob' }, { id: 'U0MALLORY', name: 'mallory' }];
const people: Release['people'] = { alice: { name: 'alice', aws: ['*:assumed-role/people/alice'], slack: 'U012AL1CE' }, bob: { name: 'bob', aws: [], slack: 'U034B0B' } };

export type UrlEvent = { headers: Record<string, string>; body: string; isBase64Encoded: boolean; requestContext: { http: { method: string } } };

export const eventOf = (form: { body: string; headers: Record<string, string> }, more: Partial<UrlEvent> = {}): UrlEvent => ({ headers: form.headers, body: Buffer.from(form.body).toString('base64'), isBase64Encoded: true, requestContext: { http: { method: 'POST' } }, ...more });

export async function slackRig() {
  const cloud: SmallCloud = await smallCloud();
  const nowMs = () => cloud.clock.nowMs();
  const workspace = new Workspace({ nowMs, users: USERS, channels: ['deploys'] });
  const about: Release = release({ people, pipeline: pipeline({ notify: { slack: '#deploys' } }), createdAtMs: nowMs() });
  const stage: StageRecord = stageRecord({ status: 'running', asks: [ask({ key: 'weight.5', rule: rule({ from: ['alice', 'bob'] }), askedAtMs: nowMs(), deadlineMs: nowMs() + 3_600_000 })], waitingFor: { kind: 'approval', askKey: 'weight.5', untilMs: nowMs() + 3_600_000 } });
  await cloud.releases.create(about, [stage], 'once');

  const handed: unknown[] = [];
  const announced: unknown[] = [];
  const rung: string[] = [];
  const logged: string[] = [];
  const log = (level: string) => (message: string, fields?: object) => void logged.push(JSON.stringify({ level, message, ...fields }));
  /** The API in memory; null is a Slack that cannot be reached. */
  let reachable = true;
  const fetchSlack = (async (url: string, init: { body: string }) => {
    if (!reachable) throw new TypeError('fetch failed');
    const path = new URL(url).pathname;
    const body = JSON.parse(init.body) as Record<string, unknown>;
    if (path.startsWith('/respond/')) return new Response('ok', { status: workspace.respond(path.slice('/respond/'.length), body) ? 200 : 404 });
    return Response.json(workspace.method(path.slice('/api/'.length), body));
  }) as unknown as typeof fetch;
  const secret = { content: { botToken: 'xoxb', signingSecret: SECRET } as { botToken: string; signingSecret: string } | { webhookUrl: string }, forgotten: 0 };
  const secretPort = { get: async () => secret.content, forget: () => void secret.forgotten++ };
  const dependencies: SlackDependencies = {
    releases: cloud.releases,
    timeline: cloud.timeline,
    doorbell: { ring: async (id) => void rung.push(id) },
    slack: { api: slackOver({ apiUrl: 'http://slack.local/api', secret: secretPort, fetch: fetchSlack }), secret: secretPort },
    send: async (name, payload) => void (name === 'announce' ? announced : handed).push(payload),
    names: { self: 'self', announce: 'announce' },
    clock: { nowMs },
    log: { info: log('info'), warn: log('warn'), error: log('error') },
  };
  const handle = slack(dependencies);

  /** As the announcer would have posted it. */
  const post = async (): Promise<PostedMessage> => {
    const loaded = await cloud.releases.load(about.id);
    if (!loaded) throw new Error('no release');
    workspace.method('chat.postMessage', { channel: '#deploys', ...releaseMessage({ ...loaded, buttons: true }, nowMs()) });
    return workspace.messages.at(-1)!;
  };
  const formOf = (payload: unknown, atMs = nowMs()) => signedForm(payload, SECRET, atMs);
  return {
    cloud, workspace, about, stage, handed, announced, rung, logged, secret, dependencies, handle, post, formOf, nowMs,
    setReachable: (value: boolean) => void (reachable = value),
    async press(message: PostedMessage, action: string, userId: string): Promise<Reply> {
      const payload = pressPayload(workspace, message, { action }, USERS.find(({ id }) => id === userId)!, 'http://slack.local/respond');
      return (await handle(eventOf(formOf(payload)))) as Reply;
    },
    async submit(typed: string): Promise<Reply> {
      const modal = workspace.modals.at(-1)!;
      return (await handle(eventOf(formOf(submitPayload(modal, USERS.find(({ id }) => id === modal.user)!, typed))))) as Reply;
    },
    /** Does what was handed over, as Lambda would. */
    async work(times = 1): Promise<void> {
      const now = handed.splice(0);
      for (let time = 0; time < times; time++) for (const event of now) await handle(event);
    },
    decisions: async () => (await cloud.releases.load(about.id))?.decisions ?? [],
    story: async () => (await cloud.timeline.read(about.id)).map(({ text }) => text),
  };
}
