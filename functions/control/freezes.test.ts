// Freezes: set, listed, lifted.
import { NOW_MS, pipeline } from '../../core/testing/samples.ts';
import { ALICE, controlRig, one } from './testing.ts';

const rig = controlRig('freezes');

describe('freezes', () => {
  const stored = async () => {
    await rig.cloud.specifications.apply({ people: one.people, pipelines: [pipeline()] });
  };

  it('are set, listed with the pipelines, and lifted; whoever waits is rung', async () => {
    await stored();
    const until = new Date(NOW_MS + 60_000).toISOString();
    expect(await rig.call('POST', '/v1/freezes', { body: { all: true, until, reason: 'Christmas' } })).toMatchObject({ status: 200, body: { freezes: [{ reason: 'Christmas', by: 'alice', until }] } });
    expect(rig.rung).toEqual(['arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout']);
    expect(await rig.call('GET', '/v1/pipelines')).toMatchObject({ body: { pipelines: [{ freezes: [{ reason: 'Christmas' }] }] } });
    expect(await rig.call('POST', '/v1/freezes/lift', { body: { pipeline: 'checkout' } })).toMatchObject({ status: 200, body: { lifted: 0 } });
    expect(await rig.call('POST', '/v1/freezes/lift', { body: { all: true, reason: 'back' } })).toMatchObject({ status: 200, body: { lifted: 1 } });
    expect(await rig.call('GET', '/v1/freezes')).toMatchObject({ status: 200, body: { freezes: [] } });
    expect(await rig.cloud.freezes.all()).toMatchObject([{ by: 'alice', callerArn: ALICE, via: 'cli', lifted: { by: 'alice', callerArn: ALICE, reason: 'back', atMs: NOW_MS } }]);
  });

  it.each<[string, object, string | undefined, number, string]>([
    ['of nothing', { reason: 'x' }, ALICE, 400, 'BadRequest'],
    ['of one and of all', { pipeline: 'checkout', all: true, reason: 'x' }, ALICE, 400, 'BadRequest'],
    ['without a reason', { all: true }, ALICE, 400, 'BadRequest'],
    ['until the past', { all: true, until: '2020-01-01T00:00:00Z', reason: 'x' }, ALICE, 400, 'BadRequest'],
    ['until no time', { all: true, until: 'Christmas', reason: 'x' }, ALICE, 400, 'BadRequest'],
    ['until a time in a zone that is none', { all: true, until: '2036-12-24T12:00:00+01', reason: 'x' }, ALICE, 400, 'BadRequest'],
    ['of a pipeline that is none', { pipeline: 'moon', reason: 'x' }, ALICE, 404, 'NotFound'],
    ['by a stranger', { all: true, reason: 'x' }, 'arn:aws:iam::1:user/mallory', 403, 'NotAllowed'],
  ])('are refused %s', async (_, body, caller, status, code) => {
    await stored();
    expect(await rig.call('POST', '/v1/freezes', { body, caller: caller ?? ALICE })).toMatchObject({ status, body: { error: { code } } });
    expect(await rig.cloud.freezes.all()).toEqual([]);
  });
});
