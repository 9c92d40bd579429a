import { theatre, type Theatre } from '../testing/stage.ts';

let t: Theatre;
beforeEach(async () => {
  t = await theatre();
  await t.begin('one');
});
afterEach(() => t.close());

const caught = (executionName = 'one') => ({ releaseId: 'one', executionName, error: 'Unreachable', cause: JSON.stringify({ errorMessage: 'no case for x', trace: [] }) });
const change = (status: string, more: object = {}) => ({ source: 'aws.states', 'detail-type': 'Step Functions Execution Status Change', detail: { name: 'one', status, input: '{"releaseId":"one"}', ...more } });
const rescue = (event: unknown) => t.functions.rescue(event);

describe('an execution that ended early', () => {
  it('is taken over by a fresh one, and its release marked', async () => {
    expect(await rescue(caught())).toMatchObject({ rescued: true, notice: { attributes: { kind: 'rescued' }, message: expect.stringContaining('(Unreachable: no case for x)') as string } });
    expect(t.started).toEqual(['one-x2']);
    expect(await t.release('one')).toMatchObject({ rescue: 'Unreachable: no case for x', status: 'running' });
    expect((await t.releases.load('one'))?.executionArn).toBe('arn:execution:one-x2');
    expect(await t.releases.mayAdvance('one', 'step')).toBe(false);
  });

  it('heard of twice starts one, told once in the record', async () => {
    await rescue(caught());
    await rescue(change('FAILED', { error: 'Unreachable' }));
    expect(t.started).toEqual(['one-x2', 'one-x2']);
    expect(await t.story('one')).toEqual(['rescue.one-x2']);
  });

  it.each(['FAILED', 'TIMED_OUT', 'ABORTED'])('is heard of through EventBridge: %s', async (status) => {
    expect(await rescue(change(status))).toMatchObject({ rescued: true });
  });

  it.each([
    ['one that runs', change('RUNNING')],
    ['one that succeeded', change('SUCCEEDED')],
    ['one without its input', change('FAILED', { input: null })],
    ['one with another input', change('FAILED', { input: '{"x":1}' })],
    ['one with no JSON', change('FAILED', { input: '{' })],
    ['a release that is gone', change('FAILED', { input: '{"releaseId":"gone"}' })],
    ['an execution that somebody started by hand', change('FAILED', { name: 'by-hand' })],
    ['something else', { hello: 1 }],
    ['nothing', undefined],
  ])('but not %s', async (_, event) => {
    expect(await rescue(event)).toEqual({ rescued: false, notice: null });
    expect(t.started).toEqual([]);
    expect((await t.release('one')).rescue).toBeUndefined();
  });

  it('of a release that has ended is followed by one that tells the end', async () => {
    await t.releases.end('one', 'succeeded', '', 0);
    expect(await rescue(caught())).toEqual({ rescued: false, notice: null });
    expect(t.started).toEqual(['one-x2']);
    expect((await t.release('one')).rescue).toBeUndefined();
    expect(await t.functions.finish({ releaseId: 'one' })).toMatchObject({ outcome: 'succeeded', notice: { attributes: { kind: 'releaseEnded', outcome: 'succeeded' } } });
  });

  it('that is killed at any write is rescued by the next one who hears of it', async () => {
    for (const operation of ['UpdateItem', 'PutItem', 'UpdateItem']) {
      t.lose(operation, 1);
      await rescue(caught()).catch(() => undefined);
      t.disarm();
    }
    expect(await rescue(caught())).toMatchObject({ rescued: true });
    expect(new Set(t.started)).toEqual(new Set(['one-x2']));
  });
});

describe('again and again', () => {
  it('is given up in the end: the release ends, and with it its hold on the service', async () => {
    await t.functions.takeService(t.at('one'));
    expect(await rescue(caught('one-x3'))).toMatchObject({ rescued: true });
    const last = await rescue(caught('one-x4'));
    expect(last).toMatchObject({ rescued: false, notice: { attributes: { outcome: 'failed' }, message: expect.stringContaining('aws ecs describe-services --cluster prod --services checkout') as string } });
    expect(await t.release('one')).toMatchObject({ status: 'ended', outcome: 'failed' });
    await t.begin('two', { pushedAtMs: t.clock.nowMs() + 1 });
    expect(await t.functions.takeService(t.at('two'))).toMatchObject({ kind: 'taken' });
  });
});

describe('an execution that has lived long', () => {
  it('hands over without a mark: nothing went wrong', async () => {
    expect(await rescue({ handOver: true, releaseId: 'one', executionName: 'one-x2.4' })).toEqual({ rescued: false, notice: null });
    expect(t.started).toEqual(['one-x2.5']);
    expect((await t.release('one')).rescue).toBeUndefined();
    expect(await t.releases.mayAdvance('one', 'step')).toBe(true);
  });

  it.each(['FAILED', 'TIMED_OUT', 'ABORTED'])('is not missed when it ends as %s after that', async (status) => {
    await t.releases.setExecution('one', 'arn:execution:one');
    await rescue({ handOver: true, releaseId: 'one', executionName: 'one' });
    expect(await rescue(change(status))).toEqual({ rescued: false, notice: null });
    expect(t.started).toEqual(['one.1']);
    expect(await t.releases.mayAdvance('one', 'step')).toBe(true);
    expect((await t.releases.load('one'))?.executionArn).toBe('arn:execution:one.1');
  });

  it('and died before it could say to whom is found out about', async () => {
    await t.releases.setExecution('one', 'arn:execution:one');
    t.started.push('one.1');
    await rescue(change('ABORTED'));
    expect((await t.releases.load('one'))?.executionArn).toBe('arn:execution:one.1');
    expect((await t.release('one')).rescue).toBeUndefined();
  });

  it('of another name does not pretend', async () => {
    await expect(rescue({ handOver: true, releaseId: 'one', executionName: 'by-hand' })).rejects.toMatchObject({ name: 'ExecutionUnknown' });
  });
});

describe('what a rescue leads to', () => {
  it('a deployment that runs is rolled back, not left', async () => {
    await t.rollOut('one');
    Object.assign(t.ecs.newest, { weightPercent: 25, hooks: ['h1'] });
    await rescue(caught());
    expect(await t.functions.prepare({ releaseId: 'one' })).toMatchObject({ stageIndex: 0, ended: false, notice: null });
    expect(await t.functions.takeService(t.at('one'))).toMatchObject({ kind: 'taken', underWay: true });
    expect(await t.look('one')).toMatchObject({ kind: 'rollBack', hookId: 'h1' });
  });

  it('what had not begun does not begin', async () => {
    await rescue(caught());
    expect(await t.functions.takeService(t.at('one'))).toMatchObject({ kind: 'ended', outcome: 'failed' });
  });

  it('a stage that had ended before is not begun again', async () => {
    await t.rollOut('one');
    t.ecs.newest.status = 'SUCCESSFUL';
    await t.functions.finishStage({ ...t.at('one'), outcome: 'succeeded', reason: 'done' });
    await rescue(caught());
    expect(await t.functions.takeService(t.at('one'))).toEqual({ kind: 'ended', outcome: 'succeeded', reason: 'done' });
  });
});

describe('a round', () => {
  const round = () => rescue({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
  const carriedBy = (name: string, status: string) => {
    t.statuses.set(`arn:execution:${name}`, status);
    return t.releases.setExecution('one', `arn:execution:${name}`);
  };

  it('leaves a release alone whose execution runs', async () => {
    await carriedBy('one', 'RUNNING');
    await round();
    expect([t.started, (await t.release('one')).rescue, await t.releases.inFlight()]).toEqual([[], undefined, ['one']]);
  });

  it.each(['FAILED', 'TIMED_OUT', 'ABORTED', 'SUCCEEDED'])('takes over a release whose execution is %s, when the event of that was lost', async (status) => {
    await carriedBy('one', status);
    await round();
    expect(t.started).toEqual(['one-x2']);
    expect(await t.release('one')).toMatchObject({ status: 'running', rescue: `${status}, found on a round` });
  });

  it('has the end told of a release whose execution ended between the end and telling it', async () => {
    await carriedBy('one', 'ABORTED');
    await t.releases.end('one', 'rolledBack', '', 0);
    await round();
    expect(t.started).toEqual(['one-x2']);
    expect(await t.releases.inFlight()).toEqual(['one']);
  });

  it('forgets a release that ended and said so', async () => {
    await carriedBy('one', 'SUCCEEDED');
    await t.releases.end('one', 'succeeded', '', 0);
    await round();
    expect([t.started, await t.releases.inFlight()]).toEqual([[], []]);
  });

  it('forgets an ended release that has had its share of executions', async () => {
    await carriedBy('one-x5', 'ABORTED');
    await t.releases.end('one', 'failed', '', 0);
    await round();
    expect([t.started, await t.releases.inFlight()]).toEqual([[], []]);
  });

  it('begins a release whose push was interrupted before its execution, once nobody else will', async () => {
    await round();
    expect(t.started).toEqual([]);
    await t.clock.advance(15 * 60_000);
    await round();
    expect(t.started).toEqual(['one']);
    expect((await t.releases.load('one'))?.executionArn).toBe('arn:execution:one');
  });
});
