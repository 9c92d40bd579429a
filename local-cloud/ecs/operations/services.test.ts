// CreateService, UpdateService and the reads: what they refuse, what starts a deployment, and what answers look like.
import type { LoadBalancer, Service } from '@aws-sdk/client-ecs';
import { Scene, blueGroup, greenGroup, infraRole, lambdaHook, pause, productionRule, testRule } from '../testing/scene.ts';

const advanced = { alternateTargetGroupArn: greenGroup, productionListenerRule: productionRule, testListenerRule: testRule, roleArn: infraRole };
const balancer = (more: object = {}, inner: object = {}): LoadBalancer => ({ targetGroupArn: blueGroup, containerName: 'app', containerPort: 8080, advancedConfiguration: { ...advanced, ...inner }, ...more });
const listener = 'arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/my-alb/abc123/def456';

describe('CreateService and UpdateService refuse', () => {
  it.each<[string, LoadBalancer[]]>([
    ['advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy', [balancer({ advancedConfiguration: undefined })]],
    ['Either all or none of the provided loadBalancers must have advancedConfiguration defined', [balancer(), balancer({ targetGroupArn: 'other', advancedConfiguration: undefined })]],
    [`productionListenerRule has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: ${listener}`, [balancer({}, { productionListenerRule: listener })]],
    [`The following rules cannot be used as both production and test listener rules: ${productionRule}`, [balancer({}, { testListenerRule: productionRule })]],
    ['Duplicate targetGroupArn found', [balancer({}, { alternateTargetGroupArn: blueGroup })]],
    ['The container web does not exist in the task definition.', [balancer({ containerName: 'web' })]],
    ['The container app did not have a container port 81 defined.', [balancer({ containerPort: 81 })]],
  ])('load balancers: %s', async (message, loadBalancers) => {
    const scene = new Scene();
    await expect(scene.create({ deploymentConfiguration: { strategy: 'BLUE_GREEN' }, service: { loadBalancers } })).rejects.toMatchObject({ code: 'InvalidParameterException', message });
  });

  it('a missing test rule when the production rule knows only one of the groups', async () => {
    const scene = new Scene();
    scene.elb.addRule(productionRule, { [blueGroup]: 1 });
    await expect(scene.create({ test: false, deploymentConfiguration: { strategy: 'BLUE_GREEN' } })).rejects.toThrow(
      'testListenerRule is required when productionListenerRule is not associated with both targetGroup and alternateTargetGroup',
    );
  });

  it.each([
    [{ canaryConfiguration: { canaryPercent: 0.05 } }, /canaryPercent/],
    [{ canaryConfiguration: { canaryBakeTimeInMinutes: 1441 } }, /canaryBakeTimeInMinutes/],
    [{ linearConfiguration: { stepPercent: 2.9 } }, /stepPercent/],
    [{ linearConfiguration: { stepPercent: 12.34 } }, /stepPercent/],
    [{ minimumHealthyPercent: 100, maximumPercent: 100 }, /will block deployments/],
    [{ lifecycleHooks: [pause(['PRODUCTION_TRAFFIC_SHIFT'])] }, /^Invalid lifecycle stage provided for Pause Hook$/],
    [{ lifecycleHooks: [pause(['TEST_TRAFFIC_SHIFT'])] }, /^Invalid lifecycle stage provided for Pause Hook$/],
    [{ lifecycleHooks: [pause(['PRE_SCALE_UP'], { timeoutInMinutes: 20_161 })] }, /timeoutInMinutes/],
    [{ lifecycleHooks: Array.from({ length: 11 }, () => pause(['PRE_SCALE_UP'])) }, /at most 10/],
    [{ lifecycleHooks: [lambdaHook(['PRE_SCALE_UP'], { roleArn: undefined })] }, /roleArn/],
    [{ earlySuccessCriteria: { enable: true } }, /does not model/],
  ])('deployment configuration %j', async (deploymentConfiguration, message) => {
    const scene = new Scene();
    await expect(scene.create({ deploymentConfiguration })).rejects.toThrow(message);
  });

  it('fields that are not modelled, by name', async () => {
    const scene = new Scene();
    await expect(scene.create({ service: { serviceConnectConfiguration: { enabled: true } } })).rejects.toThrow('The local cloud does not model CreateService: the field serviceConnectConfiguration.');
  });

  it('what is not there: cluster, service, task definition', async () => {
    const scene = new Scene();
    await scene.create({ balanced: false });
    await expect(scene.call('UpdateService', { cluster: 'none', service: 'web' })).rejects.toMatchObject({ code: 'ClusterNotFoundException' });
    await expect(scene.call('UpdateService', { cluster: 'prod', service: 'none' })).rejects.toMatchObject({ code: 'ServiceNotFoundException' });
    await expect(scene.update({ taskDefinition: 'web:99' })).rejects.toMatchObject({ code: 'ClientException', message: 'Unable to find task definition.' });
    await expect(scene.create({ balanced: false })).rejects.toThrow('Creation of service was not idempotent.');
  });

  it('a deployment of a service that another controller deploys', async () => {
    const scene = new Scene();
    await scene.create({ balanced: false, service: { deploymentController: { type: 'CODE_DEPLOY' } } });
    expect(await scene.deployments()).toEqual([]);
    await expect(scene.deploy('two')).rejects.toThrow('Unable to update task definition on services with a CODE_DEPLOY deployment controller.');
    await scene.update({ desiredCount: 3 });
    expect((await scene.service()).deploymentController).toEqual({ type: 'CODE_DEPLOY' });
  });
});

describe('UpdateService', () => {
  it.each([
    [{ desiredCount: 3 }, 1],
    [{ deploymentConfiguration: { strategy: 'BLUE_GREEN' as const, bakeTimeInMinutes: 5 } }, 1],
    [{ healthCheckGracePeriodSeconds: 30 }, 1],
    [{ enableExecuteCommand: true }, 1],
    [{ forceNewDeployment: true }, 2],
    [{ taskDefinition: 'web:1' }, 2],
    [{ loadBalancers: [balancer()] }, 2],
    [{ platformVersion: '1.4.0' }, 2],
  ])('with %j leaves %i deployments', async (input, count) => {
    const scene = new Scene();
    await scene.settled();
    await scene.update(input);
    expect(await scene.deployments()).toHaveLength(count);
  });

  it('answers with the new revision first and without its deployment, as AWS was seen to', async () => {
    const scene = new Scene();
    await scene.settled();
    const before = await scene.service();
    const service = await scene.update({ forceNewDeployment: true });
    expect(service.currentServiceDeployment).toBeUndefined();
    expect(service.deployments?.map(({ status, rolloutState }) => [status, rolloutState])).toEqual([['PRIMARY', 'IN_PROGRESS'], ['ACTIVE', 'COMPLETED']]);
    expect(service.currentServiceRevisions?.[0]).toMatchObject({ runningTaskCount: 0, pendingTaskCount: 0 });
    expect(service.deployments?.[0]?.id).toBe(`ecs-svc/${service.currentServiceRevisions?.[0]?.arn?.split('/').at(-1)}`);
    expect(service.deployments?.[0]?.id).not.toBe(before.deployments?.[0]?.id);
    const started = await scene.untilStatus('IN_PROGRESS');
    expect((await scene.service()).currentServiceDeployment).toBe(started.serviceDeploymentArn);
    expect(started.serviceDeploymentArn).toMatch(/^arn:aws:ecs:eu-west-1:123456789012:service-deployment\/prod\/web\/[\w-]{21}$/);
    expect(started.targetServiceRevision?.arn).toMatch(/:service-revision\/prod\/web\/\d{19}$/);
  });

  it('keeps members of the deployment configuration that are not given, and takes a list away when it is empty', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 7 }, lifecycleHooks: [pause(['PRE_SCALE_UP'], { timeoutInMinutes: 1, action: 'CONTINUE' })] } });
    await scene.update({ deploymentConfiguration: { lifecycleHooks: [] } });
    const { deploymentConfiguration } = await scene.service();
    expect(deploymentConfiguration).toMatchObject({ strategy: 'CANARY', canaryConfiguration: { canaryPercent: 7 }, lifecycleHooks: [] });
  });

  it('scales out and in without a deployment', async () => {
    const scene = new Scene();
    await scene.settled({ balanced: false });
    await scene.update({ desiredCount: 5 });
    await scene.t.clock.advance(120_000);
    expect((await scene.service()).runningCount).toBe(5);
    await scene.update({ desiredCount: 1 });
    await scene.t.clock.advance(120_000);
    expect((await scene.service()).runningCount).toBe(1);
    expect(await scene.deployments()).toHaveLength(1);
  });
});

describe('reads', () => {
  it('list deployments newest first, by status, by creation time and in pages', async () => {
    const scene = new Scene();
    await scene.settled({ balanced: false });
    const betweenMs = scene.t.clock.nowMs();
    for (let count = 0; count < 4; count++) {
      await scene.t.clock.advance(1000);
      await scene.update({ forceNewDeployment: true });
    }
    const list = (input: object) => scene.call<{ serviceDeployments: { status: string; createdAt: Date }[]; nextToken?: string }>('ListServiceDeployments', { cluster: 'prod', service: 'web', ...input });
    const all = await list({});
    expect(all.serviceDeployments.map(({ createdAt }) => createdAt.getTime())).toEqual([...all.serviceDeployments.map(({ createdAt }) => createdAt.getTime())].sort((a, b) => b - a));
    expect((await list({ status: ['SUCCESSFUL'] })).serviceDeployments).toHaveLength(1);
    expect((await list({ createdAt: { after: new Date(betweenMs) } })).serviceDeployments).toHaveLength(4);
    const first = await list({ maxResults: 3 });
    const second = await list({ maxResults: 3, nextToken: first.nextToken });
    expect([...first.serviceDeployments, ...second.serviceDeployments]).toEqual(all.serviceDeployments);
    expect(second.nextToken).toBeUndefined();
  });

  it('name what they do not find as MISSING', async () => {
    const scene = new Scene();
    await scene.create({ balanced: false });
    const services = await scene.call<{ failures: unknown }>('DescribeServices', { cluster: 'prod', services: ['web', 'none'] });
    expect(services.failures).toEqual([{ arn: 'arn:aws:ecs:eu-west-1:123456789012:service/prod/none', reason: 'MISSING' }]);
    const arn = 'arn:aws:ecs:eu-west-1:123456789012:service-deployment/prod/web/none';
    expect(await scene.call('DescribeServiceDeployments', { serviceDeploymentArns: [arn] })).toEqual({ serviceDeployments: [], failures: [{ arn, reason: 'MISSING' }] });
  });

  it('lag behind by as much as the switch says', async () => {
    const scene = new Scene({ switches: { ecsReadLagMs: 3000 } });
    await scene.create({ balanced: false });
    await scene.t.clock.advance(300_000);
    await scene.deploy('two');
    expect(await scene.deployments()).toHaveLength(1);
    expect((await scene.service()).taskDefinition).toMatch(/web:1$/);
    await scene.t.clock.advance(2900);
    expect(await scene.deployments()).toHaveLength(1);
    await scene.t.clock.advance(200);
    expect((await scene.deployments())[0]?.status).toBe('PENDING');
    expect((await scene.service()).taskDefinition).toMatch(/web:2$/);
    await scene.t.clock.advance(600_000);
    expect((await scene.deployment()).status).toBe('SUCCESSFUL');
  });

  it('keep the newest hundred service events', async () => {
    const scene = new Scene();
    scene.behaviours.set('one', { pullMs: 10, startMs: 10, stopMs: 10, crashAfterMs: 10 });
    await scene.create({ balanced: false });
    await scene.t.clock.advance(48 * 3_600_000);
    const { events } = await scene.service();
    expect(events).toHaveLength(100);
    expect(events?.[0]?.createdAt?.getTime()).toBeGreaterThan(events?.[99]?.createdAt?.getTime() ?? Infinity);
  });
});

describe('DeleteService', () => {
  it('refuses while scaled up, and with force drains to INACTIVE, ending a running deployment', async () => {
    const scene = new Scene();
    await scene.settled();
    await scene.deploy('two', { deploymentConfiguration: { strategy: 'BLUE_GREEN', lifecycleHooks: [pause(['POST_SCALE_UP'])] } });
    await scene.untilPaused();
    await expect(scene.call('DeleteService', { cluster: 'prod', service: 'web' })).rejects.toThrow('The service cannot be stopped while it is scaled above 0.');
    const { service } = await scene.call<{ service: Service }>('DeleteService', { cluster: 'prod', service: 'web', force: true });
    expect(service.status).toBe('DRAINING');
    await scene.t.clock.advance(120_000);
    expect((await scene.service()).status).toBe('INACTIVE');
    expect((await scene.deployment()).status).toBe('STOPPED');
    expect((await scene.call<{ taskArns: string[] }>('ListTasks', { cluster: 'prod' })).taskArns).toEqual([]);
    expect(await scene.call('DeleteCluster', { cluster: 'prod' })).toMatchObject({ cluster: { status: 'INACTIVE' } });
    expect(scene.t.crashes).toEqual([]);
  });
});
