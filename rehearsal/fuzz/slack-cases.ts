// Requests at the door that Slack knocks on. Those without a good signature carry bob's approval, which would be obeyed; those
// with one (Slack, or somebody who has its secret) carry what nobody may decide.
import { createHmac } from 'node:crypto';
import type { Chance } from '../simulation/chance.ts';
import type { Case, RawRequest } from './case.ts';
import { brokenJson, flipped, hostileText, hostileValue } from './hostile.ts';
import { USERS, type Situation, type User } from './situation.ts';

const FORM = 'application/x-www-form-urlencoded';
const WINDOW_SECONDS = 300;
/** Well clear of the edge, which moves while a request is on its way. */
const CLEAR_SECONDS = 30;

interface Maker {
  weight: number;
  make: (chance: Chance, mark: string, situation: Situation) => Omit<Case, 'door' | 'class'>;
}

// ---- what Slack would send -------------------------------------------------------------------------------------------------------

interface Sent {
  body: Buffer;
  atSeconds?: number;
  secret?: string;
  contentType?: string | null;
  method?: string;
  target?: string;
  more?: [string, string][];
}

function signed(situation: Situation, { body, atSeconds = Math.floor(Date.now() / 1000), secret = situation.signingSecret, contentType = FORM, method = 'POST', target = '/', more = [] }: Sent): RawRequest {
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${atSeconds}:`).update(body).digest('hex')}`;
  return { method, target, body, headers: [...(contentType === null ? [] : [['content-type', contentType] satisfies [string, string]]), ['x-slack-request-timestamp', String(atSeconds)], ['x-slack-signature', signature], ...more] };
}

const form = (payload: unknown): Buffer => Buffer.from(new URLSearchParams({ payload: JSON.stringify(payload) }).toString());

interface Press {
  user: User;
  action?: string;
  about?: object;
  responseUrl?: string;
  more?: object;
}

function press(situation: Situation, mark: string, { user, action = 'approve', about = {}, responseUrl = situation.responseUrl(user), more = {} }: Press): object {
  const { asking, stage, channel } = situation;
  const value = JSON.stringify({ release: asking.id, stage, ask: asking.open, ...about });
  return { type: 'block_actions', user: { id: USERS[user], name: mark }, channel: { id: channel }, response_url: responseUrl, message: { text: mark }, actions: [{ action_id: `slipway.${action}`, value }], ...more };
}

/** Would be obeyed. */
const obeyed = (situation: Situation, mark: string): Buffer => form(press(situation, mark, { user: 'bob' }));

function submission(situation: Situation, mark: string, user: User, reason: string, about: object = {}): Buffer {
  const { asking, stage, channel } = situation;
  const context = { decision: 'reject', release: asking.id, stage, ask: asking.open, responseUrl: situation.responseUrl(user), channel, ...about };
  return form({ type: 'view_submission', user: { id: USERS[user] }, view: { callback_id: 'slipway.reason', private_metadata: JSON.stringify(context), state: { values: { reason: { text: { value: reason } } } } }, note: mark });
}

const withHeader = (raw: RawRequest, name: string, value: string | undefined): RawRequest => ({ ...raw, headers: [...raw.headers.filter(([header]) => header !== name), ...(value === undefined ? [] : [[name, value] satisfies [string, string]])] });

const hex = (chance: Chance, length: number): string => Array.from({ length }, () => chance.whole(0, 15).toString(16)).join('');

// ---- classes -------------------------------------------------------------------------------------------------------------------------

const SIGNATURE = 'x-slack-signature';
const TIMESTAMP = 'x-slack-request-timestamp';

export const SLACK_CLASSES: Record<string, Maker> = {
  'forged signature': {
    weight: 12,
    make: (chance, mark, situation) => {
      const real = signed(situation, { body: obeyed(situation, mark) });
      const good = real.headers.find(([name]) => name === SIGNATURE)?.[1] ?? '';
      const value = chance.pick<() => string | undefined>([
        () => `v0=${hex(chance, 64)}`,
        () => `v0=${'0'.repeat(64)}`,
        () => good.replace('v0', 'v1'),
        () => good.slice(0, chance.whole(0, 66)),
        () => `${good}${hex(chance, 2)}`,
        () => good.toUpperCase(),
        () => `${good},${good}`,
        () => `v0=${createHmac('sha256', '').update(real.body).digest('hex')}`,
        () => `v0=${createHmac('sha1', situation.signingSecret).update(real.body).digest('hex')}`,
        () => '',
        () => undefined,
        () => `${mark}`,
      ])();
      return { request: withHeader(real, SIGNATURE, value), statuses: [401] };
    },
  },
  'signed with another secret': { weight: 4, make: (chance, mark, situation) => ({ request: signed(situation, { body: obeyed(situation, mark), secret: hex(chance, 32) }), statuses: [401] }) },
  'doubled headers': {
    weight: 3,
    make: (chance, mark, situation) => {
      const real = signed(situation, { body: obeyed(situation, mark) });
      const name = chance.pick([SIGNATURE, TIMESTAMP]);
      const again = real.headers.find(([header]) => header === name) ?? [name, ''];
      return { request: { ...real, headers: [...real.headers, chance.hits(0.5) ? [name, again[1]] : [name, `v0=${hex(chance, 64)}`]] }, statuses: [401] };
    },
  },
  'changed body': {
    weight: 10,
    make: (chance, mark, situation) => {
      const real = signed(situation, { body: obeyed(situation, mark) });
      const changed = chance.pick<() => Buffer>([
        () => flipped(chance, real.body),
        () => Buffer.concat([real.body, Buffer.from(`&x=${mark}`)]),
        () => Buffer.concat([Buffer.from(`payload=%7B%7D&`), real.body]),
        () => Buffer.from(real.body.toString().replace('U034B0B', 'U012AL1CE')),
        () => Buffer.concat([real.body, Buffer.from([0])]),
      ])();
      return { request: { ...real, body: changed }, statuses: [401] };
    },
  },
  truncated: {
    weight: 6,
    make: (chance, mark, situation) => {
      const real = signed(situation, { body: obeyed(situation, mark) });
      return { request: { ...real, body: real.body.subarray(0, chance.whole(0, real.body.length - 1)) }, statuses: [401] };
    },
  },
  'cut off': {
    weight: 2,
    make: (chance, mark, situation) => {
      const real = signed(situation, { body: obeyed(situation, mark) });
      return { request: { ...real, cutAfterBytes: chance.whole(0, real.body.length - 1) }, statuses: [0] };
    },
  },
  'too old': { weight: 6, make: (chance, mark, situation) => ({ request: signed(situation, { body: obeyed(situation, mark), atSeconds: Math.floor(Date.now() / 1000) - WINDOW_SECONDS - chance.whole(1, 1_000_000) }), statuses: [401] }) },
  'from the future': { weight: 6, make: (chance, mark, situation) => ({ request: signed(situation, { body: obeyed(situation, mark), atSeconds: Math.floor(Date.now() / 1000) + WINDOW_SECONDS + CLEAR_SECONDS + chance.whole(0, 1_000_000) }), statuses: [401] }) },
  'another time than was signed': {
    weight: 5,
    make: (chance, mark, situation) => {
      const nowSeconds = Math.floor(Date.now() / 1000);
      const real = signed(situation, { body: obeyed(situation, mark), atSeconds: nowSeconds - chance.whole(0, 1_000) });
      const time = chance.pick<() => string | undefined>([() => String(nowSeconds + 1), () => undefined, () => `0${nowSeconds}`, () => `${nowSeconds}.0`, () => '1e10', () => '-1', () => 'NaN', () => '9'.repeat(400), () => mark, () => `${nowSeconds}, ${nowSeconds}`, () => `+${nowSeconds}`, () => `0x${nowSeconds.toString(16)}`])();
      return { request: withHeader(real, TIMESTAMP, time), statuses: [401] };
    },
  },
  'replayed with another time': {
    weight: 4,
    make: (chance, _mark, situation) => {
      const real = chance.pick(situation.accepted as [RawRequest, ...RawRequest[]]);
      return { request: withHeader(real, TIMESTAMP, String(Math.floor(Date.now() / 1000) + chance.whole(1, 100))), statuses: [401] };
    },
  },
  'replayed by Slack': {
    weight: 1,
    make: (chance, _mark, situation) => {
      const real = chance.pick(situation.accepted as [RawRequest, ...RawRequest[]]);
      // Within five minutes it is what Slack itself does when an answer was late; after that it is somebody else.
      return { request: { ...real, headers: [...real.headers, ['x-slack-retry-num', String(chance.whole(1, 3))], ['x-slack-retry-reason', 'http_timeout']] }, statuses: [200, 401] };
    },
  },
  'too long': {
    weight: 2,
    make: (chance, mark, situation) => {
      const body = Buffer.concat([obeyed(situation, mark), Buffer.from('&x='), Buffer.alloc(chance.pick([151, 200, 600, 2_000]) * 1024, chance.pick(['x', '%', '\u00e9', '\0']))]);
      return { request: chance.hits(0.7) ? signed(situation, { body }) : signed(situation, { body, secret: mark }), statuses: [413] };
    },
  },
  'another method': { weight: 4, make: (chance, mark, situation) => ({ request: signed(situation, { body: obeyed(situation, mark), method: chance.pick(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND']), target: chance.pick(['/', `/${mark}`, `/?${mark}=1`]) }), statuses: [405] }) },
  'another content type': {
    weight: 4,
    make: (chance, mark, situation) => {
      const contentType = chance.pick([null, 'application/json', 'text/plain', `multipart/form-data; boundary=${mark}`, 'application/xml', `${FORM}x`, 'application/octet-stream', `x${FORM}`, ' ', '*/*', `application/json, ${FORM}`]);
      return { request: signed(situation, { body: obeyed(situation, mark), contentType }), statuses: [415] };
    },
  },
  'another encoding': {
    weight: 2,
    make: (chance, mark, situation) => {
      const text = obeyed(situation, mark).toString();
      const body = chance.pick([Buffer.from(text, 'utf16le'), Buffer.from(Buffer.from(text).toString('base64')), Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]), Buffer.from(text.replace('payload=', 'payload=%FF%FE')), Buffer.from(text.replaceAll('%', '%25'))]);
      return { request: signed(situation, { body }), statuses: [400] };
    },
  },
  'signed, and not JSON': { weight: 5, make: (chance, mark, situation) => ({ request: signed(situation, { body: Buffer.concat([Buffer.from('payload='), Buffer.from(encodeURIComponent(brokenJson(chance, JSON.stringify(press(situation, mark, { user: 'mallory' })), mark).toString('utf8')))]) }), statuses: [400] }) },
  'signed, and of another shape': {
    weight: 8,
    make: (chance, mark, situation) => {
      const payload = press(situation, mark, { user: 'mallory' }) as Record<string, unknown>;
      const member = chance.pick(['user', 'actions', 'type']);
      const value = hostileValue(chance, mark);
      const changed = chance.pick<() => unknown>([
        () => ({ ...payload, [member]: value }),
        () => ({ ...payload, user: { id: hostileText(chance, mark) } }),
        () => ({ ...payload, actions: [{ action_id: 'slipway.approve', value: hostileText(chance, mark) }] }),
        () => ({ ...payload, actions: [{ action_id: 'slipway.approve', value: JSON.stringify({ release: value }) }] }),
        () => ({ ...payload, actions: Array.from({ length: chance.whole(26, 300) }, () => ({ action_id: 'slipway.approve', value: '{}' })) }),
        () => ({ ...payload, response_url: value, actions: value }),
        () => value,
      ])();
      return { request: signed(situation, { body: form(changed) }), statuses: [400] };
    },
  },
  'signed, and none of our business': {
    weight: 3,
    make: (chance, mark, situation) => {
      const payload = press(situation, mark, { user: 'bob' }) as Record<string, unknown>;
      const other = chance.pick<() => object>([
        () => ({ ...payload, type: chance.pick(['view_closed', 'shortcut', 'message_action', `__proto__${mark}`, 'constructor']) }),
        () => ({ ...payload, actions: [{ action_id: chance.pick([`other.${mark}`, 'slipway.', 'slipway.__proto__', 'slipway.constructor', 'slipway.APPROVE', 'approve']), value: JSON.stringify({ release: situation.asking.id }) }] }),
      ])();
      return { request: signed(situation, { body: form(other) }), statuses: [200] };
    },
  },
  'pressed by somebody who may not': {
    weight: 2,
    make: (chance, mark, situation) => {
      const { asking, endedId } = situation;
      const pressed = chance.pick<() => Press>([
        () => ({ user: 'mallory', action: chance.pick(['approve', 'reject', 'promote', 'abort']) }),
        () => ({ user: 'mallory', action: 'abort', about: { stage: undefined, ask: undefined } }),
        () => ({ user: 'dave' }),
        () => ({ user: 'dave', action: 'reject' }),
        () => ({ user: 'bob', about: { stage: `moon-${mark}` } }),
        () => ({ user: 'bob', about: { ask: asking.closed } }),
        () => ({ user: 'bob', about: { ask: chance.pick(['__proto__', 'constructor', 'weight.100', 'weight.5 ', '']) } }),
        () => ({ user: 'bob', action: chance.pick(['approve', 'reject', 'promote', 'abort']), about: { release: endedId } }),
        () => ({ user: 'bob', action: chance.pick(['approve', 'promote', 'abort']), about: { release: chance.pick([mark, '__proto__', 'constructor', `${asking.id}#`, `RELEASE#${asking.id}`, `${asking.id}\u0000`, '👻'.repeat(140)]) } }),
        () => ({ user: 'bob', action: 'promote', about: { ask: 'rung.5' } }),
        () => ({ user: 'mallory', about: JSON.parse('{"__proto__":{"admin":true},"constructor":1}') as object }),
        // Another address than Slack's is not called; Slack says it instead.
        () => ({ user: 'mallory', responseUrl: chance.pick([`http://127.0.0.1:9/${mark}`, 'https://hooks.slack.com.evil.example/x', 'file:///etc/passwd', 'http://169.254.169.254/latest/meta-data/', `javascript:${mark}`]) }),
      ])();
      return { request: signed(situation, { body: form(press(situation, mark, pressed)) }), statuses: [200], told: true };
    },
  },
  'submitted by somebody who may not': {
    weight: 2,
    make: (chance, mark, situation) => {
      const body = chance.pick<() => Buffer>([
        () => submission(situation, mark, 'mallory', hostileText(chance, mark).slice(0, 2_000)),
        () => submission(situation, mark, 'dave', mark),
        () => submission(situation, mark, 'bob', mark, { release: situation.endedId }),
        () => submission(situation, mark, 'bob', mark, { stage: mark }),
        () => submission(situation, mark, 'bob', mark, { ask: situation.asking.closed }),
        () => submission(situation, mark, 'bob', mark, { release: mark }),
      ])();
      return { request: signed(situation, { body }), statuses: [200], told: true };
    },
  },
  'submitted without a reason': { weight: 1, make: (chance, mark, situation) => ({ request: signed(situation, { body: submission(situation, mark, 'bob', chance.pick(['', ' ', '\n\t', '\u00a0'])) }), statuses: [200] }) },
  'a modal whose trigger is made up': { weight: 1, make: (chance, mark, situation) => ({ request: signed(situation, { body: form(press(situation, mark, { user: 'bob', action: 'reject', more: { trigger_id: hostileText(chance, mark).slice(0, 400) } })) }), statuses: [200] }) },
  'a modal of another shape': {
    weight: 2,
    make: (chance, mark, situation) => {
      const metadata = chance.pick([mark, '{', 'null', '[]', JSON.stringify({ decision: 'destroy', release: situation.asking.id }), JSON.stringify({ decision: '__proto__', release: mark }), JSON.stringify({ release: situation.asking.id })]);
      return { request: signed(situation, { body: form({ type: 'view_submission', user: { id: USERS.bob }, view: { callback_id: 'slipway.reason', private_metadata: metadata, state: { values: { reason: { text: { value: mark } } } } } }) }), statuses: [400] };
    },
  },
  'the inner event over the door': {
    weight: 2,
    make: (chance, mark, situation) => {
      const inner = JSON.stringify({ slackRequest: { timestamp: String(Math.floor(Date.now() / 1000)), signature: `v0=${hex(chance, 64)}`, bodyBase64: obeyed(situation, mark).toString('base64') }, requestContext: { http: { method: 'POST' } } });
      return { request: { method: 'POST', target: '/', headers: [['content-type', chance.pick(['application/json', FORM])]], body: Buffer.from(inner) }, statuses: [401] };
    },
  },
};
