// One fuzzed request: what is sent, and the only things that may come of it.

export interface RawRequest {
  method: string;
  /** As it stands in the request line, query and all. */
  target: string;
  /** In order, doubles included. */
  headers: [name: string, value: string][];
  body: Buffer;
  /** Sends only so many bytes of the body it announced, and hangs up. */
  cutAfterBytes?: number;
}

export interface Case {
  door: 'slack' | 'control';
  class: string;
  request: RawRequest;
  /** Every status that is right; 0 is no answer, right only where the request was cut. */
  statuses: readonly number[];
  /** A refusal of the Control API says why in a sentence. */
  explained?: boolean;
  /** Who pressed is to be told in Slack why not, over the address that came with the request. */
  told?: boolean;
}

/** What is answered to a case. */
export interface Outcome {
  status: number;
  body: string;
  tookMs: number;
}

/** Undefined when the answer is one of the right ones. */
export function faultOf(fuzzed: Case, outcome: Outcome, limitMs: number): string | undefined {
  if (!fuzzed.statuses.includes(outcome.status)) return `answered ${outcome.status} instead of ${fuzzed.statuses.join(' or ')}: ${outcome.body.slice(0, 200)}`;
  if (outcome.tookMs > limitMs) return `took ${Math.round(outcome.tookMs)} ms`;
  if (fuzzed.explained && outcome.status >= 400 && !isSentence(outcome.body)) return `refused without a sentence: ${outcome.body.slice(0, 200)}`;
  return undefined;
}

function isSentence(body: string): boolean {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
    return typeof error?.code === 'string' && typeof error.message === 'string' && /\S+ \S+/.test(error.message);
  } catch {
    return false;
  }
}
