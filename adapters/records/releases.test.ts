import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { AwsError } from '../../local-cloud/kernel/errors.ts';
import { ask, decision, DIGEST, NOW_MS, release, stageRecord } from '../../core/testing/samples.ts';
import { newStageRecord } from '../../core/release/model.ts';
import { smallCloud, type SmallCloud } from '../testing/small-cloud.ts';

let cloud: SmallCloud;
beforeEach(async () => (cloud = await smallCloud()));
afterEach(() => {
  cloud.close();
  expect(cloud.crashes).toEqual([]);
});

const one = release();
const created = async () => {
  await cloud.releases.create(one, [newStageRecord(0, 'arn:one'), newStageRecord(1, 'arn:two')], 'once');
  return cloud.releases;
};

describe('a release record', () => {
  it('comes back as it was written, with its stages in order', async () => {
    const releases = await created();
    const loaded = await releases.load(one.id);
    expect(loaded?.release).toEqual(JSON.parse(JSON.stringify(one)));
    expect(loaded?.stages.map((stage) => stage.serviceArn)).toEqual(['arn:one', 'arn:two']);
    expect(loaded).toMatchObject({ stageVersions: [0, 0], decisions: [], executionArn: undefined });
  });

  it('that does not exist is undefined', async () => {
    expect(await cloud.releases.load('nobody')).toBeUndefined();
    expect(await cloud.releases.ofDigest('checkout', DIGEST)).toBeUndefined();
  });

  it('is created once per digest, and `again` under another id', async () => {
    const releases = await created();
    expect(await releases.create({ ...one, id: 'other' }, [], 'once')).toEqual({ kind: 'existing', releaseId: one.id });
    expect(await releases.load('other')).toBeUndefined();
    expect(await releases.create({ ...one, id: `${one.id}-2` }, [], 'again')).toEqual({ kind: 'created' });
    expect(await releases.ofDigest('checkout', DIGEST)).toBe(`${one.id}-2`);
  });

  it('of an id that is taken is not written over', async () => {
    const releases = await created();
    expect(await releases.create(one, [stageRecord()], 'again')).toEqual({ kind: 'existing', releaseId: one.id });
    expect((await releases.load(one.id))?.stages).toHaveLength(2);
  });

  it('is listed newest first, page by page', async () => {
    for (const day of [1, 3, 2]) await cloud.releases.create({ ...one, id: `r${day}`, createdAtMs: day, image: { ...one.image, digest: `sha256:${String(day).repeat(64)}` } }, [], 'once');
    const first = await cloud.releases.ofPipeline('checkout', 2);
    expect(first.releases.map(({ id }) => id)).toEqual(['r3', 'r2']);
    const second = await cloud.releases.ofPipeline('checkout', 2, { after: { pipeline: 'checkout', id: 'r2', createdAtMs: 2 } });
    expect([first.more, second.more]).toEqual([true, false]);
    expect((await cloud.releases.ofPipeline('checkout', 2, { beforeMs: 3 })).releases.map(({ id }) => id)).toEqual(['r2', 'r1']);
    expect(second.releases.map(({ id }) => id)).toEqual(['r1']);
  });
});

describe('saving a stage', () => {
  it('loses against somebody who saved since it was read', async () => {
    const releases = await created();
    const stage = newStageRecord(0, 'arn:one');
    expect(await releases.saveStage(one.id, { ...stage, reason: 'first' }, 0)).toBe(true);
    expect(await releases.saveStage(one.id, { ...stage, reason: 'second' }, 0)).toBe(false);
    expect(await releases.saveStage(one.id, { ...stage, reason: 'third' }, 1)).toBe(true);
    expect((await releases.load(one.id))?.stages[0]?.reason).toBe('third');
  });

  it('writes what tells of it along with it, or not at all, and nothing over what is there', async () => {
    const releases = await created();
    const stage = newStageRecord(0, 'arn:one');
    const entry = (key: string, text: string) => ({ key, atMs: NOW_MS, kind: 'stage' as const, text });
    expect(await releases.saveStage(one.id, { ...stage, reason: 'first' }, 0, [entry('a', 'first')])).toBe(true);
    expect(await releases.saveStage(one.id, { ...stage, reason: 'too late' }, 0, [entry('a', 'too late'), entry('b', 'too late')])).toBe(false);
    expect(await releases.saveStage(one.id, { ...stage, reason: 'second' }, 1, [entry('a', 'second'), entry('c', 'second')])).toBe(true);
    expect((await cloud.timeline.read(one.id)).map(({ key, text }) => [key, text])).toEqual([['a', 'first'], ['c', 'second']]);
    expect((await releases.load(one.id))?.stages[0]?.reason).toBe('second');
  });

  it('of a release that is gone creates nothing', async () => {
    expect(await cloud.releases.saveStage('nobody', newStageRecord(0, 'arn'), 0)).toBe(false);
    expect(await cloud.releases.load('nobody')).toBeUndefined();
  });

  it('keeps a record of every member it may have', async () => {
    const releases = await created();
    const full = stageRecord({ asks: [ask()], rungsReached: [{ weightPercent: 12.5, atMs: NOW_MS }], rollingBack: { outcome: 'rolledBack', reason: 'x', decidedAtMs: 1, requestedAtMs: undefined }, lastNotice: { entry: 'e', kind: 'stageStarted', text: 't' } });
    await releases.saveStage(one.id, full, 0);
    expect((await releases.load(one.id))?.stages[0]).toEqual(JSON.parse(JSON.stringify(full)));
  });
});

describe('the doorbell', () => {
  it('counts every ring, and answers whom to wake', async () => {
    const releases = await created();
    expect(await releases.ring(one.id)).toEqual({ token: undefined });
    expect((await releases.load(one.id))?.release.bell).toBe(1);
    expect(await releases.park(one.id, { token: 'token-1', bell: 1, wait: undefined })).toBe('parked');
    expect(await releases.ring(one.id)).toEqual({ token: 'token-1' });
  });

  it.each([0, 1, 2, 3])('a ring that comes %d call(s) into the look is never slept over', async (at) => {
    const releases = await created();
    let woken: string | undefined;
    const ring = async (): Promise<void> => void (woken = (await releases.ring(one.id))?.token);
    if (at === 0) await ring();
    const seen = (await releases.load(one.id))?.release.bell ?? -1;
    if (at === 1) await ring();
    if (at === 2) cloud.before('UpdateItem', ring);
    const parked = await releases.park(one.id, { token: 'token', bell: seen, wait: undefined });
    if (at === 3) await ring();
    // Rung before the look: it is in what was seen. During it: no sleep. After it: woken.
    expect({ parked, woken }).toEqual([{ parked: 'parked', woken: undefined }, { parked: 'rung', woken: undefined }, { parked: 'rung', woken: undefined }, { parked: 'parked', woken: 'token' }][at]);
  });

  it('wakes the last try of the last wait, however late a call of an earlier one comes', async () => {
    const releases = await created();
    const park = (token: string, wait: string | undefined) => releases.park(one.id, { token, bell: 0, wait });
    expect(await park('second', '2026-11-23T12:00:01.000Z 0001')).toBe('parked');
    expect(await park('first', '2026-11-23T12:00:01.000Z 0000')).toBe('rung');
    expect(await park('the wait before', '2026-11-23T12:00:00.000Z 0007')).toBe('rung');
    expect(await park('second', '2026-11-23T12:00:01.000Z 0001')).toBe('parked');
    expect(await releases.ring(one.id)).toEqual({ token: 'second' });
  });

  it('keeps no token beyond the end', async () => {
    const releases = await created();
    await releases.park(one.id, { token: 'token-1', bell: 0, wait: undefined });
    await releases.end(one.id, 'succeeded', 'done', NOW_MS);
    const { Item } = await cloud.table.client.send(new GetCommand({ TableName: cloud.table.name, Key: { pk: `RELEASE#${one.id}`, sk: 'RELEASE' } }));
    expect(Item).toMatchObject({ record: { status: 'ended' } });
    expect(Item).not.toHaveProperty('token');
    expect(await releases.park(one.id, { token: 'too late', bell: 0, wait: undefined })).toBe('rung');
  });

  it('of a release that has ended, or is gone, rings nobody', async () => {
    const releases = await created();
    await releases.end(one.id, 'succeeded', 'done', NOW_MS);
    expect(await releases.ring(one.id)).toBeUndefined();
    expect(await releases.ring('nobody')).toBeUndefined();
    expect(await releases.load('nobody')).toBeUndefined();
  });
});

describe('deciding', () => {
  it('records what each person says, and each only once', async () => {
    const releases = await created();
    expect(await releases.decide(one.id, decision())).toBe('recorded');
    expect(await releases.decide(one.id, decision({ reason: 'again' }))).toBe('already');
    expect(await releases.decide(one.id, decision({ person: 'bob' }))).toBe('recorded');
    expect(await releases.decide(one.id, decision({ askKey: 'before.0' }))).toBe('recorded');
    expect((await releases.load(one.id))?.decisions.map(({ person, askKey, reason }) => [person, askKey, reason])).toEqual([['alice', 'before.0', ''], ['alice', 'weight.25', ''], ['bob', 'weight.25', '']]);
  });

  it('who approved may still reject', async () => {
    const releases = await created();
    await releases.decide(one.id, decision());
    expect(await releases.decide(one.id, decision({ kind: 'reject', reason: 'I was wrong' }))).toBe('recorded');
    expect(await releases.mayAdvance(one.id, 'step')).toBe(false);
  });

  it('an abort is one, whoever says it', async () => {
    const releases = await created();
    expect(await releases.decide(one.id, decision({ kind: 'abort', askKey: undefined }))).toBe('recorded');
    expect(await releases.decide(one.id, decision({ kind: 'abort', askKey: undefined, person: 'bob' }))).toBe('already');
  });

  it('comes too late when the release has ended, and leaves nothing behind', async () => {
    const releases = await created();
    await releases.end(one.id, 'succeeded', 'done', NOW_MS);
    expect(await releases.decide(one.id, decision())).toBe('ended');
    expect((await releases.load(one.id))?.decisions).toEqual([]);
  });

  it('is tried again when it only met a ring of the bell', async () => {
    const releases = await created();
    const met = new AwsError('TransactionCanceledException', 'Transaction cancelled', { members: { CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }] } });
    cloud.fail('TransactWriteItems', met);
    expect(await releases.decide(one.id, decision())).toBe('recorded');
  });
});

describe('the last word before weight is gained', () => {
  it.each<[string, () => Promise<unknown>, boolean]>([
    ['nothing stands against it', async () => undefined, true],
    ['an approval does not stand against it', () => cloud.releases.decide(one.id, decision()), true],
    ['an abort does', () => cloud.releases.decide(one.id, decision({ kind: 'abort', askKey: undefined })), false],
    ['a reject does', () => cloud.releases.decide(one.id, decision({ kind: 'reject' })), false],
    ['a rescue does', () => cloud.releases.markForRescue(one.id, 'States.Timeout'), false],
    ['the end does', () => cloud.releases.end(one.id, 'failed', 'x', NOW_MS), false],
  ])('%s', async (_, meanwhile, may) => {
    const releases = await created();
    await meanwhile();
    expect(await releases.mayAdvance(one.id, 'step')).toBe(may);
  });

  it('is also heard when it is said in the very moment', async () => {
    const releases = await created();
    cloud.before('UpdateItem', () => releases.decide(one.id, decision({ kind: 'abort', askKey: undefined })));
    expect(await releases.mayAdvance(one.id, 'step')).toBe(false);
  });
});

describe('the course of a release', () => {
  it('ends once, and expires', async () => {
    const releases = await created();
    expect(await releases.end(one.id, 'rolledBack', 'alarm', NOW_MS)).toBe(true);
    expect(await releases.end(one.id, 'succeeded', 'no', NOW_MS + 1)).toBe(false);
    expect((await releases.load(one.id))?.release).toMatchObject({ status: 'ended', outcome: 'rolledBack', reason: 'alarm', endedAtMs: NOW_MS });
    const item = (await cloud.call('dynamodb', 'GetItem', { TableName: 'slipway', Key: { pk: { S: `RELEASE#${one.id}` }, sk: { S: 'RELEASE' } } })) as { Item: Record<string, { N?: string }> };
    expect(Number(item.Item['expiresAtSeconds']?.N)).toBe(NOW_MS / 1000 + 400 * 86_400);
  });

  it('takes its stages and decisions with it when it expires, and none of them before it has ended', async () => {
    const releases = await created();
    await releases.decide(one.id, decision());
    const expiries = async () => {
      const { Items } = (await cloud.call('dynamodb', 'Query', { TableName: 'slipway', KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: `RELEASE#${one.id}` } } })) as { Items: Record<string, { N?: string }>[] };
      return Items.map((item) => item['expiresAtSeconds']?.N);
    };
    expect(new Set(await expiries())).toEqual(new Set([undefined]));
    cloud.lose('Query');
    await expect(releases.end(one.id, 'succeeded', 'done', NOW_MS)).rejects.toThrow();
    expect(await releases.end(one.id, 'succeeded', 'done', NOW_MS)).toBe(false);
    expect(new Set(await expiries())).toEqual(new Set([String(NOW_MS / 1000 + 400 * 86_400)]));
  });

  it('a challenge is about one stage, and forgotten with it', async () => {
    const releases = await created();
    expect(await releases.challenge(one.id, 'newer', 1)).toBe(false);
    expect(await releases.challenge(one.id, 'newer', 0)).toBe(true);
    expect((await releases.load(one.id))?.release.challengedBy).toBe('newer');
    await releases.enterStage(one.id, 1);
    expect((await releases.load(one.id))?.release).toMatchObject({ stageIndex: 1 });
    expect((await releases.load(one.id))?.release.challengedBy).toBeUndefined();
    expect(await releases.challenge(one.id, 'newest', 1)).toBe(true);
    // Late calls of runs that were taken over from.
    await releases.enterStage(one.id, 1);
    await releases.enterStage(one.id, 0);
    expect((await releases.load(one.id))?.release).toMatchObject({ stageIndex: 1, challengedBy: 'newest' });
    await releases.end(one.id, 'succeeded', '', NOW_MS);
    expect(await releases.challenge(one.id, 'newer', 1)).toBe(false);
  });

  it('a release that is gone is neither moved nor marked', async () => {
    await cloud.releases.enterStage('nobody', 1);
    expect(await cloud.releases.markForRescue('nobody', 'x')).toBe(false);
    await expect(cloud.releases.setExecution('nobody', 'arn')).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(await cloud.releases.load('nobody')).toBeUndefined();
  });

  it('knows its execution', async () => {
    const releases = await created();
    await releases.setExecution(one.id, 'arn:execution');
    expect((await releases.load(one.id))?.executionArn).toBe('arn:execution');
  });
});
