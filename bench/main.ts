// `npm run bench`: the numbers Slipway promises, measured here and now. `-- --json` for programs, `-- --only cost,scale` for a
// part, `-- --runs N` for how often the reaction is timed.
import { availableParallelism, loadavg } from 'node:os';
import { packagedArtefact } from '../rehearsal/package.ts';
import { measureBundles } from './bundles.ts';
import { measureCost } from './cost.ts';
import { asTable, holds, ratioOf, type Figure } from './figures.ts';
import { measureReaction } from './reaction.ts';
import { measureScale } from './scale.ts';
import { measureSlack } from './slack.ts';
import { measureSimulation } from './speed.ts';

const PARTS = ['reaction', 'cost', 'bundles', 'scale', 'slack', 'simulation'] as const;
type Part = (typeof PARTS)[number];
const RUNS_DEFAULT = 25;

function wordAfter(args: readonly string[], option: string): string | undefined {
  const index = args.indexOf(option);
  return index < 0 ? undefined : args[index + 1];
}

function partsIn(args: readonly string[]): Part[] {
  const wanted = wordAfter(args, '--only')?.split(',') ?? [...PARTS];
  const strangers = wanted.filter((part) => !PARTS.some((known) => known === part));
  if (strangers.length > 0) throw new Error(`there is no part ${strangers.join(', ')}: give --only some of ${PARTS.join(',')}`);
  return PARTS.filter((part) => wanted.includes(part));
}

async function main(args: readonly string[]): Promise<void> {
  const json = args.includes('--json');
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const runs = Number(wordAfter(args, '--runs') ?? RUNS_DEFAULT);
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs is a whole number, 1 or more');
  const parts = partsIn(args);
  const machine = { cores: availableParallelism(), node: process.versions.node, loadBefore: loadavg()[0] ?? 0 };
  const busy = machine.loadBefore > machine.cores / 2;
  if (busy) say(`This machine is busy (load ${machine.loadBefore.toFixed(1)} on ${machine.cores} cores): times are worse than they need be.`);

  const artefact = await packagedArtefact(say);
  const figures: Figure[] = [];
  const detail: Record<string, unknown> = {};
  for (const part of parts) {
    say(`-- ${part}`);
    const { figures: found, ...rest } = await measure(part);
    figures.push(...found);
    detail[part] = rest;
  }
  const after = { loadAfter: loadavg()[0] ?? 0 };
  if (json) {
    process.stdout.write(`${JSON.stringify({ machine: { ...machine, ...after, busy }, figures: figures.map((figure) => ({ ...figure, ratio: ratioOf(figure), holds: holds(figure) })), detail })}\n`);
    return;
  }
  process.stdout.write(`\n${asTable(figures)}\n\nRatio: measured to target. ${machine.cores} cores, Node ${machine.node}, load ${machine.loadBefore.toFixed(1)} before and ${after.loadAfter.toFixed(1)} after${busy ? ' (busy)' : ''}.\n`);

  function measure(part: Part): Promise<{ figures: Figure[] }> {
    switch (part) {
      case 'reaction':
        return measureReaction(runs, say);
      case 'cost':
        return measureCost(artefact, say);
      case 'bundles':
        return measureBundles(artefact, say);
      case 'scale':
        return measureScale(artefact, say);
      case 'slack':
        return measureSlack(say);
      case 'simulation':
        return measureSimulation(say);
    }
  }
}

await main(process.argv.slice(2));
