import { stageSpec } from '../testing/samples.ts';
import type { Stage } from '../pipeline/model.ts';
import { checkPreflight, type PreflightFacts } from './check.ts';

type Service = NonNullable<PreflightFacts['service']>;
const advanced = { alternateTargetGroupArn: 'tg-b', productionListenerRule: 'rule', roleArn: 'role' };
const service = (more: Partial<Service> = {}): Service => ({
  status: 'ACTIVE',
  deploymentController: 'ECS',
  schedulingStrategy: 'REPLICA',
  desiredCount: 2,
  taskDefinitionArn: 'td',
  loadBalancers: [{ targetGroupArn: 'tg-a', advanced }],
  serviceConnect: false,
  runningDeploymentArn: undefined,
  ...more,
});
const facts = (more: Partial<PreflightFacts> = {}): PreflightFacts => ({
  service: service(),
  containers: [{ name: 'app', image: 'x' }, { name: 'proxy', image: 'y' }],
  alarms: [{ name: 'checkout-5xx', state: 'OK' }, { name: 'checkout-p99', state: 'INSUFFICIENT_DATA' }],
  ...more,
});
const check = (given: PreflightFacts, stage: Partial<Stage> = {}, occasion: 'apply' | 'release' = 'release', own?: string) => checkPreflight(stageSpec(stage), given, occasion, own);
const rolling: Stage['strategy'] = { kind: 'rolling', minimumHealthyPercent: undefined, maximumPercent: undefined, bakeAfterMs: 0 };
const blueGreen: Stage['strategy'] = { kind: 'blueGreen', approval: undefined, bakeAfterMs: 0 };

describe('a world that is fit', () => {
  it.each<[string, PreflightFacts, Partial<Stage>]>([
    ['a canary behind a load balancer', facts(), {}],
    ['a canary over Service Connect', facts({ service: service({ loadBalancers: [], serviceConnect: true }) }), {}],
    ['blue/green with no traffic of its own', facts({ service: service({ loadBalancers: [] }) }), { strategy: blueGreen }],
    ['rolling without a load balancer', facts({ service: service({ loadBalancers: [] }) }), { strategy: rolling }],
    ['a rolling daemon', facts({ service: service({ schedulingStrategy: 'DAEMON' }) }), { strategy: rolling }],
    ['blue/green without tasks', facts({ service: service({ desiredCount: 0 }) }), { strategy: blueGreen }],
    ['rolling without tasks', facts({ service: service({ desiredCount: 0 }) }), { strategy: rolling }],
    ['no alarms at all', facts({ alarms: [] }), { alarms: [] }],
  ])('%s', (_, given, stage) => {
    expect(check(given, stage)).toEqual({ faults: [], alarmsLeftOut: [], warnings: [] });
  });
});

describe('each fault, exactly', () => {
  it.each<[string, PreflightFacts, Partial<Stage>, object[]]>([
    ['no service', facts({ service: undefined }), {}, [{ path: ['service', 'name'], message: 'no service prod/checkout', hint: 'Check cluster and service name, and that this account and Region are the right ones.', passing: false }]],
    ['a service that goes', facts({ service: service({ status: 'DRAINING' }) }), {}, [{ path: ['service', 'name'], message: 'prod/checkout is DRAINING, not ACTIVE', hint: 'A service that is being deleted cannot be deployed to.', passing: false }]],
    [
      'another controller',
      facts({ service: service({ deploymentController: 'CODE_DEPLOY' }) }),
      {},
      [{ path: ['service', 'name'], message: 'prod/checkout has deploymentController.type CODE_DEPLOY; Slipway needs ECS', hint: 'Migrate the service: set deploymentController.type to ECS with UpdateService, once no deployment is running.', passing: false }],
    ],
    [
      'a canary of no tasks',
      facts({ service: service({ desiredCount: 0 }) }),
      {},
      [{ path: ['strategy'], message: 'prod/checkout wants no tasks: with nobody to serve it, LINEAR would shift traffic to nothing and prove nothing', hint: 'Set its desiredCount to 1 or more, then run `slipway deploy`; or use `strategy: rolling`, which needs no traffic.', passing: true }],
    ],
    ['a daemon with a canary', facts({ service: service({ schedulingStrategy: 'DAEMON' }) }), {}, [{ path: ['strategy'], message: 'prod/checkout is a DAEMON service, which can only roll', hint: 'Use `strategy: rolling`.', passing: false }]],
    ['no such container', facts({ containers: [{ name: 'web', image: 'x' }, { name: 'proxy', image: 'y' }] }), {}, [{ path: ['service', 'container'], message: 'no container "app" in the task definition the service runs', hint: 'Its containers: web, proxy.', passing: false }]],
    ['no container at all', facts({ containers: [] }), {}, [{ path: ['service', 'container'], message: 'no container "app" in the task definition the service runs', hint: 'Its containers: none.', passing: false }]],
    [
      'traffic that cannot be shifted',
      facts({ service: service({ loadBalancers: [] }) }),
      {},
      [{ path: ['strategy'], message: 'LINEAR shifts traffic, and prod/checkout has no loadBalancers and no Service Connect', hint: 'Add a load balancer with advancedConfiguration, or use `strategy: rolling`.', passing: false }],
    ],
    [
      'a load balancer without its other half',
      facts({ service: service({ loadBalancers: [{ targetGroupArn: 'tg', advanced: undefined }] }) }),
      { strategy: blueGreen },
      [{ path: ['strategy'], message: 'prod/checkout lacks loadBalancers[0].advancedConfiguration, which BLUE_GREEN needs', hint: 'Give it alternateTargetGroupArn, productionListenerRule and roleArn.', passing: false }],
    ],
    ['an alarm that does not exist', facts({ alarms: [{ name: 'checkout-5xx', state: 'OK' }, { name: 'checkout-p99', state: 'MISSING' }] }), {}, [{ path: ['alarms', 1], message: 'no alarm "checkout-p99" in this account and Region', hint: 'Create it, or correct the name.', passing: false }]],
    [
      'a deployment of somebody else',
      facts({ service: service({ runningDeploymentArn: 'arn:other' }) }),
      {},
      [{ path: ['service', 'name'], message: 'another deployment of prod/checkout is running: arn:other', hint: 'Slipway did not start it. Wait for its end, or stop it, then run `slipway deploy`.', passing: true }],
    ],
    [
      'an alarm that is hot already',
      facts({ alarms: [{ name: 'checkout-5xx', state: 'OK' }, { name: 'checkout-p99', state: 'ALARM' }] }),
      {},
      [{ path: ['alarms', 1], message: 'alarm checkout-p99 is already in ALARM', hint: 'Wait until it is quiet, or set `onAlarmAtStart: ignore` or `proceed` for a fix that must go out.', passing: true }],
    ],
  ])('%s', (_, given, stage, faults) => {
    expect(check(given, stage).faults).toEqual(faults);
  });

  it.each(['alternateTargetGroupArn', 'productionListenerRule', 'roleArn'] as const)('a load balancer without %s', (member) => {
    const second = { targetGroupArn: 'tg-2', advanced: { ...advanced, [member]: undefined } };
    expect(check(facts({ service: service({ loadBalancers: [{ targetGroupArn: 'tg', advanced }, second] }) })).faults).toMatchObject([
      { path: ['strategy'], message: `prod/checkout lacks loadBalancers[1].advancedConfiguration.${member}, which LINEAR needs` },
    ]);
  });

  it('all are told together', () => {
    const broken = facts({ service: service({ status: 'INACTIVE', deploymentController: 'EXTERNAL', schedulingStrategy: 'DAEMON', loadBalancers: [], runningDeploymentArn: 'arn:other' }), containers: [], alarms: [{ name: 'checkout-5xx', state: 'ALARM' }] });
    expect(check(broken).faults.map((fault) => fault.path.join('.'))).toEqual(['service.name', 'service.name', 'strategy', 'service.container', 'strategy', 'alarms.1', 'service.name', 'alarms.0']);
  });

  it('our own deployment is no reason to refuse', () => {
    expect(check(facts({ service: service({ runningDeploymentArn: 'arn:own' }) }), {}, 'release', 'arn:own').faults).toEqual([]);
  });
});

describe('an alarm that is hot at the start', () => {
  const hot = facts({ alarms: [{ name: 'checkout-5xx', state: 'ALARM' }, { name: 'checkout-p99', state: 'OK' }] });

  it.each([
    ['ignore', 'Already in ALARM and therefore not watched during this rollout: checkout-5xx.'],
    ['proceed', 'Hotfix: already in ALARM, watched again once quiet: checkout-5xx.'],
  ] as const)('with `%s` is left out, and said', (onAlarmAtStart, warning) => {
    expect(check(hot, { onAlarmAtStart })).toEqual({ faults: [], alarmsLeftOut: ['checkout-5xx'], warnings: [warning] });
  });

  it('does not keep a specification from being applied, and neither does a running deployment', () => {
    expect(check({ ...hot, service: service({ runningDeploymentArn: 'x' }) }, {}, 'apply')).toEqual({ faults: [], alarmsLeftOut: [], warnings: [] });
  });
});
