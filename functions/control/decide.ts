// POST /v1/releases/{id}/decisions: approve, reject, abort.
import * as v from 'valibot';
import { ruleDecision } from '../../core/control/rule-decision.ts';
import type { Decision } from '../../core/release/model.ts';
import type { DecisionAnswer } from '../../core/view/api.ts';
import { summaryOf } from '../../core/view/of-release.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';

const REASON_LENGTH_MAX = 1000;
const Body = v.object({ kind: v.picklist(['approve', 'reject', 'abort', 'promote']), stage: v.optional(v.string()), reason: v.optional(v.pipe(v.string(), v.maxLength(REASON_LENGTH_MAX)), ''), full: v.optional(v.boolean(), false), via: v.optional(v.picklist(['cli', 'dashboard']), 'cli') });

export async function decide({ releases, timeline, doorbell, clock, log }: ControlDependencies, releaseId: string, request: ControlRequest): Promise<DecisionAnswer> {
  const body = v.safeParse(Body, request.body);
  if (!body.success) throw new ControlFault('BadRequest', `the body is not { kind: approve | reject | abort | promote, stage?, full?, reason? (at most ${REASON_LENGTH_MAX} characters) }`);
  const loaded = await releases.load(releaseId);
  if (!loaded) throw new ControlFault('NotFound', `there is no release ${releaseId}`, 'See `slipway status`.');
  const wanted = { kind: body.output.kind, stage: body.output.stage, reason: body.output.reason, full: body.output.full, callerArn: request.callerArn, via: body.output.via };
  const ruling = ruleDecision(wanted, loaded.release, loaded.stages, loaded.decisions, clock.nowMs());
  if (ruling.kind === 'refused') throw new ControlFault(ruling.code, ruling.message, ruling.hint);

  const { decision } = ruling;
  const recorded = await releases.decide(releaseId, decision);
  if (recorded === 'ended') throw new ControlFault('Refused', `the release ${releaseId} has ended meanwhile`);
  if (recorded === 'recorded') {
    const key = `stage.${decision.stageIndex}.decision.${decision.kind}.${decision.askKey ?? 'all'}.${decision.person}`;
    await timeline.write(releaseId, [{ key, atMs: decision.atMs, kind: 'decision', text: textOf(decision), by: decision.person }]);
    log.info('decided', { release: releaseId, decision: decision.kind, person: decision.person, caller: decision.callerArn, ask: decision.askKey });
  }
  // Rung even when nothing was recorded: the one who recorded it may have died before ringing.
  await doorbell.ring(releaseId);
  const message = recorded === 'recorded' ? textOf(decision) : `${decision.person} had decided this already; the first word stands.`;
  return { recorded: recorded === 'recorded', message, release: summaryOf(loaded.release, loaded.stages) };
}

function textOf(decision: Decision): string {
  const words: Record<Decision['kind'], string> = { approve: 'Approved', reject: 'Rejected', abort: 'Aborted', promote: 'The rest of the bake was skipped' };
  return `${words[decision.kind]} by ${decision.person}${decision.reason ? `: ${decision.reason}` : '.'}`;
}
