// Why a stage must not go on: people, alarms, a newer release, a rescue. In the order in which they are told.
import { tally } from '../approval/tally.ts';
import type { Decision, EpochMs, Outcome, Release, StageRecord } from '../release/model.ts';
import type { AlarmView } from './verdict.ts';

export interface StopCause {
  outcome: Outcome;
  reason: string;
}

export interface StopInput {
  release: Release;
  stage: StageRecord;
  decisions: readonly Decision[];
  alarms: readonly AlarmView[];
  nowMs: EpochMs;
}

/** The first cause that applies, or undefined when nothing stands in the way. */
export function stopCause(input: StopInput): StopCause | undefined {
  return rescued(input) ?? aborted(input) ?? answered(input) ?? alarmed(input) ?? overtaken(input);
}

const withReason = (reason: string): string => (reason ? `: ${reason}` : '');

function rescued({ release }: StopInput): StopCause | undefined {
  return release.rescue === undefined ? undefined : { outcome: 'failed', reason: `the release's own execution ended early (${release.rescue})` };
}

function aborted({ decisions }: StopInput): StopCause | undefined {
  const abort = decisions.find((decision) => decision.kind === 'abort');
  return abort && { outcome: 'aborted', reason: `aborted by ${abort.person}${withReason(abort.reason)}` };
}

function answered({ release, stage, decisions, nowMs }: StopInput): StopCause | undefined {
  const ours = decisions.filter((decision) => decision.stageIndex === stage.index);
  for (const ask of stage.asks) {
    const answer = tally(ask, ours, release.author, nowMs);
    if (answer.kind === 'rejected') return { outcome: 'rejected', reason: `rejected by ${answer.by}${withReason(answer.reason)}` };
    if (answer.kind === 'expired') return { outcome: 'timedOut', reason: `${answer.given.length === 0 ? 'nobody answered' : `only ${answer.given.join(' and ')} approved`} "${ask.question}"` };
  }
  return undefined;
}

function alarmed({ stage, alarms }: StopInput): StopCause | undefined {
  const firing = alarms.filter((alarm) => alarm.state === 'ALARM' && !stage.alarmsLeftOut.includes(alarm.name));
  const first = firing[0];
  if (!first) return undefined;
  const names = firing.map((alarm) => alarm.name).join(', ');
  return { outcome: 'rolledBack', reason: `alarm ${names} fired${first.reason ? `: ${first.reason}` : ''}` };
}

/** A newer release takes the place of one that waits for a person, never of one that moves. */
function overtaken({ release, stage, decisions, nowMs }: StopInput): StopCause | undefined {
  const ours = decisions.filter((decision) => decision.stageIndex === stage.index);
  const waits = stage.asks.some((ask) => tally(ask, ours, release.author, nowMs).kind === 'open');
  return waits ? givesWay(release) : undefined;
}

/** Whoever is about to wait for a person while a newer release wants the service: nobody should be asked about it any more. */
export function givesWay(release: Release): StopCause | undefined {
  if (release.challengedBy === undefined || release.pipeline.newerRelease !== 'overtakesWaiting') return undefined;
  return { outcome: 'superseded', reason: `superseded by the newer release ${release.challengedBy}, which need not wait for people to decide on this one` };
}
