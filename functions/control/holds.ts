// Holds: an image that is not to be rolled out to a service again until somebody says so.
import * as v from 'valibot';
import type { Hold, HoldLift } from '../../adapters/records/holds.ts';
import { serviceArnOf } from '../../core/arn.ts';
import { fromSurface } from '../../core/control/decision-text.ts';
import type { Pipeline } from '../../core/pipeline/model.ts';
import type { HoldsAnswer, HoldView, LiftAnswer } from '../../core/view/api.ts';
import { Via } from '../shared/via.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';
import { nextAt, pageOf } from './page.ts';
import { Digest, knownPerson, OptionalReason, pipelineOf, Reason } from './subject.ts';

const HoldBody = v.object({ pipeline: v.string(), stage: v.optional(v.string()), digest: Digest, reason: Reason, via: Via });
const LiftBody = v.object({ pipeline: v.string(), stage: v.optional(v.string()), digest: Digest, reason: OptionalReason, via: Via });

const HoldPlace = v.strictObject({ pipeline: v.string(), stage: v.number(), key: v.string() });

/** By pipeline, stage and image; only as many services are looked at as a page needs. */
export async function listHolds(dependencies: ControlDependencies, request: ControlRequest): Promise<HoldsAnswer> {
  const { pipeline: name, lifted = 'false' } = request.query;
  const { limit, after } = pageOf(request, HoldPlace);
  if (lifted !== 'true' && lifted !== 'false') throw new ControlFault('BadRequest', 'lifted is true or false');
  const stored = name === undefined ? await dependencies.specifications.list() : [await pipelineOf(dependencies, name)];
  const found: { place: v.InferOutput<typeof HoldPlace>; view: HoldView }[] = [];
  for (const { pipeline } of stored.sort((a, b) => (a.pipeline.name < b.pipeline.name ? -1 : 1))) {
    if (after && pipeline.name < after.pipeline) continue;
    for (const [index, stage] of pipeline.stages.entries()) {
      if (after && pipeline.name === after.pipeline && index < after.stage) continue;
      const arn = serviceArnOf(dependencies.place, stage.service);
      const holds = await (lifted === 'true' ? dependencies.holds.liftedOn(arn) : dependencies.holds.on(arn));
      for (const hold of holds) {
        const place = { pipeline: pipeline.name, stage: index, key: `${hold.digest}#${String(hold.atMs).padStart(15, '0')}` };
        if (after && pipeline.name === after.pipeline && index === after.stage && place.key <= after.key) continue;
        found.push({ place, view: holdViewOf(pipeline.name, stage.name, hold) });
      }
      if (found.length > limit) return { holds: found.slice(0, limit).map(({ view }) => view), ...nextAt(found[limit - 1]?.place) };
    }
  }
  return { holds: found.map(({ view }) => view) };
}

const holdViewOf = (pipeline: string, stage: string, { digest, reason, by, atMs, lifted }: Hold): HoldView => ({
  pipeline, stage, digest, reason, by, at: new Date(atMs).toISOString(),
  ...(lifted === undefined ? {} : { lifted: { by: lifted.by, callerArn: lifted.callerArn, via: lifted.via === 'dashboard' ? 'dashboard' : 'cli', at: new Date(lifted.atMs).toISOString(), reason: lifted.reason } }),
});

export async function setHold(dependencies: ControlDependencies, request: ControlRequest): Promise<HoldsAnswer> {
  const body = v.safeParse(HoldBody, request.body);
  if (!body.success) throw new ControlFault('BadRequest', 'the body is not { pipeline, stage?, digest (sha256:...), reason }');
  const { pipeline, stage, digest, reason, via } = body.output;
  const stored = await pipelineOf(dependencies, pipeline);
  const by = knownPerson(stored, request.callerArn);
  for (const { serviceArn } of stagesOf(dependencies, stored.pipeline, stage)) {
    await dependencies.holds.set({ serviceArn, digest, reason, by, callerArn: request.callerArn, via, atMs: dependencies.clock.nowMs() });
  }
  dependencies.log.info('held', { pipeline, stage, digest, by, reason });
  return listHolds(dependencies, { ...request, query: { pipeline } });
}

export async function liftHold(dependencies: ControlDependencies, request: ControlRequest): Promise<LiftAnswer> {
  const body = v.safeParse(LiftBody, request.body);
  if (!body.success) throw new ControlFault('BadRequest', 'the body is not { pipeline, stage?, digest (sha256:...), reason? }');
  const { pipeline, stage, digest, reason, via } = body.output;
  const stored = await pipelineOf(dependencies, pipeline);
  const by = knownPerson(stored, request.callerArn);
  const lifted: string[] = [];
  for (const one of stagesOf(dependencies, stored.pipeline, stage)) {
    if (await lift(dependencies, { stage: one, pipeline, digest }, { by, callerArn: request.callerArn, via, atMs: dependencies.clock.nowMs(), reason })) lifted.push(one.name);
  }
  dependencies.log.info('hold lifted', { pipeline, stages: lifted, digest, by, reason });
  return { lifted };
}

interface HeldStage {
  index: number;
  name: string;
  serviceArn: string;
}

interface Held {
  pipeline: string;
  stage: HeldStage;
  digest: string;
}

/** Written down with the hold, and told in the story of the image's release. */
export async function lift({ holds, releases, timeline }: ControlDependencies, { pipeline, stage, digest }: Held, lifted: HoldLift): Promise<boolean> {
  const hold = await holds.lift(stage.serviceArn, digest, lifted);
  const releaseId = hold && (await releases.ofDigest(pipeline, digest));
  if (hold && releaseId !== undefined) {
    const text = `The hold on ${stage.name} was lifted by ${lifted.by}, ${fromSurface(lifted.via)}${lifted.reason ? `: ${lifted.reason}` : '.'}`;
    await timeline.write(releaseId, [{ key: `stage.${stage.index}.hold.${hold.atMs}.lifted`, atMs: lifted.atMs, kind: 'decision', text, by: lifted.by, via: lifted.via }]);
  }
  return hold !== undefined;
}

/** The named one, or all. */
function stagesOf({ place }: ControlDependencies, pipeline: Pipeline, stageName: string | undefined): HeldStage[] {
  const all = pipeline.stages.map(({ name, service }, index) => ({ index, name, serviceArn: serviceArnOf(place, service) }));
  const stages = all.filter(({ name }) => stageName === undefined || name === stageName);
  if (stages.length === 0) throw new ControlFault('NotFound', `the pipeline ${pipeline.name} has no stage ${stageName ?? ''}`, `Its stages: ${pipeline.stages.map(({ name }) => name).join(', ')}.`);
  return stages;
}
