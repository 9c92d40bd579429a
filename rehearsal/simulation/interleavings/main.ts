// One process' share: `node scripts/run.mjs rehearsal/simulation/interleavings/main.ts [--broken SABOTAGE] RACE...` prints one JSON
// line for each race.
import { parseArgs } from 'node:util';
import { packagedArtefact } from '../../package.ts';
import { sabotageNamed } from '../sabotage/index.ts';
import { patchedSubject } from '../sabotage/patched.ts';
import { explore } from './explore.ts';
import { raceNamed } from './races.ts';

const { values, positionals } = parseArgs({ options: { broken: { type: 'string' } }, allowPositionals: true });
const artefact = await packagedArtefact((line) => void process.stderr.write(`${line}\n`));
const subject = values.broken === undefined ? { explore, raceNamed } : await patchedSubject(sabotageNamed(values.broken).changes);
for (const name of positionals) process.stdout.write(`${JSON.stringify(await subject.explore(name, subject.raceNamed(name), artefact))}\n`);
