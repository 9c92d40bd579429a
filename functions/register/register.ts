// Registers the task definition of this release: the one the service runs, with one image pinned to the pushed digest.
import * as v from 'valibot';
import type { Clock } from '../../adapters/clock.ts';
import type { TaskDefinitions } from '../../adapters/ecs/task-definitions.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { stageEntry } from '../../core/assess/entries.ts';
import { imageOf, pinnedCopy, pinnedImage } from '../../core/image/task-definition.ts';
import { changeStage, ReleaseMissing, StageEvent } from '../shared/stage.ts';

export interface RegisterDependencies {
  releases: Pick<Releases, 'load' | 'saveStage'>;
  timeline: Pick<Timeline, 'write'>;
  taskDefinitions: TaskDefinitions;
  clock: Clock;
}

export const register = (dependencies: RegisterDependencies) => async (input: unknown): Promise<{ taskDefinitionArn: string }> => {
  const event = v.parse(StageEvent, input);
  const { taskDefinitions, clock } = dependencies;
  return changeStage<{ taskDefinitionArn: string }>(dependencies, event, async ({ release, stage, spec }) => {
    if (stage.deployment) return { stage, entries: [], answer: { taskDefinitionArn: stage.deployment.taskDefinitionArn } };
    if (!stage.found) throw new ReleaseMissing(`the stage ${spec.name} of ${release.id} has not been through preflight`);
    const nowMs = clock.nowMs();
    const from = release.undoes?.taskDefinitionArn ?? stage.found.taskDefinitionArn;
    const { taskDefinition, tags } = await taskDefinitions.describe(from);
    const image = pinnedImage(release.image);
    const asItIs = release.undoes && imageOf(taskDefinition, spec.service.container) === image;
    // A copy of what the service ran before somebody changed it would take the change away.
    const mark = `${release.id}/${stage.index}/${from.split('/').at(-1) ?? ''}`;
    const copy = () => pinnedCopy(taskDefinition, tags, spec.service.container, image, mark);
    const taskDefinitionArn = asItIs ? from : ((await taskDefinitions.registeredFor(String(taskDefinition.family), mark)) ?? (await taskDefinitions.register(copy())));
    const back = release.undoes ? `Going back to task definition ${from.split('/').at(-1) ?? ''}, as it ran before ${release.undoes.releaseId}. ` : '';
    const made = asItIs ? '' : `Task definition ${taskDefinitionArn.split('/').at(-1) ?? ''}: container ${spec.service.container} runs ${image}.`;
    return {
      stage: { ...stage, deployment: { taskDefinitionArn, intendedAtMs: nowMs, requestedAtMs: undefined, startedAtMs: undefined, revisionId: undefined, arn: undefined } },
      entries: [stageEntry(stage, 'stage', 'registered', nowMs, `${back}${made}`.trim())],
      answer: { taskDefinitionArn },
    };
  });
};
