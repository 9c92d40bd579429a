// The words and the data CloudWatch gives as the reason of an alarm's state, in its own phrasing.
import type { MetricTime } from './metric-time.ts';
import type { AlarmRule, Verdict } from './alarm-verdict.ts';
import type { AlarmState } from '../kernel/ports.ts';

export interface Reason {
  text: string;
  data: string | undefined;
}

export const INITIAL_REASON = 'Unchecked: Initial alarm creation';

export interface ReasonFacts {
  rule: AlarmRule;
  verdict: Verdict;
  state: AlarmState;
  nowMs: number;
  time: MetricTime;
  periodSeconds: number;
  /** Only alarms on a single metric name these. */
  statistic: string | undefined;
  unit: string | undefined;
}

export function reasonFor(facts: ReasonFacts): Reason {
  return { text: reasonText(facts), data: JSON.stringify(reasonData(facts)) };
}

function reasonText({ rule, verdict, state, time }: ReasonFacts): string {
  const { evaluated, filled } = verdict;
  if (state === 'INSUFFICIENT_DATA') return `Insufficient Data: ${counted(filled, 'datapoint')} ${were(filled)} unknown.`;
  const treated = `${counted(filled, 'missing datapoint')} ${were(filled)} treated as [${rule.missingData === 'breaching' ? 'Breaching' : 'NonBreaching'}]`;
  if (evaluated.length === 0) return `Threshold Crossed: no datapoints were received for ${counted(rule.evaluationPeriods, 'period')} and ${treated}.`;
  const crossing = evaluated.filter((point) => point.breaching === (state === 'ALARM'));
  const points = crossing.map((point) => `${decimal(point.value)} (${shortDate(time.startMs(point.second))})`).join(', ');
  const verb = crossing.length === 1 ? 'was' : 'were';
  const minimum = state === 'ALARM' ? rule.datapointsToAlarm : rule.evaluationPeriods - rule.datapointsToAlarm + 1;
  const direction = state === 'ALARM' ? 'OK -> ALARM' : 'ALARM -> OK';
  const filledIn = filled > 0 && ['breaching', 'notBreaching'].includes(rule.missingData) ? ` and ${treated}` : '';
  return (
    `Threshold Crossed: ${crossing.length} out of the last ${rule.evaluationPeriods} datapoints [${points}] ${verb} ` +
    `${state === 'ALARM' ? '' : 'not '}${COMPARISONS[rule.comparison] ?? rule.comparison} the threshold (${decimal(rule.threshold)})${filledIn} ` +
    `(minimum ${counted(minimum, 'datapoint')} for ${direction} transition).`
  );
}

function reasonData({ rule, verdict, nowMs, time, periodSeconds, statistic, unit }: ReasonFacts): object {
  const oldest = verdict.evaluated.at(-1);
  return {
    version: '1.0',
    queryDate: offsetDate(nowMs),
    ...(oldest && { startDate: offsetDate(time.startMs(oldest.second)) }),
    ...(unit !== undefined && { unit }),
    ...(statistic !== undefined && { statistic }),
    period: periodSeconds,
    recentDatapoints: verdict.evaluated.map((point) => point.value).reverse(),
    threshold: rule.threshold,
    evaluatedDatapoints: verdict.evaluated.map((point) => ({ timestamp: offsetDate(time.startMs(point.second)), value: point.value })),
  };
}

const COMPARISONS: Readonly<Record<string, string>> = {
  GreaterThanThreshold: 'greater than',
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
};

/** `2026-10-02T17:04:40.989+0000`: how CloudWatch writes instants in events and reasons (no colon, so not RFC 3339). */
export const offsetDate = (timeMs: number): string => new Date(timeMs).toISOString().replace('Z', '+0000');

/** `02/10/26 17:03:00` */
function shortDate(timeMs: number): string {
  const [date = '', clock = ''] = new Date(timeMs).toISOString().split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  return `${day}/${month}/${year.slice(2)} ${clock.slice(0, 8)}`;
}

const decimal = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
const were = (count: number): string => (count === 1 ? 'was' : 'were');
