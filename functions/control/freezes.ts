// Freezes: no rollout begins until they are over, or somebody says otherwise.
import * as v from 'valibot';
import { serviceArnOf } from '../../core/arn.ts';
import { isInForce, type Freeze } from '../../core/freeze/freeze.ts';
import { momentText } from '../../core/text/moment.ts';
import type { FreezeView, FreezesAnswer, LiftFreezeAnswer } from '../../core/view/api.ts';
import { Via } from '../shared/via.ts';
import { nextAt, pageOf } from './page.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';
import { knownPerson, Moment, OptionalReason, pipelineOf, Reason } from './subject.ts';

const Scope = { pipeline: v.optional(v.string()), all: v.optional(v.boolean(), false), via: Via };
const SetBody = v.object({ ...Scope, until: v.optional(Moment), reason: Reason });
const LiftBody = v.object({ ...Scope, reason: OptionalReason });

export const freezeViewOf = ({ pipeline, reason, by, atMs, untilMs }: Freeze): FreezeView => ({
  ...(pipeline === undefined ? {} : { pipeline }),
  reason,
  by,
  at: new Date(atMs).toISOString(),
  ...(untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }),
});

const FreezePlace = v.strictObject({ atMs: v.pipe(v.number(), v.safeInteger()), pipeline: v.nullable(v.string()) });

/** The oldest first; of the same moment, that of everything first and the others by name. */
export async function listFreezes({ freezes, clock }: ControlDependencies, request: ControlRequest): Promise<FreezesAnswer> {
  const { pipeline } = request.query;
  const { limit, after } = pageOf(request, FreezePlace);
  const inForce = (await freezes.all()).filter((freeze) => isInForce(freeze, clock.nowMs()) && (pipeline === undefined || freeze.pipeline === undefined || freeze.pipeline === pipeline));
  const later = inForce.filter((freeze) => after === undefined || freeze.atMs > after.atMs || (freeze.atMs === after.atMs && (freeze.pipeline ?? '') > (after.pipeline ?? ''))).sort((a, b) => a.atMs - b.atMs || ((a.pipeline ?? '') < (b.pipeline ?? '') ? -1 : 1));
  const listed = later.slice(0, limit);
  const last = listed.at(-1);
  return { freezes: listed.map(freezeViewOf), ...nextAt(later.length > limit && last ? { atMs: last.atMs, pipeline: last.pipeline ?? null } : undefined) };
}

export async function setFreeze(dependencies: ControlDependencies, request: ControlRequest): Promise<FreezesAnswer> {
  const body = v.safeParse(SetBody, request.body);
  if (!body.success || (body.output.pipeline === undefined) !== body.output.all) {
    throw new ControlFault('BadRequest', 'the body is not { one of pipeline and all: true, until? (2026-12-24T18:00:00Z), reason }', 'A freeze needs a reason: those who wait will read it.');
  }
  const { pipeline, until: untilMs, reason, via } = body.output;
  const atMs = dependencies.clock.nowMs();
  if (untilMs !== undefined && untilMs <= atMs) throw new ControlFault('BadRequest', `${momentText(untilMs)} is over already`, 'Name a time that is still to come.');
  const { by, serviceArns } = await scopeOf(dependencies, pipeline, request.callerArn);
  await dependencies.freezes.set({ pipeline, reason, by, callerArn: request.callerArn, via, atMs, untilMs });
  dependencies.log.info('frozen', { pipeline: pipeline ?? '*', by, untilMs, reason });
  // Whoever waits already learns what it waits for now.
  await dependencies.ringServices(serviceArns);
  return listFreezes(dependencies, { ...request, query: pipeline === undefined ? {} : { pipeline } });
}

export async function liftFreeze(dependencies: ControlDependencies, request: ControlRequest): Promise<LiftFreezeAnswer> {
  const body = v.safeParse(LiftBody, request.body);
  if (!body.success || (body.output.pipeline === undefined) !== body.output.all) throw new ControlFault('BadRequest', 'the body is not { one of pipeline and all: true, reason? }');
  const { pipeline, reason, via } = body.output;
  const { by, serviceArns } = await scopeOf(dependencies, pipeline, request.callerArn);
  const lifted = await dependencies.freezes.lift(pipeline, { by, callerArn: request.callerArn, via, atMs: dependencies.clock.nowMs(), reason });
  dependencies.log.info('freeze lifted', { pipeline: pipeline ?? '*', by, lifted, reason });
  // Rung even when nothing was lifted: the one who lifted it may have died before ringing.
  await dependencies.ringServices(serviceArns);
  return { lifted };
}

/** Who it is to those whom it concerns, and the services whose releases may wait for it. */
async function scopeOf(dependencies: ControlDependencies, pipeline: string | undefined, callerArn: string): Promise<{ by: string; serviceArns: string[] }> {
  const concerned = pipeline === undefined ? await dependencies.specifications.list() : [await pipelineOf(dependencies, pipeline)];
  const people = Object.assign({}, ...concerned.map((one) => one.people)) as (typeof concerned)[number]['people'];
  const by = knownPerson({ people }, callerArn);
  return { by, serviceArns: [...new Set(concerned.flatMap((one) => one.pipeline.stages.map(({ service }) => serviceArnOf(dependencies.place, service))))] };
}
