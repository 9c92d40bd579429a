// What people press in Slack. Two halves of one function: the door answers Slack within its three seconds and does no more than
// verify the request and hand it over; the work is done by an invocation of its own, which Lambda keeps and repeats until it
// is done. The work verifies the signature again: whoever may invoke the function may not speak for people.
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { errorFields } from '../../adapters/log.ts';
import type { Secret } from '../../adapters/secrets.ts';
import type { SlackSecret } from '../../adapters/slack.ts';
import { parseInteraction, type Interaction } from '../../core/slack/index.ts';
import type { SlackDependencies } from './dependencies.ts';
import { openModal } from './open-modal.ts';
import { AT_THE_DOOR, verify, type Signed } from './signature.ts';
import { workOn } from './work.ts';

export interface Reply {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html (payload format 2.0); the names of headers are in lower case. */
const UrlEvent = v.object({
  headers: v.optional(v.record(v.string(), v.string()), {}),
  body: v.optional(v.string(), ''),
  isBase64Encoded: v.optional(v.boolean(), false),
  requestContext: v.object({ http: v.object({ method: v.string() }) }),
});
type UrlEvent = v.InferOutput<typeof UrlEvent>;

/** What the door hands over: the request as it came. */
const Handed = v.object({ slackRequest: v.object({ timestamp: v.string(), signature: v.string(), bodyBase64: v.string() }) });

/** Slack's own requests, with the message inside, are a tenth of this; handed over in base64 it is an event Lambda still takes. */
const BODY_BYTES_MAX = 150 * 1024;
const BASE64_GROWTH = 1.4;
const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** As long as Lambda keeps an event that fails, and a little more. */
const WORK_WINDOW = { pastMs: 7 * 3_600_000, futureMs: AT_THE_DOOR.futureMs };

const FORGET_EVERY_MS = 60_000;

export function slack(dependencies: SlackDependencies): (event: unknown) => Promise<Reply | { done: boolean }> {
  let forgottenAtMs = Number.NEGATIVE_INFINITY;
  /** The secret may have been replaced since it was read: the next request will know. At most once a minute, whoever knocks. */
  const forget = (): void => {
    const nowMs = dependencies.clock.nowMs();
    if (nowMs - forgottenAtMs < FORGET_EVERY_MS) return;
    forgottenAtMs = nowMs;
    dependencies.slack?.secret.forget();
  };
  return async (event) => {
    const handed = v.safeParse(Handed, event);
    if (handed.success) return { done: await work(dependencies, handed.output.slackRequest) };
    const request = v.safeParse(UrlEvent, event);
    if (request.success) return atTheDoor(dependencies, request.output, forget);
    dependencies.log.warn('event not understood, dropped', {});
    return reply(400);
  };
}

const reply = (statusCode: number, body?: unknown): Reply => ({
  statusCode,
  headers: { 'content-type': body === undefined ? 'text/plain' : 'application/json', 'cache-control': 'no-store' },
  body: body === undefined ? '' : JSON.stringify(body),
});

async function atTheDoor(dependencies: SlackDependencies, request: UrlEvent, forget: () => void): Promise<Reply> {
  const { slack: configured, log, clock } = dependencies;
  const refuse = (statusCode: number, why: string): Reply => {
    // Never what it said: whoever sent it wanted it somewhere.
    log.warn('request refused', { statusCode, why, length: request.body.length });
    return reply(statusCode);
  };
  if (!configured) return refuse(404, 'no Slack is configured');
  if (request.requestContext.http.method !== 'POST') return refuse(405, 'not a POST');
  if (request.body.length > BODY_BYTES_MAX * BASE64_GROWTH) return refuse(413, 'too long');
  const body = Buffer.from(request.body, request.isBase64Encoded ? 'base64' : 'utf8');
  if (body.length > BODY_BYTES_MAX) return refuse(413, 'too long');

  const signed: Signed = { timestamp: request.headers['x-slack-request-timestamp'], signature: request.headers['x-slack-signature'], body };
  const verified = await verify(signed, () => signingSecret(configured.secret), clock.nowMs(), AT_THE_DOOR);
  if (verified === 'forged') forget();
  if (verified !== 'genuine') return refuse(401, verified);

  if (!FORM.test(request.headers['content-type'] ?? '')) return refuse(415, 'not a form');
  const form = new URLSearchParams(body.toString('utf8'));
  if (form.get('ssl_check') === '1') return reply(200);
  const interaction = parseInteraction(form.get('payload') ?? '');
  return interaction === undefined ? refuse(400, 'not an interaction') : answer(dependencies, interaction, signed);
}

async function answer(dependencies: SlackDependencies, interaction: Interaction, signed: Signed): Promise<Reply> {
  const { send, names } = dependencies;
  switch (interaction.kind) {
    case 'ignored':
      return reply(200);
    case 'submitted':
      if (interaction.reason === '') return reply(200, { response_action: 'errors', errors: { reason: 'Those who pushed will want to know.' } });
      break;
    case 'pressed':
      // A modal opens while its trigger is fresh, or not at all; why one does not open is said by the work.
      if (await openModal(dependencies, interaction)) return reply(200);
      break;
  }
  await send(names.self, { slackRequest: { timestamp: signed.timestamp, signature: signed.signature, bodyBase64: Buffer.from(signed.body).toString('base64') } });
  return reply(200);
}

async function work(dependencies: SlackDependencies, handed: v.InferOutput<typeof Handed>['slackRequest']): Promise<boolean> {
  const { slack: configured, clock, log } = dependencies;
  const body = Buffer.from(handed.bodyBase64, 'base64');
  const verified = configured && (await verify({ timestamp: handed.timestamp, signature: handed.signature, body }, () => signingSecret(configured.secret), clock.nowMs(), WORK_WINDOW));
  const interaction = verified === 'genuine' ? parseInteraction(new URLSearchParams(body.toString('utf8')).get('payload') ?? '') : undefined;
  if (!configured || interaction === undefined || interaction.kind === 'ignored') {
    log.error('handed over and not genuine, dropped', { why: verified });
    return false;
  }
  try {
    await workOn(dependencies, configured.api, interaction);
    return true;
  } catch (error) {
    log.error('decision not made yet, tried again', errorFields(error));
    throw error;
  }
}

/** A webhook has no buttons: nothing is genuine that claims to come from one. */
async function signingSecret(secret: Secret<SlackSecret>): Promise<string> {
  const content = await secret.get();
  return 'signingSecret' in content ? content.signingSecret : randomBytes(32).toString('hex');
}
