// The simulation can fail. All sabotages are tried by a program of their own; here a few that show at once, in a process each,
// since the broken product is a bundle and jest runs no modules.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { packagedArtefact } from '../../package.ts';
import { run } from '../run.ts';
import { SABOTAGES, type SabotageResult } from './index.ts';
import { tableOf } from './report.ts';
import { optionsOf, STORIES } from './stories.ts';

async function tried(by: 'stories' | 'chance', names: readonly string[], seeds: number): Promise<SabotageResult[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/run.mjs', 'rehearsal/simulation/sabotage/main.ts', by, '1', String(seeds), ...names]);
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as SabotageResult);
}

const containing = (text: string) => expect.stringContaining(text) as string;

describe('a product that is broken on purpose', () => {
  it('is noticed by the story that leads there, and the invariant named', async () => {
    expect(await tried('stories', ['digest-not-pinned', 'stopped-goes-on'], 0)).toEqual([
      { name: 'digest-not-pinned', stories: 1, seeds: 0, caught: { where: 'story "rolling"', invariant: 'digest', text: containing('not pinned') } },
      { name: 'stopped-goes-on', stories: 1, seeds: 0, caught: { where: 'story "aborted as it goes on"', invariant: 'stopped', text: containing('stopped before') } },
    ]);
  }, 60_000);

  it('is noticed by chance, too', async () => {
    expect(await tried('chance', ['digest-not-pinned'], 3)).toMatchObject([{ stories: 0, caught: { where: containing('seed '), invariant: 'digest' } }]);
  }, 60_000);

  it('is broken where each sabotage says it is, in one place', () => {
    const lost = SABOTAGES.flatMap(({ name, changes }) =>
      changes.flatMap((change) => {
        if (!('file' in change)) return [];
        const times = readFileSync(change.file, 'utf8').split(change.line).length - 1;
        return times === 1 ? [] : [`${name}: ${change.file} has its line ${times} times`];
      }),
    );
    expect(lost).toEqual([]);
  });

  it('has a name of its own for each breakage, and a story that exists', () => {
    expect(new Set(SABOTAGES.map(({ name }) => name)).size).toBe(SABOTAGES.length);
    expect(SABOTAGES.filter(({ story }) => !STORIES.has(story))).toEqual([]);
    expect(SABOTAGES.length).toBeGreaterThanOrEqual(16);
  });

  it('is told as a table, with what was missed', () => {
    expect(
      tableOf([
        { name: 'no-bell-check', stories: 1, seeds: 0, caught: { where: 'story "abort"', invariant: 'doorbell', text: 'it sleeps' } },
        { name: 'watch-leaked', stories: 30, seeds: 5, caught: undefined },
      ]),
    ).toEqual([
      'sabotage       noticed by  after                in             which says',
      '-------------  ----------  -------------------  -------------  ----------',
      'no-bell-check  doorbell    1 story              story "abort"  it sleeps',
      'watch-leaked   MISSED      30 stories, 5 seeds',
    ]);
  });
});

// Chosen for what they cost together; the control of `--sabotage all` plays every one.
describe('the product as it is', () => {
  it.each(['the bell rings as it falls asleep', 'every Lambda is dead at a pause'])(
    'comes well through the story "%s"',
    async (title) => {
      const told = STORIES.get(title);
      if (!told) throw new Error(`no story is called ${title}`);
      const { violations } = await run(told.scenario, { artefact: await packagedArtefact(() => undefined), ...optionsOf(told) });
      expect(violations).toEqual([]);
    },
    60_000,
  );
});
