// What takes days: a question that stays open for nearly as long as ECS waits, and a day on which no Lambda runs.
import { approval, canary } from './plan.ts';
import { story, type Given, type StateMachine, type Telling } from './story.ts';

/** What would fill the days and is not what these stories are about: ECS looking at what is at rest, functions starting cold. */
const QUIET: Given['physics'] = { schedulerTickMs: 60_000, ecsAlarmPollMs: 6 * 3_600_000, lambdaIdleMs: 2 * 3_600_000 };

/** Of Slipway's rounds, which are every half hour; that they find nothing to do here needs to be seen now and then. */
function oneRoundADay(): Given['events'] {
  let rounds = 0;
  return (event) => (event.source === 'aws.events' && rounds++ % 48 > 0 ? 'drop' : 'deliver');
}

/** Hands over after so many looks instead of a thousand. */
const handsOverAfter = (looks: number) => (machine: StateMachine): void => {
  const states = machine['States'] as Record<string, { Choices?: { Condition: string }[] }>;
  for (const state of Object.values(states)) for (const choice of state.Choices ?? []) choice.Condition = choice.Condition.replace('$looks > 1000', `$looks > ${looks}`);
};

describe('a question that is open for days', () => {
  test('is asked once, reminded of, and put to more people; then it is answered, whichever execution it is by then', story(
    {
      of: 'https://github.com/aws/containers-roadmap/issues/229',
      given: {
        strategy: canary([{ weight: 20, bake: '10m', approval: approval({ from: ['alice', 'bob'], within: '13d', remind: '2d', escalate: { to: ['carol'], after: '5d' } }) }]),
        alarms: false, physics: QUIET, events: oneRoundADay(), machine: handsOverAfter(100),
      },
    },
    async ({ when, then, ledger }) => {
      const histories = when.watchHistories();
      const release = await when.pushed('1.1.0');
      await when.peopleAreAsked();
      expect(await when.says('carol', 'approve', release)).toMatchObject({ status: 403 });
      await when.passes('12d');
      expect(await then.release(release)).toMatchObject({ status: 'waiting', waitingFor: 'approval' });
      expect(then.serving()).toEqual({ '1.0.0': 80, '1.1.0': 20 });
      expect(await when.says('carol', 'approve', release)).toMatchObject({ status: 200, body: { recorded: true } });
      await then.itEnds(release, 'succeeded', undefined, '1h');
      expect(then.told(release)).toEqual(['releaseStarted', 'stageStarted', 'weightReached', 'approvalAsked', 'approvalEscalated', 'approvalReminded', 'stageEnded', 'releaseEnded']);
      expect(ledger.rollouts).toHaveLength(1);
      // A hundred looks by people's pace in each of the first two; the thousand that it takes otherwise stay far from the 25,000 events of an execution.
      const [first = 0, second = 0] = [...histories.values()];
      expect(histories.size).toBe(3);
      expect(10 * Math.max(first, second)).toBeLessThan(25_000 * 0.6);
      await then.onlyServes('1.1.0');
    },
  ));

  test('and that nobody answers is over before ECS gives the pause up after its 14 days, whatever was asked before it', story(
    {
      of: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html',
      given: {
        strategy: canary([{ weight: 20, bake: '10m', approval: approval({ within: '13d', otherwise: 'approve' }) }]),
        missingData: { policy: 'wait', limit: '1h' }, physics: QUIET, events: oneRoundADay(),
      },
    },
    async ({ when, then, world }) => {
      const release = await when.pushed('1.1.0');
      await when.itServes(20);
      const pausedSinceMs = world.clock.nowMs();
      await when.theAlarmIs('INSUFFICIENT_DATA');
      await when.peopleAreAsked();
      await when.passes('12d');
      await when.says('bob', 'approve', release);
      await when.peopleAreAsked(2);
      await then.itEnds(release, 'timedOut', /nobody answered "Go on from 20 % to 100 %/);
      expect(world.clock.nowMs() - pausedSinceMs).toBeLessThan(14 * 86_400_000);
      expect(when.rollout().deployment.statusReason).not.toMatch(/timed out/);
      await then.onlyServes('1.0.0');
    },
  ));
});

const PAUSES = 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html';
const TIMED_OUT = /ECS rolled back by itself: .*pause hook timed out/;
const GIVEN: Given = { strategy: canary([5, { weight: 50, bake: '10m', approval: approval({ within: '2h' }) }], { bakeAfter: '15m' }), alarms: false };

describe('a day without any Lambda', () => {
  describe.each<[string, (telling: Telling, release: string) => Promise<void>]>([
    ['while the new tasks start', ({ when }) => when.until(() => when.rolloutBegun(), 'the rollout begins')],
    ['while it bakes at 5 %', ({ when }) => when.itServes(5)],
    ['while people are asked at 50 %', ({ when }) => when.peopleAreAsked()],
    ['in the last bake', async ({ when }, release) => {
      await when.peopleAreAsked();
      await when.says('alice', 'approve', release);
      await when.itServes(100);
    }],
  ])('%s', (_, untilTheyDie) => {
    test('ECS takes the service back, and Slipway tells of it when it can', story({ of: PAUSES, given: GIVEN }, async (telling) => {
      const { when, then } = telling;
      const release = await when.pushed('1.1.0');
      await untilTheyDie(telling, release);
      await when.everyLambdaIsDeadFor('1d');
      expect(when.rollout().deployment.status).toBe('ROLLBACK_SUCCESSFUL');
      expect(then.serving()).toEqual({ '1.0.0': 100 });
      await then.itEnds(release, 'rolledBack', TIMED_OUT, '30m');
      await then.onlyServes('1.0.0');
    }));
  });

  test('while it rolls back: the reason it began with is the one that is told', story({ of: PAUSES, given: { strategy: canary([20]) } }, async ({ when, then }) => {
    const release = await when.pushed('1.1.0');
    await when.itServes(20);
    await when.theAlarmIs('ALARM');
    await when.until(() => when.rollout().deployment.status !== 'IN_PROGRESS', 'ECS rolls back');
    await when.everyLambdaIsDeadFor('1d');
    await then.itEnds(release, 'rolledBack', /alarm production-5xx fired/, '30m');
    await then.onlyServes('1.0.0');
  }));

  test('before it begins: the push is not lost, and its release begins when somebody is there to begin it', story({ of: PAUSES, given: { strategy: canary([20]), alarms: false } }, async ({ when, then, ledger }) => {
    // EventBridge tries 185 times, which takes most of a day; what comes of a push that was not taken until then is told in redrive.test.ts.
    let release = '';
    await when.everyLambdaIsDeadFor('20h', async () => void (release = await when.push('1.1.0')));
    expect(ledger.releaseIds.size).toBe(0);
    await then.itEnds(release, 'succeeded', undefined, '2h');
    await then.onlyServes('1.1.0');
  }));
});
