// Runs the simulation over a product that is broken on purpose, until an invariant notices: stories first, which lead to the
// places in question, then histories drawn by chance.
import type { Artefact } from '../../package.ts';
import type { Violation } from '../invariants/ledger.ts';
import { SABOTAGES, type Sabotage } from './list.ts';
import { patchedArtefact, patchedSubject } from './patched.ts';

export { SABOTAGES, type Sabotage } from './list.ts';

/** Plain data, so that it can come from another process. */
export interface SabotageResult {
  name: string;
  /** How many of each were run: the last one noticed, if any did. */
  stories: number;
  seeds: number;
  caught: { where: string; invariant: string; text: string } | undefined;
}

export interface Trials {
  stories: boolean;
  firstSeed: number;
  seedsMax: number;
}

/** Nothing is broken: every story must pass, or being noticed means nothing. */
export const NOTHING: Sabotage = { name: 'nothing', breaks: 'Nothing: the product as it is.', changes: [], story: 'good canary' };

export const sabotageNamed = (name: string): Sabotage => {
  const found = [NOTHING, ...SABOTAGES].find((sabotage) => sabotage.name === name);
  if (!found) throw new Error(`no sabotage is named ${name}; there are: ${SABOTAGES.map((sabotage) => sabotage.name).join(', ')}`);
  return found;
};

export async function runSabotage({ name, changes, story }: Sabotage, artefact: Artefact, { stories, firstSeed, seedsMax }: Trials): Promise<SabotageResult> {
  const { run, generate, STORIES, optionsOf } = await patchedSubject(changes);
  const broken = patchedArtefact(artefact, changes);
  const result: SabotageResult = { name, stories: 0, seeds: 0, caught: undefined };
  const noticed = (where: string, [first]: readonly Violation[]): boolean => {
    if (first) result.caught = { where, invariant: first.invariant, text: first.text };
    return first !== undefined;
  };
  // Its own story first, then every other one.
  const order = [...STORIES].sort(([one], [other]) => Number(other === story) - Number(one === story));
  for (const [title, told] of stories ? order : []) {
    result.stories += 1;
    if (noticed(`story "${title}"`, (await run(told.scenario, { artefact: broken, ...optionsOf(told) })).violations)) return result;
  }
  for (let seed = firstSeed; seed < firstSeed + seedsMax; seed++) {
    result.seeds += 1;
    if (noticed(`seed ${seed}`, (await run(generate(seed), { artefact: broken })).violations)) return result;
  }
  return result;
}
