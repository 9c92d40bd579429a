import type { DescribeRulesOutput, DescribeTargetGroupsOutput, DescribeLoadBalancersOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { seededRandom } from '../kernel/random.ts';
import { testKernel } from '../testing/kernel.ts';
import { ElbModel } from './elb-model.ts';
import { type ModelledTraffic, ModelledDataPlane } from './modelled-data-plane.ts';
import { RecordedMetrics, call, createGroup, createScene, forward, healthOf } from './testing.ts';

const TARGET = { id: '10.0.0.1', port: 8080 };
const OTHER = { id: '10.0.0.2', port: 8080 };

function setUp(options: { traffic?: ModelledTraffic; seed?: number; announcesIllness?: boolean } = {}) {
  const { kernel, clock, crashes } = testKernel({ seed: options.seed });
  const sick = new Set<string>();
  const metrics = new RecordedMetrics();
  const dataPlane = new ModelledDataPlane({
    clock, random: kernel.random, healthOf: (target) => !sick.has(target.id), periodMs: 60_000, ...options,
  });
  return { elb: new ElbModel(kernel, { metrics, dataPlane }), dataPlane, kernel, clock, sick, metrics, crashes };
}

describe('target health in virtual time', () => {
  test('a target is initial until the healthy threshold of checks has passed', async () => {
    const { elb, clock } = setUp();
    const { blue } = await createScene(elb);
    elb.registerTarget(blue, TARGET);
    expect(await healthOf(elb, blue)).toEqual(['10.0.0.1:8080 initial Elb.RegistrationInProgress']);
    await clock.advance(29_999);
    expect(elb.targetState(blue, TARGET)).toBe('initial');
    await clock.advance(1);
    expect(await healthOf(elb, blue)).toEqual(['10.0.0.1:8080 healthy']);
  });

  test('a target that never passes turns unhealthy and heals when it starts to pass', async () => {
    const { elb, clock, sick } = setUp();
    const { blue } = await createScene(elb);
    sick.add(TARGET.id);
    elb.registerTarget(blue, TARGET);
    await clock.advance(20_000);
    expect(await healthOf(elb, blue)).toEqual(['10.0.0.1:8080 unhealthy Target.FailedHealthChecks']);
    sick.clear();
    await clock.advance(29_999);
    expect(elb.targetState(blue, TARGET)).toBe('unhealthy');
    await clock.advance(1);
    expect(elb.targetState(blue, TARGET)).toBe('healthy');
  });

  test('a healthy target that falls ill turns unhealthy after the unhealthy threshold', async () => {
    const { elb, clock, sick } = setUp();
    const { blue } = await createScene(elb);
    elb.registerTarget(blue, TARGET);
    await clock.advance(30_000);
    sick.add(TARGET.id);
    await clock.advance(10_000);
    expect(elb.targetState(blue, TARGET)).toBe('healthy');
    await clock.advance(10_000);
    expect(elb.targetState(blue, TARGET)).toBe('unhealthy');
  });

  test('announced illness is counted from the announcement, without anybody asking in between', async () => {
    const { elb, clock, sick, dataPlane } = setUp({ announcesIllness: true });
    const { blue } = await createScene(elb);
    elb.registerTarget(blue, TARGET);
    await clock.advance(30_000);
    sick.add(TARGET.id);
    await clock.advance(3_600_000);
    expect(elb.targetState(blue, TARGET)).toBe('healthy');
    dataPlane.healthChanged();
    await clock.advance(19_999);
    expect(elb.targetState(blue, TARGET)).toBe('healthy');
    await clock.advance(1);
    expect(elb.targetState(blue, TARGET)).toBe('unhealthy');
    sick.clear();
    await clock.advance(30_000);
    expect(elb.targetState(blue, TARGET)).toBe('healthy');
  });

  test('targets of a group that no rule names are unused, and are checked once a rule names it', async () => {
    const { elb, clock } = setUp();
    const { listenerArn } = await createScene(elb);
    const idle = await createGroup(elb, 'idle');
    elb.registerTarget(idle, TARGET);
    await clock.advance(600_000);
    expect(await healthOf(elb, idle)).toEqual(['10.0.0.1:8080 unused Target.NotInUse']);
    expect(elb.targetGroup(idle)).toEqual({ targetGroupArn: idle, associated: false });
    await call(elb, 'CreateRule', { ListenerArn: listenerArn, Priority: 5, Conditions: [{ Field: 'path-pattern', Values: ['/x'] }], Actions: [forward([idle, 1])] });
    expect(elb.targetState(idle, TARGET)).toBe('initial');
    expect(elb.targetGroup(idle)?.associated).toBe(true);
    await clock.advance(30_000);
    expect(elb.targetState(idle, TARGET)).toBe('healthy');
  });

  test('deregistering drains for the deregistration delay, tells the caller once, and forgets the target', async () => {
    const { elb, clock } = setUp();
    const { blue } = await createScene(elb);
    await call(elb, 'ModifyTargetGroupAttributes', { TargetGroupArn: blue, Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }] });
    elb.registerTarget(blue, TARGET);
    await clock.advance(30_000);
    const drained = jest.fn();
    elb.deregisterTarget(blue, TARGET, drained);
    expect(await healthOf(elb, blue)).toEqual(['10.0.0.1:8080 draining Target.DeregistrationInProgress']);
    await clock.advance(29_999);
    expect(drained).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(drained).toHaveBeenCalledTimes(1);
    expect(elb.targetState(blue, TARGET)).toBeUndefined();
  });

  test('registering a draining target takes it back, and its old drain never ends it', async () => {
    const { elb, clock } = setUp();
    const { blue } = await createScene(elb);
    elb.registerTarget(blue, TARGET);
    elb.deregisterTarget(blue, TARGET, () => undefined);
    elb.registerTarget(blue, TARGET);
    await clock.advance(3_600_000);
    expect(elb.targetState(blue, TARGET)).toBe('healthy');
  });

  test('deregistering what is not registered calls back anyway', async () => {
    const { elb, clock } = setUp();
    const { blue } = await createScene(elb);
    const drained = jest.fn();
    elb.deregisterTarget(blue, TARGET, drained);
    await clock.advance(0);
    expect(drained).toHaveBeenCalledTimes(1);
  });

  test('a target group may be deleted under its targets', async () => {
    const { elb, clock } = setUp();
    const { loadBalancerArn, blue } = await createScene(elb);
    elb.registerTarget(blue, TARGET);
    const [drained, drainedLater] = [jest.fn(), jest.fn()];
    elb.deregisterTarget(blue, TARGET, drained);
    await call(elb, 'DeleteLoadBalancer', { LoadBalancerArn: loadBalancerArn });
    await call(elb, 'DeleteTargetGroup', { TargetGroupArn: blue });
    elb.registerTarget(blue, TARGET);
    expect(elb.targetState(blue, TARGET)).toBeUndefined();
    elb.deregisterTarget(blue, TARGET, drainedLater);
    await clock.advance(3_600_000);
    expect([drained.mock.calls.length, drainedLater.mock.calls.length]).toEqual([1, 1]);
  });

  test('new health check settings apply to registered targets and keep their state', async () => {
    const { elb, clock, sick } = setUp();
    const { blue } = await createScene(elb);
    elb.registerTarget(blue, TARGET);
    await clock.advance(30_000);
    await call(elb, 'ModifyTargetGroup', { TargetGroupArn: blue, HealthCheckIntervalSeconds: 6, UnhealthyThresholdCount: 4 });
    expect(elb.targetState(blue, TARGET)).toBe('healthy');
    sick.add(TARGET.id);
    await clock.advance(23_999);
    expect(elb.targetState(blue, TARGET)).toBe('healthy');
    await clock.advance(1);
    expect(elb.targetState(blue, TARGET)).toBe('unhealthy');
  });

  test('DescribeTargetHealth of an unregistered target says so', async () => {
    const { elb } = setUp();
    const { blue } = await createScene(elb);
    const answer = await call(elb, 'DescribeTargetHealth', { TargetGroupArn: blue, Targets: [{ Id: '10.9.9.9', Port: 1 }] });
    expect(answer).toMatchObject({ TargetHealthDescriptions: [{ TargetHealth: { State: 'unused', Reason: 'Target.NotRegistered' } }] });
  });

  test('host counts are recorded each minute', async () => {
    const { elb, clock, metrics } = setUp();
    const { loadBalancerArn, blue } = await createScene(elb);
    elb.registerTarget(blue, TARGET);
    elb.registerTarget(blue, OTHER);
    await clock.advance(120_000);
    const dimensions = { LoadBalancer: loadBalancerArn.split('loadbalancer/')[1]!, TargetGroup: blue.split(':').at(-1)! };
    expect(metrics.sum('HealthyHostCount', dimensions)).toBe(4);
    expect(metrics.sum('UnHealthyHostCount', dimensions)).toBe(0);
  });
});

describe('imagined traffic', () => {
  const traffic: ModelledTraffic = {
    requestsPerSecond: () => 10,
    behaviourOf: (arn) => ({ errorShare: arn.includes('green') ? 0.25 : 0, responseTimeSeconds: 0.05 }),
  };

  async function hourAt(seed: number) {
    const scene = setUp({ traffic, seed });
    const made = await createScene(scene.elb);
    await call(scene.elb, 'ModifyRule', { RuleArn: made.ruleArn, Actions: [forward([made.blue, 90], [made.green, 10])] });
    scene.elb.registerTarget(made.blue, TARGET);
    scene.elb.registerTarget(made.green, OTHER);
    await scene.clock.advance(3_600_000);
    return { ...scene, ...made };
  }

  test('splits by weight and fails by behaviour, summing up to the rate', async () => {
    const { metrics, loadBalancerArn, green } = await hourAt(7);
    const LoadBalancer = loadBalancerArn.split('loadbalancer/')[1]!;
    const TargetGroup = green.split(':').at(-1)!;
    expect(metrics.sum('RequestCount', { LoadBalancer })).toBe(36_000);
    expect(metrics.sum('RequestCount', { LoadBalancer, TargetGroup })).toBeCloseTo(3_600, -2);
    expect(metrics.sum('HTTPCode_Target_5XX_Count', { LoadBalancer })).toBeCloseTo(900, -2);
    expect(metrics.sum('HTTPCode_Target_5XX_Count', { TargetGroup })).toBe(metrics.sum('HTTPCode_Target_5XX_Count', { LoadBalancer, TargetGroup }));
  });

  test('is the same history for the same seed', async () => {
    const [one, again, other] = [await hourAt(3), await hourAt(3), await hourAt(4)];
    expect(again.metrics.data).toEqual(one.metrics.data);
    expect(other.metrics.data).not.toEqual(one.metrics.data);
  });

  test('requests for a group without targets become the load balancer’s own 503', async () => {
    const { elb, clock, metrics } = setUp({ traffic });
    const { loadBalancerArn } = await createScene(elb);
    await clock.advance(60_000);
    const LoadBalancer = loadBalancerArn.split('loadbalancer/')[1]!;
    expect(metrics.sum('HTTPCode_ELB_5XX_Count', { LoadBalancer })).toBe(600);
    expect(metrics.sum('RequestCount', { LoadBalancer })).toBe(0);
  });
});

describe('the API', () => {
  test('names have the shapes of AWS', async () => {
    const { elb } = setUp();
    const { loadBalancerArn, listenerArn, ruleArn, blue } = await createScene(elb);
    expect(loadBalancerArn).toMatch(/^arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer\/app\/web\/[0-9a-f]{16}$/);
    expect(listenerArn).toMatch(/^arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener\/app\/web\/[0-9a-f]{16}\/[0-9a-f]{16}$/);
    expect(ruleArn).toMatch(/^arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule\/app\/web\/[0-9a-f]{16}\/[0-9a-f]{16}\/[0-9a-f]{16}$/);
    expect(blue).toMatch(/^arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup\/blue\/[0-9a-f]{16}$/);
    const { LoadBalancers: [loadBalancer] = [] } = await call<DescribeLoadBalancersOutput>(elb, 'DescribeLoadBalancers', { Names: ['web'] });
    expect(loadBalancer?.DNSName).toMatch(/^web-\d{10}\.eu-west-1\.elb\.amazonaws\.com$/);
  });

  test('a forward action comes back with its defaults filled in', async () => {
    const { elb } = setUp();
    const { ruleArn, blue } = await createScene(elb);
    await call(elb, 'ModifyRule', { RuleArn: ruleArn, Actions: [{ Type: 'forward', TargetGroupArn: blue }] });
    const { Rules: [rule] = [] } = await call<DescribeRulesOutput>(elb, 'DescribeRules', { RuleArns: [ruleArn] });
    expect(rule?.Actions).toEqual([
      { Type: 'forward', TargetGroupArn: blue, ForwardConfig: { TargetGroups: [{ TargetGroupArn: blue, Weight: 1 }], TargetGroupStickinessConfig: { Enabled: false } } },
    ]);
    expect(elb.rule(ruleArn)?.weights).toEqual({ [blue]: 1 });
  });

  test('rules come in order of priority, the default rule last, and priorities can be swapped at once', async () => {
    const { elb } = setUp();
    const { listenerArn, ruleArn, green } = await createScene(elb);
    const { Rules: [second] = [] } = await call<DescribeRulesOutput>(elb, 'CreateRule', {
      ListenerArn: listenerArn, Priority: 2, Conditions: [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Test', Values: ['yes'] } }], Actions: [forward([green, 1])],
    });
    const priorities = async () => (await call<DescribeRulesOutput>(elb, 'DescribeRules', { ListenerArn: listenerArn })).Rules?.map((rule) => [rule.RuleArn, rule.Priority]);
    const [, , [defaultArn] = []] = (await priorities()) ?? [];
    expect(await priorities()).toEqual([[second?.RuleArn, '2'], [ruleArn, '10'], [defaultArn, 'default']]);
    await call(elb, 'SetRulePriorities', { RulePriorities: [{ RuleArn: ruleArn, Priority: 2 }, { RuleArn: second?.RuleArn, Priority: 10 }] });
    expect(await priorities()).toEqual([[ruleArn, '2'], [second?.RuleArn, '10'], [defaultArn, 'default']]);
    expect(elb.rule(listenerArn)).toEqual({ ruleArn: defaultArn, listenerArn, weights: undefined });
  });

  test('pages by marker', async () => {
    const { elb } = setUp();
    for (const name of ['a', 'b', 'c']) await createGroup(elb, name);
    const first = await call<DescribeTargetGroupsOutput>(elb, 'DescribeTargetGroups', { PageSize: 2 });
    const rest = await call<DescribeTargetGroupsOutput>(elb, 'DescribeTargetGroups', { PageSize: 2, Marker: first.NextMarker });
    expect([...(first.TargetGroups ?? []), ...(rest.TargetGroups ?? [])].map((group) => group.TargetGroupName)).toEqual(['a', 'b', 'c']);
    expect(rest.NextMarker).toBeUndefined();
  });

  test('deleting the load balancer frees its target groups', async () => {
    const { elb } = setUp();
    const { loadBalancerArn, blue } = await createScene(elb);
    await expect(call(elb, 'DeleteTargetGroup', { TargetGroupArn: blue })).rejects.toMatchObject({ code: 'ResourceInUseException' });
    await call(elb, 'DeleteLoadBalancer', { LoadBalancerArn: loadBalancerArn });
    await call(elb, 'DeleteTargetGroup', { TargetGroupArn: blue });
    await expect(call(elb, 'DescribeTargetGroups', { TargetGroupArns: [blue] })).rejects.toMatchObject({ code: 'TargetGroupNotFoundException' });
  });

  test('a load balancer can move to other subnets and security groups', async () => {
    const { elb } = setUp();
    const { loadBalancerArn } = await createScene(elb);
    await call(elb, 'SetSubnets', { LoadBalancerArn: loadBalancerArn, Subnets: ['subnet-3'] });
    await call(elb, 'SetSecurityGroups', { LoadBalancerArn: loadBalancerArn, SecurityGroups: ['sg-1'] });
    expect(await call(elb, 'DescribeLoadBalancers', { LoadBalancerArns: [loadBalancerArn] })).toMatchObject({
      LoadBalancers: [{ AvailabilityZones: [{ ZoneName: 'eu-west-1a', SubnetId: 'subnet-3' }], SecurityGroups: ['sg-1'] }],
    });
  });

  test('tags can be put, read and removed', async () => {
    const { elb } = setUp();
    const { blue } = await createScene(elb);
    await call(elb, 'AddTags', { ResourceArns: [blue], Tags: [{ Key: 'team', Value: 'shop' }, { Key: 'old', Value: '1' }] });
    await call(elb, 'RemoveTags', { ResourceArns: [blue], TagKeys: ['old'] });
    expect(await call(elb, 'DescribeTags', { ResourceArns: [blue] })).toEqual({ TagDescriptions: [{ ResourceArn: blue, Tags: [{ Key: 'team', Value: 'shop' }] }] });
  });

  test.each<{ name: string; operation: string; input: (scene: Awaited<ReturnType<typeof createScene>>) => object; code: string }>([
    { name: 'an unknown rule', operation: 'ModifyRule', input: () => ({ RuleArn: 'arn:nope' }), code: 'RuleNotFoundException' },
    { name: 'an unknown target group in an action', operation: 'ModifyRule', input: ({ ruleArn }) => ({ RuleArn: ruleArn, Actions: [forward(['arn:nope', 1])] }), code: 'TargetGroupNotFoundException' },
    { name: 'a weight above 999', operation: 'ModifyRule', input: ({ ruleArn, blue }) => ({ RuleArn: ruleArn, Actions: [forward([blue, 1000])] }), code: 'ValidationError' },
    { name: 'stickiness', operation: 'ModifyRule', input: ({ ruleArn, blue }) => ({ RuleArn: ruleArn, Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: blue }], TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 } } }] }), code: 'NotImplemented' },
    { name: 'a priority in use', operation: 'CreateRule', input: ({ listenerArn, blue }) => ({ ListenerArn: listenerArn, Priority: 10, Conditions: [{ Field: 'path-pattern', Values: ['/a'] }], Actions: [forward([blue, 1])] }), code: 'PriorityInUseException' },
    { name: 'a second listener on a port', operation: 'CreateListener', input: ({ loadBalancerArn, blue }) => ({ LoadBalancerArn: loadBalancerArn, Protocol: 'HTTP', Port: 80, DefaultActions: [forward([blue, 1])] }), code: 'DuplicateListenerException' },
    { name: 'a condition that is not modelled', operation: 'CreateRule', input: ({ listenerArn, blue }) => ({ ListenerArn: listenerArn, Priority: 11, Conditions: [{ Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.0/8'] } }], Actions: [forward([blue, 1])] }), code: 'NotImplemented' },
    { name: 'network load balancers', operation: 'CreateLoadBalancer', input: () => ({ Name: 'net', Type: 'network' }), code: 'NotImplemented' },
    { name: 'a target group of the same name and other settings', operation: 'CreateTargetGroup', input: () => ({ Name: 'blue', Protocol: 'HTTP', Port: 81, TargetType: 'ip' }), code: 'DuplicateTargetGroupNameException' },
    { name: 'an attribute that is not modelled', operation: 'ModifyTargetGroupAttributes', input: ({ blue }) => ({ TargetGroupArn: blue, Attributes: [{ Key: 'stickiness.enabled', Value: 'true' }] }), code: 'NotImplemented' },
    { name: 'a deregistration delay of more than an hour', operation: 'ModifyTargetGroupAttributes', input: ({ blue }) => ({ TargetGroupArn: blue, Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '3601' }] }), code: 'InvalidConfigurationRequestException' },
    { name: 'a health check path without a slash', operation: 'ModifyTargetGroup', input: ({ blue }) => ({ TargetGroupArn: blue, HealthCheckPath: 'health' }), code: 'ValidationError' },
    { name: 'a health check timeout that is not below the interval', operation: 'ModifyTargetGroup', input: ({ blue }) => ({ TargetGroupArn: blue, HealthCheckTimeoutSeconds: 10 }), code: 'ValidationError' },
    { name: 'describing neither listener nor rules', operation: 'DescribeRules', input: () => ({}), code: 'ValidationError' },
  ])('refuses $name with $code', async ({ operation, input, code }) => {
    const { elb } = setUp();
    const scene = await createScene(elb);
    await expect(call(elb, operation, input(scene))).rejects.toMatchObject({ code });
  });

  test('a target group cannot serve two load balancers', async () => {
    const { elb } = setUp();
    const { blue } = await createScene(elb);
    const { LoadBalancers: [other] = [] } = await call<DescribeLoadBalancersOutput>(elb, 'CreateLoadBalancer', { Name: 'other' });
    await expect(
      call(elb, 'CreateListener', { LoadBalancerArn: other?.LoadBalancerArn, Protocol: 'HTTP', Port: 80, DefaultActions: [forward([blue, 1])] }),
    ).rejects.toMatchObject({ code: 'TargetGroupAssociationLimitException' });
  });

  test('the default rule can be neither deleted nor modified through rule operations', async () => {
    const { elb } = setUp();
    const { listenerArn } = await createScene(elb);
    const ruleArn = elb.rule(listenerArn)?.ruleArn;
    await expect(call(elb, 'DeleteRule', { RuleArn: ruleArn })).rejects.toMatchObject({ code: 'OperationNotPermittedException' });
    await expect(call(elb, 'ModifyRule', { RuleArn: ruleArn, Actions: [] })).rejects.toMatchObject({ code: 'OperationNotPermittedException' });
  });

  test.each([
    { operation: 'ModifyRule', input: { RuleArn: 'rule-arn' }, want: [{ action: 'elasticloadbalancing:ModifyRule', resource: 'rule-arn' }] },
    { operation: 'ModifyListener', input: { ListenerArn: 'listener-arn' }, want: [{ action: 'elasticloadbalancing:ModifyListener', resource: 'listener-arn' }] },
    { operation: 'RegisterTargets', input: { TargetGroupArn: 'group-arn' }, want: [{ action: 'elasticloadbalancing:RegisterTargets', resource: 'group-arn' }] },
    { operation: 'DescribeTargetHealth', input: { TargetGroupArn: 'group-arn' }, want: [{ action: 'elasticloadbalancing:DescribeTargetHealth', resource: '*' }] },
    { operation: 'DescribeRules', input: { RuleArns: ['rule-arn'] }, want: [{ action: 'elasticloadbalancing:DescribeRules', resource: '*' }] },
  ])('$operation needs permission on what it touches', async ({ operation, input, want }) => {
    const { elb } = setUp();
    const context = { caller: { kind: 'operator' as const, arn: 'x' }, requestId: 'r' };
    expect(await elb.operations[operation]?.permissions(input, context)).toEqual(want);
  });
});

test('permissions carry the tags of what they touch', async () => {
  const { elb } = setUp();
  const { blue } = await createScene(elb);
  await call(elb, 'AddTags', { ResourceArns: [blue], Tags: [{ Key: 'team', Value: 'shop' }] });
  const context = { caller: { kind: 'operator' as const, arn: 'x' }, requestId: 'r' };
  expect(await elb.operations.RegisterTargets?.permissions({ TargetGroupArn: blue }, context)).toEqual([
    { action: 'elasticloadbalancing:RegisterTargets', resource: blue, context: { 'aws:ResourceTag/team': 'shop', 'elasticloadbalancing:ResourceTag/team': 'shop' } },
  ]);
});

test('the smooth choice keeps every share within one request of its weight, wherever it starts', async () => {
  const { WeightedChoice } = await import('./weighted-choice.ts');
  for (let seed = 0; seed < 50; seed++) {
    const choice = new WeightedChoice([{ key: 'a', weight: 95 }, { key: 'b', weight: 5 }, { key: 'none', weight: 0 }], seededRandom(seed));
    const picks = Array.from({ length: 1000 }, () => choice.next());
    expect(Math.abs(picks.filter((pick) => pick === 'b').length - 50)).toBeLessThanOrEqual(1);
    expect(picks).not.toContain('none');
  }
});
