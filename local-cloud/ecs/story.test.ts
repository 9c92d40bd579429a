// Each strategy from UpdateService to its end, on a virtual clock.
import { Scene, blueGroup, greenGroup, pause, productionRule, testRule } from './testing/scene.ts';

const canary = { strategy: 'CANARY' as const, canaryConfiguration: { canaryPercent: 5, canaryBakeTimeInMinutes: 0 } };

describe('ROLLING', () => {
  it('replaces the old tasks, never falls under the floor, and completes', async () => {
    const scene = new Scene();
    await scene.settled({ balanced: false });
    await scene.deploy('two');
    let fewest = Infinity;
    await scene.until((deployment) => {
      fewest = Math.min(fewest, [...(deployment.sourceServiceRevisions ?? []), deployment.targetServiceRevision!].reduce((sum, side) => sum + (side.runningTaskCount ?? 0), 0));
      return deployment.status === 'SUCCESSFUL';
    });
    expect(fewest).toBeGreaterThanOrEqual(2);
    await scene.untilSteady();
    const service = await scene.service();
    expect(service.taskDefinition).toMatch(/web:2$/);
    expect(service.deployments).toHaveLength(1);
    expect(scene.deploymentEvents().map(([name]) => name)).toEqual(['SERVICE_DEPLOYMENT_IN_PROGRESS', 'SERVICE_DEPLOYMENT_COMPLETED']);
    expect(scene.t.crashes).toEqual([]);
  });
});

describe('CANARY', () => {
  it('shifts 5 then 100 percent, pausing before each, and hands production to the other target group', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: { ...canary, lifecycleHooks: [] } });
    await scene.deploy('two', { deploymentConfiguration: { lifecycleHooks: [pause(['PRE_PRODUCTION_TRAFFIC_SHIFT'])] } });
    const first = await scene.untilPaused('PRE_PRODUCTION_TRAFFIC_SHIFT');
    expect(scene.elb.rules.get(productionRule)).toEqual({ [blueGroup]: 100, [greenGroup]: 0 });
    expect(scene.elb.rules.get(testRule)).toEqual({ [greenGroup]: 100, [blueGroup]: 0 });
    await scene.answer(first);
    const second = await scene.untilPaused('PRE_PRODUCTION_TRAFFIC_SHIFT');
    expect(second).not.toBe(first);
    expect((await scene.deployment()).targetServiceRevision?.requestedProductionTrafficWeight).toBe(5);
    await scene.answer(second);
    await scene.untilStatus('SUCCESSFUL');
    expect(scene.weightsOf(greenGroup)).toEqual([5, 100]);
    await scene.untilSteady();
    expect((await scene.service()).runningCount).toBe(2);
    expect(scene.t.crashes).toEqual([]);
  });
});
