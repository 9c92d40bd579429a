// Faults that people can do something about. The name is a literal because the state machine's Retry and Catch match on it.

export type Retry = 'never' | 'later';

export abstract class SlipwayError extends Error {
  abstract override readonly name: string;
  abstract readonly retry: Retry;
  /** What to do next, as a full sentence. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** A value reached a place its type says it cannot reach: a fault in Slipway or a record written by a newer version. */
export class Unreachable extends SlipwayError {
  override readonly name = 'Unreachable';
  readonly retry = 'never';
}

export function unreachable(value: never): never {
  throw new Unreachable(`no case for ${JSON.stringify(value)}`, 'A record may have been written by a newer version of Slipway: deploy that version again.');
}
