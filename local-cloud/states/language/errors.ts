// The errors a state machine can see, and which names in `ErrorEquals` match them.

/** An error inside an execution: `Retry` and `Catch` look at `error`; both parts end up in the history. */
export class StatesError extends Error {
  override readonly name = 'StatesError';
  /** Fail states may leave either part out. */
  readonly error: string | undefined;
  readonly causeText: string | undefined;
  /** Set for JSONata faults: the field that could not be evaluated. */
  readonly location: string | undefined;

  constructor(error: string | undefined, causeText: string | undefined, location?: string) {
    super(`${error ?? '(no error)'}: ${causeText ?? ''}`);
    this.error = error;
    this.causeText = causeText;
    this.location = location;
  }
}

export const QUERY_EVALUATION_ERROR = 'States.QueryEvaluationError';

/**
 * A missed heartbeat is reported as States.Timeout and taken by either name (measured on AWS: github.com/floci-io/floci/pull/2782).
 * The developer guide lists States.HeartbeatTimeout as a name of its own.
 */
export class HeartbeatTimeout extends StatesError {
  constructor() {
    super('States.Timeout', undefined);
  }
}

/**
 * Does a Retry or Catch with these names take this error?
 *   States.Runtime is never taken, by any name.
 *   States.ALL takes everything but States.DataLimitExceeded (and Runtime).
 *   States.TaskFailed takes everything but States.Timeout (and the two above).
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export function matchesError(errorEquals: readonly string[], thrown: StatesError): boolean {
  const { error } = thrown;
  if (error === 'States.Runtime') return false;
  return errorEquals.some((name) => {
    if (name === error) return true;
    switch (name) {
      case 'States.ALL':
        return error !== 'States.DataLimitExceeded';
      case 'States.TaskFailed':
        return error !== 'States.DataLimitExceeded' && error !== 'States.Timeout';
      case 'States.HeartbeatTimeout':
        return thrown instanceof HeartbeatTimeout;
      default:
        return false;
    }
  });
}
