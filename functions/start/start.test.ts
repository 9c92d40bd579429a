import { decision } from '../../core/testing/samples.ts';
import { Killed } from '../testing/fakes.ts';
import { theatre, type Theatre } from '../testing/stage.ts';

let t: Theatre;
beforeEach(async () => {
  t = await theatre();
  await t.begin('one');
  await t.functions.takeService(t.at('one'));
  await t.functions.preflight(t.at('one'));
  await t.functions.register(t.at('one'));
});
afterEach(() => t.close());

const start = () => t.functions.start(t.at('one'));
const deploys = () => t.ecs.calls.filter((call) => call === 'deploy').length;
const killedAfterDeploy = async () => {
  t.ecs.after = (call) => {
    if (call === 'deploy') throw new Killed();
  };
  await expect(start()).rejects.toThrow(Killed);
  t.ecs.after = () => undefined;
};

it('starts one deployment with our pauses, and knows it by its revision', async () => {
  expect(await start()).toMatchObject({ kind: 'started', notice: { attributes: { kind: 'stageStarted' } } });
  expect(t.ecs.configuration).toMatchObject({ strategy: 'LINEAR', lifecycleHooks: [{ targetType: 'PAUSE' }, { targetType: 'PAUSE' }] });
  expect(await t.stage('one')).toMatchObject({ deployment: { revisionId: '1000', startedAtMs: t.clock.nowMs() }, waitingFor: { kind: 'deployment' } });
});

it('a retry after everything was done does nothing', async () => {
  await start();
  expect(await start()).toMatchObject({ kind: 'started' });
  expect(deploys()).toBe(1);
});

it('a retry after a death between UpdateService and the record finds the deployment it started', async () => {
  await killedAfterDeploy();
  expect(await start()).toMatchObject({ kind: 'started' });
  expect(deploys()).toBe(1);
  expect((await t.stage('one')).deployment).toMatchObject({ revisionId: '1000', arn: 'arn:deployment/1000' });
});

it('run twice at once, only one of them starts a deployment (seeds 81, 153)', async () => {
  const ends = await Promise.allSettled([start(), start()]);
  expect(deploys()).toBe(1);
  expect(ends.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { name: 'Transient' } }]);
});

it('also when ECS does not list it yet: it is waited for, not started again', async () => {
  t.ecs.listsNew = false;
  await killedAfterDeploy();
  await expect(start()).rejects.toMatchObject({ name: 'Transient' });
  await t.wait(29_000);
  await expect(start()).rejects.toMatchObject({ name: 'Transient' });
  t.ecs.listsNew = true;
  expect(await start()).toMatchObject({ kind: 'started' });
  expect(deploys()).toBe(1);
});

it('when nothing came of the call, it is made again once ECS would have listed it', async () => {
  t.ecs.before = (call) => {
    if (call === 'deploy') throw new Killed();
  };
  await expect(start()).rejects.toThrow(Killed);
  t.ecs.before = () => undefined;
  await expect(start()).rejects.toMatchObject({ name: 'Transient' });
  await t.wait(120_000);
  expect(await start()).toMatchObject({ kind: 'started' });
  expect(deploys()).toBe(1);
});

it('an answer that does not show the new deployment is looked for in the list', async () => {
  t.ecs.showsNew = false;
  await start();
  expect((await t.stage('one')).deployment).toMatchObject({ revisionId: '1000', arn: 'arn:deployment/1000' });
});

it('a deployment that neither the answer nor the list shows is not forgotten', async () => {
  t.ecs.showsNew = false;
  t.ecs.listsNew = false;
  await expect(start()).rejects.toMatchObject({ name: 'Transient' });
  t.ecs.listsNew = true;
  await start();
  expect((await t.stage('one')).deployment).toMatchObject({ revisionId: '1000' });
  expect(deploys()).toBe(1);
});

it.each<[string, () => Promise<unknown>, string]>([
  ['aborted', () => t.releases.decide('one', decision({ kind: 'abort', askKey: undefined })), 'aborted'],
  ['rescued', () => t.releases.markForRescue('one', 'ABORTED'), 'failed'],
])('what was %s before its start never starts, and ends as if it had not begun', async (_, meanwhile, outcome) => {
  await meanwhile();
  expect(await start()).toEqual({ kind: 'stopped' });
  expect(deploys()).toBe(0);
  expect(await t.askBefore('one')).toMatchObject({ kind: 'ended', outcome });
});

describe('run twice at once', () => {
  const theirs = () => ({ arn: 'arn:deployment/theirs', revisionId: 'theirs', taskDefinitionArn: 'theirs', createdAtMs: t.clock.nowMs(), status: 'IN_PROGRESS', weightPercent: 0, hooks: [] });

  it.each<[string, () => Promise<unknown>]>([
    ['a stop', () => t.releases.decide('one', decision({ kind: 'abort', askKey: undefined }))],
    ["somebody else's deployment", async () => t.ecs.deployments.unshift(theirs())],
  ])('after %s the one that comes second finds the intention taken back, which is no fault', async (_, meanwhile) => {
    await meanwhile();
    await start();
    expect(await start()).toEqual({ kind: 'stopped' });
    expect(deploys()).toBe(0);
  });

  it('the one that must not start leaves alone what the other has started meanwhile', async () => {
    const { deployments: list } = t.ecs.services;
    let other: unknown;
    t.ecs.services.deployments = async () => {
      // The first one's look; by the time it is answered the world has moved on.
      t.ecs.services.deployments = list;
      other = await start();
      const { arn, revisionId, status, createdAtMs } = theirs();
      return [{ arn, targetRevisionArn: `arn:rev/${revisionId}`, status, createdAtMs }];
    };
    await expect(start()).rejects.toMatchObject({ name: 'Transient' });
    expect(other).toMatchObject({ kind: 'started' });
    expect((await t.stage('one')).deployment).toMatchObject({ revisionId: '1000' });
    expect(await start()).toMatchObject({ kind: 'started' });
    expect(deploys()).toBe(1);
  });
});

it('what was aborted after its start is not thought of as never begun', async () => {
  await killedAfterDeploy();
  await t.releases.decide('one', decision({ kind: 'abort', askKey: undefined }));
  expect(await t.askBefore('one')).toMatchObject({ kind: 'go' });
  expect(await start()).toMatchObject({ kind: 'started' });
  expect(await t.look('one')).toMatchObject({ kind: 'rollBack' });
});

it('a retry at any write starts one deployment and records it', async () => {
  for (const [index, operation] of (['PutItem', 'PutItem', 'PutItem', 'UpdateItem'] as const).entries()) {
    t.loseAnswerOf(operation, operation === 'PutItem' ? index + 1 : 1);
    await start().catch(() => undefined);
    t.disarm();
    await t.wait(31_000);
  }
  await start();
  expect(deploys()).toBe(1);
  expect((await t.stage('one')).deployment).toMatchObject({ revisionId: '1000' });
});

describe('registering', () => {
  it('a deployment of the same task definition that was there before is not ours', async () => {
    await t.begin('two');
    await t.functions.preflight(t.at('two'));
    const { taskDefinitionArn } = await t.functions.register(t.at('two'));
    const loaded = (await t.releases.load('two'))!;
    const stage = loaded.stages[0]!;
    t.ecs.deployments.unshift({ arn: 'arn:deployment/before', revisionId: '999', taskDefinitionArn, createdAtMs: t.clock.nowMs(), status: 'SUCCESSFUL', weightPercent: 100, hooks: [] });
    await t.releases.saveStage('two', { ...stage, found: { ...stage.found!, newestDeploymentAtMs: t.clock.nowMs() } }, loaded.stageVersions[0]!);
    await t.wait(1000);
    await t.functions.start(t.at('two'));
    expect(t.ecs.calls.filter((call) => call === 'deploy')).not.toEqual([]);
    expect((await t.releases.load('two'))!.stages[0]!.deployment?.revisionId).not.toBe('999');
  });

  it('does not take a copy of what the service ran before somebody changed it', async () => {
    await t.begin('two');
    await t.functions.preflight(t.at('two'));
    const before = await t.functions.register(t.at('two'));
    const { stage, version } = await (async () => { const loaded = (await t.releases.load('two'))!; return { stage: loaded.stages[0]!, version: loaded.stageVersions[0]! }; })();
    const theirs = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/checkout:99';
    t.ecs.taskDefinitions.set(theirs, { taskDefinition: { family: 'checkout', cpu: '1024', containerDefinitions: [{ name: 'app', image: 'x' }] }, tags: [] });
    await t.releases.saveStage('two', { ...stage, deployment: undefined, found: { ...stage.found!, taskDefinitionArn: theirs } }, version);
    const after = await t.functions.register(t.at('two'));
    expect(after.taskDefinitionArn).not.toBe(before.taskDefinitionArn);
    expect(t.ecs.taskDefinitions.get(after.taskDefinitionArn)).toMatchObject({ taskDefinition: { cpu: '1024' } });
  });

  it('twice registers once, also after a death in between', async () => {
    await t.begin('two');
    await t.functions.preflight(t.at('two'));
    t.ecs.after = () => {
      throw new Killed();
    };
    await expect(t.functions.register(t.at('two'))).rejects.toThrow(Killed);
    t.ecs.after = () => undefined;
    const { taskDefinitionArn } = await t.functions.register(t.at('two'));
    expect(await t.functions.register(t.at('two'))).toEqual({ taskDefinitionArn });
    expect(t.ecs.calls.filter((call) => call === 'register')).toHaveLength(2); // One for each release.
    expect(t.ecs.taskDefinitions.get(taskDefinitionArn)).toMatchObject({ taskDefinition: { containerDefinitions: [{ image: expect.stringMatching(/@sha256:/) as string }] }, tags: [{ key: 'slipway:release', value: expect.stringMatching(/^two\/0\/checkout:\d+$/) as string }] });
  });
});

describe('preflight', () => {
  it('looks anew after people were waited for, as long as nothing was changed', async () => {
    await t.begin('two');
    await t.functions.preflight(t.at('two'));
    t.ecs.taskDefinitionArn = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/checkout:99';
    t.ecs.taskDefinitions.set(t.ecs.taskDefinitionArn, { taskDefinition: { family: 'checkout', containerDefinitions: [{ name: 'app', image: 'theirs' }] }, tags: [] });
    t.ecs.configuration = { ...t.ecs.configuration, maximumPercent: 150 };
    await t.functions.preflight(t.at('two'));
    expect((await t.stage('two')).found).toMatchObject({ taskDefinitionArn: t.ecs.taskDefinitionArn, deploymentConfiguration: { maximumPercent: 150 } });
    t.ecs.alarmStates.set('checkout-5xx', 'ALARM');
    expect(await t.functions.preflight(t.at('two'))).toMatchObject({ kind: 'ended', outcome: 'refused' });
  });

  it('does not look at a service that carries our own deployment', async () => {
    await start();
    t.ecs.alarmStates.set('checkout-5xx', 'ALARM');
    expect(await t.functions.preflight(t.at('one'))).toEqual({ kind: 'fit' });
    expect((await t.stage('one')).found).toMatchObject({ deploymentConfiguration: { strategy: 'ROLLING' } });
  });

  it('ends a stage that already runs the image', async () => {
    await t.begin('two');
    const { image } = await t.release('two');
    t.ecs.taskDefinitions.get(t.ecs.taskDefinitionArn)!.taskDefinition = { family: 'checkout', containerDefinitions: [{ name: 'app', image: `${image.registry}/${image.repository}@${image.digest}` }] };
    expect(await t.functions.preflight(t.at('two'))).toEqual({ kind: 'ended', outcome: 'unchanged', reason: `prod/checkout already runs ${image.digest}` });
  });
});
