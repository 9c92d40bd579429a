// Retry, undo and holds: what people do about an image after its release has ended.
import * as v from 'valibot';
import { serviceArnOf } from '../../core/arn.ts';
import { personsOf } from '../../core/control/rule-decision.ts';
import type { HoldsAnswer, HoldView, LiftAnswer, StartReleaseAnswer } from '../../core/view/api.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';
import { REASON_LENGTH_MAX, startThrough } from './releases.ts';

const REASON = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(REASON_LENGTH_MAX));
const PERHAPS_REASON = v.optional(v.pipe(v.string(), v.maxLength(REASON_LENGTH_MAX)), '');
const Digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/));
const RetryBody = v.object({ reason: PERHAPS_REASON });
const UndoBody = v.object({ stage: v.optional(v.string()), reason: REASON });
const HoldBody = v.object({ pipeline: v.string(), stage: v.optional(v.string()), digest: Digest, reason: REASON });
const LiftBody = v.object({ pipeline: v.string(), stage: v.optional(v.string()), digest: Digest, reason: PERHAPS_REASON });

/** The same image once more; asking for it lifts the holds that its first release left. */
export async function retry(dependencies: ControlDependencies, releaseId: string, request: ControlRequest): Promise<StartReleaseAnswer> {
  const body = v.safeParse(RetryBody, request.body ?? {});
  if (!body.success) throw new ControlFault('BadRequest', 'the body is not { reason? }');
  const loaded = await dependencies.releases.load(releaseId);
  if (!loaded) throw new ControlFault('NotFound', `there is no release ${releaseId}`, 'See `slipway status`.');
  const { release, stages } = loaded;
  if (release.status !== 'ended') throw new ControlFault('Refused', `${releaseId} has not ended`, 'A release can be retried once it has ended.');
  knownPerson(release, request.callerArn);
  for (const stage of stages) await dependencies.holds.lift(stage.serviceArn, release.image.digest);
  return startThrough(dependencies, { byHand: { pipeline: release.pipeline.name, digest: release.image.digest, reason: body.output.reason || `retry of ${releaseId}`, callerArn: request.callerArn } });
}

export async function undo(dependencies: ControlDependencies, releaseId: string, request: ControlRequest): Promise<StartReleaseAnswer> {
  const body = v.safeParse(UndoBody, request.body);
  if (!body.success) throw new ControlFault('BadRequest', 'the body is not { stage?, reason }', 'An undo needs a reason: those who pushed will read it.');
  const loaded = await dependencies.releases.load(releaseId);
  if (loaded) knownPerson(loaded.release, request.callerArn);
  return startThrough(dependencies, { undo: { releaseId, ...body.output, callerArn: request.callerArn } });
}

export async function listHolds(dependencies: ControlDependencies, request: ControlRequest): Promise<HoldsAnswer> {
  const name = request.query['pipeline'];
  const stored = name === undefined ? await dependencies.specifications.list() : [await pipelineOf(dependencies, name)];
  const found = await Promise.all(
    stored.flatMap(({ pipeline }) =>
      pipeline.stages.map(async (stage): Promise<HoldView[]> => {
        const holds = await dependencies.holds.on(serviceArnOf(dependencies.place, stage.service));
        return holds.map((hold) => ({ pipeline: pipeline.name, stage: stage.name, digest: hold.digest, reason: hold.reason, by: hold.by, at: new Date(hold.atMs).toISOString() }));
      }),
    ),
  );
  return { holds: found.flat() };
}

export async function setHold(dependencies: ControlDependencies, request: ControlRequest): Promise<HoldsAnswer> {
  const body = v.safeParse(HoldBody, request.body);
  if (!body.success) throw new ControlFault('BadRequest', 'the body is not { pipeline, stage?, digest (sha256:...), reason }');
  const { pipeline, stage, digest, reason } = body.output;
  const stored = await pipelineOf(dependencies, pipeline);
  const by = knownPerson(stored, request.callerArn);
  for (const { service } of stagesOf(stored.pipeline, stage)) {
    await dependencies.holds.set({ serviceArn: serviceArnOf(dependencies.place, service), digest, reason, by, atMs: dependencies.clock.nowMs() });
  }
  dependencies.log.info('held', { pipeline, stage, digest, by, reason });
  return listHolds(dependencies, { ...request, query: { pipeline } });
}

export async function liftHold(dependencies: ControlDependencies, request: ControlRequest): Promise<LiftAnswer> {
  const body = v.safeParse(LiftBody, request.body);
  if (!body.success) throw new ControlFault('BadRequest', 'the body is not { pipeline, stage?, digest (sha256:...), reason? }');
  const { pipeline, stage, digest, reason } = body.output;
  const stored = await pipelineOf(dependencies, pipeline);
  const by = knownPerson(stored, request.callerArn);
  const lifted: string[] = [];
  for (const { service, name } of stagesOf(stored.pipeline, stage)) {
    if (await dependencies.holds.lift(serviceArnOf(dependencies.place, service), digest)) lifted.push(name);
  }
  dependencies.log.info('hold lifted', { pipeline, stages: lifted, digest, by, reason });
  return { lifted };
}

export async function pipelineOf({ specifications }: ControlDependencies, name: string) {
  const stored = await specifications.get(name);
  if (!stored) throw new ControlFault('NotFound', `there is no pipeline ${name}`, 'See `slipway status`.');
  return stored;
}

function stagesOf(pipeline: { name: string; stages: readonly { name: string; service: { cluster: string; name: string } }[] }, stageName: string | undefined) {
  const stages = pipeline.stages.filter(({ name }) => stageName === undefined || name === stageName);
  if (stages.length === 0) throw new ControlFault('NotFound', `the pipeline ${pipeline.name} has no stage ${stageName ?? ''}`, `Its stages: ${pipeline.stages.map(({ name }) => name).join(', ')}.`);
  return stages;
}

/** Where the specification names people, only they may do these things; the name goes on the record. */
export function knownPerson(of: Parameters<typeof personsOf>[0], callerArn: string): string {
  const person = personsOf(of, callerArn)[0];
  if (person === undefined && Object.keys(of.people).length > 0) throw new ControlFault('NotAllowed', `${callerArn} is nobody whom the specification knows`, 'People are bound to AWS identities under `people` in slipway.yml.');
  return person ?? callerArn;
}
