// Every race on every core, told by race: how many schedules there are, and each that goes wrong, call by call.
import { inProcesses } from '../processes.ts';
import type { Explored } from './explore.ts';
import { RACES } from './races.ts';

/** Of a race that goes wrong in many schedules, as many are told. */
const FAILURES_SHOWN = 3;

export async function raceThemAll({ processes }: { processes: number }, out: (line: string) => void): Promise<{ passed: number; failed: number }> {
  const names = Object.keys(RACES);
  const total = { schedules: 0, runs: 0, passed: 0, failed: 0 };
  const shares = Array.from({ length: Math.min(processes, names.length) }, (_, share) => names.filter((_name, index) => index % processes === share));
  await inProcesses<Explored>('rehearsal/simulation/interleavings/main.ts', shares, (explored) => {
    total.schedules += explored.schedules;
    total.runs += explored.runs;
    if (explored.failures.length === 0) total.passed += 1;
    else total.failed += 1;
    for (const line of linesOf(explored)) out(line);
  });
  out(`${total.schedules} schedules of ${names.length} races, in ${total.runs} runs`);
  return total;
}

export function linesOf({ race, schedules, runs, ends, callsMax, failures }: Explored): string[] {
  const head = `${race}: ${schedules} schedules of up to ${callsMax} calls, ${ends} different ends, ${runs} runs${failures.length === 0 ? ', all well' : `, ${failures.length} ends are WRONG`}`;
  const wrong = failures.slice(0, FAILURES_SHOWN).flatMap(({ schedule, text }) => [`  ${text}`, ...schedule.map((line, index) => `    ${String(index + 1).padStart(2)}. ${line}`)]);
  return [head, ...wrong];
}
