// How many faulty rollouts a second the simulation gets through, in one process.
import type { Artefact } from '../rehearsal/package.ts';
import { generate } from '../rehearsal/simulation/generate.ts';
import { run } from '../rehearsal/simulation/run.ts';
import type { Figure } from './figures.ts';

const MEASURE_FOR_MS = 10_000;
const WARM_UP_SEEDS = 3;
const CORES = 2;

export async function measureSimulation(artefact: Artefact, say: (line: string) => void): Promise<{ figures: Figure[] }> {
  for (let seed = 1; seed <= WARM_UP_SEEDS; seed++) await run(generate(seed), { artefact });
  let [rollouts, faults, seeds] = [0, 0, 0];
  const startedAtMs = performance.now();
  while (performance.now() - startedAtMs < MEASURE_FOR_MS) {
    seeds += 1;
    const result = await run(generate(WARM_UP_SEEDS + seeds), { artefact });
    rollouts += result.rollouts;
    faults += result.faults;
  }
  const seconds = (performance.now() - startedAtMs) / 1000;
  say(`${seeds} simulations with ${rollouts} rollouts and ${faults} faults in ${seconds.toFixed(1)} s`);
  return { figures: [{ group: 'simulation', name: 'faulty rollouts a second', value: (CORES * rollouts) / seconds, unit: '', target: 50, better: 'more', note: `one process measured, ${CORES} of them counted: seeds share nothing` }] };
}
