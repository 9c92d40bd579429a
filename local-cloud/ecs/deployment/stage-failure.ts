// How a stage says that it cannot go on. Forward this starts a rollback; during a rollback it ends in ROLLBACK_FAILED.
export type FailureCause = 'hook' | 'pauseTimeout' | 'network' | 'timeLimit' | 'requested';

export class StageFailed extends Error {
  override readonly name = 'StageFailed';
  readonly failure: FailureCause;

  constructor(failure: FailureCause, reason: string) {
    super(reason);
    this.failure = failure;
  }
}
