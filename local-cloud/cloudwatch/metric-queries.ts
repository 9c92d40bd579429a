// A set of metric data queries (metrics and math over them), as GetMetricData and alarms share it: checked once, then evaluated
// over any range of the store.
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { NotModelled, refuseUnknown } from '../kernel/errors.ts';
import { dimensionsOf } from './dimensions.ts';
import { required, validationError } from './faults.ts';
import { evaluateMath, idsIn, parseMetricMath } from './metric-math.ts';
import type { MathNode, MathValue, Points } from './metric-math.ts';
import type { MetricName, MetricStore } from './metric-store.ts';
import { requireStatistic } from './statistics.ts';

export type Query =
  | { kind: 'metric'; id: string; label: string | undefined; returnData: boolean; metric: MetricName; periodSeconds: number; stat: string; unit: string | undefined }
  | { kind: 'math'; id: string; label: string | undefined; returnData: boolean; expression: string; tree: MathNode; periodSeconds: number | undefined };

/** Periods of one request: the end of the last one, their length and how many there are. */
export interface Windows {
  endSecond: number;
  periodSeconds: number;
  count: number;
}

export function parseQueries(queries: MetricDataQuery[]): Query[] {
  const parsed = queries.map(parseQuery);
  const ids = new Set(parsed.map((query) => query.id));
  if (ids.size < parsed.length) throw validationError('The values for parameter id in parameter MetricDataQueries must be unique.');
  for (const query of parsed) {
    const unknown = query.kind === 'math' ? idsIn(query.tree).find((id) => !ids.has(id)) : undefined;
    if (unknown !== undefined) throw validationError(`Error in expression '${query.id}': Unknown identifier '${unknown}'.`);
  }
  for (const query of parsed) refuseCycle(query, parsed, []);
  return parsed;
}

/** The one length that the periods of these queries have. */
export function commonPeriodSeconds(queries: Query[], of: string): number {
  const periods = new Set(queries.flatMap((query) => (query.periodSeconds === undefined ? [] : [query.periodSeconds])));
  if (periods.size > 1) throw new NotModelled(`${of}: metric math over metrics of different periods`);
  const [period] = periods;
  if (period === undefined) throw validationError('Period must be specified for expressions without metrics.');
  return period;
}

/** The queries that `query` needs, itself included. */
export function dependenciesOf(query: Query, all: Query[]): Query[] {
  if (query.kind === 'metric') return [query];
  const ids = idsIn(query.tree);
  return [query, ...all.filter((other) => ids.includes(other.id)).flatMap((other) => dependenciesOf(other, all))];
}

/** The datapoints of one query; a math result that is a plain number stands at every period. */
export function evaluateQuery(store: MetricStore, query: Query, all: Query[], windows: Windows): Points[] {
  const grid = gridOf(windows);
  const known = new Map<string, MathValue>();
  const lookUp = (id: string): MathValue => {
    const found = known.get(id);
    if (found) return found;
    const wanted = all.find((other) => other.id === id);
    if (!wanted) throw validationError(`Unknown identifier '${id}'.`);
    const value = valueOf(wanted);
    known.set(id, value);
    return value;
  };
  const valueOf = (wanted: Query): MathValue =>
    wanted.kind === 'metric'
      ? { kind: 'series', points: readSeries(store, wanted, windows) }
      : evaluateMath(wanted.tree, { lookUp, grid });
  const value = valueOf(query);
  switch (value.kind) {
    case 'series':
      return [value.points];
    case 'list':
      return value.items;
    case 'scalar': {
      const constant = value.value;
      return [new Map(constant === undefined ? [] : grid.map((second): [number, number] => [second, constant]))];
    }
  }
}

/** Where each period begins, oldest first. */
export const gridOf = ({ endSecond, periodSeconds, count }: Windows): number[] =>
  Array.from({ length: count }, (_, index) => endSecond - (count - index) * periodSeconds);

function readSeries(store: MetricStore, query: Extract<Query, { kind: 'metric' }>, windows: Windows): Points {
  const points = new Map<number, number>();
  for (const fromSecond of gridOf(windows)) {
    const value = store.read(query.metric, { fromSecond, toSecond: fromSecond + windows.periodSeconds }, query.unit)?.statistic(query.stat);
    if (value !== undefined) points.set(fromSecond, value);
  }
  return points;
}

function parseQuery(query: MetricDataQuery): Query {
  refuseUnknown('MetricDataQuery', query, ['Id', 'MetricStat', 'Expression', 'Label', 'ReturnData', 'Period']);
  const id = required(query.Id, 'Id');
  if (!/^[a-z][A-Za-z0-9_]*$/.test(id)) throw validationError(`The value ${id} for parameter Id must begin with a lowercase letter and contain only letters, digits and underscores.`);
  if ((query.MetricStat === undefined) === (query.Expression === undefined))
    throw validationError(`Exactly one of MetricStat and Expression must be given in the query ${id}.`);
  if (query.Label?.includes('${')) throw new NotModelled('dynamic labels');
  const common = { id, label: query.Label, returnData: query.ReturnData ?? true };
  if (query.Expression !== undefined)
    return { kind: 'math', ...common, expression: query.Expression, tree: parseMetricMath(query.Expression), periodSeconds: query.Period };
  const stat = required(query.MetricStat, 'MetricStat');
  const periodSeconds = requirePeriod(required(stat.Period, 'Period'));
  const name = required(stat.Stat, 'Stat');
  requireStatistic(name);
  const metric = {
    namespace: required(stat.Metric?.Namespace, 'Namespace'),
    metricName: required(stat.Metric?.MetricName, 'MetricName'),
    dimensions: dimensionsOf(stat.Metric?.Dimensions),
  };
  return { kind: 'metric', ...common, metric, periodSeconds, stat: name, unit: stat.Unit };
}

/** Periods CloudWatch knows: 1, 5, 10, 20, 30 s for high-resolution metrics, else whole minutes. */
export function requirePeriod(seconds: number): number {
  if ([1, 5, 10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0)) return seconds;
  throw validationError('Period must be 1, 5, 10, 20, 30 or a multiple of 60 seconds.');
}

function refuseCycle(query: Query, all: Query[], path: string[]): void {
  if (path.includes(query.id)) throw validationError(`The expression '${query.id}' refers to itself.`);
  if (query.kind !== 'math') return;
  const ids = idsIn(query.tree);
  for (const other of all) if (ids.includes(other.id)) refuseCycle(other, all, [...path, query.id]);
}
