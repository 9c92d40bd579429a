// Cancellation as a tree: an execution, its branches, its tasks. Cancelling a scope tells the innermost listeners first,
// so that a history reads from the inside out, and it is synchronous, so that nothing of a cancelled branch runs later.

/** Why a scope ended early. Only an `aborted` one is written into the history of the states inside it. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  readonly kind: 'aborted' | 'timedOut' | 'closed';

  constructor(kind: 'aborted' | 'timedOut' | 'closed') {
    super(`the execution or branch was ${kind}`);
    this.kind = kind;
  }
}

export class Scope {
  private readonly listeners: ((reason: Cancelled) => void)[] = [];
  private cancelledBy: Cancelled | undefined;

  get reason(): Cancelled | undefined {
    return this.cancelledBy;
  }

  /** Answers a function that takes the listener back. On a cancelled scope the listener runs at once. */
  onCancel(listener: (reason: Cancelled) => void): () => void {
    if (this.cancelledBy) {
      listener(this.cancelledBy);
      return () => undefined;
    }
    this.listeners.push(listener);
    return () => {
      const index = this.listeners.lastIndexOf(listener);
      if (index >= 0) this.listeners.splice(index, 1);
    };
  }

  cancel(reason: Cancelled): void {
    if (this.cancelledBy) return;
    this.cancelledBy = reason;
    for (let listener = this.listeners.pop(); listener; listener = this.listeners.pop()) listener(reason);
  }

  /** A scope that ends with this one; `release` it when its work is over. */
  child(): { scope: Scope; release: () => void } {
    const scope = new Scope();
    return { scope, release: this.onCancel((reason) => scope.cancel(reason)) };
  }

  throwIfCancelled(): void {
    if (this.cancelledBy) throw this.cancelledBy;
  }
}
