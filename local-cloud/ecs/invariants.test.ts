// Whatever people and machines do to a service, in whatever order: some things always hold, and once everybody leaves it alone it
// comes to rest with one revision, one target group in production, and no task too many. Histories repeat exactly by seed.
import { seededRandom } from '../kernel/random.ts';
import { Scene, blueGroup, greenGroup, pause, productionRule } from './testing/scene.ts';

const TERMINAL = ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'];
const strategies = [
  { strategy: 'ROLLING' as const, lifecycleHooks: [] },
  { strategy: 'BLUE_GREEN' as const, bakeTimeInMinutes: 5, lifecycleHooks: [] },
  { strategy: 'CANARY' as const, canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 3 }, lifecycleHooks: [pause(['PRE_PRODUCTION_TRAFFIC_SHIFT'], { timeoutInMinutes: 10 })] },
  { strategy: 'LINEAR' as const, linearConfiguration: { stepPercent: 40, stepBakeTimeInMinutes: 1 }, lifecycleHooks: [pause(['POST_SCALE_UP', 'POST_PRODUCTION_TRAFFIC_SHIFT'], { timeoutInMinutes: 5, action: 'CONTINUE' })] },
];

async function mayhem(seed: number): Promise<Scene> {
  const scene = new Scene({ seed, switches: { updateDuringRollback: seed % 2 === 0 ? 'accepted' : 'refused' } });
  const random = seededRandom(seed * 7919);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random.next() * items.length)]!;
  scene.behaviours.set('crashes', { pullMs: 1000, startMs: 1000, stopMs: 1000, crashAfterMs: 2000 });
  scene.missingImages.add('missing');
  const breaker = { deploymentCircuitBreaker: { enable: true, rollback: true } };
  const alarms = { alarms: { alarmNames: ['a'], enable: true, rollback: true } };
  await scene.settled({ deploymentConfiguration: { ...breaker, ...alarms } });
  const ignoringRefusals = (promise: Promise<unknown>) => promise.catch((error: unknown) => expect(error).toHaveProperty('code'));
  const moves = [
    () => ignoringRefusals(scene.deploy(pick(['two', 'three', 'crashes', 'missing']), { deploymentConfiguration: { ...pick(strategies), ...breaker } })),
    async () => ignoringRefusals(scene.call('StopServiceDeployment', { serviceDeploymentArn: (await scene.deployment()).serviceDeploymentArn })),
    async () => {
      const { lifecycleHookDetails, serviceDeploymentArn } = await scene.deployment();
      const waiting = lifecycleHookDetails?.find((hook) => hook.status === 'AWAITING_ACTION');
      if (waiting) await ignoringRefusals(scene.call('ContinueServiceDeployment', { serviceDeploymentArn, hookId: waiting.hookId, action: pick(['CONTINUE', 'CONTINUE', 'ROLLBACK']) }));
    },
    async () => scene.alarms.set('a', pick(['OK', 'OK', 'ALARM'])),
    () => scene.update({ desiredCount: pick([1, 2, 3]) }),
    async () => scene.ecs.setTaskLimit('prod', pick([3, Infinity, Infinity])),
  ];
  for (let move = 0; move < 40; move++) {
    await pick(moves)();
    await scene.t.clock.advance(random.next() * 120_000);
    for (const [group, weight] of Object.entries(scene.elb.rules.get(productionRule)!)) {
      const serving = [...scene.elb.groups.get(group)!.values()].filter(({ state }) => state !== 'draining');
      if (weight > 0) expect([group, serving.length > 0]).toEqual([group, true]);
    }
    const deployments = await scene.deployments();
    expect(deployments.slice(1).filter(({ status }) => !TERMINAL.includes(status!) && status !== 'STOP_REQUESTED' && status !== 'ROLLBACK_REQUESTED')).toEqual([]);
  }
  return scene;
}

async function comesToRest(scene: Scene): Promise<void> {
  scene.alarms.set('a', 'OK');
  scene.ecs.setTaskLimit('prod', Infinity);
  await scene.until(({ status }) => TERMINAL.includes(status!));
  await scene.deploy('last', { deploymentConfiguration: { ...strategies[1]! } });
  await scene.untilStatus('SUCCESSFUL');
  await scene.untilSteady();
  const service = await scene.service();
  const last = (await scene.deployment()).targetServiceRevision!;
  expect(service.currentServiceRevisions).toEqual([{ arn: last.arn, requestedTaskCount: service.desiredCount, runningTaskCount: service.desiredCount, pendingTaskCount: 0 }]);
  expect(Object.values(scene.elb.rules.get(productionRule)!).sort((a, b) => a - b)).toEqual([0, 100]);
  const live = scene.elb.rules.get(productionRule)![greenGroup] === 100 ? greenGroup : blueGroup;
  expect(scene.elb.groups.get(live)!.size).toBe(service.desiredCount);
  expect(scene.elb.groups.get(live === greenGroup ? blueGroup : greenGroup)!.size).toBe(0);
  expect(scene.t.crashes).toEqual([]);
}

describe('after any history', () => {
  it.each(Array.from({ length: 40 }, (_, index) => index + 1))('of seed %i the service comes to rest', async (seed) => {
    await comesToRest(await mayhem(seed));
  });

  it('the same seed gives the same events, to the byte', async () => {
    const [once, again, other] = [await mayhem(5), await mayhem(5), await mayhem(6)].map((scene) => JSON.stringify(scene.events));
    expect(again).toBe(once);
    expect(other).not.toBe(once);
  });
});
