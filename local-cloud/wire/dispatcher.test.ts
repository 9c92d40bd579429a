// What no SDK client would send: requests by hand, signed by hand, and the doors beside the AWS protocols.
import { createHash, createHmac } from 'node:crypto';
import { AwsError } from '../kernel/errors.ts';
import type { WireResponse } from './http.ts';
import { jsonResponse } from './http.ts';
import { listen } from './http-door.ts';
import { tinyCloud } from './testing.ts';

const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');

/** A request signed as the operator, spelled out for a path without anything to encode. */
function signed(signingName: string, headers: Record<string, string>, body: string, path = '/') {
  const amzDate = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const date = amzDate.slice(0, 8);
  const scope = `${date}/eu-west-1/${signingName}/aws4_request`;
  const canonical = ['POST', path, '', 'host:local.test', `x-amz-date:${amzDate}`, '', 'host;x-amz-date', sha256(body)].join('\n');
  const key = [date, 'eu-west-1', signingName, 'aws4_request'].reduce<string | Buffer>(hmac, 'AWS4local') as Buffer;
  const signature = hmac(key, ['AWS4-HMAC-SHA256', amzDate, scope, sha256(canonical)].join('\n')).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`;
  return { method: 'POST', path, query: '', headers: { host: 'local.test', 'x-amz-date': amzDate, authorization, ...headers }, body: Buffer.from(body), sourceIp: '127.0.0.1' };
}

const text = (response: WireResponse) => Buffer.from(response.body).toString('utf8');
const json = (response: WireResponse) => JSON.parse(text(response)) as unknown;

const ECS = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.DescribeServices' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

test.each([
  { name: 'a member the schema lacks', body: '{"services":["a"],"shiny":true}', status: 501, says: 'DescribeServices: shiny' },
  { name: 'text where a list belongs', body: '{"services":"a"}', status: 400, says: 'DescribeServices: services must be a list' },
  { name: 'a body that is no JSON', body: '{"services":', status: 400, says: 'must be valid JSON' },
  { name: 'an absent required member', body: '{}', status: 400, says: "Value null at 'services' failed to satisfy constraint: Member must not be null" },
])('refuses $name in JSON, and says where', async ({ body, status, says }) => {
  const cloud = tinyCloud();
  cloud.serve('ecs', { DescribeServices: () => ({}) });
  const response = await cloud.dispatch(signed('ecs', ECS, body));
  expect(response.statusCode).toBe(status);
  expect((json(response) as { message: string }).message).toContain(says);
});

test.each([
  { name: 'a parameter the schema lacks', body: 'Action=Publish&Version=2010-03-31&Message=m&Shiny=1', says: 'Publish: Shiny' },
  { name: 'an absent required member', body: 'Action=Publish&Version=2010-03-31&TopicArn=t', says: "Value null at &apos;message&apos;" },
  { name: 'an unknown action', body: 'Action=Polish&Version=2010-03-31', says: 'SNS has no operation Polish' },
])('refuses $name in query, and says where', async ({ body, says }) => {
  const cloud = tinyCloud();
  cloud.serve('sns', { Publish: () => ({}) });
  const response = await cloud.dispatch(signed('sns', FORM, body));
  expect(text(response)).toContain(says);
  expect(text(response)).toContain('<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">');
});

test('counts a member the schema lacks as not modelled', async () => {
  const cloud = tinyCloud();
  await cloud.dispatch(signed('ecs', ECS, '{"services":["a"],"shiny":true}'));
  expect(cloud.kernel.ledger.report().notModelled).toEqual([{ what: expect.stringContaining('DescribeServices: shiny') as string, count: 1 }]);
});

test('refuses a body that was changed after signing', async () => {
  const cloud = tinyCloud();
  cloud.serve('ecs', { DescribeServices: () => ({}) });
  const response = await cloud.dispatch({ ...signed('ecs', ECS, '{"services":["a"]}'), body: Buffer.from('{"services":["b"]}') });
  expect(json(response)).toMatchObject({ __type: 'InvalidSignatureException' });
});

test('refuses a signature that is more than five minutes old', async () => {
  const cloud = tinyCloud();
  cloud.serve('ecs', { DescribeServices: () => ({}) });
  const request = signed('ecs', ECS, '{"services":["a"]}');
  jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 6 * 60_000);
  const response = await cloud.dispatch(request).finally(() => jest.restoreAllMocks());
  expect((json(response) as { message: string }).message).toContain('Signature expired');
});

test('answers a fault of a model with 500 and keeps it', async () => {
  const cloud = tinyCloud();
  cloud.serve('ecs', {
    DescribeServices: () => {
      throw new TypeError('boom');
    },
  });
  expect((await cloud.dispatch(signed('ecs', ECS, '{"services":["a"]}'))).statusCode).toBe(500);
  expect(cloud.kernel.crashes).toEqual([new TypeError('boom')]);
});

test('treats a time that a model answers as a number as its fault, not as a time', async () => {
  const cloud = tinyCloud();
  cloud.serve('ecs', { DescribeServices: () => ({ services: [{ createdAt: 1 }] }) });
  expect((await cloud.dispatch(signed('ecs', ECS, '{"services":["a"]}'))).statusCode).toBe(500);
  expect(String(cloud.kernel.crashes[0])).toContain('services.0.createdAt');
});

test.each([
  { name: 'JSON', status: 400, code: 'AccessDeniedException', request: () => signed('events', { ...ECS, 'x-amz-target': 'AWSEvents.ListRules' }, '{}') },
  { name: 'query', status: 403, code: 'AuthorizationError', request: () => signed('sns', FORM, 'Action=ListTopics&Version=2010-03-31') },
])('answers a missing permission in $name with $status $code', async ({ status, code, request }) => {
  const cloud = tinyCloud();
  const refuse = () => {
    throw new AwsError('AccessDeniedException', 'no');
  };
  cloud.serve('events', { ListRules: refuse });
  cloud.serve('sns', { ListTopics: refuse });
  const response = await cloud.dispatch(request());
  expect(response.statusCode).toBe(status);
  expect(text(response)).toContain(code);
});

describe('function URLs', () => {
  test('hand over path, query and the verified caller', async () => {
    const cloud = tinyCloud();
    const response = await cloud.dispatch(signed('lambda', {}, '{}', '/lambda-url/abc/releases/7'));
    expect(json(response)).toEqual({ urlId: 'abc', path: '/releases/7', query: '', caller: 'arn:aws:iam::123456789012:user/operator' });
  });

  test.each([
    ['no signature', {}],
    ['somebody else\'s token', { authorization: 'Bearer x' }],
    ['a signature that does not hold', { authorization: `AWS4-HMAC-SHA256 Credential=local/20260115/eu-west-1/lambda/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}` }],
  ])('are anonymous with %s', async (_name, headers: Record<string, string>) => {
    const cloud = tinyCloud();
    const response = await cloud.dispatch({ method: 'GET', path: '/lambda-url/abc', query: 'a=1', headers, body: Buffer.from(''), sourceIp: '127.0.0.1' });
    expect(json(response)).toEqual({ urlId: 'abc', path: '/', query: 'a=1', caller: null });
  });
});

describe('routes', () => {
  const get = (path: string, headers: Record<string, string> = {}) => ({ method: 'GET', path, query: '', headers, body: Buffer.from(''), sourceIp: '127.0.0.1' });

  test('answer exact paths before prefixes', async () => {
    const { routes, dispatch } = tinyCloud();
    routes.add('GET', '/page/*', () => jsonResponse(200, 'prefix'));
    routes.add('GET', '/page/exact', () => jsonResponse(200, 'exact'));
    expect(json(await dispatch(get('/page/exact')))).toBe('exact');
    expect(json(await dispatch(get('/page/any/thing')))).toBe('prefix');
  });

  test.each([
    ['another site\'s page', { origin: 'https://evil.example' }, 403],
    ['a name that was rebound to this machine', { host: 'evil.example:4577' }, 403],
    ['a page of this machine', { origin: 'http://localhost:4577', host: '127.0.0.1:4577' }, 200],
  ])('asked by %s', async (_name, headers: Record<string, string>, status) => {
    const { routes, dispatch } = tinyCloud();
    routes.add('GET', '/_local/health', () => jsonResponse(200, {}));
    expect((await dispatch(get('/_local/health', headers))).statusCode).toBe(status);
  });

  test('name the ones there are when asked for one there is not', async () => {
    const { routes, dispatch } = tinyCloud();
    routes.add('GET', '/_local/health', () => jsonResponse(200, {}));
    expect(json(await dispatch(get('/_local/helth')))).toMatchObject({ routes: ['GET /_local/health'] });
  });
});

test('a taken port is refused in one line that says what to do', async () => {
  const { dispatch } = tinyCloud();
  const door = await listen(dispatch, { port: 0 });
  await expect(listen(dispatch, { port: door.port })).rejects.toThrow(`Port ${door.port} on 127.0.0.1 is taken: stop what listens there, or choose another with --port.`);
  await door.close();
});
