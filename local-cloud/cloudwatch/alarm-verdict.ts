// Decides the state of a metric alarm from its datapoints. Pure.
//   V1. CloudWatch looks at a few more periods than the alarm names (the evaluation range), so that single gaps do not matter.
//   V2. Real datapoints are used first; missing ones are filled only up to the number of evaluation periods.
//   V3. While data is missing, an old enough breach with nothing better after it is an alarm ("premature" rule).
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
import type { ComparisonOperator } from '@aws-sdk/client-cloudwatch';
import { NotModelled } from '../kernel/errors.ts';
import type { AlarmState } from '../kernel/ports.ts';

export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

export interface AlarmRule {
  comparison: ComparisonOperator;
  threshold: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  missingData: MissingData;
}

export interface Verdict {
  /** `undefined` keeps the state the alarm has. */
  state: AlarmState | undefined;
  /** The real datapoints that counted, newest first. */
  evaluated: { second: number; value: number; breaching: boolean }[];
  /** How many periods were filled in for want of data. */
  filled: number;
}

/** The documented examples show two periods more than the alarm evaluates; the exact number is CloudWatch's own business. */
const EXTRA_PERIODS = 2;

export const evaluationRange = (rule: AlarmRule): number => rule.evaluationPeriods + EXTRA_PERIODS;

/** `range`: the datapoints of the evaluation range, newest first, `undefined` where a period has none. */
export function judge(rule: AlarmRule, range: readonly { second: number; value: number | undefined }[]): Verdict {
  const real = range.flatMap(({ second, value }, age) =>
    value === undefined ? [] : [{ second, value, age, breaching: breaches(rule.comparison, value, rule.threshold) }],
  );
  const evaluated = real.slice(0, rule.evaluationPeriods);
  const filled = rule.evaluationPeriods - evaluated.length;
  const breaching = evaluated.filter((point) => point.breaching).length;
  const seen = { evaluated: evaluated.map(({ second, value, breaching: isBreach }) => ({ second, value, breaching: isBreach })), filled };
  const byCount = (count: number): AlarmState => (count >= rule.datapointsToAlarm ? 'ALARM' : 'OK');
  if (filled === 0) return { state: byCount(breaching), ...seen };

  switch (rule.missingData) {
    case 'breaching':
      return { state: byCount(breaching + filled), ...seen };
    case 'notBreaching':
      return { state: byCount(breaching), ...seen };
    case 'missing':
    case 'ignore': {
      if (breaching >= rule.datapointsToAlarm) return { state: 'ALARM', ...seen };
      const kept = rule.missingData === 'ignore';
      if (evaluated.length === 0) return { state: kept ? undefined : 'INSUFFICIENT_DATA', ...seen };
      const oldest = real.at(-1);
      const onlyBreaches = breaching === evaluated.length;
      // `- - X - -` of 3 out of 3 is an alarm although two periods are missing; `0 - X - -` of 2 out of 3 is not.
      if (oldest && onlyBreaches && oldest.age + 1 >= rule.datapointsToAlarm) return { state: kept ? undefined : 'ALARM', ...seen };
      return { state: 'OK', ...seen };
    }
  }
}

function breaches(comparison: ComparisonOperator, value: number, threshold: number): boolean {
  switch (comparison) {
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'LessThanThreshold':
      return value < threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= threshold;
    case 'GreaterThanUpperThreshold':
    case 'LessThanLowerThreshold':
    case 'LessThanLowerOrGreaterThanUpperThreshold':
      throw new NotModelled(`anomaly detection alarms (${comparison})`);
  }
}
