// Holds: set, listed, lifted, and who lifted them.
import { NOW_MS, pipeline, stageRecord } from '../../core/testing/samples.ts';
import { ALICE, controlRig, one } from './testing.ts';

const rig = controlRig('holds');

describe('holds', () => {
  const DIGESTS = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`);
  const stored = async () => {
    const stages = (cluster: string) => ['staging', 'production'].map((name) => ({ ...pipeline().stages[0], name, service: { cluster: `${cluster}-${name}`, name: 'x', container: 'app' } })) as unknown as ReturnType<typeof pipeline>['stages'];
    await rig.cloud.specifications.apply({ people: one.people, pipelines: ['search', 'checkout'].map((name) => pipeline({ name, stages: stages(name) })) });
  };

  it('are set on a stage or on all, listed page by page, and lifted', async () => {
    await stored();
    for (const digest of DIGESTS) expect(await rig.call('POST', '/v1/holds', { body: { pipeline: 'checkout', digest, reason: 'it leaks' } })).toMatchObject({ status: 200 });
    await rig.call('POST', '/v1/holds', { body: { pipeline: 'search', stage: 'production', digest: DIGESTS[0], reason: 'slow', via: 'dashboard' } });
    const whole = await rig.everyPage('/v1/holds', 'holds', { limit: '2' });
    expect(whole.map(({ pipeline: name, stage, digest }) => `${String(name)} ${String(stage)} ${String(digest).at(-1) ?? ''}`)).toEqual([
      'checkout staging a', 'checkout staging b', 'checkout staging c', 'checkout production a', 'checkout production b', 'checkout production c', 'search production a',
    ]);
    expect(await rig.everyPage('/v1/holds', 'holds', { limit: '1', pipeline: 'search' })).toMatchObject([{ reason: 'slow', by: 'alice' }]);
    expect(await rig.call('POST', '/v1/holds/lift', { body: { pipeline: 'checkout', digest: DIGESTS[1], reason: 'mended' } })).toMatchObject({ status: 200, body: { lifted: ['staging', 'production'] } });
    expect(await rig.call('POST', '/v1/holds/lift', { body: { pipeline: 'checkout', digest: DIGESTS[1] } })).toMatchObject({ status: 200, body: { lifted: [] } });
    expect(await rig.call('GET', '/v1/holds', { query: { pipeline: 'moon' } })).toMatchObject({ status: 404 });
    expect(await rig.call('GET', '/v1/holds', { query: { lifted: 'perhaps' } })).toMatchObject({ status: 400 });
  });

  it('that were lifted stay on the record: by whom, from where, when and why, also in the story of the release', async () => {
    await stored();
    const release = { ...one, id: 'checkout-a', image: { ...one.image, digest: DIGESTS[0] ?? '' } };
    await rig.cloud.releases.create(release, [stageRecord()], 'once');
    await rig.call('POST', '/v1/holds', { body: { pipeline: 'checkout', stage: 'production', digest: DIGESTS[0], reason: 'it leaks' } });
    await rig.call('POST', '/v1/holds/lift', { body: { pipeline: 'checkout', digest: DIGESTS[0], reason: 'mended', via: 'dashboard' } });
    const at = new Date(NOW_MS).toISOString();
    expect((await rig.call('GET', '/v1/holds')).body).toEqual({ holds: [] });
    expect((await rig.call('GET', '/v1/holds', { query: { lifted: 'true' } })).body).toEqual({
      holds: [{ pipeline: 'checkout', stage: 'production', digest: DIGESTS[0], reason: 'it leaks', by: 'alice', at, lifted: { by: 'alice', callerArn: ALICE, via: 'dashboard', at, reason: 'mended' } }],
    });
    expect(await rig.cloud.timeline.read('checkout-a')).toMatchObject([{ kind: 'decision', text: 'The hold on production was lifted by alice, from the dashboard: mended', by: 'alice', via: 'dashboard' }]);
  });

  it('are lifted once, and whoever dies on the way has said so', async () => {
    await stored();
    await rig.call('POST', '/v1/holds', { body: { pipeline: 'search', stage: 'production', digest: DIGESTS[0], reason: 'slow' } });
    rig.cloud.lose('DeleteItem');
    const body = { pipeline: 'search', stage: 'production', digest: DIGESTS[0], reason: 'mended' };
    expect(await rig.call('POST', '/v1/holds/lift', { body })).toMatchObject({ status: 500 });
    const bob = 'arn:aws:sts::123456789012:assumed-role/people/bob';
    expect(await rig.call('POST', '/v1/holds/lift', { body: { ...body, reason: 'again' }, caller: bob })).toMatchObject({ status: 200, body: { lifted: ['production'] } });
    expect((await rig.call('GET', '/v1/holds', { query: { lifted: 'true' } })).body).toMatchObject({ holds: [{ lifted: { by: 'alice', reason: 'mended' } }] });
  });
});
