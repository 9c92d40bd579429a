// The simulation can fail. All sabotages are tried by a program of their own; here a few that show at once, in a process each,
// since the broken product is a bundle and jest runs no modules.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { SABOTAGES, type SabotageResult } from './index.ts';

async function tried(names: readonly string[], seeds: number): Promise<SabotageResult[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/run.mjs', 'rehearsal/simulation/sabotage/main.ts', '1', String(seeds), ...names]);
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as SabotageResult);
}

describe('a product that is broken on purpose', () => {
  it('is noticed, and the invariant named', async () => {
    expect(await tried(['digest-not-pinned', 'success-from-stability'], 3)).toEqual([
      { name: 'digest-not-pinned', caught: true, seeds: 1, seed: 1, invariant: 'digest', text: expect.stringContaining('not pinned') as string },
      { name: 'success-from-stability', caught: true, seeds: expect.any(Number) as number, seed: expect.any(Number) as number, invariant: 'truth', text: expect.stringContaining('succeeded') as string },
    ]);
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

  it('has a name of its own for each breakage', () => {
    expect(new Set(SABOTAGES.map(({ name }) => name)).size).toBe(SABOTAGES.length);
    expect(SABOTAGES.length).toBeGreaterThanOrEqual(16);
  });
});
