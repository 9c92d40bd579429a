// Picks target groups by weight. Smooth weighted round robin: over any run of picks each share is off by less than one
// cycle's rounding, so measured shares follow the weights closely even over a few hundred requests.
import type { Random } from '../kernel/random.ts';

interface Lane {
  key: string;
  weight: number;
  credit: number;
}

/** Rounds of one choice; starts at a random place of the cycle, or several listeners would march in step. */
export class WeightedChoice {
  private readonly lanes: Lane[];
  private readonly total: number;

  constructor(weights: { key: string; weight: number }[], random: Random) {
    this.lanes = weights.filter(({ weight }) => weight > 0).map((lane) => ({ ...lane, credit: 0 }));
    this.total = this.lanes.reduce((sum, lane) => sum + lane.weight, 0);
    const skipped = Math.floor(random.next() * this.total);
    for (let index = 0; index < skipped; index++) this.next();
  }

  /** Undefined when every weight is zero. */
  next(): string | undefined {
    let best: Lane | undefined;
    for (const lane of this.lanes) {
      lane.credit += lane.weight;
      if (!best || lane.credit > best.credit) best = lane;
    }
    if (best) best.credit -= this.total;
    return best?.key;
  }
}
