// The time before anything is deployed on a stage: questions asked in the order written. Nothing to roll back yet.
import { tally } from '../approval/tally.ts';
import type { ApprovalRule, Stage } from '../pipeline/model.ts';
import type { Ask, Decision, EpochMs, Release, StageRecord } from '../release/model.ts';
import { stageEntry } from './entries.ts';
import { givesWay, stopCause } from './stop-cause.ts';
import { RESYNC_PEOPLE_MS, type Assessment } from './verdict.ts';

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

/** Records a question and waits for its answer. */
export function putQuestion(input: Pick<BeforeInput, 'stage' | 'nowMs'>, key: string, rule: ApprovalRule, question: string): Assessment {
  const { stage, nowMs } = input;
  const ask: Ask = { key, rule, question, askedAtMs: nowMs, deadlineMs: nowMs + rule.withinMs };
  const who = rule.from.length === 0 ? 'anybody' : rule.from.join(', ');
  const text = `${question} Asked ${who}; ${rule.need} needed by ${new Date(ask.deadlineMs).toISOString()}, otherwise it counts as ${rule.otherwise === 'approve' ? 'approved' : 'rejected'}.`;
  const waiting = waitForPeople({ ...stage, asks: [...stage.asks, ask] }, ask, nowMs);
  return { ...waiting, entries: [stageEntry(stage, 'ask', `ask.${key}`, nowMs, text)], notice: { kind: 'approvalAsked', text } };
}

/** Waits for the answer to a question already put. */
export function waitForPeople(stage: StageRecord, ask: Ask, nowMs: EpochMs): Assessment {
  const waitingFor = { kind: 'approval', askKey: ask.key, untilMs: ask.deadlineMs } as const;
  return {
    verdict: { kind: 'wait', waitingFor, lookAgainAtMs: Math.min(ask.deadlineMs, nowMs + RESYNC_PEOPLE_MS), reason: ask.question },
    stage: { ...stage, waitingFor },
    entries: [],
    notice: undefined,
  };
}
