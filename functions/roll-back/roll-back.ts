// Tells ECS to roll back. Following the rollback to its end is for the next looks.
import * as v from 'valibot';
import { isAwsError } from '../../adapters/aws.ts';
import type { Clock } from '../../adapters/clock.ts';
import type { Services } from '../../adapters/ecs/services.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { stageEntry } from '../../core/assess/entries.ts';
import { changeStage, loadStage, ReleaseMissing } from '../shared/stage.ts';

const Event = v.object({ releaseId: v.string(), stageIndex: v.number(), hookId: v.optional(v.nullable(v.string())), reason: v.string() });

export interface RollBackDependencies {
  releases: Pick<Releases, 'load' | 'saveStage'>;
  timeline: Pick<Timeline, 'write'>;
  services: Pick<Services, 'answerPause' | 'stopWithRollback'>;
  clock: Clock;
  log: Logger;
}

export const rollBack = (dependencies: RollBackDependencies) => async (input: unknown): Promise<{ asked: 'pause' | 'stop' | 'gone' }> => {
  const event = v.parse(Event, input);
  const { services, clock, log } = dependencies;
  const { stage } = await loadStage(dependencies.releases, event);
  const arn = stage.deployment?.arn;
  if (!arn) throw new ReleaseMissing(`the stage ${stage.index} of ${event.releaseId} has no deployment to roll back`);

  // A pause answered with ROLLBACK is the quickest way; if it is gone the deployment moves, and is stopped instead.
  const paused = event.hookId ? await answered(services, arn, event.hookId, log) : 'gone';
  const asked = paused === 'done' ? 'pause' : (await services.stopWithRollback(arn)) === 'done' ? 'stop' : 'gone';
  log.warn('rollback asked for', { release: event.releaseId, deployment: arn, through: asked, reason: event.reason });
  await changeStage(dependencies, event, async ({ stage: now }) => ({
    stage: now.rollingBack ? { ...now, rollingBack: { ...now.rollingBack, requestedAtMs: clock.nowMs() } } : now,
    entries: [stageEntry(now, 'rollback', 'rollback.asked', clock.nowMs(), asked === 'gone' ? 'ECS was already ending the deployment.' : 'ECS was told to roll back.')],
    answer: undefined,
  }));
  return { asked };
};

/** A pause that cannot be answered, for whatever reason ECS gives, must not keep the deployment from being stopped. */
async function answered(services: RollBackDependencies['services'], arn: string, hookId: string, log: Logger): Promise<'done' | 'gone'> {
  try {
    return await services.answerPause(arn, hookId, 'ROLLBACK');
  } catch (error) {
    if (!isAwsError(error, 'InvalidParameterException', 'ClientException', 'UnsupportedFeatureException', 'AccessDeniedException')) throw error;
    log.error('pause not answered, stopping instead', { deployment: arn, hookId, errorName: error.name, errorMessage: error.message });
    return 'gone';
  }
}
