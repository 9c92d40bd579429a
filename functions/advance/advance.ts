// Lets a paused deployment go on: the only place in Slipway from which a release can gain weight.
import * as v from 'valibot';
import type { Clock } from '../../adapters/clock.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Services } from '../../adapters/ecs/services.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { stageEntry } from '../../core/assess/entries.ts';
import { loadStage, ReleaseMissing } from '../shared/stage.ts';
import { sentence } from '../../core/text/sentence.ts';

/** A deployment that is not the release's own, met at a pause of ours. */
const ForeignEvent = v.object({ releaseId: v.string(), stageIndex: v.number(), foreignDeploymentArn: v.string(), hookIds: v.array(v.string()) });

const Event = v.object({
  releaseId: v.string(),
  stageIndex: v.number(),
  hookIds: v.array(v.string()),
  fromWeightPercent: v.number(),
  toWeightPercent: v.number(),
  reason: v.string(),
});

export interface AdvanceDependencies {
  releases: Pick<Releases, 'load' | 'mayAdvance'>;
  timeline: Pick<Timeline, 'write'>;
  services: Pick<Services, 'answerPause'>;
  clock: Clock;
  log: Logger;
}

export const advance = ({ releases, timeline, services, clock, log }: AdvanceDependencies) => async (input: unknown): Promise<{ advanced: boolean }> => {
  const foreign = v.safeParse(ForeignEvent, input);
  if (foreign.success) {
    const { foreignDeploymentArn, hookIds, releaseId } = foreign.output;
    for (const hookId of hookIds) await services.answerPause(foreignDeploymentArn, hookId, 'CONTINUE');
    log.info('let a foreign deployment go on', { release: releaseId, deployment: foreignDeploymentArn });
    return { advanced: true };
  }
  const event = v.parse(Event, input);
  const { stage } = await loadStage(releases, event);
  const arn = stage.deployment?.arn;
  if (!arn) throw new ReleaseMissing(`the stage ${stage.index} of ${event.releaseId} has no deployment to let go on`);
  // An abort or a reject that was recorded since the verdict wins here, whatever the verdict said.
  if (stage.rollingBack || !(await releases.mayAdvance(event.releaseId, `${stage.index}.${event.hookIds.join('+')}`))) {
    log.info('not advanced', { release: event.releaseId, reason: 'it was stopped since the verdict' });
    return { advanced: false };
  }
  for (const hookId of event.hookIds) await services.answerPause(arn, hookId, 'CONTINUE');
  const text =
    event.toWeightPercent > event.fromWeightPercent
      ? `From ${event.fromWeightPercent} % to ${event.toWeightPercent} %: ${sentence(event.reason)}`
      : `Finishing at ${event.fromWeightPercent} %: ${sentence(event.reason)}`;
  await timeline.write(event.releaseId, [{ ...stageEntry(stage, 'weight', `advance.${event.hookIds.join('+')}`, clock.nowMs(), text), weightPercent: event.toWeightPercent }]);
  log.info('advanced', { release: event.releaseId, fromPercent: event.fromWeightPercent, toPercent: event.toWeightPercent, reason: event.reason });
  return { advanced: true };
};
