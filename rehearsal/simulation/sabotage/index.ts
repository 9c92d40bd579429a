// Runs the simulation over a product that is broken on purpose, until an invariant notices.
import type { Artefact } from '../../package.ts';
import { SABOTAGES, type Sabotage } from './list.ts';
import { patchedArtefact, patchedSubject } from './patched.ts';

export { SABOTAGES, type Sabotage } from './list.ts';

/** Plain data, so that it can come from another process. */
export interface SabotageResult {
  name: string;
  caught: boolean;
  /** How many were run: the last one noticed, if any did. */
  seeds: number;
  seed: number | undefined;
  invariant: string | undefined;
  text: string | undefined;
}

export interface SeedRange {
  firstSeed: number;
  maxSeeds: number;
}

export const sabotageNamed = (name: string): Sabotage => {
  const found = SABOTAGES.find((sabotage) => sabotage.name === name);
  if (!found) throw new Error(`no sabotage is named ${name}; there are: ${SABOTAGES.map((sabotage) => sabotage.name).join(', ')}`);
  return found;
};

export async function runSabotage({ name, changes }: Pick<Sabotage, 'name' | 'changes'>, artefact: Artefact, { firstSeed, maxSeeds }: SeedRange): Promise<SabotageResult> {
  const { run, generate } = await patchedSubject(changes);
  const broken = patchedArtefact(artefact, changes);
  for (let seed = firstSeed; seed < firstSeed + maxSeeds; seed++) {
    const { violations } = await run(generate(seed), { artefact: broken });
    const [first] = violations;
    if (first) return { name, caught: true, seeds: seed - firstSeed + 1, seed, invariant: first.invariant, text: first.text };
  }
  return { name, caught: false, seeds: maxSeeds, seed: undefined, invariant: undefined, text: undefined };
}

/** One after the other; `names` divides the work between processes. */
export async function runSabotages(names: readonly string[], artefact: Artefact, range: SeedRange, report: (result: SabotageResult) => void): Promise<void> {
  for (const name of names) report(await runSabotage(sabotageNamed(name), artefact, range));
}
