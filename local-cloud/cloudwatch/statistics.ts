// Statistics of a set of samples: what a datapoint of a metric is made of. Knows the names the API uses for statistics.
import { NotModelled } from '../kernel/errors.ts';
import { validationError } from './faults.ts';

/** Beyond this many distinct values a bucket keeps three significant digits of each (CloudWatch itself keeps about two). */
const DISTINCT_VALUES_MAX = 1_000;

/** Samples that have been added together. Percentiles are exact as long as every sample's own value is known. */
export class SampleSet {
  count = 0;
  sum = 0;
  minimum = Infinity;
  maximum = -Infinity;
  /** Occurrences by value. */
  private values = new Map<number, number>();
  /** Samples that arrived as a StatisticSet: their own values are unknown. */
  private unknownCount = 0;
  private coarse = false;

  add(value: number, count = 1): void {
    this.count += count;
    this.sum += value * count;
    this.minimum = Math.min(this.minimum, value);
    this.maximum = Math.max(this.maximum, value);
    this.remember(value, count);
  }

  addStatistics(set: { count: number; sum: number; minimum: number; maximum: number }): void {
    this.count += set.count;
    this.sum += set.sum;
    this.minimum = Math.min(this.minimum, set.minimum);
    this.maximum = Math.max(this.maximum, set.maximum);
    // One sample, or all samples equal: then the values are known after all.
    if (set.count === 1 || set.minimum === set.maximum) this.remember(set.minimum, set.count);
    else this.unknownCount += set.count;
  }

  merge(other: SampleSet): void {
    this.count += other.count;
    this.sum += other.sum;
    this.minimum = Math.min(this.minimum, other.minimum);
    this.maximum = Math.max(this.maximum, other.maximum);
    this.unknownCount += other.unknownCount;
    for (const [value, count] of other.values) this.values.set(value, (this.values.get(value) ?? 0) + count);
  }

  /** The named statistic, or undefined when these samples cannot give it. */
  statistic(name: string): number | undefined {
    if (this.count === 0) return undefined;
    switch (name) {
      case 'SampleCount':
        return this.count;
      case 'Sum':
        return this.sum;
      case 'Average':
        return this.sum / this.count;
      case 'Minimum':
        return this.minimum;
      case 'Maximum':
        return this.maximum;
      default:
        return this.percentile(percentileOf(name));
    }
  }

  /**
   * Nearest rank: the smallest value that at least `percent` of the samples do not exceed. CloudWatch does not say how it
   * interpolates; percentiles of data published as statistic sets are not available, as the documentation says:
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
   */
  private percentile(percent: number): number | undefined {
    if (this.unknownCount > 0) return undefined;
    const rank = Math.max(1, Math.ceil((percent / 100) * this.count - 1e-9));
    let seen = 0;
    for (const [value, count] of [...this.values].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen >= rank) return value;
    }
    return this.maximum;
  }

  private remember(value: number, count: number): void {
    const key = this.coarse ? threeDigits(value) : value;
    this.values.set(key, (this.values.get(key) ?? 0) + count);
    if (this.coarse || this.values.size <= DISTINCT_VALUES_MAX) return;
    this.coarse = true;
    const exact = this.values;
    this.values = new Map();
    for (const [known, times] of exact) this.values.set(threeDigits(known), (this.values.get(threeDigits(known)) ?? 0) + times);
  }
}

const threeDigits = (value: number): number => Number(value.toPrecision(3));

const SIMPLE = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'];
const OTHER_EXTENDED = /^(tm|wm|tc|ts|pr|TM|WM|TC|TS|PR)(\d|\()|^IQM$/;

export const isSimpleStatistic = (name: string): boolean => SIMPLE.includes(name);

/** 99.9 of `p99.9`. Throws for what is no percentile. */
export function percentileOf(name: string): number {
  const digits = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1];
  const percent = Number(digits);
  if (digits !== undefined && percent > 0 && percent <= 100) return percent;
  if (OTHER_EXTENDED.test(name)) throw new NotModelled(`the statistic ${name}`);
  throw validationError(`The value ${name} for parameter ExtendedStatistic is not supported.`);
}

/** Throws when `name` is neither a simple statistic nor a percentile. */
export function requireStatistic(name: string): void {
  if (!isSimpleStatistic(name)) percentileOf(name);
}
