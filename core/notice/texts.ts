// What is said when something happens to a release, as sentences: the same in its story and in what is sent to people.
import { formatDuration } from '../duration.ts';
import { imageName } from '../image/name.ts';
import { rungsOf } from '../ladder/index.ts';
import type { Stage } from '../pipeline/model.ts';
import type { Release } from '../release/model.ts';

export const releaseStartedText = (release: Release): string => `Release of ${imageName(release.image)} through ${release.pipeline.stages.map((stage) => stage.name).join(', then ')}.`;

export function rolloutStartedText({ strategy }: Stage): string {
  const rungs = rungsOf(strategy);
  if (rungs.length === 0) return 'Rolling out, task by task.';
  const steps = rungs.map((rung) => `${rung.weightPercent} %${rung.bake.forMs > 0 ? ` for ${formatDuration(rung.bake.forMs)}` : ''}${rung.approval ? ', then asks' : ''}`);
  return `Rolling out: ${steps.join(' -> ')}.`;
}

export const tasksDiedText = (count: number): string => (count === 1 ? 'A task of the new revision died.' : `${count} tasks of the new revision died.`);

export const rescuedText = (executionName: string, reason: string, successor: string): string =>
  `Its execution ${executionName} ended early (${reason}); ${successor} rolls back what is under way and ends the release.`;

/** @param service that of the stage it was in */
export function givenUpText(reason: string, service: Stage['service'] | undefined): string {
  const look = service ? ` Look at it with \`aws ecs describe-services --cluster ${service.cluster} --services ${service.name}\`.` : '';
  return `Its execution ended early again and again (${reason}). Slipway leaves the service as it is; ECS rolls an open pause back by itself when its time is over.${look}`;
}
