// How long Slack waits: the check of a signature by itself, and the first answer to a click, over HTTP to the packaged function in
// a local cloud, warm. What is pressed is worked on after that answer.
import { randomBytes } from 'node:crypto';
import { AT_THE_DOOR, verify } from '../functions/slack/signature.ts';
import { send, signedForm } from '../rehearsal/slack/interactivity.ts';
import { startWorld } from '../rehearsal/world.ts';
import { percentile, type Figure } from './figures.ts';

const WARM_UP_CLICKS = 20;
const CLICKS = 150;
const CHECKS = 2_000;
/** Slack sends the message along with the click. */
const MESSAGE_CHARACTERS = 4_000;
const ANSWER_MAX_MS = 100;

const click = (userId: string): object => ({ type: 'block_actions', user: { id: userId }, message: { text: 'x'.repeat(MESSAGE_CHARACTERS) }, actions: [{ action_id: 'slipway.approve', value: JSON.stringify({ release: 'none', stage: 'production', ask: 'weight.5' }) }] });

export async function measureSlack(say: (line: string) => void): Promise<{ figures: Figure[]; samples: { answerMs: number[] } }> {
  const checkMs = await checks();
  const world = await startWorld({ port: 0, say, slack: true });
  try {
    const { slack } = world;
    if (!slack) throw new Error('the world has no Slack');
    const answerMs: number[] = [];
    for (let index = -WARM_UP_CLICKS; index < CLICKS; index++) {
      const { status, tookMs } = await send(slack.requestUrl(), signedForm(click('U012AL1CE'), slack.signingSecret, Date.now()));
      if (status !== 200) throw new Error(`a genuine click was answered with ${status}`);
      if (index >= 0) answerMs.push(tookMs);
    }
    const group = 'slack';
    const note = `${CLICKS} clicks, warm, over HTTP`;
    return {
      samples: { answerMs },
      figures: [
        { group, name: 'check of a signature, p99', value: percentile(checkMs, 99), unit: 'ms', target: 1, note: `${CHECKS} checks of ${Math.round(MESSAGE_CHARACTERS / 1000)} KB` },
        { group, name: 'click -> checked, handed over and answered, p50', value: percentile(answerMs, 50), unit: 'ms', target: ANSWER_MAX_MS, note },
        { group, name: 'click -> checked, handed over and answered, p99', value: percentile(answerMs, 99), unit: 'ms', target: ANSWER_MAX_MS, note },
      ],
    };
  } finally {
    await world.close();
  }
}

async function checks(): Promise<number[]> {
  const secret = randomBytes(16).toString('hex');
  const nowMs = Date.now();
  const { body, headers } = signedForm(click('U012AL1CE'), secret, nowMs);
  const signed = { timestamp: headers['x-slack-request-timestamp'], signature: headers['x-slack-signature'], body: Buffer.from(body) };
  const tookMs: number[] = [];
  for (let index = 0; index < CHECKS; index++) {
    const startedAtMs = performance.now();
    if ((await verify(signed, async () => secret, nowMs, AT_THE_DOOR)) !== 'genuine') throw new Error('a genuine signature was refused');
    tookMs.push(performance.now() - startedAtMs);
  }
  return tookMs;
}
