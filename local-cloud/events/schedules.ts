// Scheduled rules: one timer per enabled rule, on the kernel's clock.
import type { Kernel } from '../kernel/kernel.ts';
import type { Rule } from './rule.ts';

export class Schedules {
  private readonly kernel: Kernel;
  private readonly fire: (rule: Rule) => void;

  constructor(kernel: Kernel, fire: (rule: Rule) => void) {
    this.kernel = kernel;
    this.fire = fire;
  }

  /** Sets the rule's next firing, or none when it is disabled or has no schedule. */
  arm(rule: Rule): void {
    rule.timer?.cancel();
    rule.timer = undefined;
    if (!rule.enabled || !rule.schedule) return;
    const { clock } = this.kernel;
    const nextMs = rule.schedule.next.nextAfter(clock.nowMs(), rule.schedule.sinceMs);
    if (nextMs === undefined) return;
    rule.timer = clock.after(nextMs - clock.nowMs(), () => {
      this.fire(rule);
      this.arm(rule);
    });
  }
}
