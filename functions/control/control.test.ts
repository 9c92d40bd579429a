// What every request goes through, whatever it is about.
import { controlRig, event, one, published, ROUTES_OF } from './testing.ts';

const rig = controlRig();

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
    expect(await rig.send(given)).toMatchObject({ status, body: { error: { code } } });
  });

  it('is none of those that say they send JSON, however they spell it', async () => {
    const given = { ...event('POST', '/v1/holds/lift', { body: {} }), headers: { 'content-type': 'Application/JSON; charset=utf-8' } };
    expect(await rig.send(given)).toMatchObject({ body: { error: { message: 'the body is not { pipeline, stage?, digest (sha256:...), reason? }' } } });
  });

  it('a fault of ours is a 500 that gives nothing away', async () => {
    rig.cloud.lose('Query');
    const answer = await rig.call('GET', '/v1/pipelines');
    expect(answer).toEqual({ status: 500, body: { error: { code: 'Internal', message: 'Slipway could not answer. The log of the control function says why.' } } });
  });
});

test('every published route is answered by the tests of its subject', () => {
  expect(Object.values(ROUTES_OF).flat().sort()).toEqual(Object.keys(published.routes).sort());
});
