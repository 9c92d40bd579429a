// Where metrics are kept: per metric one bucket of samples for each metric second that has any, in order of time.
// Memory is bounded: what is older than the retention is dropped as new data arrives. High-resolution data lives for three
// hours in CloudWatch; alarms that look further back ask for more (`keepSeconds`).
import { SampleSet } from './statistics.ts';

export interface MetricName {
  namespace: string;
  metricName: string;
  dimensions: Readonly<Record<string, string>>;
}

const RETENTION_SECONDS = 6 * 3600;

/** One identity per metric: dimensions are a set, so their order does not count. Lengths say where each part ends. */
export function metricKey({ namespace, metricName, dimensions }: MetricName): string {
  const names = Object.keys(dimensions);
  if (names.length > 1) names.sort();
  let key = `${namespace.length} ${namespace}${metricName.length} ${metricName}`;
  for (const name of names) {
    const value = dimensions[name] ?? '';
    key += `${name.length} ${name}${value.length} ${value}`;
  }
  return key;
}

export class MetricStore {
  private readonly series = new Map<string, Series>();
  private retentionSeconds = RETENTION_SECONDS;

  /** Keeps at least that many metric seconds from now on. */
  keepSeconds(seconds: number): void {
    this.retentionSeconds = Math.max(this.retentionSeconds, seconds);
  }

  /** The samples of the metric second, to be added to. `key` is the metric's. */
  bucket(key: string, point: MetricName & { unit?: string | undefined }, second: number): SampleSet {
    let series = this.series.get(key);
    if (!series) this.series.set(key, (series = new Series({ namespace: point.namespace, metricName: point.metricName, dimensions: { ...point.dimensions } })));
    return series.bucket(second, point.unit ?? 'None', this.retentionSeconds);
  }

  /** All samples in [fromSecond, toSecond), or undefined when there are none. Without a unit, samples of every unit count. */
  read(metric: MetricName, range: { fromSecond: number; toSecond: number }, unit?: string): SampleSet | undefined {
    return this.series.get(metricKey(metric))?.read(range.fromSecond, range.toSecond, unit);
  }

  /** The last metric second with data, or undefined when the metric has none. */
  newestSecond(metric: MetricName): number | undefined {
    return this.series.get(metricKey(metric))?.newestSecond();
  }

  /** The unit of the metric's samples when they all have the same. */
  unitOf(metric: MetricName): string | undefined {
    return this.series.get(metricKey(metric))?.onlyUnit();
  }

  metrics(): { metric: MetricName; newestSecond: number }[] {
    return [...this.series.values()].flatMap((series) => {
      const newestSecond = series.newestSecond();
      return newestSecond === undefined ? [] : [{ metric: series.metric, newestSecond }];
    });
  }
}

interface Bucket {
  second: number;
  byUnit: Map<string, SampleSet>;
}

class Series {
  readonly metric: MetricName;
  private buckets: Bucket[] = []; // ascending by second

  constructor(metric: MetricName) {
    this.metric = metric;
  }

  bucket(second: number, unit: string, retentionSeconds: number): SampleSet {
    this.dropBefore((this.newestSecond() ?? second) - retentionSeconds);
    const index = this.indexOf(second);
    let bucket = this.buckets[index];
    if (bucket?.second !== second) {
      bucket = { second, byUnit: new Map() };
      this.buckets.splice(index, 0, bucket);
    }
    let samples = bucket.byUnit.get(unit);
    if (!samples) bucket.byUnit.set(unit, (samples = new SampleSet()));
    return samples;
  }

  read(fromSecond: number, toSecond: number, unit: string | undefined): SampleSet | undefined {
    let merged: SampleSet | undefined;
    for (let index = this.indexOf(fromSecond); index < this.buckets.length; index++) {
      const bucket = this.buckets[index];
      if (!bucket || bucket.second >= toSecond) break;
      for (const [of, samples] of bucket.byUnit) if (unit === undefined || unit === of) (merged ??= new SampleSet()).merge(samples);
    }
    return merged;
  }

  newestSecond(): number | undefined {
    return this.buckets.at(-1)?.second;
  }

  onlyUnit(): string | undefined {
    const units = new Set(this.buckets.flatMap((bucket) => [...bucket.byUnit.keys()]));
    return units.size === 1 ? [...units][0] : undefined;
  }

  /** Drops in gulps, so that a long series is not copied for every sample. */
  private dropBefore(second: number): void {
    const expired = this.indexOf(second);
    if (expired > 64 || expired > this.buckets.length / 2) this.buckets = this.buckets.slice(expired);
  }

  /** The first bucket at or after the second. */
  private indexOf(second: number): number {
    let low = 0;
    let high = this.buckets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.buckets[middle]?.second ?? Infinity) < second) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
