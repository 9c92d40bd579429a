// Against the model of ECS: a release's configuration goes in, and the service stands as before when it is put back.
import { ECSClient } from '@aws-sdk/client-ecs';
import { Scene } from '../../local-cloud/ecs/testing/scene.ts';
import { operator } from '../../local-cloud/testing/kernel.ts';
import { createDispatcher, inProcessRequestHandler, Routes } from '../../local-cloud/wire/index.ts';
import { deploymentConfigurationFor, putBackConfiguration, type DeploymentConfiguration } from '../../core/plan/deployment-configuration.ts';
import { stageSpec } from '../../core/testing/samples.ts';
import { ownDeployment } from '../observe.ts';
import { servicesIn, viewOf, type Services } from './services.ts';

const service = { cluster: 'prod', name: 'web' };
const strategy = { kind: 'canary' as const, steps: [{ weightPercent: 25, bake: { forMs: 600_000, requests: undefined }, approval: undefined }] as [never], bakeAfterMs: 60_000 };
const stage = stageSpec({ strategy, alarms: ['web-5xx'] });

let scene: Scene;
let services: Services;
beforeEach(async () => {
  scene = new Scene();
  await scene.settled();
  scene.alarms.set('web-5xx', 'OK');
  const { t } = scene;
  const dispatch = createDispatcher({
    authenticate: () => operator,
    call: (_caller, signingName, operation, input) => t.call(signingName, operation, input),
    newRequestId: () => 'r',
    functionUrls: {} as never,
    routes: new Routes(),
    notModelled: (error) => t.crashes.push(error),
    crash: (error) => t.crashes.push(error),
  });
  services = servicesIn(new ECSClient({ region: 'eu-west-1', endpoint: 'http://cloud.local', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, requestHandler: inProcessRequestHandler(dispatch) as never, maxAttempts: 1 }));
});

async function rollOut(found: DeploymentConfiguration): Promise<{ arn: string; revisionId: string | undefined }> {
  const revisionId = await services.deploy(service, await scene.register('two'), deploymentConfigurationFor(stage, found, []));
  return { arn: ownDeployment(await services.deployments(service), revisionId)?.arn ?? '', revisionId };
}

it('a canary stops where its pauses are, is let on, and finishes; then the service stands as it was found', async () => {
  const found = (await services.describe(service))?.deploymentConfiguration ?? {};
  const { arn } = await rollOut(found);
  const weights: number[] = [];
  for (let pause = 0; pause < 3; pause++) {
    const hookId = await scene.untilPaused();
    const view = viewOf((await services.deployment(arn))!);
    expect(view).toMatchObject({ arn, status: 'IN_PROGRESS', pauses: [{ hookId }] });
    weights.push(view.weightPercent);
    expect(await services.answerPause(arn, hookId, 'CONTINUE')).toBe('done');
    expect(await services.answerPause(arn, hookId, 'CONTINUE')).toBe('gone');
  }
  expect(weights).toEqual([0, 25, 100]);
  await scene.untilStatus('SUCCESSFUL');
  expect(await services.answerPause(arn, 'ecs-pause-x', 'ROLLBACK')).toBe('gone');
  expect(await services.stopWithRollback(arn)).toBe('gone');

  const listed = await services.deployments(service);
  await services.configure(service, putBackConfiguration(found));
  expect((await services.describe(service))?.deploymentConfiguration).toMatchObject({ ...found, lifecycleHooks: [], alarms: { enable: false } });
  expect(await services.deployments(service)).toEqual(listed);

  // The next deployment of the team meets no pause of ours.
  await scene.deploy('three');
  await scene.untilStatus('SUCCESSFUL');
  expect((await scene.deployment()).lifecycleHookDetails ?? []).toEqual([]);
});

it('a pause that is answered with ROLLBACK ends with the old revision', async () => {
  const { arn, revisionId } = await rollOut({});
  expect(revisionId).toMatch(/^\d{19}$/);
  const hookId = await scene.untilPaused();
  expect(await services.answerPause(arn, hookId, 'ROLLBACK')).toBe('done');
  await scene.untilStatus('ROLLBACK_SUCCESSFUL');
});

it('a service that is not there is undefined', async () => {
  expect(await services.describe({ cluster: 'prod', name: 'nobody' })).toBeUndefined();
  expect(await services.describe({ cluster: 'nowhere', name: 'web' })).toBeUndefined();
});
