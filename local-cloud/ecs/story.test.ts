// Each strategy from UpdateService to its end, on a virtual clock.
import type { ServiceRevision } from '@aws-sdk/client-ecs';
import { Scene, blueGroup, greenGroup, infraRole, pause, productionRule, testRule } from './testing/scene.ts';

const canary = { strategy: 'CANARY' as const, canaryConfiguration: { canaryPercent: 5, canaryBakeTimeInMinutes: 0 } };

/** The stages a deployment shows, in order, without repeats, answering every pause with CONTINUE. */
async function stagesOf(scene: Scene): Promise<string[]> {
  const stages: string[] = [];
  await scene.until((deployment) => {
    const stage = deployment.lifecycleStage;
    if (stage && stages.at(-1) !== stage) stages.push(stage);
    const hook = deployment.lifecycleHookDetails?.find((candidate) => candidate.status === 'AWAITING_ACTION');
    if (hook) void scene.call('ContinueServiceDeployment', { serviceDeploymentArn: deployment.serviceDeploymentArn, hookId: hook.hookId });
    return deployment.status === 'SUCCESSFUL';
  });
  return stages;
}

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

  it('reports no weights, and its stages only under the switch', async () => {
    const reported = new Scene({ physics: { schedulerTickMs: 1000 } });
    await reported.settled({ balanced: false, deploymentConfiguration: { bakeTimeInMinutes: 1, lifecycleHooks: [pause(['PRE_SCALE_UP', 'POST_SCALE_UP'], { action: 'CONTINUE', timeoutInMinutes: 1 })] } });
    await reported.deploy('two');
    expect(await stagesOf(reported)).toEqual(['PRE_SCALE_UP', 'SCALE_UP', 'POST_SCALE_UP', 'BAKE_TIME', 'CLEAN_UP']);
    expect((await reported.deployment()).targetServiceRevision).not.toHaveProperty('requestedProductionTrafficWeight');

    const silent = new Scene({ switches: { rollingLifecycleStages: 'absent' } });
    await silent.settled({ balanced: false });
    await silent.deploy('two');
    expect(await stagesOf(silent)).toEqual([]);
  });

  it('is SUCCESSFUL while old targets still drain, and COMPLETED only after', async () => {
    const scene = new Scene();
    await scene.settled({ service: {} });
    await scene.deploy('two');
    await scene.untilStatus('SUCCESSFUL');
    const early = await scene.service();
    expect(early.deployments?.map(({ rolloutState }) => rolloutState)).toEqual(['IN_PROGRESS', 'COMPLETED']);
    await scene.untilSteady();
    expect((await scene.service()).events?.map(({ message }) => message)[0]).toBe('(service web) has reached a steady state.');
  });

  it('says in the event list when its window leaves no move', async () => {
    const scene = new Scene();
    await scene.settled({ balanced: false, deploymentConfiguration: { minimumHealthyPercent: 75, maximumPercent: 100 } });
    await scene.deploy('two');
    await scene.t.clock.advance(120_000);
    expect((await scene.deployment()).status).toBe('IN_PROGRESS');
    expect((await scene.service()).events?.[0]?.message).toMatch(/unable to stop or start tasks during a deployment because of the service deployment configuration/);
  });

  it('applies a change of the desired count to both sides', async () => {
    const scene = new Scene();
    scene.behaviours.set('two', { pullMs: 600_000, startMs: 0, stopMs: 0 });
    await scene.settled({ balanced: false });
    await scene.deploy('two');
    await scene.until((deployment) => (deployment.targetServiceRevision?.pendingTaskCount ?? 0) === 2);
    await scene.update({ desiredCount: 3 });
    await scene.t.clock.advance(120_000);
    const deployment = await scene.deployment();
    expect(deployment.sourceServiceRevisions?.[0]?.runningTaskCount).toBe(3);
    expect(deployment.targetServiceRevision?.requestedTaskCount).toBe(3);
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

  it('moves the rules as the infrastructure role', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: canary });
    await scene.deploy('two');
    await scene.untilStatus('SUCCESSFUL');
    const callers = scene.t.calls.filter((call) => call.signingName === 'elasticloadbalancing').map(({ caller }) => (caller.kind === 'role' ? caller.roleArn : caller.kind));
    expect(new Set(callers)).toEqual(new Set([infraRole]));
  });

  it('alternates the target groups, and the revision tells which one is live', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: canary });
    const liveGroups: (string | undefined)[] = [];
    for (const image of ['two', 'three', 'four']) {
      await scene.deploy(image);
      const { targetServiceRevision } = await scene.untilStatus('SUCCESSFUL');
      const output = await scene.call<{ serviceRevisions: ServiceRevision[] }>('DescribeServiceRevisions', { serviceRevisionArns: [targetServiceRevision!.arn] });
      liveGroups.push(output.serviceRevisions[0]?.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn);
      await scene.untilSteady();
    }
    expect(liveGroups).toEqual([greenGroup, blueGroup, greenGroup]);
    expect(scene.weightsOf(greenGroup)).toEqual([5, 100, 95, 0, 5, 100]);
    expect((await scene.service()).loadBalancers?.[0]?.targetGroupArn).toBe(blueGroup);
  });

  it('keeps the weights it ended with, whatever later deployments do', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: canary });
    await scene.deploy('two');
    await scene.untilStatus('SUCCESSFUL');
    await scene.deploy('three');
    await scene.untilStatus('SUCCESSFUL');
    const [, second] = await scene.deployments();
    expect(second?.targetServiceRevision?.requestedProductionTrafficWeight).toBe(100);
    expect(second?.sourceServiceRevisions?.[0]?.requestedProductionTrafficWeight).toBe(0);
  });
});

describe('LINEAR', () => {
  it('pauses before every step, each time with another hook id', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: { strategy: 'LINEAR', linearConfiguration: { stepPercent: 20, stepBakeTimeInMinutes: 0 } } });
    await scene.deploy('two', { deploymentConfiguration: { lifecycleHooks: [pause(['PRE_PRODUCTION_TRAFFIC_SHIFT'])] } });
    const ids = new Set<string>();
    const seen: number[] = [];
    for (let step = 0; step < 5; step++) {
      const id = await scene.untilPaused();
      ids.add(id);
      seen.push((await scene.deployment()).targetServiceRevision!.requestedProductionTrafficWeight!);
      await scene.answer(id);
    }
    await scene.untilStatus('SUCCESSFUL');
    expect(ids.size).toBe(5);
    expect(seen).toEqual([0, 20, 40, 60, 80]);
    expect(scene.weightsOf(greenGroup)).toEqual([20, 40, 60, 80, 100]);
  });

  it.each(['afterPreviousBake', 'beforePreviousBake'] as const)('raises the next PRE_PRODUCTION hook %s', async (preProductionHook) => {
    const scene = new Scene({ switches: { preProductionHook } });
    await scene.settled({ deploymentConfiguration: { strategy: 'LINEAR', linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 30 } } });
    await scene.deploy('two', { deploymentConfiguration: { lifecycleHooks: [pause(['PRE_PRODUCTION_TRAFFIC_SHIFT'])] } });
    await scene.answer(await scene.untilPaused());
    await scene.until((deployment) => deployment.targetServiceRevision?.requestedProductionTrafficWeight === 50);
    const shiftedAtMs = scene.t.clock.nowMs();
    const second = await scene.untilPaused();
    const pausedAfterMinutes = (scene.t.clock.nowMs() - shiftedAtMs) / 60_000;
    await scene.answer(second);
    await scene.until((deployment) => deployment.targetServiceRevision?.requestedProductionTrafficWeight === 100);
    expect((scene.t.clock.nowMs() - shiftedAtMs) / 60_000).toBeGreaterThan(29);
    if (preProductionHook === 'afterPreviousBake') expect(pausedAfterMinutes).toBeGreaterThan(29);
    else expect(pausedAfterMinutes).toBeLessThan(1);
  });

  it.each(['PRE_PRODUCTION_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT', 'POST_TEST_TRAFFIC_SHIFT'] as const)('shows %s while it waits before a shift, when told so', async (shown) => {
    const scene = new Scene({ switches: { lifecycleStageWhilePausedBeforeShift: shown } });
    await scene.settled({ deploymentConfiguration: canary });
    await scene.deploy('two', { deploymentConfiguration: { lifecycleHooks: [pause(['PRE_PRODUCTION_TRAFFIC_SHIFT'])] } });
    await scene.untilPaused();
    expect((await scene.deployment()).lifecycleStage).toBe(shown);
  });
});

describe('BLUE_GREEN', () => {
  const everywhere = ['PRE_SCALE_UP', 'POST_SCALE_UP', 'POST_TEST_TRAFFIC_SHIFT', 'PRE_PRODUCTION_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT'];

  it('visits every stage in order', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5 } });
    await scene.deploy('two', { deploymentConfiguration: { lifecycleHooks: [pause(everywhere)] } });
    expect(await stagesOf(scene)).toEqual([
      'PRE_SCALE_UP', 'SCALE_UP', 'POST_SCALE_UP', 'TEST_TRAFFIC_SHIFT', 'POST_TEST_TRAFFIC_SHIFT', 'PRE_PRODUCTION_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT',
      'POST_PRODUCTION_TRAFFIC_SHIFT', 'BAKE_TIME', 'CLEAN_UP',
    ]);
    expect(scene.weightsOf(greenGroup)).toEqual([100]);
  });

  it('runs both fleets at full size until the bake is over', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 60 } });
    await scene.deploy('two');
    const baking = await scene.until((deployment) => deployment.lifecycleStage === 'BAKE_TIME');
    expect(baking.sourceServiceRevisions?.[0]?.runningTaskCount).toBe(2);
    expect(baking.targetServiceRevision?.runningTaskCount).toBe(2);
    const fromMs = scene.t.clock.nowMs();
    await scene.untilStatus('SUCCESSFUL');
    expect(scene.t.clock.nowMs() - fromMs).toBeGreaterThanOrEqual(59 * 60_000);
  });

  it('fires pauses on the first deployment too, which takes all traffic at once', async () => {
    const scene = new Scene();
    await scene.create({ deploymentConfiguration: { ...canary, lifecycleHooks: [pause(['PRE_PRODUCTION_TRAFFIC_SHIFT'])] } });
    await scene.answer(await scene.untilPaused());
    await scene.untilStatus('SUCCESSFUL');
    expect(scene.weightsOf(blueGroup)).toEqual([100]);
  });

  it('adds ten minutes to a shift behind a Network Load Balancer and edits the listener', async () => {
    const listener = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/net/lb/1/2';
    const scene = new Scene();
    scene.elb.addRule(listener, { [blueGroup]: 1 });
    await scene.settled({ deploymentConfiguration: { strategy: 'BLUE_GREEN' } });
    const balancer = { targetGroupArn: blueGroup, containerName: 'app', containerPort: 8080, advancedConfiguration: { alternateTargetGroupArn: greenGroup, productionListenerRule: listener, roleArn: infraRole } };
    await scene.update({ loadBalancers: [balancer] });
    await scene.until((deployment) => deployment.lifecycleStage === 'PRODUCTION_TRAFFIC_SHIFT');
    const fromMs = scene.t.clock.nowMs();
    await scene.until((deployment) => deployment.lifecycleStage !== 'PRODUCTION_TRAFFIC_SHIFT');
    expect(scene.t.clock.nowMs() - fromMs).toBeGreaterThanOrEqual(600_000);
    expect(scene.weightsOf(greenGroup, listener)).toEqual([100]);
  });

  it('works without a load balancer', async () => {
    const scene = new Scene();
    await scene.settled({ balanced: false, deploymentConfiguration: { strategy: 'BLUE_GREEN' } });
    await scene.deploy('two');
    await scene.untilStatus('SUCCESSFUL');
    await scene.untilSteady();
    expect((await scene.service()).taskDefinition).toMatch(/web:2$/);
  });
});
