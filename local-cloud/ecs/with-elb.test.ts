// The model together with the real load balancer model: health checks, draining and weights as they will be in the cloud.
import type { ServiceDeployment } from '@aws-sdk/client-ecs';
import { ElbModel, ModelledDataPlane } from '../elb/index.ts';
import { RecordedMetrics, createScene } from '../elb/testing.ts';
import { ModelledTaskRunner } from '../tasks/modelled-runner.ts';
import { testKernel } from '../testing/kernel.ts';
import { EcsModel } from './model.ts';
import { infraRole } from './testing/scene.ts';

async function setUp() {
  const t = testKernel();
  const sickImages = new Set<string>();
  const imageOf = new Map<string, string>(); // by address
  const dataPlane = new ModelledDataPlane({ clock: t.clock, random: t.kernel.random, healthOf: (target) => !sickImages.has(imageOf.get(target.id) ?? ''), periodMs: 60_000 });
  const elb = new ElbModel(t.kernel, { metrics: new RecordedMetrics(), dataPlane });
  const runner = new ModelledTaskRunner(t.kernel, { behaviourOf: () => ({ pullMs: 1000, startMs: 1000, stopMs: 1000 }) });
  const ecs = new EcsModel(t.kernel, {
    loadBalancing: elb,
    taskRunner: {
      start: (spec, observer) =>
        runner.start(spec, {
          ...observer,
          running: (address) => {
            imageOf.set(address.ip, spec.containers[0]?.image ?? '');
            observer.running(address);
          },
        }),
      close: () => runner.close(),
    },
    images: { resolve: (image) => ({ repositoryName: 'web', imageDigest: image.split('@')[1] ?? `sha256:${image}` }), content: () => undefined },
    alarms: { stateOf: () => 'OK' },
    events: { emit: () => undefined },
  });
  t.register(elb);
  t.register(ecs);
  const balancer = await createScene(elb);
  const call = (operation: string, input: object) => t.call('ecs', operation, input);
  const deploy = async (image: string) => {
    const containerDefinitions = [{ name: 'app', image, portMappings: [{ containerPort: 8080 }] }];
    await call('RegisterTaskDefinition', { family: 'web', containerDefinitions });
    return call('UpdateService', { cluster: 'prod', service: 'web', taskDefinition: 'web' });
  };
  await call('CreateCluster', { clusterName: 'prod' });
  await call('RegisterTaskDefinition', { family: 'web', containerDefinitions: [{ name: 'app', image: 'one', portMappings: [{ containerPort: 8080 }] }] });
  await call('CreateService', {
    cluster: 'prod', serviceName: 'web', taskDefinition: 'web', desiredCount: 2,
    deploymentConfiguration: { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 25, canaryBakeTimeInMinutes: 5 }, deploymentCircuitBreaker: { enable: true, rollback: true } },
    loadBalancers: [{ targetGroupArn: balancer.blue, containerName: 'app', containerPort: 8080, advancedConfiguration: { alternateTargetGroupArn: balancer.green, productionListenerRule: balancer.ruleArn, roleArn: infraRole } }],
  });
  await t.clock.advance(600_000);
  const newest = async () => {
    const { serviceDeployments: briefs } = (await call('ListServiceDeployments', { cluster: 'prod', service: 'web' })) as { serviceDeployments: ServiceDeployment[] };
    const output = (await call('DescribeServiceDeployments', { serviceDeploymentArns: [briefs[0]?.serviceDeploymentArn] })) as { serviceDeployments: ServiceDeployment[] };
    return output.serviceDeployments[0]!;
  };
  return { ...t, elb, balancer, deploy, newest, sickImages };
}

describe('with the load balancer model', () => {
  it('a canary moves the rule from blue to green and keeps its other settings', async () => {
    const { clock, elb, balancer, deploy, newest, crashes } = await setUp();
    expect((await newest()).status).toBe('SUCCESSFUL');
    await deploy('two');
    await clock.advanceUntil(() => elb.rule(balancer.ruleArn)?.weights?.[balancer.green] === 25, 600_000);
    expect(elb.rule(balancer.ruleArn)?.weights).toEqual({ [balancer.blue]: 75, [balancer.green]: 25 });
    await clock.advance(1_200_000);
    expect((await newest()).status).toBe('SUCCESSFUL');
    expect(elb.rule(balancer.ruleArn)?.weights).toEqual({ [balancer.blue]: 0, [balancer.green]: 100 });
    expect(crashes).toEqual([]);
  });

  it('an image whose targets never pass their checks is rolled back without ever getting traffic', async () => {
    const { clock, elb, balancer, deploy, newest, sickImages } = await setUp();
    sickImages.add('two');
    await deploy('two');
    await clock.advance(1_800_000);
    expect((await newest()).status).toBe('ROLLBACK_SUCCESSFUL');
    expect(elb.rule(balancer.ruleArn)?.weights?.[balancer.blue]).toBeGreaterThan(0);
    expect(elb.rule(balancer.ruleArn)?.weights?.[balancer.green]).toBe(0);
  });
});
