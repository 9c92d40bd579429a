// The time before anything is deployed on a stage: questions asked in the order written. Nothing to roll back yet.
import { freezeKey } from '../approval/keys.ts';
import { tally } from '../approval/tally.ts';
import { freezeText, standingFreezes, thawsAtMs, thawText, type Freeze } from '../freeze/freeze.ts';
import type { Stage } from '../pipeline/model.ts';
import type { Decision, EpochMs, Release, StageRecord, TimelineEntry } from '../release/model.ts';
import { putQuestion, waitForPeople } from './ask-people.ts';
import { stageEntry } from './entries.ts';
import { givesWay, stopCause } from './stop-cause.ts';
import { RESYNC_PEOPLE_MS, type Assessment } from './verdict.ts';

export interface BeforeInput {
  release: Release;
  stage: StageRecord;
  spec: Stage;
  decisions: readonly Decision[];
  freezes?: readonly Freeze[];
  nowMs: EpochMs;
}

export function assessBeforeStage(input: BeforeInput): Assessment {
  const { release, stage, spec, decisions, nowMs } = input;
  // A fresh execution of a release whose deployment may have been begun: it has to be followed to its end, whatever came up since.
  if (stage.deployment) return { verdict: { kind: 'go', reason: 'the deployment was under way before' }, stage, entries: [], notice: undefined };
  const stop = stopCause({ release, stage, decisions, alarms: [], nowMs });
  if (stop) {
    const ended: StageRecord = { ...stage, waitingFor: undefined };
    return { verdict: { kind: 'ended', ...stop }, stage: ended, entries: [], notice: undefined };
  }
  // An undo puts out a fire.
  const frozen = release.undoes ? [] : standingFreezes(input.freezes ?? [], release.pipeline.name, decisions, stage.index, nowMs);
  for (const [index, gate] of spec.before.entries()) {
    const key = `before.${index}`;
    const asked = stage.asks.find((ask) => ask.key === key);
    const way = asked ? undefined : givesWay(release);
    if (way) return { verdict: { kind: 'ended', ...way }, stage: { ...stage, waitingFor: undefined }, entries: [], notice: undefined };
    // Nobody is asked what cannot be done yet: the answer would be out of date by then.
    if (!asked && frozen[0]) return waitForThaw(input, frozen[0], frozen);
    if (!asked) {
      const put = putQuestion(input, key, gate.approval, `Roll out to ${spec.name}?`);
      return { ...put, entries: [...thawed(input), ...put.entries] };
    }
    const answer = tally(asked, decisions.filter((decision) => decision.stageIndex === stage.index), release.author, nowMs);
    if (answer.kind !== 'approved') return waitForPeople(stage, asked, nowMs);
  }
  if (frozen[0]) return waitForThaw(input, frozen[0], frozen);
  const reason = spec.before.length === 0 ? 'nothing to ask before this stage' : 'every approval before this stage is given';
  return { verdict: { kind: 'go', reason }, stage: { ...stage, waitingFor: undefined }, entries: thawed(input), notice: undefined };
}

function waitForThaw({ release, stage, nowMs }: BeforeInput, newest: Freeze, frozen: readonly Freeze[]): Assessment {
  const way = givesWay(release);
  if (way) return { verdict: { kind: 'ended', ...way }, stage: { ...stage, waitingFor: undefined }, entries: [], notice: undefined };
  const key = freezeKey(newest.atMs);
  const untilMs = thawsAtMs(frozen);
  const known = stage.waitingFor?.kind === 'freeze' && stage.waitingFor.key === key ? stage.waitingFor : undefined;
  const text = known?.text ?? freezeText(newest);
  const waitingFor = { kind: 'freeze', key, untilMs, text } as const;
  return {
    verdict: { kind: 'wait', waitingFor, lookAgainAtMs: Math.min(untilMs ?? Infinity, nowMs + RESYNC_PEOPLE_MS), reason: text },
    stage: { ...stage, waitingFor },
    entries: known ? [] : [stageEntry(stage, 'freeze', key, nowMs, text)],
    notice: known ? undefined : { kind: 'frozen', text },
  };
}

function thawed({ stage, decisions, freezes = [], nowMs }: BeforeInput): TimelineEntry[] {
  if (stage.waitingFor?.kind !== 'freeze') return [];
  return [stageEntry(stage, 'freeze', `${stage.waitingFor.key}.over`, nowMs, thawText(freezes, stage.waitingFor.key, decisions, stage.index))];
}
