// Counts what people answered to one question. Owns the counting only; who may answer at all is ruled on when a decision
// is recorded (`rule.ts`), and counted again here, because a record may hold decisions an older rule let in.
//   A1. The first reject wins, whatever came before it.
//   A2. A person counts once.
//   A3. At the deadline the rule's `otherwise` speaks, unless enough people had approved by then.
import type { Ask, Decision, EpochMs } from '../release/model.ts';

export type Tally =
  | { kind: 'open'; given: string[]; missing: number }
  | { kind: 'approved'; given: string[]; byDeadline: boolean }
  | { kind: 'rejected'; by: string; reason: string }
  | { kind: 'expired' };

export function tally(ask: Ask, decisions: readonly Decision[], author: string | undefined, nowMs: EpochMs): Tally {
  const { rule } = ask;
  const mine = decisions
    .filter((decision) => decision.askKey === ask.key && decision.atMs < ask.deadlineMs)
    .filter((decision) => rule.from.length === 0 || rule.from.includes(decision.person))
    .sort((a, b) => a.atMs - b.atMs);

  const reject = mine.find((decision) => decision.kind === 'reject');
  if (reject) return { kind: 'rejected', by: reject.person, reason: reject.reason };

  const counts = (person: string) => !(rule.notByAuthor && author !== undefined && person === author);
  const given = [...new Set(mine.filter((decision) => decision.kind === 'approve').map((decision) => decision.person))].filter(counts);
  if (given.length >= rule.need) return { kind: 'approved', given, byDeadline: false };
  if (nowMs < ask.deadlineMs) return { kind: 'open', given, missing: rule.need - given.length };
  return rule.otherwise === 'approve' ? { kind: 'approved', given, byDeadline: true } : { kind: 'expired' };
}
