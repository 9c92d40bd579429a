// Puts a decision that was ruled on into effect: on the record, into the story, and rings.
import type { Doorbell } from '../../adapters/doorbell.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { decisionStory } from '../../core/control/decision-text.ts';
import type { Decision } from '../../core/release/model.ts';

export interface RecordDependencies {
  releases: Pick<Releases, 'decide'>;
  timeline: Pick<Timeline, 'write'>;
  doorbell: Doorbell;
  log: Logger;
}

export async function recordDecision({ releases, timeline, doorbell, log }: RecordDependencies, releaseId: string, decision: Decision): Promise<'recorded' | 'already' | 'ended'> {
  const recorded = await releases.decide(releaseId, decision);
  if (recorded === 'ended') return recorded;
  if (recorded === 'recorded') {
    await tellDecision(timeline, releaseId, decision);
    log.info('decided', { release: releaseId, decision: decision.kind, person: decision.person, caller: decision.callerArn, ask: decision.askKey });
  }
  // Rung even when nothing was recorded: the one who recorded it may have died before ringing.
  await doorbell.ring(releaseId);
  return recorded;
}

/** Writing it twice is writing it once. */
export async function tellDecision(timeline: Pick<Timeline, 'write'>, releaseId: string, decision: Decision): Promise<void> {
  const key = `stage.${decision.stageIndex}.decision.${decision.kind}.${decision.askKey ?? 'all'}.${decision.person}`;
  await timeline.write(releaseId, [{ key, atMs: decision.atMs, kind: 'decision', text: decisionStory(decision), by: decision.person, via: decision.via }]);
}
