// One process' share of the sabotages: `node scripts/run.mjs rehearsal/simulation/sabotage/main.ts stories|chance FIRST_SEED SEEDS NAME...`
// prints one JSON line each.
import { packagedArtefact } from '../../package.ts';
import { runSabotage, sabotageNamed } from './index.ts';

const [by, firstSeed, seedsMax, ...names] = process.argv.slice(2);
const artefact = await packagedArtefact((line) => void process.stderr.write(`${line}\n`));
for (const name of names) {
  const result = await runSabotage(sabotageNamed(name), artefact, { stories: by === 'stories', firstSeed: Number(firstSeed), seedsMax: Number(seedsMax) });
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
