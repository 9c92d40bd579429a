// After a rollout that did not succeed: what died, and what it said last. For people; decides nothing.
import * as v from 'valibot';
import type { Failures } from '../../adapters/ecs/failures.ts';
import type { Clock } from '../../adapters/clock.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { stageEntry } from '../../core/assess/entries.ts';
import { failureLines } from '../../core/notice/notice.ts';
import { tasksDiedText } from '../../core/notice/texts.ts';
import { changeStage, StageEvent } from '../shared/stage.ts';

export interface ExplainDependencies {
  releases: Pick<Releases, 'load' | 'saveStage'>;
  timeline: Pick<Timeline, 'write'>;
  failures: Failures;
  clock: Clock;
}

export const explain = (dependencies: ExplainDependencies) => async (input: unknown): Promise<{ found: boolean }> =>
  changeStage<{ found: boolean }>(dependencies, v.parse(StageEvent, input), async ({ stage, spec }) => {
    const revisionId = stage.deployment?.revisionId;
    if (!revisionId) return { stage, entries: [], answer: { found: false } };
    const { stoppedTasks, lastLogLines } = await dependencies.failures.of(spec.service, revisionId);
    if (stoppedTasks.length === 0) return { stage, entries: [], answer: { found: false } };
    const explained = { ...stage, failure: { summary: tasksDiedText(stoppedTasks.length), stoppedTasks, lastLogLines } };
    return { stage: explained, entries: [stageEntry(stage, 'failure', 'failure', dependencies.clock.nowMs(), failureLines(explained).join('\n'))], answer: { found: true } };
  });
