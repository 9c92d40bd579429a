// Releases: listed, shown, begun, tried again and undone.
import { NOW_MS, pipeline, stageRecord } from '../../core/testing/samples.ts';
import { ALICE, controlRig, one, pageOf } from './testing.ts';

const rig = controlRig('releases');

describe('releases', () => {
  const put = (index: number, name = 'checkout') =>
    rig.cloud.releases.create({ ...one, id: `${name}-${index}`, createdAtMs: index, pipeline: pipeline({ name }), image: { ...one.image, digest: `sha256:${String(index).repeat(64)}` } }, [stageRecord()], 'once');
  beforeEach(async () => {
    await rig.cloud.specifications.apply({ people: one.people, pipelines: [pipeline(), pipeline({ name: 'search' })] });
  });

  it('are listed newest first over all pipelines, and page by page within one', async () => {
    for (const index of [1, 3, 5]) await put(index);
    for (const index of [2, 4]) await put(index, 'search');
    const ids = (body: Record<string, unknown>) => (body['releases'] as { id: string }[]).map(({ id }) => id);
    expect(ids((await rig.call('GET', '/v1/releases')).body)).toEqual(['checkout-5', 'search-4', 'checkout-3', 'search-2', 'checkout-1']);
    const first = await rig.call('GET', '/v1/releases', { query: { pipeline: 'checkout', limit: '2' } });
    expect(ids(first.body)).toEqual(['checkout-5', 'checkout-3']);
    const second = await rig.call('GET', '/v1/releases', { query: { pipeline: 'checkout', limit: '2', next: first.body['next'] as string } });
    expect(ids(second.body)).toEqual(['checkout-1']);
    expect(second.body).not.toHaveProperty('next');
  });

  it('come page by page over all pipelines as well, each once, also those of the same moment', async () => {
    for (const index of [1, 2, 3, 4]) {
      await put(index);
      await put(index, 'search');
    }
    const whole = await rig.everyPage('/v1/releases', 'releases', { limit: '3' });
    expect(whole.map(({ id }) => id)).toEqual([4, 3, 2, 1].flatMap((index) => [`checkout-${index}`, `search-${index}`]));
  });

  it('come from a moment on, page by page, that moment left out', async () => {
    for (const index of [1, 2, 3, 4]) {
      await put(index);
      await put(index, 'search');
    }
    const older = await rig.everyPage('/v1/releases', 'releases', { limit: '3', until: new Date(3).toISOString() });
    expect(older.map(({ id }) => id)).toEqual([2, 1].flatMap((index) => [`checkout-${index}`, `search-${index}`]));
  });

  it('are put beside the curves of their alarms', async () => {
    await put(1);
    rig.invokeAnswer = { alarms: [{ name: 'checkout-5xx', state: 'OK', threshold: 5, comparison: '>', series: [{ label: 'x', of: 'new', points: [[NOW_MS, 1]] }] }] };
    expect(await rig.call('GET', '/v1/releases/checkout-1/metrics', { query: { stage: 'production' } })).toMatchObject({ status: 200, body: { stage: 'production', alarms: [{ name: 'checkout-5xx' }] } });
    expect(await rig.call('GET', '/v1/releases/checkout-1/metrics', { query: { stage: 'moon' } })).toMatchObject({ status: 404 });
  });

  it('are undone and retried by people of theirs, and it is said from where', async () => {
    await put(1);
    rig.invokeAnswer = { kind: 'started', releaseId: 'checkout-1' };
    expect(await rig.call('POST', '/v1/releases/checkout-1/undo', { body: { reason: 'it leaks', via: 'dashboard' } })).toMatchObject({ status: 201 });
    expect(await rig.call('POST', '/v1/releases/checkout-1/undo', { body: {} })).toMatchObject({ status: 400 });
    expect(await rig.call('POST', '/v1/releases/checkout-1/retry', { body: {} })).toMatchObject({ status: 409, body: { error: { message: 'checkout-1 has not ended' } } });
    await rig.cloud.releases.end('checkout-1', 'rolledBack', 'an alarm', 2);
    expect(await rig.call('POST', '/v1/releases/checkout-1/retry', { body: {}, caller: 'arn:aws:iam::1:user/mallory' })).toMatchObject({ status: 403 });
    await rig.cloud.holds.set({ serviceArn: stageRecord().serviceArn, digest: `sha256:${'1'.repeat(64)}`, reason: 'an alarm', by: 'checkout-1', atMs: 2 });
    expect(await rig.call('POST', '/v1/releases/checkout-1/retry', { body: {} })).toMatchObject({ status: 201 });
    expect(rig.invoked.map(([, wish]) => wish)).toEqual([
      { undo: { releaseId: 'checkout-1', reason: 'it leaks', via: 'dashboard', callerArn: ALICE } },
      { byHand: { pipeline: 'checkout', digest: `sha256:${'1'.repeat(64)}`, reason: 'retry of checkout-1', callerArn: ALICE, via: 'cli' } },
    ]);
    expect(await rig.cloud.holds.liftedOn(stageRecord().serviceArn)).toMatchObject([{ by: 'checkout-1', lifted: { by: 'alice', reason: 'retry of checkout-1' } }]);
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
    ['a time that is none', { until: 'tuesday' }, 400],
    ['a time zone that is none', { until: '2026-11-23T12:00:00+01' }, 400],
    ['a pipeline that is none', { pipeline: 'moon' }, 404],
  ])('%s', async (_, query, status) => {
    expect(await rig.call('GET', '/v1/releases', { query })).toMatchObject({ status });
  });

  it('are shown whole', async () => {
    await put(1);
    expect(await rig.call('GET', '/v1/releases/checkout-1')).toMatchObject({ status: 200, body: { id: 'checkout-1', stages: [{ name: 'production' }], timeline: [] } });
    expect(await rig.call('GET', '/v1/releases/nobody')).toMatchObject({ status: 404 });
  });

  it('begin through the one function that may begin them', async () => {
    await put(1);
    rig.invokeAnswer = { kind: 'started', releaseId: 'checkout-1' };
    expect(await rig.call('POST', '/v1/releases', { body: { pipeline: 'checkout', tag: 'v1', reason: 'now' } })).toMatchObject({ status: 201, body: { release: { id: 'checkout-1' } } });
    expect(rig.invoked).toEqual([['image-pushed', { byHand: { pipeline: 'checkout', tag: 'v1', reason: 'now', callerArn: ALICE, via: 'cli' } }]]);
    rig.invokeAnswer = { kind: 'refused', code: 'Refused', message: 'm', hint: 'h' };
    expect(await rig.call('POST', '/v1/releases', { body: { pipeline: 'checkout', tag: 'v1' } })).toEqual({ status: 409, body: { error: { code: 'Refused', message: 'm', hint: 'h' } } });
  });

  it.each([
    ['neither tag nor digest', { pipeline: 'checkout' }],
    ['both', { pipeline: 'checkout', tag: 'v1', digest: one.image.digest }],
    ['a short digest', { pipeline: 'checkout', digest: 'sha256:ab' }],
    ['no pipeline', { tag: 'v1' }],
    ['a reason longer than a record', { pipeline: 'checkout', tag: 'v1', reason: 'x'.repeat(1_001) }],
    ['a list', []],
  ])('do not begin by %s', async (_, body) => {
    expect(await rig.call('POST', '/v1/releases', { body })).toMatchObject({ status: 400 });
    expect(rig.invoked).toEqual([]);
  });

  it('appear with their pipelines', async () => {
    await put(1);
    expect((await rig.call('GET', '/v1/pipelines')).body).toMatchObject({ pipelines: [{ name: 'checkout', repository: 'shop/checkout', latest: { id: 'checkout-1' } }, { name: 'search' }] });
  });
});
