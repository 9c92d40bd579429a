// Retry, undo and holds: what people do about an image after its release has ended.
import * as v from 'valibot';
import type { Hold, HoldLift } from '../../adapters/records/holds.ts';
import { serviceArnOf } from '../../core/arn.ts';
import { fromSurface } from '../../core/control/decision-text.ts';
import { personsOf } from '../../core/control/rule-decision.ts';
import type { HoldsAnswer, HoldView, LiftAnswer, StartReleaseAnswer } from '../../core/view/api.ts';
import { nextAt, pageOf } from './page.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';
import { REASON_LENGTH_MAX, startThrough } from './releases.ts';

const REASON = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(REASON_LENGTH_MAX));
const PERHAPS_REASON = v.optional(v.pipe(v.string(), v.maxLength(REASON_LENGTH_MAX)), '');
const Digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/));
const VIA = v.optional(v.picklist(['cli', 'dashboard']), 'cli');
const RetryBody = v.object({ reason: PERHAPS_REASON, via: VIA });
const UndoBody = v.object({ stage: v.optional(v.string()), reason: REASON, via: VIA });
const HoldBody = v.object({ pipeline: v.string(), stage: v.optional(v.string()), digest: Digest, reason: REASON, via: VIA });
const LiftBody = v.object({ pipeline: v.string(), stage: v.optional(v.string()), digest: Digest, reason: PERHAPS_REASON, via: VIA });

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
  for (const { service } of stagesOf(stored.pipeline, stage)) {
    await dependencies.holds.set({ serviceArn: serviceArnOf(dependencies.place, service), digest, reason, by, callerArn: request.callerArn, via, atMs: dependencies.clock.nowMs() });
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
  for (const { service, name } of stagesOf(stored.pipeline, stage)) {
    const about = { stage: { index: stored.pipeline.stages.findIndex((one) => one.name === name), name, serviceArn: serviceArnOf(dependencies.place, service) }, pipeline, digest };
    if (await lift(dependencies, about, { by, callerArn: request.callerArn, via, atMs: dependencies.clock.nowMs(), reason })) lifted.push(name);
  }
  dependencies.log.info('hold lifted', { pipeline, stages: lifted, digest, by, reason });
  return { lifted };
}

interface Held {
  pipeline: string;
  stage: { index: number; name: string; serviceArn: string };
  digest: string;
}

/** Written down with the hold, and told in the story of the image's release. */
async function lift({ holds, releases, timeline }: ControlDependencies, { pipeline, stage, digest }: Held, lifted: HoldLift): Promise<boolean> {
  const hold = await holds.lift(stage.serviceArn, digest, lifted);
  const releaseId = hold && (await releases.ofDigest(pipeline, digest));
  if (hold && releaseId !== undefined) {
    const text = `The hold on ${stage.name} was lifted by ${lifted.by}, ${fromSurface(lifted.via)}${lifted.reason ? `: ${lifted.reason}` : '.'}`;
    await timeline.write(releaseId, [{ key: `stage.${stage.index}.hold.${hold.atMs}.lifted`, atMs: lifted.atMs, kind: 'decision', text, by: lifted.by, via: lifted.via }]);
  }
  return hold !== undefined;
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
