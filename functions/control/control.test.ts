import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { smallCloud, type SmallCloud } from '../../adapters/testing/small-cloud.ts';
import { ask, NOW_MS, pipeline, release as sample, stageRecord } from '../../core/testing/samples.ts';
import { PLACE, silent } from '../testing/fakes.ts';
import { violations, type Schema } from '../../test/json-schema.ts';
import { control } from './control.ts';

const ALICE = 'arn:aws:sts::123456789012:assumed-role/people/alice';
let cloud: SmallCloud;
let rung: string[];
let invoked: [string, unknown][];
let invokeAnswer: unknown;
let announced: string[];
let announce: (releaseId: string) => void;
beforeEach(async () => {
  cloud = await smallCloud();
  rung = [];
  invoked = [];
  invokeAnswer = { faults: [] };
  announced = [];
  announce = (releaseId) => void announced.push(releaseId);
});
afterEach(() => cloud.close());

interface Call {
  body?: unknown;
  raw?: string;
  query?: Record<string, string>;
  caller?: string;
  base64?: boolean;
}
const event = (method: string, path: string, { body, raw, query, caller = ALICE, base64 }: Call = {}) => {
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  return {
    version: '2.0',
    rawPath: path,
    ...(query ? { queryStringParameters: query } : {}),
    ...(text === undefined ? {} : { body: base64 ? Buffer.from(text).toString('base64') : text, isBase64Encoded: base64 ?? false }),
    requestContext: { http: { method, path }, authorizer: { iam: { userArn: caller } } },
  };
};
async function send(given: unknown): Promise<{ status: number; body: Record<string, unknown> & { error?: { code: string; message: string; hint?: string } } }> {
  const { statusCode, body, headers } = await control({
    ...cloud,
    invoke: async (name, payload) => {
      invoked.push([name, payload]);
      return invokeAnswer;
    },
    names: { preflightFunction: 'preflight', imagePushedFunction: 'image-pushed', observeFunction: 'observe' },
    doorbell: { ring: async (releaseId) => void rung.push(releaseId) },
    ringServices: async (arns) => void rung.push(...arns),
    announce: async (releaseId) => announce(releaseId),
    place: PLACE,
    clock: { nowMs: () => NOW_MS },
    log: silent,
  })(given);
  expect(headers['content-type']).toBe('application/json');
  const answer = JSON.parse(body) as never;
  asPublished(given, statusCode, answer);
  return { status: statusCode, body: answer };
}

// ---- what docs/control-api.schema.json says -----------------------------------------------------------------------------------------

type Published = { routes: Record<string, Record<'answer' | 'request' | 'query', Schema | undefined>>; errorStatus: Record<string, number> };
const published = JSON.parse(readFileSync('docs/control-api.schema.json', 'utf8')) as Published & Schema;
/** Readers must let more keys pass; we must not answer any that are not published. */
const strictly = closed(published);
const answered = new Set<string>();

function closed(schema: Schema): Schema {
  if (typeof schema !== 'object') return schema;
  const inside = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, Array.isArray(value) ? value.map((one) => (typeof one === 'object' ? closed(one as Schema) : (one as unknown))) : typeof value === 'object' && value !== null ? closed(value as Schema) : value]));
  return inside['type'] === 'object' && inside['properties'] ? { ...inside, additionalProperties: false } : inside;
}

/** Every answer of every test in here is one that was published, and so is every request that was taken. */
function asPublished(given: unknown, status: number, answer: { error?: { code: string } }): void {
  const valid = (value: unknown, schema: Schema | undefined) => expect(violations(value, schema ?? false, strictly)).toEqual([]);
  if (status >= 400) {
    valid(answer, { $ref: '#/$defs/ControlErrorAnswer' });
    expect(published.errorStatus[answer.error?.code ?? '']).toBe(status);
    return;
  }
  const { rawPath, requestContext, body, isBase64Encoded = false, queryStringParameters } = given as { rawPath: string; requestContext: { http: { method: string } }; body?: string; isBase64Encoded?: boolean; queryStringParameters?: object };
  const [route, schemas] = Object.entries(published.routes).find(([name]) => new RegExp(`^${name.replace('{id}', '[^/]+')}$`).test(`${requestContext.http.method} ${rawPath}`)) ?? ['none', undefined];
  answered.add(route);
  valid(answer, schemas?.answer);
  if (body !== undefined) valid(JSON.parse(isBase64Encoded ? Buffer.from(body, 'base64').toString() : body), schemas?.request);
  if (queryStringParameters) valid(queryStringParameters, schemas?.query);
}

afterAll(() => {
  expect(Object.keys(published.routes).filter((route) => !answered.has(route))).toEqual([]);
});
const call = (method: string, path: string, given?: Call) => send(event(method, path, given));

const one = sample();
const asking = async () => {
  await cloud.releases.create(one, [stageRecord({ asks: [ask()], waitingFor: { kind: 'approval', askKey: 'weight.25', untilMs: 1 } })], 'once');
};
const pageOf = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url');
const decideOn = (body: object, more: Call = {}) => call('POST', `/v1/releases/${one.id}/decisions`, { body, ...more });

describe('a request that is none', () => {
  it.each<[string, unknown, number, string]>([
    ['nothing', undefined, 400, 'BadRequest'],
    ['without a caller', { ...event('GET', '/v1/pipelines'), requestContext: { http: { method: 'GET' } } }, 400, 'BadRequest'],
    ['of an unsigned caller', { ...event('GET', '/v1/pipelines'), requestContext: { http: { method: 'GET' }, authorizer: {} } }, 400, 'BadRequest'],
    ['a body that is no JSON', event('POST', '/v1/releases', { raw: '{' }), 400, 'BadRequest'],
    ['a path that is badly encoded', event('GET', '/v1/releases/%ff%'), 400, 'BadRequest'],
    ['a body without end', event('PUT', '/v1/specification', { raw: `"${'x'.repeat(600_000)}"` }), 400, 'BadRequest'],
    ['a body that is sent as something else', { ...event('POST', '/v1/releases', { body: { pipeline: 'checkout', tag: 'v1' } }), headers: { 'content-type': 'text/plain' } }, 400, 'BadRequest'],
    ['a release with a name longer than any', event('GET', `/v1/releases/${'x'.repeat(3_000)}`), 404, 'NotFound'],
    ['a pipeline with a name longer than any', event('GET', '/v1/holds', { query: { pipeline: '👻'.repeat(700) } }), 404, 'NotFound'],
    ['another path', event('GET', '/v1/moon'), 404, 'NotFound'],
    ['another version', event('GET', '/v2/pipelines'), 404, 'NotFound'],
    ['another method', event('DELETE', '/v1/pipelines'), 404, 'NotFound'],
    ['a path too far', event('GET', `/v1/releases/x/decisions/y`), 404, 'NotFound'],
    ['a path beyond a decision', event('POST', `/v1/releases/${one.id}/decisions/now`, { body: { kind: 'abort' } }), 404, 'NotFound'],
    ['the root', event('GET', '/'), 404, 'NotFound'],
  ])('%s', async (_, given, status, code) => {
    expect(await send(given)).toMatchObject({ status, body: { error: { code } } });
  });

  it('is none of those that say they send JSON, however they spell it', async () => {
    const given = { ...event('POST', '/v1/holds/lift', { body: {} }), headers: { 'content-type': 'Application/JSON; charset=utf-8' } };
    expect(await send(given)).toMatchObject({ body: { error: { message: 'the body is not { pipeline, stage?, digest (sha256:...), reason? }' } } });
  });

  it('a fault of ours is a 500 that gives nothing away', async () => {
    cloud.lose('Query');
    const answer = await call('GET', '/v1/pipelines');
    expect(answer).toEqual({ status: 500, body: { error: { code: 'Internal', message: 'Slipway could not answer. The log of the control function says why.' } } });
  });
});

describe('freezes', () => {
  const stored = async () => {
    await cloud.specifications.apply({ people: one.people, pipelines: [pipeline()] });
  };

  it('are set, listed with the pipelines, and lifted; whoever waits is rung', async () => {
    await stored();
    const until = new Date(NOW_MS + 60_000).toISOString();
    expect(await call('POST', '/v1/freezes', { body: { all: true, until, reason: 'Christmas' } })).toMatchObject({ status: 200, body: { freezes: [{ reason: 'Christmas', by: 'alice', until }] } });
    expect(rung).toEqual(['arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout']);
    expect(await call('GET', '/v1/pipelines')).toMatchObject({ body: { pipelines: [{ freezes: [{ reason: 'Christmas' }] }] } });
    expect(await call('POST', '/v1/freezes/lift', { body: { pipeline: 'checkout' } })).toMatchObject({ status: 200, body: { lifted: 0 } });
    expect(await call('POST', '/v1/freezes/lift', { body: { all: true, reason: 'back' } })).toMatchObject({ status: 200, body: { lifted: 1 } });
    expect(await call('GET', '/v1/freezes')).toMatchObject({ status: 200, body: { freezes: [] } });
    expect(await cloud.freezes.all()).toMatchObject([{ by: 'alice', callerArn: ALICE, via: 'cli', lifted: { by: 'alice', callerArn: ALICE, reason: 'back', atMs: NOW_MS } }]);
  });

  it.each<[string, object, string | undefined, number, string]>([
    ['of nothing', { reason: 'x' }, ALICE, 400, 'BadRequest'],
    ['of one and of all', { pipeline: 'checkout', all: true, reason: 'x' }, ALICE, 400, 'BadRequest'],
    ['without a reason', { all: true }, ALICE, 400, 'BadRequest'],
    ['until the past', { all: true, until: '2020-01-01T00:00:00Z', reason: 'x' }, ALICE, 400, 'BadRequest'],
    ['until no time', { all: true, until: 'Christmas', reason: 'x' }, ALICE, 400, 'BadRequest'],
    ['of a pipeline that is none', { pipeline: 'moon', reason: 'x' }, ALICE, 404, 'NotFound'],
    ['by a stranger', { all: true, reason: 'x' }, 'arn:aws:iam::1:user/mallory', 403, 'NotAllowed'],
  ])('are refused %s', async (_, body, caller, status, code) => {
    await stored();
    expect(await call('POST', '/v1/freezes', { body, caller: caller ?? ALICE })).toMatchObject({ status, body: { error: { code } } });
    expect(await cloud.freezes.all()).toEqual([]);
  });
});

/** Follows `next` to the end. */
async function everyPage(path: string, member: string, query: Record<string, string>): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let next: string | undefined;
  do {
    const { status, body } = await call('GET', path, { query: { ...query, ...(next === undefined ? {} : { next }) } });
    expect(status).toBe(200);
    expect((body[member] as unknown[]).length).toBeLessThanOrEqual(Number(query['limit']));
    items.push(...(body[member] as Record<string, unknown>[]));
    next = body['next'] as string | undefined;
  } while (next !== undefined);
  return items;
}

describe('holds', () => {
  const DIGESTS = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`);
  const stored = async () => {
    const stages = (cluster: string) => ['staging', 'production'].map((name) => ({ ...pipeline().stages[0], name, service: { cluster: `${cluster}-${name}`, name: 'x', container: 'app' } })) as unknown as ReturnType<typeof pipeline>['stages'];
    await cloud.specifications.apply({ people: one.people, pipelines: ['search', 'checkout'].map((name) => pipeline({ name, stages: stages(name) })) });
  };

  it('are set on a stage or on all, listed page by page, and lifted', async () => {
    await stored();
    for (const digest of DIGESTS) expect(await call('POST', '/v1/holds', { body: { pipeline: 'checkout', digest, reason: 'it leaks' } })).toMatchObject({ status: 200 });
    await call('POST', '/v1/holds', { body: { pipeline: 'search', stage: 'production', digest: DIGESTS[0], reason: 'slow', via: 'dashboard' } });
    const whole = await everyPage('/v1/holds', 'holds', { limit: '2' });
    expect(whole.map(({ pipeline: name, stage, digest }) => `${String(name)} ${String(stage)} ${String(digest).at(-1) ?? ''}`)).toEqual([
      'checkout staging a', 'checkout staging b', 'checkout staging c', 'checkout production a', 'checkout production b', 'checkout production c', 'search production a',
    ]);
    expect(await everyPage('/v1/holds', 'holds', { limit: '1', pipeline: 'search' })).toMatchObject([{ reason: 'slow', by: 'alice' }]);
    expect(await call('POST', '/v1/holds/lift', { body: { pipeline: 'checkout', digest: DIGESTS[1], reason: 'mended' } })).toMatchObject({ status: 200, body: { lifted: ['staging', 'production'] } });
    expect(await call('POST', '/v1/holds/lift', { body: { pipeline: 'checkout', digest: DIGESTS[1] } })).toMatchObject({ status: 200, body: { lifted: [] } });
    expect(await call('GET', '/v1/holds', { query: { pipeline: 'moon' } })).toMatchObject({ status: 404 });
    expect(await call('GET', '/v1/holds', { query: { lifted: 'perhaps' } })).toMatchObject({ status: 400 });
  });

  it('that were lifted stay on the record: by whom, from where, when and why, also in the story of the release', async () => {
    await stored();
    const release = { ...one, id: 'checkout-a', image: { ...one.image, digest: DIGESTS[0] ?? '' } };
    await cloud.releases.create(release, [stageRecord()], 'once');
    await call('POST', '/v1/holds', { body: { pipeline: 'checkout', stage: 'production', digest: DIGESTS[0], reason: 'it leaks' } });
    await call('POST', '/v1/holds/lift', { body: { pipeline: 'checkout', digest: DIGESTS[0], reason: 'mended', via: 'dashboard' } });
    const at = new Date(NOW_MS).toISOString();
    expect((await call('GET', '/v1/holds')).body).toEqual({ holds: [] });
    expect((await call('GET', '/v1/holds', { query: { lifted: 'true' } })).body).toEqual({
      holds: [{ pipeline: 'checkout', stage: 'production', digest: DIGESTS[0], reason: 'it leaks', by: 'alice', at, lifted: { by: 'alice', callerArn: ALICE, via: 'dashboard', at, reason: 'mended' } }],
    });
    expect(await cloud.timeline.read('checkout-a')).toMatchObject([{ kind: 'decision', text: 'The hold on production was lifted by alice, from the dashboard: mended', by: 'alice', via: 'dashboard' }]);
  });

  it('are lifted once, and whoever dies on the way has said so', async () => {
    await stored();
    await call('POST', '/v1/holds', { body: { pipeline: 'search', stage: 'production', digest: DIGESTS[0], reason: 'slow' } });
    cloud.lose('DeleteItem');
    const body = { pipeline: 'search', stage: 'production', digest: DIGESTS[0], reason: 'mended' };
    expect(await call('POST', '/v1/holds/lift', { body })).toMatchObject({ status: 500 });
    const bob = 'arn:aws:sts::123456789012:assumed-role/people/bob';
    expect(await call('POST', '/v1/holds/lift', { body: { ...body, reason: 'again' }, caller: bob })).toMatchObject({ status: 200, body: { lifted: ['production'] } });
    expect((await call('GET', '/v1/holds', { query: { lifted: 'true' } })).body).toMatchObject({ holds: [{ lifted: { by: 'alice', reason: 'mended' } }] });
  });
});

describe('lists', () => {
  it('of pipelines and of freezes come page by page', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    await cloud.specifications.apply({ people: one.people, pipelines: names.map((name) => pipeline({ name })) });
    expect((await everyPage('/v1/pipelines', 'pipelines', { limit: '2' })).map(({ name }) => name)).toEqual(names);
    for (const name of names) await call('POST', '/v1/freezes', { body: { pipeline: name, reason: 'holidays' } });
    await call('POST', '/v1/freezes', { body: { all: true, reason: 'holidays' } });
    expect((await everyPage('/v1/freezes', 'freezes', { limit: '2' })).map((freeze) => freeze['pipeline'])).toEqual([undefined, ...names]);
  });

  it.each(['/v1/pipelines', '/v1/holds', '/v1/freezes', '/v1/releases'])('%s takes no page that it did not answer, and no limit that is none', async (path) => {
    const queries: Record<string, string>[] = [{ next: 'x' }, { next: pageOf({ pk: 'x' }) }, { next: pageOf(null) }, { limit: '101' }, { limit: '-1' }];
    for (const query of queries) {
      expect(await call('GET', path, { query })).toMatchObject({ status: 400, body: { error: { code: 'BadRequest' } } });
    }
  });
});

describe('decisions', () => {
  it('are recorded under the verified caller, told, and rung', async () => {
    await asking();
    expect(await decideOn({ kind: 'approve', reason: 'fine' })).toMatchObject({ status: 200, body: { recorded: true, message: 'Approved by alice: fine', release: { id: one.id } } });
    expect((await cloud.releases.load(one.id))?.decisions).toMatchObject([{ kind: 'approve', person: 'alice', callerArn: ALICE, via: 'cli', askKey: 'weight.25', atMs: NOW_MS }]);
    expect(await cloud.timeline.read(one.id)).toMatchObject([{ kind: 'decision', text: 'Approved by alice, from the command line: fine', by: 'alice' }]);
    expect(rung).toEqual([one.id]);
    expect(announced).toEqual([one.id]);
  });

  it('stand although Slack cannot be told', async () => {
    await asking();
    announce = () => {
      throw new Error('no');
    };
    expect(await decideOn({ kind: 'approve' })).toMatchObject({ status: 200, body: { recorded: true } });
    expect(rung).toEqual([one.id]);
  });

  it('said again after they took effect are no mistake, and said too late by others are told what happened', async () => {
    await asking();
    await decideOn({ kind: 'approve' });
    expect(await decideOn({ kind: 'approve' })).toMatchObject({ status: 200, body: { recorded: false, message: 'alice had decided this already; the first word stands.' } });
    expect(rung).toEqual([one.id, one.id]);
    const bob = { caller: 'arn:aws:sts::123456789012:assumed-role/people/bob' };
    expect(await decideOn({ kind: 'approve' }, bob)).toMatchObject({ status: 409, body: { error: { code: 'Refused', message: '"Go on from 25 % to 100 %?" has been answered meanwhile: approved by alice.' } } });
  });

  it('said twice count once, and ring all the same', async () => {
    await asking();
    await decideOn({ kind: 'abort' });
    expect(await decideOn({ kind: 'abort' })).toMatchObject({ status: 200, body: { recorded: false } });
    expect(rung).toEqual([one.id, one.id]);
  });

  it('come in base64 as well', async () => {
    await asking();
    expect(await decideOn({ kind: 'approve' }, { base64: true })).toMatchObject({ status: 200 });
  });

  it.each<[string, object | undefined, Call, number, string]>([
    ['nothing', undefined, {}, 400, 'BadRequest'],
    ['of another kind', { kind: 'shrug' }, {}, 400, 'BadRequest'],
    ['with a reason that is none', { kind: 'approve', reason: 7 }, {}, 400, 'BadRequest'],
    ['with a reason too long', { kind: 'approve', reason: 'x'.repeat(1001) }, {}, 400, 'BadRequest'],
    ['a reject without a reason', { kind: 'reject' }, {}, 400, 'BadRequest'],
    ['of somebody who is not asked', { kind: 'approve' }, { caller: 'arn:aws:iam::1:user/mallory' }, 403, 'NotAllowed'],
    ['about another stage', { kind: 'approve', stage: 'moon' }, {}, 404, 'NotFound'],
    ['an abort of a stage that there is not', { kind: 'abort', stage: 'moon' }, {}, 404, 'NotFound'],
    ['a promote of a stage that there is not', { kind: 'promote', stage: 'moon' }, {}, 404, 'NotFound'],
    ['an override where nothing is frozen', { kind: 'override', reason: 'x' }, {}, 409, 'Refused'],
    ['from a face that there is not', { kind: 'approve', via: 'slack' }, {}, 400, 'BadRequest'],
  ])('%s', async (_, body, more, status, code) => {
    await asking();
    expect(await call('POST', `/v1/releases/${one.id}/decisions`, { body, ...more })).toMatchObject({ status, body: { error: { code } } });
    expect((await cloud.releases.load(one.id))?.decisions).toEqual([]);
    expect(rung).toEqual([]);
  });

  it('about a release that is none, has ended, or ends in the very moment', async () => {
    expect(await decideOn({ kind: 'abort' })).toMatchObject({ status: 404, body: { error: { code: 'NotFound' } } });
    await asking();
    cloud.before('TransactWriteItems', () => cloud.releases.end(one.id, 'succeeded', '', 1));
    expect(await decideOn({ kind: 'abort' })).toMatchObject({ status: 409, body: { error: { code: 'Refused' } } });
    expect(await decideOn({ kind: 'abort' })).toMatchObject({ status: 409 });
    expect((await cloud.releases.load(one.id))?.decisions).toEqual([]);
  });
});

describe('releases', () => {
  const put = (index: number, name = 'checkout') =>
    cloud.releases.create({ ...one, id: `${name}-${index}`, createdAtMs: index, pipeline: pipeline({ name }), image: { ...one.image, digest: `sha256:${String(index).repeat(64)}` } }, [stageRecord()], 'once');
  beforeEach(async () => {
    await cloud.specifications.apply({ people: one.people, pipelines: [pipeline(), pipeline({ name: 'search' })] });
  });

  it('are listed newest first over all pipelines, and page by page within one', async () => {
    for (const index of [1, 3, 5]) await put(index);
    for (const index of [2, 4]) await put(index, 'search');
    const ids = (body: Record<string, unknown>) => (body['releases'] as { id: string }[]).map(({ id }) => id);
    expect(ids((await call('GET', '/v1/releases')).body)).toEqual(['checkout-5', 'search-4', 'checkout-3', 'search-2', 'checkout-1']);
    const first = await call('GET', '/v1/releases', { query: { pipeline: 'checkout', limit: '2' } });
    expect(ids(first.body)).toEqual(['checkout-5', 'checkout-3']);
    const second = await call('GET', '/v1/releases', { query: { pipeline: 'checkout', limit: '2', next: first.body['next'] as string } });
    expect(ids(second.body)).toEqual(['checkout-1']);
    expect(second.body).not.toHaveProperty('next');
  });

  it('come page by page over all pipelines as well, each once, also those of the same moment', async () => {
    for (const index of [1, 2, 3, 4]) {
      await put(index);
      await put(index, 'search');
    }
    const whole = await everyPage('/v1/releases', 'releases', { limit: '3' });
    expect(whole.map(({ id }) => id)).toEqual([4, 3, 2, 1].flatMap((index) => [`checkout-${index}`, `search-${index}`]));
  });

  it('are put beside the curves of their alarms', async () => {
    await put(1);
    invokeAnswer = { alarms: [{ name: 'checkout-5xx', state: 'OK', threshold: 5, comparison: '>', series: [{ label: 'x', of: 'new', points: [[NOW_MS, 1]] }] }] };
    expect(await call('GET', '/v1/releases/checkout-1/metrics', { query: { stage: 'production' } })).toMatchObject({ status: 200, body: { stage: 'production', alarms: [{ name: 'checkout-5xx' }] } });
    expect(await call('GET', '/v1/releases/checkout-1/metrics', { query: { stage: 'moon' } })).toMatchObject({ status: 404 });
  });

  it('are undone and retried by people of theirs, and it is said from where', async () => {
    await put(1);
    invokeAnswer = { kind: 'started', releaseId: 'checkout-1' };
    expect(await call('POST', '/v1/releases/checkout-1/undo', { body: { reason: 'it leaks', via: 'dashboard' } })).toMatchObject({ status: 201 });
    expect(await call('POST', '/v1/releases/checkout-1/undo', { body: {} })).toMatchObject({ status: 400 });
    expect(await call('POST', '/v1/releases/checkout-1/retry', { body: {} })).toMatchObject({ status: 409, body: { error: { message: 'checkout-1 has not ended' } } });
    await cloud.releases.end('checkout-1', 'rolledBack', 'an alarm', 2);
    expect(await call('POST', '/v1/releases/checkout-1/retry', { body: {}, caller: 'arn:aws:iam::1:user/mallory' })).toMatchObject({ status: 403 });
    await cloud.holds.set({ serviceArn: stageRecord().serviceArn, digest: `sha256:${'1'.repeat(64)}`, reason: 'an alarm', by: 'checkout-1', atMs: 2 });
    expect(await call('POST', '/v1/releases/checkout-1/retry', { body: {} })).toMatchObject({ status: 201 });
    expect(invoked.map(([, wish]) => wish)).toEqual([
      { undo: { releaseId: 'checkout-1', reason: 'it leaks', via: 'dashboard', callerArn: ALICE } },
      { byHand: { pipeline: 'checkout', digest: `sha256:${'1'.repeat(64)}`, reason: 'retry of checkout-1', callerArn: ALICE, via: 'cli' } },
    ]);
    expect(await cloud.holds.liftedOn(stageRecord().serviceArn)).toMatchObject([{ by: 'checkout-1', lifted: { by: 'alice', reason: 'retry of checkout-1' } }]);
  });

  it.each([
    ['a limit that is none', { limit: 'many' }, 400],
    ['a limit of nothing', { limit: '0' }, 400],
    ['a limit too high', { limit: '101' }, 400],
    ['a limit in another base', { limit: '0b11' }, 400],
    ['a page of another list', { pipeline: 'checkout', next: pageOf({ pipeline: 'search', id: 'x', createdAtMs: 1 }) }, 400],
    ['a page of something else', { pipeline: 'checkout', next: pageOf({ pipeline: 'checkout' }) }, 400],
    ['a page longer than any key', { pipeline: 'checkout', next: pageOf({ pipeline: 'checkout', id: 'x'.repeat(3_000), createdAtMs: 1 }) }, 400],
    ['a page at the end of time', { pipeline: 'checkout', next: Buffer.from('{"pipeline":"checkout","id":"x","createdAtMs":1e999}').toString('base64url') }, 400],
    ['a page that is none', { pipeline: 'checkout', next: 'x' }, 400],
    ['a page made by hand', { pipeline: 'checkout', next: Buffer.from('{"pk":"x"}').toString('base64url') }, 400],
    ['a pipeline that is none', { pipeline: 'moon' }, 404],
  ])('%s', async (_, query, status) => {
    expect(await call('GET', '/v1/releases', { query })).toMatchObject({ status });
  });

  it('are shown whole', async () => {
    await put(1);
    expect(await call('GET', '/v1/releases/checkout-1')).toMatchObject({ status: 200, body: { id: 'checkout-1', stages: [{ name: 'production' }], timeline: [] } });
    expect(await call('GET', '/v1/releases/nobody')).toMatchObject({ status: 404 });
  });

  it('begin through the one function that may begin them', async () => {
    await put(1);
    invokeAnswer = { kind: 'started', releaseId: 'checkout-1' };
    expect(await call('POST', '/v1/releases', { body: { pipeline: 'checkout', tag: 'v1', reason: 'now' } })).toMatchObject({ status: 201, body: { release: { id: 'checkout-1' } } });
    expect(invoked).toEqual([['image-pushed', { byHand: { pipeline: 'checkout', tag: 'v1', reason: 'now', callerArn: ALICE, via: 'cli' } }]]);
    invokeAnswer = { kind: 'refused', code: 'Refused', message: 'm', hint: 'h' };
    expect(await call('POST', '/v1/releases', { body: { pipeline: 'checkout', tag: 'v1' } })).toEqual({ status: 409, body: { error: { code: 'Refused', message: 'm', hint: 'h' } } });
  });

  it.each([
    ['neither tag nor digest', { pipeline: 'checkout' }],
    ['both', { pipeline: 'checkout', tag: 'v1', digest: one.image.digest }],
    ['a short digest', { pipeline: 'checkout', digest: 'sha256:ab' }],
    ['no pipeline', { tag: 'v1' }],
    ['a reason longer than a record', { pipeline: 'checkout', tag: 'v1', reason: 'x'.repeat(1_001) }],
    ['a list', []],
  ])('do not begin by %s', async (_, body) => {
    expect(await call('POST', '/v1/releases', { body })).toMatchObject({ status: 400 });
    expect(invoked).toEqual([]);
  });

  it('appear with their pipelines', async () => {
    await put(1);
    expect((await call('GET', '/v1/pipelines')).body).toMatchObject({ pipelines: [{ name: 'checkout', repository: 'shop/checkout', latest: { id: 'checkout-1' } }, { name: 'search' }] });
  });
});

describe('a specification', () => {
  const specification = parse(readFileSync('examples/checkout/slipway.yml', 'utf8')) as { pipelines: Record<string, unknown> };
  const names = Array.isArray(specification.pipelines) ? (specification.pipelines as { name: string }[]).map(({ name }) => name) : Object.keys(specification.pipelines);

  it('is checked against the world and stored', async () => {
    expect(await call('PUT', '/v1/specification', { body: { specification } })).toMatchObject({ status: 200, body: { pipelines: names.map((name) => ({ name, version: 1, changed: true })) } });
    expect(invoked.every(([name]) => name === 'preflight')).toBe(true);
    expect(await cloud.specifications.list()).toHaveLength(names.length);
  });

  it('that is only tried is not stored', async () => {
    expect(await call('PUT', '/v1/specification', { body: { specification, dryRun: true } })).toMatchObject({ status: 200 });
    expect(await cloud.specifications.list()).toEqual([]);
  });

  it('that the world does not fit is refused with the place of every fault', async () => {
    invokeAnswer = { faults: [{ path: ['alarms', 0], message: 'no alarm', hint: 'Create it.' }] };
    const answer = await call('PUT', '/v1/specification', { body: { specification } });
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'InvalidSpecification' } } });
    expect(JSON.stringify(answer.body.error)).toContain('"stages",0,"alarms",0');
    expect(await cloud.specifications.list()).toEqual([]);
  });

  it.each([
    ['with an unknown key', { specification: { pipelines: {}, moon: 1 } }, 422],
    ['that is text', { specification: stringify(specification) }, 422],
    ['that is missing', {}, 400],
    ['in no body', undefined, 400],
  ])('%s', async (_, body, status) => {
    expect(await call('PUT', '/v1/specification', { body })).toMatchObject({ status });
  });
});
