// A rollout as its functions tell it, with everything that may come in between.
import { decision, pipeline, stageSpec } from '../../core/testing/samples.ts';
import { Killed } from '../testing/fakes.ts';
import { theatre, type Theatre } from '../testing/stage.ts';

const STEP = stageSpec({ strategy: { kind: 'canary', steps: [{ weightPercent: 25, bake: { forMs: 600_000, requests: undefined }, approval: undefined }], bakeAfterMs: 0 } });
let t: Theatre;
beforeEach(async () => {
  t = await theatre();
  await t.begin('one', { pipeline: pipeline({ stages: [STEP] }) });
  await t.rollOut('one');
});
afterEach(() => {
  t.close();
  expect(t.crashes).toEqual([]);
});

const pausedAt = (weightPercent: number, ...hooks: string[]) => Object.assign(t.ecs.newest, { weightPercent, hooks });
const advance = async (answer: object) => t.functions.advance({ ...t.at('one'), ...answer });
const rollBack = async (answer: object) => t.functions.rollBack({ ...t.at('one'), ...answer });
const abort = () => t.releases.decide('one', decision({ kind: 'abort', askKey: undefined, atMs: t.clock.nowMs() }));

it('climbs, bakes, and succeeds, with each step told', async () => {
  pausedAt(0, 'h1');
  const first = await t.look('one');
  expect(first).toMatchObject({ kind: 'advance', fromWeightPercent: 0, toWeightPercent: 25, notice: null });
  expect(await advance(first)).toEqual({ advanced: true });
  pausedAt(25, 'h2');
  expect(await t.look('one')).toMatchObject({ kind: 'wait', waitsFor: 'bake', lookAgainSeconds: 300, notice: { attributes: { kind: 'weightReached' } } });
  await t.wait(600_000);
  const second = await t.look('one');
  expect(second).toMatchObject({ kind: 'advance', toWeightPercent: 100 });
  await advance(second);
  t.ecs.newest.status = 'SUCCESSFUL';
  expect(await t.look('one')).toMatchObject({ kind: 'ended', outcome: 'succeeded' });
  expect(await t.story('one')).toEqual(expect.arrayContaining(['stage.0.advance.h1', 'stage.0.rung.25.reached', 'stage.0.advance.h2']));
  expect(t.ecs.calls).toEqual(['register', 'deploy', 'CONTINUE h1', 'CONTINUE h2']);
});

it('an abort between the verdict and its execution wins', async () => {
  pausedAt(0, 'h1');
  const verdict = await t.look('one');
  await abort();
  expect(await advance(verdict)).toEqual({ advanced: false });
  expect(t.ecs.newest.hooks).toEqual(['h1']);
  const stop = await t.look('one');
  expect(stop).toMatchObject({ kind: 'rollBack', hookId: 'h1', reason: 'aborted by alice' });
  expect(await rollBack(stop)).toEqual({ asked: 'pause' });
  expect(await t.look('one')).toMatchObject({ kind: 'wait' });
  t.ecs.newest.status = 'ROLLBACK_SUCCESSFUL';
  expect(await t.look('one')).toMatchObject({ kind: 'ended', outcome: 'aborted' });
});

it('advancing twice moves once', async () => {
  pausedAt(0, 'h1', 'h2');
  const verdict = await t.look('one');
  expect([await advance(verdict), await advance(verdict)]).toEqual([{ advanced: true }, { advanced: true }]);
  expect(t.ecs.calls.filter((call) => call.startsWith('CONTINUE'))).toEqual(['CONTINUE h1', 'CONTINUE h2']);
});

describe('a verdict that has grown old', () => {
  beforeEach(() => pausedAt(25, 'h1'));
  const complete = async () => {
    await t.look('one');
    await t.wait(600_000);
    return t.look('one');
  };

  it('lets nobody on: what was seen then may be otherwise by now', async () => {
    const verdict = await complete();
    await t.wait(10_001);
    t.ecs.alarmStates.set('checkout-5xx', 'ALARM');
    expect(await advance(verdict)).toEqual({ advanced: false });
    expect(t.ecs.newest.hooks).toEqual(['h1']);
    expect(await t.story('one')).not.toEqual(expect.arrayContaining([expect.stringContaining('advance')]));
    expect(await t.look('one')).toMatchObject({ kind: 'rollBack' });
  });

  it('is good for ten seconds', async () => {
    const verdict = await complete();
    await t.wait(10_000);
    expect(await advance(verdict)).toEqual({ advanced: true });
  });

  it('lets nobody on either when asking whether it may took that long', async () => {
    const verdict = await complete();
    t.before('UpdateItem', () => t.wait(10_001));
    expect(await advance(verdict)).toEqual({ advanced: false });
    expect(t.ecs.newest.hooks).toEqual(['h1']);
  });

  it('of a try that was killed after it had reached ECS, the story tells', async () => {
    const verdict = await complete();
    t.ecs.after = (call) => {
      if (call.startsWith('CONTINUE')) throw new Killed();
    };
    await expect(advance(verdict)).rejects.toThrow(Killed);
    await t.wait(60_000);
    expect(await advance(verdict)).toEqual({ advanced: false });
    expect((await t.timeline.read('one')).at(-1)).toMatchObject({ key: 'stage.0.advance.h1.cutOff', text: 'From 25 % to 100 %, perhaps: the call was cut off, and the next look shows what came of it. 25 % is complete: baked 10 min, alarms quiet.' });
  });

  it('of an execution that began before verdicts told their age counts as young', async () => {
    const { judgedAtMs: _, ...verdict } = await complete();
    await t.wait(60_000);
    expect(await advance(verdict)).toEqual({ advanced: true });
  });
});

it('an advance that comes late does not let the next pause through', async () => {
  pausedAt(0, 'h1');
  const verdict = await t.look('one');
  await advance(verdict);
  pausedAt(25, 'h2');
  await advance(verdict);
  expect(t.ecs.newest.hooks).toEqual(['h2']);
});

it('an advance after the decision to roll back does nothing, even if nobody asked to stop', async () => {
  pausedAt(25, 'h1');
  await t.look('one');
  t.ecs.alarmStates.set('checkout-5xx', 'ALARM');
  expect(await t.look('one')).toMatchObject({ kind: 'rollBack' });
  t.ecs.alarmStates.clear();
  expect(await advance({ hookIds: ['h1'], fromWeightPercent: 25, toWeightPercent: 100, reason: 'late' })).toEqual({ advanced: false });
  expect(await t.look('one')).toMatchObject({ kind: 'rollBack' });
});

it('a rollback of a deployment that moves stops it, and one that cannot be answered does too', async () => {
  pausedAt(25);
  t.ecs.alarmStates.set('checkout-5xx', 'ALARM');
  expect(await rollBack(await t.look('one'))).toEqual({ asked: 'stop' });

  await t.begin('two', { pipeline: pipeline({ stages: [STEP] }) });
  t.ecs.alarmStates.clear();
  await t.functions.finishStage({ ...t.at('one'), outcome: 'rolledBack', reason: 'x' });
  t.ecs.newest.status = 'ROLLBACK_SUCCESSFUL';
  await t.clock.advance(30_000); // the fake goes on showing what was deployed
  await t.rollOut('two');
  pausedAt(25, 'h9');
  t.ecs.services.answerPause = async () => Promise.reject(Object.assign(new Error('Invalid hookId'), { name: 'InvalidParameterException' }));
  await t.releases.decide('two', decision({ kind: 'abort', askKey: undefined }));
  expect(await t.functions.rollBack({ ...t.at('two'), ...(await t.look('two')) })).toEqual({ asked: 'stop' });
});

it('a call that was answered, and whose answer was lost, says the same to its retry and nothing new to others', async () => {
  pausedAt(25, 'h1');
  const first = await t.look('one', { entry: 'E' });
  const retried = await t.look('one', { entry: 'E' });
  expect(retried).toEqual(first);
  expect(retried.notice).not.toBeNull();
  expect(await t.look('one', { entry: 'F' })).toMatchObject({ kind: 'wait', notice: null });
});

it('the bell it answers is the one from before it looked', async () => {
  pausedAt(0, 'h1');
  const { services } = t.ecs;
  const listed = await services.deployments({ cluster: 'prod', name: 'checkout' });
  services.deployments = async () => {
    await t.releases.ring('one');
    return listed;
  };
  expect(await t.look('one')).toMatchObject({ bell: 0 });
});

it('a look that took long notes what it saw last as seen then, and acts on what it saw first as old', async () => {
  pausedAt(25, 'h1');
  const began = t.clock.nowMs();
  const { services } = t.ecs;
  const { deployment } = services;
  services.deployment = async (arn) => {
    await t.wait(30_000);
    return deployment(arn);
  };
  expect(await t.look('one')).toMatchObject({ kind: 'wait', judgedAtMs: began });
  expect(await t.stage('one')).toMatchObject({ rungsReached: [{ weightPercent: 25, atMs: began + 30_000 }] });
});

it('a look that loses against another one looks again', async () => {
  pausedAt(25, 'h1');
  const { stage, stageVersions } = await t.releases.load('one').then((loaded) => ({ stage: loaded!.stages[0]!, stageVersions: loaded!.stageVersions }));
  t.before('TransactWriteItems', () => t.releases.saveStage('one', { ...stage, reason: 'meanwhile' }, stageVersions[0]!));
  expect(await t.look('one')).toMatchObject({ kind: 'wait' });
  expect(await t.stage('one')).toMatchObject({ reason: 'meanwhile', rungsReached: [{ weightPercent: 25 }] });
});

it('what was not saved is not told: an alarm that is over by the next try was never acted on', async () => {
  pausedAt(25, 'h1');
  await t.look('one');
  const told = await t.story('one');
  t.ecs.alarmStates.set('checkout-5xx', 'ALARM');
  t.lose('TransactWriteItems');
  await expect(t.look('one')).rejects.toThrow('connection was lost');
  expect(await t.story('one')).toEqual(told);
});

it('looking again at what has not changed writes nothing', async () => {
  pausedAt(25, 'h1');
  await t.look('one');
  const before = t.wireCalls.length;
  await t.look('one');
  expect(t.wireCalls.slice(before).map((call) => call.operation)).toEqual(['Query']);
});

it('what has ended stays ended for an execution that does not know', async () => {
  await t.functions.finishStage({ ...t.at('one'), outcome: 'failed', reason: 'x' });
  pausedAt(0, 'h1');
  expect(await t.look('one')).toMatchObject({ kind: 'ended', outcome: 'failed', reason: 'x' });
});
