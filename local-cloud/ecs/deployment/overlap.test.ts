// Deployments that are stopped by a person or overtaken by the next one.
import { Scene, blueGroup, greenGroup, pause, productionRule } from '../testing/scene.ts';

const blueGreen = { strategy: 'BLUE_GREEN' as const };
const stop = async (scene: Scene) => scene.call('StopServiceDeployment', { serviceDeploymentArn: (await scene.deployment()).serviceDeploymentArn, stopType: 'ROLLBACK' });

describe('StopServiceDeployment', () => {
  it('rolls back from every stage, also out of a pause and without any rollback configured', async () => {
    for (const stage of ['PRE_SCALE_UP', 'POST_SCALE_UP', 'POST_TEST_TRAFFIC_SHIFT', 'PRE_PRODUCTION_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT']) {
      const scene = new Scene();
      await scene.settled({ deploymentConfiguration: blueGreen });
      await scene.deploy('two', { deploymentConfiguration: { lifecycleHooks: [pause([stage])] } });
      const hookId = await scene.untilPaused();
      await stop(scene);
      expect((await scene.deployment()).status).toBe('ROLLBACK_REQUESTED');
      await expect(scene.answer(hookId)).rejects.toThrow('Provided hookId is either completed, unavailable');
      await scene.untilStatus('ROLLBACK_IN_PROGRESS');
      await stop(scene);
      const ended = await scene.untilStatus('ROLLBACK_SUCCESSFUL');
      expect(ended.lifecycleHookDetails).toEqual([]);
      await scene.untilSteady();
      expect(scene.elb.rules.get(productionRule)?.[greenGroup]).toBe(0);
      expect((await scene.service()).runningCount).toBe(2);
      await expect(stop(scene)).rejects.toMatchObject({ code: 'ConflictException' });
    }
  });

  it('in CLEAN_UP comes too late: the deployment ends SUCCESSFUL', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: blueGreen });
    await scene.deploy('two');
    await scene.until((deployment) => deployment.lifecycleStage === 'CLEAN_UP');
    await stop(scene);
    expect((await scene.deployment()).status).toBe('ROLLBACK_REQUESTED');
    await scene.untilStatus('SUCCESSFUL');
  });

  it('rolls a half-done rolling deployment back to its old tasks', async () => {
    const scene = new Scene();
    await scene.settled({ balanced: false, desiredCount: 4, deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 } });
    await scene.deploy('two');
    await scene.until((deployment) => deployment.targetServiceRevision?.runningTaskCount === 2);
    await stop(scene);
    await scene.untilStatus('ROLLBACK_SUCCESSFUL');
    await scene.untilSteady();
    const service = await scene.service();
    expect(service.taskDefinition).toMatch(/web:1$/);
    expect(service.runningCount).toBe(4);
  });

  it.each(['emitted', 'absent'] as const)('has a FAILED event that is %s', async (failedEventOnRollback) => {
    const scene = new Scene({ switches: { failedEventOnRollback } });
    await scene.settled({ deploymentConfiguration: blueGreen });
    await scene.deploy('two');
    await scene.until((deployment) => deployment.lifecycleStage === 'SCALE_UP');
    await stop(scene);
    await scene.untilStatus('ROLLBACK_SUCCESSFUL');
    const names = scene.deploymentEvents().map(([name]) => name);
    expect(names.includes('SERVICE_DEPLOYMENT_FAILED')).toBe(failedEventOnRollback === 'emitted');
  });
});

describe('a newer UpdateService', () => {
  it('stops the running deployment, voids its hook ids, and reconciles before it goes on', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 0 } } });
    await scene.deploy('two', { deploymentConfiguration: { lifecycleHooks: [pause(['PRE_PRODUCTION_TRAFFIC_SHIFT'])] } });
    await scene.answer(await scene.untilPaused());
    const hookId = await scene.untilPaused();
    const overtaken = (await scene.deployment()).serviceDeploymentArn!;
    await scene.deploy('three', { deploymentConfiguration: { lifecycleHooks: [] } });
    expect((await scene.deployments()).map(({ status }) => status).slice(0, 2)).toEqual(['PENDING', 'STOP_REQUESTED']);
    await expect(scene.call('ContinueServiceDeployment', { serviceDeploymentArn: overtaken, hookId })).rejects.toThrow('Provided hookId');
    const stages = new Set<string>();
    await scene.until((deployment) => {
      if (deployment.lifecycleStage) stages.add(deployment.lifecycleStage);
      return deployment.status === 'SUCCESSFUL';
    });
    expect([...stages][0]).toBe('RECONCILE_SERVICE');
    expect((await scene.deployments()).map(({ status }) => status)).toEqual(['SUCCESSFUL', 'STOPPED', 'SUCCESSFUL']);
    await scene.untilSteady();
    expect(scene.weightsOf(greenGroup)).toEqual([10, 0, 10, 100]);
    expect((await scene.service()).taskDefinition).toMatch(/web:3$/);
    expect([...scene.elb.groups.get(blueGroup)!.keys()]).toEqual([]);
    expect(scene.elb.groups.get(greenGroup)!.size).toBe(2);
    expect(scene.t.crashes).toEqual([]);
  });

  it('overtakes a rolling deployment, whose tasks go with the rest', async () => {
    const scene = new Scene();
    scene.behaviours.set('two', { pullMs: 1000, startMs: 1000, stopMs: 1000, crashAfterMs: 100 });
    await scene.settled({ balanced: false });
    await scene.deploy('two');
    await scene.t.clock.advance(60_000);
    await scene.deploy('three');
    await scene.untilStatus('SUCCESSFUL');
    await scene.untilSteady();
    expect((await scene.service()).taskDefinition).toMatch(/web:3$/);
    expect((await scene.deployments()).map(({ status }) => status)).toEqual(['SUCCESSFUL', 'STOPPED', 'SUCCESSFUL']);
  });

  it.each(['refused', 'accepted'] as const)('during a rollback is %s', async (updateDuringRollback) => {
    const scene = new Scene({ switches: { updateDuringRollback } });
    await scene.settled({ deploymentConfiguration: blueGreen });
    await scene.deploy('two', { deploymentConfiguration: { lifecycleHooks: [pause(['POST_PRODUCTION_TRAFFIC_SHIFT'])] } });
    await scene.untilPaused();
    await stop(scene);
    await scene.untilStatus('ROLLBACK_IN_PROGRESS');
    const update = scene.deploy('three', { deploymentConfiguration: { lifecycleHooks: [] } });
    if (updateDuringRollback === 'refused') return expect(update).rejects.toMatchObject({ code: 'InvalidParameterException' });
    await update;
    await scene.untilStatus('SUCCESSFUL');
    await scene.untilSteady();
    expect((await scene.service()).taskDefinition).toMatch(/web:3$/);
    expect((await scene.deployments())[1]?.status).toBe('STOPPED');
  });

  it('after a rollback goes on from the revision that was restored', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: blueGreen });
    await scene.deploy('two');
    await scene.until((deployment) => deployment.lifecycleStage === 'POST_PRODUCTION_TRAFFIC_SHIFT' || deployment.lifecycleStage === 'BAKE_TIME' || deployment.lifecycleStage === 'PRODUCTION_TRAFFIC_SHIFT');
    await stop(scene);
    await scene.untilStatus('ROLLBACK_SUCCESSFUL');
    await scene.untilSteady();
    await scene.deploy('three');
    await scene.untilStatus('SUCCESSFUL');
    await scene.untilSteady();
    expect(scene.elb.rules.get(productionRule)).toEqual({ [greenGroup]: 100, [blueGroup]: 0 });
  });
});
