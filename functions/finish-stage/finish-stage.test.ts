import { serviceArnOf } from '../../core/arn.ts';
import { pipeline, stageSpec } from '../../core/testing/samples.ts';
import { PLACE } from '../testing/fakes.ts';
import { theatre, type Theatre } from '../testing/stage.ts';

let t: Theatre;
const two = pipeline({ stages: [stageSpec({ name: 'staging', service: { cluster: 'staging', name: 'checkout', container: 'app' } }), stageSpec()] });
const SERVICE = serviceArnOf(PLACE, { cluster: 'staging', name: 'checkout' });
beforeEach(async () => {
  t = await theatre();
  await t.begin('one', { pipeline: two });
  await t.rollOut('one');
  t.ecs.newest.status = 'SUCCESSFUL';
});
afterEach(() => t.close());

const finish = (more: object = {}) => t.functions.finishStage({ ...t.at('one'), outcome: 'succeeded', reason: 'ECS finished', ...more });

it('leaves no trace: configuration, watches, lease', async () => {
  expect(t.ecs.configuration.lifecycleHooks).toHaveLength(2);
  expect(await finish()).toMatchObject({ goesOn: true, notice: { attributes: { kind: 'stageEnded', outcome: 'succeeded', stage: 'staging' } } });
  expect(t.ecs.configuration).toMatchObject({ strategy: 'ROLLING', maximumPercent: 200, minimumHealthyPercent: 100, lifecycleHooks: [], alarms: { enable: false } });
  expect(await t.watches.of(SERVICE)).toEqual([]);
  expect(await t.leases.holder(SERVICE)).toBeUndefined();
  expect(await t.release('one')).toMatchObject({ stageIndex: 1 });
});

it('twice is once, with the same words', async () => {
  const first = await finish();
  expect(await finish()).toEqual(first);
  expect(await finish({ outcome: 'failed', reason: 'second thoughts' })).toEqual(first);
  expect(t.ecs.calls.filter((call) => call === 'configure')).toHaveLength(1);
  expect((await t.story('one')).filter((key) => key === 'stage.0.ended')).toHaveLength(1);
});

it('after it was given away, the service is somebody else’s: its configuration is not touched again', async () => {
  await finish();
  await t.begin('two', { pipeline: two, pushedAtMs: t.clock.nowMs() + 1 });
  await t.rollOut('two');
  const theirs = t.ecs.configuration;
  await finish();
  expect(t.ecs.configuration).toBe(theirs);
  expect(await t.leases.holder(SERVICE)).toMatchObject({ releaseId: 'two' });
});

it('dies at any write and is finished by the retry', async () => {
  for (const operation of ['PutItem', 'UpdateItem', 'DeleteItem', 'GetItem']) {
    for (const nth of [1, 2, 3]) {
      t.loseAnswerOf(operation, nth);
      await finish().catch(() => undefined);
      t.disarm();
    }
  }
  expect(await finish()).toMatchObject({ goesOn: true });
  expect([await t.watches.of(SERVICE), await t.leases.holder(SERVICE)]).toEqual([[], undefined]);
  expect(t.ecs.configuration).toMatchObject({ lifecycleHooks: [] });
});

it.each([['DeleteItem', 1], ['DeleteItem', 2], ['DeleteItem', 3], ['Query', 3], ['UpdateItem', 1]])('is finished by whoever takes over from a run that died before %s %s', async (operation, nth) => {
  t.lose(operation, nth);
  await expect(finish()).rejects.toThrow('connection was lost');
  expect(await t.release('one')).toMatchObject({ stageIndex: 0 });
  expect(await t.functions.takeService(t.at('one'))).toMatchObject({ kind: 'ended', outcome: 'succeeded' });
  await finish();
  expect([await t.watches.of(SERVICE), await t.leases.holder(SERVICE)]).toEqual([[], undefined]);
  expect(await t.release('one')).toMatchObject({ stageIndex: 1 });
});

it('a configuration that cannot be put back is said, with the command, and said again by the retry', async () => {
  t.ecs.services.configure = async () => Promise.reject(Object.assign(new Error('service was deleted'), { name: 'ServiceNotActiveException' }));
  const first = await finish();
  expect(first.notice.message).toContain("aws ecs update-service --cluster staging --service checkout --deployment-configuration '{");
  expect(await finish()).toEqual(first);
  expect((await t.stage('one')).reason).toContain('could not be put back (service was deleted)');
});

it('a fault that may pass is not taken for one that stays', async () => {
  t.ecs.services.configure = async () => Promise.reject(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));
  await expect(finish()).rejects.toMatchObject({ name: 'ThrottlingException' });
  expect(await t.leases.holder(SERVICE)).toMatchObject({ releaseId: 'one' });
});

it.each([
  ['succeeded', true],
  ['unchanged', true],
  ['rolledBack', false],
  ['superseded', false],
  ['failed', false],
])('%s: goes on %s', async (outcome, goesOn) => {
  expect(await finish({ outcome })).toMatchObject({ goesOn });
  expect((await t.release('one')).stageIndex).toBe(goesOn ? 1 : 0);
});

it('a stage that changed nothing puts nothing back', async () => {
  await t.begin('two', { pipeline: two, pushedAtMs: t.clock.nowMs() + 1 });
  await t.functions.finishStage({ ...t.at('two'), outcome: 'superseded', reason: 'x' });
  expect(t.ecs.calls).not.toContain('configure');
  expect(await t.leases.holder(SERVICE)).toMatchObject({ releaseId: 'one' });
});

it('the release ends once, as its stages did', async () => {
  await finish({ outcome: 'rolledBack', reason: 'alarm x' });
  const first = await t.functions.finish({ releaseId: 'one' });
  expect(first).toMatchObject({ outcome: 'rolledBack', reason: 'alarm x', notice: { attributes: { kind: 'releaseEnded', outcome: 'rolledBack' } } });
  await t.wait(5000);
  expect(await t.functions.finish({ releaseId: 'one' })).toEqual(first);
  expect(await t.release('one')).toMatchObject({ status: 'ended', endedAtMs: t.clock.nowMs() - 5000 });
});
