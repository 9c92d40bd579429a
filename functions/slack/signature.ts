// Is this request from Slack? Decided on the raw bytes, before anything in them is looked at.
// https://docs.slack.dev/authentication/verifying-requests-from-slack
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface Signed {
  /** X-Slack-Request-Timestamp, seconds since 1970. */
  timestamp: string | undefined;
  /** X-Slack-Signature. */
  signature: string | undefined;
  body: Uint8Array;
}

export interface Window {
  pastMs: number;
  futureMs: number;
}

export type Verified = 'genuine' | 'no signature' | 'out of time' | 'forged';

/** Slack's own advice is five minutes; a time that has not come yet is nothing a clock of Slack's would say either. */
export const AT_THE_DOOR: Window = { pastMs: 5 * 60_000, futureMs: 5 * 60_000 };

/** The secret is only asked for when everything else is in order. */
export async function verify(signed: Signed, signingSecret: () => Promise<string>, nowMs: number, window: Window): Promise<Verified> {
  const { timestamp, signature, body } = signed;
  if (timestamp === undefined || signature === undefined || !/^[0-9]{1,12}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(signature)) return 'no signature';
  const ageMs = nowMs - Number(timestamp) * 1000;
  if (ageMs > window.pastMs || -ageMs > window.futureMs) return 'out of time';
  const expected = createHmac('sha256', await signingSecret()).update(`v0:${timestamp}:`).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(signature.slice(3), 'hex')) ? 'genuine' : 'forged';
}
