// What a judge has not looked at yet: rollouts that were begun and notices that were told since it last asked.
import type { Announced, Ledger, Rollout } from './ledger.ts';

export class News {
  private readonly ledger: Ledger;
  private rolloutsSeen = 0;
  private noticesSeen = 0;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  rollouts(): readonly Rollout[] {
    const fresh = this.ledger.rollouts.slice(this.rolloutsSeen);
    this.rolloutsSeen += fresh.length;
    return fresh;
  }

  notices(): readonly Announced[] {
    const fresh = this.ledger.announced.slice(this.noticesSeen);
    this.noticesSeen += fresh.length;
    return fresh;
  }
}
