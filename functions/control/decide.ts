// POST /v1/releases/{id}/decisions: what people decide about a release under way.
import * as v from 'valibot';
import { decisionText } from '../../core/control/decision-text.ts';
import { ruleDecision } from '../../core/control/rule-decision.ts';
import type { DecisionAnswer } from '../../core/view/api.ts';
import { summaryOf } from '../../core/view/of-release.ts';
import { recordDecision, tellDecision } from '../shared/record-decision.ts';
import { errorFields } from '../../adapters/log.ts';
import { Via } from '../shared/via.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';
import { OptionalReason, REASON_LENGTH_MAX } from './subject.ts';

const KINDS = ['approve', 'reject', 'abort', 'promote', 'override'] as const;
const Body = v.object({
  kind: v.picklist(KINDS),
  stage: v.optional(v.string()),
  reason: OptionalReason,
  full: v.optional(v.boolean(), false),
  via: Via,
});

export async function decide(dependencies: ControlDependencies, releaseId: string, request: ControlRequest): Promise<DecisionAnswer> {
  const { releases, timeline, doorbell, clock } = dependencies;
  const body = v.safeParse(Body, request.body);
  if (!body.success) throw new ControlFault('BadRequest', `the body is not { kind: ${KINDS.join(' | ')}, stage?, full?, reason? (at most ${REASON_LENGTH_MAX} characters) }`);
  const loaded = await releases.load(releaseId);
  if (!loaded) throw new ControlFault('NotFound', `there is no release ${releaseId}`, 'See `slipway status`.');
  const ruling = ruleDecision({ ...body.output, stage: body.output.stage, callerArn: request.callerArn }, loaded.release, loaded.stages, loaded.decisions, clock.nowMs());
  if (ruling.kind === 'refused') throw new ControlFault(ruling.code, ruling.message, ruling.hint);

  const { decision } = ruling;
  let recorded: Awaited<ReturnType<typeof recordDecision>> = 'already';
  if (ruling.kind === 'decide') recorded = await recordDecision(dependencies, releaseId, decision);
  else {
    // The one who recorded it may have died before telling and ringing.
    await tellDecision(timeline, releaseId, decision);
    await doorbell.ring(releaseId);
  }
  if (recorded === 'ended') throw new ControlFault('Refused', `the release ${releaseId} has ended meanwhile`, 'See how with `slipway status`.');
  await announced(dependencies, releaseId);
  const message = recorded === 'recorded' ? decisionText(decision) : `${decision.person} had decided this already; the first word stands.`;
  return { recorded: recorded === 'recorded', message, release: summaryOf(loaded.release, loaded.stages) };
}

/** So that Slack shows at once what was decided here; the release itself announces what comes of it in any case. */
async function announced({ announce, log }: ControlDependencies, releaseId: string): Promise<void> {
  try {
    await announce(releaseId);
  } catch (error) {
    log.warn('not announced yet', { release: releaseId, ...errorFields(error) });
  }
}
