// Registers the task definition of this release: the one the service runs, with one image pinned to the pushed digest.
import * as v from 'valibot';
import type { Clock } from '../../adapters/clock.ts';
import type { TaskDefinitions } from '../../adapters/ecs/task-definitions.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { stageEntry } from '../../core/assess/entries.ts';
import { pinnedCopy, pinnedImage } from '../../core/image/task-definition.ts';
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
    if (release.undoes) {
      const { taskDefinitionArn } = release.undoes;
      const back = { ...stage, deployment: { taskDefinitionArn, intendedAtMs: nowMs, requestedAtMs: undefined, startedAtMs: undefined, revisionId: undefined, arn: undefined } };
      return { stage: back, entries: [stageEntry(stage, 'stage', 'registered', nowMs, `Going back to task definition ${taskDefinitionArn.split('/').at(-1) ?? ''}, as it ran before ${release.undoes.releaseId}.`)], answer: { taskDefinitionArn } };
    }
    const { taskDefinition, tags } = await taskDefinitions.describe(stage.found.taskDefinitionArn);
    const mark = `${release.id}/${stage.index}`;
    const copy = pinnedCopy(taskDefinition, tags, spec.service.container, pinnedImage(release.image), mark);
    const taskDefinitionArn = (await taskDefinitions.registeredFor(String(taskDefinition.family), mark)) ?? (await taskDefinitions.register(copy));
    return {
      stage: { ...stage, deployment: { taskDefinitionArn, intendedAtMs: nowMs, requestedAtMs: undefined, startedAtMs: undefined, revisionId: undefined, arn: undefined } },
      entries: [stageEntry(stage, 'stage', 'registered', nowMs, `Task definition ${taskDefinitionArn.split('/').at(-1) ?? ''}: container ${spec.service.container} runs ${pinnedImage(release.image)}.`)],
      answer: { taskDefinitionArn },
    };
  });
};
