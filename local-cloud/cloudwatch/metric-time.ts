// Metric time: the clock the metrics live on. The API counts periods in seconds; `physics.metricTimeScale` says how long such a
// second lasts here, so that a laptop can watch a 60 s alarm every 2 s. Everything inside this folder counts in metric seconds
// since the epoch; only the edges speak of milliseconds.
import type { Physics } from '../kernel/physics.ts';

/** Division by a length such as 1000 / 30 ms may fall just short of a whole number; instants are whole milliseconds, so this much is noise. */
const SLACK_MS = 0.01;

export class MetricTime {
  private readonly secondMs: number;

  constructor(physics: Pick<Physics, 'metricTimeScale'>) {
    this.secondMs = 1000 * physics.metricTimeScale;
  }

  /** The metric second that contains the instant. */
  secondAt(timeMs: number): number {
    return Math.floor((timeMs + SLACK_MS) / this.secondMs);
  }

  /** The instant at which a metric second begins, as a whole millisecond inside that second. */
  startMs(second: number): number {
    return Math.ceil(second * this.secondMs - SLACK_MS);
  }
}
