// `slipway wait`, and `watch` where nobody can draw: in process, against a control API.

import type { ReleaseView, StageView } from '../core/view/index.ts';
import { EXIT } from './exit.ts';
import { type FakeControl, fakeControl, type Ran, type Reply, runCli } from './testing.ts';
import { DIGEST, done, rolledBack, running, waiting } from './testing-releases.ts';

const containing = (text: string): string => expect.stringContaining(text) as string;

let control: FakeControl | undefined;
afterEach(async () => control?.close());

const pipelines = { body: { pipelines: [{ name: 'checkout', repository: 'shop/checkout', stages: [] }] } };

/** The release as it is at one look after the other. */
async function withLooks(looks: readonly ReleaseView[], words: string[], more: Record<string, Reply | Reply[]> = {}): Promise<Ran> {
  const path = `GET /v1/releases/${running.id}`;
  control = await fakeControl({ 'GET /v1/pipelines': pipelines, 'GET /v1/releases': { body: { releases: [looks[0]] } }, ...(looks.length > 0 && { [path]: looks.map((body) => ({ body })) }), ...more });
  return runCli([...words, '--local', '--url', control.url]);
}

const withProduction = (view: ReleaseView, more: Partial<StageView>): ReleaseView => ({ ...view, stages: view.stages.map((stage) => (stage.name === 'production' ? { ...stage, ...more } : stage)) });
const productionDone = withProduction(running, { status: 'ended', outcome: 'succeeded' });
const productionRolledBack = withProduction(running, { status: 'ended', outcome: 'rolledBack' });

describe('wait', () => {
  test.each([
    { goal: 'ended', looks: [running, waiting, done], exit: 'succeeded' },
    { goal: 'ended', looks: [running, rolledBack], exit: 'rolledBack' },
    { goal: 'approval', looks: [running, running, waiting], exit: 'succeeded' },
    { goal: 'approval', looks: [running, rolledBack], exit: 'rolledBack' },
    { goal: 'stage=staging', looks: [running], exit: 'succeeded' },
    { goal: 'stage=production', looks: [running, waiting, productionDone], exit: 'succeeded' },
    { goal: 'stage=production', looks: [running, productionRolledBack], exit: 'rolledBack' },
    { goal: 'stage=production', looks: [running, { ...running, status: 'ended', outcome: 'aborted' } satisfies ReleaseView], exit: 'aborted' },
  ] as const)('--for $goal ends after $looks.length looks as $exit', async ({ goal, looks, exit }) => {
    const ran = await withLooks(looks, ['wait', running.id, '--for', goal]);
    expect(ran.exit).toBe(EXIT[exit]);
    // One look finds the release, the others follow it.
    expect(control!.received.filter(({ path }) => path === `/v1/releases/${running.id}`).length).toBe(looks.length + (looks.length === 1 ? 1 : 0));
  });

  test('an end that is not what was waited for is never a success', async () => {
    const ran = await withLooks([running, done], ['wait', running.id, '--for', 'approval']);
    expect(ran).toMatchObject({ exit: EXIT.notFound, stderr: containing('succeeded before it asked anybody') });
  });

  test('a stage that is not there is named at once, with the nearest', async () => {
    expect(await withLooks([running], ['wait', running.id, '--for', 'stage=prodution'])).toMatchObject({ exit: EXIT.notFound, stderr: containing('Did you mean production?') });
  });

  test.each([['--for', 'lunch'], ['--timeout', '5 minutes'], ['--for', 'stage=']])('%s %s is bad input', async (...words) => {
    expect((await withLooks([running], ['wait', running.id, ...words])).exit).toBe(EXIT.badInput);
  });

  test('gives up after --timeout, and says that the release goes on', async () => {
    expect(await withLooks([running], ['wait', running.id, '--timeout', '30s'])).toMatchObject({ exit: EXIT.timedOut, stderr: containing(`release ${running.id} has not ended within 30 s`) });
  });

  test('of a pipeline waits for its newest release', async () => {
    expect(await withLooks([running, done], ['wait', 'checkout'])).toMatchObject({ exit: 0, stdout: containing(running.id) });
  });

  test('--json prints the release as it is at the end, and nothing else', async () => {
    expect(JSON.parse((await withLooks([running, done], ['wait', running.id, '--json'])).stdout)).toEqual(done);
  });

  test('tells every entry of the story once, as talk', async () => {
    const { stderr } = await withLooks([running, waiting, waiting, done], ['wait', running.id]);
    expect(stderr.split('\n').filter((line) => line === 'production: Approved by bob, from Slack: looks calm.')).toHaveLength(1);
    expect(stderr.trim().split('\n')).toHaveLength(done.timeline.length);
  });

  describe('right after a push', () => {
    const lists = (...pages: ReleaseView[][]): Record<string, Reply[]> => ({ 'GET /v1/releases': pages.map((releases) => ({ body: { releases } })) });
    const older = { ...done, id: 'checkout-old', image: { ...done.image, tag: '1.3.0', digest: `sha256:${'0'.repeat(64)}` } };

    test.each([['--tag', '1.4.0'], ['--digest', DIGEST]])('waits for the release of %s to start, then for its end', async (...image) => {
      const ran = await withLooks([running, done], ['wait', 'checkout', ...image], lists([older], [older], [running, older]));
      expect(ran).toMatchObject({ exit: 0, stderr: containing('waiting for the release to start') });
    });

    test('gives up when none starts', async () => {
      const ran = await withLooks([running], ['wait', 'checkout', '--tag', '1.4.0', '--start-within', '1m'], lists([older]));
      expect(ran).toMatchObject({ exit: EXIT.notFound, stderr: containing('the release of checkout 1.4.0 has not started') });
    });
  });

  test('bears with a cloud that does not answer for a while', async () => {
    const broken = Array.from({ length: 30 }, () => ({ status: 503, body: {} }));
    const ran = await withLooks([], ['wait', running.id], { [`GET /v1/releases/${running.id}`]: [{ body: running }, ...broken, { body: done }] });
    expect(ran.exit).toBe(0);
    expect(ran.stderr.match(/the control API answered 503; trying again/g)).toHaveLength(1);
  });

  test('gives up on a cloud that stays away', async () => {
    const ran = await withLooks([], ['wait', running.id], { [`GET /v1/releases/${running.id}`]: [{ body: running }, { status: 503, body: {} }] });
    expect(ran).toMatchObject({ exit: EXIT.cloudError, stderr: containing('slipway: the control API answered 503') });
  });
});

describe('watch without a terminal', () => {
  test('prints what changes, line by line, and exits with how it ended', async () => {
    const baking = withProduction(running, { waitingFor: { kind: 'bake', untilMs: Date.parse('2026-11-23T12:04:10Z') } });
    const ran = await withLooks([baking, baking, waiting, { ...rolledBack, timeline: [...waiting.timeline, ...rolledBack.timeline.slice(-1)] }], ['watch', running.id]);
    expect(ran).toEqual({
      exit: EXIT.rolledBack,
      stderr: '',
      stdout: `12:00:00  checkout-1.4.0-4e5f6a7b: checkout 1.4.0
11:15:00  1.4.0 was pushed to shop/checkout.
11:15:02  staging: Rolling out to staging, task by task.
11:19:40  staging: succeeded. ECS finished the deployment: the new revision serves 100 %.
11:19:41  production: Task definition checkout:8: container app runs shop/checkout@sha256:4e5f6a7b8c9d.
11:20:30  production: The new revision serves 5 % of production traffic; baking for 10 min.
12:00:00  production: bakes, 4 min 10 s left
11:50:00  production: Go on from 25 % to 50 %? Waits for 2 of alice, bob until 2026-11-23 15:30 UTC, otherwise it counts as rejected.
11:58:12  production: Approved by bob, from Slack: looks calm.
12:00:02  production: waits for approval by alice (1 of 2 given: bob), 3 h 29 min left
11:31:07  production: rolled back. The old revision serves 100 %.
12:00:04  checkout-1.4.0-4e5f6a7b rolled back: alarm checkout-5xx fired: 48 of 900 requests failed within one minute
`,
    });
  });

  test('with --json prints the whole release at every change, one on a line', async () => {
    const { stdout } = await withLooks([running, running, waiting, done], ['watch', running.id, '--json']);
    expect(stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual([running, waiting, done]);
  });

  test('of a pipeline without releases waits for the first one', async () => {
    const ran = await withLooks([running, done], ['watch', 'checkout'], { 'GET /v1/releases': [{ body: { releases: [] } }, { body: { releases: [] } }, { body: { releases: [running] } }] });
    expect(ran).toMatchObject({ exit: 0, stderr: 'Nothing has been released by pipeline checkout yet; waiting for the first release.\n' });
  });

  test('without a name follows the newest release of all', async () => {
    expect(await withLooks([running, done], ['watch'])).toMatchObject({ exit: 0, stdout: containing(running.id) });
  });
});
