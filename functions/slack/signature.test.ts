import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { AT_THE_DOOR, verify, type Signed } from './signature.ts';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
/** The example Slack publishes. https://docs.slack.dev/authentication/verifying-requests-from-slack */
const PUBLISHED = {
  timestamp: '1531420618',
  body: 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
};
const AT_MS = Number(PUBLISHED.timestamp) * 1000;
const genuine: Signed = { timestamp: PUBLISHED.timestamp, signature: PUBLISHED.signature, body: Buffer.from(PUBLISHED.body) };
const verified = (signed: Signed, nowMs = AT_MS, secret = SECRET) => verify(signed, async () => secret, nowMs, AT_THE_DOOR);

test('the example that Slack publishes is genuine', async () => {
  expect(await verified(genuine)).toBe('genuine');
});

test.each([
  [-300_000, 'genuine'],
  [-300_001, 'out of time'],
  [300_000, 'genuine'],
  [300_001, 'out of time'],
  [86_400_000, 'out of time'],
])('looked at %s ms after it was signed it is %s', async (laterMs, expected) => {
  expect(await verified(genuine, AT_MS + laterMs)).toBe(expected);
});

test.each<[string, Partial<Signed>, string]>([
  ['another body', { body: Buffer.from(`${PUBLISHED.body} `) }, 'forged'],
  ['a truncated body', { body: Buffer.from(PUBLISHED.body.slice(0, -1)) }, 'forged'],
  ['no body', { body: Buffer.alloc(0) }, 'forged'],
  ['another time', { timestamp: '1531420619' }, 'forged'],
  ['the same time written otherwise', { timestamp: '01531420618' }, 'forged'],
  ['no time', { timestamp: undefined }, 'no signature'],
  ['a time that is none', { timestamp: 'NaN' }, 'no signature'],
  ['a time with an exponent', { timestamp: '1.531420618e9' }, 'no signature'],
  ['a negative time', { timestamp: '-1531420618' }, 'no signature'],
  ['no signature', { signature: undefined }, 'no signature'],
  ['an empty signature', { signature: '' }, 'no signature'],
  ['another version', { signature: PUBLISHED.signature.replace('v0', 'v1') }, 'no signature'],
  ['capital letters', { signature: PUBLISHED.signature.toUpperCase().replace('V0', 'v0') }, 'no signature'],
  ['half a signature', { signature: PUBLISHED.signature.slice(0, 35) }, 'no signature'],
  ['two signatures', { signature: `${PUBLISHED.signature},${PUBLISHED.signature}` }, 'no signature'],
  ['a signature of zeros', { signature: `v0=${'0'.repeat(64)}` }, 'forged'],
])('%s is refused', async (_name, more, expected) => {
  expect(await verified({ ...genuine, ...more })).toBe(expected);
});

test('a signature with another secret is refused', async () => {
  const signature = `v0=${createHmac('sha256', `${SECRET}x`).update(`v0:${PUBLISHED.timestamp}:${PUBLISHED.body}`).digest('hex')}`;
  expect(await verified({ ...genuine, signature })).toBe('forged');
});

test('the secret is not even read for what cannot be genuine', async () => {
  const secret = jest.fn(async () => SECRET);
  await verify({ ...genuine, signature: 'x' }, secret, AT_MS, AT_THE_DOOR);
  await verify(genuine, secret, AT_MS + 1e9, AT_THE_DOOR);
  expect(secret).not.toHaveBeenCalled();
});

test('no change of one byte gets through', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: PUBLISHED.body.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const body = Buffer.from(PUBLISHED.body);
      body[at] = (body[at] ?? 0) ^ flip;
      expect(await verified({ ...genuine, body })).toBe('forged');
    }),
    { numRuns: 2_000 },
  );
});
