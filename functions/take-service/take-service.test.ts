import { alarmArnOf, serviceArnOf } from '../../core/arn.ts';
import { pipeline, rule, stageSpec } from '../../core/testing/samples.ts';
import { PLACE } from '../testing/fakes.ts';
import { theatre, type Theatre } from '../testing/stage.ts';

let t: Theatre;
beforeEach(async () => (t = await theatre()));
afterEach(() => {
  t.close();
  expect(t.crashes).toEqual([]);
});

const SERVICE = serviceArnOf(PLACE, { cluster: 'prod', name: 'checkout' });
const take = (releaseId: string, stageIndex = 0) => t.functions.takeService(t.at(releaseId, stageIndex));
const finishStage = (releaseId: string, outcome = 'succeeded') => t.functions.finishStage({ ...t.at(releaseId), outcome, reason: 'so it went' });
const three = async () => {
  for (const [index, name] of ['one', 'two', 'three'].entries()) await t.begin(name, { pushedAtMs: index });
};

describe('a free service', () => {
  it('is taken, watched, and taken again by a retry', async () => {
    await t.begin('one');
    expect(await take('one')).toEqual({ kind: 'taken', bell: 0, underWay: false, asking: false });
    expect(await take('one')).toMatchObject({ kind: 'taken' });
    expect(await t.stage('one')).toMatchObject({ status: 'running', startedAtMs: t.clock.nowMs() });
    expect(await t.watches.of(SERVICE)).toEqual(['one']);
    expect(await t.watches.of(alarmArnOf(PLACE, 'checkout-5xx'))).toEqual(['one']);
    expect(await t.story('one')).toEqual(['stage.0.taken']);
  });

  it.each(['TransactWriteItems', 'PutItem', 'Query'])('is taken whole after a death at any %s', async (operation) => {
    for (let nth = 1; nth <= 6; nth++) {
      await t.begin(`r${nth}`);
      t.loseAnswerOf(operation, nth);
      await take(`r${nth}`).catch(() => undefined);
      t.disarm();
      expect(await take(`r${nth}`)).toMatchObject({ kind: 'taken' });
      expect(await t.watches.of(SERVICE)).toEqual([`r${nth}`]);
      await finishStage(`r${nth}`);
      await t.functions.finish({ releaseId: `r${nth}` });
    }
  });

  it.each([['TransactWriteItems', 1], ['TransactWriteItems', 2], ['TransactWriteItems', 3]])('is not taken once the stage has ended, by another run of the same step, before %s %s', async (operation, nth) => {
    await t.begin('one');
    t.before(operation, () => finishStage('one', 'aborted'), nth);
    await take('one').catch(() => undefined);
    expect(await take('one')).toMatchObject({ kind: 'ended', outcome: 'aborted' });
    expect(await t.stage('one')).toMatchObject({ status: 'ended', outcome: 'aborted' });
    expect([await t.leases.holder(SERVICE), await t.leases.waiting(SERVICE), await t.watches.of(SERVICE)]).toEqual([undefined, [], []]);
  });

  it('is not taken for a release that was aborted or rescued before it began', async () => {
    await t.begin('one');
    await t.releases.markForRescue('one', 'ABORTED');
    expect(await take('one')).toMatchObject({ kind: 'ended', outcome: 'failed' });
    expect(await t.leases.holder(SERVICE)).toBeUndefined();
  });

  it('with a deployment of ours on it is taken up where it is', async () => {
    await t.begin('one');
    await t.rollOut('one');
    await t.releases.markForRescue('one', 'ABORTED');
    expect(await take('one')).toMatchObject({ kind: 'taken', underWay: true });
  });
});

describe('a service that a newer release has been through', () => {
  const inTheirOrder = async () => {
    await t.begin('older', { pushedAtMs: 1 });
    await t.begin('newer', { pushedAtMs: 2 });
    await take('newer');
  };

  it.each(['succeeded', 'unchanged'])('and which it left as %s is not given to an older one whose event comes late', async (outcome) => {
    await inTheirOrder();
    await finishStage('newer', outcome);
    expect(await take('older')).toEqual({ kind: 'ended', outcome: 'superseded', reason: 'superseded by the newer release newer before it began here' });
    await finishStage('older', 'superseded');
    expect(await t.leases.holder(SERVICE)).toBeUndefined();
  });

  it('is not given to one that was pushed in the same second before it', async () => {
    await t.begin('older', { pushedAtMs: 1 });
    await t.wait(20);
    await t.begin('newer', { pushedAtMs: 1 });
    await take('newer');
    expect(await take('older')).toMatchObject({ kind: 'ended', outcome: 'superseded' });
    await finishStage('newer');
    await t.wait(20);
    await t.begin('last', { pushedAtMs: 1 });
    expect(await take('last')).toMatchObject({ kind: 'taken' });
    await finishStage('last');
    expect(await take('newer')).toMatchObject({ kind: 'ended', outcome: 'succeeded' });
    expect(await take('older')).toMatchObject({ kind: 'ended', reason: 'superseded by the newer release last before it began here' });
  });

  it('that did not stay is free for the older one', async () => {
    await inTheirOrder();
    await finishStage('newer', 'rolledBack');
    expect(await take('older')).toMatchObject({ kind: 'taken' });
  });

  it('is remembered past the failures and the older ones that come after it', async () => {
    await inTheirOrder();
    await finishStage('newer');
    await t.begin('third', { pushedAtMs: 3 });
    await take('third');
    await finishStage('third', 'rolledBack');
    await t.leases.runs(SERVICE, { releaseId: 'oldest', stageIndex: 0, pipeline: 'checkout', pushedAtMs: 0, createdAtMs: 0 });
    expect(await take('older')).toMatchObject({ kind: 'ended', outcome: 'superseded' });
  });

  it('is taken up again by an older one that has a deployment on it', async () => {
    await inTheirOrder();
    await finishStage('newer', 'rolledBack');
    await t.rollOut('older');
    await t.leases.runs(SERVICE, { releaseId: 'newer', stageIndex: 0, pipeline: 'checkout', pushedAtMs: 2, createdAtMs: 2 });
    expect(await take('older')).toMatchObject({ kind: 'taken', underWay: true });
  });

  it('of another pipeline is none of its business', async () => {
    await t.begin('older', { pushedAtMs: 1 });
    await t.begin('other', { pipeline: pipeline({ name: 'search' }), pushedAtMs: 2 });
    await take('other');
    await finishStage('other');
    expect(await take('older')).toMatchObject({ kind: 'taken' });
  });
});

describe('a service that is held', () => {
  it('is waited for, and whoever holds it learns who waits', async () => {
    await three();
    await take('one');
    expect(await take('two')).toEqual({ kind: 'wait', bell: 0, lookAgainSeconds: 300, reason: 'waits for its turn behind one' });
    expect(await t.stage('two')).toMatchObject({ status: 'pending', waitingFor: { kind: 'turn', behind: 'one' } });
    expect((await t.release('one')).challengedBy).toBe('two');
    expect(t.rung).toEqual(['one']);
    await finishStage('one');
    expect(t.rung).toEqual(['one', 'two']);
    expect(await take('two')).toMatchObject({ kind: 'taken' });
  });

  it('is not waited for once the stage has ended, however late the call that queues it arrives', async () => {
    await three();
    await take('one');
    t.before('TransactWriteItems', () => finishStage('two', 'aborted'), 2);
    await expect(take('two')).rejects.toMatchObject({ name: 'Transient', message: 'the stage 0 of two has ended meanwhile' });
    expect(await t.leases.waiting(SERVICE)).toEqual([]);
    expect(await take('two')).toMatchObject({ kind: 'ended', outcome: 'aborted' });
  });

  it('of three, the newest waits and the one it overtakes ends as superseded', async () => {
    await three();
    await take('one');
    await take('two');
    expect(await take('three')).toMatchObject({ kind: 'wait' });
    expect((await t.release('two')).challengedBy).toBe('three');
    expect(t.rung).toContain('two');
    expect(await take('two')).toEqual({ kind: 'ended', outcome: 'superseded', reason: 'superseded by the newer release three before it began here' });
    await finishStage('two', 'superseded');
    expect((await t.leases.waiting(SERVICE)).map((one) => one.releaseId)).toEqual(['three']);
  });

  it('one that was overtaken does not take a service that becomes free before it hears of it', async () => {
    await three();
    await take('one');
    await take('two');
    await take('three');
    await finishStage('one');
    expect(await take('two')).toMatchObject({ kind: 'ended', outcome: 'superseded' });
    expect(await take('three')).toMatchObject({ kind: 'taken' });
  });

  it('an older one that comes late ends at once, behind the holder as behind the one that waits', async () => {
    await three();
    await take('two');
    expect(await take('one')).toMatchObject({ kind: 'ended', outcome: 'superseded', reason: 'superseded by the newer release two before it began here' });
    await take('three');
    await t.begin('late', { pushedAtMs: 1.5 });
    expect(await take('late')).toMatchObject({ kind: 'ended', outcome: 'superseded', reason: 'superseded by the newer release three before it began here' });
  });

  it('by a release that ended without giving it back is taken from it', async () => {
    await three();
    await take('one');
    await t.releases.end('one', 'failed', 'gone', t.clock.nowMs());
    expect(await take('two')).toMatchObject({ kind: 'taken' });
    expect(await t.leases.holder(SERVICE)).toMatchObject({ releaseId: 'two' });
  });

  it('and becomes free in the very moment, is not slept over', async () => {
    await three();
    await take('one');
    t.before('TransactWriteItems', () => finishStage('one'), 2);
    expect(await take('two')).toMatchObject({ kind: 'taken' });
    expect(await t.leases.waiting(SERVICE)).toEqual([]);
  });

  it('by another pipeline is waited for without a challenge', async () => {
    await t.begin('one');
    await take('one');
    await t.begin('other', { pipeline: pipeline({ name: 'search' }), pushedAtMs: 9 });
    expect(await take('other')).toMatchObject({ kind: 'wait' });
    expect((await t.release('one')).challengedBy).toBeUndefined();
  });

  it('by one of three who try at once; the newest of the others waits, the third is told', async () => {
    await three();
    const first = await Promise.all(['one', 'two', 'three'].map((name) => take(name)));
    const again = await Promise.all(['one', 'two', 'three'].map((name) => take(name)));
    expect(first.filter((answer) => answer.kind === 'taken')).toHaveLength(1);
    expect(again.filter((answer) => answer.kind === 'taken')).toHaveLength(1);
    expect(again.filter((answer) => answer.kind === 'wait').length).toBeLessThanOrEqual(1);
    expect(again[2]?.kind).not.toBe('ended');
  });
});

describe('a challenge', () => {
  const asks = stageSpec({ before: [{ kind: 'approval', approval: rule() }] });
  const staged = pipeline({ stages: [stageSpec({ name: 'staging', service: { cluster: 'staging', name: 'checkout', container: 'app' } }), asks] });

  it('ends a holder that waits for people', async () => {
    const gated = pipeline({ stages: [asks] });
    await t.begin('one', { pipeline: gated, pushedAtMs: 1 });
    await t.begin('two', { pipeline: gated, pushedAtMs: 2 });
    await take('one');
    expect(await t.askBefore('one')).toMatchObject({ kind: 'wait', waitsFor: 'people' });
    await take('two');
    expect(await t.askBefore('one')).toMatchObject({ kind: 'ended', outcome: 'superseded' });
  });

  it('on staging does not follow the release into production', async () => {
    await t.begin('one', { pipeline: staged, pushedAtMs: 1 });
    await t.begin('two', { pipeline: staged, pushedAtMs: 2 });
    await take('one');
    await take('two');
    expect((await t.release('one')).challengedBy).toBe('two');
    await finishStage('one');
    expect(await take('one', 1)).toMatchObject({ kind: 'taken' });
    expect(await t.askBefore('one', { stageIndex: 1 })).toMatchObject({ kind: 'wait', waitsFor: 'people' });
  });

  it('that is made while the holder leaves for its next stage is not made', async () => {
    await t.begin('one', { pipeline: staged, pushedAtMs: 1 });
    await t.begin('two', { pipeline: staged, pushedAtMs: 2 });
    await take('one');
    t.before('UpdateItem', () => finishStage('one'));
    await take('two');
    expect((await t.release('one')).challengedBy).toBeUndefined();
  });
});
