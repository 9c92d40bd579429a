// Matching of `*` and `?` as policies use them, and of policy variables such as `${aws:PrincipalArn}`.

/** Condition keys of a request, in lower case (AWS compares key names without case). */
export type Keys = Pick<ReadonlyMap<string, readonly string[]>, 'get'>;

/** Linear-time glob matching: remembers only the last star, which suffices because later stars absorb what earlier ones could. */
export function globMatches(pattern: string, text: string): boolean {
  if (pattern === text || pattern === '*') return true;
  if (!pattern.includes('*') && !pattern.includes('?')) return false;
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < text.length) {
    const symbol = pattern[inPattern];
    if (symbol === '*') {
      star = inPattern++;
      resumeAt = at;
    } else if (symbol === '?' || (symbol !== undefined && symbol === text[at])) {
      inPattern++;
      at++;
    } else if (star >= 0) {
      inPattern = star + 1;
      at = ++resumeAt;
    } else return false;
  }
  while (pattern[inPattern] === '*') inPattern++;
  return inPattern === pattern.length;
}

/**
 * The pattern with its variables filled in; undefined when a variable has no value in this request, in which case the
 * statement does not match. `${*}`, `${?}` and `${$}` are the characters themselves.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function withVariables(pattern: string, keys: Keys): string | undefined {
  if (!pattern.includes('${')) return pattern;
  let unknown = false;
  const filled = pattern.replace(/\$\{([^}]+)\}/g, (_match, name: string) => {
    const [key = '', fallback] = name.split(/\s*,\s*'([^']*)'/);
    if (key === '*' || key === '?' || key === '$') return key;
    const value = keys.get(key.trim().toLowerCase())?.[0] ?? fallback;
    if (value === undefined) unknown = true;
    return value ?? '';
  });
  return unknown ? undefined : filled;
}

/** ARNs compare part by part, so that a star does not reach over a colon (except in the last part). */
export function arnMatches(pattern: string, arn: string): boolean {
  const patternParts = arnParts(pattern);
  const parts = arnParts(arn);
  return patternParts.length === parts.length && patternParts.every((part, index) => globMatches(part, parts[index] ?? ''));
}

function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
