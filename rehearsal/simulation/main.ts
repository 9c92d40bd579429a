// `npm run sim -- --seeds N`: simulated histories under faults, on every core. Ends in `N passed, M failed`; a seed that fails
// prints what happened in it, and the command that repeats it.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { FAULT_NAMES } from './scenario.ts';
import { generate, OTHER_FAULTS } from './generate.ts';
import { REGRESSIONS, saveScenario } from './regressions.ts';
import { packagedArtefact } from '../package.ts';
import { CANONICAL_STORIES } from './exhaustive/index.ts';
import { replay, sweep } from './exhaustive/report.ts';
import { inProcesses } from './processes.ts';
import type { SeedReport } from './share.ts';
import { raceThemAll } from './interleavings/report.ts';
import { Statistic } from './statistic.ts';
import { SABOTAGES } from './sabotage/index.ts';
import { trySabotages } from './sabotage/report.ts';

const USAGE = `npm run sim -- [--seeds N] [--seed FIRST] [--faults all|none|NAME,...] [--history] [--statistic] [--processes N]
npm run sim -- --regressions [--seed N] [--history]     plays the saved scenarios that once went wrong, or one of them
npm run sim -- --seed N --save                          saves the scenario of a seed among them
npm run sim -- --sabotage all|NAME,... [--seeds N] [--by-chance]   breaks the product on purpose; every breakage must be noticed, by a story or within N seeds
npm run sim -- --exhaustive [--stories NAME,...] [--every N] [--seed FROM] [--point N]   kills a function before and after every call (or every Nth) of the canonical stories
npm run sim -- --interleavings                          every order of the calls of two functions that race each other on one record
faults: ${[...FAULT_NAMES, ...OTHER_FAULTS].join(', ')}`;

/** Histories of failing seeds are long: the first few are shown whole. */
const HISTORIES_SHOWN = 3;
const SEEDS_DEFAULT = 100;
const SABOTAGE_SEEDS_DEFAULT = 50;

const out = (line: string) => void process.stdout.write(`${line}\n`);
const note = (line: string) => void process.stderr.write(`${line}\n`);

class BadArguments extends Error {}

function argumentsOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' }, seed: { type: 'string' }, faults: { type: 'string', default: 'all' }, history: { type: 'boolean', default: false },
      regressions: { type: 'boolean', default: false }, save: { type: 'boolean', default: false }, statistic: { type: 'boolean', default: false },
      sabotage: { type: 'string' }, 'by-chance': { type: 'boolean', default: false }, exhaustive: { type: 'boolean', default: false }, interleavings: { type: 'boolean', default: false }, every: { type: 'string', default: '1' }, stories: { type: 'string' }, point: { type: 'string' }, processes: { type: 'string' }, help: { type: 'boolean', default: false },
    },
  });
  const whole = (name: string, text: string | undefined, otherwise: number): number => {
    const value = Number(text ?? otherwise);
    if (!Number.isInteger(value) || value < 0) throw new BadArguments(`--${name} is a whole number, not ${text ?? ''}`);
    return value;
  };
  const known: readonly string[] = [...FAULT_NAMES, ...OTHER_FAULTS, 'all', 'none'];
  const strangers = values.faults.split(',').filter((name) => !known.includes(name));
  if (strangers.length > 0) throw new BadArguments(`there is no fault ${strangers.join(', ')}`);
  const sabotages = values.sabotage === undefined ? [] : values.sabotage === 'all' ? SABOTAGES.map(({ name }) => name) : values.sabotage.split(',');
  const unknown = sabotages.filter((name) => !SABOTAGES.some((sabotage) => sabotage.name === name));
  if (unknown.length > 0) throw new BadArguments(`there is no sabotage ${unknown.join(', ')}; there are: ${SABOTAGES.map(({ name }) => name).join(', ')}`);
  if (values.regressions) {
    const index = values.seed === undefined ? 0 : REGRESSIONS.findIndex(({ seed }) => String(seed) === values.seed);
    if (index < 0) throw new BadArguments(`seed ${values.seed ?? ''} is not among the saved ones: ${REGRESSIONS.map(({ seed }) => seed).join(', ')}`);
    Object.assign(values, { faults: 'regressions', seed: String(index), seeds: String(values.seed === undefined ? REGRESSIONS.length : 1) });
  }
  const stories = CANONICAL_STORIES.filter((story) => values.stories === undefined || values.stories.split(',').includes(story));
  if (stories.length < (values.stories?.split(',').length ?? 0)) throw new BadArguments(`the canonical stories are: ${CANONICAL_STORIES.join(', ')}`);
  if (values.point !== undefined && stories.length !== 1) throw new BadArguments('--point is one of one story: say which with --stories');
  const seedsDefault = sabotages.length > 0 ? SABOTAGE_SEEDS_DEFAULT : values.seed === undefined ? SEEDS_DEFAULT : 1;
  return {
    help: values.help, faults: values.faults, history: values.history, save: values.save, statistic: values.statistic, sabotages, byChance: values['by-chance'], exhaustive: values.exhaustive, interleavings: values.interleavings, stories, point: values.point === undefined ? undefined : whole('point', values.point, 0),
    seeds: whole('seeds', values.seeds, seedsDefault), first: whole('seed', values.seed, values.exhaustive ? 0 : 1),
    every: Math.max(1, whole('every', values.every, 1)), processes: Math.max(1, whole('processes', values.processes, availableParallelism())),
  };
}

type Arguments = ReturnType<typeof argumentsOf>;

async function simulate({ first, seeds, faults, history, statistic, processes }: Arguments): Promise<{ passed: number; failed: number }> {
  const startedAtMs = performance.now();
  const total = { passed: 0, failed: 0, rollouts: 0, faults: 0, calls: 0, simulatedMs: 0 };
  const occurred = new Statistic();
  const shares = Array.from({ length: Math.min(processes, seeds) }, (_, index) => [String(first + index), String(Math.min(processes, seeds)), String(first + seeds), faults, ...(history ? ['history'] : [])]);
  await inProcesses<SeedReport>('rehearsal/simulation/share.ts', shares, (report) => {
    occurred.add(report.marks);
    total.rollouts += report.rollouts;
    total.faults += report.faults;
    total.calls += report.calls;
    total.simulatedMs += report.simulatedMs;
    if (report.violations.length === 0) total.passed += 1;
    else total.failed += 1;
    const done = total.passed + total.failed;
    if (report.violations.length > 0) {
      out(`seed ${report.seed} FAILED:${report.violations.map(({ invariant, text }) => `\n  ${invariant}: ${text}`).join('')}`);
      if (report.history !== undefined && total.failed <= HISTORIES_SHOWN) out(report.history);
      out(`  again: npm run sim -- --seed ${report.seed}${faults === 'all' ? '' : faults === 'regressions' ? ' --regressions' : ` --faults ${faults}`}`);
    } else if (report.history !== undefined) out(`${report.history}\nfingerprint ${report.fingerprint}`);
    if (done % 100 === 0) note(`${done} of ${seeds} seeds, ${total.failed} failed`);
  });
  const seconds = (performance.now() - startedAtMs) / 1000;
  if (statistic) for (const line of occurred.lines()) out(line);
  out(`${total.rollouts} rollouts, ${total.faults} faults and ${total.calls} calls in ${(total.simulatedMs / 86_400_000).toFixed(1)} simulated days; ${seconds.toFixed(1)} s, ${(total.rollouts / seconds).toFixed(1)} rollouts a second`);
  return { passed: total.passed, failed: seeds - total.passed };
}

function exhaust({ stories: [story, ...others], point, ...wanted }: Arguments): Promise<{ passed: number; failed: number }> {
  if (point !== undefined && story !== undefined) return replay(story, point, out);
  return sweep({ ...wanted, stories: story === undefined ? [] : [story, ...others] }, out);
}

function carriedOut(wanted: Arguments): Promise<{ passed: number; failed: number }> {
  if (wanted.sabotages.length > 0) return trySabotages({ ...wanted, names: wanted.sabotages }, out, note);
  if (wanted.interleavings) return raceThemAll(wanted, out);
  return wanted.exhaustive ? exhaust(wanted) : simulate(wanted);
}

async function main(args: readonly string[]): Promise<number> {
  const wanted = argumentsOf(args);
  if (wanted.help) {
    out(USAGE);
    return 0;
  }
  if (wanted.save) {
    out(`saved as ${await saveScenario(generate(wanted.first))}: say in regressions.ts what its cause is`);
    return 0;
  }
  // Once, before several processes want it.
  await packagedArtefact(note);
  const { passed, failed } = await carriedOut(wanted);
  out(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BadArguments) && !(error instanceof TypeError && 'code' in error)) throw error;
  note(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
