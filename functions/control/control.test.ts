import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { smallCloud, type SmallCloud } from '../../adapters/testing/small-cloud.ts';
import { ask, NOW_MS, pipeline, release as sample, stageRecord } from '../../core/testing/samples.ts';
import { PLACE, silent } from '../testing/fakes.ts';
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
  return { status: statusCode, body: JSON.parse(body) as never };
}
const call = (method: string, path: string, given?: Call) => send(event(method, path, given));

const one = sample();
const asking = async () => {
  await cloud.releases.create(one, [stageRecord({ asks: [ask()], waitingFor: { kind: 'approval', askKey: 'weight.25', untilMs: 1 } })], 'once');
};
const pageOf = (place: object): string => Buffer.from(JSON.stringify({ sk: 'RELEASE', pipelineName: 'checkout', createdAtMs: 1, ...place })).toString('base64url');
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

describe('decisions', () => {
  it('are recorded under the verified caller, told, and rung', async () => {
    await asking();
    expect(await decideOn({ kind: 'approve', reason: 'fine' })).toMatchObject({ status: 200, body: { recorded: true, message: 'Approved by alice: fine', release: { id: one.id } } });
    expect((await cloud.releases.load(one.id))?.decisions).toMatchObject([{ kind: 'approve', person: 'alice', callerArn: ALICE, via: 'cli', askKey: 'weight.25', atMs: NOW_MS }]);
    expect(await cloud.timeline.read(one.id)).toMatchObject([{ kind: 'decision', text: 'Approved by alice: fine', by: 'alice' }]);
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
  });

  it.each([
    ['a limit that is none', { limit: 'many' }, 400],
    ['a limit of nothing', { limit: '0' }, 400],
    ['a limit too high', { limit: '101' }, 400],
    ['a limit in another base', { limit: '0b11' }, 400],
    ['a page of another list', { pipeline: 'checkout', next: pageOf({ pk: 'PIPELINE#x' }) }, 400],
    ['a page longer than any key', { pipeline: 'checkout', next: pageOf({ pk: `RELEASE#${'x'.repeat(3_000)}` }) }, 400],
    ['a page at the end of time', { pipeline: 'checkout', next: Buffer.from('{"pk":"RELEASE#x","sk":"RELEASE","pipelineName":"checkout","createdAtMs":1e999}').toString('base64url') }, 400],
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
    expect(invoked).toEqual([['image-pushed', { byHand: { pipeline: 'checkout', tag: 'v1', reason: 'now', callerArn: ALICE } }]]);
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
