// Commands that find and list releases: in process, against a control API that is a table of answers.

import type { ReleaseSummary, ReleaseView } from '../core/view/index.ts';
import { EXIT } from './exit.ts';
import { type FakeControl, fakeControl, type Ran, type Received, type Reply, runCli } from './testing.ts';
import { DIGEST, done, rolledBack, running, waiting } from './testing-releases.ts';

const containing = (text: string): string => expect.stringContaining(text) as string;

let control: FakeControl | undefined;
afterEach(async () => control?.close());

/** A control API that holds these releases and answers them newest first, in pages of two. */
async function withReleases(views: readonly ReleaseView[], words: string[], more: Record<string, Reply | ((request: Received) => Reply)> = {}): Promise<Ran> {
  const names = [...new Set(views.map((view) => view.pipeline)), 'idle'];
  const list = ({ path }: Received): Reply => {
    const query = new URL(path, 'http://x').searchParams;
    const from = Number(query.get('next') ?? 0);
    const until = Date.parse(query.get('until') ?? '9999-01-01');
    const wanted = views
      .filter((view) => (query.get('pipeline') === null || view.pipeline === query.get('pipeline')) && Date.parse(view.createdAt) < until)
      .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
    const size = Math.min(2, Number(query.get('limit') ?? 20));
    return { body: { releases: wanted.slice(from, from + size), ...(from + size < wanted.length ? { next: String(from + size) } : {}) } };
  };
  control = await fakeControl({
    'GET /v1/pipelines': { body: { pipelines: names.map((name) => ({ name, repository: `shop/${name}`, stages: [] })) } },
    'GET /v1/releases': list,
    ...Object.fromEntries(views.map((view) => [`GET /v1/releases/${view.id}`, { body: view }])),
    ...more,
  });
  return runCli([...words, '--local', '--url', control.url]);
}

const made = (id: string, createdAt: string, of: Partial<ReleaseView> = {}): ReleaseView => ({ ...done, id, createdAt, ...of });
const checkout = [made('checkout-3', '2026-11-23T11:15:00Z'), made('checkout-2', '2026-11-22T09:00:00Z', { ...rolledBack, id: 'checkout-2', createdAt: '2026-11-22T09:00:00Z', approvedBy: undefined, decisions: undefined }), made('checkout-1', '2026-11-01T09:00:00Z')];
const billing = [made('billing-2', '2026-11-23T10:00:00Z', { pipeline: 'billing' }), made('billing-1', '2026-11-10T10:00:00Z', { pipeline: 'billing' })];
const all = [...checkout, ...billing];
const ids = (ran: Ran): string[] => (JSON.parse(ran.stdout) as { releases: ReleaseSummary[] }).releases.map((release) => release.id);

describe('history', () => {
  test('tells the releases of all pipelines, newest first, page after page', async () => {
    expect(ids(await withReleases(all, ['history', '--json']))).toEqual(['checkout-3', 'billing-2', 'checkout-2', 'billing-1', 'checkout-1']);
  });

  test('shows how long each took, and who approved it from where', async () => {
    expect((await withReleases(checkout, ['history', '--limit', '2'])).stdout).toBe(
      `STARTED (UTC)        RELEASE     IMAGE  STATE        TOOK         APPROVED BY               REASON
2026-11-23 11:15:00  checkout-3  1.4.0  succeeded    44 min 30 s  bob (Slack), alice (CLI)  all stages succeeded
2026-11-22 09:00:00  checkout-2  1.4.0  rolled back  1 d 2 h      -                         alarm checkout-5xx fired: 48 of 900 requests failed within one minute
`,
    );
  });

  test.each([
    { words: ['--pipeline', 'billing'], found: ['billing-2', 'billing-1'] },
    { words: ['--outcome', 'rolledBack'], found: ['checkout-2'] },
    { words: ['--since', '2d'], found: ['checkout-3', 'billing-2', 'checkout-2'] },
    { words: ['--since', '2026-11-23T11:00:00Z'], found: ['checkout-3'] },
    { words: ['--until', '2026-11-22'], found: ['billing-1', 'checkout-1'] },
    { words: ['--since', '2026-11-05', '--until', '2026-11-23'], found: ['checkout-2', 'billing-1'] },
    { words: ['--pipeline', 'idle'], found: [] },
  ])('$words finds $found', async ({ words, found }) => {
    expect(ids(await withReleases(all, ['history', '--json', ...words]))).toEqual(found);
  });

  test('says where the older ones are, and they are there', async () => {
    const first = await withReleases(all, ['history', '--limit', '2']);
    expect(first.stderr).toBe('There are older ones: add --until 2026-11-23T10:00:00Z/billing-2\n');
    await control?.close();
    expect(ids(await withReleases(all, ['history', '--limit', '2', '--json', '--until', '2026-11-23T10:00:00Z/billing-2']))).toEqual(['checkout-2', 'billing-1']);
  });

  test.each([1, 2, 3, 4])('every release is on one page, also of several that started in the same millisecond: pages of %i', async (limit) => {
    const atOnce = ['a', 'b', 'c', 'd'].map((name) => made(`${name}-1`, '2026-11-12T10:00:00.123Z', { pipeline: name }));
    const found: string[] = [];
    let next: string | undefined;
    do {
      const ran = await withReleases([...all, ...atOnce], ['history', '--json', '--limit', String(limit), ...(next === undefined ? [] : ['--until', next])]);
      found.push(...ids(ran));
      next = (JSON.parse(ran.stdout) as { next?: string }).next;
      await control?.close();
    } while (next !== undefined);
    expect(found).toEqual(['checkout-3', 'billing-2', 'checkout-2', 'a-1', 'b-1', 'c-1', 'd-1', 'billing-1', 'checkout-1']);
  });

  test('of an older Slipway, which answers from the beginning whatever is asked, only what is wanted is told', async () => {
    const list = { 'GET /v1/releases': { body: { releases: checkout } } };
    expect(ids(await withReleases(checkout, ['history', '--json', '--until', '2026-11-22'], list))).toEqual(['checkout-1']);
  });

  test('says nothing of older ones at the end', async () => {
    const { stderr, stdout } = await withReleases(all, ['history', '--limit', '5', '--json']);
    expect([stderr, JSON.parse(stdout)]).toEqual(['', expect.not.objectContaining({ next: expect.anything() as unknown })]);
  });

  test('does not read all of the past for a window at its beginning', async () => {
    await withReleases(checkout, ['history', '--pipeline', 'checkout', '--since', '2026-11-23', '--limit', '1']);
    expect(control!.received.filter(({ path }) => path.includes('next='))).toHaveLength(0);
  });

  test.each([
    { words: ['--limit', '0'], says: 'from 1 to 500' },
    { words: ['--since', 'tuesday'], says: 'Write 7d for seven days ago' },
    { words: ['--since', '2026-11-23', '--until', '2026-11-22'], says: '--since is the earlier of the two' },
    { words: ['--outcome', 'great'], says: 'Allowed choices are succeeded' },
    { words: ['--pipeline', 'chekout'], says: 'Did you mean checkout?' },
  ])('refuses $words', async ({ words, says }) => {
    expect((await withReleases(all, ['history', ...words])).stderr).toContain(says);
  });
});

describe('which release is meant', () => {
  const turn: ReleaseView = { ...running, id: 'checkout-next', status: 'waiting', waitingFor: 'turn' };
  const decided = { body: { recorded: true, message: 'Approved by alice.', release: waiting } };

  test.each(['approve', 'reject'])('%s of a pipeline means the release that waits for a person, not the one that waits for its turn', async (kind) => {
    const ran = await withReleases([turn, waiting], [kind, 'checkout', '--reason', 'calm'], { [`POST /v1/releases/${waiting.id}/decisions`]: decided });
    expect(ran).toMatchObject({ exit: 0, stdout: 'Approved by alice.\n' });
  });

  test('abort of a pipeline does not choose between the two', async () => {
    expect(await withReleases([turn, waiting], ['abort', 'checkout'])).toMatchObject({ exit: EXIT.badInput, stderr: containing('Name one: checkout-next, checkout-1.4.0-4e5f6a7b.') });
  });

  test('approve does not choose between two that wait for a person', async () => {
    const other = { ...waiting, id: 'checkout-other' };
    expect(await withReleases([other, waiting], ['approve', 'checkout'])).toMatchObject({ exit: EXIT.badInput, stderr: containing('2 releases of checkout wait for a person') });
  });

  test('a control API that does not say what a release waits for is no hindrance while there is one', async () => {
    const older = { ...waiting, waitingFor: undefined };
    expect(await withReleases([older], ['approve', 'checkout'], { [`POST /v1/releases/${waiting.id}/decisions`]: decided })).toMatchObject({ exit: 0 });
  });

  test.each([
    { word: 'checkout-1.4.0-4e5f6a7c', says: 'Did you mean checkout-1.4.0-4e5f6a7b?' },
    { word: '1.4.0', says: 'The release of 1.4.0 is checkout-1.4.0-4e5f6a7b.' },
    { word: 'chekout', says: 'Did you mean checkout?' },
    { word: 'something-else-entirely', says: 'See `slipway status`' },
  ])('$word is answered with help', async ({ word, says }) => {
    expect(await withReleases([waiting], ['status', word])).toMatchObject({ exit: EXIT.notFound, stderr: containing(says) });
  });
});

describe('after the end', () => {
  test('retry and undo of a pipeline are about the newest release that has ended', async () => {
    const started = { status: 201, body: { release: { ...running, id: 'checkout-again' } } };
    const routes = { 'POST /v1/releases/checkout-3/retry': started, 'POST /v1/releases/checkout-3/undo': started };
    expect(await withReleases([running, ...checkout], ['retry', 'checkout'], routes)).toEqual({ exit: 0, stdout: 'checkout-again\n', stderr: '' });
    expect(control!.received.at(-1)!.body).toEqual({});
    await control?.close();
    await withReleases(checkout, ['undo', 'checkout', '--reason', 'wrong prices', '--stage', 'production'], routes);
    expect(control!.received.at(-1)).toMatchObject({ path: '/v1/releases/checkout-3/undo', body: { reason: 'wrong prices', stage: 'production' } });
  });

  test('undo wants a reason', async () => {
    expect(await withReleases(checkout, ['undo', 'checkout'])).toMatchObject({ exit: EXIT.badInput, stderr: containing('--reason') });
  });

  const hold = { pipeline: 'checkout', stage: 'production', digest: DIGEST, reason: 'wrong prices', by: 'alice', at: '2026-11-23T11:00:00Z' };

  test('an image is held by its tag', async () => {
    const ran = await withReleases(checkout, ['hold', 'checkout', '--tag', '1.4.0', '--reason', 'wrong prices'], { 'POST /v1/holds': { body: { holds: [hold] } } });
    expect(control!.received.at(-1)!.body).toEqual({ pipeline: 'checkout', digest: DIGEST, reason: 'wrong prices' });
    expect(ran.stdout).toContain('checkout  production  sha256:4e5f6a7b8c9d');
  });

  test('a tag that was never released holds nothing', async () => {
    expect(await withReleases(checkout, ['hold', 'checkout', '--tag', '9.9.9', '--reason', 'x'])).toMatchObject({ exit: EXIT.notFound, stderr: containing('Name the image with --digest.') });
  });

  test('unhold says where the image may go again', async () => {
    const ran = await withReleases(checkout, ['unhold', 'checkout', '--digest', DIGEST], { 'POST /v1/holds/lift': { body: { lifted: ['staging', 'production'] } } });
    expect(ran).toMatchObject({ exit: 0, stdout: 'The image may be rolled out again to staging, production.\n' });
  });

  test('holds lists them, also as JSON', async () => {
    const routes = { 'GET /v1/holds': { body: { holds: [hold] } } };
    expect((await withReleases(checkout, ['holds'], routes)).stdout).toContain('wrong prices');
    await control?.close();
    expect(JSON.parse((await withReleases(checkout, ['holds', '--json'], routes)).stdout)).toEqual({ holds: [hold] });
  });

  test('promote sends --full', async () => {
    await withReleases([running], ['promote', 'checkout', '--full'], { [`POST /v1/releases/${running.id}/decisions`]: { body: { recorded: true, message: 'ok', release: running } } });
    expect(control!.received.at(-1)!.body).toEqual({ kind: 'promote', full: true });
  });
});
