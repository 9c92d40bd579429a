// Traffic and tasks: what went wrong elsewhere while weights moved.
import type { ApiCall } from '../../local-cloud/cloud-kernel.ts';
import { approval, canary } from './plan.ts';
import { story, type Telling } from './story.ts';
import { BLUE_GREEN, PRODUCTION } from './when.ts';

/** The weight of the new revision at the moment when its first task is told to stop; of the old one with `blue`. */
function weightAtFirstStop({ world, when }: Telling, whose: 'target' | 'blue'): () => number | undefined {
  const { deployment, service } = when.rollout();
  const revision = deployment[whose];
  let weight: number | undefined;
  world.watchers.push({
    stepped: () => {
      if (weight !== undefined || !revision || ![...revision.tasks].some((task) => task.desiredStatus === 'STOPPED')) return;
      weight = world.weights(service)[revision.targetGroupArns[0] ?? ''] ?? 0;
    },
  });
  return () => weight;
}

describe('a canary that is rolled back', () => {
  test('loses its traffic before it loses its tasks', story(
    { of: 'https://github.com/pipe-cd/pipecd/issues/4710', given: { strategy: canary([5, 50]) } },
    async (telling) => {
      const { when, then } = telling;
      const release = await when.pushed('1.1.0');
      await when.itServes(50);
      const weight = weightAtFirstStop(telling, 'target');
      await when.theAlarmIs('ALARM');
      await then.itEnds(release, 'rolledBack', /alarm production-5xx fired/);
      expect(weight()).toBe(0);
      await then.onlyServes('1.0.0');
    },
  ));

  test('leaves no canary task serving when somebody cancels it', story(
    { of: 'https://github.com/pipe-cd/pipecd/issues/4329', given: { strategy: canary([5, 50]) } },
    async ({ when, then }) => {
      const release = await when.pushed('1.1.0');
      await when.itServes(5);
      await when.says('alice', 'abort', release);
      await then.itEnds(release, 'aborted', /aborted by alice/, '30m');
      await then.onlyServes('1.0.0');
    },
  ));

  test('leaves the listener as it was before, whichever target group was the new one', story(
    { of: 'https://github.com/pipe-cd/pipecd/issues/5280', given: { strategy: canary([20]) } },
    async ({ when, then, world }) => {
      const service = world.service(PRODUCTION);
      const first = await when.pushed('1.1.0');
      await then.itEnds(first, 'succeeded');
      // From here on the live fleet stands in the second target group.
      expect(world.weights(service)).toEqual({ [service.blueArn]: 0, [service.greenArn]: 100 });
      const second = await when.pushed('1.2.0');
      await when.itServes(20);
      expect(world.weights(service)).toEqual({ [service.blueArn]: 20, [service.greenArn]: 80 });
      await when.theAlarmIs('ALARM');
      await then.itEnds(second, 'rolledBack');
      expect(world.weights(service)).toEqual({ [service.blueArn]: 0, [service.greenArn]: 100 });
      await then.onlyServes('1.1.0');
    },
  ));
});

test('the old tasks stay until the new ones hold all traffic and have baked, however much AWS throttles and lags', story(
  {
    of: 'https://github.com/argoproj/argo-rollouts/issues/3333',
    given: { strategy: canary([50], { bakeAfter: '15m' }), faults: { throttled: 0.25 }, switches: { ecsReadLagMs: 10_000 } },
  },
  async (telling) => {
    const { when, then, world, ledger } = telling;
    const release = await when.pushed('1.1.0');
    await when.itServes(50);
    const weight = weightAtFirstStop(telling, 'blue');
    await when.itServes(100);
    const fullSinceMs = world.clock.nowMs();
    await when.until(() => weight() !== undefined, 'the old tasks are told to stop');
    expect(weight()).toBe(0);
    expect(world.clock.nowMs() - fullSinceMs).toBeGreaterThanOrEqual(14 * 60_000);
    await then.itEnds(release, 'succeeded');
    expect(ledger.rollouts).toHaveLength(1);
    await then.onlyServes('1.1.0');
  },
));

describe('a third push during the second release', () => {
  test('waits until the one under way has ended; the one in between gives way, and nobody is left without tasks', story(
    { of: ['https://github.com/argoproj/argo-rollouts/issues/3372', 'https://github.com/argoproj/argo-rollouts/issues/3331'], given: { strategy: canary([20]) } },
    async ({ when, then, ledger }) => {
      const second = await when.pushed('1.1.0');
      await when.itServes(20);
      const third = await when.pushed('1.2.0');
      await when.passes('1m');
      expect(then.serving()).toEqual({ '1.0.0': 80, '1.1.0': 20 });
      expect((await then.release(third)).stages[0]).toMatchObject({ status: 'waiting', waitingFor: { kind: 'turn' } });
      const fourth = await when.pushed('1.3.0');
      await then.itEnds(third, 'superseded', new RegExp(fourth), '5m');
      await then.itEnds(second, 'succeeded');
      await then.itEnds(fourth, 'succeeded');
      expect(ledger.rollouts.map((rollout) => rollout.releaseId)).toEqual([second, fourth]);
      await then.onlyServes('1.3.0');
    },
  ));

  test('takes the place of one that waits for people, after that one is rolled back whole', story(
    { of: 'https://github.com/argoproj/argo-rollouts/issues/3372', given: { strategy: canary([{ weight: 20, approval: approval() }]), newerRelease: 'overtakesWaiting' } },
    async ({ when, then }) => {
      const second = await when.pushed('1.1.0');
      await when.peopleAreAsked();
      const third = await when.pushed('1.2.0');
      await then.itEnds(second, 'superseded', new RegExp(third), '30m');
      const late = await when.says('alice', 'approve', second);
      expect(late).toMatchObject({ status: 409, body: { error: { code: 'Refused', message: expect.stringMatching(/has ended \(superseded\)/) as string } } });
      await when.peopleAreAsked(2);
      expect(then.serving()).toEqual({ '1.0.0': 80, '1.2.0': 20 });
      await when.says('bob', 'approve', third);
      await then.itEnds(third, 'succeeded');
      await then.onlyServes('1.2.0');
    },
  ));
});

test('an image that was aborted or rolled back is not tried again by itself', story(
  { of: 'https://github.com/argoproj/argo-rollouts/issues/2929', given: { strategy: canary([20]) } },
  async ({ when, then, ledger }) => {
    const release = await when.pushed('1.1.0');
    await when.itServes(20);
    await when.theAlarmIs('ALARM');
    await then.itEnds(release, 'rolledBack');
    await when.theAlarmIs('OK');
    await when.pushedAgain('1.1.0', '1.1.1');
    await when.passes('6h');
    expect(ledger.rollouts).toHaveLength(1);
    const byHand = await when.deploys('alice', '1.1.0');
    await then.itEnds(byHand.releaseId, 'refused', /this image is held on prod\/checkout .*slipway unhold/);
    expect(ledger.rollouts).toHaveLength(1);
    await then.onlyServes('1.0.0');

    const again = await when.retries('alice', release);
    await then.itEnds(again.releaseId, 'succeeded');
    await then.onlyServes('1.1.0');
  },
));

describe('an abort', () => {
  test('with nothing running touches nothing', story(
    { of: 'https://github.com/argoproj/argo-rollouts/issues/1292', given: { strategy: canary([20]) } },
    async ({ when, then, world }) => {
      const release = await when.pushed('1.1.0');
      await then.itEnds(release, 'succeeded');
      const touched: string[] = [];
      world.watchers.push({ calling: (call) => void (isWrite(call) && call.signingName !== 'dynamodb' && touched.push(call.operation)) });
      for (const kind of ['abort', 'promote', 'approve'] as const) expect((await when.says('alice', kind, release)).body.error).toMatchObject({ code: 'Refused', message: expect.stringMatching(/has ended \(succeeded\)/) as string });
      await when.passes('1h');
      expect(touched).toEqual([]);
      await then.onlyServes('1.1.0');
    },
  ));

  test('that races an approval and a promotion does not lock up: the release ends within minutes', story(
    { of: 'https://github.com/argoproj/argo-rollouts/issues/4898', given: { strategy: canary([{ weight: 20, bake: '1m', approval: approval({ need: 2 }) }]) } },
    async ({ when, then, world }) => {
      const release = await when.pushed('1.1.0');
      await when.peopleAreAsked();
      const ask = (person: string, kind: string) => world.ask(person, 'POST', `/v1/releases/${release}/decisions`, { kind, reason: 'now' });
      await world.await(Promise.all([ask('alice', 'approve'), ask('alice', 'approve'), ask('bob', 'abort'), ask('bob', 'approve'), ask('alice', 'promote'), ask('bob', 'abort')]));
      await then.itEnds(release, 'aborted', /aborted by bob/, '10m');
      await then.onlyServes('1.0.0');
    },
  ));
});

test('auto scaling goes on during a release, and Slipway never says how many tasks there are to be', story(
  { of: 'https://github.com/argoproj/argo-rollouts/issues/1415', given: { strategy: canary([20]), desiredCount: 2 } },
  async ({ when, then, world }) => {
    const counted: unknown[] = [];
    world.watchers.push({ calling: (call) => void (isWrite(call) && 'desiredCount' in (call.input) && counted.push(call.input)) });
    const release = await when.pushed('1.1.0');
    await when.itServes(20);
    await when.somebodySets({ desiredCount: 5 });
    await when.passes('5m');
    expect(then.tasks().filter(({ tag }) => tag === '1.0.0')).toHaveLength(5);
    expect(then.tasks().filter(({ tag }) => tag === '1.1.0')).toHaveLength(5);
    await then.itEnds(release, 'succeeded');
    await then.onlyServes('1.1.0');
    expect(then.tasks()).toHaveLength(5);
    expect(counted).toEqual([]);
  },
));

describe('pauses', () => {
  test('that wait for a person say so: who is asked, until when, and how to answer', story(
    { of: 'https://github.com/kayac/ecspresso/pull/1069', given: { strategy: canary([{ weight: 5, bake: '1m', approval: approval({ within: '4h' }) }]) } },
    async ({ when, then, world, ledger }) => {
      const messages: string[] = [];
      world.watchers.push({ called: (call) => void (call.operation === 'Publish' && messages.push(String((call.input as { Message?: string }).Message))) });
      const release = await when.pushed('1.1.0');
      await when.peopleAreAsked();
      const askedAtMs = ledger.announced.at(-1)?.atMs ?? 0;
      await when.passes('2h');
      const view = await then.release(release);
      expect(view).toMatchObject({ status: 'waiting', waitingFor: 'approval' });
      expect(view.stages[0]?.waitingFor).toMatchObject({ kind: 'approval', from: ['alice', 'bob'], need: 1, given: [] });
      expect(Math.abs((view.stages[0]?.waitingFor?.untilMs ?? 0) - askedAtMs - 4 * 3_600_000)).toBeLessThan(5_000);
      expect(messages.at(-1)).toContain(`slipway approve ${release}`);
      await then.itEnds(release, 'timedOut', /nobody answered/);
      await then.onlyServes('1.0.0');
    },
  ));

  test('of the service itself are no obstacle: set aside for the release, said so, and put back', story(
    { of: 'https://github.com/kayac/ecspresso/issues/1055', given: { strategy: canary([20]), deploymentConfiguration: BLUE_GREEN } },
    async ({ when, then }) => {
      const own = { targetType: 'PAUSE', lifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'], timeoutConfiguration: { timeoutInMinutes: 60, action: 'ROLLBACK' } };
      await when.somebodySets({ deploymentConfiguration: { lifecycleHooks: [own] } });
      const before = then.configuration();
      const release = await when.pushed('1.1.0');
      await then.itEnds(release, 'succeeded', undefined, '2h');
      expect((await then.timeline(release)).join('\n')).toMatch(/own 1 pause hook\(s\) are set aside during this release/);
      expect(then.configuration()).toMatchObject(before);
      await then.onlyServes('1.1.0');
    },
  ));
});

describe('under the ECS deployment controller', () => {
  test('a service that deploys BLUE_GREEN can be rolled, and is BLUE_GREEN again afterwards', story(
    { of: 'https://github.com/aws/containers-roadmap/issues/2664', given: { strategy: 'rolling', deploymentConfiguration: BLUE_GREEN } },
    async ({ when, then }) => {
      const release = await when.pushed('1.1.0');
      await then.itEnds(release, 'succeeded');
      expect(when.rollout().deployment.configuration).toMatchObject({ strategy: 'ROLLING' });
      expect(then.configuration()).toMatchObject(BLUE_GREEN);
      await then.onlyServes('1.1.0');
    },
  ));

  test('a canary is ECS\'s own: Slipway touches neither listeners nor task sets nor task counts', story(
    { of: 'https://github.com/pipe-cd/pipecd/issues/7146', given: { strategy: canary([5, 50]) } },
    async ({ when, then, world }) => {
      const writes = new Set<string>();
      world.watchers.push({ calling: (call) => void (isWrite(call) && writes.add(`${call.signingName}:${call.operation}`)) });
      const release = await when.pushed('1.1.0');
      await then.itEnds(release, 'succeeded');
      expect(when.rollout().reached.map(({ weightPercent }) => weightPercent)).toEqual(expect.arrayContaining([5, 50, 100]));
      expect([...writes].filter((name) => !name.startsWith('dynamodb:') && !name.startsWith('states:')).sort()).toEqual(['ecs:ContinueServiceDeployment', 'ecs:RegisterTaskDefinition', 'ecs:UpdateService']);
      await then.onlyServes('1.1.0');
    },
  ));
});

/** Of Slipway's own calls, those that change something. */
const isWrite = (call: ApiCall): boolean => !/^(Describe|List|Get|Query|BatchGet|Filter)/.test(call.operation);
