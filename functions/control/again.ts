// Retry and undo: what people do about an image after its release has ended.
import * as v from 'valibot';
import type { StartReleaseAnswer } from '../../core/view/api.ts';
import { Via } from '../shared/via.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';
import { lift } from './holds.ts';
import { startThrough } from './releases.ts';
import { knownPerson, OptionalReason, Reason } from './subject.ts';

const RetryBody = v.object({ reason: OptionalReason, via: Via });
const UndoBody = v.object({ stage: v.optional(v.string()), reason: Reason, via: Via });

/** The same image once more; asking for it lifts the holds that its first release left. */
export async function retry(dependencies: ControlDependencies, releaseId: string, request: ControlRequest): Promise<StartReleaseAnswer> {
  const body = v.safeParse(RetryBody, request.body ?? {});
  if (!body.success) throw new ControlFault('BadRequest', 'the body is not { reason? }');
  const loaded = await dependencies.releases.load(releaseId);
  if (!loaded) throw new ControlFault('NotFound', `there is no release ${releaseId}`, 'See `slipway status`.');
  const { release, stages } = loaded;
  if (release.status !== 'ended') throw new ControlFault('Refused', `${releaseId} has not ended`, 'A release can be retried once it has ended.');
  const by = knownPerson(release, request.callerArn);
  const { via } = body.output;
  const reason = body.output.reason || `retry of ${releaseId}`;
  for (const { index, serviceArn } of stages) {
    const held = { stage: { index, name: release.pipeline.stages[index]?.name ?? '', serviceArn }, pipeline: release.pipeline.name, digest: release.image.digest };
    await lift(dependencies, held, { by, callerArn: request.callerArn, via, atMs: dependencies.clock.nowMs(), reason });
  }
  return startThrough(dependencies, { byHand: { pipeline: release.pipeline.name, digest: release.image.digest, reason, callerArn: request.callerArn, via } });
}

export async function undo(dependencies: ControlDependencies, releaseId: string, request: ControlRequest): Promise<StartReleaseAnswer> {
  const body = v.safeParse(UndoBody, request.body);
  if (!body.success) throw new ControlFault('BadRequest', 'the body is not { stage?, reason }', 'An undo needs a reason: those who pushed will read it.');
  const loaded = await dependencies.releases.load(releaseId);
  if (loaded) knownPerson(loaded.release, request.callerArn);
  return startThrough(dependencies, { undo: { releaseId, ...body.output, callerArn: request.callerArn } });
}
