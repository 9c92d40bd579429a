// One process' share: `node scripts/run.mjs rehearsal/simulation/exhaustive/main.ts FROM EVERY_NTH [STORY...]` prints one JSON line
// for each story.
import { packagedArtefact } from '../../package.ts';
import { CANONICAL_STORIES, exhaustive, storyNamed } from './index.ts';

const [from, everyNth, ...names] = process.argv.slice(2);
const artefact = await packagedArtefact((line) => void process.stderr.write(`${line}\n`));
for (const story of names.length > 0 ? names.map(storyNamed) : CANONICAL_STORIES) {
  const result = await exhaustive(artefact, { story, from: Number(from ?? 0), everyNth: Number(everyNth ?? 1) });
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
