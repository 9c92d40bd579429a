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
  /** How many were covered here. */
  points: number;
  /** By how many runs: two points that are the same moment are one. */
  runs: number;
  green: number;
  failures: { point: number; killed: string; text: string }[];
}

/** Moments at which a function can die, each with the points that it is. */
export interface Moments {
  of: number;
  moments: { point: number; covers: number }[];
}

/** Point 2n kills before the call n + 1, point 2n + 1 after it. */
export const pointOf = (point: number): KillPoint => ({ call: Math.floor(point / 2) + 1, when: point % 2 === 0 ? 'before' : 'after' });

/** The story with nobody killed: it goes well, and tells which calls there are. */
export async function momentsOf(story: CanonicalStory, artefact: Artefact): Promise<Moments> {
  const { killer, violations } = await playedWith(story, artefact, { call: 0, when: 'before' });
  const [first] = violations;
  if (first) throw new Error(`the story "${story}" does not go well even when nothing happens: ${first.invariant}: ${first.text}`);
  const calls = killer.made.length;
  const moments: Moments['moments'] = [];
  for (let n = 1; n <= calls; n++) {
    const before = 2 * (n - 1);
    moments.push({ point: before, covers: n > 1 && killer.nextIsSame(n - 1) ? 2 : 1 });
    if (!killer.nextIsSame(n)) moments.push({ point: before + 1, covers: 1 });
  }
  return { of: 2 * calls, moments };
}

/** The moments `from`, `from` + `everyNth` and so on, so that processes can take turns. */
export async function exhaustive(artefact: Artefact, { story, from = 0, everyNth = 1 }: { story: CanonicalStory; from?: number; everyNth?: number }): Promise<ExhaustiveResult> {
  const { of, moments } = await momentsOf(story, artefact);
  const result: ExhaustiveResult = { story, of, points: 0, runs: 0, green: 0, failures: [] };
  for (const { point, covers } of moments.filter((_moment, index) => index >= from && (index - from) % everyNth === 0)) {
    const { violations, killer } = await playedWith(story, artefact, pointOf(point));
    result.points += covers;
    result.runs += 1;
    const [first] = violations;
    if (first === undefined) result.green += covers;
    else result.failures.push({ point, killed: killer.killed ?? 'nobody', text: `${first.invariant}: ${first.text}` });
  }
  return result;
}

export async function playedWith(story: CanonicalStory, artefact: Artefact, point: KillPoint): Promise<RunResult & { killer: KillAt }> {
  const killers: KillAt[] = [];
  const result = await run(canonical(story), {
    artefact,
    interference: (world) => {
      const killer = new KillAt(world, point);
      killers.push(killer);
      return killer;
    },
    onWorld: (world) => killers[0]?.begin(world),
  });
  const [killer] = killers;
  if (!killer) throw new Error('nobody stood between Slipway and AWS');
  return { ...result, killer };
}

export const storyNamed = (name: string): CanonicalStory => {
  const found = CANONICAL_STORIES.find((story) => story === name);
  if (!found) throw new Error(`no canonical story is named "${name}"; there are: ${CANONICAL_STORIES.join(', ')}`);
  return found;
};
