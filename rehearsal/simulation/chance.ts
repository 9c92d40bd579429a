// Chance in a simulation: independent streams from one seed, so that one more draw in one place moves nothing anywhere else.
import { seededRandom, type Random } from '../../local-cloud/kernel/random.ts';

export class Chance implements Random {
  private readonly random: Random;
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.random = seededRandom(this.seed);
  }

  /** Another stream, the same for the same seed and name. */
  fork(name: string): Chance {
    return new Chance(hash(`${this.seed} ${name}`));
  }

  next(): number {
    return this.random.next();
  }

  /** True in `share` of the cases. */
  hits(share: number): boolean {
    return this.random.next() < share;
  }

  /** A whole number, both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.random.next() * (to - from + 1));
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[Math.floor(this.random.next() * items.length)] ?? items[0];
  }
}

/** FNV-1a over UTF-16 units, mixed once more. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
