// What is bundled for a sabotage: a world and the scenarios for it.
export { run } from '../run.ts';
export { generate } from '../generate.ts';
