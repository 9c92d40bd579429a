// What makes a deployment fail by itself, and what becomes of it.
import { Scene, greenGroup, pause, productionRule } from '../testing/scene.ts';

const breaker = (more: object = {}) => ({ deploymentCircuitBreaker: { enable: true, rollback: true, ...more } });
const crashing = { pullMs: 1000, startMs: 1000, stopMs: 1000, crashAfterMs: 500 };
const blueGreen = { strategy: 'BLUE_GREEN' as const };
const alarms = (more: object = {}) => ({ alarms: { alarmNames: ['web-5xx', 'web-p99'], enable: true, rollback: true, ...more } });

describe('the circuit breaker', () => {
  it('rolls a crash loop back to the last revision that completed', async () => {
    const scene = new Scene();
    scene.behaviours.set('two', crashing);
    await scene.settled({ balanced: false, deploymentConfiguration: breaker() });
    const [before] = await scene.deployments();
    await scene.deploy('two');
    const ended = await scene.untilStatus('ROLLBACK_SUCCESSFUL');
    expect(ended.statusReason).toBe('Service deployment rolled back because the circuit breaker threshold was exceeded.');
    expect(ended.deploymentCircuitBreaker).toMatchObject({ status: 'TRIGGERED', threshold: 3 });
    expect(ended.rollback?.serviceRevisionArn).toBe(before?.targetServiceRevision?.arn);
    await scene.untilSteady();
    expect((await scene.service()).runningCount).toBe(2);
    expect((await scene.service()).taskDefinition).toMatch(/web:1$/);
    const numberOf = (arn: string | undefined) => `ecs-svc/${arn?.split('/').at(-1)}`;
    const source = numberOf(before?.targetServiceRevision?.arn);
    const target = numberOf(ended.targetServiceRevision?.arn);
    expect(scene.deploymentEvents()).toEqual([
      ['SERVICE_DEPLOYMENT_IN_PROGRESS', target, `ECS deployment ${target} in progress.`],
      ['SERVICE_DEPLOYMENT_FAILED', target, 'ECS deployment circuit breaker: tasks failed to start.'],
      ['SERVICE_DEPLOYMENT_IN_PROGRESS', source, `ECS deployment circuit breaker: rolling back to deploymentId ${source}.`],
      ['SERVICE_DEPLOYMENT_COMPLETED', source, `ECS deployment ${source} completed.`],
    ]);
  });

  it('without rollback stops the deployment and starts nothing more', async () => {
    const scene = new Scene();
    scene.behaviours.set('two', crashing);
    await scene.settled({ balanced: false, deploymentConfiguration: breaker({ rollback: false }) });
    await scene.deploy('two');
    const ended = await scene.untilStatus('STOPPED');
    expect(ended.stoppedAt).toBeDefined();
    scene.events.length = 0;
    await scene.t.clock.advance(3_600_000);
    expect(scene.events.filter((event) => event.detail.lastStatus === 'PROVISIONING')).toEqual([]);
    const service = await scene.service();
    expect(service.deployments?.[0]).toMatchObject({ status: 'PRIMARY', rolloutState: 'FAILED' });
    expect(service.runningCount).toBe(2);
  });

  it('acts on BLUE_GREEN too, and counts tasks that fail their target health checks', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: { ...blueGreen, ...breaker() } });
    scene.elb.sick = (group) => group === greenGroup;
    await scene.deploy('two');
    const ended = await scene.untilStatus('ROLLBACK_SUCCESSFUL');
    expect(ended.deploymentCircuitBreaker?.status).toBe('TRIGGERED');
    expect(scene.weightsOf(greenGroup)).toEqual([]);
    expect((await scene.service()).events?.some(({ message }) => message?.includes(`Task failed ELB health checks in (target-group ${greenGroup})`))).toBe(true);
  });

  it('counts an image that cannot be pulled', async () => {
    const scene = new Scene();
    scene.missingImages.add('two');
    await scene.settled({ balanced: false, deploymentConfiguration: breaker() });
    await scene.deploy('two');
    await scene.untilStatus('ROLLBACK_SUCCESSFUL');
    const stopped = scene.events.filter((event) => event.detail.stopCode === 'TaskFailedToStart' && event.detail.lastStatus === 'STOPPED');
    expect(stopped.length).toBeGreaterThanOrEqual(3);
    expect(stopped[0]?.detail.stoppedReason).toMatch(/^CannotPullContainerError: .*two: not found$/);
  });

  it('forgets failures at a healthy task, unless it is told to count them all', async () => {
    const outcomes: (number | undefined)[] = [];
    for (const resetOnHealthyTask of [true, false]) {
      const scene = new Scene();
      let started = 0;
      scene.behaviours.set('two', crashing);
      await scene.settled({ balanced: false, desiredCount: 1, deploymentConfiguration: breaker({ resetOnHealthyTask }) });
      await scene.deploy('two');
      const ended = await scene.until((deployment) => {
        started = scene.events.filter((event) => event.detail.lastStatus === 'PROVISIONING').length;
        if (started >= 3) scene.behaviours.delete('two');
        return deployment.status === 'SUCCESSFUL' || deployment.status === 'ROLLBACK_SUCCESSFUL';
      });
      outcomes.push(ended.deploymentCircuitBreaker?.failureCount);
    }
    expect(outcomes).toEqual([0, 2]);
  });

  it('that is off lets a crash loop go on, ever more slowly', async () => {
    const scene = new Scene();
    scene.behaviours.set('two', crashing);
    await scene.settled({ balanced: false });
    await scene.deploy('two');
    const startsIn = async (minutes: number) => {
      scene.events.length = 0;
      await scene.t.clock.advance(minutes * 60_000);
      return scene.events.filter((event) => event.detail.lastStatus === 'PROVISIONING').length;
    };
    const early = await startsIn(10);
    await startsIn(120);
    const late = await startsIn(10);
    expect(late).toBeLessThan(early / 2);
    const deployment = await scene.deployment();
    expect(deployment.status).toBe('IN_PROGRESS');
    expect(deployment.sourceServiceRevisions?.[0]?.runningTaskCount).toBe(2);
    expect((await scene.service()).events?.some(({ message }) => message?.includes('unable to consistently start tasks'))).toBe(true);
  });
});

describe('an alarm', () => {
  it('rolls back, and brings the traffic back', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 30 }, ...alarms() } });
    await scene.deploy('two');
    await scene.until((deployment) => deployment.targetServiceRevision?.requestedProductionTrafficWeight === 10);
    scene.alarms.set('web-p99', 'ALARM');
    const ended = await scene.untilStatus('ROLLBACK_SUCCESSFUL');
    expect(ended.alarms).toEqual({ status: 'TRIGGERED', alarmNames: ['web-5xx', 'web-p99'], triggeredAlarmNames: ['web-p99'] });
    expect(scene.weightsOf(greenGroup)).toEqual([10, 0]);
  });

  it('without rollback stops the deployment where it is', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 30, ...alarms({ rollback: false }) } });
    await scene.deploy('two');
    await scene.until((deployment) => deployment.lifecycleStage === 'BAKE_TIME');
    scene.alarms.set('web-5xx', 'ALARM');
    await scene.untilStatus('STOPPED');
    expect(scene.elb.rules.get(productionRule)?.[greenGroup]).toBe(100);
  });

  it.each([
    ['disablesAll', 'DISABLED', 'SUCCESSFUL'],
    ['disablesItself', 'TRIGGERED', 'ROLLBACK_SUCCESSFUL'],
  ] as const)('that is hot at the start %s', async (alarmHotAtStart, status, outcome) => {
    const scene = new Scene({ switches: { alarmHotAtStart } });
    await scene.settled({ deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 30, ...alarms() } });
    scene.alarms.set('web-5xx', 'ALARM');
    await scene.deploy('two');
    await scene.until((deployment) => deployment.lifecycleStage === 'BAKE_TIME');
    scene.alarms.set('web-p99', 'ALARM');
    const ended = await scene.untilStatus(outcome);
    expect(ended.alarms?.status).toBe(status);
  });

  it.each([
    ['acts', 'ROLLBACK_SUCCESSFUL'],
    ['waits', 'IN_PROGRESS'],
  ] as const)('%s while the deployment sits in a pause', async (failureDetectionWhilePaused, status) => {
    const scene = new Scene({ switches: { failureDetectionWhilePaused } });
    await scene.settled({ deploymentConfiguration: { ...blueGreen, ...alarms() } });
    await scene.deploy('two', { deploymentConfiguration: { lifecycleHooks: [pause(['POST_PRODUCTION_TRAFFIC_SHIFT'])] } });
    const hookId = await scene.untilPaused();
    scene.alarms.set('web-5xx', 'ALARM');
    await scene.t.clock.advance(600_000);
    expect((await scene.deployment()).status).toBe(status);
    const { serviceDeploymentArn } = await scene.deployment();
    if (status === 'ROLLBACK_SUCCESSFUL') await expect(scene.call('ContinueServiceDeployment', { serviceDeploymentArn, hookId })).rejects.toThrow('terminal states');
  });

  it('makes a rolling deployment bake, and rolls it back in the bake', async () => {
    const scene = new Scene();
    await scene.settled({ balanced: false, deploymentConfiguration: alarms() });
    await scene.deploy('two');
    await scene.until((deployment) => deployment.lifecycleStage === 'BAKE_TIME');
    scene.alarms.set('web-5xx', 'ALARM');
    await scene.untilStatus('ROLLBACK_SUCCESSFUL');
    await scene.untilSteady();
    expect((await scene.service()).taskDefinition).toMatch(/web:1$/);
  });
});

describe('a rollback to an image that is gone', () => {
  it('cannot start a task, although the revision knows its digest, and fails when its time is over', async () => {
    const scene = new Scene({ physics: { schedulerTickMs: 60_000 } });
    await scene.settled({ balanced: false, deploymentConfiguration: alarms() });
    await scene.deploy('two');
    await scene.until((deployment) => deployment.lifecycleStage === 'BAKE_TIME');
    scene.missingImages.add('one@sha256:one');
    scene.alarms.set('web-5xx', 'ALARM');
    const ended = await scene.untilStatus('ROLLBACK_FAILED');
    expect(ended.statusReason).toContain('exceeded its time limit');
  });
});

describe('a first deployment that fails', () => {
  it('has no revision to go back to', async () => {
    const scene = new Scene();
    scene.behaviours.set('one', crashing);
    await scene.create({ balanced: false, deploymentConfiguration: breaker() });
    const ended = await scene.untilStatus('ROLLBACK_FAILED');
    expect(ended.statusReason).toContain('No rollback candidate was found to run the rollback');
  });
});

describe('networking faults', () => {
  it.each([
    ['two groups serve already', (scene: Scene) => scene.elb.addRule(productionRule, { [greenGroup]: 50, 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web-a/1': 50 }), 'more than one target group'],
    ['the rule forwards elsewhere', (scene: Scene) => scene.elb.addRule(productionRule, { other: 1 }), 'unexpected target group'],
    ['the wrong group serves', (scene: Scene) => scene.elb.addRule(productionRule, { [greenGroup]: 1 }), 'does not serve the target group'],
  ])('roll back when %s', async (_name, spoil, fragment) => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: blueGreen });
    spoil(scene);
    await scene.deploy('two');
    const ended = await scene.untilStatus('ROLLBACK_SUCCESSFUL');
    expect(ended.statusReason).toMatch(/^Service deployment rolled back because of invalid networking configuration/);
    expect(ended.statusReason).toContain(fragment);
  });

  it('surface as a failed traffic stage when the role may not write rules', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: blueGreen });
    scene.elb.refuseWrites = true;
    await scene.deploy('two');
    const ended = await scene.until((deployment) => deployment.status?.startsWith('ROLLBACK_') === true && deployment.finishedAt !== undefined);
    expect(ended.statusReason).toContain('TEST_TRAFFIC_SHIFT lifecycle hook(s) failed.');
    expect(ended.status).toBe('ROLLBACK_FAILED');
  });
});

describe('time limits', () => {
  it('roll back a stage that lasts longer than a day', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: blueGreen });
    scene.behaviours.set('two', { pullMs: 90_000_000_000, startMs: 0, stopMs: 0 });
    await scene.deploy('two');
    const ended = await scene.until((deployment) => deployment.status === 'ROLLBACK_SUCCESSFUL');
    expect(ended.statusReason).toContain('SCALE_UP lifecycle stage exceeded its time limit');
  });

  it('roll back a deployment that lasts longer than thirty days', async () => {
    const scene = new Scene({ physics: { ecsMinuteMs: 1000 } });
    await scene.settled({ deploymentConfiguration: blueGreen });
    const hooks = ['PRE_SCALE_UP', 'POST_SCALE_UP', 'POST_TEST_TRAFFIC_SHIFT'].map((stage) => pause([stage], { timeoutInMinutes: 20_160, action: 'CONTINUE' }));
    await scene.deploy('two', { deploymentConfiguration: { lifecycleHooks: hooks } });
    const ended = await scene.untilStatus('ROLLBACK_SUCCESSFUL');
    expect(ended.statusReason).toContain('30 days');
  });
});
