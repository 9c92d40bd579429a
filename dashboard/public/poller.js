// Looks again and again, at the pace of what it sees; not while nobody looks at the page, and more slowly while nobody answers.
import { lookAgainMs } from './view/pace.js';

/** @typedef {import('./view/pace.js').Pace} Pace */

export class Poller {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #failures = 0;
  #run = 0;
  #waiting = false;
  /** When it looks next, epoch milliseconds. @type {number | undefined} */
  nextAtMs;

  /** @param {(signal: { current: () => boolean }) => Promise<Pace>} look throws when there is no answer @param {() => void} changed */
  constructor(look, changed) {
    this.look = look;
    this.changed = changed;
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.#waiting) void this.now();
    });
  }

  get failing() {
    return this.#failures > 0;
  }

  stop() {
    this.#run += 1;
    clearTimeout(this.#timer);
    this.#waiting = false;
    this.#failures = 0;
    this.nextAtMs = undefined;
  }

  /** Looks at once; an older look that is still under way counts for nothing any more. */
  async now() {
    clearTimeout(this.#timer);
    this.#waiting = false;
    this.#run += 1;
    const run = this.#run;
    const current = () => run === this.#run;
    /** @type {Pace} */
    let pace = 'moving';
    try {
      pace = await this.look({ current });
      if (current()) this.#failures = 0;
    } catch {
      if (current()) this.#failures += 1;
    }
    if (!current()) return;
    const againMs = lookAgainMs({ pace, failures: this.#failures, hidden: document.hidden });
    this.#waiting = againMs === undefined && document.hidden;
    this.nextAtMs = againMs === undefined ? undefined : Date.now() + againMs;
    if (againMs !== undefined) this.#timer = setTimeout(() => void this.now(), againMs);
    this.changed();
  }
}
