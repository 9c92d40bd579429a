// How an end is told. `The rollout was rolled back: alarm x fired.`, but `The rollout was rejected by bob: too dear.`: a reason that
// begins with the word of its outcome is not told twice.
import type { Outcome } from '../release/model.ts';
import { sentence } from '../text/sentence.ts';

const OUTCOME_WORDS: Record<Outcome, string> = {
  succeeded: 'succeeded',
  unchanged: 'changed nothing',
  rolledBack: 'was rolled back',
  rejected: 'was rejected',
  aborted: 'was aborted',
  superseded: 'was superseded',
  timedOut: 'ran out of time',
  refused: 'was refused',
  failed: 'FAILED',
};

export const outcomeWords = (outcome: Outcome): string => OUTCOME_WORDS[outcome];

/** What follows the words of the outcome, from the mark or the space on. */
export function restOfEnd(outcome: Outcome, reason: string): string {
  const participle = outcomeWords(outcome).replace(/^was /, '');
  if (reason.startsWith(`${participle} `)) return reason.slice(participle.length);
  return reason === '' ? '' : `: ${reason}`;
}

/** A sentence. @param what `The rollout`, `The release x` */
export const endText = (what: string, outcome: Outcome, reason: string): string => sentence(`${what} ${outcomeWords(outcome)}${restOfEnd(outcome, reason)}`);
