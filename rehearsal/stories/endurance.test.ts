// Long waits, lost events, executions that end early, and a day without any Lambda.
import { approval, canary } from './plan.ts';
import { story, type Given, type StateMachine, type Telling } from './story.ts';

/** Executions that end with this name suffix or another, in the order in which they began. */
const executionsOf = (releaseId: string, names: readonly string[]) => names.filter((name) => name.startsWith(releaseId)).map((name) => name.slice(releaseId.length));

/** Hands over after so many looks instead of a thousand. */
const handsOverAfter = (looks: number) => (machine: StateMachine): void => {
  const states = machine['States'] as Record<string, { Choices?: { Condition: string }[] }>;
  for (const state of Object.values(states)) for (const choice of state.Choices ?? []) choice.Condition = choice.Condition.replace('$looks > 1000', `$looks > ${looks}`);
};

/** Every event is lost but the push itself, and the clock's own. */
const EVERY_EVENT_LOST: Given['events'] = (event) => (event.source === 'aws.ecr' || event.source === 'aws.events' ? 'deliver' : 'drop');

describe('a release that lives longer than one execution may', () => {
  test('a question that was put is not put again, and an answer given during the hand-over counts', story(
    { given: { strategy: canary([{ weight: 20, bake: '1m', approval: approval({ within: '4h', need: 2 }) }]), before: [{ approval: approval({ within: '2h' }) }], machine: handsOverAfter(3) } },
    async ({ when, then, world }) => {
      const histories = when.watchHistories();
      const release = await when.pushed('1.1.0');
      await when.peopleAreAsked();
      for (let i = 0; i < 8; i++) await when.theAlarmIs(i % 2 === 0 ? 'INSUFFICIENT_DATA' : 'OK').then(() => when.passes('1m'));
      await when.says('alice', 'approve', release);
      await when.peopleAreAsked(2);
      // The answer comes while one execution hands over to the next.
      let answered = false;
      world.watchers.push({ calling: (call, environment) => {
        if (answered || call.operation !== 'StartExecution' || environment.functionName !== 'rescue') return;
        answered = true;
        void world.ask('alice', 'POST', `/v1/releases/${release}/decisions`, { kind: 'approve', reason: 'now' });
        void world.ask('bob', 'POST', `/v1/releases/${release}/decisions`, { kind: 'approve', reason: 'now' });
      } });
      for (let i = 0; i < 8 && !answered; i++) await when.somebodyRings();
      expect(answered).toBe(true);
      await then.itEnds(release, 'succeeded', undefined, '30m');
      expect(histories.size).toBeGreaterThan(3);
      expect(then.told(release)).toEqual(['releaseStarted', 'approvalAsked', 'stageStarted', 'weightReached', 'approvalAsked', 'stageEnded', 'releaseEnded']);
      await then.onlyServes('1.1.0');
    },
  ));

  test('an alarm that flaps while people think of a release is not what decides about it, whichever execution it is in', story(
    { given: { strategy: canary([20]), before: [{ approval: approval({ within: '2d' }) }], onAlarmAtStart: 'refuse', machine: handsOverAfter(3) } },
    async ({ when, then }) => {
      const histories = when.watchHistories();
      const release = await when.pushed('1.1.0');
      await when.peopleAreAsked();
      await when.theAlarmIs('ALARM');
      for (let i = 0; i < 6; i++) await when.somebodyRings();
      await when.theAlarmIs('OK');
      await when.passes('1h');
      expect(histories.size).toBeGreaterThan(1);
      expect(await then.release(release)).toMatchObject({ status: 'waiting', waitingFor: 'approval' });
      await when.says('alice', 'approve', release);
      await then.itEnds(release, 'succeeded');
    },
  ));

  test('an execution that is stopped after it has handed over is not missed', story(
    { given: { strategy: canary([{ weight: 20, bake: '2h' }]), machine: handsOverAfter(6) } },
    async ({ when, then, world }) => {
      const histories = when.watchHistories();
      const release = await when.pushed('1.1.0');
      let stopped: string | undefined;
      world.watchers.push({ called: (call, environment, outcome) => {
        if (stopped !== undefined || call.operation !== 'StartExecution' || environment?.functionName !== 'rescue' || 'error' in outcome) return;
        stopped = release;
        void when.somebodyStopsTheExecution(release);
      } });
      await then.itEnds(release, 'succeeded');
      expect(stopped).toBe(release);
      expect(executionsOf(release, [...histories.keys()]).filter((name) => name.startsWith('-x'))).toEqual([]);
      expect(then.told(release)).not.toContain('rescued');
      await then.onlyServes('1.1.0');
    },
  ));
});

test.each([
  ['handed over', { machine: handsOverAfter(3) }, 'succeeded', async ({ when }: Telling) => when.passes('25m')],
  ['rescued', {}, 'failed', async ({ when }: Telling) => when.somebodyStopsTheExecution()],
] as const)('a release that is %s while it waits for its turn is told to have started once', (_, given, outcome, happens) => story(
  { given: { strategy: canary([{ weight: 20, bake: '40m' }]), ...given } },
  async (telling) => {
    const { when, then, ledger } = telling;
    const first = await when.pushed('1.1.0');
    await when.itServes(20);
    const histories = when.watchHistories();
    const second = await when.pushed('1.2.0');
    await when.passes('1m');
    await happens(telling);
    await then.itEnds(second, outcome);
    await then.itEnds(first, 'succeeded');
    expect(executionsOf(second, [...histories.keys()]).length).toBeGreaterThan(1);
    expect(ledger.announced.filter(({ releaseId, kind }) => releaseId === second && kind === 'releaseStarted')).toHaveLength(1);
  },
)());

describe('an execution that ends early', () => {
  test.each([
    ['ABORTED', {}, async ({ when }: Telling) => when.somebodyStopsTheExecution()],
    ['TIMED_OUT', { machine: (machine: StateMachine) => void (machine['TimeoutSeconds'] = 1_200) }, async ({ when }: Telling) => when.passes('20m')],
  ] as const)('%s: the release is rolled back by a fresh one, and says so', (status, given, happens) => story(
    { given: { strategy: canary([{ weight: 20, bake: '2h' }]), ...given } },
    async (telling) => {
      const { when, then } = telling;
      const release = await when.pushed('1.1.0');
      await when.itServes(20);
      await happens(telling);
      await then.itEnds(release, 'failed', new RegExp(`own execution ended early \\(${status}`), '30m');
      expect(then.told(release)).toContain('rollbackStarted');
      await then.onlyServes('1.0.0');
    },
  )());

  test('FAILED: on something nobody foresaw, through its own Catch, and told as a rescue', story(
    {
      given: { strategy: canary([{ weight: 20, bake: '2h' }]) },
      wrap: (name, handle) => {
        let looks = 0;
        return async (event) => {
          if (name === 'assess' && ++looks === 6) throw new TypeError('x is not a function');
          return handle(event);
        };
      },
    },
    async ({ when, then }) => {
      const release = await when.pushed('1.1.0');
      await then.itEnds(release, 'failed', /own execution ended early \(TypeError: x is not a function\)/);
      expect(then.told(release)).toContain('rescued');
      await then.onlyServes('1.0.0');
    },
  ));
});

describe('when every event is lost', () => {
  test('a release comes to the same end, only later', story(
    { given: { strategy: canary([20], { bakeAfter: '10m' }), events: EVERY_EVENT_LOST } },
    async ({ when, then }) => {
      const release = await when.pushed('1.1.0');
      await then.itEnds(release, 'succeeded', undefined, '2h');
      await then.onlyServes('1.1.0');
    },
  ));

  test('an alarm is seen all the same, within five minutes', story(
    { given: { strategy: canary([{ weight: 20, bake: '2h' }]), events: EVERY_EVENT_LOST } },
    async ({ when, then, world }) => {
      const release = await when.pushed('1.1.0');
      await when.until(() => Object.values(then.serving()).includes(20), 'it serves 20 %');
      await when.passes('10m');
      await when.theAlarmIs('ALARM');
      const redAtMs = world.clock.nowMs();
      await when.until(() => !Object.values(then.serving()).includes(20), 'the traffic is back');
      expect(world.clock.nowMs() - redAtMs).toBeLessThan(6 * 60_000);
      await then.itEnds(release, 'rolledBack', /alarm production-5xx fired/);
    },
  ));

  test('a stopped execution is found on the next round', story(
    { given: { strategy: canary([{ weight: 20, bake: '2h' }]), events: EVERY_EVENT_LOST } },
    async ({ when, then }) => {
      const release = await when.pushed('1.1.0');
      await when.until(() => Object.values(then.serving()).includes(20), 'it serves 20 %');
      await when.somebodyStopsTheExecution();
      await then.itEnds(release, 'failed', /ABORTED, found on a round/, '2h');
      await then.onlyServes('1.0.0');
    },
  ));
});
