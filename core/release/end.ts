// What a release comes to, from what its stages came to.
import { goesOn, type Outcome, type StageRecord } from './model.ts';

export function releaseEnd(stages: readonly StageRecord[]): { outcome: Outcome; reason: string } {
  const bad = stages.find((stage) => stage.outcome !== undefined && !goesOn(stage.outcome));
  if (bad?.outcome) return { outcome: bad.outcome, reason: bad.reason };
  const open = stages.find((stage) => stage.status !== 'ended');
  if (open) return { outcome: 'failed', reason: `it ended before its stage ${open.index} had` };
  if (stages.every((stage) => stage.outcome === 'unchanged')) return { outcome: 'unchanged', reason: 'every stage already ran this image' };
  return { outcome: 'succeeded', reason: 'every stage runs the new image' };
}
