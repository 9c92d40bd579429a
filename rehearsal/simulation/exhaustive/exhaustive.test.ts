// Every call of Slipway's in every canonical story is a point at which its function may die; all of them are tried by a program of
// their own. Here a few, so that the machinery is known to work.
import { packagedArtefact } from '../../package.ts';
import { exhaustive, playedWith, pointOf } from './index.ts';

const quiet = () => undefined;

describe('a function that dies at a call', () => {
  it('is killed at the very call that was asked for', async () => {
    const artefact = await packagedArtefact(quiet);
    const { killed, history } = await playedWith('crash at start', artefact, pointOf(21));
    expect(killed).toMatch(/^[a-z-]+ after [a-z]+:\w+$/);
    expect(history()).toContain(`function killed after: ${killed.replace(' after', '')}`);
  }, 60_000);

  it('costs nothing but time, wherever in the story it is', async () => {
    const artefact = await packagedArtefact(quiet);
    const result = await exhaustive(artefact, { story: 'crash at start', from: 7, everyNth: 41 });
    expect(result).toMatchObject({ failures: [], green: result.points });
    expect(result.points).toBeGreaterThanOrEqual(4);
  }, 60_000);
});
