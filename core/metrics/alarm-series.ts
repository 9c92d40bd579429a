// Which curves show what an alarm judges. An alarm may look at several fleets at once (the blue and the green target group, and
// the worse one counts); then people want to see old and new apart, against the same threshold.
//   S1. A curve is only shown against the threshold when the alarm compares that very quantity with it.
//   S2. Thinning never hides the worst point.

/** One metric data query of an alarm, as far as choosing needs it. */
export interface AlarmQuery {
  id: string;
  label: string | undefined;
  expression: string | undefined;
  /** The last part of a target group's ARN (`targetgroup/NAME/ID`), when the metric is of one. */
  targetGroup: string | undefined;
  returnData: boolean;
}

/** `all`: not of one fleet, or nobody can say of which. */
export type FleetName = 'new' | 'old' | 'all';

export interface SeriesWanted {
  id: string;
  label: string;
  of: FleetName;
}

export type Point = [atMs: number, value: number];

/** The worst, the best or the middle of several curves is comparable with each of them; a sum or a quotient is not. */
const COMPARABLE = /^\s*(?:MAX|MIN|AVG)\s*\(\s*\[([^\][()]+)\]\s*\)\s*$/i;

export function seriesWanted(queries: readonly AlarmQuery[], newTargetGroups: readonly string[]): SeriesWanted[] {
  const judged = queries.find((query) => query.returnData) ?? queries[0];
  if (!judged) return [];
  const parts = partsOf(judged, queries);
  const shown = parts.length > 1 ? parts : [judged];
  return shown.map((query) => ({ id: query.id, label: query.label ?? judged.label ?? query.id, of: fleetOf(groupsOf(query, queries), newTargetGroups) }));
}

/** The curves that `judged` is the worst of, when each is of one target group. */
function partsOf(judged: AlarmQuery, queries: readonly AlarmQuery[]): AlarmQuery[] {
  const ids = COMPARABLE.exec(judged.expression ?? '')?.[1]?.split(',').map((id) => id.trim()) ?? [];
  const parts = ids.flatMap((id) => queries.filter((query) => query.id === id));
  return parts.length === ids.length && parts.every((part) => groupsOf(part, queries).length === 1) ? parts : [];
}

function groupsOf(query: AlarmQuery, all: readonly AlarmQuery[], seen: readonly string[] = []): string[] {
  if (query.expression === undefined) return query.targetGroup === undefined ? [] : [query.targetGroup];
  if (seen.includes(query.id)) return [];
  const words: readonly string[] = query.expression.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? [];
  const needed = all.filter((other) => other.id !== query.id && words.includes(other.id));
  return [...new Set(needed.flatMap((other) => groupsOf(other, all, [...seen, query.id])))];
}

function fleetOf(groups: readonly string[], newTargetGroups: readonly string[]): FleetName {
  const [group] = groups;
  if (group === undefined || groups.length > 1 || newTargetGroups.length === 0) return 'all';
  return newTargetGroups.includes(group) ? 'new' : 'old';
}

/** At most `pointsMax` points, each the worst of its share of time: the lowest when the alarm fires below its threshold. */
export function thinned(points: readonly Point[], pointsMax: number, worst: 'highest' | 'lowest'): Point[] {
  if (points.length <= pointsMax) return [...points];
  const each = Math.ceil(points.length / pointsMax);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += each) {
    const share = points.slice(start, start + each);
    kept.push(share.reduce((one, other) => ((worst === 'highest' ? other[1] > one[1] : other[1] < one[1]) ? other : one)));
  }
  return kept;
}
