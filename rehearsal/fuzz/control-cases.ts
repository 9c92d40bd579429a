// Requests at the door of the Control API. Those whose signature is no good carry what bob may decide; those that are signed well
// ask for what is not there, what is not theirs, or what nobody understands.
import { SignatureV4 } from '@smithy/signature-v4';
import { NodeSha256 } from '../../adapters/functions.ts';
import type { Chance } from '../simulation/chance.ts';
import type { Case, RawRequest } from './case.ts';
import { brokenJson, flipped, hostileText, hostileValue, nested } from './hostile.ts';
import type { Keys, Situation, User } from './situation.ts';

interface Maker {
  weight: number;
  make: (chance: Chance, mark: string, situation: Situation) => Promise<Omit<Case, 'door' | 'class'>>;
}

// ---- what the CLI would send ---------------------------------------------------------------------------------------------------------

interface Call {
  method: string;
  path: string;
  /** As it stands after the question mark. */
  query?: string;
  body?: Buffer;
  contentType?: string | null;
  keys: Keys;
  at?: Date;
  region?: string;
  service?: string;
}

async function signed(situation: Situation, call: Call): Promise<RawRequest> {
  const { method, path, query = '', body = Buffer.alloc(0), contentType = body.length > 0 ? 'application/json' : null, keys, at, region = situation.region, service = 'lambda' } = call;
  const { controlUrl } = situation;
  const signer = new SignatureV4({ credentials: keys, region, service, sha256: NodeSha256 });
  const prefix = controlUrl.pathname.replace(/\/$/, '');
  const request = { method, protocol: controlUrl.protocol, hostname: controlUrl.hostname, port: Number(controlUrl.port), path: `${prefix}${path}`, query: queryOf(query), headers: { host: controlUrl.host, ...(contentType === null ? {} : { 'content-type': contentType }) }, body };
  const { headers } = await signer.sign(request, at === undefined ? {} : { signingDate: at });
  return { method, target: `${path}${query === '' ? '' : `?${query}`}`, headers: Object.entries(headers).filter(([name]) => name !== 'host'), body };
}

function queryOf(query: string): Record<string, string | string[]> {
  const parsed = new URLSearchParams(query);
  return Object.fromEntries([...new Set(parsed.keys())].map((name) => [name, parsed.getAll(name)]));
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const decisionsOf = (id: string): string => `/v1/releases/${encodeURIComponent(id)}/decisions`;

/** Would be obeyed. */
const bobApproves = (situation: Situation, mark: string): Call => ({ method: 'POST', path: decisionsOf(situation.asking.id), body: json({ kind: 'approve', stage: situation.stage, reason: mark }), keys: situation.keys.bob });

const withHeader = (raw: RawRequest, name: string, value: string | undefined): RawRequest => ({ ...raw, headers: [...raw.headers.filter(([header]) => header !== name), ...(value === undefined ? [] : [[name, value] satisfies [string, string]])] });
const headerOf = (raw: RawRequest, name: string): string => raw.headers.find(([header]) => header === name)?.[1] ?? '';
const hex = (chance: Chance, length: number): string => Array.from({ length }, () => chance.whole(0, 15).toString(16)).join('');

const anyone = (chance: Chance, situation: Situation): Keys => situation.keys[chance.pick<User>(['alice', 'bob', 'dave', 'mallory'])];
/** Not well formed UTF-16 cannot be written into an address at all. */
const inPath = (text: string): string => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, '?'));

async function refused(situation: Situation, call: Call, statuses: readonly number[]): Promise<Omit<Case, 'door' | 'class'>> {
  return { request: await signed(situation, call), statuses, explained: true };
}

// ---- classes -------------------------------------------------------------------------------------------------------------------------

export const CONTROL_CLASSES: Record<string, Maker> = {
  'forged signature': {
    weight: 10,
    make: async (chance, mark, situation) => {
      const real = await signed(situation, bobApproves(situation, mark));
      const authorization = headerOf(real, 'authorization');
      const value = chance.pick<() => string | undefined>([
        () => authorization.replace(/Signature=.*/, `Signature=${hex(chance, 64)}`),
        () => authorization.replace(/SignedHeaders=[^,]*/, 'SignedHeaders=host'),
        () => authorization.replace(situation.keys.bob.accessKeyId, situation.keys.alice.accessKeyId),
        () => authorization.replace('/lambda/', '/dynamodb/'),
        () => authorization.replace('AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA1'),
        () => authorization.slice(0, chance.whole(0, authorization.length - 1)),
        () => `Bearer ${mark}`,
        () => `Basic ${Buffer.from(`bob:${mark}`).toString('base64')}`,
        () => undefined,
      ])();
      return { request: withHeader(real, 'authorization', value), statuses: [403] };
    },
  },
  'keys that are none': {
    weight: 5,
    make: async (chance, mark, situation) => {
      const { bob, mallory } = situation.keys;
      const keys = chance.pick<Keys>([{ ...bob, secretAccessKey: mark }, { ...bob, sessionToken: mallory.sessionToken ?? '' }, { accessKeyId: bob.accessKeyId, secretAccessKey: bob.secretAccessKey }, { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: mark }, { ...bob, sessionToken: hex(chance, 200) }]);
      return { request: await signed(situation, { ...bobApproves(situation, mark), keys }), statuses: [403] };
    },
  },
  'keys without permission': { weight: 2, make: async (_chance, mark, situation) => ({ request: await signed(situation, { ...bobApproves(situation, mark), keys: situation.outsider }), statuses: [403] }) },
  'another time': {
    weight: 5,
    make: async (chance, mark, situation) => {
      const offSeconds = chance.whole(330, 1_000_000) * (chance.hits(0.5) ? 1 : -1);
      return { request: await signed(situation, { ...bobApproves(situation, mark), at: new Date(Date.now() + offSeconds * 1000) }), statuses: [403] };
    },
  },
  'signed for something else': {
    weight: 8,
    make: async (chance, mark, situation) => {
      const call = bobApproves(situation, mark);
      const real = await signed(situation, call);
      const request = await chance.pick<() => Promise<RawRequest>>([
        async () => ({ ...real, body: flipped(chance, real.body) }),
        async () => ({ ...real, body: json({ kind: 'abort', reason: mark }) }),
        async () => ({ ...(await signed(situation, { ...call, method: 'GET' })), method: 'POST' }),
        async () => ({ ...(await signed(situation, { ...call, path: decisionsOf(mark) })), target: real.target }),
        async () => ({ ...real, target: `${real.target}?full=1` }),
        async () => ({ ...real, body: real.body.subarray(0, chance.whole(0, real.body.length - 1)) }),
        async () => signed(situation, { ...call, service: chance.pick(['execute-api', 's3', 'sts']) }).then((raw) => withHeader(raw, 'authorization', headerOf(raw, 'authorization').replace(/\/(execute-api|s3|sts)\//, '/lambda/'))),
      ])();
      return { request, statuses: [403] };
    },
  },
  'cut off': {
    weight: 1,
    make: async (chance, mark, situation) => {
      const real = await signed(situation, bobApproves(situation, mark));
      return { request: { ...real, cutAfterBytes: chance.whole(0, real.body.length - 1) }, statuses: [0] };
    },
  },
  'no such address': {
    weight: 5,
    make: async (chance, mark, situation) => {
      const path = chance.pick(['/', '/v1', '/v2/pipelines', `/v1/${mark}`, '/v1/releases/x/decisions/y', '/v1/__proto__', '/v1/constructor', '/V1/pipelines', `/v1/pipelines/${mark}`, '/favicon.ico', '/.env', `/v1/releases/${mark}/destroy`, '/v1/holds/set']);
      return refused(situation, { method: chance.pick(['GET', 'POST']), path, keys: anyone(chance, situation) }, [404]);
    },
  },
  'another method': {
    weight: 4,
    make: async (chance, _mark, situation) => {
      const { id } = situation.asking;
      const [method, path] = chance.pick<[string, string]>([['DELETE', `/v1/releases/${id}`], ['PUT', decisionsOf(id)], ['PATCH', decisionsOf(id)], ['GET', decisionsOf(id)], ['POST', '/v1/specification'], ['PUT', '/v1/releases'], ['DELETE', '/v1/holds'], ['OPTIONS', '/v1/pipelines'], ['POST', '/v1/pipelines']]);
      return refused(situation, { method, path, keys: anyone(chance, situation) }, [404]);
    },
  },
  'an address that is badly encoded': {
    weight: 3,
    make: async (chance, mark, situation) => {
      const path = chance.pick(['/v1/releases/%', '/v1/releases/%zz', '/v1/releases/%c0%80', `/v1/releases/%ff${mark}/decisions`, '/v1/%e0%a4/x']);
      return refused(situation, { method: 'GET', path, keys: anyone(chance, situation) }, [400]);
    },
  },
  'an unknown release': {
    weight: 8,
    make: async (chance, mark, situation) => {
      const id = chance.pick<() => string>([() => hostileText(chance, mark), () => '__proto__', () => `${situation.asking.id} `, () => situation.asking.id.toUpperCase(), () => `RELEASE#${situation.asking.id}`, () => 'x'.repeat(chance.whole(1_000, 6_000)), () => '\u0000'])();
      const [method, sub, body] = chance.pick<[string, string, unknown?]>([['GET', ''], ['GET', '/metrics'], ['POST', '/decisions', { kind: 'approve', reason: mark }], ['POST', '/decisions', { kind: 'abort' }], ['POST', '/retry', {}], ['POST', '/undo', { reason: mark }]]);
      return refused(situation, { method, path: `/v1/releases/${inPath(id)}${sub}`, keys: anyone(chance, situation), ...(body === undefined ? {} : { body: json(body) }) }, [404]);
    },
  },
  'not JSON': {
    weight: 8,
    make: async (chance, mark, situation) => {
      const { asking, endedId } = situation;
      const [method, path] = chance.pick<[string, string]>([['POST', decisionsOf(asking.id)], ['PUT', '/v1/specification'], ['POST', '/v1/releases'], ['POST', `/v1/releases/${endedId}/retry`], ['POST', `/v1/releases/${endedId}/undo`], ['POST', '/v1/holds'], ['POST', '/v1/holds/lift']]);
      return refused(situation, { method, path, body: brokenJson(chance, JSON.stringify({ kind: 'approve', reason: mark }), mark), keys: situation.keys.bob }, [400]);
    },
  },
  'another content type': {
    weight: 4,
    make: async (chance, mark, situation) => {
      const contentType = chance.pick(['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', `multipart/form-data; boundary=${mark}`, 'application/jsonx', 'application/xml', 'text/json']);
      return refused(situation, { ...bobApproves(situation, mark), contentType }, [400, 415]);
    },
  },
  'a decision of another shape': {
    weight: 10,
    make: async (chance, mark, situation) => {
      const value = hostileValue(chance, mark);
      const body = chance.pick<() => unknown>([
        () => value,
        () => ({ kind: value }),
        () => ({ kind: chance.pick(['', 'APPROVE', 'approve ', '__proto__', 'constructor', 'destroy', mark, 'toString']), stage: situation.stage }),
        () => ({ kind: 'approve', stage: value ?? 1 }),
        () => ({ kind: 'approve', reason: value ?? 1 }),
        () => ({ kind: 'approve', reason: `${mark}${'x'.repeat(chance.whole(1_001, 200_000))}` }),
        () => ({ kind: 'approve', full: chance.pick<unknown>(['yes', 1, 'true', [], {}]) }),
        () => ({ kind: 'approve', via: chance.pick<unknown>(['slack', 'root', '', 1, mark]) }),
        () => [{ kind: 'approve' }],
        () => mark,
        () => ({ kind: ['approve'] }),
        () => nested(chance.whole(500, 2_000), mark),
      ])();
      return refused(situation, { method: 'POST', path: decisionsOf(situation.asking.id), body: json(body), keys: situation.keys.bob }, [400]);
    },
  },
  'a decision that is not theirs': {
    weight: 8,
    make: async (chance, mark, situation) => {
      const { asking, endedId, keys, stage } = situation;
      const [body, by, id, status] = chance.pick<[object, User, string, number]>([
        [{ kind: 'approve', reason: mark }, 'mallory', asking.id, 403],
        [{ kind: 'approve', stage }, 'dave', asking.id, 403],
        [{ kind: 'reject', reason: mark }, 'mallory', asking.id, 403],
        [{ kind: 'reject', reason: mark }, 'dave', asking.id, 403],
        [{ kind: 'promote', reason: mark }, 'mallory', asking.id, 403],
        [{ kind: 'approve', stage: `moon-${mark}` }, 'bob', asking.id, 404],
        [{ kind: 'approve', stage: '__proto__' }, 'bob', asking.id, 404],
        [{ kind: 'reject' }, 'bob', asking.id, 400],
        [{ kind: 'reject', reason: ' \n' }, 'bob', asking.id, 400],
        [{ kind: 'promote' }, 'bob', asking.id, 409],
        [{ kind: 'approve', reason: mark }, 'bob', endedId, 409],
        [{ kind: 'reject', reason: mark }, 'alice', endedId, 409],
        [{ kind: 'abort', reason: mark }, 'alice', endedId, 409],
        [{ kind: 'promote', full: true }, 'bob', endedId, 409],
      ]);
      return refused(situation, { method: 'POST', path: decisionsOf(id), body: json(body), keys: keys[by] }, [status]);
    },
  },
  'asked again by who has answered': { weight: 1, make: async (_chance, mark, situation) => ({ request: await signed(situation, { method: 'POST', path: decisionsOf(situation.asking.id), body: json({ kind: 'approve', reason: mark }), keys: situation.keys.alice }), statuses: [200] }) },
  'a list of another shape': {
    weight: 6,
    make: async (chance, mark, situation) => {
      const placed = (place: unknown): string => `pipeline=checkout&next=${Buffer.from(typeof place === 'string' ? place : JSON.stringify(place)).toString('base64url')}`;
      const at = { pk: `RELEASE#${mark}`, sk: 'RELEASE', pipelineName: 'checkout', createdAtMs: 1 };
      const query = chance.pick<() => string>([
        () => `limit=${chance.pick(['0', '-1', '101', '1e309', 'NaN', '1.5', mark, '', '9'.repeat(400), '%00', 'Infinity', '0b11', '__proto__'])}`,
        () => `limit=5&limit=6`,
        () => `pipeline=checkout&next=${mark}`,
        () => placed({ ...at, pipelineName: 'reports' }),
        () => placed({ ...at, sk: 'STAGE#00' }),
        () => placed({ ...at, createdAtMs: '1' }),
        () => placed(JSON.stringify(at).replace(':1}', ':1e999}')),
        () => placed({ ...at, pk: `RELEASE#${'x'.repeat(3_000)}` }),
        () => placed({ ...at, pk: '' }),
        () => placed({ ...at, [mark]: 1 }),
        () => placed({ ...at, pk: `PIPELINE#${mark}` }),
        () => placed('{"__proto__":{}}'),
      ])();
      return refused(situation, { method: 'GET', path: '/v1/releases', query, keys: anyone(chance, situation) }, [400]);
    },
  },
  'an unknown pipeline': {
    weight: 5,
    make: async (chance, mark, situation) => {
      const pipeline = chance.pick([mark, '__proto__', 'constructor', 'Checkout', 'checkout ', `checkout\u0000${mark}`, 'x'.repeat(3_000), '👻'.repeat(700)]);
      const [method, path, body] = chance.pick<[string, string, object?]>([
        ['GET', '/v1/releases'],
        ['GET', '/v1/holds'],
        ['POST', '/v1/releases', { pipeline, tag: mark }],
        ['POST', '/v1/holds', { pipeline, digest: situation.digest, reason: mark }],
        ['POST', '/v1/holds/lift', { pipeline, digest: situation.digest }],
      ]);
      return refused(situation, { method, path, keys: anyone(chance, situation), ...(body === undefined ? { query: `pipeline=${encodeURIComponent(pipeline)}` } : { body: json(body) }) }, [404]);
    },
  },
  'a start, retry, undo or hold of another shape': {
    weight: 6,
    make: async (chance, mark, situation) => {
      const { pipeline, digest, endedId, asking } = situation;
      const value = hostileValue(chance, mark);
      const [path, body] = chance.pick<[string, unknown]>([
        ['/v1/releases', value],
        ['/v1/releases', { pipeline }],
        ['/v1/releases', { pipeline, tag: mark, digest }],
        ['/v1/releases', { pipeline, digest: chance.pick([mark, digest.slice(0, -1), `${digest}0`, digest.toUpperCase(), `sha512:${'0'.repeat(128)}`]) }],
        ['/v1/releases', { pipeline: value ?? 1, tag: mark }],
        ['/v1/releases', { pipeline, tag: value ?? 1 }],
        ['/v1/releases', { pipeline, digest, reason: 'x'.repeat(chance.whole(1_001, 400_000)) }],
        [`/v1/releases/${endedId}/retry`, { reason: 'x'.repeat(chance.whole(1_001, 400_000)) }],
        [`/v1/releases/${endedId}/retry`, { reason: value ?? 1 }],
        [`/v1/releases/${endedId}/undo`, {}],
        [`/v1/releases/${endedId}/undo`, { reason: ' ' }],
        [`/v1/releases/${endedId}/undo`, { reason: 'x'.repeat(1_001) }],
        [`/v1/releases/${asking.id}/undo`, { reason: mark, stage: value ?? 1 }],
        ['/v1/holds', { pipeline, digest, reason: '' }],
        ['/v1/holds', { pipeline, digest: mark, reason: mark }],
        ['/v1/holds', { pipeline, digest, reason: value }],
        ['/v1/holds/lift', { pipeline, digest: value }],
      ]);
      return refused(situation, { method: 'POST', path, body: json(body), keys: situation.keys.bob }, [400]);
    },
  },
  'a start, retry, undo or hold that is not theirs': {
    weight: 4,
    make: async (chance, mark, situation) => {
      const { pipeline, digest, endedId, asking, keys } = situation;
      const [path, body, by, statuses] = chance.pick<[string, object, User, number[]]>([
        ['/v1/releases', { pipeline, tag: `no-such-${mark}` }, 'bob', [404, 409]],
        ['/v1/releases', { pipeline, digest: `sha256:${hex(chance, 64)}` }, 'bob', [404, 409]],
        ['/v1/releases', { pipeline, tag: hostileText(chance, mark), reason: mark }, 'bob', [404, 409]],
        ['/v1/releases', { pipeline, tag: '' }, 'bob', [404, 409]],
        [`/v1/releases/${asking.id}/retry`, { reason: mark }, 'bob', [409]],
        [`/v1/releases/${endedId}/retry`, { reason: mark }, 'mallory', [403]],
        [`/v1/releases/${endedId}/undo`, { reason: mark }, 'mallory', [403]],
        ['/v1/holds', { pipeline, digest, reason: mark }, 'mallory', [403]],
        ['/v1/holds/lift', { pipeline, digest, reason: mark }, 'mallory', [403]],
        ['/v1/holds', { pipeline, stage: `moon-${mark}`, digest, reason: mark }, 'bob', [404]],
      ]);
      return refused(situation, { method: 'POST', path, body: json(body), keys: keys[by] }, statuses);
    },
  },
  'a specification with faults': {
    weight: 6,
    make: async (chance, mark, situation) => {
      const service = { cluster: 'prod', name: 'checkout', container: 'app' };
      const stage: Record<string, unknown> = { name: 'production', service, strategy: { canary: { steps: [{ weight: 5, bake: '10m' }] } } };
      const whole = (more: object): object => ({ people: {}, pipelines: { checkout: { image: { repository: 'shop/checkout', tags: { semver: '>=1.0.0' } }, stages: [stage], ...more } } });
      const value = hostileValue(chance, mark);
      const specification = chance.pick<() => unknown>([
        () => value,
        () => whole({ [mark]: value }),
        () => whole({ stages: value }),
        () => whole({ stages: [{ ...stage, [`x${mark}`]: 1 }] }),
        () => whole({ stages: [{ ...stage, strategy: value }] }),
        () => whole({ stages: [{ ...stage, name: '', service: { ...service, name: hostileText(chance, mark), extra: mark } }] }),
        () => whole({ image: { repository: 'shop/checkout', tags: { regex: chance.pick(['(', '[z-a]', `(?<${mark}`, '(?<=x)y']) } } }),
        () => whole({ stages: [{ ...stage, strategy: { canary: { steps: [{ weight: chance.pick<unknown>([0, -5, 101, 1e308, 'x', null, 5.55]), bake: '10m' }] } } }] }),
        () => whole({ stages: [{ ...stage, strategy: { canary: { steps: [{ weight: 5, bake: chance.pick(['10 minutes', '-1m', '1e9d', `${'9'.repeat(400)}d`, mark, '']) }] } } }] }),
        () => whole({ stages: Array.from({ length: chance.whole(2, 400) }, () => ({ ...stage, [mark]: mark })) }),
        () => whole(JSON.parse(`{"__proto__":{"image":1},"constructor":{"${mark}":1},"${mark}":1}`) as object),
        () => whole(Object.fromEntries(Array.from({ length: chance.whole(100, 3_000) }, (_, index) => [`${mark}${index}`, index]))),
      ])();
      return refused(situation, { method: 'PUT', path: '/v1/specification', body: json(chance.hits(0.9) ? { specification } : { specification, dryRun: 'yes' }), keys: anyone(chance, situation) }, [400, 422]);
    },
  },
  'a body nested without end': {
    weight: 2,
    make: async (chance, mark, situation) => {
      const depth = chance.whole(2_000, 100_000);
      const deep = `${'[['.repeat(depth)}"${mark}"${']]'.repeat(depth)}`;
      const [method, path, text] = chance.pick<[string, string, string]>([
        ['POST', decisionsOf(situation.asking.id), `{"kind":${deep}}`],
        ['POST', decisionsOf(situation.asking.id), deep],
        ['PUT', '/v1/specification', `{"specification":{"pipelines":${deep}}}`],
        ['PUT', '/v1/specification', `{"specification":{"pipelines":{"checkout":{"stages":${deep},"image":1}}}}`],
        ['PUT', '/v1/specification', `{"specification":{"people":${deep}}}`],
        ['POST', '/v1/holds', `{"pipeline":"checkout","digest":${deep}}`],
      ]);
      return refused(situation, { method, path, body: Buffer.from(text), keys: situation.keys.bob }, [400, 422]);
    },
  },
  'a specification that is only looked at': {
    weight: 1,
    make: async (_chance, _mark, situation) => {
      const specification = { pipelines: { checkout: { image: { repository: 'shop/checkout', tags: { semver: '>=9.0.0' } }, stages: [{ name: 'production', service: { cluster: 'prod', name: 'checkout', container: 'app' }, strategy: { canary: { steps: [{ weight: 5, bake: '10m' }] } } }] } } };
      return { request: await signed(situation, { method: 'PUT', path: '/v1/specification', body: json({ specification, dryRun: true }), keys: situation.keys.alice }), statuses: [200] };
    },
  },
  'too long': {
    weight: 1,
    make: async (chance, mark, situation) => {
      const body = json({ kind: 'approve', reason: `${mark}${'x'.repeat(chance.pick([513, 1_000, 3_000]) * 1024)}` });
      return refused(situation, { method: 'POST', path: decisionsOf(situation.asking.id), body, keys: situation.keys.bob }, [400, 413]);
    },
  },
  'looking around': {
    weight: 5,
    make: async (chance, mark, situation) => {
      const { asking, endedId } = situation;
      const [path, query = ''] = chance.pick<[string, string?]>([['/v1/pipelines'], ['/v1/pipelines', `${mark}=1`], ['/v1/releases', 'limit=100'], ['/v1/releases', 'pipeline=checkout&limit=1'], [`/v1/releases/${asking.id}`], [`/v1/releases/${endedId}`, `stage=${mark}`], [`/v1/releases/${asking.id}/metrics`], ['/v1/holds'], ['/v1/holds', 'pipeline=checkout'], [`//v1//releases/${asking.id}/`]]);
      return { request: await signed(situation, { method: 'GET', path, query, keys: anyone(chance, situation) }), statuses: [200] };
    },
  },
  'an unknown stage': { weight: 2, make: async (chance, mark, situation) => refused(situation, { method: 'GET', path: `/v1/releases/${situation.asking.id}/metrics`, query: `stage=${encodeURIComponent(chance.pick([mark, '__proto__', 'Production', 'x'.repeat(3_000)]))}`, keys: anyone(chance, situation) }, [404]) },
};
