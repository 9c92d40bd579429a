// The course of one deployment is written as a plain sequence of awaits; a Course is what lets it be interrupted between any two of
// them: by a failure, a person, a newer deployment or the end of the service. Every wait goes through it, so nothing outlives its cause.
import type { Clock } from '../../kernel/clock.ts';

export type Interruption =
  /** `requested` when a person asked for it, `cause` says what did otherwise. */
  | { kind: 'rollBack'; cause: 'hook' | 'pauseTimeout' | 'breaker' | 'alarm' | 'network' | 'timeLimit' | 'requested'; reason: string }
  /** Failed, and the mechanism that noticed is not configured to roll back. */
  | { kind: 'fail'; cause: 'breaker' | 'alarm'; reason: string }
  | { kind: 'superseded' }
  | { kind: 'deleted' };

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly interruption: Interruption;

  constructor(interruption: Interruption) {
    super(`interrupted: ${interruption.kind}`);
    this.interruption = interruption;
  }
}

type Settle<T> = { done: (value: T) => void; fail: (error: unknown) => void };

export class Course {
  private interruption: Interruption | undefined;
  private readonly pending = new Set<() => void>();

  get interrupted(): boolean {
    return this.interruption !== undefined;
  }

  /** The first interruption wins. Answers whether this one did. */
  interrupt(interruption: Interruption): boolean {
    if (this.interruption) return false;
    this.interruption = interruption;
    for (const abandon of [...this.pending]) abandon();
    return true;
  }

  /** Runs `begin`, which answers how to call it off, and rejects with `Interrupted` when an interruption comes first. */
  wait<T>(begin: (settle: Settle<T>) => () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.interruption) return reject(new Interrupted(this.interruption));
      let open = true;
      let callOff: () => void = () => undefined;
      const finish = (act: () => void) => {
        if (!open) return;
        open = false;
        this.pending.delete(abandon);
        act();
      };
      const abandon = () =>
        finish(() => {
          callOff();
          if (this.interruption) reject(new Interrupted(this.interruption));
        });
      this.pending.add(abandon);
      callOff = begin({ done: (value) => finish(() => resolve(value)), fail: (error) => finish(() => reject(asError(error))) });
    });
  }

  sleep(clock: Clock, delayMs: number): Promise<void> {
    return this.wait<void>(({ done }) => {
      const timer = clock.after(delayMs, () => done());
      return () => timer.cancel();
    });
  }

  /** Waits for something that cannot be called off; its result is dropped when an interruption comes first. */
  follow<T>(promise: Promise<T>): Promise<T> {
    return this.wait<T>(({ done, fail }) => {
      promise.then(done, fail);
      return () => undefined;
    });
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
