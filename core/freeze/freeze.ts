// Freezes: times in which no rollout begins. A rollout that is under way is not stopped by one, and neither is an undo: both would
// leave things worse than they are.
import { freezeNumberOf } from '../approval/keys.ts';
import { fromSurface } from '../control/decision-text.ts';
import type { Decision, EpochMs } from '../release/model.ts';
import { momentText } from '../text/moment.ts';
import { sentence } from '../text/sentence.ts';

export interface Freeze {
  /** Undefined: every pipeline. */
  pipeline: string | undefined;
  reason: string;
  /** The name in `people`, or the caller ARN of somebody who is not there. */
  by: string;
  callerArn: string;
  via: Decision['via'];
  atMs: EpochMs;
  /** Undefined: until it is lifted. */
  untilMs: EpochMs | undefined;
  lifted?: { by: string; callerArn: string; via: Decision['via']; atMs: EpochMs; reason: string };
}

export const isInForce = (freeze: Freeze, nowMs: EpochMs): boolean => freeze.lifted === undefined && (freeze.untilMs === undefined || nowMs < freeze.untilMs);

const concerns = (freeze: Freeze, pipelineName: string): boolean => freeze.pipeline === undefined || freeze.pipeline === pipelineName;

/** What keeps a release from beginning this stage, the newest first. An override is about the freezes there were when it was given. */
export function standingFreezes(freezes: readonly Freeze[], pipelineName: string, decisions: readonly Decision[], stageIndex: number, nowMs: EpochMs): Freeze[] {
  const overriddenToMs = Math.max(0, ...decisions.filter((decision) => decision.kind === 'override' && decision.stageIndex === stageIndex).map(({ askKey }) => freezeNumberOf(askKey ?? '')));
  return freezes.filter((freeze) => concerns(freeze, pipelineName) && isInForce(freeze, nowMs) && freeze.atMs > overriddenToMs).sort((one, other) => other.atMs - one.atMs);
}

/** When the last of them is over; undefined when somebody has to lift one. */
export const thawsAtMs = (freezes: readonly Freeze[]): EpochMs | undefined => (freezes.some(({ untilMs }) => untilMs === undefined) ? undefined : Math.max(...freezes.map(({ untilMs = 0 }) => untilMs)));

/** A sentence. */
export function freezeText({ pipeline, reason, by, via, untilMs }: Freeze): string {
  const until = untilMs === undefined ? 'until it is lifted' : `until ${momentText(untilMs)}`;
  return `Waits for the end of the freeze of ${pipeline ?? 'every pipeline'} ${until}, set by ${by}, ${fromSurface(via)}: ${sentence(reason)}`;
}

/** How a freeze that was waited for came to its end. */
export function thawText(freezes: readonly Freeze[], key: string, decisions: readonly Decision[], stageIndex: number): string {
  const override = decisions.find((decision) => decision.kind === 'override' && decision.stageIndex === stageIndex && decision.askKey === key);
  if (override) return `Goes on in spite of the freeze: overridden by ${override.person}.`;
  const lifted = freezes.find((freeze) => freeze.atMs === freezeNumberOf(key))?.lifted;
  return lifted ? sentence(`The freeze was lifted by ${lifted.by}, ${fromSurface(lifted.via)}${lifted.reason ? `: ${lifted.reason}` : ''}`) : 'The freeze is over.';
}
