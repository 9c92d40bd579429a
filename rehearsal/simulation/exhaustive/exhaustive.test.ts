// Every call of Slipway's in every canonical story is a point at which its function may die; all of them are tried by a program of
// their own. Here a few, so that the machinery is known to work.
import { packagedArtefact } from '../../package.ts';
import { exhaustive, momentsOf, playedWith, pointOf } from './index.ts';

const artefact = packagedArtefact(() => undefined);

describe('a function that dies at a call', () => {
  it('is killed at the very call that was asked for', async () => {
    const { killer, history } = await playedWith('crash at start', await artefact, pointOf(21));
    expect(killer.killed).toMatch(/^[a-z-]+ after [a-z]+:\w+$/);
    expect(history()).toContain(`function killed after: ${killer.killed?.replace(' after', '') ?? ''}`);
  }, 60_000);

  it('costs nothing but time, wherever in the story it is', async () => {
    const result = await exhaustive(await artefact, { story: 'crash at start', from: 7, everyNth: 41 });
    expect(result).toMatchObject({ failures: [], green: result.points });
    expect(result.runs).toBeGreaterThanOrEqual(3);
  }, 60_000);
});

describe('two points that are the same moment', () => {
  it('are covered by one run, and none is left out', async () => {
    const { of, moments } = await momentsOf('rolling', await artefact);
    expect(moments.reduce((sum, { covers }) => sum + covers, 0)).toBe(of);
    expect(moments.length).toBeLessThan(of);
  }, 60_000);

  it('have the same behind them, and the same time on the clock', async () => {
    const { moments } = await momentsOf('rolling', await artefact);
    const pairs = moments.filter(({ covers }) => covers === 2).filter((_pair, index) => index % 29 === 0);
    expect(pairs.length).toBeGreaterThanOrEqual(2);
    // What comes after it is up to the jitter of retries, which is drawn anew in each.
    const untilDeath = async (point: number) => (await playedWith('rolling', await artefact, pointOf(point))).history().split(/function killed .*/)[0];
    for (const { point } of pairs) expect(await untilDeath(point)).toBe(await untilDeath(point - 1));
  }, 60_000);
});
