// Counts what people answered to one question. Owns the counting only; who may answer at all is ruled on when a decision
// is recorded (`rule.ts`), and counted again here, because a record may hold decisions an older rule let in.
//   A1. The first reject wins, whatever came before it.
//   A2. A person counts once.
//   A3. Whoever the rule names under `including` must be among those who approve, however many others have.
//   A4. At the deadline the rule's `otherwise` speaks, unless enough people had approved by then.
import type { Requirement } from '../pipeline/model.ts';
import { lacking, mayAnswer } from './rule.ts';
import type { Ask, Decision, EpochMs } from '../release/model.ts';

export type Tally =
  /** `lacking`: of whom an approval is needed besides the number. */
  | { kind: 'open'; given: string[]; missing: number; lacking: Requirement[] }
  | { kind: 'approved'; given: string[]; byDeadline: boolean }
  | { kind: 'rejected'; by: string; reason: string }
  | { kind: 'expired'; given: string[] };

export function tally(ask: Ask, decisions: readonly Decision[], author: string | undefined, nowMs: EpochMs): Tally {
  const { rule } = ask;
  const mine = decisions
    .filter((decision) => decision.askKey === ask.key && decision.atMs < ask.deadlineMs)
    .filter((decision) => mayAnswer(ask, decision.person, decision.atMs))
    .sort((a, b) => a.atMs - b.atMs);

  const reject = mine.find((decision) => decision.kind === 'reject');
  if (reject) return { kind: 'rejected', by: reject.person, reason: reject.reason };

  const counts = (person: string) => !(rule.notByAuthor && author !== undefined && person === author);
  const given = [...new Set(mine.filter((decision) => decision.kind === 'approve').map((decision) => decision.person))].filter(counts);
  const stillLacking = lacking(rule, given);
  if (given.length >= rule.need && stillLacking.length === 0) return { kind: 'approved', given, byDeadline: false };
  if (nowMs < ask.deadlineMs) return { kind: 'open', given, missing: Math.max(rule.need - given.length, stillLacking.length > 0 ? 1 : 0), lacking: stillLacking };
  return rule.otherwise === 'approve' ? { kind: 'approved', given, byDeadline: true } : { kind: 'expired', given };
}
