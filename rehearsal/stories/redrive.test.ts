// What was lost on the way lies in dead-letter queues, and whoever is on duty sends it again: late, in any order, and perhaps twice.
// Nothing is done twice, nothing is told that is not so, and what docs/operating.md promises about each kind of letter holds.
import { canary } from './plan.ts';
import { story, type Telling } from './story.ts';

const LETTERS = 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html';

/** Every letter, twice, the newest first. */
async function everythingIsSentTwice({ when }: Telling, queue: Parameters<Telling['when']['letters']>[0]): Promise<string[]> {
  const letters = (await when.letters(queue)).reverse();
  for (const letter of [...letters, ...letters]) await when.isSentAgain(letter);
  for (const letter of letters) await letter.remove();
  await when.passes('10m');
  expect(await when.letters(queue)).toEqual([]);
  return letters.map(({ to }) => to);
}

test('a push that EventBridge could not hand over: the alarm tells of it, and its release begins once the letter is sent again', story(
  { of: LETTERS, given: { strategy: canary([20]) } },
  async (telling) => {
    const { when, then, ledger } = telling;
    const allow = await when.eventsMayNotReach('image-pushed');
    const release = await when.push('1.1.0');
    await when.until(() => ledger.alarmSinceMs.has('slipway-prod-undelivered-events'), 'the alarm goes off', '3h');
    expect(ledger.releaseIds.size).toBe(0);
    await allow();
    expect(await everythingIsSentTwice(telling, 'undelivered-events')).toEqual(['image-pushed']);
    await then.itEnds(release, 'succeeded');
    expect(ledger.announced.filter(({ kind }) => kind === 'releaseStarted')).toHaveLength(1);
    expect(ledger.rollouts).toHaveLength(1);
    await then.onlyServes('1.1.0');
  },
));

test('events of ECS and of alarms: the release found its end without them, and they change nothing any more', story(
  { of: LETTERS, given: { strategy: canary([20]) } },
  async (telling) => {
    const { when, then, ledger, world } = telling;
    const allow = await when.eventsMayNotReach('signal');
    const release = await when.pushed('1.1.0');
    await when.until(() => then.serving()['1.1.0'] === 20, 'it serves 20 %');
    await when.theAlarmIs('ALARM');
    await then.itEnds(release, 'rolledBack', /production-5xx/, '1h');
    await when.theAlarmIs('OK');
    await allow();
    const told = ledger.announced.length;
    const touched: string[] = [];
    world.watchers.push({ calling: (call) => void (call.signingName === 'ecs' && touched.push(call.operation)) });
    expect(new Set(await everythingIsSentTwice(telling, 'undelivered-events'))).toEqual(new Set(['signal']));
    expect(ledger.announced).toHaveLength(told);
    expect(touched).toEqual([]);
    await then.onlyServes('1.0.0');
  },
));

test('the end of an execution that nobody was told of: its release is taken over once, however often the letter comes', story(
  { of: LETTERS, given: { strategy: canary([{ weight: 20, bake: '6h' }]) } },
  async (telling) => {
    const { when, then, ledger } = telling;
    const release = await when.pushed('1.1.0');
    await when.itServes(20);
    const allow = await when.eventsMayNotReach('rescue');
    await when.somebodyStopsTheExecution();
    await when.passes('2h');
    // The rounds could not be made either, so it stays open and keeps the service.
    expect((await then.release(release)).status).toBe('running');
    await allow();
    expect(new Set(await everythingIsSentTwice(telling, 'undelivered-events'))).toEqual(new Set(['rescue']));
    await then.itEnds(release, 'failed', /own execution ended early/, '1h');
    expect(ledger.announced.filter(({ kind }) => kind === 'releaseEnded')).toHaveLength(1);
    await then.onlyServes('1.0.0');
  },
));

test('what functions failed on, of every kind that is handed to them', () => {
  let broken: readonly string[] = [];
  return story(
    {
      of: 'https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html',
      given: { strategy: canary([{ weight: 20, bake: '2h' }]) },
      wrap: (name, handle) => async (event) => {
        if (broken.includes(name)) throw new Error('the table cannot be reached');
        return handle(event);
      },
    },
    async (telling) => {
      const { when, then, ledger } = telling;
      broken = ['image-pushed'];
      const release = await when.push('1.1.0');
      await when.until(() => ledger.alarmSinceMs.has('slipway-prod-function-failures'), 'the alarm goes off', '3h');
      broken = [];
      expect(await everythingIsSentTwice(telling, 'function-failures')).toEqual(['image-pushed']);
      await when.itServes(20);

      // A person's word is recorded at once; only the ring that would make it heard is lost, and the next look hears it.
      broken = ['signal'];
      await when.says('alice', 'abort', release);
      await then.itEnds(release, 'aborted', /aborted by alice/, '30m');
      broken = [];
      await when.passes('10m');
      const told = ledger.announced.length;
      expect(new Set(await everythingIsSentTwice(telling, 'function-failures'))).toEqual(new Set(['signal']));
      expect(ledger.announced).toHaveLength(told);

      broken = ['rescue'];
      const second = await when.pushed('1.2.0');
      await when.itServes(20);
      await when.somebodyStopsTheExecution();
      await when.passes('20m');
      broken = [];
      expect(new Set(await everythingIsSentTwice(telling, 'function-failures'))).toEqual(new Set(['rescue']));
      await then.itEnds(second, 'failed', /own execution ended early/, '1h');
      expect(ledger.announced.filter(({ kind, releaseId }) => kind === 'releaseEnded' && releaseId === second)).toHaveLength(1);
      await then.onlyServes('1.0.0');
    },
  )();
});

test('what Slack could not be told: once its queue is moved back, the message says how things are, and there is one', story(
  {
    of: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html',
    given: { strategy: canary([20]), notify: true, slack: { rates: {}, outages: [{ fromMs: 0, forMs: 45 * 60_000, kind: 'tokenRevoked' }] } },
  },
  async ({ when, then, world, ledger }) => {
    // A day of tries is a thousand; five take less of everybody's time.
    await when.announcementsAreTried(5);
    const release = await when.pushed('1.1.0');
    await then.itEnds(release, 'succeeded');
    await when.until(() => ledger.alarmSinceMs.has('slipway-prod-unsaid-announcements'), 'the alarm goes off', '6h');
    expect(world.slack?.messageOf(release)).toBeUndefined();
    await when.unsaidAnnouncementsAreMovedBack();
    await when.passes('10m');
    expect(world.slack?.messageOf(release)).toBeDefined();
    await then.onlyServes('1.1.0');
  },
));
