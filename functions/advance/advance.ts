// Lets a paused deployment go on: the only place in Slipway from which a release can gain weight.
import * as v from 'valibot';
import type { Clock } from '../../adapters/clock.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Services } from '../../adapters/ecs/services.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { stageEntry } from '../../core/assess/entries.ts';
import { VERDICT_FRESH_MS } from '../../core/assess/verdict.ts';
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
  /** When the verdict was made; an execution that began before there was this does not say. */
  judgedAtMs: v.optional(v.number()),
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
  const { stage, lastAdvance } = await loadStage(releases, event);
  const arn = stage.deployment?.arn;
  if (!arn) throw new ReleaseMissing(`the stage ${stage.index} of ${event.releaseId} has no deployment to let go on`);
  const step = `${stage.index}.${event.hookIds.join('+')}`;
  const way = event.toWeightPercent > event.fromWeightPercent ? `From ${event.fromWeightPercent} % to ${event.toWeightPercent} %` : `Finishing at ${event.fromWeightPercent} %`;
  const entry = (key: string, text: string) => stageEntry(stage, 'weight', `advance.${event.hookIds.join('+')}${key}`, clock.nowMs(), text);

  const refusal = await refused();
  if (refusal !== undefined) {
    // An earlier try may have reached ECS and died before it could tell.
    if (lastAdvance === step) await timeline.write(event.releaseId, [entry('.cutOff', `${way}, perhaps: the call was cut off, and the next look shows what came of it. ${sentence(event.reason)}`)]);
    log.info('not advanced', { release: event.releaseId, reason: refusal });
    return { advanced: false };
  }
  for (const hookId of event.hookIds) await services.answerPause(arn, hookId, 'CONTINUE');
  await timeline.write(event.releaseId, [{ ...entry('', `${way}: ${sentence(event.reason)}`), weightPercent: event.toWeightPercent }]);
  log.info('advanced', { release: event.releaseId, fromPercent: event.fromWeightPercent, toPercent: event.toWeightPercent, reason: event.reason });
  return { advanced: true };

  async function refused(): Promise<string | undefined> {
    // An abort or a reject that was recorded since the verdict wins here, whatever the verdict said.
    if (stage.rollingBack || !(await releases.mayAdvance(event.releaseId, step))) return 'it was stopped since the verdict';
    const { judgedAtMs = clock.nowMs() } = event;
    return clock.nowMs() - judgedAtMs > VERDICT_FRESH_MS ? 'the verdict has grown old' : undefined;
  }
};
