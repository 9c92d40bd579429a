// The two ways in which a modelled AWS operation can refuse.

/** An error the real service answers with. `code` is the AWS exception name; the wire layer puts it into each protocol's shape. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  /** Overrides the status the service's own error schema gives. */
  readonly httpStatus: number | undefined;
  /** Further members of the exception (`Item`, `CancellationReasons`, `Type` ...), in the SDK's names. */
  readonly members: Record<string, unknown>;

  constructor(code: string, message: string, options: { httpStatus?: number; members?: Record<string, unknown> } = {}) {
    // A refusal is an answer: its code and text say all, and to note where it was made takes longer than most calls.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.httpStatus = options.httpStatus;
    this.members = options.members ?? {};
  }
}

/** Something AWS has and this model has not. Counted by the cloud, so that a test or the demo can insist on none. */
export class NotModelled extends AwsError {
  constructor(what: string) {
    super('NotImplemented', `The local cloud does not model ${what}.`, { httpStatus: 501 });
  }
}

/** Throws `NotModelled` for every member of `input` that is set and not in `known`: an ignored field would be a silent lie. */
export function refuseUnknown(operation: string, input: object, known: readonly string[]): void {
  for (const [member, value] of Object.entries(input)) {
    if (value !== undefined && !known.includes(member)) throw new NotModelled(`${operation}: the field ${member}`);
  }
}
