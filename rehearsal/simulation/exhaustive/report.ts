// The exhaustive sweep on every core, told story by story.
import { packagedArtefact } from '../../package.ts';
import { inProcesses } from '../processes.ts';
import { CANONICAL_STORIES, playedWith, pointOf, type CanonicalStory, type ExhaustiveResult } from './index.ts';

export interface Wanted {
  /** All of them when empty. */
  stories: readonly CanonicalStory[];
  first: number;
  every: number;
  processes: number;
}

export async function sweep({ stories, first, every, processes }: Wanted, out: (line: string) => void): Promise<{ passed: number; failed: number }> {
  const wanted = stories.length === 0 ? CANONICAL_STORIES : stories;
  const total = { passed: 0, failed: 0, of: 0, runs: 0 };
  // Processes take turns within each story, so that none of them is left with the long ones.
  const shares = Array.from({ length: processes }, (_, index) => [String(first + index * every), String(every * processes), ...wanted]);
  const parts = new Map<CanonicalStory, ExhaustiveResult[]>();
  await inProcesses<ExhaustiveResult>('rehearsal/simulation/exhaustive/main.ts', shares, (part) => {
    const known = [...(parts.get(part.story) ?? []), part];
    parts.set(part.story, known);
    if (known.length < shares.length) return;
    const sum = (of: (one: ExhaustiveResult) => number) => known.reduce((before, one) => before + of(one), 0);
    const [points, green, runs] = [sum((one) => one.points), sum((one) => one.green), sum((one) => one.runs)];
    total.passed += green;
    total.failed += points - green;
    total.of += part.of;
    total.runs += runs;
    out(`${part.story}: ${points} of ${part.of} points in ${runs} runs, ${green} green`);
    for (const { point, killed, text } of known.flatMap((one) => one.failures)) out(`  point ${point}, ${killed}: ${text}\n    again: npm run sim -- --exhaustive --stories '${part.story}' --point ${point}`);
  });
  out(`${total.passed + total.failed} of ${total.of} points covered, in ${total.runs} runs of ${wanted.length} stories`);
  return total;
}

/** One point again, line by line. */
export async function replay(story: CanonicalStory, point: number, out: (line: string) => void): Promise<{ passed: number; failed: number }> {
  const { history, violations } = await playedWith(story, await packagedArtefact(() => undefined), pointOf(point));
  out(history());
  return violations.length === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}
