// Every schedule of a race, depth first. A schedule is the order in which the racers' calls go through. Two that differ only in the
// order of calls that do not touch the same thing lead to the same world; of those one is played to its end, and all are counted.
//   The order that matters is written as Foata's normal form: calls in layers, each with something in the layer before that it
//   depends on. https://link.springer.com/book/10.1007/3-540-60761-7 (Diekert, Métivier: Partial commutation and traces, 1997)
import type { Artefact } from '../../package.ts';
import { run } from '../run.ts';
import { Gate, type Made, type Move } from './gate.ts';
import { inTheWay } from './footprint.ts';
import type { Race } from './races.ts';

/** Plain data, so that it can come from another process. */
export interface Explored {
  race: string;
  schedules: number;
  /** Races that were run; of them, those whose end had not been seen before. */
  runs: number;
  ends: number;
  callsMax: number;
  failures: { schedule: string[]; text: string }[];
}

/** Where a race stands: what has been called, as far as the order matters. */
interface Standing {
  /** Where each next move leads. */
  next: string[];
}

interface Open {
  /** Which move is made, one after the other. */
  choices: number[];
  leadsTo: string;
}

class SeenBefore extends Error {}

export async function explore(name: string, race: Race, artefact: Artefact): Promise<Explored> {
  const standings = new Map<string, Standing>();
  const open: Open[] = [{ choices: [], leadsTo: '' }];
  const explored: Explored = { race: name, schedules: 0, runs: 0, ends: 0, callsMax: 0, failures: [] };
  for (let next = open.pop(); next; next = open.pop()) {
    if (standings.has(next.leadsTo)) continue;
    await play(race, artefact, next.choices, standings, open, explored);
  }
  explored.schedules = schedulesFrom('', standings, new Map());
  return explored;
}

async function play(race: Race, artefact: Artefact, choices: readonly number[], standings: Map<string, Standing>, open: Open[], explored: Explored): Promise<void> {
  const made: number[] = [];
  const decide = (moves: readonly Move[], before: readonly Made[]): number => {
    const given = choices[made.length];
    if (given === undefined) {
      const here = normalForm(before);
      if (standings.has(here)) throw new SeenBefore();
      const next = moves.map((move) => normalForm([...before, { ...move, outcome: '' }]));
      standings.set(here, { next });
      for (let index = moves.length - 1; index > 0; index--) open.push({ choices: [...made, index], leadsTo: next[index] ?? '' });
    }
    made.push(given ?? 0);
    return given ?? 0;
  };
  const gates: Gate[] = [];
  explored.runs += 1;
  try {
    const { violations } = await run(race.scenario, {
      artefact,
      interference: (world) => {
        const gate = new Gate(world, race.racers, race.passesMs, decide);
        gates.push(gate);
        return gate;
      },
      wrap: (functionName, handle) => (event) => (gates[0] ? gates[0].wrap(functionName, handle)(event) : handle(event)),
      onWorld: (_world, ledger) => gates[0]?.begin(ledger),
      beforeStep: async (world, ledger) => {
        const wasOver = gates[0]?.over;
        await gates[0]?.beforeStep(world, ledger);
        if (!wasOver && gates[0]?.over) ended(gates[0].made, standings);
      },
    });
    const [gate] = gates;
    if (!gate?.over) throw new Error(`the race "${explored.race}" never came about`);
    explored.ends += 1;
    explored.callsMax = Math.max(explored.callsMax, gate.made.length);
    const [first] = violations;
    if (first) explored.failures.push({ schedule: gate.made.map(({ racer, text, outcome }) => `${racer}: ${text}${outcome === 'done' ? '' : ` -> ${outcome}`}`), text: `${first.invariant}: ${first.text}` });
  } catch (error) {
    if (!(error instanceof SeenBefore)) throw error;
  }
}

function ended(made: readonly Made[], standings: Map<string, Standing>): void {
  const here = normalForm(made);
  if (standings.has(here)) throw new SeenBefore();
  standings.set(here, { next: [] });
}

/** Layers of calls: each is in the first layer behind everything that it depends on. */
function normalForm(made: readonly Made[]): string {
  const layers: string[][] = [];
  const layerOf: number[] = [];
  for (const [index, call] of made.entries()) {
    let layer = 0;
    for (const [before, other] of made.slice(0, index).entries()) {
      const sameRacer = other.racer === call.racer && before < call.issuedAt;
      if (sameRacer || inTheWay(other.footprint, call.footprint)) layer = Math.max(layer, (layerOf[before] ?? 0) + 1);
    }
    layerOf.push(layer);
    (layers[layer] ??= []).push(`${call.racer}: ${call.text}`);
  }
  return layers.map((layer) => layer.sort().join(' | ')).join('\n');
}

/** How many ways lead from here to an end. */
function schedulesFrom(here: string, standings: ReadonlyMap<string, Standing>, known: Map<string, number>): number {
  const before = known.get(here);
  if (before !== undefined) return before;
  const standing = standings.get(here);
  if (!standing) throw new Error(`a schedule was not followed: ${here}`);
  const count = standing.next.length === 0 ? 1 : standing.next.reduce((sum, next) => sum + schedulesFrom(next, standings, known), 0);
  known.set(here, count);
  return count;
}
