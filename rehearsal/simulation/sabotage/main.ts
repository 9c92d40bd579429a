// One process' share of the sabotages: `node scripts/run.mjs rehearsal/simulation/sabotage/main.ts FIRST_SEED SEEDS NAME...` prints
// one JSON line each.
import { packagedArtefact } from '../../package.ts';
import { runSabotages, SABOTAGES } from './index.ts';

const [firstSeed, maxSeeds, ...names] = process.argv.slice(2);
const artefact = await packagedArtefact((line) => void process.stderr.write(`${line}\n`));
await runSabotages(
  names.length > 0 ? names : SABOTAGES.map((sabotage) => sabotage.name),
  artefact,
  { firstSeed: Number(firstSeed ?? 1), maxSeeds: Number(maxSeeds ?? 50) },
  (result) => void process.stdout.write(`${JSON.stringify(result)}\n`),
);
