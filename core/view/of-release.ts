// From a release record to what the Control API says of it.
import { rungsOf } from '../ladder/index.ts';
import { failureLines } from '../notice/notice.ts';
import type { Decision, Failure, Release, StageRecord, TimelineEntry as Entry, WaitingFor } from '../release/model.ts';
import { askedAt, escalatesAtMs } from '../approval/rule.ts';
import { tally } from '../approval/tally.ts';
import type { DecisionView, FailureView, ReleaseSummary, ReleaseView, RungView, StageView, TimelineEntry, WaitingKind, WaitingView } from './model.ts';

const iso = (atMs: number): string => new Date(atMs).toISOString();

export function summaryOf(release: Release, stages: readonly StageRecord[]): ReleaseSummary {
  // A stage that waits for its turn is still pending, and yet it is where the release stands.
  const current = (release.status === 'running' ? stages[release.stageIndex] : undefined) ?? stages.findLast((stage) => stage.status !== 'pending') ?? stages[0];
  const spec = current && release.pipeline.stages[current.index];
  const waiting = current?.status !== 'ended' && (current?.waitingFor?.kind === 'approval' || current?.waitingFor?.kind === 'turn' || current?.waitingFor?.kind === 'freeze');
  return {
    id: release.id,
    pipeline: release.pipeline.name,
    image: { repository: release.image.repository, digest: release.image.digest, ...(release.image.tag === undefined ? {} : { tag: release.image.tag }) },
    status: release.status === 'ended' ? 'ended' : waiting ? 'waiting' : 'running',
    ...(release.outcome === undefined ? {} : { outcome: release.outcome }),
    ...(spec === undefined ? {} : { stage: spec.name }),
    ...(current === undefined ? {} : { weightPercent: current.weightPercent }),
    ...(release.status === 'ended' || current?.status === 'ended' || current?.waitingFor === undefined ? {} : { waitingFor: kindOf(current.waitingFor) }),
    reason: release.status === 'ended' ? release.reason : (current?.rollingBack?.reason ?? waitingText(current)),
    createdAt: iso(release.createdAtMs),
    ...(release.endedAtMs === undefined ? {} : { endedAt: iso(release.endedAtMs) }),
  };
}

export function releaseViewOf(loaded: { release: Release; stages: readonly StageRecord[]; decisions: readonly Decision[] }, timeline: readonly Entry[], nowMs: number): ReleaseView {
  const { release, stages, decisions } = loaded;
  const approvedBy = approversOf(decisions);
  return {
    ...summaryOf(release, stages),
    ...(release.author === undefined ? {} : { author: release.author }),
    ...(approvedBy.length === 0 ? {} : { approvedBy }),
    ...(decisions.length === 0 ? {} : { decisions: inOrder(decisions).map((decision) => decisionViewOf(release, decision)) }),
    stages: stages.map((stage) => stageViewOf(release, stage, decisions, nowMs)),
    timeline: timeline.map((entry) => timelineViewOf(release, entry)),
  };
}

function stageViewOf(release: Release, stage: StageRecord, decisions: readonly Decision[], nowMs: number): StageView {
  const spec = release.pipeline.stages[stage.index];
  const waitingFor = stage.status === 'ended' ? undefined : waitingViewOf(release, stage, decisions, nowMs);
  return {
    name: spec?.name ?? `stage ${stage.index}`,
    cluster: spec?.service.cluster ?? '',
    service: spec?.service.name ?? '',
    status: waitingFor?.kind === 'approval' || waitingFor?.kind === 'turn' || waitingFor?.kind === 'freeze' ? 'waiting' : stage.status,
    ...(stage.outcome === undefined ? {} : { outcome: stage.outcome }),
    weightPercent: stage.weightPercent,
    ...(stage.startedAtMs === undefined ? {} : { startedAt: iso(stage.startedAtMs) }),
    ...(stage.endedAtMs === undefined ? {} : { endedAt: iso(stage.endedAtMs) }),
    rungs: (spec ? rungsOf(spec.strategy) : []).map((rung) => ({
      weightPercent: rung.weightPercent,
      bakeMs: rung.bake.forMs,
      ...reachedAt(stage, rung.weightPercent),
      ...(rung.bake.requests === undefined ? {} : { requests: rung.bake.requests }),
      ...(rung.approval === undefined ? {} : { approval: { from: rung.approval.from, need: rung.approval.need, withinMs: rung.approval.withinMs, ...(rung.approval.including === undefined ? {} : { including: rung.approval.including }) } }),
    })),
    ...(waitingFor === undefined ? {} : { waitingFor }),
    ...(stage.failure === undefined ? {} : { failure: failureViewOf(stage, stage.failure) }),
  };
}

function reachedAt(stage: StageRecord, weightPercent: number): Pick<RungView, 'reachedAt'> {
  const reached = stage.rungsReached.find((one) => Math.abs(one.weightPercent - weightPercent) < 0.05);
  return reached === undefined ? {} : { reachedAt: iso(reached.atMs) };
}

function failureViewOf(stage: StageRecord, failure: Failure): FailureView {
  return {
    reason: failureLines(stage).join('\n'),
    ...(failure.summary ? { summary: failure.summary } : {}),
    tasks: failure.stoppedTasks.map((task) => ({
      id: task.taskArn.split('/').at(-1) ?? task.taskArn,
      stoppedReason: task.stoppedReason,
      exits: task.exitCodes.map(({ container, exitCode, reason }) => ({ container, ...(exitCode === undefined ? {} : { exitCode }), ...(reason === undefined ? {} : { reason }) })),
    })),
    logLines: failure.lastLogLines,
  };
}

function approversOf(decisions: readonly Decision[]): string[] {
  const approvals = decisions.filter((decision) => decision.kind === 'approve');
  return [...new Set(inOrder(approvals).map((decision) => decision.person))];
}

const inOrder = (decisions: readonly Decision[]): Decision[] => [...decisions].sort((one, other) => one.atMs - other.atMs);

function decisionViewOf(release: Release, { kind, person, via, atMs, stageIndex, reason }: Decision): DecisionView {
  const stage = release.pipeline.stages[stageIndex]?.name;
  return { kind, by: person, via, at: iso(atMs), ...(stage === undefined ? {} : { stage }), ...(reason === '' ? {} : { reason }) };
}

/** A bake that waits for requests is a bake to those who look. */
const kindOf = (waiting: WaitingFor): WaitingKind => (waiting.kind === 'requests' ? 'bake' : waiting.kind);

function waitingViewOf(release: Release, stage: StageRecord, decisions: readonly Decision[], nowMs: number): WaitingView | undefined {
  const waiting = stage.waitingFor;
  if (!waiting) return undefined;
  switch (waiting.kind) {
    case 'approval': {
      const ask = stage.asks.find((candidate) => candidate.key === waiting.askKey);
      if (!ask) return { kind: 'approval' };
      const answer = tally(ask, decisions.filter((decision) => decision.stageIndex === stage.index), release.author, nowMs);
      const escalatesMs = escalatesAtMs(ask);
      return {
        kind: 'approval',
        from: askedAt(ask, nowMs),
        need: ask.rule.need,
        given: answer.kind === 'open' || answer.kind === 'approved' ? answer.given : [],
        ...(answer.kind === 'open' && answer.lacking.length > 0 ? { lacking: answer.lacking } : {}),
        ...(ask.rule.escalate !== undefined && escalatesMs !== undefined && nowMs < escalatesMs ? { escalates: { to: ask.rule.escalate.to, atMs: escalatesMs } } : {}),
        untilMs: ask.deadlineMs,
      };
    }
    case 'bake':
      return { kind: 'bake', untilMs: waiting.untilMs };
    case 'requests':
      return { kind: 'bake' };
    case 'alarmData':
      return { kind: 'alarmData', untilMs: waiting.untilMs };
    case 'turn':
      return { kind: 'turn' };
    case 'freeze':
      return { kind: 'freeze', text: waiting.text, ...(waiting.untilMs === undefined ? {} : { untilMs: waiting.untilMs }) };
    case 'deployment':
      return { kind: 'deployment' };
    case 'rollback':
      return { kind: 'rollback' };
  }
}

function waitingText(stage: StageRecord | undefined): string {
  const waiting = stage?.waitingFor;
  if (!waiting) return 'at work';
  switch (waiting.kind) {
    case 'approval':
      return stage.asks.find((ask) => ask.key === waiting.askKey)?.question ?? 'waits for approval';
    case 'bake':
      return `baking at ${stage.weightPercent} %`;
    case 'requests':
      return `${waiting.have} of ${waiting.need} requests served`;
    case 'alarmData':
      return `no data yet for ${waiting.alarms.join(', ')}`;
    case 'freeze':
      return waiting.text;
    case 'turn':
      return `waits for its turn behind ${waiting.behind}`;
    case 'deployment':
      return 'ECS is at work';
    case 'rollback':
      return 'rolling back';
  }
}

function timelineViewOf(release: Release, entry: Entry): TimelineEntry {
  const index = /^stage\.(\d+)\./.exec(entry.key)?.[1];
  const stage = index === undefined ? undefined : release.pipeline.stages[Number(index)]?.name;
  return { at: iso(entry.atMs), ...(stage === undefined ? {} : { stage }), kind: entry.kind, text: entry.text, ...(entry.by === undefined ? {} : { by: entry.by }), ...(entry.via === undefined ? {} : { via: entry.via }), ...(entry.weightPercent === undefined ? {} : { weightPercent: entry.weightPercent }) };
}
