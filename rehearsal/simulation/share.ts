// One process' share of a simulation: runs the seeds FIRST, FIRST + STEP, ... below END and prints one JSON line for each.
//   node scripts/run.mjs rehearsal/simulation/share.ts FIRST STEP END FAULTS [history]
// or, with FAULTS `regressions`, the saved scenarios number FIRST, FIRST + STEP, ... below END.
import { packagedArtefact } from '../package.ts';
import { generate, type GenerateOptions } from './generate.ts';
import { REGRESSIONS, savedScenario } from './regressions.ts';
import { run } from './run.ts';
import type { Scenario } from './scenario.ts';
import { marksOf } from './statistic.ts';

/** What the process that started this one reads. */
export interface SeedReport {
  seed: number;
  violations: { invariant: string; text: string }[];
  rollouts: number;
  faults: number;
  calls: number;
  simulatedMs: number;
  fingerprint: string;
  marks: string[];
  /** Where something was violated, or where it was asked for. */
  history: string | undefined;
}

const [first, step, end, faults = 'all', history] = process.argv.slice(2);
const artefact = await packagedArtefact((line) => void process.stderr.write(`${line}\n`));
const options: GenerateOptions = { faults: faults === 'all' || faults === 'none' ? faults : faults.split(',') };

for (let index = Number(first); index < Number(end); index += Number(step)) {
  const seed = faults === 'regressions' ? (REGRESSIONS[index]?.seed ?? NaN) : index;
  const report = await reportOf(seed, () => (faults === 'regressions' ? savedScenario(seed) : generate(seed, options)));
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function reportOf(seed: number, scenarioOf: () => Scenario | Promise<Scenario>): Promise<SeedReport> {
  try {
    const scenario = await scenarioOf();
    const { violations, rollouts, faults: faultCount, calls, simulatedMs, fingerprint, marks, history: render } = await run(scenario, { artefact });
    const shown = violations.length > 0 || history !== undefined ? render() : undefined;
    return { seed, violations: violations.map(({ invariant, text }) => ({ invariant, text })), rollouts, faults: faultCount, calls, simulatedMs, fingerprint, marks: [...new Set([...marks, ...marksOf(scenario)])], history: shown };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { seed, violations: [{ invariant: 'simulation', text }], rollouts: 0, faults: 0, calls: 0, simulatedMs: 0, fingerprint: '', marks: [], history: undefined };
  }
}
