// What a release finds on a service that another release has just left.
import { theatre, type Theatre } from '../testing/stage.ts';

let t: Theatre;
const OWN = { strategy: 'ROLLING', maximumPercent: 200, minimumHealthyPercent: 100 };

beforeEach(async () => {
  t = await theatre();
  await t.begin('one');
  await t.rollOut('one');
});
afterEach(() => t.close());

const found = async () => (await t.releases.load('two'))?.stages[0]?.found?.deploymentConfiguration;

async function endOne(): Promise<object> {
  const ours = structuredClone(t.ecs.configuration);
  t.ecs.newest.status = 'SUCCESSFUL';
  await t.functions.finishStage({ ...t.at('one'), outcome: 'succeeded', reason: 'x' });
  await t.functions.finish({ releaseId: 'one' });
  await t.begin('two', { pushedAtMs: t.clock.nowMs() + 1 });
  await t.functions.takeService(t.at('two'));
  return ours;
}

it('the service’s own configuration, although ECS still shows that of the release before', async () => {
  t.ecs.configuration = (await endOne()) as typeof t.ecs.configuration;
  await t.functions.preflight(t.at('two'));
  expect(await found()).toEqual(OWN);
});

it('what people have set since', async () => {
  await endOne();
  t.ecs.configuration = { ...OWN, maximumPercent: 150 };
  await t.functions.preflight(t.at('two'));
  expect(await found()).toMatchObject({ maximumPercent: 150 });
});

it('nothing, as long as ECS may not show what runs since the release before ended', async () => {
  const before = t.ecs.taskDefinitionArn;
  await endOne();
  const after = t.ecs.taskDefinitionArn;
  t.ecs.taskDefinitionArn = `${before}0`;
  await expect(t.functions.preflight(t.at('two'))).rejects.toMatchObject({ name: 'Transient' });
  expect(after).not.toBe(t.ecs.taskDefinitionArn);
  await t.clock.advance(30_000); // somebody else's, then
  await expect(t.functions.preflight(t.at('two'))).resolves.toMatchObject({ kind: 'ended' }); // the fake knows no such definition
});
