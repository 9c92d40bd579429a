// Questions put to people, and the wait for their answers: with a reminder before the deadline, and more people asked when nobody
// answers. Each is a moment to look again at, and is done once.
import { escalatesAtMs, remindsAtMs, requirementText } from '../approval/rule.ts';
import { formatDuration } from '../duration.ts';
import type { ApprovalRule } from '../pipeline/model.ts';
import type { Ask, EpochMs, NoticeKind, StageRecord, TimelineEntry } from '../release/model.ts';
import { momentText } from '../text/moment.ts';
import { oneOf } from '../text/nearest.ts';
import { stageEntry } from './entries.ts';
import { RESYNC_PEOPLE_MS, type Assessment } from './verdict.ts';

/** Records a question and waits for its answer, until `latestMs` at most. Silence approves nothing before its whole time is over. */
export function putQuestion({ stage, nowMs }: { stage: StageRecord; nowMs: EpochMs }, key: string, written: ApprovalRule, question: string, latestMs: EpochMs = Infinity): Assessment {
  const deadlineMs = Math.min(nowMs + written.withinMs, Math.max(nowMs, latestMs));
  const rule: ApprovalRule = deadlineMs < nowMs + written.withinMs ? { ...written, otherwise: 'reject' } : written;
  const ask: Ask = { key, rule, question, askedAtMs: nowMs, deadlineMs };
  const text = `${question} ${askedText(rule)} until ${deadlineText(ask)}.`;
  const waiting = waitForPeople({ ...stage, asks: [...stage.asks, ask] }, ask, nowMs);
  return { ...waiting, entries: [stageEntry(stage, 'ask', `ask.${key}`, nowMs, text)], notice: { kind: 'approvalAsked', text } };
}

/** Waits for the answer to a question already put. */
export function waitForPeople(stage: StageRecord, ask: Ask, nowMs: EpochMs): Assessment {
  const due = nudgesOf(ask).find(({ atMs }) => atMs <= nowMs);
  const now = due === undefined ? ask : due.done(nowMs);
  const next = nudgesOf(now)[0]?.atMs;
  const waitingFor = { kind: 'approval', askKey: ask.key, untilMs: ask.deadlineMs } as const;
  return {
    verdict: { kind: 'wait', waitingFor, lookAgainAtMs: Math.max(nowMs, Math.min(ask.deadlineMs, next ?? ask.deadlineMs, nowMs + RESYNC_PEOPLE_MS)), reason: ask.question },
    stage: { ...stage, waitingFor, asks: due === undefined ? stage.asks : stage.asks.map((one) => (one.key === ask.key ? now : one)) },
    entries: due === undefined ? [] : [due.entry(stage, nowMs)],
    notice: due === undefined ? undefined : { kind: due.kind, text: due.text(nowMs) },
  };
}

/** `Waits for alice or bob`, `Waits for 2 of alice, bob, carol, with one of leads (bob, carol) among them,` */
function askedText({ from, need, including }: ApprovalRule): string {
  const among = including === undefined ? '' : `, with ${including.map(requirementText).join(' and ')} among them,`;
  const anybody = need === 1 ? 'anybody' : `any ${need} people`;
  const some = need === 1 ? oneOf(from) : `${need} of ${from.join(', ')}`;
  return `Waits for ${from.length === 0 ? anybody : some}${among}`;
}

const deadlineText = ({ deadlineMs, rule }: Ask): string => `${momentText(deadlineMs)}, otherwise it counts as ${rule.otherwise === 'approve' ? 'approved' : 'rejected'}`;

interface Nudge {
  kind: NoticeKind;
  atMs: EpochMs;
  text: (nowMs: EpochMs) => string;
  entry: (stage: StageRecord, nowMs: EpochMs) => TimelineEntry;
  done: (nowMs: EpochMs) => Ask;
}

/** What is still to be done about an open question, the next one first. */
function nudgesOf(ask: Ask): Nudge[] {
  const nudges: Nudge[] = [];
  const add = (kind: NoticeKind, word: string, atMs: EpochMs | undefined, text: Nudge['text'], done: Nudge['done']): void => {
    if (atMs !== undefined) nudges.push({ kind, atMs, text, done, entry: (stage, nowMs) => stageEntry(stage, 'ask', `ask.${ask.key}.${word}`, nowMs, text(nowMs)) });
  };
  if (ask.remindedAtMs === undefined) {
    add('approvalReminded', 'reminded', remindsAtMs(ask), (nowMs) => `Still open: ${ask.question} ${formatDuration(ask.deadlineMs - nowMs)} left, until ${deadlineText(ask)}.`, (remindedAtMs) => ({ ...ask, remindedAtMs }));
  }
  if (ask.escalatedAtMs === undefined) {
    const others = ask.rule.escalate?.to.filter((name) => !ask.rule.from.includes(name)) ?? [];
    add('approvalEscalated', 'escalated', escalatesAtMs(ask), (nowMs) => `Not answered for ${formatDuration(nowMs - ask.askedAtMs)}: ${ask.question} Now ${others.join(' and ')} ${others.length === 1 ? 'is' : 'are'} asked as well; it is open until ${deadlineText(ask)}.`, (escalatedAtMs) => ({ ...ask, escalatedAtMs }));
  }
  return nudges.sort((one, other) => one.atMs - other.atMs);
}
