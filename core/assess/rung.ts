// A paused deployment stands on a weight. Is that weight's rung complete, or what is it waiting for?
import { tally } from '../approval/tally.ts';
import { EVERY_RUNG, rungKey } from '../approval/keys.ts';
import { formatDuration } from '../duration.ts';
import type { Rung } from '../ladder/index.ts';
import type { ApprovalRule } from '../pipeline/model.ts';
import type { Decision, EpochMs, StageRecord, TimelineEntry, WaitingFor } from '../release/model.ts';
import { putQuestion, waitForPeople } from './ask-people.ts';
import { beginRollback } from './begin-rollback.ts';
import { stageEntry } from './entries.ts';
import type { AssessInput } from './input.ts';
import { RESYNC_MOVING_MS, SCARCITY_ASK_MS, type Assessment, type DeploymentView } from './verdict.ts';

/** Request counts come from CloudWatch, which has them a minute at a time. */
const REQUEST_COUNT_RECHECK_MS = 30_000;
/** Less than what a pause outlasts its plan by, so that this is told before ECS rolls back by itself. */
const SHORT_OF_TASKS_LIMIT_MS = 10 * 60_000;
const SHORT_OF_TASKS_RECHECK_MS = 30_000;
/** Before ECS gives a pause up, so that the release ends by its own ruling and not by a time-out that nobody was told of. */
const LAST_WORD_MS = 5 * 60_000;
const WEIGHT_TOLERANCE_PERCENT = 0.05;

const sameWeight = (a: number, b: number): boolean => Math.abs(a - b) < WEIGHT_TOLERANCE_PERCENT;

export function assessRung(input: AssessInput, deployment: DeploymentView): Assessment {
  const rung = input.rungs.find((candidate) => sameWeight(candidate.weightPercent, deployment.weightPercent));
  if (!rung) return short(input, deployment) ?? advance(input, deployment, 'the plan does not stop here');

  const { stage, entries, reachedAtMs, first } = reach(input, rung, deployment);
  const at: RungInput = { ...input, stage, rung, reachedAtMs };
  const answer = baked(at) ?? measured(at, deployment) ?? dataAvailable(at, deployment) ?? approved(at, deployment) ?? short(at, deployment) ?? advance(at, deployment, completeText(at));
  const firstNotice = first && rung.weightPercent > 0 ? ({ kind: 'weightReached', text: entries[0]?.text ?? '' } as const) : undefined;
  return { ...answer, entries: [...entries, ...answer.entries], notice: answer.notice ?? firstNotice };
}

interface RungInput extends AssessInput {
  rung: Rung;
  reachedAtMs: EpochMs;
}

/** Notes when the rung was first seen; its bake counts from there. */
function reach(input: AssessInput, rung: Rung, deployment: DeploymentView): { stage: StageRecord; entries: TimelineEntry[]; reachedAtMs: EpochMs; first: boolean } {
  const { stage, seenAtMs } = input;
  const known = stage.rungsReached.find((reached) => sameWeight(reached.weightPercent, rung.weightPercent));
  if (known) return { stage, entries: [], reachedAtMs: known.atMs, first: false };
  const after: StageRecord = {
    ...stage,
    weightPercent: deployment.weightPercent,
    rungsReached: [...stage.rungsReached, { weightPercent: rung.weightPercent, atMs: seenAtMs }],
  };
  const plan = rung.bake.forMs > 0 ? `baking for ${formatDuration(rung.bake.forMs)}` : 'no bake';
  const requests = rung.bake.requests === undefined ? '' : ` and at least ${rung.bake.requests} requests`;
  const text = `The new revision serves ${deployment.weightPercent} % of production traffic; ${plan}${requests}.`;
  return { stage: after, entries: [{ ...stageEntry(stage, 'weight', `rung.${rung.weightPercent}.reached`, seenAtMs, text), weightPercent: deployment.weightPercent }], reachedAtMs: seenAtMs, first: true };
}

/** A person may skip the rest of a bake; nobody skips alarms and approvals this way. */
const promotion = ({ decisions, stage, rung }: RungInput): Decision | undefined =>
  decisions.find((decision) => decision.kind === 'promote' && decision.stageIndex === stage.index && (decision.askKey === rungKey(rung.weightPercent) || decision.askKey === EVERY_RUNG));

function baked(input: RungInput): Assessment | undefined {
  const untilMs = input.reachedAtMs + input.rung.bake.forMs;
  if (input.rung.bake.forMs === 0 || input.nowMs >= untilMs || promotion(input)) return undefined;
  return wait(input, { kind: 'bake', untilMs }, Math.min(untilMs, input.nowMs + RESYNC_MOVING_MS), `baking at ${input.rung.weightPercent} %`);
}

function measured(input: RungInput, deployment: DeploymentView): Assessment | undefined {
  const need = input.rung.bake.requests;
  if (need === undefined || promotion(input)) return undefined;
  const have = input.observation.requestsAtRung ?? 0;
  if (have >= need) return undefined;
  const lack = `only ${have} of ${need} requests were served at ${input.rung.weightPercent} %`;
  return scarce(input, deployment, { askKey: `requests.${input.rung.weightPercent}`, lack, waitingFor: { kind: 'requests', have, need }, recheckMs: REQUEST_COUNT_RECHECK_MS });
}

function dataAvailable(input: RungInput, deployment: DeploymentView): Assessment | undefined {
  const silent = input.observation.alarms
    .filter((alarm) => alarm.state === 'INSUFFICIENT_DATA' || alarm.state === 'MISSING')
    .filter((alarm) => !input.stage.alarmsLeftOut.includes(alarm.name))
    .map((alarm) => alarm.name);
  if (silent.length === 0) return undefined;
  const lack = `no data for ${silent.join(', ')} at ${input.rung.weightPercent} %`;
  const untilMs = input.reachedAtMs + input.rung.bake.forMs + input.spec.missingData.limitMs;
  return scarce(input, deployment, { askKey: `data.${input.rung.weightPercent}`, lack, waitingFor: { kind: 'alarmData', alarms: silent, untilMs }, recheckMs: RESYNC_MOVING_MS });
}

/** ECS shifts traffic whether or not somebody is there to take it, so nobody is let on without all their tasks. */
function short(input: AssessInput, deployment: DeploymentView): Assessment | undefined {
  const { tasks } = deployment;
  const { stage, nowMs } = input;
  if (!tasks || tasks.running >= tasks.requested) return undefined;
  const sinceMs = stage.shortOfTasksSinceMs ?? nowMs;
  const lack = `the new revision has only ${tasks.running} of ${tasks.requested} tasks`;
  if (nowMs - sinceMs >= SHORT_OF_TASKS_LIMIT_MS) return beginRollback(input, deployment, { outcome: 'rolledBack', reason: `${lack}, and has lacked some for ${formatDuration(nowMs - sinceMs)}` });
  const waitingFor = { kind: 'deployment' } as const;
  return {
    verdict: { kind: 'wait', waitingFor, lookAgainAtMs: Math.min(sinceMs + SHORT_OF_TASKS_LIMIT_MS, nowMs + SHORT_OF_TASKS_RECHECK_MS), reason: lack },
    stage: { ...stage, waitingFor, shortOfTasksSinceMs: sinceMs },
    entries: [stageEntry(stage, 'weight', `short.${sinceMs}`, nowMs, `Held at ${deployment.weightPercent} %: ${lack}.`)],
    notice: undefined,
  };
}

interface Scarcity {
  askKey: string;
  /** A clause. */
  lack: string;
  waitingFor: WaitingFor;
  recheckMs: number;
}

/** Too little to judge by: what `missingData` says. Both wait up to the limit; then `wait` asks a person and `fail` rolls back. */
function scarce(input: RungInput, deployment: DeploymentView, { askKey, lack, waitingFor, recheckMs }: Scarcity): Assessment | undefined {
  const { policy, limitMs } = input.spec.missingData;
  if (policy === 'pass') return undefined;
  if (input.stage.asks.some((ask) => ask.key === askKey)) return answered(input, askKey);
  const limitAtMs = input.reachedAtMs + input.rung.bake.forMs + limitMs;
  if (input.nowMs < limitAtMs) return wait(input, waitingFor, Math.min(limitAtMs, input.nowMs + recheckMs), lack);
  if (policy === 'fail') return beginRollback(input, deployment, { outcome: 'rolledBack', reason: `${lack}, and missingData says fail` });
  const rule: ApprovalRule = {
    from: input.rung.approval?.from ?? [],
    need: 1,
    withinMs: input.rung.approval?.withinMs ?? SCARCITY_ASK_MS,
    otherwise: 'reject',
    notByAuthor: false,
  };
  return putQuestion(input, askKey, rule, `${lack.charAt(0).toUpperCase()}${lack.slice(1)}. Go on all the same?`, lastWordMs(deployment));
}

function approved(input: RungInput, deployment: DeploymentView): Assessment | undefined {
  const rule = input.rung.approval;
  if (!rule) return undefined;
  const key = `weight.${input.rung.weightPercent}`;
  if (input.stage.asks.some((ask) => ask.key === key)) return answered(input, key);
  const next = nextWeight(input, input.rung.weightPercent);
  return putQuestion(input, key, rule, `Go on from ${input.rung.weightPercent} % to ${namedAfter(input) ?? next} %?`, lastWordMs(deployment));
}

/**
 * One question after the other may ask for more time than a pause lasts: 14 days, as ECS counts them from its beginning.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html
 */
const lastWordMs = ({ pauses }: DeploymentView): EpochMs => Math.min(...pauses.map(({ expiresAtMs }) => (expiresAtMs === undefined ? Infinity : expiresAtMs - LAST_WORD_MS)));

/** Undefined once the question is answered with yes; a no never gets here, since it stops the stage first. */
function answered(input: RungInput, key: string): Assessment | undefined {
  const ask = input.stage.asks.find((candidate) => candidate.key === key);
  if (!ask) return undefined;
  const ours = input.decisions.filter((decision) => decision.stageIndex === input.stage.index);
  return tally(ask, ours, input.release.author, input.nowMs).kind === 'approved' ? undefined : waitForPeople(input.stage, ask, input.nowMs);
}

function advance(input: AssessInput, deployment: DeploymentView, reason: string): Assessment {
  const from = deployment.weightPercent;
  const to = nextWeight(input, from);
  const verdict = { kind: 'advance', hookIds: deployment.pauses.map((pause) => pause.hookId), fromWeightPercent: from, toWeightPercent: to, reason } as const;
  return { verdict, stage: { ...input.stage, waitingFor: { kind: 'deployment' }, shortOfTasksSinceMs: undefined }, entries: [], notice: undefined };
}

const nextWeight = (input: AssessInput, weightPercent: number): number =>
  input.nativeWeightsPercent.find((native) => native > weightPercent + WEIGHT_TOLERANCE_PERCENT) ?? 100;

const namedAfter = (input: RungInput): number | undefined =>
  input.rungs.find((rung) => rung.weightPercent > input.rung.weightPercent + WEIGHT_TOLERANCE_PERCENT)?.weightPercent;

function completeText(input: RungInput): string {
  const { rung } = input;
  const skipped = promotion(input);
  const bake = [
    rung.bake.forMs > 0 ? `baked ${formatDuration(rung.bake.forMs)}` : 'no bake asked for',
    ...(rung.bake.requests === undefined ? [] : [`${rung.bake.requests} requests served`]),
  ];
  const parts = [
    ...(skipped ? [`the rest of its bake skipped by ${skipped.person}`] : bake),
    'alarms quiet',
    ...(rung.approval ? ['approved'] : []),
  ];
  return `${rung.weightPercent} % is complete: ${parts.join(', ')}`;
}

function wait(input: RungInput, waitingFor: WaitingFor, lookAgainAtMs: EpochMs, reason: string): Assessment {
  return { verdict: { kind: 'wait', waitingFor, lookAgainAtMs, reason }, stage: { ...input.stage, waitingFor }, entries: [], notice: undefined };
}
