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
    const row = this.grant(roleArn, policy, match.statement.name, match.actionPattern, match.resourcePattern);
    row.used++;
    row.usedActions[action] = (row.usedActions[action] ?? 0) + 1;
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
    const byText = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    return {
      grants: [...this.grants.values()].map((row) => ({ ...row, usedActions: { ...row.usedActions } })).sort(byText),
      denials: [...this.denials.values()].map((row) => ({ ...row })).sort(byText),
      notModelled: [...this.unmodelled].map(([what, count]) => ({ what, count })).sort(byText),
    };
  }
}
