// A run of a canonical story for every call that Slipway makes in it: its function killed just before the call, and just after it.
// Functions are retried and executions rescued, so every single one must end well.
import type { Artefact } from '../../package.ts';
import { run, type RunResult } from '../run.ts';
import { canonical, CANONICAL_STORIES, type CanonicalStory } from './canonical.ts';
import { KillAt, type KillPoint } from './kill-at.ts';

export { CANONICAL_STORIES, type CanonicalStory } from './canonical.ts';

/** Plain data, so that it can come from another process. */
export interface ExhaustiveResult {
  story: CanonicalStory;
  /** How many there are in the whole story: two for each call. */
  of: number;
  points: number;
  green: number;
  failures: { point: number; killed: string; text: string }[];
}

/** How many calls Slipway makes when nobody is killed, and that the story then goes well. */
export async function callsOf(story: CanonicalStory, artefact: Artefact): Promise<number> {
  const { calls, violations } = await playedWith(story, artefact, { call: 0, when: 'before' });
  const [first] = violations;
  if (first) throw new Error(`the story "${story}" does not go well even when nothing happens: ${first.invariant}: ${first.text}`);
  return calls;
}

/** Point 2n kills before the call n + 1, point 2n + 1 after it. */
export const pointOf = (point: number): KillPoint => ({ call: Math.floor(point / 2) + 1, when: point % 2 === 0 ? 'before' : 'after' });

/** Points `from` to `to` (not included); every `everyNth` of them, so that processes can take turns. */
export async function exhaustive(artefact: Artefact, { story, from = 0, to, everyNth = 1 }: { story: CanonicalStory; from?: number; to?: number; everyNth?: number }): Promise<ExhaustiveResult> {
  const of = 2 * (await callsOf(story, artefact));
  const result: ExhaustiveResult = { story, of, points: 0, green: 0, failures: [] };
  for (let point = from; point < Math.min(to ?? of, of); point += everyNth) {
    const { violations, killed } = await playedWith(story, artefact, pointOf(point));
    result.points += 1;
    const [first] = violations;
    if (first === undefined) result.green += 1;
    else result.failures.push({ point, killed, text: `${first.invariant}: ${first.text}` });
  }
  return result;
}

export async function playedWith(story: CanonicalStory, artefact: Artefact, point: KillPoint): Promise<RunResult & { killed: string; calls: number }> {
  let killer: KillAt | undefined;
  const result = await run(canonical(story), { artefact, interference: (world) => (killer = new KillAt(world, point)), onWorld: () => killer?.begin() });
  return { ...result, killed: killer?.killed ?? 'nobody', calls: killer?.calls ?? 0 };
}

export const storyNamed = (name: string): CanonicalStory => {
  const found = CANONICAL_STORIES.find((story) => story === name);
  if (!found) throw new Error(`no canonical story is named "${name}"; there are: ${CANONICAL_STORIES.join(', ')}`);
  return found;
};
