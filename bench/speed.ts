// How many faulty rollouts a second the simulation gets through, on two cores: the processes of `npm run sim`, start-up left out.
import { inProcesses } from '../rehearsal/simulation/processes.ts';
import type { SeedReport } from '../rehearsal/simulation/share.ts';
import type { Figure } from './figures.ts';

const CORES = 2;
/** Of each process: until its code has been compiled. */
const WARM_UP_SEEDS = 20;
const MEASURED_SEEDS = 60;

export async function measureSimulation(say: (line: string) => void): Promise<{ figures: Figure[] }> {
  const each = WARM_UP_SEEDS + MEASURED_SEEDS;
  const shares = Array.from({ length: CORES }, (_, index) => [String(1 + index), String(CORES), String(1 + CORES * each), 'all']);
  const told = shares.map(() => ({ seeds: 0, rollouts: 0, faults: 0, sinceMs: 0, untilMs: 0 }));
  await inProcesses<SeedReport>('rehearsal/simulation/share.ts', shares, ({ seed, rollouts, faults }) => {
    const one = told[(seed - 1) % CORES];
    if (!one) return;
    one.seeds += 1;
    if (one.seeds <= WARM_UP_SEEDS) one.sinceMs = performance.now();
    else {
      one.rollouts += rollouts;
      one.faults += faults;
      one.untilMs = performance.now();
    }
  });
  const sum = (of: (one: (typeof told)[number]) => number) => told.reduce((total, one) => total + of(one), 0);
  const perSecond = sum((one) => (1000 * one.rollouts) / (one.untilMs - one.sinceMs));
  say(`${CORES * MEASURED_SEEDS} simulations with ${sum((one) => one.rollouts)} rollouts and ${sum((one) => one.faults)} faults in ${CORES} processes: ${perSecond.toFixed(1)} rollouts a second`);
  return { figures: [{ group: 'simulation', name: 'faulty rollouts a second', value: perSecond, unit: '', target: 50, better: 'more', note: `${CORES} processes of ${MEASURED_SEEDS} seeds each, after ${WARM_UP_SEEDS} that are not counted` }] };
}
