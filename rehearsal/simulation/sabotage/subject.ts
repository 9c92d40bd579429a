// What is bundled for a sabotage: a world, the stories and the scenarios for it.
export { run } from '../run.ts';
export { generate } from '../generate.ts';
export { optionsOf, STORIES } from './stories.ts';
export { explore } from '../interleavings/explore.ts';
export { raceNamed } from '../interleavings/races.ts';
