// The account book of permissions: what every role was granted, which grants decided an allow and how often, what was denied,
// and what callers wanted that no model has. Least privilege is judged from it.
import type { NotModelled } from '../kernel/errors.ts';
import type { Statement, StatementMatch } from './policy.ts';

export interface GrantRow {
  roleArn: string;
  policy: string;
  statement: string;
  /** As written in the policy, wildcards included. */
  action: string;
  resource: string;
  /** How often this grant was the first to allow a request. */
  used: number;
  /** The concrete actions it allowed. */
  usedActions: Record<string, number>;
}

export interface DenialRow {
  principal: string;
  action: string;
  resource: string;
  reason: string;
  count: number;
}

export interface LedgerReport {
  grants: GrantRow[];
  denials: DenialRow[];
  notModelled: { what: string; count: number }[];
}

const keyOf = (...parts: string[]): string => parts.join('\u0000');

export class Ledger {
  private readonly grants = new Map<string, GrantRow>();
  private readonly denials = new Map<string, DenialRow>();
  private readonly unmodelled = new Map<string, number>();
  /** Where an allow was counted before: most calls are of a kind seen before. */
  private readonly rows = new Map<string, WeakMap<Statement, GrantRow[]>>();
  private readonly counted = new WeakSet<NotModelled>();

  /** A policy came to a role (or replaced its namesake). Grants outlive the role, so that a report after a clean-up is whole. */
  granted(roleArn: string, policy: string, statements: readonly Statement[]): void {
    this.withdrawn(roleArn, policy);
    for (const statement of statements) {
      if (statement.effect !== 'Allow') continue;
      const actions = statement.actions.negated ? ['*'] : statement.actions.patterns;
      const resources = !statement.resources || statement.resources.negated ? ['*'] : statement.resources.patterns;
      for (const action of actions) for (const resource of resources) this.grant(roleArn, policy, statement.name, action, resource);
    }
  }

  /** A policy was replaced: grants that it no longer has and that nobody used are forgotten. */
  private withdrawn(roleArn: string, policy: string): void {
    for (const [key, row] of this.grants) if (row.roleArn === roleArn && row.policy === policy && row.used === 0) this.grants.delete(key);
  }

  private grant(roleArn: string, policy: string, statement: string, action: string, resource: string): GrantRow {
    const key = keyOf(roleArn, policy, statement, action, resource);
    const row = this.grants.get(key) ?? { roleArn, policy, statement, action, resource, used: 0, usedActions: {} };
    this.grants.set(key, row);
    return row;
  }

  used(roleArn: string, policy: string, match: StatementMatch, action: string): void {
    const row = this.rowOf(roleArn, policy, match);
    row.used++;
    row.usedActions[action] = (row.usedActions[action] ?? 0) + 1;
  }

  private rowOf(roleArn: string, policy: string, { statement, actionPattern, resourcePattern }: StatementMatch): GrantRow {
    let ofRole = this.rows.get(roleArn);
    if (!ofRole) this.rows.set(roleArn, (ofRole = new WeakMap()));
    let known = ofRole.get(statement);
    if (!known) ofRole.set(statement, (known = []));
    const before = known.find((row) => row.policy === policy && row.action === actionPattern && row.resource === resourcePattern);
    if (before) return before;
    const row = this.grant(roleArn, policy, statement.name, actionPattern, resourcePattern);
    known.push(row);
    return row;
  }

  denied(principal: string, action: string, resource: string, reason: string): void {
    const key = keyOf(principal, action, resource);
    const row = this.denials.get(key) ?? { principal, action, resource, reason, count: 0 };
    row.count++;
    this.denials.set(key, row);
  }

  /** Counts an error once, however many layers it passes through. */
  notModelled(error: NotModelled): void {
    if (this.counted.has(error)) return;
    this.counted.add(error);
    this.unmodelled.set(error.message, (this.unmodelled.get(error.message) ?? 0) + 1);
  }

  /** Copies, in a stable order. */
  report(): LedgerReport {
    return { grants: inOrder([...this.grants.values()].map((row) => ({ ...row, usedActions: { ...row.usedActions } }))), ...this.refusals() };
  }

  refusals(): Omit<LedgerReport, 'grants'> {
    return { denials: inOrder([...this.denials.values()].map((row) => ({ ...row }))), notModelled: inOrder([...this.unmodelled].map(([what, count]) => ({ what, count }))) };
  }
}

function inOrder<Row extends object>(rows: readonly Row[]): Row[] {
  const texts = new Map(rows.map((row) => [row, JSON.stringify(row)]));
  return [...rows].sort((a, b) => ((texts.get(a) ?? '') < (texts.get(b) ?? '') ? -1 : 1));
}
