// Who may answer a question when, and what is due about it besides its answer. By time alone, so that everybody who looks at the
// same question at the same moment sees the same.
import type { ApprovalRule, Requirement } from '../pipeline/model.ts';
import type { Ask, EpochMs } from '../release/model.ts';

export const remindsAtMs = ({ rule, deadlineMs }: Ask): EpochMs | undefined => (rule.remindMs === undefined ? undefined : deadlineMs - rule.remindMs);

export const escalatesAtMs = ({ rule, askedAtMs }: Ask): EpochMs | undefined => (rule.escalate === undefined ? undefined : askedAtMs + rule.escalate.afterMs);

/** Empty: anybody who may call the control API. */
export function askedAt(ask: Ask, atMs: EpochMs): string[] {
  const { from, escalate } = ask.rule;
  const alsoFromMs = escalatesAtMs(ask);
  return from.length === 0 || !escalate || alsoFromMs === undefined || atMs < alsoFromMs ? from : [...new Set([...from, ...escalate.to])];
}

export function mayAnswer(ask: Ask, person: string, atMs: EpochMs): boolean {
  const asked = askedAt(ask, atMs);
  return asked.length === 0 || asked.includes(person);
}

/** The people and groups that have to be among those who approve, and are not yet. */
export const lacking = (rule: ApprovalRule, given: readonly string[]): Requirement[] => (rule.including ?? []).filter(({ oneOf }) => !oneOf.some((name) => given.includes(name)));

/** `alice`, or for a group `one of platform (alice, bob)`. */
export const requirementText = ({ name, oneOf }: Requirement): string => (oneOf.length === 1 && oneOf[0] === name ? name : `one of ${name} (${oneOf.join(', ')})`);
