// What a release comes to, from what its stages came to.
import { serviceNameOf } from '../arn.ts';
import { goesOn, type Outcome, type StageRecord } from './model.ts';

export function releaseEnd(stages: readonly StageRecord[]): { outcome: Outcome; reason: string } {
  const bad = stages.find((stage) => stage.outcome !== undefined && !goesOn(stage.outcome));
  if (bad?.outcome) return { outcome: bad.outcome, reason: bad.reason };
  const open = stages.find((stage) => stage.status !== 'ended');
  if (open) return { outcome: 'failed', reason: `it ended before its stage ${open.index} had` };
  if (stages.every((stage) => stage.outcome === 'unchanged')) return { outcome: 'unchanged', reason: 'every stage already ran this image' };
  const idle = stages.filter((stage) => stage.idle).map((stage) => serviceNameOf(stage.serviceArn));
  if (idle.length > 0) return { outcome: 'succeeded', reason: `every stage has the new image, but ${idle.join(' and ')} wants no tasks, so nothing of the new revision has run yet` };
  return { outcome: 'succeeded', reason: 'every stage runs the new image' };
}
