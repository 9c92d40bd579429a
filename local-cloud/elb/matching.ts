// Which rule of a listener a request falls under. Pure; the conditions have been validated when they were stored.
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';

export interface RequestLine {
  host: string;
  path: string;
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>;
}

export const firstMatch = <Candidate extends { conditions: RuleCondition[] }>(routes: Candidate[], request: RequestLine): Candidate | undefined =>
  routes.find((route) => route.conditions.every((condition) => holds(condition, request)));

/** The values of a condition, whichever of AWS's two notations it was written in. */
export function valuesOf(condition: RuleCondition): string[] {
  return condition.PathPatternConfig?.Values ?? condition.HostHeaderConfig?.Values ?? condition.HttpHeaderConfig?.Values ?? condition.Values ?? [];
}

function holds(condition: RuleCondition, request: RequestLine): boolean {
  const values = valuesOf(condition);
  switch (condition.Field) {
    case 'path-pattern': // case-sensitive, and never sees the query
      return values.some((value) => wildcard(value, '').test(request.path));
    case 'host-header': // the port does not count
      return values.some((value) => wildcard(value, 'i').test(request.host.replace(/:\d+$/, '')));
    case 'http-header': {
      const header = request.headers[(condition.HttpHeaderConfig?.HttpHeaderName ?? '').toLowerCase()];
      const present = header === undefined ? [] : [header].flat();
      return values.some((value) => present.some((text) => wildcard(value, 'i').test(text)));
    }
    default:
      return false;
  }
}

const compiled = new Map<string, RegExp>();

/** `*` is any run of characters, `?` exactly one. */
function wildcard(pattern: string, flags: '' | 'i'): RegExp {
  const key = `${flags} ${pattern}`;
  const known = compiled.get(key);
  if (known) return known;
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, flags + 's');
  compiled.set(key, expression);
  return expression;
}
