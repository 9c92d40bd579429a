// What a release is judged by: numbers that are missing, alarms that are red already, people who answer late or twice.
import { ALARM, approval, canary } from './plan.ts';
import { story } from './story.ts';

describe('without data', () => {
  const quiet = { strategy: canary([{ weight: 20, bake: { for: '5m', requests: 1000 } }]), requestsPerSecond: 0 };

  test('a canary nobody uses does not hang: after a while a person is asked, and may let it go on', story(
    {
      of: ['https://github.com/fluxcd/flagger/issues/1035', 'https://github.com/fluxcd/flagger/issues/1689', 'https://github.com/fluxcd/flagger/issues/1005', 'https://github.com/fluxcd/flagger/issues/1633'],
      given: { ...quiet, missingData: { policy: 'wait', limit: '30m' } },
    },
    async ({ when, then, ledger }) => {
      const release = await when.pushed('1.1.0');
      await when.itServes(20);
      const atMs = ledger.world.clock.nowMs();
      await when.peopleAreAsked();
      expect(ledger.world.clock.nowMs() - atMs).toBeLessThan(37 * 60_000);
      expect((await then.timeline(release)).join('\n')).toMatch(/Only 0 of 1000 requests were served at 20 %\. Go on all the same\?/);
      await when.says('alice', 'approve', release);
      await then.itEnds(release, 'succeeded');
    },
  ));

  test.each([
    ['wait', 'timedOut', /nobody answered "Only 0 of 1000 requests/],
    ['fail', 'rolledBack', /only 0 of 1000 requests were served at 20 %, and missingData says fail/],
    ['pass', 'succeeded', /every stage runs the new image/],
  ] as const)('the plan says what no data means: %s', (policy, outcome, because) => story(
    { of: 'https://github.com/fluxcd/flagger/issues/1098', given: { ...quiet, missingData: policy } },
    async ({ when, then }) => {
      await then.itEnds(await when.pushed('1.1.0'), outcome, because);
    },
  )());

  test('when the numbers stop coming half-way it does not advance', story(
    { of: 'https://github.com/fluxcd/flagger/issues/1011', given: { strategy: canary([5, 50]), missingData: { policy: 'wait', limit: '30m' } } },
    async ({ when, then }) => {
      const release = await when.pushed('1.1.0');
      await when.itServes(5);
      await when.theAlarmIs('INSUFFICIENT_DATA');
      await when.passes('35m');
      expect(then.serving()).toEqual({ '1.0.0': 95, '1.1.0': 5 });
      expect((await then.release(release)).waitingFor).toBe('alarmData');
      await when.theAlarmIs('OK');
      await then.itEnds(release, 'succeeded');
    },
  ));
});

describe('an alarm that is red before anything begins', () => {
  test('refuses the release, unless the plan says otherwise', story(
    { of: 'https://github.com/METR/hawk/issues/1429', given: { onAlarmAtStart: 'refuse' } },
    async ({ when, then, ledger }) => {
      await when.theAlarmIs('ALARM');
      await then.itEnds(await when.pushed('1.1.0'), 'refused', /alarm production-5xx is already in ALARM.*onAlarmAtStart: ignore/);
      expect(ledger.rollouts).toEqual([]);
    },
  ));

  test('does not block the very fix: `proceed` lets it out, and watches the alarm again once it was quiet', story(
    { of: 'https://github.com/METR/hawk/issues/1429', given: { strategy: canary([20, 50]), onAlarmAtStart: 'proceed' } },
    async ({ when, then }) => {
      await when.theAlarmIs('ALARM');
      const release = await when.pushed('1.1.0');
      await when.itServes(20);
      await when.passes('5m');
      await when.theAlarmIs('OK');
      await when.itServes(50);
      await when.theAlarmIs('ALARM');
      await then.itEnds(release, 'rolledBack', /alarm production-5xx fired/);
      await then.onlyServes('1.0.0');
    },
  ));

  test('is left out of the watch with `ignore`, out loud, and not handed to ECS, which would then watch no alarm at all', story(
    { of: 'https://github.com/aws/copilot-cli/pull/4512', given: { strategy: canary([20]), onAlarmAtStart: 'ignore' } },
    async ({ when, then }) => {
      await when.theAlarmIs('ALARM');
      const release = await when.pushed('1.1.0');
      await when.itServes(20);
      expect(when.rollout().deployment.configuration.alarms).toMatchObject({ alarmNames: [], enable: false });
      await then.itEnds(release, 'succeeded');
      expect((await then.timeline(release)).join('\n')).toContain(`Already in ALARM and therefore not watched during this rollout: ${ALARM}`);
    },
  ));
});

test('failure, silence and a broken look are three verdicts: only the first rolls back', story(
  { of: 'https://argo-rollouts.readthedocs.io/en/stable/features/analysis/', given: { strategy: canary([20]), faults: { failsBefore: 0.3 }, missingData: { policy: 'wait', limit: '20m' } } },
  async ({ when, then }) => {
    const release = await when.pushed('1.1.0');
    await when.itServes(20);
    await when.theAlarmIs('INSUFFICIENT_DATA');
    await when.passes('15m');
    expect(then.serving()).toEqual({ '1.0.0': 80, '1.1.0': 20 });
    await when.theAlarmIs('ALARM');
    await then.itEnds(release, 'rolledBack', /alarm production-5xx fired/, '20m');
    await then.onlyServes('1.0.0');
  },
));

describe('people', () => {
  test('who take long are not slow progress, and their time is told apart', story(
    { of: 'https://argo-rollouts.readthedocs.io/en/stable/features/controller-metrics/', given: { strategy: canary([{ weight: 20, bake: '5m', approval: approval({ within: '12h' }) }]) } },
    async ({ when, then }) => {
      const release = await when.pushed('1.1.0');
      await when.peopleAreAsked();
      await when.passes('11h');
      expect(await then.release(release)).toMatchObject({ status: 'waiting', waitingFor: 'approval' });
      expect(then.serving()).toEqual({ '1.0.0': 80, '1.1.0': 20 });
      await when.says('alice', 'approve', release);
      await then.itEnds(release, 'succeeded');
      expect(then.told(release)).not.toContain('rollbackStarted');
    },
  ));

  test('who decide twice decide once, and nobody counts for two', story(
    { of: 'https://github.com/mattrobinsonsre/terrapod/issues/556', given: { strategy: canary([{ weight: 20, bake: '1m', approval: approval({ need: 2 }) }]) } },
    async ({ when, then }) => {
      const release = await when.pushed('1.1.0');
      await when.peopleAreAsked();
      expect((await when.says('alice', 'approve', release)).body.recorded).toBe(true);
      expect((await when.says('alice', 'approve', release)).body.recorded).toBe(false);
      expect((await when.says('mallory', 'approve', release)).status).toBe(403);
      await when.passes('1h');
      expect(then.serving()).toEqual({ '1.0.0': 80, '1.1.0': 20 });
      await when.says('bob', 'approve', release);
      await then.itEnds(release, 'succeeded');
    },
  ));
});
