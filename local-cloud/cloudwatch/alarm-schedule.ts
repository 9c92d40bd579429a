// When alarms are looked at: one timer for whichever is due next, so that a hundred alarms of the same minute are one wake-up and
// no alarms are none.
import type { Clock, Timer } from '../kernel/clock.ts';

export class AlarmSchedule {
  private readonly clock: Clock;
  private readonly onDue: (alarmName: string) => void;
  private readonly dueMs = new Map<string, number>();
  private armed: { timer: Timer; dueMs: number } | undefined;

  constructor(clock: Clock, onDue: (alarmName: string) => void) {
    this.clock = clock;
    this.onDue = onDue;
  }

  /** Replaces the alarm's earlier appointment. */
  at(alarmName: string, dueMs: number): void {
    this.dueMs.set(alarmName, dueMs);
    this.arm();
  }

  /** Like `at`, unless the alarm has an appointment already. */
  atLatest(alarmName: string, dueMs: number): void {
    const known = this.dueMs.get(alarmName);
    if (known === undefined || known > dueMs) this.at(alarmName, dueMs);
  }

  drop(alarmName: string): void {
    this.dueMs.delete(alarmName);
    this.arm();
  }

  close(): void {
    this.dueMs.clear();
    this.arm();
  }

  private arm(): void {
    let next: number | undefined;
    for (const dueMs of this.dueMs.values()) next = next === undefined ? dueMs : Math.min(next, dueMs);
    if (next === this.armed?.dueMs) return;
    this.armed?.timer.cancel();
    this.armed = next === undefined ? undefined : { dueMs: next, timer: this.clock.after(next - this.clock.nowMs(), () => this.fire()) };
  }

  private fire(): void {
    this.armed = undefined;
    const nowMs = this.clock.nowMs();
    const due = [...this.dueMs].filter(([, dueMs]) => dueMs <= nowMs).map(([name]) => name);
    for (const name of due) this.dueMs.delete(name);
    try {
      for (const name of due) this.onDue(name);
    } finally {
      this.arm();
    }
  }
}
