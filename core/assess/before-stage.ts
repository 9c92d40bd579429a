// The time before anything is deployed on a stage: questions asked in the order written. Nothing to roll back yet.
import { tally } from '../approval/tally.ts';
import type { Stage } from '../pipeline/model.ts';
import type { Decision, EpochMs, Release, StageRecord } from '../release/model.ts';
import { putQuestion, waitForPeople } from './ask-people.ts';
import { givesWay, stopCause } from './stop-cause.ts';
import type { Assessment } from './verdict.ts';

export interface BeforeInput {
  release: Release;
  stage: StageRecord;
  spec: Stage;
  decisions: readonly Decision[];
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
  for (const [index, gate] of spec.before.entries()) {
    const key = `before.${index}`;
    const asked = stage.asks.find((ask) => ask.key === key);
    const way = asked ? undefined : givesWay(release);
    if (way) return { verdict: { kind: 'ended', ...way }, stage: { ...stage, waitingFor: undefined }, entries: [], notice: undefined };
    if (!asked) return putQuestion(input, key, gate.approval, `Roll out to ${spec.name}?`);
    const answer = tally(asked, decisions.filter((decision) => decision.stageIndex === stage.index), release.author, nowMs);
    if (answer.kind !== 'approved') return waitForPeople(stage, asked, nowMs);
  }
  const reason = spec.before.length === 0 ? 'nothing to ask before this stage' : 'every approval before this stage is given';
  return { verdict: { kind: 'go', reason }, stage: { ...stage, waitingFor: undefined }, entries: [], notice: undefined };
}
