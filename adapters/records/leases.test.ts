import { release, stageRecord } from '../../core/testing/samples.ts';
import { smallCloud, type SmallCloud } from '../testing/small-cloud.ts';

let cloud: SmallCloud;
beforeEach(async () => {
  cloud = await smallCloud();
  for (const id of ['old', 'middle', 'young', 'a', 'b', 'other']) await cloud.releases.create(release({ id }), [stageRecord()], 'again');
});
afterEach(() => cloud.close());

const SERVICE = 'arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout';
const claim = (releaseId: string, pushedAtMs: number, pipeline = 'checkout', createdAtMs = 0) => ({ releaseId, stageIndex: 0, pipeline, pushedAtMs, createdAtMs });
const [old, middle, young] = [claim('old', 1), claim('middle', 2), claim('young', 3)];

describe('the service', () => {
  it('is held by one, who may take it again', async () => {
    const { leases } = cloud;
    expect(await leases.take(SERVICE, old)).toBe(true);
    expect(await leases.take(SERVICE, old)).toBe(true);
    expect(await leases.take(SERVICE, young)).toBe(false);
    expect(await leases.holder(SERVICE)).toMatchObject(old);
  });

  it('is taken by one of two who try at the same moment', async () => {
    const taken = await Promise.all([cloud.leases.take(SERVICE, old), cloud.leases.take(SERVICE, young)]);
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it('is taken from a holder known to have ended, and only from that one', async () => {
    const { leases } = cloud;
    await leases.take(SERVICE, old);
    expect(await leases.take(SERVICE, young, 'somebody else')).toBe(false);
    cloud.before('TransactWriteItems', () => leases.take(SERVICE, middle, 'old'));
    expect(await leases.take(SERVICE, young, 'old')).toBe(false);
    expect(await leases.holder(SERVICE)).toMatchObject(middle);
  });

  it('is given back by its holder only', async () => {
    const { leases } = cloud;
    await leases.take(SERVICE, old);
    await leases.release(SERVICE, 'young');
    expect(await leases.holder(SERVICE)).toMatchObject(old);
    await leases.release(SERVICE, 'old');
    await leases.release(SERVICE, 'old');
    expect(await leases.holder(SERVICE)).toBeUndefined();
  });
});

describe('the waiting place', () => {
  it('goes to the newer one, who learns whom it overtook', async () => {
    const { leases } = cloud;
    expect(await leases.enqueue(SERVICE, old)).toEqual({ kind: 'waiting', overtook: undefined });
    expect(await leases.enqueue(SERVICE, old)).toEqual({ kind: 'waiting', overtook: undefined });
    expect(await leases.enqueue(SERVICE, young)).toEqual({ kind: 'waiting', overtook: 'old' });
    expect(await leases.enqueue(SERVICE, middle)).toEqual({ kind: 'overtaken', by: 'young' });
    expect(await leases.waiting(SERVICE)).toMatchObject([young]);
  });

  it.each([
    ['goes by name between two of the same moment, whoever comes first', claim('a', 5), claim('b', 5)],
    ['goes to the one that was begun later of two pushed in the same second', claim('b', 5, 'checkout', 1), claim('a', 5, 'checkout', 2)],
  ])('%s', async (_what, a, b) => {
    await cloud.leases.enqueue(SERVICE, b);
    expect(await cloud.leases.enqueue(SERVICE, a)).toEqual({ kind: 'overtaken', by: b.releaseId });
    await cloud.leases.leave(SERVICE, b);
    await cloud.leases.enqueue(SERVICE, a);
    expect(await cloud.leases.enqueue(SERVICE, b)).toEqual({ kind: 'waiting', overtook: a.releaseId });
  });

  it('is one for each pipeline', async () => {
    await cloud.leases.enqueue(SERVICE, young);
    expect(await cloud.leases.enqueue(SERVICE, claim('other', 1, 'search'))).toEqual({ kind: 'waiting', overtook: undefined });
    expect((await cloud.leases.waiting(SERVICE)).map(({ releaseId }) => releaseId)).toEqual(['young', 'other']);
  });

  it('is not lost when the one that was there leaves in the very moment', async () => {
    const { leases } = cloud;
    await leases.enqueue(SERVICE, old);
    cloud.before('TransactWriteItems', () => leases.leave(SERVICE, old));
    expect(await leases.enqueue(SERVICE, middle)).toEqual({ kind: 'waiting', overtook: undefined });
    expect(await leases.waiting(SERVICE)).toMatchObject([middle]);
  });

  it('is not taken from a newer one that comes in the very moment', async () => {
    const { leases } = cloud;
    cloud.before('TransactWriteItems', () => leases.enqueue(SERVICE, young));
    expect(await leases.enqueue(SERVICE, middle)).toEqual({ kind: 'overtaken', by: 'young' });
    await leases.leave(SERVICE, young);
    await leases.enqueue(SERVICE, old);
    cloud.before('TransactWriteItems', () => leases.enqueue(SERVICE, young));
    expect(await leases.enqueue(SERVICE, middle)).toEqual({ kind: 'overtaken', by: 'young' });
    expect(await leases.waiting(SERVICE)).toMatchObject([young]);
  });

  it('is left by the one who has it only, and the service is none of it', async () => {
    const { leases } = cloud;
    await leases.take(SERVICE, old);
    await leases.enqueue(SERVICE, young);
    await leases.leave(SERVICE, middle);
    expect(await leases.waiting(SERVICE)).toMatchObject([young]);
    await leases.leave(SERVICE, young);
    expect(await leases.waiting(SERVICE)).toEqual([]);
    expect(await leases.holder(SERVICE)).toMatchObject(old);
  });
});

describe('a stage that has ended', () => {
  beforeEach(() => cloud.releases.saveStage('old', stageRecord({ status: 'ended' }), 0));

  it('takes nothing any more, however late a call of its arrives', async () => {
    const { leases } = cloud;
    expect(await leases.take(SERVICE, old)).toBe(false);
    expect(await leases.enqueue(SERVICE, old)).toEqual({ kind: 'over' });
    expect([await leases.holder(SERVICE), await leases.waiting(SERVICE)]).toEqual([undefined, []]);
  });

  it('takes nothing of others either', async () => {
    const { leases } = cloud;
    await leases.take(SERVICE, middle);
    await leases.enqueue(SERVICE, claim('old', 9));
    expect(await leases.take(SERVICE, old, 'middle')).toBe(false);
    expect(await leases.holder(SERVICE)).toMatchObject(middle);
  });
});
